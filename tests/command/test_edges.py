"""Paths and streams that are none, or full: one line of ours, exit status 1 or 2, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_lite as tg
from tests.command.test_cli import ENVIRONMENT, MODULE
from tinygrad_lite.command import cli
from tinygrad_lite.errors import WriteError

pytestmark = pytest.mark.usefixtures("elsewhere")
DERIVE, DRAW = ["derive", "-e", "w*w", "--wrt", "w"], ["draw", "-e", "w*w", "--let", "w=2"]
COMPILE = ["compile", "-e", "w*w", "--let", "w=2"]
LONG = "n" * 5000

CASES = {
    "NUL in a page": (1, [*DERIVE, "-o", "a\0b.html"]),
    "NUL in a drawing": (1, [*DRAW, "-o", "a\0b.txt"]),
    "NUL in a source": (2, ["draw", "a\0b.py:t"]),
    "NUL in an expression": (2, ["derive", "-e", "w\0*w", "--wrt", "w"]),
    "a name too long": (1, [*DERIVE, "-o", f"{LONG}.tex"]),
    "a drawing too long": (1, [*DRAW, "-o", f"{LONG}.txt"]),
    "a program too long": (1, [*COMPILE, "--save", f"{LONG}.py"]),
    "no such directory": (1, [*DERIVE, "-o", "nowhere/w.html"]),
    "no directory": (1, [*DRAW, "-o", "empty.py/w.txt"]),
    "no directory for a program": (1, [*COMPILE, "--save", "nowhere/w.py"]),
    "no directory for an exercise": (1, ["teach", "export", "one-neuron", "-o", "nowhere/w.md"]),
    "no directory for grades": (1, ["teach", "grade", "answers", "-o", "nowhere/w.csv", "--jobs", "1"]),
    "no directory for reports": (
        1,
        ["teach", "grade", "answers", "-o", "g.csv", "--reports", "empty.py", "--jobs", "1"],
    ),
    "no directory for exercises": (1, ["learn", "start", "empty.py/exercises"]),
    "a directory": (1, [*DERIVE, "-o", "folder.tex"]),
    "a directory for a program": (1, [*COMPILE, "--save", "folder.tex"]),
    "a number of 5,000 digits": (2, [*DRAW, "--upto", "9" * 5000]),
    "an empty file": (2, ["draw", "empty.py:t"]),
    "a file that is no text": (2, ["draw", "bytes.py:t"]),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_one_error_of_ours(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder.tex").mkdir()
    (tmp_path / "empty.py").touch()
    (tmp_path / "bytes.py").write_bytes(b"t = '\xff'\0")
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "anna.py").write_text("# Exercise: one-neuron\nda = 1\n")
    status, words = CASES[case]
    assert cli.main(words) == status
    output = capsys.readouterr()
    assert output.err.startswith("tinygrad-lite: ")
    assert output.err.count("\n") == 1 or case == "NUL in an expression"
    assert "Errno" not in output.err
    assert output.out == ""


FULL = Path("/dev/full")
SPEAKING = {
    "overview": [], "help": ["--help"], "help of a command": ["draw", "--help"], "version": ["--version"], "derive": DERIVE,
    "draw": DRAW, "compile": COMPILE, "demo": ["demo", "--epochs", "1"], "learn": ["learn", "start"],
    "teach": ["teach", "check", "one-neuron"],
}  # fmt: skip


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full, which is a disk without room")
@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize("case", SPEAKING)
def test_an_output_without_room_is_one_line_and_status_1(case: str, buffered: str) -> None:
    with FULL.open("w") as full:
        environment = ENVIRONMENT | {"PYTHONUNBUFFERED": buffered}
        done = subprocess.run([*MODULE, *SPEAKING[case]], env=environment, stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 1
        assert done.stderr == b"tinygrad-lite: cannot write the output: No space left on device.\n"


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full, which is a disk without room")
def test_a_file_and_a_stream_for_errors_without_room_end_quietly() -> None:
    saved = subprocess.run([*MODULE, *COMPILE, "--save", str(FULL)], env=ENVIRONMENT, capture_output=True)
    assert saved.returncode == 1
    assert saved.stderr.startswith(b"tinygrad-lite: cannot write '/dev/full': No space left on device. Make room")
    with FULL.open("w") as full:
        silent = subprocess.run([*MODULE, "derive", "-e", "w*", "--wrt", "w"], env=ENVIRONMENT, stderr=full)
    assert silent.returncode == 2


def test_saving_is_refused_in_python_as_in_the_command() -> None:
    w = tg.Tensor(2.0, requires_grad=True, name="w")
    program = tg.compile(lambda w: w * w)
    program(2.0)
    for path in ("a\0b.html", "nowhere/w.html", f"{LONG}.html"):
        for saved in (tg.derive(w * w, wrt=w), tg.draw(w * w), program):
            with pytest.raises(WriteError, match="cannot write") as caught:
                saved.save(path)
            assert isinstance(caught.value, OSError)


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")
@pytest.mark.parametrize(("closed", "expression", "status"), [(">&-", "w*w", 0), ("2>&-", "w*", 2)])
def test_a_stream_that_the_shell_closed_is_written_to_in_vain(closed: str, expression: str, status: int) -> None:
    line = [*MODULE, "derive", "-e", expression, "--wrt", "w"]
    done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *line], env=ENVIRONMENT, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (status, b"", b"")
