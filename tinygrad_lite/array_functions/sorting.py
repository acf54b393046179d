"""NumPy's functions that order elements on Tensors.

Where an element goes is a fact, found on the plain numbers; the elements themselves are then picked by their places.
So the gradient of an element of the result goes to the element that it is, also among equal ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import asked, decided, fact, flat, plain, refuse
from tinygrad_lite.array_functions.places import take_along_axis
from tinygrad_lite.tensor.dispatch import implements


def in_order(a: Any, axis: int) -> Any:
    """a sorted along an axis; elements that are equal stay in their order."""
    return take_along_axis(a, decided(np.argsort, a, axis=axis, kind="stable"), axis)


@implements(np.sort)
def sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    refuse(order=order)
    asked(np.sort, np.empty(0), kind=kind, stable=stable)  # whether NumPy knows them: their result is the same
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
    return take_along_axis(a, decided(_partitioned, a, plain(kth), axis=axis, kind=kind), axis)


def _partitioned(a: Any, kth: Any, axis: int, kind: Any) -> Any:
    """The places of the elements in the order of np.partition.

    NumPy says where it puts the values, not which of equal ones it puts there: the first of them goes to the first
    place, and so on.
    """
    source, target = (
        np.argsort(x, axis=axis, kind="stable") for x in (a, asked(np.partition, a, kth, axis=axis, kind=kind))
    )
    places = np.empty_like(source)
    np.put_along_axis(places, target, source, axis)
    return places


@implements(np.argpartition)
def argpartition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    refuse(order=order)
    a, axis = flat(a, axis)
    return fact(np.argpartition, a, kth, axis=axis, kind=kind)
