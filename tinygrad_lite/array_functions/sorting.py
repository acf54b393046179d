"""NumPy's functions that order elements on Tensors.

Where an element goes is a fact, found on the plain numbers; the elements themselves are then picked by their places.
So the gradient of an element of the result goes to the element that it is, also among equal ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.keywords import ask, fact, one_axis, plain
from tinygrad_lite.array_functions.shapes import refuse
from tinygrad_lite.core import primitives as p
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import as_tensor


def picked(a: Any, places: Any, axis: int) -> Any:
    """The elements of a at these places along an axis, as np.take_along_axis; other axes of size 1 are broadcast."""
    index = list(np.ogrid[tuple(slice(n) for n in a.shape)])
    index[axis] = places
    return a[tuple(index)]


def flat(a: Any, axis: Any) -> tuple[Any, int]:
    """a and one axis of it: where axis is None all elements in one axis."""
    return (p.reshape(a, shape=(-1,)), 0) if axis is None else (a, one_axis(axis, a.ndim))


def in_order(a: Any, axis: int) -> Any:
    """a sorted along an axis; elements that are equal stay in their order."""
    return picked(a, np.argsort(plain(a), axis=axis, kind="stable"), axis)


@implements(np.sort)
def sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    refuse(order=order)
    ask(np.sort, np.empty(0), kind=kind, stable=stable)  # whether NumPy knows them: their result is the same
    a, axis = flat(a, axis)
    return in_order(a, axis)


@implements(np.argsort)
def argsort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    refuse(order=order)
    a, axis = flat(a, axis)
    return fact(np.argsort, a, axis=axis, kind=kind, stable=stable)


@implements(np.partition)
def partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    refuse(order=order)
    a, axis = flat(a, axis)
    # NumPy says where it puts the values, not which of equal ones it puts there: the first of them goes to the first
    # place, and so on.
    values = ask(np.partition, a, kth, axis=axis, kind=kind)
    source, target = (np.argsort(x, axis=axis, kind="stable") for x in (plain(a), values))
    places = np.empty_like(source)
    np.put_along_axis(places, target, source, axis)
    return picked(a, places, axis)


@implements(np.argpartition)
def argpartition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    refuse(order=order)
    a, axis = flat(a, axis)
    return fact(np.argpartition, a, kth, axis=axis, kind=kind)


@implements(np.unique)
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: Any = None, *,
    equal_nan: bool = True, sorted: bool = True,
) -> Any:  # fmt: skip
    """The values that occur, each from where it occurs first. They are always sorted, which sorted=False leaves open."""
    _, places, *others = ask(
        np.unique, ar, return_index=True, return_inverse=return_inverse, return_counts=return_counts, axis=axis,
        equal_nan=equal_nan,
    )  # fmt: skip
    a, axis = flat(ar, axis)
    values = a[(slice(None),) * axis + (places,)]
    found = [values, *([places] if return_index else []), *others]
    return tuple(map(as_tensor, found)) if len(found) > 1 else values


@implements(np.searchsorted)
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    return fact(np.searchsorted, a, v, side=side, sorter=sorter)


@implements(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    return fact(np.digitize, x, bins, right=right)


@implements(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return fact(np.count_nonzero, a, axis=axis, keepdims=keepdims)


@implements(np.nanargmax)
def nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    refuse(out=out)
    return fact(np.nanargmax, a, axis=axis, keepdims=keepdims)


@implements(np.nanargmin)
def nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    refuse(out=out)
    return fact(np.nanargmin, a, axis=axis, keepdims=keepdims)
