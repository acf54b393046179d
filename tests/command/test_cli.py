"""The `tinygrad-lite` command: its story, its exit status, its errors, and what it prints where."""

from __future__ import annotations

import ast
import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.processes import started
from tests.helpers.repository import ROOT
from tests.helpers.slow import slow
from tinygrad_lite.command import cli
from tinygrad_lite.command.options import read_values
from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.errors import DataError

MODULE = [sys.executable, "-m", "tinygrad_lite"]
pytestmark = pytest.mark.usefixtures("elsewhere")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, its output piped."""
    return subprocess.run([*MODULE, *arguments], env=ENVIRONMENT | environment, capture_output=True)


def numbers(line: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+\.?\d*", line)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo puts its files."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def story(folder: Path) -> list[str]:
    """What `tinygrad-lite demo` prints, line by line."""
    done = command("demo", "--out", str(folder), PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def line_with(story: list[str], start: str) -> str:
    return next(line for line in story if line.strip().startswith(start))


# --- demo --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [(0.6, 0.9), (2.0, 2.0)])
def test_the_table_shows_the_gradients_that_the_engine_gives(story: list[str], start: tuple[float, float]) -> None:
    _, _, a, slope, quadratic, cross_entropy, ratio = numbers(line_with(story, f"{start[0]}, {start[1]}"))
    output = float(tg.sigmoid(sum(start)))
    assert a == pytest.approx(output, abs=1e-4)
    assert slope == pytest.approx(output * (1 - output), abs=1e-6)
    assert (quadratic, cross_entropy) == pytest.approx((output**2 * (1 - output), output), abs=1e-6)
    assert ratio == pytest.approx(1 / (output * (1 - output)), abs=0.1)


def test_the_descent_ends_where_the_published_one_does(story: list[str]) -> None:
    assert numbers(line_with(story, "updates"))[4] == 200
    assert numbers(line_with(story, "quadratic  "))[4] == 0.789
    assert numbers(line_with(story, "cross-entropy  "))[4] == 0.019


def test_the_network_learns_the_digits_and_cross_entropy_is_ahead_at_first(story: list[str]) -> None:
    start = story.index(line_with(story, "epoch"))
    rows = [numbers(line) for line in story[start + 1 : story.index("", start)]]
    assert [epoch for epoch, *_ in rows] == list(range(1, 11))
    assert all(cross_entropy > quadratic for _, quadratic, cross_entropy, _ in rows)
    assert rows[0][2] > 2 * rows[0][1]
    assert min(rows[-1][1:]) > 90


def test_it_draws_the_neuron_as_a_picture_and_as_a_page(story: list[str], folder: Path) -> None:
    svg, page = (folder / f"neuron.{kind}" for kind in ("svg", "html"))
    if not svg.exists():  # no Graphviz here: the story says both ways out, and goes on
        assert any("No picture in a file" in line for line in story)
        return
    assert "saturated" in svg.read_text(encoding="utf-8")
    assert "<script" in page.read_text(encoding="utf-8")


def test_it_derives_the_closed_form(story: list[str]) -> None:
    assert any(line.startswith("   ∂C/∂w = x (a − y) ") for line in story)
    assert [line for line in story if line and not line.startswith(("   ", "1  ", "2  ", "3  "))] == []


def test_it_ends_with_its_training_step_which_is_saved_and_runs_on_numpy_alone(story: list[str], folder: Path) -> None:
    source = (folder / "step.py").read_text(encoding="utf-8")
    printed = [line[3:] for line in story[story.index(line_with(story, "def step(")) :]]
    assert printed[: printed.index("")] == source[source.index("def step(") :].splitlines()
    imported = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert list(map(ast.unparse, imported)) == ["import numpy as np"]
    step = runpy.run_path(str(folder / "step.py"))["step"]
    rng = np.random.default_rng(0)
    x, y = rng.random((10, 64)), np.eye(10)
    before = [rng.normal(size=shape) for shape in ((64, 30), 30, (30, 10), 10)]

    def cost(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        return tg.cross_entropy(tg.sigmoid(tg.sigmoid(x @ W1 + b1) @ W2 + b2), y)

    C, gradients = tg.value_and_grad(cost, [0, 1, 2, 3])(*before)
    after = [w.copy() for w in before]
    np.testing.assert_allclose(step(x, y, *after, 0.5), C, rtol=1e-12)
    for new, old, gradient in zip(after, before, gradients, strict=True):
        np.testing.assert_allclose(new, old - 0.5 * gradient, rtol=1e-10)


@pytest.mark.parametrize("encoding", ["ascii", *slow("utf-8", "cp1252")])
def test_every_line_fits_80_columns_in_every_encoding(encoding: str) -> None:
    done = command("demo", "--epochs", "2", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    assert max(map(len, text.splitlines())) <= 80
    assert "?" not in text  # every sign has a spelling
    assert ("σ′(z)" if encoding == "utf-8" else "sigma'(z)") in text


@pytest.mark.slow
def test_a_c_locale_is_no_error() -> None:
    plain = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for arguments in (["demo", "--epochs", "1"], ["--help"], ["demo", "--help"]):
        done = command(*arguments, **plain)
        assert (done.returncode, done.stderr) == (0, b"")
        done.stdout.decode("ascii")


def test_the_same_seed_tells_the_same_story_and_another_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for seed in ("0", "0", "1"):
        assert cli.main(["demo", "--epochs", "1", "--seed", seed]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1] != told[2]


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    endless = [*MODULE, "demo", "--epochs", "1000000"]
    with started(endless, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        _, stderr = process.communicate()
    assert (process.returncode, stderr) == (141, b"")


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "--epochs", "0"], "epochs must be 1 or more; got 0."),
        (["demo", "--seed", "-3"], "seed must be 0 or more; got -3."),
    ],
)
def test_an_error_of_ours_is_one_line_on_stderr_and_exit_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    assert capsys.readouterr() == ("", f"tinygrad-lite: {message}\n")


def test_any_error_of_ours_ends_a_subcommand_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(options: object) -> None:
        raise DataError("no such file: x − y")

    monkeypatch.setattr("tinygrad_lite.command.demo.run", broken)
    assert cli.main(["demo"]) == 2
    assert capsys.readouterr().err == "tinygrad-lite: no such file: x − y\n"


@pytest.mark.parametrize("arguments", [["no-such-command"], ["demo", "--epochs", "many"], ["demo", "--what"]])
def test_what_argparse_refuses_exits_with_2_and_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("usage: tinygrad-lite")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert (stop.value.code, capsys.readouterr().out) == (0, f"tinygrad-lite {tg.__version__}\n")


def test_help_lists_every_subcommand_with_a_line_in_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    for name, (what, example) in cli.COMMANDS.items():
        assert name in text
        assert (what + example).isascii()
        assert example.split()[-1] in text


def test_without_arguments_it_says_what_one_can_do_and_its_first_commands_work_in_any_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([]) == 0
    text = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if f"  {name} " not in text] == []
    assert max(map(len, text.splitlines())) <= 80
    assert len(cli.FIRST) == 3
    for first in cli.FIRST:
        assert f"tinygrad-lite {first}\n" in text
        assert cli.main(shlex.split(first)) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"tinygrad-lite-demo"}


def test_ctrl_c_ends_it_with_one_line() -> None:
    endless = [*MODULE, "demo", "--epochs", "1000000"]
    with started(endless, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()
    assert (process.returncode, stderr) == (130, b"tinygrad-lite: interrupted\n")


# --- the terminal ----------------------------------------------------------------------------------------------------


def test_bars_grow_with_their_share_and_keep_their_width(capsys: pytest.CaptureFixture[str]) -> None:
    bars = [Terminal().bar(n / 100, 10) for n in range(101)]
    assert {len(bar) for bar in bars} == {10}
    assert (bars[0], bars[50], bars[100]) == (" " * 10, "█" * 5 + " " * 5, "█" * 10)
    filled = [len(bar.strip()) for bar in bars]
    assert filled == sorted(filled)
    assert Terminal().bar(7.0, 4) == "████"


# --- derive and draw -------------------------------------------------------------------------------------------------


def test_derive_prints_the_lectures_second_equation(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "-e", "(y - sigmoid(w*x + b))**2 / 2", "--wrt", "w"]) == 0
    assert "= (a − y) σ′(z) x" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["neuron.html", "neuron.tex"])
def test_derive_writes_a_page_or_a_tex_file(name: str, tmp_path: Path) -> None:
    assert cli.main(["derive", "-e", "(y - w*x)**2 / 2", "--wrt", "w", "-o", name]) == 0
    assert (tmp_path / name).stat().st_size > 0


def test_draw_prints_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["draw", "-e", "sigmoid(w*x + b)", "--let", "w=2", "--let", "b=2", "--const", "x=1"]) == 0
    assert "= 0.01766" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["derive", "-e", "w *", "--wrt", "w"],
        ["derive", "-e", "w * x", "--wrt", "q"],
        ["draw", "-e", "sigmoid(w"],
        ["draw", "nowhere.py:C"],
    ],
)
def test_what_cannot_be_read_is_one_clear_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err.startswith("tinygrad-lite: ")


@pytest.mark.parametrize("subcommand", [["derive", "--wrt", "w"], ["draw"]])
@pytest.mark.parametrize(
    "value",
    ["null", "{}", '"2"', "[[1,2],[3]]", "__import__('os')", "", "[" * 100_000],
    ids=["null", "object", "text", "ragged", "code", "empty", "brackets"],
)
def test_a_value_is_a_number_or_a_list_of_numbers(
    subcommand: list[str], value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*subcommand, "-e", "w * w", "--let", f"w={value}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("tinygrad-lite: --let w: ")
    assert "Write w=2.5 or w=[1,2]." in error
    assert len(error) < 250


def test_a_value_may_be_larger_than_any_integer_of_numpy() -> None:
    assert read_values([f"w=1{'0' * 30}"])["w"] == 1e30


def test_an_output_that_cannot_be_written_is_one_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "-e", "w * w", "--wrt", "w", "-o", "nowhere/w.tex"]) == 1
    assert capsys.readouterr().err.startswith("tinygrad-lite: ")


def test_an_expression_may_begin_with_a_minus(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "-e", "-mean(y*log(a) + (1-y)*log(1-a))", "--wrt", "a"]) == 0
    assert "(a − y)/(a (1 − a))" in capsys.readouterr().out


@pytest.mark.parametrize("subcommand", [["draw", "--let", "w=2"], ["derive", "--wrt", "w"]])
def test_drawings_and_derivations_print_in_an_ascii_locale(subcommand: list[str]) -> None:
    done = command(*subcommand, "-e", "sigmoid(w)", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "sigma" in done.stdout.decode("ascii")


def test_ctrl_c_while_a_subcommand_is_imported_ends_it_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.importlib, "import_module", interrupted)
    assert cli.main(["learn", "list"]) == 130
    assert capsys.readouterr().err == "tinygrad-lite: interrupted\n"


@pytest.mark.parametrize("columns", [60, 100])
@pytest.mark.parametrize("words", [["derive", "--wrt", "w"], ["draw"]], ids=lambda words: words[0])
def test_lines_are_as_long_as_the_terminal_allows(
    columns: int, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    cost = "-(y*log(sigmoid(w*x + b)) + (1-y)*log(1-sigmoid(w*x + b)))"
    values = [f"--let={name}=0.5" for name in "wxby"]
    assert cli.main([*words, "-e", cost, *values]) == 0
    longest = max(map(len, capsys.readouterr().out.splitlines()))
    assert columns - 25 < longest <= columns


def test_the_sentences_of_the_demo_fit_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert cli.main(["demo", "--epochs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    prose = lines[: next(n for n, line in enumerate(lines) if line.startswith("3  "))]
    tables = [line for line in prose if len(line) > 60]
    assert all(numbers(line) or line.strip().startswith(("w, b", "epoch", "updates")) for line in tables)
    assert len(tables) < 20
