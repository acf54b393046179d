"""Roots as a textbook has them: (v + 10⁻⁵)^(1/2), and not 0.001 (1 + 100000 v)^(1/2) 10^(1/2)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tinygrad_lite.derivations.normal.polynomials import powers_of
from tinygrad_lite.derivations.normal.radicals import roots_out
from tinygrad_lite.derivations.normal.terms import (
    Base,
    Function,
    Number,
    Poly,
    Product,
    Sum,
    Sym,
    magnitude,
    plain,
)

Powers = Sequence[tuple[Base, Number]]


def joined(coef: Number, factors: Powers) -> tuple[Number, list[tuple[Base, Number]]]:
    """A coefficient and factors, with the roots of numbers and sizes under the root of a polynomial or a sum.

    >>> from tinygrad_lite.derivations.normal.algebra import add, multiply, power
    >>> from tinygrad_lite.derivations.normal.terms import const, sym
    >>> root = power(add(sym("v"), const(Fraction(1, 1000))), Fraction(-1, 2))
    >>> root
    10*(1+1000*v[])^-1/2*number(10)^1/2
    >>> joined(root.coef, root.factors)
    (1, [((1*v[]+1/1000), Fraction(-1, 2))])
    """
    main = [(b, e) for b, e in factors if _is_half(e) and isinstance(b, Poly | Sum)]
    if len(main) != 1:
        return coef, list(factors)
    ((base, exponent),) = main
    half = [(b, e) for b, e in factors if _is_half(e) and _goes_under(b)]
    large = isinstance(base, Poly) and max(magnitude(t.coef) for t in base.terms) >= 1000
    if not half and not large:
        return coef, list(factors)
    candidates = [_under(coef, base, exponent, factors, half, sign) for sign in (1, -1)]
    return min(candidates, key=lambda c: sum(_names(b) + int(n < 0 or n > 1) for b, n in c[1]))


def _under(
    coef: Number, base: Base, exponent: Number, factors: Powers, half: Powers, sign: int
) -> tuple[Number, list[tuple[Base, Number]]]:
    """The roots ``half`` under that of a base, above the line or (sign -1) below it."""
    inside = Product(1, ())
    outside = [(b, e) for b, e in factors if b != base and (b, e) not in half]
    for other, power in half:
        inside = _times(inside, other, sign)
        if power != exponent * sign:
            outside.append((other, power - exponent * sign))
    coef, powers = roots_out(coef, dict(outside))
    return _scaled(coef, base, exponent, inside, list(powers.items()))


def _names(base: Base) -> int:
    """How many sizes stand in a base."""
    if isinstance(base, Sym):
        return int(base.symbol.has("size"))
    terms = base.terms if isinstance(base, Poly) else (base.argument,) if isinstance(base, Function) else ()
    return sum(abs(int(e)) * _names(b) for t in terms for b, e in t.factors)


def _is_half(exponent: Number) -> bool:
    return exponent.denominator == 2


def _goes_under(base: Base) -> bool:
    """Whether a base is a size or a number, which stands under a root with the rest."""
    return (isinstance(base, Sym) and base.symbol.has("size")) or _is_number(base)


def _is_number(base: Base) -> bool:
    return isinstance(base, Function) and base.name == "number"


def _times(product: Product, base: Base, exponent: int) -> Product:
    if isinstance(base, Function):
        return Product(product.coef * Fraction(base.argument.coef) ** exponent, product.factors)
    return Product(product.coef, (*product.factors, (base, exponent)))


def _scaled(
    coef: Number, base: Base, exponent: Number, inside: Product, outside: Powers
) -> tuple[Number, list[tuple[Base, Number]]]:
    """inside * base under the root, multiplied by the number that makes the whole look simplest."""
    terms = [_both(t, inside) for t in base.terms] if isinstance(base, Poly) else [_both(inside, _one(base))]
    for lead in (*(magnitude(t.coef) for t in terms if t.factors), 1):
        front, left = roots_out(coef, {Function("number", Product(lead, ())): exponent})
        if not left:
            break
    terms = [Product(plain(Fraction(t.coef) / Fraction(lead)), t.factors) for t in terms]
    whole: Base = Poly(tuple(terms)) if len(terms) > 1 else Function("group", terms[0])
    if isinstance(whole, Poly):
        whole = Poly(tuple(sorted(whole.terms, key=lambda t: not t.factors)))
    return plain(Fraction(front)), [*outside, (whole, exponent)]


def _one(base: Base) -> Product:
    return Product(1, ((base, 1),))


def _both(left: Product, right: Product) -> Product:
    """A product of two, its powers added; nothing is expanded."""
    powers = powers_of([*left.factors, *right.factors])
    return Product(left.coef * right.coef, tuple((b, e) for b, e in powers.items() if e != 0))
