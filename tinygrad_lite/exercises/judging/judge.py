"""Whether the answers of an exercise are right, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_lite.exercises.answers.kinds import Formula, Trouble
from tinygrad_lite.exercises.answers.reading import numbers
from tinygrad_lite.exercises.answers.steps import step_of
from tinygrad_lite.exercises.judging.verdict import Message, StepVerdict, Verdict
from tinygrad_lite.exercises.making.definition import Definition


def judged(exercise: Definition, answers: Mapping[str, Any]) -> Verdict:
    """The verdict on the answers, by left side such as "dz2" or "dW1_jk"; each a text or another Answer."""
    given = {}
    for left, answer in answers.items():
        step, _ = step_of(left, exercise.steps)
        given[step] = Formula(answer, left) if isinstance(answer, str) else answer
    points = [*exercise.points, *exercise.unseen]
    earlier: list[dict[str, Any]] = [{} for _ in points]
    verdicts = []
    for step in exercise.steps:
        if step not in given:
            verdicts.append(StepVerdict(step, "missing"))
            continue
        values = numbers(given[step], points, earlier)
        verdicts.append(_step(step, values, [point.truth[step] for point in points]))
        for own, value, point in zip(earlier, values, points, strict=True):
            own[f"d{step}"] = value if not isinstance(value, Trouble) else point.truth[step]
    return Verdict(exercise.id, tuple(verdicts))


def _step(step: str, values: list[Any], truths: list[Any]) -> StepVerdict:
    for value, truth in zip(values, truths, strict=True):
        if isinstance(value, Trouble):
            return StepVerdict(step, "error", notes=(Message(value.key, {}, value.text),))
        if value.shape != truth.shape:
            text = f"the answer has the shape {value.shape}, and the gradient by {step} has {truth.shape}"
            return StepVerdict(step, "shape", notes=(Message("shape", {}, text),))
    same = all(np.allclose(v, t, rtol=1e-9, atol=1e-12) for v, t in zip(values, truths, strict=True))
    return StepVerdict(step, "right" if same else "wrong")
