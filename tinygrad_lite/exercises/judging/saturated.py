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
"""How large numbers are there: σ(40) is 1 in float64."""


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings of nan and inf: they are what such a point is for."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericsWarning)
        yield


def saturated(exercise: Definition) -> Point | None:
    """The first point with the parameters of which nothing is known so large; None where the cost has no graph there."""
    first = exercise.point(0)
    numbers = {}
    for name in exercise.parameters:
        value = first.values.get(name)
        if value is None:
            return None
        free = not exercise.facts.get(name) and np.abs(value).max(initial=0.0) > 0
        numbers[name] = value * (LARGE / np.abs(value).max()) if free else value
    try:
        with quiet():
            return made_from(exercise, first.sizes, numbers)
    except TinygradLiteError:
        return None
