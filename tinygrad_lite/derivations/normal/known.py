"""What is known of values: facts that follow from formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinygrad_lite.derivations.normal.algebra import subtract
from tinygrad_lite.derivations.normal.signs import sign
from tinygrad_lite.derivations.normal.sums import fresh_index, rename, sum_over
from tinygrad_lite.derivations.normal.terms import ONE, ZERO, Index, Product, Value


def unconstrained(facts: frozenset[str]) -> frozenset[str]:
    """The facts without the equations among them.

    A derivative is taken as if a symbol were free: that its rows sum to one comes in afterwards.
    """
    return frozenset(f for f in facts if "sum" not in f and f != "one_hot")


def proved_facts(form: Product, indices: Sequence[Index]) -> frozenset[str]:
    """What follows from a formula: positive, below one, rows that sum to one (N6)."""
    facts: set[str] = set()
    above = sign(form) == 1
    rest = subtract(ONE, form)
    below = isinstance(rest, Product) and sign(rest) == 1
    if above and below:
        facts |= {"positive", "in (0, 1)"}
    elif below:
        other = subtract(form, Product(-1, ()))
        if isinstance(other, Product) and sign(other) == 1:
            facts.add("in (-1, 1)")
    for place, index in enumerate(indices):
        bound = fresh_index(index.axis)
        if sum_over([bound], rename(form, {index: bound})) == ONE:
            facts.add(f"sum over {place} is 1")
            if above:
                facts |= {"positive", "in (0, 1)"}
    if above:
        facts.add("positive")
    return frozenset(facts)


def sums_to_zero(form: Product, indices: Sequence[Index], simpler: Callable[[Value], Value]) -> frozenset[str]:
    """The axes over which a formula sums to zero, such as x_k - mu, where ``simpler`` knows what mu is."""
    found = set()
    for place, index in enumerate(indices):
        bound = fresh_index(index.axis)
        if simpler(sum_over([bound], rename(form, {index: bound}))) == ZERO:
            found.add(f"sum over {place} is 0")
    return frozenset(found)
