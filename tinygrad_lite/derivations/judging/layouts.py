"""Which axes are the same axis in two formulas: found from their graphs on square matrices.

Every free axis becomes a class of its own with a length of its own, so `W.T @ x` and `W @ x` cannot
agree by luck: W is square only where a product, a sum or an elementwise operation makes it so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.judging.ranks import LENGTH, SIZES, Ranks, probe, probe_of
from tinygrad_lite.derivations.judging.sides import Shape, Side, all_names, one_hot_names
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed.tree import variables

LABELS = ("m", "n", "J", "K", "P", "Q", "R", "S", "U", "V")
"""What the size of an axis is called where the formulas do not say it."""

MOST_BINDINGS = 24
"""In how many ways the sizes that formulas name are tried as the lengths of axes."""

ONE = -1
"""The class of all axes of size 1."""

Classes = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The class of each axis of each name and of both results.

    ``results`` is None for a result that is no graph; ``order`` says how the axes of the second
    result are turned to be those of the first, and is None where the shapes differ. ``given`` are
    lengths that were given, ``rigid`` whether the formulas compute on no others. ``bound`` says of
    which class a size is the length.
    """

    names: tuple[str, ...]
    axes: Mapping[str, Classes]
    results: tuple[Classes, Classes]
    letters: tuple[str, str]
    order: Classes | None
    of_letter: Mapping[str, frozenset[int]]
    given: Mapping[int, int]
    rigid: bool = False
    bound: Mapping[str, int] | None = None

    def classes(self) -> list[int]:
        """All classes but that of size 1, those of the letter i first."""
        first = self.of_letter.get("i", frozenset())
        met = dict.fromkeys(c for name in self.names for c in self.axes[name] if c != ONE)
        return sorted(met, key=lambda c: c not in first)

    def labels(self) -> dict[int, str]:
        """What the size of each class is called."""
        found = {c: name for name, c in (self.bound or {}).items()}
        spare = iter([x for x in LABELS if x not in self.names] + [f"size{n}" for n in range(100)])
        return {c: found[c] if c in found else next(spare) for c in self.classes()}

    def squares(self) -> bool:
        """Whether a lower-case name is a square matrix in this reading."""
        return any(len(c) == 2 and c[0] == c[1] != ONE for n, c in self.axes.items() if not n[0].isupper())

    def shown(self, number: int) -> str:
        """The shape of a result, in sizes."""
        labels = self.labels()
        sizes = [str(self.given.get(c, labels.get(c, "1"))) for c in self.results[number]]
        return "(" + ", ".join(sizes) + ("," if len(sizes) == 1 else "") + ")"

    def shape(self, name: str) -> str:
        """What kind of value a name is in this reading."""
        return {0: "a scalar", 1: "a vector", 2: "a matrix"}.get(
            len(self.axes[name]), f"an array of {len(self.axes[name])} axes"
        )

    def length_of(self, name: str) -> str:
        """Of which axis a size is the length in this reading."""
        bound = (self.bound or {}).get(name)
        axes = [f"axis {a} of {n}" for n in self.names for a, c in enumerate(self.axes[n]) if c == bound]
        return f"the length of {axes[0]}" if axes else "any number"

    def bindings(self) -> Iterator[Layout]:
        """The ways in which m, n, J may be lengths of axes: m that of the examples."""
        sizes = [n for n in self.names if n in SIZES and not self.axes[n]]
        classes = self.classes()
        choices: list[list[int]] = []
        for name in sizes:
            examples = self._examples()
            others = [c for c in classes if c not in examples]
            choices.append((examples if name in ("m", "N") else others) or classes or [ONE])
        ways = itertools.islice(itertools.product(*choices), 10_000)
        apart = [w for w in ways if len(set(w)) == len(w)] or [()]
        for way in apart[:MOST_BINDINGS]:
            yield replace(self, bound={n: c for n, c in zip(sizes, way, strict=False) if c != ONE})

    def _examples(self) -> list[int]:
        """The axis that m may count: that of the letter i, else the first of some name."""
        if self.of_letter.get("i"):
            return sorted(self.of_letter["i"])
        return list(dict.fromkeys(axes[0] for name in self.names if (axes := self.axes[name]) and axes[0] != ONE))


def layout(sides: Sequence[Side], ranks: Ranks, shapes: Mapping[str, Shape], length: int = LENGTH) -> Layout:
    """The classes of axes in one reading; FormulaError where the formulas cannot be computed in it.

    length: of the axes on which the formulas are computed.
    """
    hot = one_hot_names(sides)
    square = probe({n: ranks[n] for n in all_names(sides)}, length, hot)
    point = {n: _ones_kept(t, shapes.get(n), length, n in hot) for n, t in square.items()}
    rigid = False
    try:
        results = [s.value(point) for s in sides]
    except TinygradLiteError:
        if not shapes or any(r and n not in shapes for n, r in ranks.items()):
            raise
        rigid = True
        point = {n: _of_shape(n, shapes.get(n, ()), n in hot) for n in point}
        results = [s.value(point) for s in sides]
    nodes = graph(*point.values(), *(r for r, _ in results if isinstance(r, Tensor)))
    return _Classes(point, results, Axes(nodes)).layout(sides, shapes, rigid)


def _of_shape(name: str, shape: Shape, hot: bool) -> Tensor:
    return probe_of(name, shape, np.random.default_rng(0), hot)


def _ones_kept(tensor: Tensor, shape: Shape | None, length: int, hot: bool) -> Tensor:
    """A tensor of square axes, with axes of size 1 where these were given."""
    if shape is None or 1 not in shape:
        return tensor
    return _of_shape(tensor.name or "", tuple(1 if n == 1 else length for n in shape), hot)


class _Classes:
    """Numbers for the classes of axes of one graph, and what the results join."""

    def __init__(self, point: Mapping[str, Tensor], results: Sequence[tuple[Any, str]], axes: Axes) -> None:
        self.point = point
        self.results = results
        self.axes = axes
        self.numbers: dict[Any, int] = {}
        self.joined: dict[int, int] = {}

    def of(self, value: Any) -> Classes:
        """The classes of the axes of a node; an array that is no node has axes of its own."""
        shape = np.shape(value)
        if not isinstance(value, Tensor):
            return tuple(ONE if n == 1 else self._number((id(value), a)) for a, n in enumerate(shape))
        spots = [self.axes.root((key_of(value), a)) for a in range(len(shape))]
        return tuple(ONE if n == 1 else self._number(spot) for spot, n in zip(spots, shape, strict=True))

    def _number(self, spot: Any) -> int:
        return self.root(self.numbers.setdefault(spot, len(self.numbers)))

    def root(self, number: int) -> int:
        while number in self.joined:
            number = self.joined[number]
        return number

    def layout(self, sides: Sequence[Side], shapes: Mapping[str, Shape], rigid: bool) -> Layout:
        own = {name: self.of(tensor) for name, tensor in self.point.items()}
        given = self._given(own, shapes)
        one, two = (self.of(value) for value, _ in self.results)
        letters = (self.results[0][1], self.results[1][1])
        orders = _orders(letters, len(one), all(s.ordered for s in sides)) if len(one) == len(two) else []
        order = self._align(own, one, two, orders, given)
        axes = {name: self.of(tensor) for name, tensor in self.point.items()}
        given = {self.root(c): n for c, n in given.items()}
        of_letter = self._letters(sides, axes)
        results = (self.of(self.results[0][0]), self.of(self.results[1][0]))
        return Layout(tuple(self.point), axes, results, letters, order, of_letter, given, rigid)

    def _given(self, own: Mapping[str, Classes], shapes: Mapping[str, Shape]) -> dict[int, int]:
        lengths: dict[int, int] = {}
        owner: dict[int, str] = {}
        for name, shape in shapes.items():
            for place, (c, n) in enumerate(zip(own[name], shape, strict=True)):
                if c != ONE and lengths.setdefault(c, n) != n:
                    raise FormulaError(
                        f"shapes do not fit the formulas: axis {place} of {name!r} has {n} places and "
                        f"{owner[c]} has {lengths[c]}, and the two are one axis here."
                    )
                owner.setdefault(c, f"axis {place} of {name!r}")
        return lengths

    def _align(
        self,
        own: Mapping[str, Classes],
        one: Classes,
        two: Classes,
        orders: Sequence[Classes],
        given: Mapping[int, int],
    ) -> Classes | None:
        """How the axes of the second result are turned, their classes joined with those of the first."""
        fitting = [o for o in orders if all(a == two[b] for a, b in zip(one, o, strict=True))]
        for order in [*fitting, *orders]:
            pairs = [(a, two[b]) for a, b in zip(one, order, strict=True)]
            if self._fit(own, pairs, given):
                for a, b in pairs:
                    if self.root(a) != self.root(b):
                        self.joined[self.root(b)] = self.root(a)
                return order
        return None

    def _fit(self, own: Mapping[str, Classes], pairs: Sequence[tuple[int, int]], given: Mapping[int, int]) -> bool:
        """Whether axes may be one: no name becomes square by that, and given lengths agree."""
        change: dict[int, int] = {}

        def top(c: int) -> int:
            while c in change:
                c = change[c]
            return c

        for a, b in pairs:
            if (a == ONE) != (b == ONE):
                return False
            if a in given and b in given and given[a] != given[b]:
                return False
            if top(a) != top(b):
                change[top(b)] = top(a)
        for classes in own.values():
            known = all(c in given for c in classes)
            if not known and len({top(c) for c in classes}) < len(set(classes)):
                return False
        return True

    def _letters(self, sides: Sequence[Side], axes: Mapping[str, Classes]) -> dict[str, frozenset[int]]:
        found: dict[str, set[int]] = {}
        for side in sides:
            if side.typed is not None and side.typed.indexed:
                for name in variables(side.typed.tree):
                    for letter, c in zip(name.letters, axes.get(name.text, ()), strict=False):
                        found.setdefault(letter, set()).add(c)
        return {letter: frozenset(classes) for letter, classes in found.items()}


def _orders(letters: tuple[str, str], rank: int, ordered: bool) -> list[Classes]:
    """In which orders the axes of the second result may be those of the first, the alphabet's before others."""
    one, two = letters
    plain = tuple(range(rank))
    if len(one) == len(two) == rank:
        rest = iter([n for n, c in enumerate(two) if c not in one])
        return [tuple(two.index(c) if c in two else next(rest) for c in one)]
    return [plain] if ordered or rank > 3 else list(itertools.permutations(plain))
