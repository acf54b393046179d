"""The chain rule from station to station, line by line.

For each station from the cost down: the gradient of the stations above it times the local
derivative, first as it stands, then in normal form.  Each line says what was done and is checked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from tinygrad_lite.derivations.normal.algebra import add, multiply
from tinygrad_lite.derivations.normal.budgets import WORK, BudgetError
from tinygrad_lite.derivations.normal.calculus import put_in
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.sums import delta
from tinygrad_lite.derivations.normal.terms import ONE, ZERO, Index, Value
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.steps.board import Board, Gradient
from tinygrad_lite.derivations.steps.lines import Added, Beside, Total, Whole, Written
from tinygrad_lite.derivations.steps.link import SHORT, is_short, local_derivative, shorter
from tinygrad_lite.derivations.steps.path import Path
from tinygrad_lite.derivations.steps.sizes import with_sizes
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.derivations.writing.display import marks
from tinygrad_lite.derivations.writing.measuring import length
from tinygrad_lite.errors import DerivationError
from tinygrad_lite.notation.formula import named
from tinygrad_lite.tensor.tensor import Tensor

MORE = 2
"""How many names more a line may have in which a gradient is put in for its symbol."""

RESERVE = 20_000
"""What a derivation that ran out of its budget may still spend on ending well."""


@dataclass
class Chain(Board):
    """Walks the stations down and writes the lines of each."""

    stopped: bool = False
    users: dict[str, list[tuple[Tensor, Value]]] = field(default_factory=dict)

    def run(self) -> None:
        """The gradients on the way from the cost to what is derived by, from the cost down."""
        st = self.stations
        itself = (delta(a, b) for a, b in zip(st.out, st.formal(st.cost), strict=True)) if st.out else ()
        self.gradients[key_of(st.cost)] = Gradient(multiply(ONE, *itself), st.formal(st.cost))
        wanted = [n for n in st.stations.values() if n.serial in st.needed]
        waiting = [n for n in wanted if n.primitive is None]
        for node in sorted(wanted, key=key_of, reverse=True):
            if node.primitive is not None and node is not st.cost:
                found = self.gradients[key_of(node)] = self.station(node)
                between = st.deep(node) or not found.value.names.isdisjoint(self.deltas.values())
                if found.value != ZERO and (between or not is_short(found.value)):
                    self.name_error(node, found.indices)
            ready = [n for n in waiting if all(key_of(p) in self.gradients for p, _ in self.parents(n))]
            for leaf in sorted(ready, key=lambda n: next(place for place, t in enumerate(st.wrt) if t is n)):
                self.gradients[key_of(leaf)] = self.station(leaf)
                waiting = [n for n in waiting if n is not leaf]

    def explained(self) -> list[reasons.Reason]:
        """What was found out while reading of the symbols that this derivation uses."""
        st = self.stations
        used = self.described.union(*(gradient.value.names for gradient in self.gradients.values()))
        for node in st.stations.values():
            if node.primitive is not None and node.serial in st.needed:
                used |= st.formula(node).names
        notes = [
            reasons.renamed(given, [self.bare(node) for node in map(st.names.get, own) if isinstance(node, Tensor)])
            for given, own in st.renamed.items()
        ]
        words = st.reader.notes.items()
        return [*notes, *(reasons.explained(symbol, said) for name, (symbol, said) in words if name in used)]

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
            raise DerivationError(reasons.no_formula(self.bare(node), str(reason))) from None
        for name in form.names:
            part = st.names.get(name)
            opaque = isinstance(part, Tensor) and part.serial in st.needed and part.serial not in st.stations
            if opaque and isinstance(part, Tensor) and part.requires_grad:
                assert part.primitive is not None
                raise DerivationError(reasons.no_formula(self.bare(node), part.primitive.name))
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
        self.above = tuple(st.symbols[key_of(p)].name for p, _ in above)
        if self.stopped:
            return self.stop(node, order, above, "")
        if not above:
            if node.primitive is None:
                self.write(node, Whole(ZERO), order, reasons.absent(self.bare(node)))
            return self.checked(node, ZERO, order)
        try:
            paths = [Path(self, node, order, parent, form, len(above) == 1) for parent, form in above]
            value = paths[0].lines() if len(paths) == 1 else self.many(node, order, paths)
            value = self.sized(node, order, value)
        except BudgetError as reason:
            return self.stop(node, order, above, str(reason))
        return self.checked(node, value, order)

    def sized(self, node: Tensor, order: tuple[Index, ...], value: Value) -> Value:
        """The value with sizes put in that cancel against numbers, each in a line of its own."""
        last = any(node is t for t in self.stations.wrt)
        while (found := with_sizes(value, self.stations.axes.sizes, self.writer(self.around(order)), last)) is not None:
            axis, number, put = found
            if not self.write(node, Whole(put), order, reasons.put_in_size(named(axis), number)):
                break
            self.sizes_put.add(axis)
            value = put
        return value

    def stop(
        self, node: Tensor, order: tuple[Index, ...], above: Sequence[tuple[Tensor, Value]], reason: str
    ) -> Gradient:
        """The budget ran out: one correct line that is not simplified, and the gradient as a symbol."""
        WORK.left = max(WORK.left, RESERVE)
        name = self.stations.symbols[key_of(node)].name
        if not self.stopped:
            self.notes.append(reasons.stopped(self.bare(node), reason))
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
            self.write(node, paths[0] if len(paths) == 1 else Added(tuple(paths)), order, reasons.NOT_SIMPLIFIED)
        return Gradient(self.symbol(node, order), order)

    def checked(self, node: Tensor, value: Value, order: tuple[Index, ...]) -> Gradient:
        """A gradient in normal form; its symbol where it does not pass its check."""
        if self.check(Whole(value), node, order) is None:
            self.notes.append(reasons.unchecked(self.bare(node)))
            return Gradient(self.symbol(node, order), order)
        return Gradient(value, order)

    def many(self, node: Tensor, order: tuple[Index, ...], paths: list[Path]) -> Value:
        """Several paths lead up: their contributions are added."""
        value = add(*(p.closed for p in paths))
        names = [self.bare(p.parent) for p in paths]
        standing = Added(tuple(p.standing for p in paths if p.closed != ZERO) or (Whole(ZERO),))
        writer = self.writer(self.around(order))
        shown = self.write(node, standing, order, reasons.paths(names))
        found = self.introduced(value)
        if found is not None:
            self.write(node, Whole(value), order, reasons.PUT_TOGETHER)
            self.write(node, Whole(found.value), order, found.reason or reasons.PUT_TOGETHER)
            return found.value
        if not shown or marks(writer(value)) < marks(standing.show(self.writer(self.around(order)))):
            self.write(node, Whole(value), order, reasons.PUT_TOGETHER)
        if any(node is t for t in self.stations.wrt):
            known = self.known(value)
            if known != value and length(known) <= length(value) + MORE:
                put_in = not value.names.isdisjoint(self.cotangents)
                self.write(node, Whole(known), order, reasons.PUT_IN if put_in else reasons.PUT_TOGETHER)
                return known
        return value

    def known(self, value: Value) -> Value:
        """The value with gradients in the place of their symbols, as δ = −(1/s) Σ_i c_i of a mean, where all are short."""
        result = value
        for name in sorted(value.names & self.cotangents.keys()):
            gradient = self.gradients[key_of(self.cotangents[name])]
            if length(gradient.value) > SHORT or not gradient.value.names.isdisjoint(self.cotangents):
                return value
            result = put_in(result, name, gradient.value, gradient.indices)
        return shorter(self, result)
