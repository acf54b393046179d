"""A point with large numbers, at which sigmoids are flat: right textbook forms may be nan there."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tinygrad_lite.errors import NumericsWarning, TinygradLiteError
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import Point, made_from

LARGE = 40.0
"""How large learned parameters are there: σ(40) is 1 in float64."""


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings of nan and inf: they are what such a point is for."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericsWarning)
        yield


def saturated(exercise: Definition) -> list[Point]:
    """The first point with its learned parameters so large, with both signs; none where the cost has no graph there."""
    first = exercise.point(0)
    free = [name for name in exercise.parameters if not exercise.facts.get(name) and name in first.values]
    learned = [name for name in free if name in exercise.steps] or free
    found = []
    for sign in (1.0, -1.0):
        numbers = dict(first.values)
        for name in learned:
            largest = np.max(np.abs(first.values[name]), initial=0.0)
            numbers[name] = first.values[name] * (sign * LARGE / (largest or 1.0))
        try:
            with quiet():
                point = made_from(exercise, first.sizes, {name: numbers[name] for name in exercise.parameters})
        except (TinygradLiteError, KeyError):
            return []
        before = [point.values[name] for name, node in point.nodes.items() if node is not point.result]
        if all(np.isfinite(value).all() for value in before):  # e^z that is infinite is not flat
            found.append(point)
    return found
