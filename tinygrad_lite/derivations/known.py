"""What is known of values: data that is computed from known data, and facts that follow from formulas."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tinygrad_lite.derivations.algebra import subtract
from tinygrad_lite.derivations.positivity import sign
from tinygrad_lite.derivations.sums import rename, sum_over
from tinygrad_lite.derivations.terms import ONE, Index, Product


def affinely(data: Any, known: Any) -> tuple[Fraction, Fraction] | None:
    """Small rational numbers p and q with data = p known + q, as 1 - y and 2 y are of y."""
    if known.size < 2:
        base = float(known)
        same = float(data)
        if same == base:
            return Fraction(1), Fraction(0)
        if same == 1 - base:
            return Fraction(-1), Fraction(1)
        p = Fraction(same / base).limit_denominator(12) if base not in (0.0, 1.0, -1.0) else Fraction(0)
        return (p, Fraction(0)) if p != 0 and abs(float(p) * base - same) <= 1e-15 * abs(same) else None
    flat, values = np.ravel(known).astype(float), np.ravel(data).astype(float)
    low, high = int(np.argmin(flat)), int(np.argmax(flat))
    if flat[low] == flat[high]:
        simple = ((1, 0), (-1, 1), (-1, 0))
        found = next(((p, q) for p, q in simple if np.array_equal(values, p * flat + q)), None)
        return None if found is None else (Fraction(found[0]), Fraction(found[1]))
    if not (np.all(np.isfinite(flat)) and np.all(np.isfinite(values))):
        return None
    p = Fraction((values[high] - values[low]) / (flat[high] - flat[low])).limit_denominator(12)
    q = Fraction(values[low] - float(p) * flat[low]).limit_denominator(12)
    close = np.allclose(
        values, float(p) * flat + float(q), rtol=1e-7 if data.dtype == np.float32 else 1e-14, atol=1e-15
    )
    return (p, q) if p != 0 and close else None


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
        bound = Index("?row", index.axis)
        if sum_over([bound], rename(form, {index: bound})) == ONE:
            facts.add(f"sum over {place} is 1")
            if above:
                facts |= {"positive", "in (0, 1)"}
    if above:
        facts.add("positive")
    return frozenset(facts)
