"""NumPy's choices between values on Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import refuse
from tinygrad_lite.array_functions.places import nonzero
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import composite
from tinygrad_lite.errors import UnsupportedError
from tinygrad_lite.tensor.dispatch import implements


@implements(np.where)
def where(condition: Any, *choices: Any) -> Any:
    if not choices:
        return nonzero(condition)
    if len(choices) != 2 or any(choice is None for choice in choices):
        raise UnsupportedError(
            f"np.where takes a condition and two choices, or a condition alone; got {len(choices)} of them, or None."
        )
    return p.where(condition, *choices)


@implements(np.clip)
@composite
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """minimum(maximum(a, a_min), a_max); on a bound the gradient is shared evenly, as in maximum."""
    refuse(out=out)
    if (a_min is not None or a_max is not None) and (min is not None or max is not None):
        raise UnsupportedError("np.clip takes its bounds as a_min and a_max, or as min and max; got some of both.")
    low, high = a_min if min is None else min, a_max if max is None else max
    if getattr(a, "dtype", np.dtype(float)).kind in "iu":
        # A Python number that no integer of this dtype can pass is no bound. NumPy could not convert it.
        ends = np.iinfo(a.dtype)
        low = None if type(low) is int and low <= ends.min else low
        high = None if type(high) is int and high >= ends.max else high
    a = a if low is None else p.maximum(a, low)
    return a if high is None else p.minimum(a, high)
