"""Hints of three levels, and the solution: lines of the derivation."""

from __future__ import annotations

from tinygrad_lite.derivations.step import Step
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.showing.statement import Derived


def lines(exercise: Derived, step: str) -> list[Step]:
    """The lines of the derivation that end in the gradient by a step."""
    if step not in exercise.steps:
        raise ExerciseError(f"{step!r} is no step of this exercise; the steps are {', '.join(exercise.steps)}.")
    return [line for line in exercise.derivation.steps if line.between[-1] == step]


def hint(exercise: Derived, step: str, level: int) -> str:
    """1: the reason. 2: the rule with its local derivative. 3: the line."""
    own = lines(exercise, step)
    return {1: own[0].reason, 2: str(own[0]), 3: str(own[-1])}[level]


def solution(exercise: Derived, step: str | None) -> str:
    """The lines of one step, or of all."""
    chosen = exercise.steps if step is None else (step,)
    return "\n".join(str(line) for each in chosen for line in lines(exercise, each))
