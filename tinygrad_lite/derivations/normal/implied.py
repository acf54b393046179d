"""What one condition says of another: where z > 1 holds, z > 0 holds, and z < 0 does not.

These rules keep trees of cases (N12) free of sides that no number can reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tinygrad_lite.derivations.normal import signs
from tinygrad_lite.derivations.normal.polynomials import collect
from tinygrad_lite.derivations.normal.terms import Base, Function, Number, Poly, Predicate, Product, Sum, Value

Terms = tuple[Product, ...]
Factors = tuple[tuple[Base, Number], ...]
Row = tuple[dict[Factors, Fraction], bool]
"""A sum of terms that is not below 0, each with its coefficient; True where it is above 0."""


def implied(wanted: Predicate, given: Predicate, holds: bool) -> bool | None:
    """Whether a condition is true or false where another one holds (or does not); None where it may be either.

    >>> from tinygrad_lite.derivations.normal.algebra import add, positive
    >>> from tinygrad_lite.derivations.normal.terms import const, sym
    >>> above_one, above_zero = positive(add(sym("z"), const(-1))), positive(sym("z"))
    >>> implied(above_zero, above_one, True), implied(above_one, above_zero, False), implied(above_one, above_zero, True)
    (True, False, None)
    """
    if wanted == given:
        return holds
    if given.names.isdisjoint(wanted.names):
        return None
    value = _terms(wanted.value)
    for known, above in _known(given, holds):
        sign = _above(value, known, above)
        if sign == 2:
            return wanted.kind == "positive"
        below = _above(_negative(value), known, above)
        if below == 2 or (below == 1 and wanted.kind == "positive"):
            return False
    return None


def vanishes(value: Value, base: Base) -> bool:
    """Whether a value is 0 where a base is: the base is a factor of it, and the others are finite there."""
    if not isinstance(value, Product):
        return False
    powers = dict(value.factors)
    rest = Product(value.coef, tuple((b, e) for b, e in value.factors if b != base))
    return powers.get(base, 0) > 0 and finite(rest)


def finite(value: Value) -> bool:
    """Whether a value is provably finite for all finite values of its symbols."""
    if not isinstance(value, Product):
        return finite(value.yes) and finite(value.no)
    return all((e > 0 or signs.never_zero(b)) and _finite_base(b) for b, e in value.factors)


def _finite_base(base: Base) -> bool:
    match base:
        case Poly(terms=terms):
            return all(finite(t) for t in terms)
        case Sum(body=body):
            return finite(body)
        case Function(name=name, argument=argument):
            plain = name in ("exp", "sin", "cos", "number") or (name == "log" and signs.sign(argument) == 1)
            return plain and finite(argument)
        case _:
            return True


def _terms(value: Product) -> Terms:
    """The terms of a value, where it is a polynomial."""
    if len(value.factors) == 1 and isinstance(value.factors[0][0], Poly) and value.factors[0][1] == 1:
        poly = value.factors[0][0]
        return tuple(Product(value.coef * t.coef, t.factors) for t in poly.terms)
    return (value,)


def _negative(terms: Terms) -> Terms:
    return tuple(Product(-t.coef, t.factors) for t in terms)


def _known(given: Predicate, holds: bool) -> list[tuple[Terms, bool]]:
    """What is not below 0 where a condition holds or does not; True with what is above 0."""
    value = _terms(given.value)
    if given.kind == "positive":
        return [(value, True)] if holds else [(_negative(value), False)]
    return [(value, False), (_negative(value), False)] if holds else []


def _above(value: Terms, known: Terms, strict: bool) -> int:
    """2 where a value is above 0 because ``known`` is not below, 1 where it is not below 0, else 0."""
    best = 0
    coefs = {t.factors: Fraction(t.coef) for t in known}
    for ratio in {Fraction(t.coef) / coefs[t.factors] for t in value if t.factors in coefs}:
        if ratio > 0:
            rest = collect([*value, *(Product(-ratio * t.coef, t.factors) for t in known)])
            if all(signs.nonnegative(t) == 1 for t in rest):
                best = max(best, 2 if strict or any(signs.sign(t) == 1 for t in rest) else 1)
    return best


MOST_UNKNOWNS = 6
MOST_ROWS = 100
"""Conditions on more different terms, or with more that follows from them, are not compared all at once."""


def impossible(conditions: Sequence[tuple[Predicate, bool]]) -> bool:
    """Whether conditions, each holding or not, can provably not be met together; their terms are taken as free numbers.

    >>> from tinygrad_lite.derivations.normal.algebra import add, negative, positive
    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> d, r = sym("d"), sym("r")
    >>> below, above = positive(add(d, negative(r))), positive(add(d, r))
    >>> impossible([(below, True), (above, False), (positive(r), True)]), impossible([(below, True), (above, False)])
    (True, False)
    """
    rows = [({t.factors: Fraction(t.coef) for t in terms}, strict) for c in conditions for terms, strict in _known(*c)]
    unknowns = {factors: None for row, _ in rows for factors in row if factors}
    if len(unknowns) > MOST_UNKNOWNS:
        return False
    for factors in unknowns:
        term = Product(1, factors)
        if signs.nonnegative(term) == 1:
            rows.append(({factors: Fraction(1)}, signs.sign(term) == 1))
    for factors in unknowns:  # each unknown is added away, from one row below it and one above it
        rest = [row for row in rows if not row[0].get(factors)]
        up = [row for row in rows if row[0].get(factors, 0) > 0]
        down = [row for row in rows if row[0].get(factors, 0) < 0]
        if len(up) * len(down) > MOST_ROWS:
            return False
        rows = rest + [_without(factors, one, other) for one in up for other in down]
    return any(row.get((), 0) < 0 or (strict and not row.get(())) for row, strict in rows)


def _without(factors: Factors, one: Row, other: Row) -> Row:
    """The sum of two rows, scaled so that an unknown is gone."""
    scales = 1 / one[0][factors], -1 / other[0][factors]
    sums = {f: scales[0] * one[0].get(f, 0) + scales[1] * other[0].get(f, 0) for f in one[0].keys() | other[0].keys()}
    return {f: Fraction(c) for f, c in sums.items() if c and f != factors}, one[1] or other[1]
