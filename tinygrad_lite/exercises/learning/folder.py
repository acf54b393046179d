"""A learner's folder, and what can be done there: begin, check, go on, ask for hints and solutions, begin again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.judging.judge import judged
from tinygrad_lite.exercises.judging.verdict import Verdict
from tinygrad_lite.exercises.learning import catalogue
from tinygrad_lite.exercises.learning.catalogue import Entry, entries, named
from tinygrad_lite.exercises.learning.state import STATE, State, Store, Work
from tinygrad_lite.exercises.whole_files import beginning, kept_aside, write_new, write_whole
from tinygrad_lite.files import make_directory

LEVELS = 3
"""How many hints there are for a step; the last is the line itself."""


class UnreadableAnswer(ExerciseError):
    """A file of answers of which no step can be judged: it is no Python, or answers a step twice."""


@dataclass(frozen=True)
class Check:
    """What is said of the answers of an exercise. printed: what their code printed. notes: what is odd in the file."""

    entry: Entry
    verdict: Verdict
    printed: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Hint:
    """A hint for a step, and how deep it is: 1 to LEVELS."""

    entry: Entry
    step: str
    level: int
    text: str


class Folder:
    """A folder with a file of answers for each exercise. notes: what a learner must be told beside the results.

    Raises ExerciseError for what is not there, and OSError where files cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store(path / STATE)
        self._exercises: dict[str, Exercise] = {}

    @property
    def notes(self) -> list[str]:
        return self.store.notes

    # --- where the folder is, and what is in it -----------------------------------------------------------------

    @classmethod
    def around(cls, start: Path) -> Folder:
        """The folder that a learner stands in: this one, one above it, or the only one right below it."""
        for path in (start, *start.resolve().parents):
            if (path / STATE).is_file():
                return cls(path)
        below = [path.parent for path in start.glob(f"*/{STATE}")]
        if len(below) == 1:
            return cls(below[0])
        if below:
            raise ExerciseError(
                f"there are several folders with exercises here: {', '.join(sorted(p.name for p in below))}. "
                "Say which: --dir FOLDER, or cd there."
            )
        raise ExerciseError(f"there are no exercises in {start.resolve()} yet. Begin with: tinygrad-lite learn start")

    @classmethod
    def at(cls, path: Path) -> Folder:
        """The folder at a path, and no other."""
        if not (path / STATE).is_file():
            raise ExerciseError(f"there are no exercises in {path}. Begin with: tinygrad-lite learn start {path}")
        return cls(path)

    @property
    def entries(self) -> list[Entry]:
        return entries(self.store.read().made)

    def entry(self, id: str | None = None) -> Entry:
        """The exercise of this number, id or file; None for the current one, which was worked on last."""
        state = self.store.read()
        known = entries(state.made)
        if id is None:
            return next((e for e in known if e.id == state.current), known[0])
        entry = named(id, known)
        if id.endswith(".py") and Path(id).is_file() and not Path(id).samefile(self._answers(entry)):
            raise ExerciseError(f"{id} is not the file of exercise {entry}: that is {self.file(entry)}.")
        return entry

    def exercise(self, entry: Entry) -> Exercise:
        if entry.id not in self._exercises:
            self._exercises[entry.id] = catalogue.exercise(entry, self.store.read().made, self.path)
        return self._exercises[entry.id]

    def file(self, entry: Entry) -> Path:
        """The file of answers; one of a path with other numbers is found by the rest of its name."""
        path = self.path / entry.name
        if entry.number is not None and not path.exists():
            slug = entry.name.partition("_")[2]
            for other in sorted(self.path.glob(f"*_{slug}")):
                if other.name.removesuffix(f"_{slug}").isdecimal():
                    return other
        return path

    def work(self, entry: Entry) -> Work:
        return self.store.read().work.get(entry.id) or Work()

    # --- what a learner does ------------------------------------------------------------------------------------

    def start(self) -> Iterator[Entry]:
        """Make the folder, and each file in it that is not there; the exercises whose files were written, one by one.

        A folder with other files in it is refused, so that nothing is written among them by accident.
        """
        if (self.path / STATE).is_file():
            known = self.entries
        else:
            known = entries({})
            make_directory(self.path)
            names = {entry.name for entry in known}
            if strange := sorted(p.name for p in self.path.iterdir() if p.name[0] != "." and p.name not in names):
                raise ExerciseError(
                    f"{self.path} has other files in it, {strange[0]} for instance. "
                    "Name a new folder: tinygrad-lite learn start exercises"
                )
            self.store.update(lambda state: setattr(state, "current", known[0].id))
        for entry in known:
            if not self.file(entry).exists() and write_new(self.path / entry.name, self._stub(entry)):
                yield entry

    def add(self, recipe: Mapping[str, Any]) -> Entry:
        """Make an exercise, write its file, and go to it; one that is there already is only gone to."""
        made = self.store.read().made
        id = next((id for id, own in made.items() if own["recipe"] == recipe), None)
        if id is None:
            exercise = catalogue.built(recipe, self.path)
            id = catalogue.new_id(exercise.id, self.entries, self.path)
            added = {
                "title": exercise.title, "asked": list(exercise.steps), "recipe": dict(recipe), "source": exercise.source,
            }  # fmt: skip
            self.store.update(lambda state: state.made.update({id: added}))
        entry = self.entry(id)
        if not self.file(entry).exists():
            write_new(self.file(entry), self._stub(entry))
        self.choose(entry)
        return entry

    def add_random(self, seed: int | None, **knobs: Any) -> Entry:
        """Add an exercise made by chance; without a seed the first one that is not there yet."""
        if seed is None:
            known = [own["recipe"] for own in self.store.read().made.values()]
            seed = next(n for n in count(1) if {"random": {"seed": n, **knobs}} not in known)
        return self.add({"random": {"seed": seed, **knobs}})

    def export(self, entry: Entry, target: Path) -> None:
        """Write an exercise to hand out: .html, .ipynb, .md or .tex."""
        from tinygrad_lite.exercises.handout import export

        export(self.exercise(entry), target)

    def check(self, entry: Entry) -> Check:
        """Judge the answers in the file of an exercise, and note what came out.

        Raises UnreadableAnswer for a file that cannot be judged.
        """
        from tinygrad_lite.exercises.sandbox import files

        path = self._answers(entry)
        checked = _hash(path)
        exercise = self.exercise(entry)
        try:
            answers = files.read(path, exercise)
            verdict = judged(exercise, answers)
        except ExerciseError as error:
            raise UnreadableAnswer(str(error)) from error

        def change(work: Work) -> None:
            work.steps = {step.step: step.outcome for step in verdict.steps}
            work.checked, work.solved = checked, work.solved or verdict.right

        self._note(entry, change)
        return Check(entry, verdict, answers.printed, answers.notes)

    def hint(self, entry: Entry, step: str | None = None, level: int | None = None) -> Hint:
        """The next deeper hint for a step, for the one where the work goes on if none is named; or the hint of a level."""
        exercise = self.exercise(entry)
        step = self._open_step(entry) if step is None else _step(step, exercise)
        level = min(self.work(entry).hints.get(step, 0) + 1, LEVELS) if level is None else level
        text = exercise.hint(step, level)

        def change(work: Work) -> None:
            work.hints[step] = max(level, work.hints.get(step, 0))

        self._note(entry, change)
        return Hint(entry, step, level, text)

    def solution(self, entry: Entry, step: str | None = None, show: bool = False, width: int = 80) -> str:
        """The lines of the solution, once the exercise was solved; before that only to show it, which is noted."""
        exercise = self.exercise(entry)
        step = None if step is None else _step(step, exercise)
        if not self.work(entry).solved:
            if not show:
                raise ExerciseError(
                    f"exercise {entry} is not solved yet. `hint` helps with one step; "
                    "`solution --show` shows everything, and your progress will say so."
                )
            self._note(entry, lambda work: setattr(work, "shown", True))
        else:
            self.choose(entry)
        return exercise.solution(step, width)

    def choose(self, entry: Entry) -> None:
        """Make an exercise the current one."""
        self._note(entry, lambda _: None)

    def following(self) -> Entry | None:
        """The first exercise after the current one that is not solved, or else before it; None where there is none."""
        state = self.store.read()
        known = entries(state.made)
        place = next((n for n, e in enumerate(known) if e.id == state.current), -1)
        around = [*known[place + 1 :], *known[: max(place, 0)]]
        return next((e for e in around if not state.of(e.id).solved), None)

    def reset(self, entry: Entry) -> Path | None:
        """Write the file of an exercise anew; where the old one is kept, None where there was nothing to keep."""
        path, text = self.file(entry), self._stub(entry)
        backup = None
        if path.is_symlink():  # it would be written where it leads, which may be anything
            raise ExerciseError(f"{path} is a link to another file. Delete the link, then reset the exercise.")
        if path.exists():
            if path.read_bytes() != text.encode():
                backup = kept_aside(path)
                write_whole(path, text)
        else:
            write_new(path, text)

        def change(work: Work) -> None:
            work.steps, work.checked = {}, ""

        self._note(entry, change)
        return backup

    # --- inside -------------------------------------------------------------------------------------------------

    def _note(self, entry: Entry, change: Callable[[Work], None]) -> None:
        """Change what is known of an exercise, and make it the current one."""

        def whole(state: State) -> None:
            state.current = entry.id
            change(state.of(entry.id))

        self.store.note(whole)

    def _stub(self, entry: Entry) -> str:
        from tinygrad_lite.exercises.showing.stub import stub

        return stub(self.exercise(entry), f"tinygrad-lite learn check {entry.number or entry.id}")

    def _answers(self, entry: Entry) -> Path:
        path = self.file(entry)
        if not path.is_file():
            raise ExerciseError(
                f"there is no file {path}. `tinygrad-lite learn reset {entry.number or entry.id}` writes it anew."
            )
        return path

    def _open_step(self, entry: Entry) -> str:
        """Where the work goes on by the last check; answers that changed since then are checked again."""
        path, unreadable = self.file(entry), None
        if path.is_file() and _hash(path) != self.work(entry).checked:
            try:
                self.check(entry)
            except UnreadableAnswer as error:
                unreadable = error
        steps = self.work(entry).steps
        left = [step for step in entry.steps if steps.get(step) != "right"]
        found = min(left, key=lambda step: steps.get(step, "missing") == "missing", default=None)
        if found is None:
            raise unreadable or ExerciseError(
                f"every step of exercise {entry} is right. Name a step to read its hints: "
                f"tinygrad-lite learn hint d{entry.steps[0]}"
            )
        return found


def _hash(path: Path) -> str:
    return hashlib.sha256(beginning(path)).hexdigest()


def _step(text: str, exercise: Exercise) -> str:
    """A step as a learner names it: z2 or dz2."""
    for step in exercise.steps:
        if text in (step, f"d{step}"):
            return step
    listed = ", ".join(f"d{step}" for step in exercise.steps)
    raise ExerciseError(f"exercise {exercise.id} has no step {text!r}; its steps are {listed}.")
