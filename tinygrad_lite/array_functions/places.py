"""NumPy's functions that pick elements by their places."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.shapes import axes_of, ravel
from tinygrad_lite.tensor.dispatch import implements


@implements(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    if axis is None:
        a, axis = ravel(a), 0
    axis = axes_of(axis, a.ndim)[0]
    return a[(slice(None),) * axis + (np.repeat(np.arange(a.shape[axis]), repeats),)]


@implements(np.take)
def take(a: Any, indices: Any, axis: int | None = None) -> Any:
    if axis is None:
        a, axis = ravel(a), 0
    return a[(slice(None),) * axes_of(axis, a.ndim)[0] + (indices,)]
