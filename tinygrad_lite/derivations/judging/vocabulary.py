"""What the names of an answer mean: the values of a derivation, its error signals, derivatives, and sizes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.calculus import put_in
from tinygrad_lite.derivations.normal.contents import symbols_in
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.terms import Index, Sym, Symbol, Value, size_symbol
from tinygrad_lite.derivations.reading.nodes import data_of, key_of
from tinygrad_lite.derivations.steps.board import Board
from tinygrad_lite.derivations.steps.checking import Facts
from tinygrad_lite.derivations.writing.numpy_source import derivative_label, identifiers
from tinygrad_lite.notation.formula import named, unicode
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed.spelling import canonical

Axis = str | None
"""The name of an axis; None for one of size 1, which has no index."""


@dataclass(frozen=True)
class Known:
    """What a name means: a symbol of the derivation, and the axes that its array has.

    bracket: whether it is [j = k], 1 where both indices are equal; ``place`` is the number of [j = 2].
    """

    symbol: Symbol
    axes: tuple[Axis, ...]
    bracket: bool = False
    place: int = 0

    def brackets(self, length: int) -> Any:
        """The numbers of [j = k] or [j = 2] on an axis of this length."""
        return np.eye(length) if len(self.axes) == 2 else np.eye(length)[self.place]

    @property
    def lettered(self) -> tuple[str, ...]:
        """The axes that have an index."""
        return tuple(axis for axis in self.axes if axis is not None)


def _printed(name: str) -> str:
    """The one spelling of a name as it is printed: of lam that of λ."""
    return canonical(unicode(named(name)))


class Vocabulary:
    """The names that an answer may use, in their one spelling: x, z2, delta2, ∂C/∂a, m."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._stations = board.stations
        self._met = _occurrences(board)
        self.names: dict[str, Known] = {}
        self.nodes: dict[str, Tensor] = {}
        self._signals: dict[str, Tensor] = {}
        self._add_values()
        self._add_derivatives()
        for axis in self._stations.axes.sizes:
            length = Known(size_symbol(axis), ())
            self._add(axis, length)
            if self.names[canonical(axis)] is not length:  # a value has this name, and NumPy code calls the size K_
                self.names.setdefault(f"{axis}_", length)
        self._forms = self._definitions()

    def bracket(self, axis: str, place: int | None) -> str:
        """The name of [j = k] on an axis, of [j = 2] where a place is given."""
        name = f"[{axis}]" if place is None else f"[{axis} = {place}]"
        axes = (axis, axis) if place is None else (axis,)
        self.names[name] = Known(Symbol(name), axes, bracket=True, place=place or 0)
        return name

    def slope(self, function: str, argument: str) -> str | None:
        """The name of f′(z), where the derivation has found this derivative."""
        for name, symbol in self._board.slopes.items():
            of = symbol.derivative
            if of is not None and of.function and (canonical(of.function), canonical(of.below)) == (function, argument):
                return canonical(name)
        return None

    def node(self, name: str) -> Tensor | None:
        """The value of a name, as it is called or as it is printed."""
        spelled = canonical(name)
        return next((node for own, node in self.nodes.items() if spelled in (own, _printed(own))), None)

    @property
    def functions(self) -> list[str]:
        """The functions of which the derivation has found the derivative."""
        return [s.derivative.function for s in self._board.slopes.values() if s.derivative and s.derivative.function]

    # --- the names -----------------------------------------------------------------------------------

    def _add(self, label: str, known: Known) -> None:
        """A name as it is printed, and as it stands in NumPy code: lambda is lambda_ there."""
        for spelled in (canonical(label), _printed(label)):
            self.names.setdefault(spelled, known)
        self.names.setdefault(identifiers({label: label})[label], known)

    def _add_values(self) -> None:
        st = self._stations
        for name, node in st.names.items():
            axes = self._axes(name, st.reader.sources.get(name, node))
            if axes is None:
                continue
            symbol = st.symbols.get(key_of(node))
            self._add(name, Known(symbol or self._met[name].symbol, axes))
            if symbol is not None and symbol.derivative is not None:
                self._add(derivative_label(symbol.derivative), Known(symbol, axes))
            if isinstance(node, Tensor) and node.serial in st.stations and node is not st.cost:
                self.nodes[canonical(name)] = node

    def _add_derivatives(self) -> None:
        """Error signals, and σ′ where it is written as ∂a/∂z."""
        st, board = self._stations, self._board
        cost = st.symbols[key_of(st.cost)].name
        for node in st.stations.values():
            if node is st.cost:
                continue
            axes = tuple(i and i.axis for i in (*st.outputs, *st.axes.formal(node)))
            name = st.symbols[key_of(node)].name
            whole = board.derivative(node).symbol
            self._signals[whole.name] = node
            for above, below in ((canonical(cost), canonical(name)), (_printed(cost), _printed(name))):
                self.names.setdefault(f"∂{above}/∂{below}", Known(whole, axes))
            self._add(derivative_label(board.derivative(node)), Known(whole, axes))
            if (letter := board.letters.get(key_of(node))) is not None:
                self._signals[letter] = node
                self._add(letter, Known(Symbol(letter), axes))
        for name, (_, formal) in board.facts.defined.items():
            derivative = board.slopes[name].derivative if name in board.slopes else None
            label = name
            if derivative is not None and not derivative.function:
                label = f"∂{canonical(derivative.above)}/∂{canonical(derivative.below)}"
            found = self._met[name].symbol if name in self._met else board.slopes.get(name, Symbol(name))
            self._add(label, Known(found, tuple(i.axis for i in formal)))

    def _axes(self, name: str, node: Any) -> tuple[Axis, ...] | None:
        """The axes of a named value, those of its array where it has one; None where no formula uses it."""
        at = self._met.get(name)
        own = data_of(node) if isinstance(node, Tensor | np.ndarray) else None
        long = [n for n in np.shape(own) if n != 1] if own is not None else []
        if isinstance(node, Tensor) and (at is None or len(at.indices) == len(long)):
            return tuple(i and i.axis for i in self._stations.axes.formal(node))
        if at is None:
            return None
        axes = tuple(i.axis for i in at.indices)
        if own is None or len(axes) != len(long):  # class numbers, which stand for one-hot rows
            return axes
        rest = iter(axes)
        return tuple(None if n == 1 else next(rest) for n in np.shape(own))

    def shown(self) -> str:
        """The names as a list, each in one spelling."""
        met: dict[str, str] = {}
        for name, known in self.names.items():
            if not known.bracket:
                met.setdefault(known.symbol.name, name)
        return ", ".join(met.values())

    # --- their numbers -------------------------------------------------------------------------------

    def shape(self, known: Known, lettered: bool = False) -> tuple[int, ...]:
        """The shape of a name's array, without axes of size 1 where it is ``lettered``."""
        sizes = self._stations.axes.sizes
        return tuple(1 if axis is None else sizes[axis] for axis in (known.lettered if lettered else known.axes))

    def prepare(self, facts: Facts) -> Facts:
        """Facts with the numbers of everything that has a name here."""
        facts.defined = dict(self._board.facts.defined)
        facts.cotangent_of = dict(self._signals)
        return facts

    def numbers(self, name: str, facts: Facts, lettered: bool = False) -> Any:
        """The array that a name stands for."""
        known = self.names[name]
        if known.bracket:
            return known.brackets(self.shape(known)[0])
        if known.symbol.has("size"):
            return self._stations.axes.sizes[known.symbol.axis]
        return np.array(facts.value(known.symbol.name), dtype=float).reshape(self.shape(known, lettered))

    # --- what they are made of -----------------------------------------------------------------------

    def signals(self, value: Value | Known) -> list[Tensor]:
        """The values whose error signals are used."""
        names = {value.symbol.name} if isinstance(value, Known) else value.names
        return [self._signals[name] for name in sorted(names) if name in self._signals]

    def _definitions(self) -> list[tuple[str, Value, tuple[Index, ...]]]:
        """What each name is made of: error signals from the parameters up, slopes, then values from the cost down."""
        st, board = self._stations, self._board
        found = []
        for name, node in sorted(self._signals.items(), key=lambda item: key_of(item[1])):
            gradient = board.gradients.get(key_of(node))
            if gradient is not None and name not in gradient.value.names:
                found.append((name, gradient.value, board.around(gradient.indices)))
        found += [(name, value, formal) for name, (value, formal) in board.facts.defined.items()]
        for name, node in sorted(st.names.items(), key=lambda item: key_of(item[1]), reverse=True):
            if isinstance(node, Tensor) and node.primitive is not None:
                with contextlib.suppress(NoFormula, BudgetError):
                    form = st.formula(node)
                    if name not in form.names:
                        found.append((name, form, st.formal(node)))
        return found

    def computed(self, value: Value) -> bool:
        """Whether a name in the value is made of other names."""
        return not value.names.isdisjoint(name for name, _, _ in self._forms)

    def unfolded(self, value: Value) -> Iterator[Value]:
        """The value, then with one name after another put in, each in the two forms that may cancel."""
        yield from self._both(value)
        for name, form, formal in self._forms:
            if name in value.names:
                value = put_in(value, name, form, formal)
                yield from self._both(value)

    def _both(self, value: Value) -> Iterator[Value]:
        yield value
        solved = self._stations.constrained(value)
        for solution in self._stations.solutions.values():
            solved = solution.apply(solved)
        solved = self._stations.constrained(solved)
        if solved != value:
            yield solved


def _occurrences(board: Board) -> dict[str, Sym]:
    """Each symbol at some place where it stands."""
    st = board.stations
    values = [gradient.value for gradient in board.gradients.values()]
    values += [value for value, _ in board.facts.defined.values()]
    for line in board.lines:
        with contextlib.suppress(BudgetError):
            values.append(line.written.normal())
    for node in st.stations.values():
        if node.primitive is not None:
            with contextlib.suppress(NoFormula, BudgetError):
                values.append(st.formula(node))
    return {part.symbol.name: part for value in values for part in symbols_in(value)}
