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


posix = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")


def in_shell(line: str, words: list[str]) -> subprocess.CompletedProcess[bytes]:
    """The command, as "$@" of a line of the shell."""
    return subprocess.run(["sh", "-c", line, "sh", *MODULE, *words], env=ENVIRONMENT, capture_output=True)


@posix
@pytest.mark.parametrize("case", SPEAKING)
def test_an_output_that_the_shell_closed_is_one_line_and_status_1(case: str, tmp_path: Path) -> None:
    done = in_shell(f'cd {tmp_path}; "$@" >&-', SPEAKING[case])
    assert (done.returncode, done.stderr) == (1, b"tinygrad-lite: cannot write the output: it is closed.\n")


@posix
def test_a_closed_stream_for_errors_changes_no_status() -> None:
    for words in (["derive", "-e", "w*", "--wrt", "w"], ["derive", "--no-such-option"]):
        done = in_shell('"$@" 2>&-', words)
        assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"")


@pytest.mark.parametrize("words", [
    ["draw", "-e", "log(w*x) + log(w)", "--let", "w=-1", "--const", "x=1"],
    ["compile", "-e", "log(w*x)", "--let", "w=-1", "--const", "x=1", "--wrt", "w"],
], ids=["draw", "compile"])  # fmt: skip
def test_what_numpy_warns_of_is_one_line_without_code_of_the_library(words: list[str]) -> None:
    done = subprocess.run([*MODULE, *words], env=ENVIRONMENT, capture_output=True)
    expected = b"" if words[0] == "draw" else b"def cost_and_gradient"
    assert (done.returncode, done.stderr) == (0, b"tinygrad-lite: NumPy warns: invalid value encountered in log.\n")
    assert expected in done.stdout


def test_what_numpy_warns_of_in_a_file_of_the_user_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nimport tinygrad_lite as tg\nw = np.log(np.array(-1.0))\nC = tg.Tensor(1.0)\n"
    )
    done = subprocess.run([*MODULE, "draw", f"{tmp_path / 'mine.py'}:C"], env=ENVIRONMENT, capture_output=True)
    assert b"mine.py:3: RuntimeWarning" in done.stderr


def test_exercises_where_no_folder_can_be_made_are_one_line_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "file").touch()
    assert cli.main(["learn", "start", str(tmp_path / "file" / "exercises")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("tinygrad-lite: cannot make the directory")
    assert said.endswith("Make that directory first, or choose one that is there.\n")
