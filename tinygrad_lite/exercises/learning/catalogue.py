"""Which exercises a learner's folder has: those of the lecture, and those that were added to it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import PATH, from_file, random_exercise
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.path.files import parts


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
    added = [Entry(id, None, str(r["title"]), tuple(r["asked"])) for id, r in made.items()]
    return own + added


def named(text: str, known: Sequence[Entry]) -> Entry:
    """The exercise that a learner means: by its number, its id, or its file. Raises ExerciseError for no such one.

    >>> named("exercises/01_first_step.py", entries({})).id == named("1", entries({})).id == "first-step"
    True
    """
    word = Path(text.replace("\\", "/")).name.removesuffix(".py")
    number, _, rest = word.partition("_")
    slug = rest if number.isdecimal() else word
    for entry in known:
        by_number = entry.number is not None and word.isascii() and word.isdecimal() and int(word[:9]) == entry.number
        if by_number or entry.id in (word, word.replace("_", "-"), slug.replace("_", "-")):
            return entry
    close = difflib.get_close_matches(word.replace("_", "-"), [entry.id for entry in known], 1)
    meant = f" Did you mean {close[0]}?" if close else ""
    raise ExerciseError(f"there is no exercise {text!r}.{meant} `tinygrad-lite learn list` shows all.")


def exercise(entry: Entry, made: Mapping[str, Mapping[str, Any]], folder: Path) -> Exercise:
    """The exercise itself; one that was added is made again, as it was made first."""
    if entry.number is not None:
        return PATH[entry.number - 1]
    own = made[entry.id]
    try:
        again = built(own["recipe"], folder)
    except (TypeError, KeyError, AttributeError) as error:
        raise ExerciseError(f"how exercise {entry} was made cannot be read any more. Your answers stay.") from error
    if "random" in own["recipe"] and again.source != own["source"]:
        raise ExerciseError(
            f"exercise {entry} was made by another version of tinygrad_lite, and this one makes another of the same seed. "
            f"Your answers stay in {entry.name}; `tinygrad-lite learn new --random` makes a new exercise."
        )
    return again


def built(recipe: Mapping[str, Any], folder: Path) -> Exercise:
    """An exercise from what the state says of it: {"random": {"seed": 3}} or {"from": "FILE.py:COST"}.

    random: what random_exercise takes. from: with "steps" and "seed" where they were given; a path begins at the folder.
    """
    if "random" in recipe:
        return random_exercise(**recipe["random"])
    file, name = parts(recipe["from"])
    return from_file(_joined(os.path.normpath(folder / file), name), steps=recipe.get("steps"), seed=recipe.get("seed"))


def new_id(id: str, known: Sequence[Entry], folder: Path) -> str:
    """An id for an exercise that is added: no other has it, and no file has its name yet."""
    plain = f"exercise-{id}" if id[0].isdecimal() else id  # a number is the place of an exercise in the path
    taken = {entry.id.lower() for entry in known}
    for name in chain([plain], (f"{plain}-{n}" for n in count(2))):
        if name.lower() not in taken and not (folder / Entry(name, None, "", ()).name).exists():
            return name
    raise AssertionError("some number is free")


def seen_from(folder: Path, source: str) -> str:
    """FILE.py:COST, typed here, as it is called from a folder that may be moved together with the file."""
    file, name = parts(source)
    try:
        return _joined(os.path.relpath(file, folder), name)
    except ValueError:  # on another drive
        return _joined(os.path.abspath(file), name)


def _joined(file: str, name: str) -> str:
    return f"{file}:{name}" if name else file
