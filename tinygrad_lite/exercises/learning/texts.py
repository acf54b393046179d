"""What a learner reads of the folder: the list, the progress, where to go on. Lines of at least 40 columns."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinygrad_lite.exercises.judging.verdict import Verdict
from tinygrad_lite.exercises.learning.catalogue import Entry
from tinygrad_lite.exercises.learning.folder import LEVELS, Folder, Hint
from tinygrad_lite.exercises.learning.state import Work

SIGNS = {"right": "✓", "follows": "✓", "wrong": "✗", "shape": "✗", "error": "✗", "missing": "·"}
"""A sign for the outcome of a step."""


def where(path: Path) -> str:
    """A path as it is typed from here, where that is shorter."""
    try:
        return min((os.path.relpath(path), str(path)), key=len)
    except ValueError:  # on another drive
        return str(path)


def standing(work: Work) -> str:
    """right, partly or not begun."""
    if work.solved:
        return "right"
    return "partly" if any(outcome != "missing" for outcome in work.steps.values()) else "not begun"


def listing(folder: Folder, width: int) -> Iterator[str]:
    """The exercises with their numbers; > is before the current one, ✓ before those that are right."""
    current, known = folder.entry(), folder.entries
    longest = max(len(_label(entry)) for entry in known)
    for entry in known:
        sign = {"right": "✓", "partly": "◐", "not begun": " "}[standing(folder.work(entry))]
        start = f"{'>' if entry == current else ' '} {sign} {_label(entry):>{longest}}  "
        yield from textwrap.wrap(entry.title, width, initial_indent=start, subsequent_indent=" " * len(start))


def _label(entry: Entry) -> str:
    return entry.id if entry.number is None else str(entry.number)


def progress(folder: Folder, width: int) -> Iterator[str]:
    """How many exercises are right, and for each that was begun a sign for each step, and what helped."""
    known = folder.entries
    works = {entry: folder.work(entry) for entry in known}
    right = sum(work.solved for work in works.values())
    partly = sum(standing(work) == "partly" for work in works.values())
    yield f"{right} of {len(known)} exercises right, {partly} begun, {len(known) - right - partly} to go"
    begun = [entry for entry in known if standing(works[entry]) != "not begun" or works[entry].hints]
    if begun:
        yield ""
    longest = max((len(_label(entry)) for entry in begun), default=0)
    for entry in begun:
        work = works[entry]
        signs = "".join(SIGNS.get(work.steps.get(step, "missing"), "·") for step in entry.steps)
        hints = sum(work.hints.values())
        notes = [signs]
        if work.solved and set(signs) != {"✓"}:
            notes.append("was right before")
        if hints:
            notes.append(f"{hints} hint{'s' * (hints > 1)}")
        if work.shown:
            notes.append("solution shown")
        start = f"  {_label(entry):>{longest}}  "
        below = " " * len(start)
        yield from textwrap.wrap(entry.title, width, initial_indent=start, subsequent_indent=below)
        yield from textwrap.wrap(", ".join(notes), width, initial_indent=below, subsequent_indent=below)


def invitation(folder: Folder, entry: Entry, width: int) -> Iterator[str]:
    """What an exercise is about, and what to do with it."""
    place = f"Exercise {entry.number}" if entry.number is not None else f"Exercise {entry.id}"
    yield from textwrap.wrap(f"{place}: {entry.title}", width)
    yield f"  Open   {where(folder.file(entry))}"
    yield "  Check  tinygrad-lite learn check"


def hinted(hint: Hint, width: int) -> Iterator[str]:
    """A hint, and how much more there is."""
    yield f"Hint {hint.level} of {LEVELS} for d{hint.step}:"
    for line in hint.text.splitlines():
        yield from textwrap.wrap(line, width, initial_indent="  ", subsequent_indent="      ") or [""]
    yield "Again for more: tinygrad-lite learn hint" if hint.level < LEVELS else "That is the line itself."


def checked(folder: Folder, entry: Entry, verdict: Verdict, width: int, color: bool) -> Iterator[str]:
    """The verdict, and what can be done now."""
    yield from textwrap.wrap(f"Exercise {entry}: {where(folder.file(entry))}", width)
    for step in verdict.steps:
        yield f"{SIGNS[step.outcome]} d{step.step}: {step.outcome}"
        for message in (*((step.slip,) if step.slip else ()), *step.notes):
            yield from textwrap.wrap(message.text, width, initial_indent="    ", subsequent_indent="    ")
    yield ""
    if not verdict.right:
        yield "Stuck? tinygrad-lite learn hint"
    elif folder.following() is None:
        yield "That was the last: all exercises are right."
    else:
        yield "Go on: tinygrad-lite learn next"


def as_dict(folder: Folder, entry: Entry) -> dict[str, Any]:
    """An exercise and the work on it, for programs."""
    work = folder.work(entry)
    return {
        "id": entry.id, "number": entry.number, "title": entry.title, "file": str(folder.file(entry)),
        "current": entry == folder.entry(), "standing": standing(work), "solved": work.solved,
        "steps": {step: work.steps.get(step, "missing") for step in entry.steps},
        "hints": work.hints, "solution_shown": work.shown,
    }  # fmt: skip
