"""From a graph to index expressions: the reader, and the register of formulas for primitives.

Nodes that are *stations* (named values) and leaves become symbols; what lies between is read
through.  A node that has no formula here becomes a symbol of its own, opaque: it may be used,
and only a derivative through it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.array_functions import elementwise as e
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.derivations.normal.budgets import WORK, BudgetError
from tinygrad_lite.derivations.normal.elementwise import NoFormula, as_number, elementwise
from tinygrad_lite.derivations.normal.numbers import condition
from tinygrad_lite.derivations.normal.sums import rename
from tinygrad_lite.derivations.normal.terms import Index, Sym, Symbol, Value, atom, predicates
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.derivations.reading.nodes import key_of, one_number
from tinygrad_lite.derivations.reading.selectors import Selector
from tinygrad_lite.derivations.reading.sizes import divided
from tinygrad_lite.notation.formula import Notation, named
from tinygrad_lite.tensor.tensor import Tensor

Indices = Sequence[Index | None]

SHARING = (p.maximum, p.minimum, e.fmax, e.fmin, p.abs_, e.fabs, p.sign)
"""Where their condition t > 0 is at t = 0, the engine takes the mean of both slopes; `np.where` takes one side."""


Form = Callable[["Reader", Tensor], Value]
FORMULAS: dict[Primitive, Form] = {}


def formula(primitive: Primitive) -> Callable[[Form], Form]:
    """Register how a primitive is read as an index formula."""

    def register(form: Form) -> Form:
        FORMULAS[primitive] = form
        return form

    return register


def has_formula(primitive: Primitive) -> bool:
    """Whether derivations know an index formula for a primitive."""
    return primitive in FORMULAS or elementwise(primitive) is not None


class Reader:
    """Reads nodes as values in terms of symbols.

    ``symbols`` maps keys of nodes to their symbols; nodes without a formula are added to it.
    """

    def __init__(
        self,
        axes: Axes,
        symbols: dict[int, Symbol],
        opaque: Callable[[Any], Value],
        named: Callable[[Any, str], Symbol] = lambda part, letter: Symbol(f"{letter} {id(part)}"),
    ) -> None:
        self.axes = axes
        self.symbols = symbols
        self.sources: dict[str, Any] = {}
        self.notes: dict[str, tuple[Notation, str]] = {}  # on symbols that the graph has no name for
        self.order: dict[int, int] = {}  # of constants: they have no serial, and an address is another in each run
        self.shared: set[str] = set()  # the conditions t > 0 of maxima and the like; see SHARING
        self._opaque = opaque
        self._named = named
        self._forms: dict[int, Value] = {}
        self._refused: dict[int, str] = {}  # too large to read, so that what uses it need not try again
        self._keep: list[Any] = []
        self._classes: list[Any] = []
        self._selectors: dict[tuple[Any, ...], Symbol] = {}

    def form(self, node: Any, through: bool = False) -> Value:
        """The value of a node at its formal indices; ``through`` reads a station as a formula."""
        try:
            for part in self._pending(node, through):
                self._forms[key_of(part)] = self._read(part)
        except BudgetError as reason:
            if WORK.left >= 0:  # for its size, and not because there was no work left
                self._refused[key_of(node)] = str(reason)
            raise
        return self._formula(node) if through else self._forms[key_of(node)]

    def number(self, value: Any) -> Value:
        """The value of a plain number."""
        if np.size(value) != 1:
            raise NoFormula("an array that is no Tensor")
        return as_number(float(np.asarray(value).reshape(-1)[0]))

    def selector(self, signature: tuple[Any, ...], selector: Selector, letter: str, facts: frozenset[str]) -> Symbol:
        """The symbol of a selector; one symbol for all that have the same signature."""
        if signature not in self._selectors:
            symbol = Symbol(self._named(selector, letter).name, facts)
            self._selectors[signature] = symbol
            self.sources[symbol.name] = selector
            self.notes[symbol.name] = named(symbol.name, raised=True), selector.note
        return self._selectors[signature]

    def class_symbol(self, classes: Any, letter: str) -> Symbol:
        """The one-hot symbol of an array of class numbers: that of the array itself, where it has one."""
        if not isinstance(classes, Tensor):
            data = np.asarray(classes)
            same = [c for c in self._classes if np.array_equal(c, data)]
            classes = same[0] if same else data
            self._classes.append(classes)
        key = key_of(classes)
        if key not in self.symbols:
            self.symbols[key] = self._named(classes, letter)
            self._keep.append(classes)
        self.symbols[key] = Symbol(self.symbols[key].name, frozenset(("one_hot",)))
        return self.symbols[key]

    def forget(self, serial: int) -> None:
        """Read all results anew that were made after this serial."""
        self._forms = {key: form for key, form in self._forms.items() if key < serial}
        self._refused = {key: reason for key, reason in self._refused.items() if key < serial}

    def forget_one(self, node: Tensor) -> None:
        """Read a node anew, because what it is computed from became a station."""
        self._forms.pop(key_of(node), None)

    def _pending(self, node: Any, through: bool) -> list[Any]:
        """The nodes to be read first, inputs before results."""
        seen: dict[int, Any] = {}
        stack = [x for x in node.inputs if hasattr(x, "shape")] if through and isinstance(node, Tensor) else [node]
        while stack:
            part = stack.pop()
            key = key_of(part)
            if key in seen or key in self._forms:
                continue
            seen[key] = part
            stops = key in self.symbols
            if key in self._refused and not stops:
                raise BudgetError(self._refused[key])
            if isinstance(part, Tensor) and not stops and not _stops(part):
                assert part.primitive is not None
                inputs = part.inputs[:1] if part.primitive is p.getitem else part.inputs
                stack += [x for x in inputs if hasattr(x, "shape")]
        return sorted(seen.values(), key=lambda part: (key_of(part) > 0, self.order.get(key_of(part), key_of(part))))

    def _symbol(self, node: Any) -> Value:
        symbol = self.symbols.get(key_of(node))
        if symbol is None:
            self._keep.append(node)
            value = self._opaque(node)
            if key_of(node) in self.symbols:
                self.sources.setdefault(self.symbols[key_of(node)].name, node)
            return value
        self.sources.setdefault(symbol.name, node)
        return atom(Sym(symbol, tuple(i for i in self.axes.formal(node) if i is not None)))

    def _read(self, node: Any) -> Value:
        if key_of(node) in self.symbols:
            return self._symbol(node)
        if not isinstance(node, Tensor) or node.primitive is None:
            number = one_number(node)
            return self._symbol(node) if number is None or isinstance(node, Tensor) else as_number(number)
        try:
            return self._formula(node)
        except NoFormula:
            return self._symbol(node)

    def _formula(self, node: Any) -> Value:
        if not isinstance(node, Tensor) or node.primitive is None:
            return self._read(node)
        if node.primitive in FORMULAS:
            return FORMULAS[node.primitive](self, node)
        function = elementwise(node.primitive)
        if function is None:
            raise NoFormula(node.primitive.name)
        quotient = divided(node, lambda x: self._aligned(x, node), self.axes, self.notes)
        if quotient is not None:
            return quotient
        parts = [self._aligned(x, node) for x in node.inputs]
        value = function(*parts)
        if node.primitive in SHARING:
            self.shared |= {condition(q) for q in predicates(value)} - {
                condition(q) for x in parts for q in predicates(x)
            }
        return value

    def at(self, part: Any, indices: Indices) -> Value:
        """The form of an input at given indices, one for each of its axes (None for size 1)."""
        if not hasattr(part, "shape"):
            return as_number(part)
        change = {
            formal: index
            for formal, index in zip(self.axes.formal(part), indices, strict=True)
            if formal is not None and index is not None
        }
        return rename(self._forms[key_of(part)], change)

    def _aligned(self, part: Any, node: Tensor) -> Value:
        """An input of an elementwise operation at the formal indices of the result."""
        formal = self.axes.formal(node)
        ndim = len(getattr(part, "shape", ()))
        return self.at(part, formal[len(formal) - ndim :])


def _stops(node: Tensor) -> bool:
    """Whether a node is read as a symbol: a leaf, or what passes no gradient by intention."""
    return node.primitive is None or node.primitive is p.stop_gradient
