"""The state of a learner's work: one small file in the folder.

Two commands may write at once, `watch` in one terminal and `check` in another: each reads the file again, makes its own
change and writes the whole, one after the other, so that no change is lost.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.whole_files import kept_aside, write_whole

STATE = ".tinygrad-lite.json"
VERSION = 1


@dataclass
class Work:
    """What is known of the work on one exercise.

    steps: the outcome of each step when it was checked last. checked: a hash of the answers that were checked.
    hints: the deepest hint that was shown, by step. solved: whether all steps were right at some time.
    shown: whether the solution was asked for before that.
    """

    steps: dict[str, str] = field(default_factory=dict)
    checked: str = ""
    hints: dict[str, int] = field(default_factory=dict)
    solved: bool = False
    shown: bool = False


@dataclass
class State:
    """current: the id of the exercise that is worked on. work: by id. made: the exercises that were added, by id:
    their title, the steps that are asked for, the recipe by which they are made again, and the source of their cost.
    """

    current: str = ""
    work: dict[str, Work] = field(default_factory=dict)
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, id: str) -> Work:
        """The work on an exercise, which a change may write to."""
        return self.work.setdefault(id, Work())


class Store:
    """The state in its file. notes: what a learner must be told of it: a broken file, a folder that is read-only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        self._unsaved: State | None = None

    def read(self) -> State:
        """The state as it is now. A file that is broken is kept aside, said in the notes, and begun anew."""
        if self._unsaved is not None:
            return self._unsaved
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return State()
        except UnicodeDecodeError:
            text = ""
        try:
            return _parsed(json.loads(text))
        except ExerciseError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
            self._set_aside()
            return State()

    def update(self, change: Callable[[State], None]) -> State:
        """Make a change to the state and write it; raises OSError where that is not possible."""
        with _alone(self.path.parent):
            state = self.read()
            change(state)
            write_whole(self.path, _written(state))
            self._unsaved = None
        return state

    def note(self, change: Callable[[State], None]) -> State:
        """As update, but a folder that cannot be written only leaves a note: the work goes on without it."""
        try:
            return self.update(change)
        except OSError as error:
            said = f"Your progress cannot be kept in {self.path}: {error.strerror or error}."
            if said not in self.notes:
                self.notes.append(said)
            self._unsaved = self.read()
            change(self._unsaved)
            return self._unsaved

    def _set_aside(self) -> None:
        try:
            backup = kept_aside(self.path)
            write_whole(self.path, _written(State()))
        except OSError as error:
            self._unsaved = State()
            self.notes.append(f"{self.path} cannot be read, and stays as it is: {error.strerror or error}.")
        else:
            self.notes.append(
                f"{self.path.name} could not be read; it is kept as {backup.name}, and progress begins anew. "
                "Your answers are as they were."
            )


def _written(state: State) -> str:
    return json.dumps({"version": VERSION, **asdict(state)}, ensure_ascii=False, indent=1) + "\n"


def _parsed(data: Any) -> State:
    """The state that was written; raises ValueError and the like for anything else."""
    if int(data["version"]) > VERSION:
        raise ExerciseError(
            f"{STATE} was written by a later tinygrad-lite (its version is {data['version']}, and {VERSION} is known "
            "here). Upgrade: pip install -U tinygrad-lite"
        )
    return State(
        current=_of(str, data["current"]),
        work={_of(str, id): _work(work) for id, work in data["work"].items()},
        made={_of(str, id): _made(added) for id, added in data["made"].items()},
    )


def _work(data: Any) -> Work:
    empty = Work()
    work = Work(**{f.name: _of(type(getattr(empty, f.name)), data[f.name]) for f in fields(Work)})
    for outcome in work.steps.values():
        _of(str, outcome)
    for level in work.hints.values():
        _of(int, level)
    return work


def _made(data: Any) -> dict[str, Any]:
    made = {"title": str, "asked": list, "recipe": dict, "source": str}
    return {name: _of(kind, data[name]) for name, kind in made.items()}


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock on a folder, where the system has locks; elsewhere a change is written right after it is read."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
