"""The readings that a pair of texts in NumPy's spelling permits where no shapes are given.

A reading gives every name a number of axes; the lengths of the axes follow, because products and
sums need equal ones.  Capital letters are matrices, the sizes m, n and J are numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.helpers.formulas.exact import SIZES, names_of, numpy_value, python_name
from tests.helpers.formulas.trees import FUNCTIONS

LENGTHS = (2, 3, 5, 7, 4, 6, 8, 9)


class Misfit(Exception):
    """The axes of operands do not go together."""


@dataclass
class Lengths:
    """Which axes have one length: axes are numbers, each leads to another of its length or to itself."""

    leads: list[int] = field(default_factory=list)

    def fresh(self) -> int:
        self.leads.append(len(self.leads))
        return len(self.leads) - 1

    def root(self, axis: int) -> int:
        while self.leads[axis] != axis:
            axis = self.leads[axis]
        return axis

    def same(self, one: int, two: int) -> None:
        self.leads[self.root(one)] = self.root(two)


@dataclass
class Shape:
    """A value of which only the axes are known; ``odd`` collects what nobody means, such as the sum of a number."""

    axes: tuple[int, ...]
    lengths: Lengths
    odd: list[str]

    def of(self, *axes: int) -> Shape:
        return Shape(axes, self.lengths, self.odd)

    def together(self, other: Any) -> Shape:
        theirs = other.axes if isinstance(other, Shape) else ()
        for one, two in zip(self.axes[::-1], theirs[::-1], strict=False):
            self.lengths.same(one, two)
        return self.of(*max(self.axes, theirs, key=len))

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = together
    __pow__ = together

    def __neg__(self) -> Shape:
        return self

    def __matmul__(self, other: Any) -> Shape:
        if not isinstance(other, Shape) or not self.axes or not other.axes:
            raise Misfit("@ of a number")
        self.lengths.same(self.axes[-1], other.axes[-2:][0])
        return self.of(*self.axes[:-1], *other.axes[:-2], *other.axes[-1:][: len(other.axes) - 1])

    @property
    def T(self) -> Shape:
        if len(self.axes) < 2:
            self.odd.append(".T of a vector")
        return self.of(*self.axes[::-1])

    def reduced(self, axis: int | None) -> Shape:
        if not self.axes:
            self.odd.append("the sum of a number")
        if axis is None:
            return self.of()
        if not -len(self.axes) <= axis < len(self.axes):
            raise Misfit("no such axis")
        place = axis % len(self.axes)
        return self.of(*self.axes[:place], *self.axes[place + 1 :])


def _reduce(x: Shape, axis: int | None = None) -> Shape:
    return x.reduced(axis)


ON_SHAPES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(map(python_name, FUNCTIONS), lambda x: x),
    "sum": _reduce,
    "mean": _reduce,
}


@dataclass(frozen=True)
class Reading:
    """A number of axes for each name; ``plain`` where nothing in it is odd,
    ``usual`` where it is besides what the convention says."""

    ranks: dict[str, int]
    usual: bool
    plain: bool
    classes: dict[str, tuple[int, ...]]
    same_shape: bool

    def shapes(self, turn: int) -> dict[str, tuple[int, ...]]:
        """Lengths for the axes, different ones for different axes."""
        roots = list(dict.fromkeys(r for own in self.classes.values() for r in own))
        sizes = LENGTHS[turn:] + LENGTHS[:turn]
        return {n: tuple(sizes[roots.index(r) % len(sizes)] for r in own) for n, own in self.classes.items()}


def readings(texts: Sequence[str], ranks: Mapping[str, int]) -> Iterator[Reading]:
    """Every reading in which both texts can be computed; ``ranks`` are those that are known."""
    names = list(dict.fromkeys(n for text in texts for n in names_of(text)))
    choices = [
        (ranks[n],) if n in ranks else (0,) if n in SIZES else (2,) if n[0].isupper() else (0, 1, 2) for n in names
    ]
    for chosen in itertools.product(*choices):
        reading = _reading(texts, dict(zip(names, chosen, strict=True)), ranks)
        if reading is not None:
            yield reading


def _reading(texts: Sequence[str], chosen: Mapping[str, int], known: Mapping[str, int]) -> Reading | None:
    """The reading with these numbers of axes; None where the texts cannot be computed."""
    lengths, odd = Lengths(), list[str]()
    point = {n: Shape(tuple(lengths.fresh() for _ in range(r)), lengths, odd) for n, r in chosen.items()}
    try:
        results = [numpy_value(t, {**point, **ON_SHAPES}, lambda _: Shape((), lengths, odd)) for t in texts]
    except (Misfit, TypeError, AttributeError):
        return None
    one, two = (r.axes for r in results)
    if len(one) == len(two):
        for p, q in zip(one, two, strict=True):
            lengths.same(p, q)
    usual = not odd and all(r < 2 or n[0].isupper() or n in known for n, r in chosen.items())
    classes = {n: tuple(map(lengths.root, s.axes)) for n, s in point.items()}
    return Reading(dict(chosen), usual, not odd, classes, len(one) == len(two))
