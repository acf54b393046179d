"""NumPy's functions that join and split Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.shapes import atleast_1d, axes_of, expand_dims, ravel, refuse
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import ShapeError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import as_tensor


@implements(np.concatenate)
def concatenate(arrays: Any, /, axis: int | None = 0, out: Any = None) -> Any:
    refuse(out=out)
    tensors = [as_tensor(a) for a in arrays]
    if not tensors:
        raise ShapeError("concatenate needs at least one array; got none.")
    if axis is None:
        tensors, axis = [ravel(t) for t in tensors], 0
    return p.concatenate(*tensors, axis=axes_of(axis, tensors[0].ndim)[0])


@implements(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None) -> Any:
    tensors = [as_tensor(a) for a in arrays]
    shapes = {t.shape for t in tensors}
    if len(shapes) != 1:
        raise ShapeError(f"stack needs arrays of one shape; got {', '.join(map(str, sorted(shapes))) or 'no arrays'}.")
    return concatenate([expand_dims(t, axis) for t in tensors], axis, out)


@implements(np.vstack)
def vstack(tup: Any) -> Any:
    return concatenate([p.reshape(t, shape=(1, -1)) if t.ndim < 2 else t for t in map(as_tensor, tup)], 0)


@implements(np.hstack)
def hstack(tup: Any) -> Any:
    tensors = [atleast_1d(as_tensor(t)) for t in tup]
    return concatenate(tensors, 0 if tensors and tensors[0].ndim == 1 else 1)


@implements(np.column_stack)
def column_stack(tup: Any) -> Any:
    return concatenate([p.reshape(t, shape=(-1, 1)) if t.ndim < 2 else t for t in map(as_tensor, tup)], 1)


@implements(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    axis = axes_of(axis, ary.ndim)[0]
    pieces = np.array_split(np.arange(ary.shape[axis]), indices_or_sections)
    start, found = 0, []
    for piece in pieces:
        found.append(ary[(slice(None),) * axis + (slice(start, start + len(piece)),)])
        start += len(piece)
    return found


@implements(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    size = ary.shape[axes_of(axis, ary.ndim)[0]]
    if isinstance(indices_or_sections, int) and size % indices_or_sections:
        raise ShapeError(f"split: an axis of size {size} has no {indices_or_sections} equal parts. Use np.array_split.")
    return array_split(ary, indices_or_sections, axis)
