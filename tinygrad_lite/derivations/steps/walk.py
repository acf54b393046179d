"""The chain rule from station to station, line by line.

For each station from the cost down: the gradient of the stations above it times the local
derivative, first as it stands, then in normal form.  Each line says what was done and is checked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tinygrad_lite.derivations.normal.algebra import add
from tinygrad_lite.derivations.normal.numbers import Floats
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    WORK,
    ZERO,
    BudgetError,
    Index,
    Product,
    Sym,
    Symbol,
    Value,
    atom,
)
from tinygrad_lite.derivations.reading.axes import key_of
from tinygrad_lite.derivations.reading.primitives import NoFormula
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.steps.checking import Facts, largest_error, replayed
from tinygrad_lite.derivations.steps.introducing import introduce
from tinygrad_lite.derivations.steps.lines import Added, Beside, Line, Total, Whole, Written
from tinygrad_lite.derivations.steps.path import Link, local_derivative
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.derivations.writing.arranging import length
from tinygrad_lite.derivations.writing.display import Writer
from tinygrad_lite.errors import DerivationError
from tinygrad_lite.notation.formula import Notation, Partial, split_name, unicode
from tinygrad_lite.tensor.tensor import Tensor

RESERVE = 20_000
"""What a derivation that ran out of its budget may still spend on ending well."""

SMALL = 1e-8
"""Where the gradient on the data is smaller, a line is looked at with other parameters, too."""


@dataclass
class Gradient:
    """The derivative of the cost by a station, at the station's formal indices."""

    value: Value
    indices: tuple[Index, ...]


@dataclass
class Chain:
    """Walks the stations down and collects the lines."""

    stations: Stations
    writer_letters: dict[str, str]
    lines: list[Line] = field(default_factory=list)
    lemmas: dict[str, list[Line]] = field(default_factory=dict)
    gradients: dict[int, Gradient] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    stopped: bool = False
    users: dict[str, list[tuple[Tensor, Value]]] = field(default_factory=dict)
    cotangents: dict[str, Tensor] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        st = self.stations
        self.facts = Facts(st)
        # A float32 parameter makes a float64 cost no more exact than float32.
        self.exact = max(float(np.finfo(n.dtype).eps) for n in st.nodes if n.dtype.kind == "f")

    # --- checking and writing a line -----------------------------------------------------------

    @cached_property
    def twin(self) -> Facts | None:
        """Facts on the replayed graph, where that can be: made when they are first needed."""
        again = replayed(self.stations)
        if any(new.shape != old.shape for old, new in again.items()):
            return None
        twin = Facts(self.stations, again)
        twin.defined = self.facts.defined
        twin.cotangent_of = self.facts.cotangent_of
        return twin

    def check(self, line: Written, node: Tensor, order: tuple[Index, ...]) -> float | None:
        """The largest error of a line; None where it is too large or could not be checked."""
        target = self.facts.cotangent(node)
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

    def write(self, node: Tensor, line: Written, order: tuple[Index, ...], reason: str, assumption: str = "") -> bool:
        """Check a line and add it; a line that fails is not shown."""
        error = self.check(line, node, order)
        if error is None:
            return False
        writer = self.writer(order)
        right = line.show(writer)
        name = self.stations.symbols[key_of(node)].name
        first = not self.lines or self.lines[-1].station != name
        left = self.partial(node, writer, order)
        if not first and self.lines[-1].right == right:
            return True
        self.used |= line.names
        self.lines.append(Line(left if first else None, right, reason, assumption, error, order, name))
        return True

    def writer(self, order: Sequence[Index]) -> Writer:
        """A writer whose free indices are the station's."""
        return Writer(self.writer_letters, order)

    def partial(self, node: Tensor, writer: Writer, order: tuple[Index, ...]) -> Notation:
        """∂C/∂w_j."""
        cost = writer(self.stations.named(self.stations.cost))
        below = writer(atom(Sym(self.stations.symbols[key_of(node)], order)))
        return Partial(cost, below)

    # --- the walk ---------------------------------------------------------------------------------

    def run(self) -> None:
        """The gradients on the way from the cost to what is derived by, from the cost down."""
        st = self.stations
        self.gradients[key_of(st.cost)] = Gradient(ONE, ())
        wanted = [n for n in st.stations.values() if n.serial in st.needed]
        waiting = [n for n in wanted if n.primitive is None]
        for node in sorted(wanted, key=key_of, reverse=True):
            if node.primitive is not None and node is not st.cost:
                self.gradients[key_of(node)] = self.station(node)
            ready = [n for n in waiting if all(key_of(p) in self.gradients for p, _ in self.parents(n))]
            for leaf in sorted(ready, key=lambda n: st.symbols[key_of(n)].name, reverse=True):
                self.gradients[key_of(leaf)] = self.station(leaf)
                waiting = [n for n in waiting if n is not leaf]

    def parents(self, node: Tensor) -> list[tuple[Tensor, Value]]:
        """The stations that are computed directly from this one, with their formulas."""
        if not self.users:
            for above in sorted(self.stations.stations.values(), key=key_of):
                if above.primitive is not None and above.serial in self.stations.needed:
                    form = self.form(above)
                    for name in form.names:
                        self.users.setdefault(name, []).append((above, form))
        found = self.users.get(self.stations.symbols[key_of(node)].name, [])
        return [(above, form) for above, form in found if above.serial > node.serial]

    def form(self, node: Tensor) -> Value:
        """A station's formula; a clear error where a primitive has none."""
        st = self.stations
        try:
            form = st.formula(node)
        except NoFormula as reason:
            raise DerivationError(reasons.no_formula(st.symbols[key_of(node)].name, str(reason))) from None
        for name in form.names:
            part = st.names.get(name)
            opaque = isinstance(part, Tensor) and part.serial in st.needed and part.serial not in st.stations
            if opaque and isinstance(part, Tensor) and part.requires_grad:
                assert part.primitive is not None
                raise DerivationError(reasons.no_formula(st.symbols[key_of(node)].name, part.primitive.name))
        return form

    def station(self, node: Tensor) -> Gradient:
        """The gradient by one station, with its lines."""
        st = self.stations
        order = st.formal(node)
        if self.facts.unreached(node):
            if any(node is t for t in st.wrt):
                raise DerivationError(reasons.no_path(st.symbols[key_of(node)].name, st.symbols[key_of(st.cost)].name))
            return Gradient(ZERO, order)
        above = [(p, f) for p, f in self.parents(node) if self.gradients[key_of(p)].value != ZERO]
        name = st.symbols[key_of(node)].name
        if self.stopped:
            return self.stop(node, order, above, "")
        if not above:
            if node.primitive is None:
                self.write(node, Whole(ZERO), order, reasons.absent(name))
            return self.checked(node, ZERO, order)
        try:
            paths = [Link(self, node, order, parent, form) for parent, form in above]
            value = paths[0].lines() if len(paths) == 1 else self.many(node, order, paths)
        except BudgetError as reason:
            return self.stop(node, order, above, str(reason))
        return self.checked(node, value, order)

    def stop(
        self, node: Tensor, order: tuple[Index, ...], above: Sequence[tuple[Tensor, Value]], reason: str
    ) -> Gradient:
        """The budget ran out: one correct line that is not simplified, and the gradient as a symbol."""
        WORK.left = max(WORK.left, RESERVE)
        name = self.stations.symbols[key_of(node)].name
        if not self.stopped:
            self.notes.append(reasons.stopped(name, reason))
        self.stopped = self.stopped or WORK.left == RESERVE
        with contextlib.suppress(BudgetError):
            paths: list[Written] = []
            for parent, form in above:
                fresh, local = local_derivative(self.stations, parent, form, name, order)
                parts = (
                    (Whole(self.symbol(parent, fresh)), Whole(local))
                    if parent is not self.stations.cost
                    else (Whole(local),)
                )
                paths.append(Total(fresh, Beside(parts)) if fresh else Beside(parts))
            self.write(node, paths[0] if len(paths) == 1 else Added(tuple(paths)), order, "chain rule, not simplified")
        return Gradient(self.symbol(node, order), order)

    def checked(self, node: Tensor, value: Value, order: tuple[Index, ...]) -> Gradient:
        """A gradient in normal form; its symbol where it does not pass its check."""
        if self.check(Whole(value), node, order) is None:
            self.notes.append(reasons.unchecked(self.stations.symbols[key_of(node)].name))
            return Gradient(self.symbol(node, order), order)
        return Gradient(value, order)

    def symbol(self, node: Tensor, indices: tuple[Index, ...]) -> Product:
        """∂C/∂node as a symbol: δ for a weighted input."""
        st = self.stations
        above = st.symbols[key_of(node)].name
        name = f"∂{st.symbols[key_of(st.cost)].name}/∂{above}"
        short = "δ" + split_name(above)[1]
        if st.weighted(node) and short not in st.names and self.cotangents.get(short, node) is node:
            name = short
        self.cotangents[name] = node
        self.facts.cotangent_of[name] = node
        return atom(Sym(Symbol(name), indices))

    def many(self, node: Tensor, order: tuple[Index, ...], paths: list[Link]) -> Value:
        """Several paths lead up: their contributions are added."""
        value = add(*(p.closed for p in paths))
        names = [self.stations.symbols[key_of(p.parent)].name for p in paths]
        standing = Added(tuple(p.standing for p in paths))
        writer = self.writer(order)
        shown = self.write(node, standing, order, reasons.paths(names))
        found = introduce(value, self.stations)
        if found is not None and length(found.value) < length(value):
            self.write(node, Whole(value), order, "put together")
            self.facts.defined[found.name] = (found.definition, found.indices)
            self.write(node, Whole(found.value), order, found.words)
            return found.value
        if not shown or len(unicode(Whole(value).show(writer))) < len(unicode(standing.show(self.writer(order)))):
            self.write(node, Whole(value), order, "put together")
        return value


__all__ = ["Chain", "Gradient"]
