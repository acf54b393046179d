"""What the work on one derivation may cost, counted in expressions, digits and depth, and never in seconds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from fractions import Fraction

LONGEST_KEY = 60_000
"""The budget of an expression's size: no term may be spelled longer than this."""


DEEPEST = 100
"""The budget of an expression's depth: products in polynomials in functions and so on."""

MOST_BITS = 12_000
"""The budget of a coefficient or exponent: 3,600 digits. Python refuses to write more than 4,300."""


class BudgetError(Exception):
    """An expression outgrew its budget; the derivation then stops at the line before."""


def bounded(number: int | Fraction) -> None:
    """Raise BudgetError for a number that is no float, or that takes too many digits."""
    if number.__class__ is int and -1_000_000 < number < 1_000_000:
        return  # as nearly all are
    above, below = number.numerator.bit_length(), number.denominator.bit_length()
    if above - below > 1023:
        raise BudgetError("a number above 1.8e308, where floats end")
    if number and above - below < -1074:
        raise BudgetError("a number below 4.9e-324, which is 0 as a float")
    if above > MOST_BITS or below > MOST_BITS:
        raise BudgetError(f"a fraction of more than {MOST_BITS:,} bits")


class Work(threading.local):
    """How many expressions may still be built in this thread before the work is given up."""

    left = 10**9
    merging = False


WORK = Work()


@contextlib.contextmanager
def budget(expressions: int) -> Iterator[None]:
    """Allow so many expressions to be built inside; BudgetError when they are used up."""
    outer = WORK.left
    WORK.left = min(outer, expressions)
    try:
        yield
    finally:
        WORK.left = outer


@contextlib.contextmanager
def unmerged() -> Iterator[None]:
    """Keep sums over the same axis apart inside."""
    outer = WORK.merging
    WORK.merging = True
    try:
        yield
    finally:
        WORK.merging = outer
