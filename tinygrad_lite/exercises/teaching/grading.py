"""One answer of one student, graded."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.judging.verdict import StepVerdict, Verdict
from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.sandbox.files import read
from tinygrad_lite.exercises.showing import verdicts


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

    steps: as in Verdict.as_dict. report: the verdict as a student reads it. notes: on the file. imports: libraries of automatic
    differentiation. protections: those that were active while the answer's code ran. seconds: what it took.
    """

    exercise: str
    steps: tuple[Mapping[str, Any], ...]
    report: str
    notes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    protections: tuple[str, ...] = ()
    seconds: float = 0.0


def graded(exercise: Exercise, task: Task) -> Graded:
    """Read an answer, judge it, and write down what is to be said of it."""
    began = time.perf_counter()
    try:
        answers = read(task.text, exercise, seconds=task.seconds)
        verdict = exercise.check(**answers)
    except TinygradLiteError as error:
        return failed(exercise.id, exercise.steps, "unreadable", str(error))
    return Graded(
        exercise.id, tuple(verdict.as_dict()["steps"]), f"{verdicts.text(verdict)}\n", answers.notes, answers.imports,
        answers.protections, time.perf_counter() - began,
    )  # fmt: skip


def failed(exercise: str, steps: tuple[str, ...], key: str, text: str) -> Graded:
    """An answer that cannot be judged at all: every step is an error, for this reason."""
    message = Message(key, {}, text)
    verdict = Verdict(exercise, tuple(StepVerdict(step, "error", notes=(message,)) for step in steps))
    return Graded(exercise, tuple(verdict.as_dict()["steps"]), f"This answer could not be judged: {text}\n")


def unanswered(exercise: str, steps: tuple[str, ...]) -> Graded:
    """No answer."""
    verdict = Verdict(exercise, tuple(StepVerdict(step, "missing") for step in steps))
    return Graded(exercise, tuple(verdict.as_dict()["steps"]), "There is no answer file for this exercise.\n")
