"""benchmarks/eager.py runs: it prints a table, and it refuses to time contenders that disagree."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.helpers.repository import ROOT
from tests.helpers.slow import slow

SCRIPT = ROOT / "benchmarks" / "eager.py"
pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="this copy has no benchmarks")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments, "--rounds", "1", "--processes", "1"]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize(
    "row", ["neuron", *slow("sigmoid", "hvp", "hvp-known", "import", "relu32", "relu64", "wide", "vectors", "chain")]
)
def test_a_row_is_one_line_of_a_table_with_a_time_by_hand_and_a_number_of_the_engine(row: str) -> None:
    done = run(str(SCRIPT), "--rows", row)
    assert done.returncode == 0, done.stderr
    heading, rule, line = done.stdout.splitlines()[:3]
    assert heading.startswith("| | by hand | tinygrad_lite |")
    assert heading.count("|") == rule.count("|") == line.count("|")
    by_hand, engine = line.split("|")[2:4]
    assert re.fullmatch(r" [\d.]+ (ms|µs) ", by_hand)
    assert re.match(r" [+-]?\d", engine)


def test_contenders_that_disagree_are_not_timed() -> None:
    wrong = (
        "import sys; sys.path.insert(0, 'benchmarks'); import eager, tinygrad_lite as tg; "
        "right = tg.hvp; tg.hvp = lambda *given: right(*given) * (1 + 1e-6); eager.main()"
    )
    done = run("-c", wrong, "--child", "--rows", "hvp")
    assert done.returncode != 0
    assert "tinygrad_lite gives" in done.stderr
    assert "by hand it is" in done.stderr
