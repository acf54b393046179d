"""NumPy's choices between values on Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.shapes import refuse
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import composite
from tinygrad_lite.errors import UnsupportedError
from tinygrad_lite.tensor.dispatch import implements


@implements(np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        raise UnsupportedError(
            "np.where on Tensors takes three arguments. For indices use np.nonzero(t.detach().numpy())."
        )
    return p.where(condition, x, y)


@implements(np.clip)
@composite
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """minimum(maximum(a, a_min), a_max); on a bound the gradient is shared evenly, as in maximum."""
    refuse(out=out)
    low, high = a_min if min is None else min, a_max if max is None else max
    a = a if low is None else p.maximum(a, low)
    return a if high is None else p.minimum(a, high)
