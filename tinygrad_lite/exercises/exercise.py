"""Exercise: a cost, the gradients that are asked for, and everything that a learner asks of it."""

from __future__ import annotations

from typing import Any

from tinygrad_lite.exercises.judging.judge import judged
from tinygrad_lite.exercises.judging.verdict import Verdict
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.showing import hints, statement


class Exercise(Definition):
    __doc__ = Definition.__doc__

    def check(self, /, **answers: Any) -> Verdict:
        """Judge answers: a text or a function for each step, as in check(dz2="(a2 - y)/m", db2=lambda a2, y: …).

        A step is written with a d before its name; letters after it say the order of the axes, as in dW1_jk.
        Raises ExerciseError for a step that is not asked for.
        """
        return judged(self, answers)

    def statement(self) -> str:
        """What is given and what is asked, as text."""
        return statement.text(self)

    def hint(self, step: str, level: int) -> str:
        """A hint for a step: 1 says why, 2 the rule with its local derivative, 3 the line itself."""
        return hints.hint(self, step, level)

    def solution(self, step: str | None = None) -> str:
        """The lines of the derivation of one step, or of all."""
        return hints.solution(self, step)
