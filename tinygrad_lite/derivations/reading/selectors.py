"""Arrays of zeros and ones that say which elements an operation takes: x[1:] is Σ_j S_ij x_j.

What moves elements without computing with them is linear, so it is a sum with such an array. A largest element is
one, too: max_j z_ij is Σ_j M_ij z_ij with M_ij = 1 where z_ij is the largest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core.slots import fill_slots
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.tensor.tensor import Tensor

Data = Callable[[Any], Any]
"""Gives the numbers of a node: those of the graph, or those of its twin."""

LARGEST = 2**24
"""How many elements a selector may have: its sums are computed when a line is checked."""


@dataclass(frozen=True)
class Selector:
    """A symbol that stands for no node: its numbers follow from those of a node's inputs.

    ``depends`` says whether they change with a parameter, and ``note`` what they are.
    """

    node: Tensor
    numbers: Callable[[Data], Any]
    note: str
    depends: bool = False


def room(*shapes: Iterable[int]) -> None:
    """Refuse a selector that would have too many elements."""
    elements = math.prod(n for shape in shapes for n in shape)
    if elements > LARGEST:
        raise NoFormula(f"a selection with {elements:,} places")


def hot(coordinates: Sequence[Any], lengths: Sequence[int]) -> Any:
    """1 at the coordinates of each element, along new axes of the given lengths; 0 elsewhere.

    >>> hot([np.array([2, 0])], [3]).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    first = np.shape(coordinates[0])
    found: Any = np.ones(first)
    for n, (here, length) in enumerate(zip(coordinates, lengths, strict=True)):
        one = np.asarray(here)[..., None] == np.arange(length)
        found = found[..., None] * one.reshape(first + (1,) * n + (length,))
    return found


def taken(
    shape: Sequence[int],
    index: Any,
    arrays: Sequence[Any],
    kept: Sequence[int],
    result: Sequence[int],
    axes: Sequence[int],
) -> Callable[[Data], Any]:
    """1 where an index takes a place of a shape along these axes.

    result: the shape of what it takes, of which the axes ``kept`` are whole axes of the input.
    """
    first = tuple(0 if a in kept else slice(None) for a in range(len(result)))
    lengths = [shape[a] for a in axes]
    room([n for a, n in enumerate(result) if a not in kept], lengths)

    def numbers(data: Data) -> Any:
        places = np.arange(math.prod(shape)).reshape(shape)[fill_slots(index, [data(x) for x in arrays])]
        found = np.unravel_index(places[first], shape)
        return hot([found[a] for a in axes], lengths)

    return numbers


def merged(node: Tensor, mine: Sequence[int], theirs: Sequence[int]) -> Callable[[Data], Any]:
    """1 where the places of axes of a result are those of axes of its input, which a reshape made one from the other."""
    old, new = [node.inputs[0].shape[a] for a in mine], [node.shape[a] for a in theirs]
    room(old, new)
    return lambda data: hot(np.unravel_index(np.arange(math.prod(old)).reshape(new), old), old)


def largest(node: Tensor, kept: Sequence[int]) -> Callable[[Data], Any]:
    """1 where an element is the maximum or minimum along the axes that are not kept; those that tie share the 1."""
    part = node.inputs[0]
    gone = tuple(a for a in range(len(part.shape)) if a not in kept)

    def numbers(data: Data) -> Any:
        x = np.asarray(data(part))
        best = getattr(np, node.primitive.name)(x, axis=gone, keepdims=True)  # type: ignore[union-attr]
        winners = (x == best).astype(float)
        winners = winners / winners.sum(axis=gone, keepdims=True)
        return np.moveaxis(winners, kept, range(len(kept)))

    return numbers
