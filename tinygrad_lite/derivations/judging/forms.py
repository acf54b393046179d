"""The normal forms of two formulas in one reading, and the difference between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.judging.layouts import ONE, Layout
from tinygrad_lite.derivations.judging.ranks import SIZES
from tinygrad_lite.derivations.judging.sides import Facts, Side
from tinygrad_lite.derivations.normal.algebra import subtract
from tinygrad_lite.derivations.normal.budgets import BudgetError, budget
from tinygrad_lite.derivations.normal.calculus import spread
from tinygrad_lite.derivations.normal.contents import symbols_in, values_in
from tinygrad_lite.derivations.normal.elementwise import NoFormula, as_number
from tinygrad_lite.derivations.normal.sums import delta
from tinygrad_lite.derivations.normal.terms import Index, Sym, Symbol, Value, atom, place_at, size_symbol
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.derivations.reading.nodes import data_of, key_of, one_number
from tinygrad_lite.derivations.reading.primitives import Reader
from tinygrad_lite.derivations.writing.display import Writer
from tinygrad_lite.derivations.writing.measuring import length
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.tensor.tensor import Tensor

WORK = 100_000
"""How many expressions may be built for one reading."""

PRIMES = (5, 3, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)
"""Lengths of axes: no product of two is another's double."""

SMALL = (3, 4, 2, 5, 3, 4, 2, 3, 2, 4, 3, 2)
"""Lengths of axes beyond which arrays of many axes would be large."""

POSITIVE = frozenset(("positive",))


@dataclass(frozen=True)
class Forms:
    """The normal forms of both formulas; ``opaque`` are symbols that stand for what has no formula."""

    one: Value
    two: Value
    difference: Value
    order: tuple[Index, ...]
    axes: Axes
    reader: Reader
    results: tuple[Any, Any]
    opaque: frozenset[str]

    def sizes(self) -> frozenset[str]:
        """The sizes on which the formulas depend."""
        return frozenset(
            s.symbol.axis for form in (self.one, self.two) for s in symbols_in(form) if s.symbol.has("size")
        )

    def writer(self) -> Writer:
        """Writes values at the result's indices."""
        return Writer(self.axes.letters, self.order)


def lengths(layout: Layout, avoid: Sequence[float] = ()) -> dict[int, int]:
    """A length for each class, all different, and none that a number of the formulas is a multiple of."""
    if layout.rigid:
        return {c: layout.given[c] for c in layout.classes()}
    classes = layout.classes()
    return dict(zip(classes, long_axes(len(classes), avoid), strict=False))


def long_axes(number: int, avoid: Sequence[float] = ()) -> list[int]:
    """Lengths for so many axes, all different: primes, none that one of the numbers is a multiple of."""
    fine = [n for n in PRIMES if not any(_multiple(v, n) for v in avoid)]
    return (fine if number < 6 else [*SMALL, *PRIMES])[:number]


def _multiple(value: float, length: int) -> bool:
    """Whether a number, or its reciprocal, is a multiple of a length."""
    value = abs(value)
    return value > 0 and any(v >= length and abs(v / length - round(v / length)) < 1e-9 for v in (value, 1 / value))


def tensors(layout: Layout, data: Mapping[str, Any]) -> dict[str, Tensor]:
    """Tensors for the names."""
    return {n: Tensor(np.asarray(data[n], dtype=float), requires_grad=True, name=n) for n in layout.names}


def shapes(layout: Layout, long: Mapping[int, int]) -> dict[str, tuple[int, ...]]:
    """The shape of each name."""
    return {n: tuple(1 if c == ONE else long[c] for c in layout.axes[n]) for n in layout.names}


def is_size(layout: Layout, name: str) -> bool:
    """Whether a name is a size: m, n, J where they have no axes."""
    return name in SIZES and not layout.axes[name]


def numbers_of(sides: Sequence[Side], point: Mapping[str, Tensor]) -> list[float]:
    """The plain numbers that stand in the formulas' graphs."""
    found = []
    for side in sides:
        result, _ = side.value(point)
        for node in graph(result) if isinstance(result, Tensor) else []:
            parts = [node, *node.inputs]
            found += [n for n in (one_number(x) for x in parts if x is not None and not isinstance(x, str)) if n]
    return [n for n in found if np.isfinite(n)]


def forms(sides: Sequence[Side], layout: Layout, facts: Facts, data: Mapping[str, Any]) -> Forms | None:
    """The normal forms, read on these data; None where there is none within the budget."""
    point = tensors(layout, data)
    try:
        with budget(WORK):
            return _forms(sides, layout, facts, point)
    except (BudgetError, NoFormula, RecursionError, TinygradLiteError):
        return None


def _forms(sides: Sequence[Side], layout: Layout, facts: Facts, point: Mapping[str, Tensor]) -> Forms:
    assert layout.order is not None
    one, two = (s.value(point)[0] for s in sides)
    if layout.order != tuple(range(len(layout.order))):
        two = np.transpose(two, layout.order)
    with np.errstate(all="ignore"):
        apart = one - two  # lines the axes of both results up
    results = [x for x in (one, two, apart) if isinstance(x, Tensor)]
    labels = layout.labels()
    given = [(point[n], a, labels[c]) for n in layout.names for a, c in enumerate(layout.axes[n]) if c != ONE]
    axes = Axes(graph(*point.values(), *results), given)
    reader = Reader(axes, _symbols(layout, point, facts), unnamed(axes))
    first, second = (reader.form(x) if isinstance(x, Tensor) else reader.number(x) for x in (one, two))
    whole = one if isinstance(one, Tensor) else two
    order = tuple(i for i in axes.formal(whole) if i is not None) if isinstance(whole, Tensor) else ()
    difference = subtract(first, second)
    used = frozenset((values_in(first) | values_in(second)) - set(layout.names))
    return Forms(first, second, difference, order, axes, reader, (one, two), used)


def _symbols(layout: Layout, point: Mapping[str, Tensor], facts: Facts) -> dict[int, Symbol]:
    symbols = {}
    for name, tensor in point.items():
        symbol = Symbol(name, facts.get(name, frozenset()))
        if is_size(layout, name):
            bound = name in (layout.bound or {})
            symbol = size_symbol(name) if bound else Symbol(name, POSITIVE)
        symbols[key_of(tensor)] = symbol
    return symbols


def unnamed(axes: Axes) -> Callable[[Any], Value]:
    """What becomes of a value that no formula names: a constant is its number, a shift a symbol."""
    seen: dict[tuple[Any, ...], str] = {}
    fresh = count(1)

    def read(node: Any) -> Value:
        data = np.asarray(data_of(node))
        if isinstance(node, Tensor) and node.primitive is not None:
            formal = tuple(i for i in axes.formal(node) if i is not None)
            signature = (node.primitive.name, tuple(key_of(p) for p in node.inputs), repr(node.params))
            name = seen.get(signature) or seen.setdefault(signature, f"value {next(fresh)}")
            return atom(Sym(Symbol(name), formal))
        if isinstance(node, Tensor) and data.ndim == 2 and np.array_equal(data, np.eye(len(data))):
            rows, columns = axes.formal(node)
            return delta(rows, columns) if rows is not None and columns is not None else as_number(1.0)
        if isinstance(node, Tensor) and data.ndim == 1 and np.count_nonzero(data) == 1 == data.max():
            (row,) = axes.formal(node)
            return as_number(1.0) if row is None else delta(row, place_at(int(data.argmax()), row.axis))
        if data.size and np.all(data == data.reshape(-1)[0]):
            return as_number(float(data.reshape(-1)[0]))
        raise NoFormula("data that no formula names")

    return read


def shortest(value: Value) -> Value:
    """The value, sums taken apart where that is shorter."""
    try:
        with budget(WORK):
            apart = spread(value)
        return apart if length(apart) < length(value) else value
    except BudgetError:
        return value
