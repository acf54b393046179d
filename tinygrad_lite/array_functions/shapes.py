"""NumPy's functions of shape on Tensors: reshaping, turning, repeating as a whole."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import along, asked, axes_of, lying_along, one_axis, plain, whole
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import ShapeError, UnsupportedError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import Tensor, as_tensor


@implements(np.reshape)
def reshape(a: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Any:
    if order != "C":
        raise UnsupportedError(f"np.reshape on Tensors is in C order; got order={order!r}.")
    return a.reshape(newshape if shape is None else shape)


@implements(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    return reshape(a, (-1,), order)


@implements(np.transpose, np.permute_dims)
def transpose(a: Any, axes: Any = None) -> Any:
    ndim = a.ndim
    order = tuple(range(ndim))[::-1] if axes is None else axes_of(tuple(axes) if np.iterable(axes) else axes, ndim)
    if len(order) != ndim:
        raise ShapeError(f"transpose needs every axis of shape {a.shape} once; got axes {axes}.")
    return p.transpose(a, axes=order)


@implements(np.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    return swapaxes(x, -1, -2)


@implements(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    order = list(range(a.ndim))
    i, j = one_axis(axis1, a.ndim), one_axis(axis2, a.ndim)
    order[i], order[j] = j, i
    return p.transpose(a, axes=tuple(order))


@implements(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    if source is None or destination is None:
        raise ShapeError(f"moveaxis takes axes and their places; got {source} to {destination}.")
    sources, places = axes_of(source, a.ndim), axes_of(destination, a.ndim)
    if len(sources) != len(places):
        raise ShapeError(f"moveaxis needs as many places as axes; got {source} to {destination}.")
    order = [i for i in range(a.ndim) if i not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return p.transpose(a, axes=tuple(order))


@implements(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    new = axis if isinstance(axis, tuple | list) else (axis,)
    axes, count = axes_of(new, a.ndim + len(new)), len(new)
    rest = iter(a.shape)
    return p.reshape(a, shape=tuple(1 if i in axes else next(rest) for i in range(a.ndim + count)))


@implements(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    axes = tuple(i for i, n in enumerate(a.shape) if n == 1) if axis is None else axes_of(axis, a.ndim)
    for i in axes:
        if a.shape[i] != 1:
            raise ShapeError(f"squeeze: axis {i} of shape {a.shape} has size {a.shape[i]}, not 1.")
    return p.reshape(a, shape=tuple(n for i, n in enumerate(a.shape) if i not in axes))


@implements(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    i, place = one_axis(axis, a.ndim), whole(start, "start")
    if not -a.ndim <= place <= a.ndim:
        raise ShapeError(f"rollaxis: start is from {-a.ndim} to {a.ndim} for shape {a.shape}; got {start}.")
    place += a.ndim if place < 0 else 0
    return moveaxis(a, i, place - 1 if place > i else place)


@implements(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    sizes = tuple(whole(n, "a size") for n in (shape if np.iterable(shape) else (shape,)))
    array = as_tensor(array)
    if len(sizes) < array.ndim:  # an assignment, which the primitive may use, would drop axes of size 1
        raise ShapeError(f"broadcast_to: shape {array.shape} has more axes than {sizes}. Use .reshape to drop some.")
    return p.broadcast_to(array, shape=sizes)


@implements(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    tensors = [as_tensor(x) for x in args]
    shape = common_shape(*tensors)
    return tuple(x if x.shape == shape else p.broadcast_to(x, shape=shape) for x in tensors)


def common_shape(*arrays: Any) -> tuple[int, ...]:
    """The shape that the arrays broadcast to together."""
    shapes = [x.shape for x in arrays]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(
            f"shapes {' and '.join(map(str, shapes))} do not broadcast; sizes must be equal or 1."
        ) from None


@implements(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise UnsupportedError(f"meshgrid: indexing is 'xy' or 'ij'; got {indexing!r}.")
    places = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        places[:2] = 1, 0
    grid = [p.reshape(as_tensor(x), shape=lying_along(place, len(xi))) for x, place in zip(xi, places, strict=True)]
    return tuple(grid) if sparse else broadcast_arrays(*grid)


def atleast_nd(ndim: int, a: Any) -> Any:
    """The tensor with axes of size 1 in front, as many as it lacks."""
    return p.reshape(a, shape=(1,) * (ndim - a.ndim) + a.shape) if a.ndim < ndim else a


def _each(function: Any, arrays: Any) -> Any:
    found = tuple(function(as_tensor(a)) for a in arrays)
    return found[0] if len(found) == 1 else found


@implements(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    return _each(lambda a: atleast_nd(1, a), arys)


@implements(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    return _each(lambda a: atleast_nd(2, a), arys)


@implements(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    return _each(lambda a: p.reshape(atleast_nd(2, a), shape=(*atleast_nd(2, a).shape, 1)) if a.ndim < 3 else a, arys)


@implements(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """An axis in front of each axis, broadcast to the number of copies, and the two made one."""
    counts = tuple(whole(n, "a number of copies") for n in (plain(reps) if np.iterable(reps) else (reps,)))
    if min(counts, default=0) < 0:
        raise ShapeError(f"tile: numbers of copies are not negative; got {reps}.")
    a = atleast_nd(len(counts), A)
    counts = (1,) * (a.ndim - len(counts)) + counts
    pairs = list(zip(counts, a.shape, strict=True))
    apart = p.reshape(a, shape=tuple(n for _, size in pairs for n in (1, size)))
    wide = p.broadcast_to(apart, shape=tuple(n for pair in pairs for n in pair))
    return p.reshape(wide, shape=tuple(count * size for count, size in pairs))


# --- turning -----------------------------------------------------------------------------------------------------


@implements(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    axes = axes_of(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim))]


implements(np.flipud)(lambda m: flip(m, 0))
implements(np.fliplr)(lambda m: flip(m, 1))


@implements(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    if len(axes) != 2:
        raise ShapeError(f"rot90 turns two axes into each other; got axes={axes}.")
    i, j = axes_of(tuple(axes), m.ndim)
    turns = whole(k, "a number of turns") % 4
    if turns % 2 == 0:
        return flip(m, (i, j)) if turns else m
    return swapaxes(flip(m, j), i, j) if turns == 1 else flip(swapaxes(m, i, j), j)


@implements(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """What falls off at the end comes in at the beginning: two slices joined in the other order."""
    if axis is None:
        return p.reshape(roll(ravel(a), shift, (0,)), shape=a.shape)
    pairs = asked(np.broadcast, np.asarray(plain(shift)), np.asarray(plain(axis)))
    if pairs.ndim > 1:
        raise ShapeError(f"roll takes one shift for each axis; got shift={shift} and axis={axis}.")
    for n, one in pairs:
        i = one_axis(one, a.ndim)
        start = -whole(n, "a shift") % max(a.shape[i], 1)
        if start:
            a = p.concatenate(a[along(i, slice(start, None))], a[along(i, slice(start))], axis=i)
    return a


def _triangle(m: Any, upper: bool, k: Any) -> Any:
    if m.ndim == 0:
        raise ShapeError("a triangle needs at least one axis; got a scalar.")
    below = asked(np.tri, *m.shape[-2:], k=plain(k) - upper, dtype=bool)
    zero = False if m.dtype == np.bool_ else 0
    return p.where(below, zero, m) if upper else p.where(below, m, zero)


implements(np.tril)(lambda m, k=0: _triangle(m, False, k))
implements(np.triu)(lambda m, k=0: _triangle(m, True, k))


# --- facts of shape ------------------------------------------------------------------------------


implements(np.shape)(lambda a: a.shape)
implements(np.ndim)(lambda a: a.ndim)


@implements(np.size)
def size(a: Any, axis: Any = None) -> int:
    return math.prod(a.shape[i] for i in axes_of(axis, a.ndim))


implements(np.result_type)(lambda *xs: np.result_type(*[x.dtype if isinstance(x, Tensor) else x for x in xs]))
implements(np.iscomplexobj)(lambda x: False)
implements(np.isrealobj)(lambda x: True)
