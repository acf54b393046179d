"""Points with large numbers, at which sigmoids are flat: right textbook forms may be nan there."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.exercises.answers.kinds import Answer, Computed, Formula, Trouble
from tinygrad_lite.exercises.answers.reading import numbers
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import Point, made_from
from tinygrad_lite.exercises.making.quiet import quiet
from tinygrad_lite.exercises.message import Message

LARGE = 40.0
"""How large learned parameters are there: σ(40) is 1 in float64."""


class Flat:
    """Where the sigmoids of an exercise are flat, and what a form gives there."""

    def __init__(self, exercise: Definition) -> None:
        self.exercise = exercise

    @cached_property
    def points(self) -> list[Point]:
        """The first point with its learned parameters so large, with both signs; none where values are infinite."""
        first = self.exercise.point(0)
        free = [name for name in self.exercise.parameters if not self.exercise.facts.get(name) and name in first.values]
        learned = [name for name in free if name in self.exercise.steps] or free
        found = []
        for sign in (1.0, -1.0):
            numbers = {name: first.values[name] for name in self.exercise.parameters if name in first.values}
            for name in learned:
                largest = np.max(np.abs(first.values[name]), initial=0.0)
                numbers[name] = first.values[name] * (sign * LARGE / (largest or 1.0))
            try:
                with quiet():
                    point = made_from(self.exercise, first.sizes, numbers)
            except (TinygradLiteError, KeyError):
                return []
            before = [point.values[name] for name, node in point.nodes.items() if node is not point.result]
            if all(np.isfinite(value).all() for value in before):  # e^z that is infinite is not flat
                found.append(point)
        return found

    def remarks(self, step: str, answer: Answer, form: str) -> list[Message]:
        """That a right form is nan or infinite where the form of the derivation is not."""
        if isinstance(answer, Computed):
            return []
        for point in self.points:
            kind = self._trouble(step, answer, point)
            if kind and not self._trouble(step, Formula(form), point):
                name, size = _largest(point)
                text = f"where {name} reaches {size:.0f}, this form gives {kind}, and the derivation's does not"
                return [Message("saturated", {"step": step, "kind": kind}, text)]
        return []

    def _trouble(self, step: str, answer: Answer, point: Point) -> str:
        """nan or infinity, where a form gives that; gradients above are 1: what they are is not this step's."""
        out = point.result.shape if point.result.size > 1 else ()
        ones = {name: np.ones(out + node.shape) for name, node in point.nodes.items()}
        with quiet():
            (value,) = numbers(answer, self.exercise, step, [point], [ones])
        if isinstance(value, Trouble) or np.isfinite(value).all():
            return ""
        return "nan" if np.isnan(value).any() else "infinity"


def _largest(point: Point) -> tuple[str, float]:
    """The named value before the cost that is largest, and how large it is."""
    sizes: dict[str, Any] = {
        name: np.max(np.abs(point.values[name]), initial=0.0)
        for name, node in point.nodes.items()
        if node is not point.result
    }
    name = max(sizes, key=lambda n: float(sizes[n]))
    return name, float(sizes[name])
