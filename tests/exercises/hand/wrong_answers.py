"""Wrong answers as students write them, each with the slip that was made, and how they are judged.

An entry is (left side, answer, kinds, words). kinds: names of slips of our own, as in the design's table; " / " stands
between readings that are equally true, " + " between two slips of one answer. "nonsense" is a reading that nobody needs to name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.exercises.hand.costs import exercise
from tests.exercises.hand.names import KINDS
from tests.exercises.hand.wrong import fresh, layers, lecture, neurons, others, second, third
from tinygrad_lite.exercises import Message, StepVerdict

TABLES: tuple[dict[str, list[Any]], ...] = (
    neurons.WRONG,
    layers.WRONG,
    others.WRONG,
    lecture.WRONG,
    fresh.WRONG,
    second.WRONG,
    third.WRONG,
)


@dataclass(frozen=True)
class Wrong:
    """An answer that is wrong: where, what was typed, and the readings of it."""

    exercise: str
    left: str
    text: str
    kinds: tuple[str, ...]
    words: str = ""

    @property
    def nameable(self) -> bool:
        """Whether each reading is a slip."""
        return "nonsense" not in self.kinds

    @property
    def step(self) -> str:
        """The step that is answered."""
        return self.left[1:].partition("_")[0]

    @property
    def answer(self) -> Any:
        """What is given to check: a text, or the function that the text is."""
        return code(self.text)

    def __str__(self) -> str:
        return f"{self.exercise}: {self.left} = {self.text}"


def code(text: str) -> Any:
    """A function where the text is one, in NumPy; else the text."""
    return eval(text, {"np": np}) if text.startswith("lambda") else text


def wrong_answers() -> Iterator[Wrong]:
    """All of them."""
    for table in TABLES:
        for name, entries in table.items():
            for left, text, kinds, *words in entries:
                yield Wrong(name, left, text, tuple(kinds.split(" / ")), *words)


def judged(wrong: Wrong) -> StepVerdict:
    """What the exercise says of it."""
    try:
        return exercise(wrong.exercise).check(**{wrong.left: wrong.answer})[wrong.step]
    except Exception as error:  # a crash of the judge is an answer to be listed, too
        return StepVerdict(wrong.step, "error", notes=(Message("crashed", {}, f"{type(error).__name__}: {error}"),))


def rated(wrong: Wrong, said: StepVerdict) -> str:
    """accepted, named, misnamed, unknown, or refused (no numbers of the right shape, and no slip named)."""
    if said.accepted:
        return "accepted"
    if said.slip is not None:
        found = said.slip.key.split(" + ")
        rightly = any(
            len(found) == len(parts) and all(any(f in KINDS[p] for p in parts) for f in found)
            for parts in (kind.split(" + ") for kind in wrong.kinds if kind != "nonsense")
        )
        return "named" if rightly else "misnamed"
    return "unknown" if said.outcome == "wrong" else "refused"
