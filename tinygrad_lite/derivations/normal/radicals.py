"""Powers of numbers: whole ones are numbers, and of the rest one root is left, as in 3 sqrt(10)."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from tinygrad_lite.derivations.normal.budgets import MOST_BITS, BudgetError
from tinygrad_lite.derivations.normal.terms import Base, Function, Number, const, magnitude, plain

LARGEST_FACTOR = 1000
"""Squares of primes up to this are taken out of a root."""


def roots_out(coef: Number, powers: dict[Base, Number]) -> tuple[Number, dict[Base, Number]]:
    """A coefficient and powers, with the powers of numbers as one root for each fraction: sqrt(2) sqrt(8) is 4.

    >>> roots_out(3, {Function("number", const(8)): Fraction(1, 2)})
    (Fraction(6, 1), {number(2): Fraction(1, 2)})
    """
    kept: dict[Base, Number] = {}
    under: dict[Fraction, Fraction] = {}
    for base, exponent in powers.items():
        if isinstance(base, Function) and base.name == "number":
            number, exponent = Fraction(base.argument.coef), Fraction(exponent)
            whole = exponent.numerator // exponent.denominator
            coef = coef * _power(number, whole)
            under[exponent - whole] = under.get(exponent - whole, Fraction(1)) * number
        else:
            kept[base] = exponent
    for exponent, number in under.items():
        outside, inside = _root(number, exponent)
        coef = coef * outside
        if exponent != 0 and inside != 1:
            kept[Function("number", const(inside))] = exponent
    return coef, kept


def _power(number: Fraction, exponent: int) -> Fraction:
    bits = max(number.numerator.bit_length(), number.denominator.bit_length()) - 1
    if bits * magnitude(exponent) > MOST_BITS:  # before it is computed, which takes time and memory
        raise BudgetError(f"a power of {exponent} of a number other than 1")
    return number**exponent


def _root(number: Fraction, exponent: Fraction) -> tuple[Fraction, Number]:
    """number**exponent, for an exponent between 0 and 1, as a rational number times a root."""
    if exponent == Fraction(1, 2):
        inside, outside = number.numerator * number.denominator, Fraction(1, number.denominator)
        root = isqrt(inside)
        if root * root == inside:
            return outside * root, 1
        for factor in range(2, LARGEST_FACTOR):
            while inside % (factor * factor) == 0:
                inside, outside = inside // (factor * factor), outside * factor
        return outside, inside
    try:
        guess = Fraction(float(number) ** float(exponent)).limit_denominator(1000)
    except OverflowError:
        raise BudgetError("a number above 1.8e308, where floats end") from None
    if exponent.denominator < 20 and guess**exponent.denominator == number**exponent.numerator:
        return guess, 1
    return Fraction(1), plain(number)
