"""The elementwise primitives as formulas; tanh, expm1 and log1p go through exp and log (N10)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tinygrad_lite.derivations.algebra import (
    absolute,
    add,
    assume,
    choose,
    divide_by,
    multiply,
    negative,
    positive,
    power,
    subtract,
    zero,
)
from tinygrad_lite.derivations.sums import apply
from tinygrad_lite.derivations.terms import ONE, ZERO, Case, Predicate, Product, Value, const


def _raise(base: Value, exponent: Value) -> Value:
    if isinstance(exponent, Product) and not exponent.factors:
        return power(base, exponent.coef)
    return apply("exp", multiply(exponent, apply("log", base)))


def _larger(left: Value, right: Value) -> Value:
    return _if_positive(subtract(left, right), left, right)


def _if_positive(test: Value, yes: Value, no: Value) -> Value:
    return _branch(test, yes, no, positive)


def _branch(test: Value, yes: Value, no: Value, decide: Callable[[Product], Predicate | bool]) -> Value:
    """yes or no by a predicate of a value that may itself have cases."""
    if isinstance(test, Case):
        p = test.predicate
        return choose(
            p,
            _branch(test.yes, assume(yes, p, True), assume(no, p, True), decide),
            _branch(test.no, assume(yes, p, False), assume(no, p, False), decide),
        )
    return choose(decide(test), yes, no)


def _where(condition: Value, yes: Value, no: Value) -> Value:
    """Conditions are values that are 1 or 0, mostly cases: 1 where z > 0, else 0."""
    return _branch(condition, no, yes, zero)


def _sign(value: Value) -> Value:
    return _if_positive(value, ONE, const(-1))


def _logaddexp(left: Value, right: Value) -> Value:
    return apply("log", add(apply("exp", left), apply("exp", right)))


def _half(left: Value, right: Value) -> Value:
    return multiply(const(Fraction(1, 2)), add(left, right))


ELEMENTWISE: dict[str, Callable[..., Value]] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide_by,
    "negative": negative,
    "power": _raise,
    "square": lambda x: power(x, 2),
    "sqrt": lambda x: power(x, Fraction(1, 2)),
    "reciprocal": lambda x: power(x, -1),
    "exp": lambda x: apply("exp", x),
    "log": lambda x: apply("log", x),
    "log1p": lambda x: apply("log", add(ONE, x)),
    "expm1": lambda x: subtract(apply("exp", x), ONE),
    "xlogy": lambda x, y: multiply(x, apply("log", y)),
    "xlog1py": lambda x, y: multiply(x, apply("log", add(ONE, y))),
    "exp2": lambda x: apply("exp", multiply(x, apply("log", const(2)))),
    "log2": lambda x: divide_by(apply("log", x), apply("log", const(2))),
    "log10": lambda x: divide_by(apply("log", x), apply("log", const(10))),
    "logaddexp": _logaddexp,
    "sinh": lambda x: divide_by(subtract(apply("exp", x), apply("exp", negative(x))), const(2)),
    "cosh": lambda x: _half(apply("exp", x), apply("exp", negative(x))),
    "sin": lambda x: apply("sin", x),
    "cos": lambda x: apply("cos", x),
    "arctan": lambda x: apply("arctan", x),
    "tan": lambda x: divide_by(apply("sin", x), apply("cos", x)),
    "absolute": absolute,
    "abs": absolute,
    "sign": _sign,
    "maximum": _larger,
    "minimum": lambda x, y: _if_positive(subtract(y, x), x, y),
    "where": _where,
    "greater": lambda x, y: _if_positive(subtract(x, y), ONE, ZERO),
    "greater_equal": lambda x, y: _if_positive(subtract(x, y), ONE, ZERO),
    "less": lambda x, y: _if_positive(subtract(y, x), ONE, ZERO),
    "less_equal": lambda x, y: _if_positive(subtract(y, x), ONE, ZERO),
    "equal": lambda x, y: _branch(subtract(x, y), ONE, ZERO, zero),
    "not_equal": lambda x, y: _branch(subtract(x, y), ZERO, ONE, zero),
    "logical_and": multiply,
    "logical_or": lambda x, y: _where(x, ONE, y),
    "logical_not": lambda x: subtract(ONE, x),
    "identity": lambda x: x,
    "astype": lambda x: x,
    "broadcast_to": lambda x: x,
}
