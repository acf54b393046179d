"""The numbers of an answer at the points of its exercise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygrad_lite.exercises.answers import texts
from tinygrad_lite.exercises.answers.functions import called, parameters
from tinygrad_lite.exercises.answers.kinds import Answer, Computed, Formula, Trouble
from tinygrad_lite.exercises.answers.results import as_array
from tinygrad_lite.exercises.answers.vocabulary import Vocabulary
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.typed.spelling import canonical


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


def steps_used(answer: Answer, exercise: Definition, step: str) -> list[str]:
    """The other steps whose gradients an answer uses by their names; none are known of code."""
    if isinstance(answer, Formula):
        read = texts.text(answer, exercise, step)
        used = [] if isinstance(read, Trouble) else read.typed.names()
    else:
        used = parameters(answer) if callable(answer) else []
    names = Vocabulary(exercise, step, exercise.point(0), {})
    found = dict.fromkeys(names.step_of(canonical(name)) for name in used)
    return [other for other in exercise.steps if other in found and other != step]
