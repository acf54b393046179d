"""NumPy's functions of shape on Tensors: reshaping, joining, splitting, constants of a shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import ShapeError, UnsupportedError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import Tensor, as_tensor


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes as non-negative numbers; ShapeError where there is no such axis."""
    numbers = range(ndim) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    for a in numbers:
        if not -ndim <= a < ndim:
            raise ShapeError(f"axis {a} is out of range for {ndim} axes.")
    return tuple(a % ndim for a in numbers)


def refuse(**given: Any) -> None:
    """Keywords of NumPy's that have no meaning on Tensors."""
    for name, value in given.items():
        if value is not None:
            raise UnsupportedError(f"{name}= is not supported on Tensors. Use .astype() or the returned value instead.")


# --- shapes ------------------------------------------------------------------------------------------------


@implements(np.reshape)
def reshape(a: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Any:
    if order != "C":
        raise UnsupportedError(f"np.reshape on Tensors is in C order; got order={order!r}.")
    return p.reshape(a, shape=newshape if shape is None else shape)


@implements(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    return reshape(a, (-1,), order)


@implements(np.transpose, np.permute_dims)
def transpose(a: Any, axes: Any = None) -> Any:
    ndim = a.ndim
    order = tuple(range(ndim))[::-1] if axes is None else axes_of(tuple(axes), ndim)
    if sorted(order) != list(range(ndim)):
        raise ShapeError(f"transpose needs every axis of shape {a.shape} once; got axes {axes}.")
    return p.transpose(a, axes=order)


@implements(np.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    return swapaxes(x, -1, -2)


@implements(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    order = list(range(a.ndim))
    i, j = axes_of((axis1, axis2), a.ndim)
    order[i], order[j] = j, i
    return p.transpose(a, axes=tuple(order))


@implements(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    sources, places = axes_of(source, a.ndim), axes_of(destination, a.ndim)
    if len(sources) != len(places) or len(set(sources)) != len(sources) or len(set(places)) != len(places):
        raise ShapeError(f"moveaxis needs as many different places as axes; got {source} to {destination}.")
    order = [i for i in range(a.ndim) if i not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return p.transpose(a, axes=tuple(order))


@implements(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    count = len(axis) if isinstance(axis, tuple | list) else 1
    axes = axes_of(axis, a.ndim + count)
    rest = iter(a.shape)
    return p.reshape(a, shape=tuple(1 if i in axes else next(rest) for i in range(a.ndim + count)))


@implements(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    axes = tuple(i for i, n in enumerate(a.shape) if n == 1) if axis is None else axes_of(axis, a.ndim)
    for i in axes:
        if a.shape[i] != 1:
            raise ShapeError(f"squeeze: axis {i} of shape {a.shape} has size {a.shape[i]}, not 1.")
    return p.reshape(a, shape=tuple(n for i, n in enumerate(a.shape) if i not in axes))


@implements(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return p.broadcast_to(array, shape=(shape,) if isinstance(shape, int) else tuple(shape))


@implements(np.atleast_1d)
def atleast_1d(a: Any) -> Any:
    return p.reshape(a, shape=(1,)) if a.ndim == 0 else a


@implements(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    axes = axes_of(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim))]


# --- joining and splitting -----------------------------------------------------------------------------------


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


@implements(np.sort)
def sort(a: Any, axis: int = -1) -> Any:
    values = np.asarray(a.detach())
    axis = axes_of(axis, a.ndim)[0]
    places = list(np.indices(a.shape, sparse=True))
    places[axis] = np.argsort(values, axis=axis, kind="stable")
    return a[tuple(places)]


# --- constants and facts of shape ------------------------------------------------------------------------------


def _like(maker: Any) -> Any:
    def like(a: Any, dtype: Any = None, shape: Any = None) -> Tensor:
        return Tensor(maker(a.shape if shape is None else shape, dtype or a.dtype))

    return like


implements(np.zeros_like)(_like(np.zeros))
implements(np.ones_like)(_like(np.ones))
implements(np.empty_like)(_like(np.zeros))


@implements(np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    return p.broadcast_to(as_tensor(fill_value).astype(dtype or a.dtype), shape=a.shape)


implements(np.shape)(lambda a: a.shape)
implements(np.ndim)(lambda a: a.ndim)
implements(np.size)(lambda a, axis=None: a.size if axis is None else a.shape[axis])
implements(np.copy)(lambda a: p.copy(a))
implements(np.result_type)(lambda *xs: np.result_type(*[x.dtype if isinstance(x, Tensor) else x for x in xs]))
implements(np.iscomplexobj)(lambda x: False)
implements(np.isrealobj)(lambda x: True)


def _plain(x: Any) -> Any:
    return x._array if isinstance(x, Tensor) else x


@implements(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    return np.array_equal(_plain(a1), _plain(a2), equal_nan=equal_nan)


@implements(np.allclose)
def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    return np.allclose(_plain(a), _plain(b), rtol=rtol, atol=atol, equal_nan=equal_nan)
