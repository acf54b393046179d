"""`python -m benchmarks`: its rows agree, it refuses to time contenders that do not, and it writes one table."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.repository import ROOT, needed
from tests.helpers.slow import slow

if not (ROOT / "benchmarks" / "racing.py").is_file():
    pytest.skip("this copy has no benchmarks", allow_module_level=True)

from benchmarks import plots, racing, tables
from benchmarks.contenders import CONTENDERS, HAND, present
from benchmarks.growth import GROWTH, exponent
from benchmarks.rows import ROWS
from benchmarks.rows.base import Row

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:torch")


@pytest.mark.parametrize("name", ROWS)
def test_all_contenders_of_a_row_agree_with_the_one_by_hand(name: str) -> None:
    row = ROWS[name]
    steps, failed = racing.agreeing(row, row.problem(**row.tiny))
    assert not failed
    assert {HAND, "eager"} <= steps.keys()


@pytest.mark.parametrize("name", GROWTH)
def test_a_program_that_grows_is_made_of_rows_that_agree(name: str) -> None:
    growth = GROWTH[name]
    steps, failed = racing.agreeing(growth.row(), growth.problem(**growth.sizes(9)))
    assert not failed
    assert "eager" in steps
    assert steps.keys() <= {HAND, "eager", "compiled"}


@pytest.mark.parametrize("name", slow("neuron", "hvp", "import", "batch"))
def test_a_row_is_one_line_of_a_table_with_a_time_by_hand_and_a_number_of_the_engine(name: str, tmp_path: Path) -> None:
    done = run("-m", "benchmarks", "--rows", name, "--json", str(tmp_path / "times.json"))
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "times.json").read_text())
    assert {"processor", "SIMD", "Python", "numpy"} <= results["machine"].keys()
    if name in ROWS:
        heading, rule, line = next(part for part in done.stdout.split("\n\n") if part.startswith("| ")).splitlines()
        assert done.stderr.splitlines() == [heading, rule, line], "what is told meanwhile has the table's columns"
        assert heading.startswith("|  | by hand | by hand, out= | eager |")
        _, _, by_hand, _, eager = line.split(" | ")[0:1] + line.split("|")[1:5]
        assert re.fullmatch(r" [\d.]+ (s|ms|µs) ", by_hand)
        assert re.fullmatch(r" [\d.]+ ", eager)
    else:
        assert results["others"][name]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments, "--processes", "1", "--seconds", "0.1"]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_contenders_that_disagree_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    right, row = tg.hvp, ROWS["hvp"]
    monkeypatch.setattr(tg, "hvp", lambda *given: right(*given) * (1 + 1e-6))
    with pytest.raises(racing.Disagreement, match=r"(?s)step 0: eager gives .* by hand it is"):
        racing.agreeing(row, row.problem(**row.tiny))


def test_contenders_take_turns_and_do_equal_work(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    class Problem:
        def by_hand(self) -> Any:
            return lambda: calls.append(HAND) or 1.0

        def eager(self) -> Any:
            return lambda: calls.append("eager") or 1.0

    monkeypatch.setattr(racing, "seconds", lambda step, repeat, clock: step() and 1.0)
    result = racing.race(Row("of a test", Problem), budget=0.0)
    assert result["rounds"] == 3
    assert result["seconds"] == {HAND: 1.0, "eager": 1.0}
    assert calls == [*[HAND] * 3, *["eager"] * 3, *[HAND, "eager"] * 4]  # agree, find how often, three rounds


def test_what_a_contender_cannot_do_is_said_and_the_others_are_measured() -> None:
    class Problem:
        def by_hand(self) -> Any:
            return lambda: 1.0

        def eager(self) -> Any:
            raise NotImplementedError("not yet")

    steps, failed = racing.agreeing(Row("of a test", Problem), Problem())
    assert list(steps) == [HAND]
    assert failed == {"eager": "NotImplementedError: not yet"}


@pytest.mark.parametrize(("value", "expected", "agrees"), [
    (1.0 + 1e-12, 1.0, True), (1.0 + 1e-6, 1.0, False), (np.nan, 1.0, False),
    (np.ones(2), np.ones(3), False), (np.ones((2, 1)), np.ones(2), False), (np.array([1, 1e-20]), np.array([1, 0]), True),
    ((1.0, np.ones(2)), (1.0, np.ones(2)), True), ((1.0,), (1.0, 2.0), False),
])  # fmt: skip
def test_numbers_agree_to_the_largest_of_their_array(value: Any, expected: Any, agrees: bool) -> None:
    assert racing.same(value, expected, 1e-9) == agrees


def test_the_peak_of_memory_is_counted_without_inputs_and_results_but_with_buffers() -> None:
    x = np.ones(10_000)

    def three() -> Any:
        return lambda: np.add(x + 1, x + 2)  # two temporary arrays and the result

    def buffered() -> Any:
        kept: list[Any] = []

        def step() -> Any:
            kept[:] = kept or [np.empty_like(x)]
            return np.add(x, 1, out=kept[0]) * 2

        return step

    assert racing.peak_arrays(three, x.nbytes) == pytest.approx(2, abs=0.1)
    assert racing.peak_arrays(buffered, x.nbytes) == pytest.approx(1, abs=0.1)


def test_the_exponent_of_a_line_is_1_and_of_a_square_2() -> None:
    sizes = (10, 20, 40, 80)
    assert exponent({n: 3.0 * n for n in sizes}) == pytest.approx(1)
    assert exponent({n: 3.0 * n * n for n in sizes}) == pytest.approx(2)


def results() -> dict[str, Any]:
    times = {HAND: [1e-3, 2e-3, 4e-3], "eager": [2e-3, 2e-3, 2e-3], "torch": [1.0, 1.0, 1.0]}
    rows = {"neuron": {"seconds": times, "failed": {"compiled": "RefusedError: no"}}}
    return {"machine": {"processor": "any"}, "contenders": [HAND, "eager", "compiled", "torch"], "times": {"1": rows}, "others": {}}  # fmt: skip


def test_shown_are_medians_of_the_ratios_of_each_process() -> None:
    text = tables.document(results())
    assert "| 300 epochs of one sigmoid neuron, scalars | 2 ms | 1.00 | – | 500 |" in text
    assert "| 300 epochs of one sigmoid neuron, scalars | 1 ms to 4 ms | 0.50 to 2.00 | – | 250 to 1000 |" in text
    assert tables.failures(results()) == [f"{ROWS['neuron'].title}: compiled: RefusedError: no"]


def test_the_figure_has_a_mark_for_each_contender(tmp_path: Path) -> None:
    needed("matplotlib")
    plots.plot(results(), str(tmp_path / "times.svg"))
    assert (tmp_path / "times.svg").stat().st_size > 1_000
    assert set(plots.MARKS) == set(CONTENDERS) - {HAND}


def test_the_readme_shows_the_first_table_of_the_results() -> None:
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    table = next(part for part in results.split("\n\n") if part.startswith("|  | by hand"))
    assert table in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_present_contenders_are_columns_in_the_order_of_the_table() -> None:
    assert present() == [name for name in CONTENDERS if name in present()]
    assert present()[0] == HAND
