"""Whether the answers of an exercise are right, step by step from the cost down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.answers.kinds import MISSING, Computed, Formula, Trouble
from tinygrad_lite.exercises.answers.reading import numbers, steps_used
from tinygrad_lite.exercises.answers.steps import step_of
from tinygrad_lite.exercises.judging.comparing import is_single
from tinygrad_lite.exercises.judging.describing import not_finite, other_shape, unknown
from tinygrad_lite.exercises.judging.explaining import Notes, explained
from tinygrad_lite.exercises.judging.saturated import Flat
from tinygrad_lite.exercises.judging.verdict import Outcome, StepVerdict, Verdict
from tinygrad_lite.exercises.judging.work import Work
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.slips.diagnosis import diagnosed
from tinygrad_lite.tensor.tensor import Tensor


def judged(exercise: Definition, answers: Mapping[str, Any]) -> Verdict:
    """The verdict on the answers, by left side such as "dz2" or "dW1_jk"; each a text or another Answer.

    The first wrong step is judged by the gradient, and a later one also by what follows from the learner's own.
    Raises ExerciseError for a left side that no step has, and for two answers of one step.
    """
    given = _asked(exercise, answers)
    judge = _Judge(exercise)
    verdicts: list[StepVerdict] = []
    for step in exercise.steps:
        verdicts.append(judge.step(step, given.get(step)))
        if verdicts[-1].outcome != "right":
            judge.unsolved.append(step)
    return Verdict(exercise.id, tuple(verdicts))


def _asked(exercise: Definition, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of each step, without those that are not there yet."""
    found: dict[str, Any] = {}
    lefts: dict[str, str] = {}
    for left, answer in answers.items():
        step, _ = step_of(left, exercise.steps)
        if step in lefts:
            raise ExerciseError(f"{lefts[step]} and {left} are both answers for one step; keep one of them.")
        lefts[step] = left
        answer = Formula(answer, left) if isinstance(answer, str) else answer
        if answer is None or answer is ... or (isinstance(answer, Formula) and answer.text.strip() in MISSING):
            continue
        found[step] = _answer(answer, left, step)
    return found


def _answer(answer: Any, left: str, step: str) -> Any:
    """One of the kinds of answers; Trouble for what is none."""
    if isinstance(answer, Formula):
        return answer if answer.left else replace(answer, left=left)
    if isinstance(answer, Computed | Trouble):
        return answer
    if isinstance(answer, int | float | np.integer | np.floating):
        return Formula(repr(float(answer)), left)
    if isinstance(answer, np.ndarray | Tensor | list | tuple):
        return Trouble(
            "type",
            f'these are numbers, and the gradient is asked for at any numbers: give a formula, as in {left}="(a - y)/m", '
            "or a function of the named values, as in lambda a, y, m: (a - y)/m.",
        )
    if callable(answer):
        return answer
    return Trouble("type", f"d{step} is answered by a text or a function; got {type(answer).__name__}.")


class _Judge:
    """Judges one step after another, and keeps what the learner goes on from."""

    def __init__(self, exercise: Definition) -> None:
        self.exercise = exercise
        self.work = Work(exercise)
        self.flat = Flat(exercise)
        self.unsolved: list[str] = []  # steps so far: the derivation's form of a later step may give away one of these

    def step(self, step: str, answer: Any) -> StepVerdict:
        """The verdict on one step."""
        if answer is None:
            return StepVerdict(step, "missing")
        values = numbers(answer, self.exercise, step, self.work.points, self.work.own)
        trouble = next((v for v in values if isinstance(v, Trouble)), None)
        if trouble is not None:
            outcome: Outcome = "shape" if trouble.key == "shape" else "error"
            line = {} if trouble.line is None else {"line": str(trouble.line)}
            return StepVerdict(step, outcome, notes=(Message(trouble.key, {"step": step, **line}, trouble.text),))
        shape = other_shape(step, values, self.work.points)
        if shape is not None:
            return StepVerdict(step, "shape", self.slip(step, answer, values), (shape,))
        infinite = not_finite(step, values, self.work.points)
        if infinite is not None:
            return StepVerdict(step, "error", notes=(infinite,))
        return self.numbers(step, answer, values)

    def numbers(self, step: str, answer: Any, values: Sequence[Any]) -> StepVerdict:
        """The verdict on numbers of the right shape."""
        right = self.work.is_right(step, values)
        given = () if right else self.work.followed(step, values)
        slip = None if right or given else self.slip(step, answer, values)
        self.work.add(step, values, right)
        if right or given:
            made = self.remarks(step, values)
            unsolved = tuple(self.unsolved) if right else None
            notes = Notes(made, partial(explained, self.exercise, step, answer, unsolved, self.flat))
            return StepVerdict(step, "right" if right else "follows", notes=notes, given=given)
        if slip is not None:
            return StepVerdict(step, "wrong", slip)
        return StepVerdict(step, "wrong", notes=(unknown(step, values, self.work.points),))

    def slip(self, step: str, answer: Any, values: Sequence[Any]) -> Message | None:
        """The slip that was made, where it is known; zeros come from any rule with any factor 0."""
        if not any(np.any(value) for value in values):
            return None
        given = self.work.given(step)
        used = [other for other in steps_used(answer, self.exercise, step) if other in given]
        return diagnosed(self.exercise, step, values, {other: given[other] for other in used or given})

    def remarks(self, step: str, values: Sequence[Any]) -> list[Message]:
        """What is worth saying of a right answer at once."""
        found = []
        if any(map(is_single, values)):
            text = "computed in float32, so it was compared to three digits only"
            found.append(Message("float32", {"step": step}, text))
        return found
