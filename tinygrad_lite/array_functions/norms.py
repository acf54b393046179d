"""np.linalg.norm on Tensors, composed of primitives."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import composite
from tinygrad_lite.errors import UnsupportedError
from tinygrad_lite.tensor.dispatch import implements

Axis = int | tuple[int, ...] | None


@implements(np.linalg.norm)
@composite
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """The 2-norm (Frobenius for matrices), 1-norm and max-norm of vectors; at 0 its derivative is 0."""
    vector = (axis is not None and not isinstance(axis, tuple)) or x.ndim == 1
    if ord == 1 and vector:
        return p.sum_(p.abs_(x), axis=axis, keepdims=keepdims)
    if ord == np.inf and vector:
        return p.max_(p.abs_(x), axis=axis, keepdims=keepdims)
    if not (ord is None or (ord == "fro" and not vector) or (ord == 2 and vector)):
        raise UnsupportedError(
            f"np.linalg.norm on Tensors: ord={ord!r} is not supported here. Use None, or 1, 2, inf on vectors."
        )
    squares = p.sum_(p.square(x), axis=axis, keepdims=keepdims)
    positive = squares > 0  # the square root's slope at 0 is infinite, and is set aside
    return p.where(positive, p.sqrt(p.where(positive, squares, 1.0)), 0.0)
