"""How many points an answer gets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tinygrad_lite.errors import ExerciseError

FOLLOWS = 0.5
"""The share of a step's points for one that follows from the learner's own gradient above, which is not right."""


@dataclass(frozen=True)
class Points:
    """The points of each step, 1 where nothing is said, and the share of them that a step gets which follows.

    steps: by "dz2", or "two-layers:dz2" for one exercise alone.
    """

    steps: Mapping[str, float] = field(default_factory=dict)
    follows: float = FOLLOWS

    def most(self, exercise: str, step: str) -> float:
        """What a step that is right gets."""
        return self.steps.get(f"{exercise}:d{step}", self.steps.get(f"d{step}", 1.0))

    def of(self, exercise: str, step: str, outcome: str) -> float:
        """What a step gets."""
        return self.most(exercise, step) * {"right": 1.0, "follows": self.follows}.get(outcome, 0.0)

    def __str__(self) -> str:
        return ",".join([*(f"{name}={value:g}" for name, value in self.steps.items()), f"follows={self.follows:g}"])


def read_points(text: str, steps: Mapping[str, Sequence[str]]) -> Points:
    """The points that a text such as "dz2=2,two-layers:dW1=3,follows=0.5" gives.

    steps: the steps of each exercise by its id. Raises ExerciseError for what is not to be understood.

    >>> str(read_points("dz2=2", {"two-layers": ["z2", "W2"]}))
    'dz2=2,follows=0.5'
    """
    known = {left for id, own in steps.items() for step in own for left in (f"d{step}", f"{id}:d{step}")}
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = (piece.strip() for piece in part.partition("="))
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= 0):
            raise ExerciseError(f"--points: {part!r} gives no number of points. Write dz2=2, or follows=0.5.")
        if name != "follows" and name not in known:
            listed = ", ".join(f"d{step}" for own in steps.values() for step in own)
            raise ExerciseError(f"--points: no step is called {name!r}; there are {listed}, and follows.")
        if name == "follows" and value > 1:
            raise ExerciseError(f"--points: follows is a share of a step's points, from 0 to 1; got {number}.")
        found[name] = value
    return Points({name: value for name, value in found.items() if name != "follows"}, found.get("follows", FOLLOWS))
