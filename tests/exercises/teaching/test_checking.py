"""Whether an exercise is fit to be handed out."""

from __future__ import annotations

import tinygrad_lite as tg
from tinygrad_lite.exercises import Exercise
from tinygrad_lite.exercises.teaching.checking import findings


def wrong(exercise: Exercise) -> list[str]:
    return [found.what for found in findings(exercise) if not found.right]


def test_an_exercise_of_one_neuron_is_fit() -> None:
    def neuron(w, x, b, y):  # type: ignore[no-untyped-def]
        z = w * x + b
        a = tg.sigmoid(z)
        return (y - a) ** 2 / 2

    assert wrong(Exercise(neuron, "a z w b", text="Begin at the cost.")) == []


def test_a_step_that_is_not_there_is_said() -> None:
    assert wrong(Exercise(lambda w: w**2, "v")) == ["points"]
