"""Paths and streams that are none: one line of ours and exit status 2, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_lite as tg
from tests.command.test_cli import ENVIRONMENT, MODULE
from tinygrad_lite.command import cli
from tinygrad_lite.errors import DerivationError, DrawingError

pytestmark = pytest.mark.usefixtures("elsewhere")
DERIVE, DRAW = ["derive", "-e", "w*w", "--wrt", "w"], ["draw", "-e", "w*w", "--let", "w=2"]
LONG = "n" * 5000

CASES = {
    "NUL in a page": [*DERIVE, "-o", "a\0b.html"],
    "NUL in a drawing": [*DRAW, "-o", "a\0b.txt"],
    "NUL in a source": ["draw", "a\0b.py:t"],
    "NUL in an expression": ["derive", "-e", "w\0*w", "--wrt", "w"],
    "a name too long": [*DERIVE, "-o", f"{LONG}.tex"],
    "a drawing too long": [*DRAW, "-o", f"{LONG}.txt"],
    "no such directory": [*DERIVE, "-o", "nowhere/w.html"],
    "a directory": [*DERIVE, "-o", "folder.tex"],
    "a number of 5,000 digits": [*DRAW, "--upto", "9" * 5000],
    "an empty file": ["draw", "empty.py:t"],
    "a file that is no text": ["draw", "bytes.py:t"],
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_one_error_of_ours(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder.tex").mkdir()
    (tmp_path / "empty.py").touch()
    (tmp_path / "bytes.py").write_bytes(b"t = '\xff'\0")
    assert cli.main(CASES[case]) == 2
    output = capsys.readouterr()
    assert output.err.startswith("tinygrad-lite: ")
    assert "Errno" not in output.err
    assert output.out == ""


def test_saving_is_refused_in_python_as_in_the_command() -> None:
    w = tg.Tensor(2.0, requires_grad=True, name="w")
    for path in ("a\0b.html", "nowhere/w.html", f"{LONG}.html"):
        with pytest.raises(DerivationError, match="cannot write"):
            tg.derive(w * w, wrt=w).save(path)
        with pytest.raises(DrawingError, match="cannot write"):
            tg.draw(w * w).save(path)


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")
@pytest.mark.parametrize(("closed", "expression", "status"), [(">&-", "w*w", 0), ("2>&-", "w*", 2)])
def test_a_stream_that_the_shell_closed_is_written_to_in_vain(closed: str, expression: str, status: int) -> None:
    line = [*MODULE, "derive", "-e", expression, "--wrt", "w"]
    done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *line], env=ENVIRONMENT, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (status, b"", b"")
