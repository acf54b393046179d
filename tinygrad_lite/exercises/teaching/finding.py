"""The exercise that a teacher names: one of the path, or one in a file."""

from __future__ import annotations

from tinygrad_lite.exercises import load
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.path.files import from_file


def exercise_named(spec: str) -> Exercise:
    """The exercise with this id of the path, or that of a file, given as FILE.py:NAME, or FILE.py where it has one.

    Raises ExerciseError where there is none, or several and none is named.

    >>> exercise_named("one-neuron")
    <exercise one-neuron: a z w b>
    """
    return from_file(spec) if spec.endswith(".py") or ".py:" in spec else load(spec)
