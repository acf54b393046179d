"""Names that a derivation introduces, and functions that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count

from tinygrad_lite.derivations.normal.algebra import leaves, subtract
from tinygrad_lite.derivations.normal.calculus import spread
from tinygrad_lite.derivations.normal.contents import symbols_in, values_in
from tinygrad_lite.derivations.normal.exponentials import log
from tinygrad_lite.derivations.normal.known import proved_facts
from tinygrad_lite.derivations.normal.solving import Solution, solve_ratio
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Application,
    Base,
    Function,
    Index,
    Poly,
    Product,
    Sum,
    Sym,
    Symbol,
    Value,
    atom,
)
from tinygrad_lite.derivations.reading.functions import function_of, sigmoid, softmax
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.derivations.writing.display import Writer, symbol_node
from tinygrad_lite.derivations.writing.measuring import length
from tinygrad_lite.derivations.writing.reasons import NOTHING, Reason
from tinygrad_lite.notation.formula import Applied, Notation, named, split_name
from tinygrad_lite.tensor.tensor import Tensor


def named_function(form: Value, node: Tensor, stations: Stations) -> tuple[str, Product] | None:
    """("σ", z) where a formula is σ(z), and the like for tanh; None for anything else."""
    function = function_of(form, node, stations.formal(node), stations.symbols)
    if function not in ("σ", "tanh"):
        return None
    names = values_in(form)
    if len(names) != 1 or not isinstance(form, Product):
        return None
    inner = next(b for b in symbols_in(form) if b.symbol.name in names)
    return function, atom(inner)


@dataclass(frozen=True)
class Introduced:
    """A value written with a new name, and what the name stands for."""

    value: Value
    symbol: Symbol
    definition: Value
    indices: tuple[Index, ...]
    reason: Reason  # that names it; nothing for σ(z), which says itself what it is
    solution: Solution


def introduce(value: Value, stations: Stations) -> Introduced | None:
    """Write e^z / (1 + e^z) as a = σ(z), or e^(z_j) / sum_k e^(z_k) as a_j, where that is left."""
    if not isinstance(value, Product):
        return None
    best: Introduced | None = None
    for base in _denominators(value):
        found = _candidate(base, value, stations)
        if found is not None and (best is None or len(found.value.key) < len(best.value.key)):
            best = found
    return best


def _denominators(value: Product) -> Iterator[Base]:
    for base, exponent in value.factors:
        if exponent < 0 and isinstance(base, Poly | Sum):
            yield base
        if isinstance(base, Poly):
            for term in base.terms:
                yield from _denominators(term)
        elif isinstance(base, Sum):
            for side in leaves(base.body):
                yield from _denominators(side)


def _candidate(base: Base, value: Product, stations: Stations) -> Introduced | None:
    if isinstance(base, Poly):
        bodies = [t for t in base.terms if t.factors]
        inner = bodies[0] if len(bodies) == 1 and len(base.terms) == 2 else None
        rest = subtract(atom(base), inner) if inner is not None else ZERO
        if inner is None or rest != ONE or inner.coef != 1:
            return None
    elif isinstance(base, Sum) and len(base.bound) == 1 and isinstance(base.body, Product):
        inner = base.body
    else:
        return None
    if inner.factors == () or not all(isinstance(b, Function) and b.name == "exp" for b, _ in inner.factors):
        return None
    z = log(inner)
    if not isinstance(z, Product) or (isinstance(base, Sum) and base.bound[0] not in z.free):
        return None
    return _introduced(value, z, base.bound[0] if isinstance(base, Sum) else None, stations)


def _introduced(value: Product, z: Product, over: Index | None, stations: Stations) -> Introduced | None:
    """The value with a = σ(z), or with a = softmax(z) over an index."""
    symbols = [b for b in symbols_in(z) if not b.symbol.has("size")]
    largest = max(symbols, key=lambda s: len(s.indices), default=None)
    if largest is None:
        return None
    order = largest.indices if set(largest.indices) == set(z.free) else tuple(sorted(z.free))
    plain = z == atom(largest)
    function, below = "σ" if over is None else "softmax", largest.symbol.name
    definition = sigmoid(z) if over is None else softmax(z, over)
    if not isinstance(definition, Product):
        return None
    facts = proved_facts(definition, order)
    own = "a" + (split_name(below)[1] if plain else "")
    if plain and over is None and own in stations.names:  # softmax(z_ij) cannot be typed beside indices
        symbol, said = Application(function, below).symbol(facts), False
    else:
        own = next(x for x in chain((own, "p", "h", "g"), (f"a{n}" for n in count(1))) if x not in stations.names)
        symbol, said = Symbol(own, facts), True
    solution = solve_ratio(definition, atom(Sym(symbol, order)), order)
    if solution is None:
        return None
    writer, raised = Writer(stations.axes.letters, order), order != ()
    own_name = symbol_node(symbol, raised=raised) if plain else writer(atom(Sym(symbol, order)))
    if plain or over is None:
        right: Notation = Applied(named(function), named(below, (), 0, raised) if plain else writer(z))
    else:
        right = writer(definition)
    reason = reasons.introduced(own_name, right) if said else NOTHING
    whole = solution.apply(value)
    apart = spread(whole)  # a_j Σ_k y_k − y_j Σ_k a_k, where the rows of a sum to 1
    return Introduced(min(whole, apart, key=length), symbol, definition, order, reason, solution)
