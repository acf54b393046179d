"""A folder of answers, graded into a table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tinygrad_lite import __version__
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.exercise import Exercise
from tinygrad_lite.exercises.path import PATH
from tinygrad_lite.exercises.sandbox.run import unprotected
from tinygrad_lite.exercises.teaching.finding import exercise_named
from tinygrad_lite.exercises.teaching.grading import Graded, Task, unanswered
from tinygrad_lite.exercises.teaching.points import Points, read_points
from tinygrad_lite.exercises.teaching.sheet import Sheet
from tinygrad_lite.exercises.teaching.submissions import Source, Submission, submissions
from tinygrad_lite.exercises.teaching.workers import grade_all
from tinygrad_lite.files import make_directory, write

FIRST = ("student", "points", "of", "first wrong")
LAST = ("files", "notes", "imports", "protections", "hash")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is graded: the exercises as a teacher names them and as they are, and the points.

    seconds: how long the code of an answer may run.
    """

    specs: tuple[str, ...]
    exercises: Mapping[str, Exercise]
    points: Points
    seconds: float

    @property
    def steps(self) -> dict[str, tuple[str, ...]]:
        """The steps of each exercise by its id."""
        return {id: exercise.steps for id, exercise in self.exercises.items()}

    @property
    def columns(self) -> list[str]:
        """The columns of the table: three for each step."""
        own = [f"{id}:{step}" for id, steps in self.steps.items() for step in steps]
        return [*FIRST, *(f"{name}{what}" for name in own for what in ("", " slip", " said")), *LAST]


@dataclass
class Student:
    """A student's files by exercise, what is to be said of them, and the grades that are there so far."""

    name: str
    files: dict[str, Source]
    notes: list[str]
    hash: str
    grades: dict[str, Graded] = field(default_factory=dict)


def asked(specs: Sequence[str], found: Sequence[Submission], points: str, seconds: float) -> Asked:
    """The exercises that a teacher names; without any, those that the answers themselves name."""
    named = {source.exercise for own in found for source in own.sources if source.exercise}
    specs = specs or [exercise.id for exercise in PATH if exercise.id in named]
    if not specs:
        raise ExerciseError(
            "no answer names an exercise of the path, in a line '# Exercise: ID' at its head. "
            "Name the exercise: --exercise ID, or --exercise FILE.py:NAME."
        )
    exercises: dict[str, Exercise] = {}
    for spec in specs:
        exercise = exercise_named(spec)
        if exercise.id in exercises:
            raise ExerciseError(f"two exercises have the id {exercise.id!r}. Give one another: Exercise(..., id='…').")
        exercises[exercise.id] = exercise
    read = read_points(points, {id: exercise.steps for id, exercise in exercises.items()})
    return Asked(tuple(specs), exercises, read, seconds)


def students(found: Sequence[Submission], asked: Asked) -> list[Student]:
    """Which file of each student answers which exercise: of several the newest."""
    result = []
    for own in found:
        files: dict[str, Source] = {}
        notes = list(own.notes)
        by_exercise: dict[str, list[Source]] = {}
        for source in own.sources:
            by_exercise.setdefault(_answered(source, asked), []).append(source)
        for id, sources in by_exercise.items():
            sources.sort(key=lambda source: (source.modified, source.name))
            if not id:
                notes += [_not_graded(source) for source in sources]
                continue
            files[id] = sources[-1]
            if others := [source.name for source in sources[:-1]]:
                notes.append(f"{sources[-1].name} is taken for {id}, the newest; not {', '.join(others)}")
        result.append(Student(own.student, files, notes, _hash(own, asked)))
    return result


def _not_graded(source: Source) -> str:
    named = f"answers {source.exercise!r}, which is not graded" if source.exercise else "names no exercise"
    return f"{source.name} {named}"


def _answered(source: Source, asked: Asked) -> str:
    """The exercise that a file answers, by its head, or its name, or because there is only one; else ""."""
    if source.exercise:
        return source.exercise if source.exercise in asked.exercises else ""
    plain = re.sub(r"[\W_]+", "-", Path(source.name).stem.casefold())
    by_name = [id for id in asked.exercises if f"-{id.casefold()}-" in f"-{plain}-"]
    if by_name:
        return max(by_name, key=len)  # two-layers-of-relu rather than two-layers
    return next(iter(asked.exercises)) if len(asked.exercises) == 1 else ""


def _hash(own: Submission, asked: Asked) -> str:
    """Of all that a grade depends on: the answers, the exercises with their costs, the points, and who judges."""
    whole = [own.digest, str(asked.points), __version__]
    for exercise in asked.exercises.values():
        whole.append(
            repr((exercise.id, exercise.steps, exercise.shapes, exercise.facts, exercise.seed, exercise.source))
        )
    return hashlib.sha256("\n".join(whole).encode("utf-8", "replace")).hexdigest()[:16]


def grade(
    folder: Path, output: Path, specs: Sequence[str] = (), *, resume: bool = False, jobs: int = 1, points: str = "",
    seconds: float = 10.0, reports: Path | None = None, tell: Tell = print,
) -> Sheet:  # fmt: skip
    """Grade what a folder holds into a CSV file, a row for each student, written as soon as it is known.

    specs: the exercises, by id or as FILE.py:NAME; without, those that the answers name at their head.
    resume: keep the rows of answers that have not changed since. jobs: how many processes. reports: a folder for one
    report a student. Raises ExerciseError for what is missing or not to be understood.
    """
    found = submissions(folder)
    what = asked(specs, found, points, seconds)
    everyone = {student.name: student for student in students(found, what)}
    sheet = Sheet(output, what.columns, resume)
    done = {name for name, row in sheet.rows.items() if name in everyone and row["hash"] == everyone[name].hash}
    if reports is not None:
        make_directory(reports)
        done = {name for name in done if (reports / f"{name}.txt").exists()}
    gone = {name for name in sheet.rows if name not in everyone}  # their files are not here; their grades are kept
    sheet.begin([*done, *gone])
    if done:
        tell(f"{len(done)} of {len(everyone)} are graded already")
    todo = [student for name, student in everyone.items() if name not in done]
    try:
        for student in _graded(todo, what, jobs):
            row = _row(student, what)
            if reports is not None:
                write(reports / f"{student.name}.txt", _report(student, row))
            sheet.add(row)
            tell(_line(row))
    finally:
        sheet.end()
    ran = [set(g.protections) for student in todo for g in student.grades.values() if g.protections]
    for sentence in unprotected(set.intersection(*ran)) if ran else ():
        tell(f"The code of the answers was not locked in on this machine. {sentence}")
    return sheet


def _graded(todo: Sequence[Student], what: Asked, jobs: int) -> Iterator[Student]:
    """The students whose answers are all graded, as they are done."""
    everyone = {student.name: student for student in todo}
    for student in todo:
        student.grades = {id: unanswered(id, steps) for id, steps in what.steps.items() if id not in student.files}
    tasks = [
        Task(student.name, id, source.name, source.text, what.seconds)
        for student in todo for id, source in student.files.items()
    ]  # fmt: skip
    yield from (student for student in todo if not student.files)
    for task, result in grade_all(tasks, what.specs, what.steps, jobs):
        student = everyone[task.student]
        student.grades[task.exercise] = result
        if len(student.grades) == len(what.exercises):
            yield student


def _row(student: Student, what: Asked) -> dict[str, str]:
    notes = [*student.notes, *(note for grade in student.grades.values() for note in grade.notes)]
    row = {"student": student.name, "hash": student.hash, "notes": "; ".join(notes)}
    row["files"] = ", ".join(source.name for source in student.files.values())
    total = most = 0.0
    for id, steps in what.steps.items():
        grade = student.grades[id]
        for step in steps:
            most += what.points.most(id, step)
        for found in grade.steps:
            name, outcome, slip = f"{id}:{found['step']}", found["outcome"], found["slip"]
            total += what.points.of(id, found["step"], outcome)
            row[name] = outcome
            if outcome in ("wrong", "shape", "error"):
                row.setdefault("first wrong", name)
                row[f"{name} slip"] = slip["key"] if slip else ""
                row[f"{name} said"] = " · ".join(said["text"] for said in ([slip] if slip else found["notes"]))
    row["points"], row["of"] = f"{total:g}", f"{most:g}"
    for column in ("imports", "protections"):
        row[column] = ", ".join(dict.fromkeys(x for grade in student.grades.values() for x in getattr(grade, column)))
    return row


def _line(row: Mapping[str, str]) -> str:
    first = row.get("first wrong", "")
    slip = row.get(f"{first} slip") or row.get(first, "")
    return f"{row['student']}: {row['points']} of {row['of']}" + (f" · {first} {slip}" if first else "")


def _report(student: Student, row: Mapping[str, str]) -> str:
    """What a student reads: the verdicts, without any gradient that was asked for."""
    lines = [f"{student.name}: {row['points']} of {row['of']} points", *filter(None, [row["notes"]]), ""]
    for id, grade in student.grades.items():
        source = student.files.get(id)
        lines += [f"{id}" + (f" ({source.name})" if source else ""), "", grade.report]
    if row["protections"]:
        lines.append(f"While your code ran, these protections were active: {row['protections']}.")
    return "\n".join(lines)
