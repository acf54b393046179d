"""What a learner has done so far, at all points: which gradients are right, and which stand in the place of the truth."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from tinygrad_lite.exercises.judging.comparing import equal
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.tensor.tensor import Tensor

MOST_STARTS = 40
"""How many sets of wrong gradients above are tried, of which a step may follow."""


class Work:
    """The gradients that were answered, step by step from the cost down.

    Only those of the right shape are kept: another cannot be what a later step goes on from.
    """

    def __init__(self, exercise: Definition) -> None:
        self.exercise = exercise
        self.points: list[Point] = [*exercise.points, *exercise.unseen]
        self.own: list[dict[str, Any]] = [{} for _ in self.points]
        self.right: list[str] = []
        self.wrong: list[str] = []

    def add(self, step: str, values: Sequence[Any], right: bool) -> None:
        """Keep the gradient of a step for those below it. From zeros alone, zeros follow by any rule: they say nothing."""
        for own, value in zip(self.own, values, strict=True):
            own[step] = value.astype(float)
        if not right and any(np.any(value) for value in values):
            self.wrong.append(step)
        elif right:
            self.right.append(step)

    def is_right(self, step: str, values: Sequence[Any]) -> bool:
        """Whether these are the gradient at all points."""
        return all(
            equal(value, point.truth[step], point.scale[step]) for value, point in zip(values, self.points, strict=True)
        )

    def followed(self, step: str, values: Sequence[Any]) -> tuple[str, ...]:
        """The wrong gradients above from which these values follow by right rules; () where they do not follow."""
        for start in self._starts(step):
            if all(
                equal(value, self._following(step, start, n), point.scale[step])
                for n, (value, point) in enumerate(zip(values, self.points, strict=True))
            ):
                return start
        return ()

    def given(self, step: str) -> dict[str, list[Any]]:
        """The gradients above a step that the work stands on, at each point: the truth where they were right."""
        above = self._above(step)
        found: dict[str, list[Any]] = {}
        for other in (*self.right, *self.wrong):
            if self.points[0].nodes[other] in above:
                wrong = other in self.wrong
                found[other] = [
                    own[other] if wrong else point.truth[other]
                    for own, point in zip(self.own, self.points, strict=True)
                ]
        return found

    def _following(self, step: str, start: Sequence[str], number: int) -> Any:
        """The gradient of a step, given the learner's gradients of the steps of ``start``."""
        point = self.points[number]
        given = {point.nodes[other]: self.own[number][other] for other in start}
        return point.backward.gradient(point.nodes[step], given)

    def _starts(self, step: str) -> Iterator[tuple[str, ...]]:
        """Sets of wrong gradients above: first all that the step depends on, then fewer."""
        point = self.points[0]
        above = self._above(step)
        wrong = [other for other in self.wrong if point.nodes[other] in above]
        seen: set[tuple[str, ...]] = set()
        for many in range(len(wrong), 0, -1):
            for chosen in combinations(wrong, many):
                stops = frozenset(point.nodes[other] for other in chosen)
                reached = self._above(step, stops)
                start = tuple(other for other in chosen if point.nodes[other] in reached)
                if start not in seen and len(seen) < MOST_STARTS:
                    seen.add(start)
                    yield start

    def _above(self, step: str, stops: Collection[Tensor] = ()) -> set[Tensor]:
        point = self.points[0]
        return point.backward.values_above(point.nodes[step], stops)
