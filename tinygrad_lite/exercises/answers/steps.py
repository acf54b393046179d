"""Which step an answer is for: dW1_jk is the gradient by W1, with its axes in the order j, k."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_lite.errors import ExerciseError


def step_of(left: str, steps: Sequence[str]) -> tuple[str, str]:
    """The step that a left side such as dW1_jk is about, and its letters.

    Raises ExerciseError where no step has this name.

    >>> step_of("dW1_jk", ["z2", "W1"])
    ('W1', 'jk')
    """
    name, _, letters = left.rpartition("_")
    for whole, own in ((left, ""), (name, letters)):
        for step in steps:
            if whole == f"d{step}" or whole in _spellings(step):
                return step, own
    listed = ", ".join(f"d{step}" for step in steps)
    raise ExerciseError(f"no step of this exercise is answered by {left!r}; the steps are {listed}.")


def _spellings(step: str) -> tuple[str, ...]:
    """Other names of a gradient in Python: dC_dz2, and delta2 for dz2."""
    partial = f"dC_d{step}"
    return (partial, f"delta{step[1:]}") if step[:1] == "z" else (partial,)
