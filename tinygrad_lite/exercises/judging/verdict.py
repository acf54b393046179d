"""What is said of an answer: data for programs, and sentences for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tinygrad_lite.exercises.message import Message

Outcome = Literal["right", "follows", "wrong", "shape", "error", "missing"]
"""right: equal to the gradient. follows: right, given the learner's own gradient above, which is not right.
wrong: has its shape and other values. shape: has another shape. error: gave no numbers. missing: not answered."""


@dataclass(frozen=True)
class StepVerdict:
    """What is said of one step.

    slip: the slip that was made, where it is known: the key is that of the table of slips, with " + " between two.
    notes: what else is worth saying: the reason of a right step, the derivation's form, a saturated form, a shape.
    given: the steps above whose wrong values were used, for "follows".

    See also: tg.exercises.Verdict, tg.exercises.Message.

    >>> from tinygrad_lite.exercises import load
    >>> step = load("one-neuron").check(da="y - a")["a"]
    >>> step.outcome, step.accepted, step.slip.key
    ('wrong', False, 'sign')
    """

    step: str
    outcome: Outcome
    slip: Message | None = None
    notes: Sequence[Message] = ()
    given: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the step itself was done right."""
        return self.outcome in ("right", "follows")


@dataclass(frozen=True)
class Verdict:
    """What is said of all steps of an exercise, in their order.

    See also: tg.exercises.StepVerdict, tg.exercises.Exercise.

    >>> from tinygrad_lite.exercises import load
    >>> verdict = load("one-neuron").check(da="a − y", dz="da")
    >>> verdict.right, verdict.first_wrong.step, verdict["a"].outcome
    (False, 'z', 'right')
    """

    id: str
    steps: tuple[StepVerdict, ...] = field(default=())

    @property
    def right(self) -> bool:
        """Whether every step is right."""
        return bool(self.steps) and all(step.outcome == "right" for step in self.steps)

    @property
    def first_wrong(self) -> StepVerdict | None:
        """Where the work goes on: the first answer that is not right, or else the first step that is not answered."""
        left = [s for s in self.steps if s.outcome != "right"]
        return min(left, key=lambda s: s.outcome == "missing", default=None)

    def __getitem__(self, step: str) -> StepVerdict:
        return {s.step: s for s in self.steps}[step]

    def __bool__(self) -> bool:
        return self.right

    def as_dict(self) -> dict[str, Any]:
        """The verdict as plain data, as --json prints it."""
        return {
            "id": self.id,
            "right": self.right,
            "steps": [
                {
                    "step": s.step,
                    "outcome": s.outcome,
                    "slip": _plain(s.slip),
                    "notes": [_plain(n) for n in s.notes],
                    "given": list(s.given),
                }
                for s in self.steps
            ],
        }


def _plain(message: Message | None) -> dict[str, Any] | None:
    if message is None:
        return None
    return {"key": message.key, "parameters": dict(message.parameters), "text": message.text}
