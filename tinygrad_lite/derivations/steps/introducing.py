"""Names that a derivation introduces, and functions that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tinygrad_lite.derivations.normal.algebra import leaves, subtract
from tinygrad_lite.derivations.normal.exponentials import exp
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
    values_in,
)
from tinygrad_lite.derivations.reading.functions import function_of, sigmoid, softmax
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.derivations.writing.display import symbol_node
from tinygrad_lite.derivations.writing.reasons import NOTHING, Reason
from tinygrad_lite.notation.formula import named, split_name
from tinygrad_lite.tensor.tensor import Tensor


def named_function(form: Value, node: Tensor, stations: Stations) -> tuple[str, Product] | None:
    """("σ", z) where a formula is σ(z), and the like for tanh; None for anything else."""
    function = function_of(form, node, stations.formal(node))
    if function not in ("σ", "tanh"):
        return None
    names = values_in(form.names)
    below = stations.names.get(next(iter(names))) if len(names) == 1 else None
    return None if below is None else (function, stations.named(below))


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
    z = _exponent(inner)
    if z is None or (isinstance(base, Poly) and inner != exp(z)):
        return None
    symbol = z.factors[0][0]
    if z.coef != 1 or len(z.factors) != 1 or not isinstance(symbol, Sym):
        return None
    node = stations.names.get(symbol.symbol.name)
    if not isinstance(node, Tensor):
        return None
    formal = stations.formal(node)
    named = atom(Sym(symbol.symbol, formal))
    if isinstance(base, Sum):
        over = symbol.indices.index(base.bound[0])
        definition = softmax(named, formal[over])
    else:
        definition = sigmoid(named)
    return _introduced(value, definition, formal, symbol.symbol.name, isinstance(base, Sum), stations)


def _exponent(inner: Product) -> Product | None:
    """The z of e^z."""
    if len(inner.factors) != 1:
        return None
    base, exponent = inner.factors[0]
    if not isinstance(base, Function) or base.name != "exp" or exponent != 1 or inner.coef != 1:
        return None
    return base.argument


def _introduced(
    value: Product, definition: Value, formal: tuple[Index, ...], z: str, summed: bool, stations: Stations
) -> Introduced | None:
    layer = split_name(z)[1]
    function, free = "softmax" if summed else "σ", "a" + layer not in stations.names
    assert isinstance(definition, Product)
    facts = proved_facts(definition, formal)
    symbol = Symbol("a" + layer, facts) if free else Application(function, z).symbol(facts)
    solution = solve_ratio(definition, atom(Sym(symbol, formal)), formal)
    if solution is None:
        return None
    raised = formal != ()
    reason = reasons.introduced(symbol_node(symbol, raised=raised), named(function), named(z, (), 0, raised))
    return Introduced(solution.apply(value), symbol, definition, formal, reason if free else NOTHING, solution)


__all__ = ["Introduced", "function_of", "introduce", "named_function"]
