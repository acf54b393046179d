"""Cases of a sign as a textbook has them: λ sign(w) and |w|, and not { λ if w > 0; −λ otherwise }."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from tinygrad_lite.derivations.normal.algebra import add, expanded, multiply, negative, product, subtract
from tinygrad_lite.derivations.normal.sums import rebuild
from tinygrad_lite.derivations.normal.terms import (
    ZERO,
    Case,
    Function,
    Poly,
    Product,
    Value,
    atom,
    const,
)
from tinygrad_lite.derivations.writing.bands import with_bands
from tinygrad_lite.derivations.writing.factoring import multiply_plain
from tinygrad_lite.derivations.writing.measuring import length


def written_cases(value: Value) -> Value:
    """A value whose cases are as they are written, in formulas and in code: |r| < d as one, sign(t) and |t| by name."""
    return with_signs(with_bands(value))


def with_signs(value: Value) -> Value:
    """A value whose cases of a sign are written with sign(t) and |t|, where that is no longer.

    >>> from tinygrad_lite.derivations.normal.algebra import absolute
    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> with_signs(absolute(sym("w")))
    1*absolute(1*w[])
    """
    if isinstance(value, Product):
        return value
    yes, no = with_signs(value.yes), with_signs(value.no)
    whole: Value = Case(value.predicate, yes, no)
    if isinstance(yes, Case) or isinstance(no, Case) or value.predicate.kind != "positive":
        return whole
    most = max(1, length(yes)) + max(1, length(no)) + length(value.predicate.value)
    found = [v for v in _signed(value.predicate.value, yes, no) if length(v) <= most]
    return min(found, key=length, default=whole)


def _signed(test: Product, yes: Product, no: Product) -> Iterator[Product]:
    """The ways to write two sides without a case; nothing is expanded, and the results are only shown."""
    sign = Function("sign", test)
    half = _halved(add(yes, no))
    rest = _halved(subtract(yes, no))
    if half is None or rest is None:
        return
    if half == ZERO:
        yield _over(rest, test) or _signs_inside(rest, sign)
    elif rest != ZERO and all(t in expanded(yes) for t in expanded(half)):
        term = _over(rest, test) or multiply_plain(rest, sign)
        yield product(1, {Poly((*expanded(half), term)): 1})
    yield from _of_absolute(test, yes, no, sign)


def _signs_inside(value: Product, sign: Function) -> Product:
    """−sign(y − z) as sign(z − y)."""
    test = sign.argument
    difference = len(test.factors) == 1 and isinstance(test.factors[0][0], Poly)
    turned = negative(test)
    if value.coef < 0 and difference and isinstance(turned, Product):
        return multiply_plain(Product(-value.coef, value.factors), Function("sign", turned))
    return multiply_plain(value, sign)


def _halved(value: Value) -> Product | None:
    half = multiply(const(Fraction(1, 2)), value)
    return half if isinstance(half, Product) else None


def _over(value: Product, test: Product) -> Product | None:
    """c t sign(t) as c |t|."""
    powers = dict(value.factors)
    if any(powers.get(b, 0) != e for b, e in test.factors):
        return None
    rest = {b: e for b, e in powers.items() if b not in dict(test.factors)}
    return product(value.coef, {**rest, Function("absolute", test): 1})


def _of_absolute(test: Product, yes: Product, no: Product, sign: Function) -> Iterator[Product]:
    """f(t) where t > 0 and f(−t) elsewhere is f(|t|); f(t) and −f(−t) is sign(t) f(|t|)."""
    if len(test.factors) != 1 or test.factors[0][1] != 1 or test.coef != 1:
        return
    base = test.factors[0][0]
    size = Function("absolute", test)
    above = rebuild(yes, lambda b: atom(size) if b == base else None)
    below = rebuild(no, lambda b: negative(atom(size)) if b == base else None)
    if isinstance(above, Product) and size.names <= above.names:
        if above == below:
            yield above
        elif above == negative(below):
            powers = dict(above.factors)
            once = powers.pop(size, 0) == 1
            yield product(above.coef, {**powers, base: 1}) if once else multiply_plain(above, sign)
