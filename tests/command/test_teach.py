"""`tinygrad-lite teach`, as a teacher runs it."""

from __future__ import annotations

import csv
import signal
import sys
from pathlib import Path

import pytest

from tests.helpers.processes import started
from tinygrad_lite.command.cli import main

RIGHT = '# Exercise: one-neuron\nda = "a - y"\ndz = "(a - y) * a * (1 - a)"\ndw = "dz * x"\ndb = "dz"\n'


def students(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["student"] for row in csv.DictReader(file)]


def test_grades_are_written_and_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "anna.py").write_text(RIGHT.replace('"dz * x"', '"-dz * x"'))
    (tmp_path / "in" / "list.csv").write_text("not an answer")
    assert main(["teach", "grade", f"{tmp_path}/in", "-o", f"{tmp_path}/g.csv", "--points", "dw=3", "--jobs", "1"]) == 0
    printed = capsys.readouterr().out
    assert "anna: 3 of 6 · one-neuron:w sign" in printed
    assert "1 student, 3 points on average" in printed
    assert "one-neuron:w: 1 wrong\n  1 × sign: The sign is wrong" in printed
    assert students(tmp_path / "g.csv") == ["anna"]


def test_an_exercise_of_a_file_is_handed_out_and_what_comes_back_is_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("costs.py").write_text(
        "def half(r):\n    return r / 2\n\ndef ridge(w, y):\n    r = w - y\n    return half((r ** 2).sum())\n"
    )
    Path("in").mkdir()
    assert main(["teach", "new", "costs.py:ridge", "--shapes", "w: n, y: n", "-o", "own.py"]) == 0
    assert main(["teach", "export", "own.py", "-o", "in/anna.py"]) == 0
    assert main(["teach", "export", "own.py", "-o", "out.html"]) == 2  # its readers would need half, too
    assert "uses 'half'" in capsys.readouterr().err
    answers = Path("in/anna.py").read_text(encoding="utf-8")
    Path("in/anna.py").write_text(answers.replace('dr = ""', 'dr = "r"').replace('dw = ""', 'dw = "-dr"'))
    assert main(["teach", "export", "own.py", "-o", "in/anna.py"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["teach", "grade", "in", "-o", "g.csv", "--exercise", "own.py", "--jobs", "1"]) == 0
    assert "anna: 1 of 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["grade", "no-such-folder"], "there is no folder no-such-folder"),
        (["grade", "."], "there are no answers in ."),
        (["grade", "in", "--exercise", "no-such"], "there is no exercise 'no-such'"),
        (["grade", "in", "--exercise", "f.py:e"], "there is no file f.py"),
        (["grade", "in", "--points", "dq=1"], "no step is called 'dq'"),
        (["grade", "none"], "no answer names an exercise of the path"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("in", RIGHT), ("none", "da = 1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(text)
    if words[1] == ".":
        monkeypatch.chdir(tmp_path / "in")
        (tmp_path / "in" / "a.py").unlink()
    assert main(["teach", *words, "-o", "g.csv"]) == 2
    assert said in capsys.readouterr().err
    assert not Path("g.csv").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a signal is sent to the process")
def test_a_real_ctrl_c_keeps_what_is_graded_and_ends_what_runs(tmp_path: Path) -> None:
    folder, table = tmp_path / "in", tmp_path / "g.csv"
    folder.mkdir()
    (folder / "a.py").write_text(RIGHT)
    (folder / "b.py").write_text("# Exercise: one-neuron\nwhile True: pass\nda = 1\n")
    command = [sys.executable, "-m", "tinygrad_lite", "teach", "grade", str(folder), "-o", str(table), "--jobs", "1"]
    with started([*command, "--timeout", "100"], text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("a: 4 of 4")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "tinygrad-lite: interrupted\n"
    assert students(table) == ["a"]
    (folder / "b.py").write_text(RIGHT)
    assert main(["teach", "grade", str(folder), "-o", str(table), "--resume"]) == 0
    assert students(table) == ["a", "b"]
