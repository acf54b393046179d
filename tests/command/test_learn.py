"""`tinygrad-lite learn`: its exit status, its JSON, what it says where, and a terminal that it watches."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command.test_cli import ENVIRONMENT, MODULE
from tests.exercises.learning.small import LAYER, NEURON, RIGHT, WRONG, answer, folder
from tinygrad_lite.command import cli
from tinygrad_lite.exercises.learning.folder import Folder
from tinygrad_lite.exercises.learning.state import STATE

__all__ = ["folder"]
Captured = pytest.CaptureFixture[str]


def learn(*arguments: str) -> int:
    return cli.main(["learn", *arguments])


def test_the_status_says_whether_the_answers_are_right(folder: Folder, capsys: Captured) -> None:
    for text, status in ((WRONG, 1), (RIGHT[NEURON], 0), ("da = (", 1), ("", 1)):
        answer(folder, NEURON, text)
        assert learn("check") == status
    assert learn("check", "99") == 2
    assert "there is no exercise '99'" in capsys.readouterr().err


def test_what_can_be_done_next_is_said_and_not_done(folder: Folder, capsys: Captured) -> None:
    answer(folder, NEURON, RIGHT[NEURON])
    assert learn("check") == 0
    assert "tinygrad-lite learn next" in capsys.readouterr().out
    assert learn("check", "1") == 0
    assert learn("next") == 0
    assert LAYER in capsys.readouterr().out
    answer(folder, LAYER, RIGHT[LAYER])
    assert learn("check") == 0
    assert "All exercises are right." in capsys.readouterr().out


def test_json_is_the_verdict_as_data(folder: Folder, capsys: Captured) -> None:
    answer(folder, NEURON, WRONG)
    assert learn("check", "--json") == 1
    data = json.loads(capsys.readouterr().out)
    assert data == {**folder.check(folder.entry()).verdict.as_dict(), "printed": "", "notes": []}
    answer(folder, NEURON, "da = (")
    assert learn("check", "--json") == 1
    assert json.loads(capsys.readouterr().out)["error"]["key"] == "syntax"
    assert learn("list", "--json") == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == ["neuron", "linear-layer"]
    assert learn("progress", "--json") == 0
    assert json.loads(capsys.readouterr().out)["right"] == 0


def test_hint_takes_an_exercise_a_step_or_both(folder: Folder, capsys: Captured) -> None:
    for words in (["dz"], ["1", "z"], ["2", "dW"], ["W"], ["2"]):
        assert learn("hint", *words) == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Hint")]
    assert [head.removesuffix(":").split()[1:] for head in heads] == [
        [level, "of", "3", "for", step] for level, step in (("1", "dz"), ("2", "dz"), ("1", "dW"), ("2", "dW"), ("1", "da"))
    ]  # fmt: skip
    assert learn("hint", "1", "dz", "more") == 2
    assert learn("hint", "1", "--level", "3") == 0


def test_progress_counts_and_says_what_helped(folder: Folder, capsys: Captured) -> None:
    answer(folder, NEURON, WRONG)
    learn("check")
    learn("hint")
    learn("solution", "2", "--show")
    capsys.readouterr()
    assert learn("progress") == 0
    said = capsys.readouterr().out
    assert "0 of 2 exercises right, 1 begun, 1 to go" in said
    for words in ("1  ✓✗  A neuron that learns slowly; 1 hint", "2  ……  A layer; solution shown"):
        assert words in said


@pytest.mark.parametrize("what", [[], ["list"], ["progress"], ["check"], ["hint"], ["next"], ["reset"]])
def test_forty_columns_are_enough(
    folder: Folder, what: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    answer(folder, NEURON, WRONG)
    learn(*what)
    said = capsys.readouterr().out
    assert said
    assert "\x1b" not in said
    assert [line for line in said.splitlines() if len(line) > 40] == []


def test_start_says_what_to_do_and_what_was_kept(folder: Folder, capsys: Captured) -> None:
    assert learn("start", "mine") == 0
    said = capsys.readouterr().out
    assert "2 exercises written into mine." in said
    assert os.path.join("mine", NEURON) in said
    assert "tinygrad-lite learn check" in said
    assert learn("start", "mine") == 0
    assert "2 were there" in capsys.readouterr().out


def test_another_folder_may_be_named_before_and_after(folder: Folder, capsys: Captured) -> None:
    learn("start", "mine")
    (folder.path / "mine" / NEURON).write_text(RIGHT[NEURON])
    assert learn("--dir", "mine", "check") == learn("check", "--dir", "mine") == 0
    assert learn("check") == 1
    assert learn("check", "--dir", "nowhere") == 2


def test_the_folder_of_a_file_that_is_named_is_the_one_that_counts(folder: Folder, capsys: Captured) -> None:
    other = folder.path / "mine"
    learn("start", "mine")
    answer(Folder(other), NEURON, RIGHT[NEURON])
    assert learn("check", NEURON) == 1
    assert learn("check", os.path.join("mine", NEURON)) == 0
    (folder.path / "copies").mkdir()
    (folder.path / "copies" / NEURON).write_text(RIGHT[NEURON])
    assert learn("check", os.path.join("copies", NEURON)) == 2
    assert "is not the file of exercise 1 neuron" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "terminal", "colors"),
    [({}, True, True), ({}, False, False), ({"NO_COLOR": "1"}, True, False), ({"TERM": "dumb"}, True, False)],
)
def test_colours_are_for_terminals_that_want_them(
    environment: dict[str, str], terminal: bool, colors: bool, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    answer(folder, NEURON, RIGHT[NEURON])
    monkeypatch.setattr(sys, "stdout", Stream())
    assert learn("check") == 0
    assert ("\x1b[" in sys.stdout.getvalue()) == colors


def test_a_broken_state_is_said_beside_the_result(folder: Folder, capsys: Captured) -> None:
    (folder.path / STATE).write_text("{")
    assert learn("list") == 0
    captured = capsys.readouterr()
    assert f"{STATE}.bak" in captured.err
    assert "A layer" in captured.out
    assert learn("list") == 0
    assert capsys.readouterr().err == ""


def test_without_a_terminal_watch_checks_once(folder: Folder, capsys: Captured) -> None:
    answer(folder, NEURON, RIGHT[NEURON])
    assert learn("watch") == 0
    captured = capsys.readouterr()
    assert "✓ dz" in captured.out
    assert "needs a terminal" in captured.err


# --- in a process of its own -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_newcomer_begins_checks_and_is_told_in_ascii_too(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        environment = ENVIRONMENT | {"PYTHONIOENCODING": "ascii"}
        return subprocess.run([*MODULE, "learn", *arguments], env=environment, cwd=tmp_path, capture_output=True)

    begun = run("start")
    assert (begun.returncode, begun.stderr) == (0, b"")
    first = next(iter(sorted((tmp_path / "exercises").glob("01_*.py"))))
    assert first.name.encode() in begun.stdout
    first.write_text(first.read_text("utf-8").replace('""', '"a - y"', 1), encoding="utf-8")
    checked = run("check")
    assert checked.stderr == b""
    assert b"+ da" in checked.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals there")
@pytest.mark.parametrize("end", ["q", "Ctrl-C", "SIGTERM"])
def test_a_watched_terminal_is_given_back(end: str, tmp_path: Path) -> None:
    import pty
    import termios

    Folder(tmp_path).store.update(lambda state: None)
    (tmp_path / "01_first_step.py").write_text('da = ""\n')
    keyboard, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    command = [*MODULE, "learn", "watch"]
    with subprocess.Popen(
        command, env=ENVIRONMENT, cwd=tmp_path, stdin=terminal, stdout=terminal, stderr=terminal, process_group=0
    ) as process:
        try:
            until(keyboard, "q quit")
            os.write(keyboard, b"l")
            until(keyboard, "> ")
            (tmp_path / "01_first_step.py").write_text('da = "a - y"\n')
            until(keyboard, "✓ da")
            assert termios.tcgetattr(terminal) != before
            if end == "q":
                os.write(keyboard, b"q")
            else:
                process.send_signal(signal.SIGINT if end == "Ctrl-C" else signal.SIGTERM)
            status = process.wait(20)
        finally:
            process.kill()
    assert status == {"q": 0, "Ctrl-C": 130, "SIGTERM": 143}[end]
    assert termios.tcgetattr(terminal) == before
    os.close(keyboard)
    os.close(terminal)


def until(descriptor: int, words: str, seconds: float = 60) -> None:
    """Read what a terminal shows until these words are there."""
    seen, end = b"", time.monotonic() + seconds
    while words.encode() not in seen:
        assert time.monotonic() < end, f"{words!r} was not shown, but {seen.decode(errors='replace')!r}"
        if select.select([descriptor], [], [], 0.2)[0]:
            seen += os.read(descriptor, 65536)
