"""The elementwise primitives as formulas; sinh, expm1 and log1p go through exp and log (N10).

A primitive of one input needs no entry: it is a function under its own name, and its derivative is what its VJP rule
computes with formulas in the place of arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tinygrad_lite.array_functions import elementwise as e
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import TABLE, Primitive
from tinygrad_lite.derivations.normal.algebra import (
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
from tinygrad_lite.derivations.normal.sums import apply
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Case,
    Poly,
    Predicate,
    Product,
    Sum,
    Sym,
    Value,
    const,
    sym,
)


class NoFormula(Exception):
    """This primitive, used in this way, has no index expression here."""


def as_number(number: float) -> Value:
    """A Python or NumPy number as a rational: 0.1 is one tenth, 1/3 a third."""
    if not np.isfinite(number):
        raise NoFormula(f"the constant {number}")
    near = Fraction(float(number)).limit_denominator(10_000)
    return const(near if float(near) == float(number) else Fraction(repr(float(number))))


def _raise(base: Value, exponent: Value) -> Value:
    if isinstance(exponent, Product) and not exponent.factors:
        return power(base, exponent.coef)
    return apply("exp", multiply(exponent, apply("log", base)))


def _larger(left: Value, right: Value) -> Value:
    return _if_positive(subtract(left, right), left, right)


def _smaller(left: Value, right: Value) -> Value:
    return _if_positive(subtract(right, left), left, right)


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
    if _is_mask(condition) and _is_whole(yes) and _is_whole(no):
        return add(multiply(condition, yes), multiply(subtract(ONE, condition), no))
    return _branch(condition, no, yes, zero)


def _is_mask(condition: Value) -> bool:
    """Whether a condition is a symbol for data that is 1 or 0."""
    if not isinstance(condition, Product) or condition.coef != 1 or len(condition.factors) != 1:
        return False
    ((base, exponent),) = condition.factors
    return exponent == 1 and isinstance(base, Sym) and base.symbol.has("binary")


def _is_whole(value: Value) -> bool:
    """Whether a value is a polynomial of symbols: it is finite wherever they are, so 0 times it is 0."""
    if not isinstance(value, Product):
        return False
    for base, exponent in value.factors:
        inner = base.terms if isinstance(base, Poly) else [base.body] if isinstance(base, Sum) else []
        known = isinstance(base, Sym) or bool(inner)
        if not known or exponent < 0 or exponent.denominator != 1 or not all(map(_is_whole, inner)):
            return False
    return True


def _sign(value: Value) -> Value:
    return _if_positive(value, ONE, const(-1))


def _logaddexp(left: Value, right: Value) -> Value:
    return apply("log", add(apply("exp", left), apply("exp", right)))


def _exp2(x: Value) -> Value:
    return apply("exp", multiply(x, apply("log", const(2))))


def _log2(x: Value) -> Value:
    return divide_by(apply("log", x), apply("log", const(2)))


def _half(left: Value, right: Value) -> Value:
    return multiply(const(Fraction(1, 2)), add(left, right))


ELEMENTWISE: dict[Primitive, Callable[..., Value]] = {
    p.add: add,
    p.subtract: subtract,
    p.multiply: multiply,
    p.divide: divide_by,
    p.xdivy: divide_by,
    p.negative: negative,
    p.power: _raise,
    p.square: lambda x: power(x, 2),
    p.sqrt: lambda x: power(x, Fraction(1, 2)),
    p.reciprocal: lambda x: power(x, -1),
    p.exp: lambda x: apply("exp", x),
    p.log: lambda x: apply("log", x),
    p.log1p: lambda x: apply("log", add(ONE, x)),
    p.expm1: lambda x: subtract(apply("exp", x), ONE),
    p.xlogy: lambda x, y: multiply(x, apply("log", y)),
    p.xlog1py: lambda x, y: multiply(x, apply("log", add(ONE, y))),
    p.exp2: _exp2,
    p.log2: _log2,
    p.log10: lambda x: divide_by(apply("log", x), apply("log", const(10))),
    p.logaddexp: _logaddexp,
    p.sinh: lambda x: divide_by(subtract(apply("exp", x), apply("exp", negative(x))), const(2)),
    p.cosh: lambda x: _half(apply("exp", x), apply("exp", negative(x))),
    p.tan: lambda x: divide_by(apply("sin", x), apply("cos", x)),
    p.abs_: absolute,
    p.sign: _sign,
    p.maximum: _larger,
    p.minimum: _smaller,
    p.where: _where,
    p.greater: lambda x, y: _if_positive(subtract(x, y), ONE, ZERO),
    p.greater_equal: lambda x, y: _if_positive(subtract(x, y), ONE, ZERO),
    p.less: lambda x, y: _if_positive(subtract(y, x), ONE, ZERO),
    p.less_equal: lambda x, y: _if_positive(subtract(y, x), ONE, ZERO),
    p.equal: lambda x, y: _branch(subtract(x, y), ONE, ZERO, zero),
    p.not_equal: lambda x, y: _branch(subtract(x, y), ZERO, ONE, zero),
    p.logical_and: multiply,
    p.logical_or: lambda x, y: _where(x, ONE, y),
    p.logical_not: lambda x: subtract(ONE, x),
    e.hypot: lambda x, y: power(add(power(x, 2), power(y, 2)), Fraction(1, 2)),
    e.logaddexp2: lambda x, y: _log2(add(_exp2(x), _exp2(y))),
    e.fabs: absolute,
    e.fmax: _larger,
    e.fmin: _smaller,
    e.copysign: lambda x, y: multiply(absolute(x), _sign(y)),
    e.heaviside: lambda x, at_0: _where(x, _if_positive(x, ONE, ZERO), at_0),
    e.logical_xor: lambda x, y: _where(x, subtract(ONE, y), y),
    e.conjugate: lambda x: x,
    p.identity: lambda x: x,
    p.copy: lambda x: x,
    p.astype: lambda x: x,
    p.broadcast_to: lambda x: x,
}


def elementwise(primitive: Primitive) -> Callable[..., Value] | None:
    """How a primitive computes with formulas; None where that is not known.

    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> elementwise(p.sin)(sym("x"))
    1*sin(1*x[])
    """
    return _function(primitive) if primitive in ELEMENTWISE or _has_slope(primitive) else None


def _function(primitive: Primitive) -> Callable[..., Value]:
    return ELEMENTWISE.get(primitive) or (lambda x: apply(primitive.name, x))


@cache
def _has_slope(primitive: Primitive) -> bool:
    """Whether a primitive is a function of one input whose VJP rule can be run on formulas."""
    try:
        return primitive.kind == "elementwise" and isinstance(slope(primitive.name, sym("x")), Product | Case)
    except Exception:  # a rule may ask anything of its arrays
        return False


def slope(name: str, argument: Product) -> Value:
    """The derivative of a function, from its primitive's VJP rule.

    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> slope("arctan", sym("x"))
    1*(1+1*x[]^2)^-1
    """
    (rule,) = TABLE[name].vjps  # type: ignore[misc]
    return _value(rule(_Formal(ONE), _Formal(apply(name, argument)), _Formal(argument)))


class _Formal(NDArrayOperatorsMixin):
    """A formula in the place of an array in a VJP rule: what NumPy is asked to compute with it becomes a formula."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any) -> _Formal:
        return _Formal(_function(TABLE[ufunc.__name__])(*map(_value, inputs)))

    def __array_function__(self, function: Any, types: Any, inputs: Any, keywords: Any) -> _Formal:
        return _Formal(_function(TABLE[function.__name__])(*map(_value, inputs)))


def _value(x: Any) -> Value:
    return x.value if isinstance(x, _Formal) else as_number(x)
