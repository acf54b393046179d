"""Derivatives of index expressions, and putting values in for symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinygrad_lite.derivations.normal.algebra import add, expanded, multiply, positive, power, product, zero
from tinygrad_lite.derivations.normal.budgets import unmerged
from tinygrad_lite.derivations.normal.elementwise import slope
from tinygrad_lite.derivations.normal.exponentials import exp
from tinygrad_lite.derivations.normal.sums import delta, lifted_choice, opened, rebuild, rename, sum_over
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Base,
    Case,
    Function,
    Index,
    Poly,
    Product,
    Sum,
    Sym,
    Value,
    atom,
)


def replace(value: Value, name: str, new: Callable[[tuple[Index, ...]], Value]) -> Value:
    """The value with every occurrence of a symbol replaced by ``new(indices)``."""

    def change(base: Base) -> Value | None:
        if isinstance(base, Sym) and base.symbol.name == name:
            return new(base.indices)
        return None

    return rebuild(value, change, lambda e: name in e.names)


def put_in(value: Value, name: str, form: Value, indices: Sequence[Index]) -> Value:
    """The value with a symbol replaced by its formula ``form``, which is given at these indices."""
    return replace(value, name, lambda at: rename(form, dict(zip(indices, at, strict=True))))


def differentiate(value: Value, name: str, at: tuple[Index, ...]) -> Value:
    """The derivative of a value with respect to the symbol ``name`` at the indices ``at``.

    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> differentiate(power(sym("x"), 3), "x", ())
    3*x[]^2
    """
    if name not in value.names:
        return ZERO
    if isinstance(value, Case):
        return lifted_choice(
            positive if value.predicate.kind == "positive" else zero,
            value.predicate.value,
            differentiate(value.yes, name, at),
            differentiate(value.no, name, at),
        )
    parts = []
    for base, exponent in value.factors:
        if name in base.names:
            rest = multiply(value, atom(base, -1), product(exponent, {}))
            parts.append(multiply(rest, _of_base(base, name, at)))
    return add(*parts)


def _of_base(base: Base, name: str, at: tuple[Index, ...]) -> Value:
    match base:
        case Sym(symbol=symbol, indices=indices):
            if symbol.name != name:
                return ZERO
            return multiply(ONE, *(delta(a, b) for a, b in zip(indices, at, strict=True)))
        case Poly(terms=terms):
            return add(*(differentiate(t, name, at) for t in terms))
        case Sum():
            bound, body = opened(base)
            return sum_over(bound, differentiate(body, name, at))
        case Function(name=function, argument=argument):
            inner = differentiate(argument, name, at)
            return multiply(_slope(function, argument), inner)
        case _:
            return ZERO


def _slope(function: str, argument: Product) -> Value:
    match function:
        case "exp":
            return exp(argument)
        case "log":
            return power(argument, -1)
        case "group":
            return ONE
        case "number":
            return ZERO
        case _:
            return slope(function, argument)


def spread(value: Value) -> Value:
    """The value with sums over several terms written as several sums."""

    def change(base: Base) -> Value | None:
        if not isinstance(base, Sum) or not isinstance(base.body, Product):
            return None
        bound, body = opened(base)
        assert isinstance(body, Product)
        return add(*(sum_over(bound, spread(t)) for t in expanded(body)))

    with unmerged():
        return rebuild(value, change, lambda e: e.height > 0)
