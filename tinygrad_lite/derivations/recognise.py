"""Known functions, recognised by their formulas: σ, tanh, softmax, max(0, z).

This gives names, never derivatives: whatever has the formula e^z / (1 + e^z) is called σ(z).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.derivations.algebra import add, choose, divide_by, leaves, positive, power, subtract
from tinygrad_lite.derivations.exponentials import exp
from tinygrad_lite.derivations.known import proved_facts
from tinygrad_lite.derivations.solving import solve
from tinygrad_lite.derivations.stations import Stations
from tinygrad_lite.derivations.sums import fresh_index, rename, sum_over
from tinygrad_lite.derivations.terms import (
    ONE,
    ZERO,
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
from tinygrad_lite.notation.formula import short, split_name
from tinygrad_lite.tensor.tensor import Tensor


def sigmoid(z: Value) -> Value:
    """e^z / (1 + e^z)."""
    return divide_by(exp(z), add(ONE, exp(z)))


def tanh(z: Value) -> Value:
    """(e^2z - 1) / (e^2z + 1)."""
    square = power(exp(z), 2)
    return divide_by(subtract(square, ONE), add(square, ONE))


def relu(z: Value) -> Value:
    """max(0, z)."""
    assert isinstance(z, Product)
    return choose(positive(z), z, ZERO)


def softmax(z: Value, over: Index) -> Value:
    """e^(z_j) / sum_k e^(z_k)."""
    k = fresh_index(over.axis)
    return divide_by(exp(z), sum_over([k], exp(rename(z, {over: k}))))


def function_of(form: Value, name: str, node: Tensor, stations: Stations) -> str:
    """The letter of the function that takes a station to the one above it."""
    syms = {b for s in leaves(form) for b in _symbols(s) if not b.symbol.has("size")}
    free = [s for s in syms if all(i.name.startswith("@") for i in s.indices)]
    indices = stations.formal(node)
    for symbol in free:
        z = atom(symbol)
        if form == sigmoid(z):
            return "σ"
        if form == tanh(z):
            return "tanh"
        if form == relu(z):
            return "relu"
        if form == z:
            return "id"
        if any(form == softmax(z, i) for i in indices if i in symbol.indices):
            return "softmax"
    if node.call is not None and node.call.output == node.serial:
        return node.call.name
    match form:
        case Product(coef=1, factors=((Function(name=own, argument=argument), 1),)) if own in TABLE:
            if own not in ("exp", "log") and any(argument == atom(symbol) for symbol in free):
                return own
    return "f" + split_name(name)[1]


def named_function(form: Value, node: Tensor, stations: Stations) -> tuple[str, Product] | None:
    """("σ", z) where a formula is σ(z), and the like for tanh; None for anything else."""
    function = function_of(form, "", node, stations)
    if function not in ("σ", "tanh"):
        return None
    names = {n for n in form.names if not n.startswith("|")}
    below = stations.names.get(next(iter(names))) if len(names) == 1 else None
    return None if below is None else (function, stations.named(below))


def _symbols(value: Product) -> Iterator[Sym]:
    for base, _ in value.factors:
        yield from _in_base(base)


def _in_base(base: Base) -> Iterator[Sym]:
    match base:
        case Sym():
            yield base
        case Poly(terms=terms):
            for term in terms:
                yield from _symbols(term)
        case Function(argument=argument):
            yield from _symbols(argument)
        case Sum(body=body):
            for side in leaves(body):
                yield from _symbols(side)


@dataclass(frozen=True)
class Introduced:
    """A value written with a new name, and what the name stands for."""

    value: Value
    name: str
    definition: Value
    indices: tuple[Index, ...]
    words: str


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
    name = f"{'softmax' if summed else 'σ'}({z})"
    layer = split_name(z)[1]
    for letter in ("a" + layer, "p" + layer):
        if letter not in stations.names:
            name = letter
            break
    assert isinstance(definition, Product)
    symbol = Symbol(name, proved_facts(definition, formal))
    solution = solve(definition, atom(Sym(symbol, formal)), formal)
    if solution is None:
        return None
    new = solution.apply(value)
    function = "softmax" if summed else "σ"
    return Introduced(new, name, definition, formal, f"with {short(name)} = {function}({short(z)})")


__all__ = ["Introduced", "function_of", "introduce", "named_function"]
