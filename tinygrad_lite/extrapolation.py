"""Difference quotients extrapolated to the step 0 (Ridders, 1982)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["extrapolate"]

Array = np.ndarray[Any, Any]

ORDERS = 3  # of the extrapolation


def extrapolate(
    quotient: Callable[[Any], Any], steps: list[Any], noise: Array, wanted: Array, enough: float
) -> tuple[Array, Array]:
    """The derivative and a bound on its error, from quotients at all steps.

    Short steps suffer from rounding, which is known, and long ones from curvature, which shows: neighbours disagree.
    So we go from short to long and improve the result, until a longer step contradicts what the shorter ones say.

    quotient: of a step, for all elements; None where f is not defined. noise: the rounding error of f. wanted: the
    elements that are asked for. enough: the relative error at which to stop.
    """
    best, error = np.full(noise.shape, np.nan, np.longdouble), np.full(noise.shape, np.inf, np.longdouble)
    trusted = wanted.copy()
    # What the step before gave: the quotient and its extrapolations, each with the factor by which it carries the noise.
    before: list[tuple[Any, Any]] = []
    for h in steps:
        q = quotient(h)
        if q is None:
            if before:
                break  # f is not defined so far away
            continue
        line = [(q, 1 / h)]
        for order, (old, share) in enumerate(before[:ORDERS], 1):
            c = 4.0**order  # the quotient is even in h: each order removes the next even power
            line.append(((c * old - line[-1][0]) / (c - 1), (c * share + line[-1][1]) / (c - 1)))
        bounds = [
            np.maximum.reduce([noise * share, np.abs(new - before[m][0]), np.abs(new - line[m][0])])
            for m, (new, share) in enumerate(line[1:])
        ]
        if bounds:
            trusted &= ~np.isfinite(error) | (bounds[0] <= 4 * error)
        for (new, _), bound in zip(line[1:], bounds, strict=True):
            better = trusted & (bound < error)
            trusted &= ~better | ~np.isfinite(error) | (np.abs(new - best) <= bound + error)
            better &= trusted
            best, error = np.where(better, new, best), np.where(better, bound, error)
        before = line
        if not (trusted & ~(error <= enough * np.abs(best))).any():
            break
    return best, error
