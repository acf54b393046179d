"""Answers as numbers: right ones that were changed a little or much, and slips that are not quite slips."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.exercises.hand.wrong_answers import Wrong
from tinygrad_lite.exercises import Exercise, StepVerdict
from tinygrad_lite.exercises.answers.kinds import Computed, Formula, Trouble
from tinygrad_lite.exercises.answers.reading import numbers

Arrays = list[Any]


def truths(exercise: Exercise, step: str) -> Arrays:
    """The right gradients at all points, the unseen ones last."""
    return [np.array(p.truth[step], dtype=float) for p in (*exercise.points, *exercise.unseen)]


def judged(exercise: Exercise, step: str, values: Arrays) -> StepVerdict:
    """The verdict on an answer that gives these numbers."""
    return exercise.check(**{f"d{step}": Computed(dict(enumerate(values)))})[step]


def perturbed(rng: np.random.Generator, exercise: Exercise, step: str) -> tuple[str, Arrays]:
    """The right gradients, changed at random in one of several ways, and which."""
    right = truths(exercise, step)
    size = [max(float(np.abs(t).max(initial=0)), 1e-3) for t in right]
    way = rng.choice(["factor", "factors", "noise", "one element", "one point", "blend", "other numbers", "power"])
    if way == "factor":
        factor = float(rng.uniform(0.1, 3)) + 1e-3 * np.pi
        return way, [t * factor for t in right]
    if way == "factors":
        return way, [t * rng.uniform(0.5, 1.5, t.shape) for t in right]
    if way == "noise":
        by = 10.0 ** rng.uniform(-6, 0)
        return way, [
            t + by * s * rng.choice([-1, 1], t.shape) * rng.uniform(0.5, 1, t.shape)
            for t, s in zip(right, size, strict=True)
        ]
    if way == "one element":
        for t, s in zip(right, size, strict=True):
            place = np.unravel_index(np.abs(t).argmax(), t.shape) if t.shape else ()
            t[place] += 1e-6 * max(abs(float(t[place])), 1e-3 * s)
        return way, right
    if way == "one point":
        place = int(rng.integers(4))
        right[place] = right[place] * 1.25 + 1e-3 * size[place]
        return way, right
    if way == "blend":
        c, d = rng.uniform(0.3, 0.9, 2)
        return way, [
            c * t + d * s * np.cos(np.arange(t.size).reshape(t.shape) + 1) for t, s in zip(right, size, strict=True)
        ]
    if way == "power":
        by = float(rng.uniform(1.1, 2.9))
        return way, [np.sign(t) * np.abs(t) ** by * 1.1 for t in right]
    return way, [rng.normal(size=t.shape) * s for t, s in zip(right, size, strict=True)]


def values_of(wrong: Wrong, exercise: Exercise) -> Arrays:
    """The numbers of a wrong answer at all points; none of an answer that is not read."""
    points = [*exercise.points, *exercise.unseen]
    above = exercise.steps[: exercise.steps.index(wrong.step)]
    earlier = [{s: p.truth[s] for s in above} for p in points]
    answer = Formula(wrong.text, wrong.left) if isinstance(wrong.answer, str) else wrong.answer
    found = numbers(answer, exercise, wrong.step, points, earlier)
    return [] if any(isinstance(value, Trouble) for value in found) else found


def noisy(rng: np.random.Generator, value: Any, by: float) -> Any:
    """The numbers with a relative error of about this size in each."""
    return np.asarray(value) * (1 + by * rng.choice([-1, 1], np.shape(value)) * rng.uniform(0.5, 1, np.shape(value)))
