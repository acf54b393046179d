"""A folder of answers becomes a table: what is read, what each step gets, and that nothing of it is lost."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.teaching.finding import exercise_named
from tinygrad_lite.exercises.teaching.grade import grade
from tinygrad_lite.exercises.teaching.grading import Graded, Task, graded
from tinygrad_lite.exercises.teaching.points import read_points
from tinygrad_lite.exercises.teaching.sheet import Sheet, safe
from tinygrad_lite.exercises.teaching.submissions import LARGEST, submissions
from tinygrad_lite.exercises.teaching.summary import summary

RIGHT = '# Exercise: one-neuron\nda = "a - y"\ndz = "(a - y) * a * (1 - a)"\ndw = "dz * x"\ndb = "dz"\n'
WRONG = RIGHT.replace('"dz * x"', '"dz"')


def quiet(line: str) -> None:
    """Say nothing."""


def table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def graded_here(tasks: Iterable[Task], specs: Sequence[str], steps: Any, jobs: int) -> Iterator[tuple[Task, Graded]]:
    """What workers do, in this process: starting one takes half a second."""
    exercises = {exercise.id: exercise for exercise in map(exercise_named, specs)}
    for task in tasks:
        yield task, graded(exercises[task.exercise], task)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinygrad_lite.exercises.teaching.grade.grade_all", graded_here)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "answers"
    made.mkdir()
    return made


def test_each_student_gets_a_row_with_the_outcome_of_each_step(folder: Path, tmp_path: Path) -> None:
    (folder / "Zoë Ölund.py").write_text(RIGHT, encoding="utf-8")
    (folder / "b c").mkdir()
    (folder / "b c" / "my answer.py").write_text(WRONG, encoding="utf-8")
    (folder / "empty").mkdir()
    sheet = grade(folder, tmp_path / "g.csv", reports=tmp_path / "reports", tell=quiet)
    rows = table(tmp_path / "g.csv")
    assert list(rows) == ["Zoë Ölund", "b c", "empty"]
    assert [rows["Zoë Ölund"][f"one-neuron:{step}"] for step in "azwb"] == ["right"] * 4
    assert (rows["Zoë Ölund"]["points"], rows["Zoë Ölund"]["of"]) == ("4", "4")
    assert rows["b c"]["one-neuron:w"] == "wrong"
    assert rows["b c"]["first wrong"] == "one-neuron:w"
    assert rows["b c"]["files"] == "b c/my answer.py"
    assert [rows["empty"][f"one-neuron:{step}"] for step in "azwb"] == ["missing"] * 4
    assert rows["empty"]["notes"] == "no answer file"
    assert (tmp_path / "reports" / "b c.txt").read_text(encoding="utf-8").startswith("b c: 3 of 4 points")
    assert "one-neuron:w: 1 right, 1 wrong, 1 missing" in summary(sheet.rows.values(), sheet.columns)


def test_resume_grades_only_what_has_changed(folder: Path, tmp_path: Path) -> None:
    for name in "abc":
        (folder / f"{name}.py").write_text(RIGHT, encoding="utf-8")
    grade(folder, tmp_path / "g.csv", tell=quiet)
    (folder / "b.py").write_text(WRONG, encoding="utf-8")
    (folder / "c.py").unlink()
    told: list[str] = []
    grade(folder, tmp_path / "g.csv", resume=True, tell=told.append)
    assert [line.split(":")[0] for line in told] == ["1 of 2 are graded already", "b"]
    assert {name: row["points"] for name, row in table(tmp_path / "g.csv").items()} == {"a": "4", "b": "3", "c": "4"}
    told.clear()
    grade(folder, tmp_path / "g.csv", resume=True, points="dw=5", tell=told.append)  # other points: other grades
    assert len(told) == 2
    told.clear()
    grade(folder, tmp_path / "g.csv", resume=True, points="dw=5", reports=tmp_path / "r", tell=told.append)
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == ["a.txt", "b.txt"]


def test_resume_grades_again_where_the_cost_or_the_package_has_changed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cost = "def cost(w, x, y):\n    return (w * x - y) ** 2 / 2\n"
    line = "from tinygrad_lite.exercises import Exercise\nown = Exercise(cost, 'w', id='own')\n"
    (tmp_path / "own.py").write_text(cost + line, encoding="utf-8")
    (folder / "a.py").write_text('# Exercise: own\ndw = "(w x - y) x"\n', encoding="utf-8")

    def again() -> dict[str, str]:
        grade(folder, tmp_path / "g.csv", [f"{tmp_path / 'own.py'}:own"], resume=True, tell=told.append)
        return table(tmp_path / "g.csv")["a"]

    told: list[str] = []
    assert again()["points"] == "1"
    assert again()["points"] == "1"
    assert told[-1] == "1 of 1 are graded already"
    (tmp_path / "own.py").write_text(cost.replace(" / 2", "") + line, encoding="utf-8")
    assert again()["points"] == "0"
    told.clear()
    monkeypatch.setattr("tinygrad_lite.exercises.teaching.grade.__version__", "another")
    again()
    assert [said.split(":")[0] for said in told] == ["a"]


def test_a_table_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    (folder / "a.py").write_text(RIGHT, encoding="utf-8")
    grade(folder, tmp_path / "g.csv", tell=quiet)
    with pytest.raises(ExerciseError, match="--resume"):
        grade(folder, tmp_path / "g.csv", tell=quiet)


def test_what_a_crash_leaves_is_gone_on_with(folder: Path, tmp_path: Path) -> None:
    for name in "abc":
        (folder / f"{name}.py").write_text(RIGHT, encoding="utf-8")
    grade(folder, tmp_path / "g.csv", tell=quiet)
    whole = (tmp_path / "g.csv").read_bytes()
    (tmp_path / "g.csv").write_bytes(whole[:-30])  # in the middle of the last row
    told: list[str] = []
    grade(folder, tmp_path / "g.csv", resume=True, tell=told.append)
    assert told[0] == "2 of 3 are graded already"
    assert (tmp_path / "g.csv").read_bytes() == whole


def test_a_row_is_in_the_file_before_the_next_answer_is_told(folder: Path, tmp_path: Path) -> None:
    for name in "abc":
        (folder / f"{name}.py").write_text(RIGHT, encoding="utf-8")
    seen: list[int] = []

    def interrupt(line: str) -> None:
        seen.append(len(table(tmp_path / "g.csv")))
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(folder, tmp_path / "g.csv", tell=interrupt)
    assert seen == [1, 2]
    assert len(table(tmp_path / "g.csv")) == 2


def test_a_column_that_a_teacher_added_is_kept(folder: Path, tmp_path: Path) -> None:
    (folder / "a.py").write_text(RIGHT, encoding="utf-8")
    grade(folder, tmp_path / "g.csv", tell=quiet)
    lines = (tmp_path / "g.csv").read_text(encoding="utf-8-sig").splitlines()
    (tmp_path / "g.csv").write_text(f"{lines[0]},remark\n{lines[1]},good\n", encoding="utf-8-sig")
    grade(folder, tmp_path / "g.csv", resume=True, tell=quiet)
    assert table(tmp_path / "g.csv")["a"]["remark"] == "good"


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


@pytest.mark.parametrize(
    ("name", "make", "note"),
    [
        ("x/.a.py", lambda path: path.write_text(RIGHT), "x/.a.py is hidden, and not read"),
        ("x/a.pdf", lambda path: path.write_bytes(b"%PDF"), "x/a.pdf does not end in .py or .txt, and is not read"),
        ("x/a.py", lambda path: path.write_text("#" * (LARGEST + 1)), "x/a.py has 50,001 bytes"),
        ("x/a.py", lambda path: path.write_bytes(b"\x89PNG\0\0"), "x/a.py is no text"),
        ("x/a.py", _link("/etc/passwd"), "x/a.py is a link that leads out of the folder"),
        ("x/a.py", _link("/etc"), "x/a.py is a link that leads out of the folder"),
        ("x", _link("/etc"), "x is a link that leads out of the folder"),
        ("x.py", _link("/etc/passwd"), "x.py is a link that leads out of the folder"),
        ("x/a.py", _link("a.py"), "x/a.py is no file, and not read"),
        ("x/a.py", os.mkfifo, "x/a.py is no file, and not read"),
    ],
)
def test_what_is_not_read_is_said(folder: Path, name: str, make: Callable[[Path], None], note: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    make(path)
    (own,) = submissions(folder)
    assert not own.sources
    assert own.notes[0] == "no answer file"
    assert own.notes[1].startswith(note)


def test_a_file_in_another_encoding_is_read_and_named(folder: Path) -> None:
    (folder / "a.py").write_bytes("# für alle\n".encode("latin-1") + RIGHT.encode())
    (folder / "b.py").write_bytes(RIGHT.encode("utf-16"))
    (folder / "c.py").write_bytes(RIGHT.encode("utf-8-sig"))
    read = {own.student: own for own in submissions(folder)}
    assert read["a"].notes == ["a.py is not UTF-8, and is read as Latin-1"]
    assert [own.sources[0].exercise for own in read.values()] == ["one-neuron"] * 3


def test_of_several_files_for_one_exercise_the_newest_is_taken_and_that_is_said(folder: Path, tmp_path: Path) -> None:
    (folder / "a").mkdir()
    for name, text, time in (("old.py", WRONG, 1), ("new.py", RIGHT, 2), ("other.py", "# Exercise: no-such\n", 3)):
        (folder / "a" / name).write_text(text)
        os.utime(folder / "a" / name, (time, time))
    grade(folder, tmp_path / "g.csv", ["one-neuron"], tell=quiet)
    row = table(tmp_path / "g.csv")["a"]
    assert row["points"] == "4"
    assert "a/new.py is taken for one-neuron, the newest; not a/old.py" in row["notes"]
    assert "a/other.py answers 'no-such', which is not graded" in row["notes"]


def test_a_student_who_spoils_the_head_of_a_file_stops_nobody(folder: Path, tmp_path: Path) -> None:
    (folder / "a.py").write_text(RIGHT)
    (folder / "b.py").write_text(RIGHT.replace("one-neuron", "one-neurone"))
    grade(folder, tmp_path / "g.csv", tell=quiet)
    rows = table(tmp_path / "g.csv")
    assert (rows["a"]["points"], rows["b"]["points"]) == ("4", "0")
    assert rows["b"]["notes"] == "b.py answers 'one-neurone', which is not graded"


def test_a_file_that_is_no_python_is_an_error_and_the_others_are_graded(folder: Path, tmp_path: Path) -> None:
    (folder / "a.py").write_text("da = \n")
    (folder / "b.py").write_text(RIGHT)
    grade(folder, tmp_path / "g.csv", ["one-neuron"], tell=quiet)
    rows = table(tmp_path / "g.csv")
    assert rows["a"]["one-neuron:a"] == "error"
    assert "line 1" in rows["a"]["one-neuron:a said"]
    assert rows["b"]["points"] == "4"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "'=1", "\t=1", "\r=1", "a\nb", "  =1"])
def test_no_cell_is_a_formula_and_every_cell_is_one_line(cell: str, tmp_path: Path) -> None:
    assert not safe(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert "\n" not in safe(cell)
    sheet = Sheet(tmp_path / "g.csv", ["student", "hash"], resume=False)
    sheet.begin([])
    sheet.add({"student": cell, "hash": "1"})
    sheet.end()
    assert list(Sheet(tmp_path / "g.csv", ["student", "hash"], resume=True).rows) == [" ".join(cell.split())]


def test_wherever_a_crash_cuts_the_table_the_whole_rows_before_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    sheet = Sheet(path, ["student", "hash"], resume=False)
    sheet.begin([])
    for name in ("Zoë", "σ′(z)", "=1"):
        sheet.add({"student": name, "hash": "−"})
    sheet.end()
    whole = path.read_bytes()
    head = whole.index(b"\n") + 1
    for end in range(head, len(whole) + 1):
        path.write_bytes(whole[:end])
        kept = Sheet(path, ["student", "hash"], resume=True)
        assert len(kept.rows) == whole[head:end].count(b"\n")
    path.write_bytes(b"\xff\xfe=;\n")
    with pytest.raises(ExerciseError, match="not UTF-8"):
        Sheet(path, ["student"], resume=True)
    path.write_text("student;hash\n")
    with pytest.raises(ExerciseError, match="semicolons"):
        Sheet(path, ["student"], resume=True)


def test_points_are_read_and_what_is_no_step_is_refused() -> None:
    steps = {"p": ["z2", "W2"], "q": ["z2"]}
    points = read_points("dz2=2, q:dz2=3,follows=0.25", steps)
    assert [points.most("p", "z2"), points.most("q", "z2"), points.most("p", "W2")] == [2, 3, 1]
    assert [points.of("p", "z2", outcome) for outcome in ("right", "follows", "wrong", "missing")] == [2, 0.5, 0, 0]
    for text in ("dz3=1", "dz2", "dz2=-1", "dz2=nan", "follows=2"):
        with pytest.raises(ExerciseError, match="--points"):
            read_points(text, steps)
