"""One answer of one student, graded."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.judging.verdict import Message, StepVerdict, Verdict


@dataclass(frozen=True)
class Task:
    """An answer to grade: the student, the exercise by its id, and the file. seconds: how long its code may run."""

    student: str
    exercise: str
    name: str
    text: str
    seconds: float


@dataclass(frozen=True)
class Graded:
    """What is known of an answer: plain data, which goes from one process to another.

    steps: as in Verdict.as_dict. report: the verdict as a student reads it. imports: libraries of automatic
    differentiation. protections: those that were active while the answer's code ran. seconds: what it took.
    """

    exercise: str
    steps: tuple[Mapping[str, Any], ...]
    report: str
    imports: tuple[str, ...] = ()
    protections: tuple[str, ...] = ()
    seconds: float = 0.0


def graded(exercise: Exercise, task: Task) -> Graded:
    """Read an answer, judge it, and write down what is to be said of it."""
    began = time.perf_counter()
    try:
        verdict = exercise.check(**_answers(task.text))
    except TinygradLiteError as error:
        return failed(exercise.id, exercise.steps, "unreadable", str(error))
    steps = tuple(verdict.as_dict()["steps"])
    return Graded(exercise.id, steps, _report(verdict), seconds=time.perf_counter() - began)


def failed(exercise: str, steps: tuple[str, ...], key: str, text: str) -> Graded:
    """An answer that cannot be judged at all: every step is an error, for this reason."""
    message = Message(key, {}, text)
    verdict = Verdict(exercise, tuple(StepVerdict(step, "error", notes=(message,)) for step in steps))
    return Graded(exercise, tuple(verdict.as_dict()["steps"]), f"This answer could not be judged: {text}\n")


def unanswered(exercise: str, steps: tuple[str, ...]) -> Graded:
    """No answer."""
    verdict = Verdict(exercise, tuple(StepVerdict(step, "missing") for step in steps))
    return Graded(exercise, tuple(verdict.as_dict()["steps"]), "There is no answer file for this exercise.\n")


def _answers(text: str) -> dict[str, str]:
    import ast

    from tinygrad_lite.errors import ExerciseError

    try:
        lines = ast.parse(text).body
    except SyntaxError as error:
        raise ExerciseError(f"line {error.lineno}: {error.msg}") from error
    return {
        line.targets[0].id: line.value.value
        for line in lines
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
        and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str) and line.value.value
    }  # fmt: skip


def _report(verdict: Verdict) -> str:
    lines = []
    for step in verdict.steps:
        said = [str(m) for m in (step.slip, *step.notes) if m is not None]
        lines.append("\n    ".join([f"d{step.step}: {step.outcome}", *said]))
    return "\n".join(lines) + "\n"
