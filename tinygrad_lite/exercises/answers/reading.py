"""The numbers of an answer at the points of its exercise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygrad_lite.exercises.answers import texts
from tinygrad_lite.exercises.answers.functions import called
from tinygrad_lite.exercises.answers.kinds import Answer, Computed, Formula, Trouble
from tinygrad_lite.exercises.answers.results import as_array
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import Point


def numbers(
    answer: Answer, exercise: Definition, step: str, points: Sequence[Point], earlier: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """An array for each point, or Trouble.

    earlier: the learner's gradients of steps above at each point, which their names mean: {"z2": array}.
    """
    if isinstance(answer, Trouble):
        return [answer] * len(points)
    if isinstance(answer, Computed):
        missing = Trouble("nothing", "the code gave no numbers here")
        return [as_array(answer.values.get(n, missing)) for n in range(len(points))]
    if isinstance(answer, Formula):
        return texts.at_points(answer, exercise, step, points, earlier)
    return [called(answer, exercise, step, point, own) for point, own in zip(points, earlier, strict=True)]
