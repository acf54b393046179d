"""Exercise: a cost, the gradients that are asked for, and everything that a learner asks of it."""

from __future__ import annotations

from typing import Any

from tinygrad_lite.exercises.judging.judge import judged
from tinygrad_lite.exercises.judging.verdict import Verdict
from tinygrad_lite.exercises.making.definition import Definition


class Lines(str):
    """Text that Python's prompt and a notebook show line by line, without print."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Exercise(Definition):
    __doc__ = Definition.__doc__

    # What a check does not need is imported where it is used: it brings the derivation, which takes longer.

    def check(self, /, **answers: Any) -> Verdict:
        """Judge answers: a text or a function for each step, as in check(dz2="(a2 - y)/m", db2=lambda a2, y: …).

        A step is written with a d before its name; letters after it say the order of the axes, as in dW1_jk.
        Raises ExerciseError for a step that is not asked for.

        >>> from tinygrad_lite.exercises import load
        >>> load("one-neuron").check(da="a − y", dz="da x")["z"].outcome
        'wrong'
        """
        from tinygrad_lite.exercises.showing.shown import ShownVerdict

        verdict = judged(self, answers)
        return ShownVerdict(verdict.id, verdict.steps, self)

    def statement(self, width: int = 80) -> str:
        """What is given and what is asked, as text."""
        from tinygrad_lite.exercises.showing import statement

        return Lines(statement.text(self, width))

    def __str__(self) -> str:
        return self.statement()

    def hint(self, step: str, level: int = 1) -> str:
        """A hint for a step, "z2" or "dz2": 1 says why, 2 the rule with its local derivative, 3 the line itself.

        Raises ExerciseError for another step or level.

        >>> from tinygrad_lite.exercises import load
        >>> load("one-neuron").hint("z", 3)
        ∂C/∂z = (a − y) a (1 − a)
        """
        from tinygrad_lite.exercises.showing import hints

        return Lines(hints.hint(self, self._step(step), level))

    def solution(self, step: str | None = None, width: int = 80) -> str:
        """The lines of the derivation of one step, "z2" or "dz2", or of all, with their reasons."""
        from tinygrad_lite.exercises.showing import hints

        return Lines(hints.solution(self, None if step is None else self._step(step), width))

    def _step(self, name: str) -> str:
        """A step that may be called as its answer is."""
        return name[1:] if name not in self.steps and name[:1] == "d" and name[1:] in self.steps else name

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from tinygrad_lite.exercises.showing.shown import bundle

        return bundle(self)
