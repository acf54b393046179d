"""The board that a derivation is written on: its lines, the gradients found so far, and the check that each line passes."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.numbers import Floats
from tinygrad_lite.derivations.normal.sums import rename
from tinygrad_lite.derivations.normal.terms import Derivative, Index, Product, Sym, Symbol, Value, atom
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.steps.checking import Facts, largest_error, replayed
from tinygrad_lite.derivations.steps.introducing import Introduced, introduce
from tinygrad_lite.derivations.steps.lines import Line, Whole, Written
from tinygrad_lite.derivations.steps.named import Named
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.derivations.writing.display import Writer, symbol_node
from tinygrad_lite.derivations.writing.measuring import length
from tinygrad_lite.derivations.writing.reasons import NOTHING, Reason
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.notation.formula import Notation, Partial, Plus, named, split_name
from tinygrad_lite.tensor.tensor import Tensor

SMALL = 1e-8
"""Where the gradient on the data is smaller, a line is looked at with other parameters, too."""


@dataclass
class Gradient:
    """The derivative of the cost by a station, at the station's formal indices.

    The indices of what is derived, where it has several elements, stand in the value, too: they stay.
    """

    value: Value
    indices: tuple[Index, ...]

    def at(self, indices: tuple[Index, ...]) -> Value:
        """The derivative at other indices."""
        return rename(self.value, dict(zip(self.indices, indices, strict=True)))


@dataclass
class Board:
    """Checks lines and keeps those that are right; knows the gradient of each station that was reached."""

    stations: Stations
    writer_letters: dict[str, str]
    lines: list[Line] = field(default_factory=list)
    lemmas: dict[str, list[Line]] = field(default_factory=dict)
    gradients: dict[int, Gradient] = field(default_factory=dict)
    notes: list[Reason] = field(default_factory=list)
    cotangents: dict[str, Tensor] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    described: set[str] = field(default_factory=set)  # the names in the formulas of the stations
    above: tuple[str, ...] = ()
    deltas: dict[int, str] = field(default_factory=dict)
    formulas: dict[int, Notation | None] = field(default_factory=dict)
    slopes: dict[str, Symbol] = field(default_factory=dict)
    sizes_put: set[str] = field(default_factory=set)  # the axes whose size a line has put in as a number
    applied: dict[str, str] = field(default_factory=dict)  # of σ(z), written as a value of that name, the z
    unfolded: dict[tuple[Value, tuple[str, ...]], Value] = field(default_factory=dict)  # what closed.py has put in

    def __post_init__(self) -> None:
        st = self.stations
        self.facts = Facts(st, sampled=True)
        # A float32 parameter makes a float64 cost no more exact than float32.
        self.exact = max(float(np.finfo(n.dtype).eps) for n in st.nodes if n.dtype.kind == "f")

    @cached_property
    def named(self) -> Named:
        """The named values, to be put back where a formula holds what they are made of."""
        return Named(self.stations)

    # --- checking and writing a line -----------------------------------------------------------

    @cached_property
    def twin(self) -> Facts | None:
        """Facts on the replayed graph, where that can be: made when they are first needed."""
        try:
            again = replayed(self.stations)
        except (TinygradLiteError, np.linalg.LinAlgError):
            return None  # other numbers are not what a primitive takes: a matrix that is not positive definite
        if any(new.shape != old.shape for old, new in again.items()):
            return None
        twin = Facts(self.stations, again, sampled=True)
        twin.defined = self.facts.defined
        twin.cotangent_of = self.facts.cotangent_of
        return twin

    def check(self, line: Written, node: Tensor, order: tuple[Index, ...]) -> float | None:
        """The largest error of a line; None where it is too large or could not be checked."""
        target, order = self.facts.cotangent(node), self.around(order)
        error = largest_error(line, target, order, self.facts, self.exact)
        small = error is not None and error[1] <= 1 and float(np.max(np.abs(target), initial=0.0)) < SMALL
        if (error is None or small) and (twin := self.twin) is not None:
            error = largest_error(line, twin.cotangent(node), order, twin, self.exact)
        return None if error is None or error[1] > 1 else error[0]

    def agrees(self, line: Written, target: Callable[[Facts], Floats], order: tuple[Index, ...]) -> float | None:
        """The largest error of a line against any numbers; None where it is too large or could not be checked."""
        error = largest_error(line, target(self.facts), order, self.facts, self.exact)
        if error is None and (twin := self.twin) is not None:
            error = largest_error(line, target(twin), order, twin, self.exact)
        return None if error is None or error[1] > 1 else error[0]

    def write(
        self, node: Tensor, line: Written, order: tuple[Index, ...], reason: Reason, assumption: Reason = NOTHING
    ) -> bool:
        """Check a line and add it; a line that fails is not shown."""
        error = self.check(line, node, order)
        if error is None:
            return False
        writer = self.writer(self.around(order))
        right = line.show(writer)
        name = self.stations.symbols[key_of(node)].name
        first = not self.lines or self.lines[-1].station != name
        left = self.partial(node, writer, order)
        if not first and same_terms(self.lines[-1].right, right):
            return True
        self.used |= line.names
        self.lines.append(
            Line(left if first else None, right, reason, assumption, error, line, self.around(order), name, self.above)
        )
        return True

    def around(self, order: tuple[Index, ...]) -> tuple[Index, ...]:
        """The indices of a gradient: those of what is derived, and those of a station."""
        return (*self.stations.out, *order)

    def writer(self, order: Sequence[Index]) -> Writer:
        """A writer whose free indices are the station's."""
        return Writer(self.writer_letters, order)

    def bare(self, node: Tensor) -> Notation:
        """The name of a station as it stands in a sentence."""
        return symbol_node(self.stations.symbols[key_of(node)], raised=self.stations.formal(node) != ())

    def partial(self, node: Tensor, writer: Writer, order: tuple[Index, ...]) -> Notation:
        """∂C/∂w_j, and ∂g_j/∂w_k where g has several elements."""
        st = self.stations
        cost = writer(atom(Sym(st.symbols[key_of(st.cost)], st.out)))
        below = writer(atom(Sym(self.stations.symbols[key_of(node)], order)))
        return Partial(cost, below)

    def title(self, node: Tensor) -> Notation:
        """∂C/∂w, without indices."""
        st = self.stations
        cost = st.symbols[key_of(st.cost)]
        below = self.bare(node) if cost.derivative is None else symbol_node(st.symbols[key_of(node)])
        return Partial(symbol_node(cost), below)  # both as in ∂²C/∂w², where the cost is a derivative

    def derivative(self, node: Tensor) -> Derivative:
        """∂C/∂node, or ∂²C/∂w∂node where what is derived is a derivative."""
        st = self.stations
        cost = st.symbols[key_of(st.cost)]
        return Derivative(cost.name, st.symbols[key_of(node)].name, outputs=len(st.out), first=cost.derivative)

    def symbol(self, node: Tensor, indices: tuple[Index, ...]) -> Product:
        """The gradient by a station as a symbol: δ where a line has named it so, else ∂C/∂node."""
        whole = self.derivative(node).symbol
        symbol = Symbol(self.deltas[key_of(node)]) if key_of(node) in self.deltas else whole
        self.cotangents[symbol.name] = node
        self.facts.cotangent_of[symbol.name] = node
        return atom(Sym(symbol, self.around(indices)))

    def introduced(self, value: Value) -> Introduced | None:
        """The value with a new name in it, which is defined from now on; None where that is no shorter."""
        found = introduce(value, self.stations)
        if found is None or length(found.value) >= length(value):
            return None
        self.facts.defined[found.symbol.name] = (found.definition, found.indices)
        if found.symbol.application is not None:
            self.applied[found.symbol.name] = found.symbol.application.argument
        return found

    @cached_property
    def letters(self) -> dict[int, str]:
        """The error signal of each weighted input, δ with its layer, where no other value has that name.

        It is the derivative of a cost: what has several elements has no error signals.
        """
        st = self.stations
        if st.out:
            return {}
        weighted = [n for n in st.stations.values() if n.serial in st.path and self._weighted(n)]
        found = {key_of(n): "δ" + split_name(st.symbols[key_of(n)].name)[1] for n in weighted}
        taken = {named(name).text + named(name).layer for name in st.names}
        return {key: name for key, name in found.items() if name not in taken and list(found.values()).count(name) == 1}

    def _weighted(self, node: Tensor) -> bool:
        with contextlib.suppress(NoFormula):
            return self.stations.weighted(node)
        return False

    def name_error(self, node: Tensor, order: tuple[Index, ...]) -> None:
        """Write δ = ∂C/∂z before the lines of a weighted input: the lines below it use this name."""
        if key_of(node) not in self.letters:
            return
        whole = self.symbol(node, order)
        self.deltas[key_of(node)] = self.letters[key_of(node)]
        writer = self.writer(order)
        left, right = writer(self.symbol(node, order)), writer(whole)
        name = self.stations.symbols[key_of(node)].name
        start = next((n for n, line in enumerate(self.lines) if line.station == name), len(self.lines))
        if start < len(self.lines):
            self.lines[start] = replace(self.lines[start], left=None)
        reason = reasons.error_signal(self.bare(node))
        self.lines.insert(start, Line(left, right, reason, NOTHING, 0.0, Whole(whole), order, name, self.above))


def same_terms(left: Notation, right: Notation) -> bool:
    """Whether two formulas are the same but for the order of their terms."""
    if isinstance(left, Plus) and isinstance(right, Plus):
        return Counter(left.terms) == Counter(right.terms)
    return left == right
