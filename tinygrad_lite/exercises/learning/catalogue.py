"""Which exercises a learner's folder has: those of the lecture, and those that were added to it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import PATH
from tinygrad_lite.exercises.exercise import Exercise


@dataclass(frozen=True)
class Entry:
    """An exercise of a folder. number: its place in the path; None for one that was added. name: of its file."""

    id: str
    number: int | None
    title: str
    steps: tuple[str, ...]

    @property
    def name(self) -> str:
        slug = self.id.replace("-", "_")
        return f"{slug}.py" if self.number is None else f"{self.number:02d}_{slug}.py"

    def __str__(self) -> str:
        return self.id if self.number is None else f"{self.number} {self.id}"


def entries(made: Mapping[str, Mapping[str, Any]]) -> list[Entry]:
    """The exercises of the path, and after them those that were added."""
    own = [Entry(e.id, number, e.title, e.steps) for number, e in enumerate(PATH, 1)]
    added = [Entry(id, None, str(r.get("title", id)), tuple(r.get("steps", ()))) for id, r in made.items()]
    return own + added


def named(text: str, known: Sequence[Entry]) -> Entry:
    """The exercise that a learner means: by its number, its id, or its file. Raises ExerciseError for no such one.

    >>> named("exercises/01_one_neuron.py", entries({})).id == named("1", entries({})).id == "one-neuron"
    True
    """
    word = Path(text.replace("\\", "/")).name.removesuffix(".py")
    number, _, rest = word.partition("_")
    for entry in known:
        by_number = entry.number is not None and word.isascii() and word.isdecimal() and int(word[:9]) == entry.number
        slug = rest if number.isdecimal() else word
        if by_number or entry.id in (word, slug.replace("_", "-")):
            return entry
    close = difflib.get_close_matches(word.replace("_", "-"), [entry.id for entry in known], 1)
    meant = f" Did you mean {close[0]}?" if close else ""
    raise ExerciseError(f"there is no exercise {text!r}.{meant} `tinygrad-lite learn list` shows all.")


def exercise(entry: Entry, made: Mapping[str, Mapping[str, Any]], folder: Path) -> Exercise:
    """The exercise itself; one that was added is made again, as it was made first."""
    if entry.number is not None:
        return PATH[entry.number - 1]
    return built(made[entry.id], folder)


def built(recipe: Mapping[str, Any], folder: Path) -> Exercise:
    """An exercise from what the state says of it: {"random": {"seed": 3}} or {"from": "FILE.py:COST", "seed": 0}.

    A path that is not absolute begins at the folder.
    """
    raise ExerciseError("exercises cannot be added yet.")
