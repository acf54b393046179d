"""N9: a named value is solved for what it is made of, so that the name can be put back.

From a = e^z / (1 + e^z) follows e^z = a / (1 - a); from a_j = e^(z_j) / S follows e^(z_j) = a_j S.
Put into a derivative, this turns e^z / (1 + e^z)^2 into a (1 - a): the engine finds it, nobody
typed it in.  In the same way mu = (1/n) sum_k x_k gives sum_k x_k = n mu, and so sum_k (x_k - mu) = 0;
s = sqrt(v + 1) gives v + 1 = s^2; and u = (x - mu) / s gives x - mu = s u.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from tinygrad_lite.derivations.normal import signs
from tinygrad_lite.derivations.normal.algebra import add, divide_by, expanded, multiply, negative, power, product
from tinygrad_lite.derivations.normal.polynomials import powers_of
from tinygrad_lite.derivations.normal.sums import orders, rebuild, rename
from tinygrad_lite.derivations.normal.terms import (
    ZERO,
    Base,
    Function,
    Index,
    Number,
    Poly,
    Product,
    Sym,
    Value,
    atom,
    plain,
)

Powers = tuple[tuple[Base, Number], ...]


@dataclass(frozen=True)
class Solution:
    """The product of the powers ``parts`` is ``value``, at the formal ``indices``."""

    parts: Powers
    value: Product
    indices: tuple[Index, ...]

    @property
    def solved(self) -> Product:
        """The product of the parts: what the value stands for."""
        return product(1, dict(self.parts))

    def apply(self, value: Value) -> Value:
        """The value with the parts put in terms of the named one, wherever they occur."""
        names = frozenset(n for base, _ in self.parts for n in base.names)
        return rebuild(value, lambda _: None, lambda e: names <= e.names, self._taken)

    def _taken(self, value: Product) -> tuple[Product, Value] | None:
        """What is left of a product where the parts are taken out, and what stands for them."""
        powers = dict(value.factors)
        for base, exponent in value.factors:
            change = _match(self.parts[0][0], base)
            if change is None:
                continue
            times = Fraction(exponent) / Fraction(self.parts[0][1])
            named = self._at(change, powers, times)
            if named is not None:
                taken = dict(_renamed(self.parts, change)[1])
                rest = product(value.coef, {b: e for b, e in value.factors if b not in taken})
                return rest, power(named, times)
        return None

    def _at(self, change: dict[Index, Index], powers: dict[Base, Number], times: Fraction) -> Value | None:
        """The value at other indices, where all parts are there with the same multiple of their exponents.

        base^f = (base^e)^(f/e) holds for all real bases where e is 1, or f/e a whole number.
        """
        whole = times.denominator == 1 or (len(self.parts) == 1 and self.parts[0][1] == 1)
        sign, parts = _renamed(self.parts, change)
        if not whole or sign == 0 or any(powers.get(b, 0) != e * times for b, e in parts):
            return None
        return multiply(product(sign, {}), rename(self.value, change))


def _renamed(parts: Powers, change: dict[Index, Index]) -> tuple[int, Powers]:
    """Powers at other indices, and the sign that comes out of them; 0 where they fall apart there.

    The first term of a polynomial is positive: x_i - y_j may be -(y_k - x_l) elsewhere.
    """
    sign, result = 1, []
    for base, exponent in parts:
        there = rename(atom(base), change)
        if not isinstance(there, Product) or len(there.factors) != 1 or there.factors[0][1] != 1:
            return 0, ()
        if there.coef == -1 and exponent.denominator == 1:
            sign = -sign if exponent % 2 else sign
        elif there.coef != 1:
            return 0, ()
        result.append((there.factors[0][0], exponent))
    return sign, tuple(result)


def _match(mine: Base, other: Base) -> dict[Index, Index] | None:
    """The renaming of indices that makes a base this other one, up to its sign, if there is one."""
    if type(mine) is not type(other) or mine.names != other.names:
        return None
    here, there = (sorted(base.free, key=lambda i: (i.axis, i.name)) for base in (mine, other))
    if [i.axis for i in here] != [i.axis for i in there]:
        return None
    for order in orders(there):
        change = dict(zip(here, order, strict=True))
        if any(i.place is not None and change[i] != i for i in here):
            continue  # one place is not another
        if _renamed(((mine, 1),), change)[1] == ((other, 1),):
            return change
    return None


def solve(form: Value, named: Product, indices: Sequence[Index]) -> Solution | None:
    """Solve ``named == form`` for a part of the form; None where no part can be solved for.

    >>> from tinygrad_lite.derivations.normal.terms import ONE, sym
    >>> from tinygrad_lite.derivations.normal.exponentials import exp
    >>> e = exp(sym("z"))
    >>> solve(multiply(e, power(add(ONE, e), -1)), sym("a"), []).value
    1*(1+-1*a[])^-1*a[]
    >>> root = solve(power(add(ONE, sym("v")), Fraction(1, 2)), sym("s"), [])
    >>> root.apply(power(add(ONE, sym("v")), -1))
    1*s[]^-2
    """
    if not isinstance(form, Product):
        return None
    return solve_ratio(form, named, indices) or solve_factor(form, named, indices)


def solve_ratio(form: Value, named: Product, indices: Sequence[Index]) -> Solution | None:
    """Solve ``named == form`` for the exponential in a ratio; None where it is not a ratio of one."""
    if not isinstance(form, Product):
        return None
    over = [(b, e) for b, e in form.factors if e > 0]
    under = [(b, -e) for b, e in form.factors if e < 0]
    difference = [
        *expanded(product(form.coef, dict(over))),
        *expanded(product(-1, powers_of([*under, *named.factors]))),
    ]
    by_power = _by_power(difference)
    if by_power is None:
        return None
    unit, parts = by_power
    low = min(parts)
    step = Fraction(0)
    for e in parts:
        step = _common_step(step, e - low)
    if len(parts) != 2 or set(parts) != {low, low + step}:
        return None
    top, bottom = add(*parts[low + step]), add(*parts[low])
    if top == ZERO or bottom == ZERO:
        return None
    value = multiply(negative(bottom), power(top, -1))
    solved = tuple((b, plain(e * step)) for b, e in unit)
    if not isinstance(value, Product) or not named.factors[0][0].names & value.names or _exponentials(value):
        return None
    return _solution(solved, value, indices)


def _by_power(terms: list[Product]) -> tuple[Powers, dict[Fraction, list[Value]]] | None:
    """Terms by the power of the one product of exponentials that is in them, such as e^(z/2)."""
    unit: Powers = ()
    parts: dict[Fraction, list[Value]] = {}
    for term in terms:
        mine = tuple((b, e) for b, e in term.factors if _is_exponential(b))
        rest = product(term.coef, {b: e for b, e in term.factors if not _is_exponential(b)})
        if mine and not unit:
            unit = mine
        if mine and [b for b, _ in mine] != [b for b, _ in unit]:
            return None
        ratios = {Fraction(e) / Fraction(u) for (_, e), (_, u) in zip(mine, unit, strict=False)} or {Fraction(0)}
        if len(ratios) > 1:
            return None
        parts.setdefault(ratios.pop(), []).append(rest)
    return (unit, parts) if unit else None


def _common_step(one: Fraction, other: Fraction) -> Fraction:
    """The largest number of which both are whole multiples."""
    below = lcm(one.denominator, other.denominator)
    return Fraction(gcd(int(one * below), int(other * below)), below)


def _is_exponential(base: Base) -> bool:
    return isinstance(base, Function) and base.name == "exp"


def _exponentials(value: Product) -> bool:
    """Whether exponentials outside of sums are left in a value."""
    return any(
        _is_exponential(b) or (isinstance(b, Poly) and any(_exponentials(t) for t in b.terms)) for b, _ in value.factors
    )


def solve_factor(form: Product, named: Product, indices: Sequence[Index]) -> Solution | None:
    """Solve ``named == form`` for a factor of the form: for the only one, for one that is over others that are
    not 0, or for all of them together.
    """
    known = {b: e for b, e in form.factors if not b.free and signs.positive_base(b)}
    factors = [(b, e) for b, e in form.factors if b not in known]
    linear = [b for b, e in factors if e in (1, -1) and (e == 1 or len(factors) == 1)]
    others = [(b, e) for b, e in factors if b not in linear]
    if len(linear) == 1 and all(e < 0 or signs.never_zero(b) for b, e in others):
        if len(factors) == 1 and isinstance(linear[0], Sym):
            return None  # another name, or a multiple of one
        exponent = dict(factors)[linear[0]]
        parts, left = ((linear[0], 1),), product(form.coef, {**known, **dict(others)})
        return _solution(parts, power(divide_by(named, left), exponent), indices)
    return _solution(tuple(factors), divide_by(named, product(form.coef, known)), indices) if factors else None


def _solution(parts: Powers, value: Value, indices: Sequence[Index]) -> Solution | None:
    """The solution; None where the named value has an index that the parts have not, and would stand at any place of it."""
    if not isinstance(value, Product):
        return None
    found = Solution(parts, value, tuple(indices))
    return found if value.free <= found.solved.free else None
