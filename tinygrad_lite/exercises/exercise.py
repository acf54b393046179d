"""Exercise: a cost, the gradients that are asked for, and everything that a learner asks of it."""

from __future__ import annotations

from typing import Any

from tinygrad_lite.exercises.judging.judge import judged
from tinygrad_lite.exercises.judging.verdict import Verdict
from tinygrad_lite.exercises.making.definition import Definition


class Exercise(Definition):
    __doc__ = Definition.__doc__

    # What a check does not need is imported where it is used: it brings the derivation, which takes longer.

    def check(self, /, **answers: Any) -> Verdict:
        """Judge answers: a text or a function for each step, as in check(dz2="(a2 - y)/m", db2=lambda a2, y: …).

        A step is written with a d before its name; letters after it say the order of the axes, as in dW1_jk.
        Raises ExerciseError for a step that is not asked for.
        """
        from tinygrad_lite.exercises.showing.shown import ShownVerdict

        verdict = judged(self, answers)
        return ShownVerdict(verdict.id, verdict.steps, self)

    def statement(self, width: int = 80) -> str:
        """What is given and what is asked, as text."""
        from tinygrad_lite.exercises.showing import statement

        return statement.text(self, width)

    def hint(self, step: str, level: int) -> str:
        """A hint for a step: 1 says why, 2 the rule with its local derivative, 3 the line itself."""
        from tinygrad_lite.exercises.showing import hints

        return hints.hint(self, step, level)

    def solution(self, step: str | None = None, width: int = 80) -> str:
        """The lines of the derivation of one step, or of all, with their reasons."""
        from tinygrad_lite.exercises.showing import hints

        return hints.solution(self, step, width)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from tinygrad_lite.exercises.showing.shown import bundle

        return bundle(self)
