"""Cases that ask whether a value lies between −d and d, as a textbook has them: |r| < d, and not r < d and r > −d.

Nothing is computed with what this file makes. As everywhere, cases are the same where they differ on their kinks alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tinygrad_lite.derivations.normal.algebra import add, assume, choose, leaves, positive, product, subtract
from tinygrad_lite.derivations.normal.implied import finite, impossible
from tinygrad_lite.derivations.normal.terms import (
    ZERO,
    Base,
    Case,
    Function,
    Number,
    Poly,
    Predicate,
    Product,
    Value,
    atom,
    magnitude,
    plain,
)


def reachable(value: Value, known: tuple[tuple[Predicate, bool], ...] = ()) -> Value:
    """A value without the sides that no numbers reach: where d > r and d ≤ −r hold, r > 0 does not.

    >>> from tinygrad_lite.derivations.normal.algebra import add
    >>> from tinygrad_lite.derivations.normal.terms import const, sym
    >>> d, r = sym("d"), sym("r")
    >>> inner = Case(positive(add(d, r)), const(3), Case(positive(r), const(1), const(2)))
    >>> reachable(Case(positive(subtract(d, r)), inner, const(4)))
    case(positive?(1*(1*d[]+-1*r[]));case(positive?(1*(1*d[]+1*r[]));3;2);4)
    """
    if isinstance(value, Product):
        return value
    sides = []
    for holds, side in ((True, value.yes), (False, value.no)):
        here = (*known, (value.predicate, holds))
        if impossible(here):
            return reachable(value.no if holds else value.yes, known)
        sides.append(reachable(side, here))
    return sides[0] if sides[0] == sides[1] else Case(value.predicate, *sides)


@dataclass(frozen=True)
class Band:
    """Two conditions that say together whether −width < middle < width; ``holds`` tells for each how it is met inside."""

    width: Product
    middle: Product
    low: Predicate
    high: Predicate
    holds: tuple[bool, bool]

    def at(self, value: Value, above_low: bool, below_high: bool) -> Value:
        """The value where each of the two is met as inside, or not."""
        low, high = self.holds[0] is above_low, self.holds[1] is below_high
        there = assume(assume(value, self.low, low), self.high, high)
        return reachable(there, ((self.low, low), (self.high, high)))

    @property
    def empty_outside(self) -> bool:
        """Whether the middle cannot be below −width and above width at once, which it is for negative widths."""
        return impossible(((self.low, not self.holds[0]), (self.high, not self.holds[1])))


def with_bands(value: Value) -> Value:
    """A value whose cases r < d and r > −d are one: |r| < d, where the rest depends on the sign of r alone.

    >>> from tinygrad_lite.derivations.normal.algebra import add
    >>> from tinygrad_lite.derivations.normal.terms import ONE, const, sym
    >>> r = sym("r")
    >>> with_bands(Case(positive(subtract(ONE, r)), Case(positive(add(ONE, r)), r, const(-1)), ONE))
    case(positive?(1*(1+-1*absolute(1*r[])));1*r[];case(positive?(1*r[]);1;-1))
    """
    if isinstance(value, Product):
        return value
    value = reachable(value)
    for band in _bands(value):
        inner, above, below = band.at(value, True, True), band.at(value, True, False), band.at(value, False, True)
        if isinstance(above, Case) or isinstance(below, Case):
            continue
        rest = choose(positive(band.middle), above, below)
        if band.empty_outside or subtract(band.at(value, False, False), rest) == ZERO:
            minus = Product(-1, ((Function("absolute", band.middle), 1),))
            return Case(Predicate("positive", product(1, {Poly((band.width, minus)): 1})), inner, rest)
    return value


def _bands(value: Value) -> Iterator[Band]:
    """The pairs of conditions that stand first in a value, as bands."""
    if isinstance(value, Case):
        for side in (value.yes, value.no):
            if isinstance(side, Case) and side.predicate.kind == value.predicate.kind == "positive":
                yield from _of_two(value.predicate, side.predicate)


def _of_two(one: Predicate, other: Predicate) -> Iterator[Band]:
    terms, more = _terms(one), _terms(other)
    if terms.keys() != more.keys() or len(terms) < 2:
        return
    for width in terms:
        rest = sorted(terms.keys() - {width}, key=lambda factors: Product(1, factors).key)
        slopes = [[t[part] / t[width] for part in rest] for t in (terms, more)]
        if slopes[0] != [-slope for slope in slopes[1]] or () in rest:
            continue
        first = slopes[0][0]
        low, high = (one, other) if first > 0 else (other, one)
        inside = (terms, more) if first > 0 else (more, terms)
        middle = add(*(Product(plain(slope / first), part) for slope, part in zip(slopes[0], rest, strict=True)))
        if isinstance(middle, Product):
            wide = Product(plain(1 / Fraction(magnitude(first))), width)
            yield Band(wide, middle, low, high, (inside[0][width] > 0, inside[1][width] > 0))


def _terms(predicate: Predicate) -> dict[tuple[tuple[Base, Number], ...], Fraction]:
    """The coefficients of a condition on a polynomial."""
    factors = predicate.value.factors
    if len(factors) != 1 or factors[0][1] != 1 or not isinstance(factors[0][0], Poly):
        return {}
    return {t.factors: Fraction(t.coef) * predicate.value.coef for t in factors[0][0].terms}


def common_factor(value: Case, least: int = 2) -> tuple[Product, Case]:
    """What all sides but 0 have in common where there are ``least`` of them, and the sides without it.

    Where a side is 0, what could be infinite there stays inside: { 0 if t = 0; x/t otherwise } is no x/t { ... }.

    >>> from tinygrad_lite.derivations.normal.algebra import multiply
    >>> from tinygrad_lite.derivations.normal.terms import const, sym
    >>> x, z = sym("x"), sym("z")
    >>> common_factor(Case(positive(z), x, multiply(const(Fraction(1, 100)), x)))
    (1*x[], case(positive?(1*z[]);1;1/100))
    """
    sides = [side for side in leaves(value) if side != ZERO]
    shared = dict(sides[0].factors)
    for side in sides[1:]:
        powers = dict(side.factors)
        shared = {b: e for b, e in shared.items() if powers.get(b) == e}
    if ZERO in leaves(value):
        shared = {b: e for b, e in shared.items() if finite(atom(b, e))}
    if len(sides) < least:
        shared = {}

    def without(side: Value) -> Value:
        if isinstance(side, Case):
            return within(side)
        return product(side.coef, {b: e for b, e in side.factors if b not in shared}) if side != ZERO else ZERO

    def within(whole: Case) -> Case:
        return Case(whole.predicate, without(whole.yes), without(whole.no))

    return product(1, shared), within(value)
