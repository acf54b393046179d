"""N9: a named value that is a ratio of exponentials is solved for them.

From a = e^z / (1 + e^z) follows e^z = a / (1 - a); from a_j = e^(z_j) / S follows e^(z_j) = a_j S.
Put into a derivative, this turns e^z / (1 + e^z)^2 into a (1 - a): the engine finds it, nobody
typed it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from tinygrad_lite.derivations.normal.algebra import add, expanded, multiply, negative, power, product
from tinygrad_lite.derivations.normal.sums import orders, rebuild, rename
from tinygrad_lite.derivations.normal.terms import ZERO, Base, Function, Index, Number, Poly, Product, Value, atom


@dataclass(frozen=True)
class Solution:
    """``base ** exponent == value`` where base is an exponential at the formal ``indices``."""

    base: Function
    exponent: int
    value: Product
    indices: tuple[Index, ...]

    def apply(self, value: Value) -> Value:
        """The value with the exponential put in terms of the named one, wherever it occurs."""

        def change(base: Base) -> Value | None:
            return None

        def at(factors: Base) -> Value | None:
            if isinstance(factors, Function) and factors.name == "exp":
                match = self._match(factors)
                if match is not None and self.exponent == 1:
                    return rename(self.value, match)
            return change(factors)

        if self.exponent == 1:
            return rebuild(value, at)
        return _raised(value, self)

    def _match(self, other: Function) -> dict[Index, Index] | None:
        """The renaming that makes the solved exponential this other one, if there is one."""
        mine, theirs = (sorted(base.free, key=lambda i: (i.axis, i.name)) for base in (self.base, other))
        if [i.axis for i in mine] != [i.axis for i in theirs]:
            return None
        for order in orders(theirs):
            change = dict(zip(mine, order, strict=True))
            if rename(atom(self.base), change) == atom(other):
                return change
        return None


def _raised(value: Value, solution: Solution) -> Value:
    """Put in base^k = v where all exponents of the base are multiples of k."""
    k = solution.exponent
    marker = Function("exp", multiply_argument(solution.base.argument, k))
    once = Solution(marker, 1, solution.value, solution.indices)

    def shrink(v: Product) -> Value:
        parts: list[Value] = [product(v.coef, {})]
        for base, exponent in v.factors:
            match = solution._match(base) if isinstance(base, Function) and base.name == "exp" else None
            if match is not None and (exponent / Fraction(k)).denominator == 1:
                parts.append(power(rename(once.value, match), exponent / Fraction(k)))
            elif isinstance(base, Poly):
                parts.append(power(add(*(shrink(t) for t in base.terms)), exponent))
            else:
                parts.append(atom(base, exponent))
        return multiply(*parts)

    return shrink(value) if isinstance(value, Product) else value


def multiply_argument(argument: Product, k: int) -> Product:
    """k times the argument of an exponential."""
    return Product(argument.coef * k, argument.factors)


def solve(form: Value, named: Product, indices: Sequence[Index]) -> Solution | None:
    """Solve ``named == form`` for the one exponential in the form; None where it is not a ratio.

    >>> from tinygrad_lite.derivations.normal.terms import ONE, sym
    >>> from tinygrad_lite.derivations.normal.exponentials import exp
    >>> e = exp(sym("z"))
    >>> solution = solve(multiply(e, power(add(ONE, e), -1)), sym("a"), [])
    >>> solution.value
    1*(1+-1*a[])^-1*a[]
    """
    if not isinstance(form, Product):
        return None
    found = _exponents(form)
    bases = {b for b, _ in found}
    if len(bases) != 1:
        return None
    (base,) = bases
    if any(Fraction(e).denominator != 1 for _, e in found):
        return None
    over = [(b, e) for b, e in form.factors if e > 0]
    under = [(b, -e) for b, e in form.factors if e < 0]
    difference = [
        *expanded(_product(form.coef, over)),
        *expanded(_product(-1, [*under, *named.factors])),
    ]
    by_power: dict[Number, list[Value]] = {}
    for term in difference:
        powers = dict(term.factors)
        e = powers.pop(base, 0)
        by_power.setdefault(e, []).append(product(term.coef, powers))
    low = min(by_power)
    step = 0
    for e in by_power:
        step = gcd(step, int(e - low))
    if set(by_power) - {low, low + step} or len(by_power) != 2:
        return None
    top, bottom = add(*by_power[low + step]), add(*by_power[low])
    if top == ZERO or bottom == ZERO:
        return None
    value = multiply(negative(bottom), power(top, -1))
    if not isinstance(value, Product) or not any(b in named.factors[0][0].names for b in value.names):
        return None
    return Solution(base, step, value, tuple(indices))


def _product(coef: Number, factors: list[tuple[Base, Number]]) -> Product:
    powers: dict[Base, Number] = {}
    for base, exponent in factors:
        powers[base] = powers.get(base, 0) + exponent
    return product(coef, powers)


def _exponents(form: Product) -> list[tuple[Function, Number]]:
    """All exponentials outside of sums, with their exponents."""
    found: list[tuple[Function, Number]] = []
    for base, exponent in form.factors:
        if isinstance(base, Function) and base.name == "exp":
            found.append((base, exponent))
        elif isinstance(base, Poly):
            for term in base.terms:
                found += _exponents(term)
    return found
