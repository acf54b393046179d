"""`tinygrad-lite compile`: expressions, files, and what it says when it cannot."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
from pathlib import Path

import pytest

from tinygrad_lite.command import cli

NEURON = ["compile", "-e", "(y - sigmoid(w*x + b))**2 / 2", "--wrt", "w,b"]
VALUES = ["--let", "w=0.6", "--let", "b=0.9", "--let", "x=1", "--let", "y=0"]

PROGRAM = """
import numpy as np
import tinygrad_lite as tg

@tg.compile
def step(w, x, y, lr):
    C, dw = tg.value_and_grad(lambda w: tg.quadratic_cost(x @ w, y))(w)
    w -= lr * dw
    return C

@tg.compile
def never(w):
    return w

def cost(w, b, x, y=0.5):
    a = tg.sigmoid(x @ w + b)
    return tg.cross_entropy(a, y)

def scaled(rows, *, factor):
    return ((rows @ np.ones(2)) * factor).sum()

number, x = 3, np.ones((3, 2))
rows, factor = [[1.0, 2.0], [3.0, 4.0]], 2.0
step(np.ones(2), np.ones((3, 2)), np.zeros(3), 0.5)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_the_lectures_neuron_is_written_with_its_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*NEURON, *VALUES]) == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("def cost"))
    assert lines[start].startswith("def cost_and_gradient(")
    assert [line.strip() for line in lines[start + 1 :]] == [
        "z = w * x + b", "a = sigmoid(z)", "C = (y - a)**2 / 2", "dz = (a - y) * a * (1 - a)", "dw = dz * x", "db = dz",
        "return C, (dw, db)",
    ]  # fmt: skip


def test_without_wrt_there_is_no_gradient(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.main(["compile", "-e", "mean((w*x - y)**2)", "--let", "w=2", "--let", "x=[1,2]", "--let", "y=[1,1]"]) == 0
    )
    assert capsys.readouterr().out.splitlines()[-1].strip() == "return np.mean((w * x - y)**2)"


def test_the_code_that_runs_is_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*NEURON, *VALUES, "--fast"]) == 0
    assert "sigmoid(z)" not in capsys.readouterr().out


def test_above_the_code_that_runs_stands_what_its_names_are(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.main(
            [
                "compile",
                f"{program}:cost",
                "--wrt",
                "w",
                "--let",
                "w=[0.1,0.2]",
                "--let",
                "b=0",
                "--let",
                "y=[0,1,1]",
                "--fast",
            ]
        )
        == 0
    )
    text = capsys.readouterr().out
    said = " ".join(row.removeprefix("# ") for row in text.splitlines() if row.startswith("#"))
    assert said.startswith("This is what a call runs. It does not run alone")
    (function,) = (x for x in ast.parse(text).body if isinstance(x, ast.FunctionDef))
    own = {x.id for x in ast.walk(function) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)}
    own |= {x.arg for x in function.args.args} | set(vars(builtins))
    foreign = {x.id for x in ast.walk(function) if isinstance(x, ast.Name)} - own
    assert foreign
    assert all(f"{name} = " in said for name in foreign)


def test_a_function_of_a_file_is_saved_and_runs(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "step.py"
    assert cli.main(["compile", f"{program}:step", "--save", str(saved)]) == 0
    assert capsys.readouterr().out.strip() == f"wrote {saved}"
    assert "    w -= lr * dw" in saved.read_text(encoding="utf-8")
    subprocess.run([sys.executable, "-I", str(saved)], check=True)


def test_a_function_of_a_file_takes_what_is_given_else_the_files_variables_else_its_defaults(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compile", f"{program}:cost", "--wrt", "w,b", "--let", "w=[0.1,0.2]", "--let", "b=0", "--let", "y=[0,1,1]"]
    assert cli.main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("def cost"))
    assert [line.partition("  #")[0].strip() for line in lines[start:]] == [
        "def cost_and_gradient(w, b, x, y=0.5):", "m = len(x)", "z = x @ w + b", "a = sigmoid(z)", "C = cross_entropy(a, y)",
        "dz = (a - y) / m", "dw = x.T @ dz", "db = np.sum(dz)", "return C, (dw, db)",
    ]  # fmt: skip


def test_lists_of_numbers_are_arrays_and_keywords_are_passed_as_keywords(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["compile", f"{program}:scaled", "--wrt", "rows,rows"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "def scaled_and_gradient(rows, *, factor):" in lines
    assert lines[-1].endswith("drows")


def test_one_gradient_is_returned_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compile", "-e", "w**2 / 2", "--wrt", "w", "--let", "w=2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].strip() == "return C, dw"


def test_what_a_file_compiled_is_compiled_again_where_values_are_given(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compile", f"{program}:never", "--let", "w=[1,2]"]
    assert cli.main(words) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["def never(w):", "    return w"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compile"], "compile takes FILE.py:NAME or -e EXPR"),
        (["compile", "-e", "w*x", "--let", "w=1"], "no value for x. Add --let x=1, or --const x=1"),
        (["compile", "-e", "w*w", "--let", "w=1", "--wrt", "q"], "'q' does not occur"),
        (["compile", "PROGRAM:number"], "is int, not a function"),
        (["compile", "PROGRAM:nothing"], "its functions are: step, never, cost, scaled"),
        (["compile", "PROGRAM:never"], "has no value for w. Add --let w=1,"),
        (["compile", "PROGRAM:cost", "--let", "w=[1,1]"], "has no value for b. Add --let b=1,"),
        (["compile", "PROGRAM:cost", "--let", "q=1"], "has no parameter q; it has w, b, x, y."),
        (["compile", "PROGRAM:never", "--let", "w=1", "--wrt", "q"], "--wrt q: there is no such parameter"),
        (["compile", "PROGRAM:never", "--let", "w=[1,2]", "--wrt", "w"], "tg.jacobian. Run it by itself first."),
        (["compile", "nowhere.py:step"], "there is no file nowhere.py"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    words: list[str], said: str, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([w.replace("PROGRAM", str(program)) for w in words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
