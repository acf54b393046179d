"""Sizes put in: where a number and the size of an axis are one and the same, as in s/4 over J = 4 classes."""

from __future__ import annotations

from collections.abc import Mapping

from tinygrad_lite.derivations.normal.calculus import put_in
from tinygrad_lite.derivations.normal.contents import inside, symbols_in
from tinygrad_lite.derivations.normal.terms import Product, Value, const, size_symbol
from tinygrad_lite.derivations.writing.display import Writer, marks
from tinygrad_lite.derivations.writing.measuring import length

SMALLEST = 3
"""A size of 2 is not put in: 2 stands in too many formulas, and 2/m would lose its meaning."""

SAVED = 2
"""So many names and numbers fewer are written where a size is worth putting in."""


def with_sizes(
    value: Value, sizes: Mapping[str, int], writer: Writer, last: bool = True
) -> tuple[str, int, Value] | None:
    """The axis whose size makes a value shorter, the size, and the value with it; None where nothing cancels.

    Terms cancel or come together, or ``last``, in a last line, a factor does: 5/m is 1 for m = 5.

    >>> from tinygrad_lite.derivations.normal.algebra import add, multiply
    >>> from tinygrad_lite.derivations.normal.terms import size, sym
    >>> a, s = sym("a"), sym("s")
    >>> with_sizes(add(multiply(size("J"), a, s), multiply(const(4), a), multiply(const(-4), a, s)), {"J": 4}, Writer({}))
    ('J', 4, 4*a[])
    >>> with_sizes(add(multiply(size("J"), a), multiply(const(-1), a)), {"J": 4}, Writer({})) is None
    True
    """
    for axis, number in sizes.items():
        name = size_symbol(axis).name
        if number < SMALLEST or name not in value.names or not _has(value, number):
            continue
        put = put_in(value, name, const(number), ())
        times = sum(part.symbol.name == name for part in symbols_in(value))
        together = length(value) - length(put) > times
        cancels = last and _numbers(put) < _numbers(value) and not _has(put, number)
        if (together or cancels) and marks(writer(put)) <= marks(writer(value)) - SAVED:
            return axis, number, put
    return None


def _numbers(value: Value) -> set[int]:
    """The whole numbers that stand in a value, above and below the lines."""
    parts = [part for part in inside(value) if isinstance(part, Product)]
    return {abs(n) for part in parts for n in (part.coef.numerator, part.coef.denominator)} - {1}


def _has(value: Value, number: int) -> bool:
    """Whether a multiple of a number stands in a value."""
    return any(n and n % number == 0 for n in _numbers(value))
