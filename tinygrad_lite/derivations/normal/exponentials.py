"""Exponentials and logarithms: N7 and N8."""

from __future__ import annotations

from fractions import Fraction

from tinygrad_lite.derivations.normal import signs
from tinygrad_lite.derivations.normal.algebra import add, expanded, lifted, multiply, power, product, undefined
from tinygrad_lite.derivations.normal.terms import ONE, Base, Function, Number, Product, Value, atom, const


def exp(value: Value) -> Value:
    """e**value (N7)."""
    return lifted(_exp, value)


def _exp(value: Product) -> Value:
    parts: list[Value] = []
    for term in expanded(value):
        logs = [(b, e) for b, e in term.factors if isinstance(b, Function) and b.name == "log"]
        if len(term.factors) == 1 and len(logs) == 1 and logs[0][1] == 1:
            base = logs[0][0]
            assert isinstance(base, Function)
            parts.append(power(base.argument, term.coef))
        elif term.factors:
            parts.append(product(1, {Function("exp", product(1, dict(term.factors))): term.coef}))
        elif term.coef != 0:
            parts.append(product(1, {Function("exp", ONE): term.coef}))
    return multiply(*parts)


def log(value: Value) -> Value:
    """log(value) (N8)."""
    return lifted(_log, value)


def _log(value: Product) -> Value:
    if value.coef == 0:
        return undefined("log 0")
    parts: list[Value] = []
    rest: dict[Base, Number] = {}
    for base, exponent in value.factors:
        if isinstance(base, Function) and base.name == "exp":
            parts.append(multiply(const(exponent), base.argument))
        elif signs.positive_base(base):
            parts.append(multiply(const(exponent), atom(Function("log", atom(base)))))
        else:
            rest[base] = exponent
    if rest:
        parts.append(atom(Function("log", product(value.coef, rest))))
    elif value.coef < 0:
        return undefined("the log of a negative number")
    elif value.coef != 1:
        parts.append(_log_number(Fraction(value.coef)))
    return add(*parts)


def _log_number(number: Fraction) -> Value:
    parts: list[Value] = []
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        if part != 1:
            parts.append(product(sign, {Function("log", const(part)): 1}))
    return add(*parts)
