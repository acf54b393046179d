"""What a learner reads of the folder: the list, the progress, where to go on. Lines of at least 40 columns."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygrad_lite.exercises.learning.catalogue import Entry
from tinygrad_lite.exercises.learning.folder import LEVELS, Check, Folder, Hint
from tinygrad_lite.exercises.learning.state import Work
from tinygrad_lite.exercises.showing import verdicts
from tinygrad_lite.exercises.showing.signs import SIGNS
from tinygrad_lite.wrapping import wrapped


@dataclass(frozen=True)
class Ways:
    """How a learner does things where a text is read: by commands, or by keys."""

    check: str = "tinygrad-lite learn check"
    hint: str = "tinygrad-lite learn hint"
    next: str = "tinygrad-lite learn next"


KEYS = Ways(check="save the file", hint="press h", next="press n")

_SIGNS = {str(outcome): sign for outcome, sign in SIGNS.items()}

ALL_RIGHT = "All exercises are right. tinygrad-lite learn new --random makes another one."


def where(path: Path) -> str:
    """A path as it is typed from here, where that is shorter."""
    try:
        return min((os.path.relpath(path), str(path)), key=len)
    except ValueError:  # on another drive
        return str(path)


def unreadable(said: str, width: int) -> list[str]:
    """Why a file cannot be judged: sentences wrapped, and lines of the file as they are, for what stands below them."""
    return [
        line for own in said.splitlines() for line in ([own] if own.startswith(" ") or not own else wrapped(own, width))
    ]


def standing(work: Work) -> str:
    """right, partly or not begun."""
    if work.solved:
        return "right"
    return "partly" if any(outcome != "missing" for outcome in work.steps.values()) else "not begun"


def listing(folder: Folder, width: int) -> Iterator[str]:
    """The exercises with their numbers; > is before the current one, ✓ before those that are right."""
    current, known = folder.entry(), folder.entries
    longest = _longest(known)
    for entry in known:
        sign = {"right": "✓", "partly": "◐", "not begun": " "}[standing(folder.work(entry))]
        start = f"{'>' if entry == current else ' '} {sign} {_label(entry):>{longest}}  "
        below = " " * (longest + 6)
        if len(start) > width // 2:  # the id of an added exercise, which leaves no room beside it
            yield start.rstrip()
            start = below
        yield from wrapped(entry.title, width, start, below)


def _longest(known: Iterable[Entry]) -> int:
    """How wide numbers are; the id of an added exercise stands out beyond them."""
    return max((len(_label(entry)) for entry in known if entry.number is not None), default=0)


def _label(entry: Entry) -> str:
    return entry.id if entry.number is None else str(entry.number)


def progress(folder: Folder, width: int) -> Iterator[str]:
    """How many exercises are right, and for each that was begun a sign for each step, and what helped."""
    known = folder.entries
    works = {entry: folder.work(entry) for entry in known}
    right = sum(work.solved for work in works.values())
    partly = sum(standing(work) == "partly" for work in works.values())
    yield f"{right} of {len(known)} exercises right, {partly} begun, {len(known) - right - partly} to go"
    begun = [e for e in known if standing(works[e]) != "not begun" or works[e].hints or works[e].shown]
    if begun:
        yield ""
    longest = _longest(begun)
    steps = max((len(entry.steps) for entry in begun), default=0)
    for entry in begun:
        signs = "".join(_SIGNS.get(works[entry].steps.get(step, "missing"), "?") for step in entry.steps)
        start = f"  {_label(entry):>{longest}}  {signs:{steps}}  "
        helped = "; ".join([entry.title, *_help(entry, works[entry])])
        yield from wrapped(helped, width, start, " " * (longest + steps + 6))


def _help(entry: Entry, work: Work) -> Iterator[str]:
    """What is worth saying of the work on an exercise besides the outcome of its steps."""
    if work.solved and any(work.steps.get(step) != "right" for step in entry.steps):
        yield "was right before"
    if hints := sum(work.hints.values()):
        yield f"{hints} hint{'s' * (hints > 1)}"
    if work.shown:
        yield "solution shown"


def invitation(folder: Folder, entry: Entry, width: int, ways: Ways = Ways()) -> Iterator[str]:
    """What an exercise is about, and what to do with it."""
    place = f"Exercise {entry.number}" if entry.number is not None else f"Exercise {entry.id}"
    yield from wrapped(f"{place}: {entry.title}", width)
    yield f"  Open   {where(folder.file(entry))}"
    yield f"  Check  {ways.check}"


def hinted(hint: Hint, width: int, ways: Ways = Ways()) -> Iterator[str]:
    """A hint, and how much more there is."""
    yield f"Hint {hint.level} of {LEVELS} for d{hint.step}:"
    for line in hint.text.splitlines():
        yield from wrapped(line, width, "  ", "      ") or [""]
    yield f"More: {ways.hint}" if hint.level < LEVELS else "That is the line itself."


def checked(folder: Folder, check: Check, width: int, color: bool, ways: Ways = Ways()) -> Iterator[str]:
    """The verdict, and what can be done now."""
    verdict = check.verdict
    yield from wrapped(f"Exercise {check.entry}: {where(folder.file(check.entry))}", width)
    for note in check.notes:
        yield from wrapped(note, width)
    if check.printed:
        yield "Your code printed:"
        for line in check.printed.splitlines():
            yield from wrapped(line, width, "  ", "  ")
    yield ""
    yield from verdicts.text(verdict, width, color).splitlines()
    if not verdict.right:
        yield f"Stuck? {ways.hint}"
    elif folder.following() is None:
        yield ALL_RIGHT
    else:
        yield f"Go on: {ways.next}"


def was_reset(folder: Folder, entry: Entry, backup: Path | None) -> str:
    """That a file was written anew, and where the answers are."""
    kept = "" if backup is None else f" Your answers are kept in {where(backup)}."
    return f"{where(folder.file(entry))} is as it was at first.{kept}"


def as_dict(folder: Folder, entry: Entry) -> dict[str, Any]:
    """An exercise and the work on it, for programs."""
    work = folder.work(entry)
    return {
        "id": entry.id, "number": entry.number, "title": entry.title, "file": str(folder.file(entry)),
        "current": entry == folder.entry(), "standing": standing(work), "solved": work.solved,
        "steps": {step: work.steps.get(step, "missing") for step in entry.steps},
        "hints": work.hints, "solution_shown": work.shown,
    }  # fmt: skip
