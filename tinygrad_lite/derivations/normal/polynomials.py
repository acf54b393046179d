"""Polynomials as lists of terms: collecting, exact division (N4), differences of squares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import isqrt

from tinygrad_lite.derivations.normal.terms import Base, Number, Product, magnitude, plain

Exponents = tuple[Number, ...]


def powers_of(factors: Iterable[tuple[Base, Number]]) -> dict[Base, Number]:
    """Factors as bases with their exponents, those of equal bases added: x x^2 is x^3."""
    powers: dict[Base, Number] = {}
    for base, exponent in factors:
        powers[base] = powers.get(base, 0) + exponent
    return powers


def collect(terms: Iterable[Product]) -> list[Product]:
    """Add the coefficients of like terms; terms that cancel are gone."""
    coefs: dict[tuple[tuple[Base, Number], ...], Number] = {}
    for term in terms:
        coefs[term.factors] = coefs.get(term.factors, 0) + term.coef
    return [Product(plain(c), factors) for factors, c in coefs.items() if c != 0]


def divide(terms: Sequence[Product], by: Sequence[Product]) -> list[Product] | None:
    """The exact quotient of two polynomials, or None where there is a remainder.

    Long division in the lexicographic order of the bases' keys.
    """
    divisor_bases = {b for t in by for b, _ in t.factors}
    bases = sorted({b for t in terms for b, _ in t.factors}, key=lambda b: b.key)
    if not divisor_bases <= set(bases):
        return None
    rest = _vectors(terms, bases)
    divisor = _vectors(by, bases)
    lead = max(divisor)
    quotient: list[Product] = []
    while rest:
        top = max(rest)
        shift = tuple(a - b for a, b in zip(top, lead, strict=True))
        if any(s < 0 for s in shift) or len(quotient) > 60:
            return None
        coef = Fraction(rest[top]) / Fraction(divisor[lead])
        quotient.append(_term(coef, shift, bases))
        for exponents, c in divisor.items():
            place = tuple(a + b for a, b in zip(exponents, shift, strict=True))
            left = rest.get(place, 0) - c * coef
            if left == 0:
                rest.pop(place, None)
            else:
                rest[place] = left
    return quotient


def _vectors(terms: Sequence[Product], bases: Sequence[Base]) -> dict[Exponents, Number]:
    place = {b: n for n, b in enumerate(bases)}
    vectors: dict[Exponents, Number] = {}
    for term in terms:
        exponents: list[Number] = [0] * len(bases)
        for base, exponent in term.factors:
            exponents[place[base]] = exponent
        vectors[tuple(exponents)] = term.coef
    return vectors


def _term(coef: Fraction, exponents: Exponents, bases: Sequence[Base]) -> Product:
    factors = tuple((b, plain(e)) for b, e in zip(bases, exponents, strict=True) if e != 0)
    return Product(plain(coef), factors)


def square_difference(terms: Sequence[Product]) -> tuple[list[Product], list[Product]] | None:
    """u^2 - v^2 as (u - v), (u + v); None for anything else."""
    if len(terms) != 2 or terms[0].coef * terms[1].coef > 0:
        return None
    plus, minus = (terms[0], terms[1]) if terms[0].coef > 0 else (terms[1], terms[0])
    u, v = square_root(plus), square_root(Product(-minus.coef, minus.factors))
    if u is None or v is None:
        return None
    return [u, Product(-v.coef, v.factors)], [u, v]


def square_root(term: Product) -> Product | None:
    """The root of a term that is a perfect square, else None."""
    coef = Fraction(term.coef)
    if coef < 0 or any(e % 2 != 0 for _, e in term.factors):
        return None
    up, down = isqrt(coef.numerator), isqrt(coef.denominator)
    if up * up != coef.numerator or down * down != coef.denominator:
        return None
    return Product(plain(Fraction(up, down)), tuple((b, plain(e / Fraction(2))) for b, e in term.factors))


def perfect_square(terms: Sequence[Product]) -> tuple[int, list[Product]] | None:
    """u^2 + 2 u v + v^2 as its sign and the terms of its root, u and v; None for anything else."""
    if len(terms) != 3:
        return None
    for place in range(3):
        between = terms[place]
        one, other = (t for n, t in enumerate(terms) if n != place)
        sign = 1 if one.coef > 0 else -1
        u, v = (square_root(Product(sign * t.coef, t.factors)) for t in (one, other))
        if u is None or v is None:
            continue
        twice = tuple(sorted(powers_of([*u.factors, *v.factors]).items(), key=lambda f: f[0].key))
        if twice == between.factors and magnitude(between.coef) == 2 * u.coef * v.coef:
            turn = sign if between.coef > 0 else -sign
            return sign, [u, Product(turn * v.coef, v.factors)]
    return None
