"""One step of the chain rule: from a station up to one that is computed from it, and the values of this step."""

from __future__ import annotations

from tinygrad_lite.derivations.normal.algebra import leaves, multiply
from tinygrad_lite.derivations.normal.calculus import differentiate, spread
from tinygrad_lite.derivations.normal.sums import fresh_index, rename, sum_over
from tinygrad_lite.derivations.normal.terms import ONE, ZERO, Base, Case, Delta, Index, Poly, Product, Sum, Value
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.steps.board import Board
from tinygrad_lite.derivations.writing.display import Writer
from tinygrad_lite.derivations.writing.measuring import length
from tinygrad_lite.tensor.tensor import Tensor

SHORT = 14
"""A gradient with at most so many names is put in; a longer one stays a symbol δ."""


class Link:
    """One step of the chain rule: from a station up to another that is computed from it."""

    def __init__(
        self, board: Board, node: Tensor, order: tuple[Index, ...], parent: Tensor, form: Value, alone: bool = True
    ) -> None:
        self.alone = alone  # no other path leads from the node to the cost
        self.board, self.node, self.order, self.parent = board, node, order, parent
        st = board.stations
        self.name = st.symbols[key_of(node)].name
        self.above = st.symbols[key_of(parent)].name
        self.bare, self.bare_above = board.bare(node), board.bare(parent)
        self.fresh, self.local_raw = local_derivative(st, parent, form, self.name, order)
        solution = st.solutions.get(self.above) if parent is not st.cost else None
        solved = st.constrained(solution.apply(self.local_raw)) if solution is not None else self.local_raw
        better = length(solved) <= length(self.local_raw) and divisors(solved) <= divisors(self.local_raw)
        self.local = solved if better else self.local_raw
        self.formula = outer(st, form) if parent is st.cost else form
        self.gradient = board.gradients[key_of(parent)]
        self.upstream = self._upstream()
        self.closed = shorter(board, sum_over(self.fresh, multiply(self.upstream, self.local)))

    @property
    def writer(self) -> Writer:
        """A writer for what is said of the lines of this step: it has their letters."""
        return self.board.writer(self.board.around(self.order))

    @property
    def elementwise(self) -> bool:
        """Whether the local derivative is diagonal: every index of the parent is one of the node's."""
        sides = [side for side in leaves(self.local) if side != ZERO]
        tied = all(diagonal(side, index) in self.order for side in sides for index in self.fresh)
        return tied and len(self.fresh) == len(self.order)

    def _upstream(self) -> Value:
        """The gradient of the parent: put in where it is short, else as a symbol."""
        value = self.gradient.value
        if self.parent is self.board.stations.cost:
            return ONE
        here = self.gradient.at(self.fresh)
        if self.board.stations.weighted(self.parent):
            deep = not value.names.isdisjoint(self.board.deltas.values())  # another δ is in it: x δ₁ is the last line
            several = not self.alone and key_of(self.parent) in self.board.deltas
            short = self.node.primitive is None and is_short(value) and not deep and not several
        else:
            short = not any(isinstance(side, Case) for side in leaves(value)) and _longest(value) <= 2 * SHORT
        return here if short else self.symbol()

    def symbol(self) -> Value:
        """∂C/∂parent as a symbol."""
        return self.board.symbol(self.parent, self.fresh)


def local_derivative(
    stations: Stations, parent: Tensor, form: Value, name: str, order: tuple[Index, ...]
) -> tuple[tuple[Index, ...], Value]:
    """Fresh indices of a parent, and its derivative there by a symbol at the indices ``order``.

    The cost needs none: it is derived at indices of its own, where it has some.
    """
    if parent is stations.cost:
        return (), differentiate(outer(stations, form), name, order)
    formal = stations.formal(parent)
    fresh = tuple(fresh_index(i.axis) for i in formal)
    return fresh, differentiate(rename(form, dict(zip(formal, fresh, strict=True))), name, order)


def outer(stations: Stations, form: Value) -> Value:
    """The formula of the cost at the indices at which it is derived."""
    return rename(form, dict(zip(stations.formal(stations.cost), stations.out, strict=True))) if stations.out else form


def diagonal(value: Value, index: Index) -> Index | None:
    """The partner of an index in a delta that multiplies the whole value."""
    if not isinstance(value, Product):
        return None
    for base, _ in value.factors:
        if isinstance(base, Delta) and index in (base.left, base.right):
            return base.right if base.left == index else base.left
    return None


def is_short(value: Value) -> bool:
    """Whether a gradient is put in where a weight asks for it: it has few names, and no sum."""
    return not any(_is_summed(side) for side in leaves(value)) and _longest(value) <= 2 * SHORT


def _is_summed(value: Product) -> bool:
    """Whether a sum is a factor of a value, or of a term in brackets; a sum below or inside a function is none."""
    terms = [t for base, e in value.factors if isinstance(base, Poly) and e > 0 for t in base.terms]
    return any(isinstance(base, Sum) and e > 0 for part in (value, *terms) for base, e in part.factors)


def divisors(value: Value) -> set[Base]:
    """What a value is divided by."""
    return {base for side in leaves(value) for base, exponent in side.factors if exponent < 0}


def shorter(board: Board, value: Value) -> Value:
    """The value with rows that sum to one, and names put back; as several sums where that is shorter."""
    value = board.named.put_back(board.stations.constrained(value))
    if value.height == 0 or not any("sum over" in f for s in board.stations.constraints.values() for f in s):
        return value
    apart = board.named.put_back(board.stations.constrained(spread(value)))
    return apart if length(apart) < length(value) else value


def _longest(value: Value) -> int:
    return max(length(side) for side in leaves(value))
