"""`tinygrad-lite draw`: files, expressions, options, and what it says when it cannot."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.live_pages import page_data
from tests.helpers.repository import needs_graphviz
from tinygrad_lite.command.draw import add_arguments, from_expression, from_file, run
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import DerivationError, DrawingError, FormulaError, TinygradLiteError


def command(*arguments: str) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args(arguments))


PROGRAM = """
import tinygrad_lite as tg
import helper

w = tg.Tensor(2.0, requires_grad=True, name="w")
cost = helper.twice(w)

def later():
    return tg.sigmoid(w)

number = 3
if __name__ == "__main__":
    raise RuntimeError("not when drawn")
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text("def twice(x):\n    return x * 2.0\n")
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_an_expression_is_drawn_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    command("-e", "sigmoid(w*x+b)", "--let", "w=2", "--let", "b=2", "--const", "x=1")
    said = capsys.readouterr().out
    assert said.splitlines()[0].startswith("a = σ(z) · result · scalar float64 · 0.982 · ▲ saturated: slope at 7 %")
    assert "x · constant" in said
    assert "w · learns" in said


def test_that_nothing_learns_is_said_where_gradients_are_asked_for(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    constants = ["-e", "w*x", "--const", "w=2", "--const", "x=1"]
    command(*constants)
    said = capsys.readouterr()
    assert "no gradients: none of these tensors has requires_grad=True" in said.out
    assert "nothing here learns. For a value that learns, give it by --let and not by --const." in said.err
    program.write_text("import tinygrad_lite as tg\nw = tg.Tensor(2.0)\ncost = w * w\n")
    command(f"{program}:cost", "-o", str(tmp_path / "x.dot"))
    assert "make it with requires_grad=True" in capsys.readouterr().err
    assert "no gradients" in (tmp_path / "x.dot").read_text(encoding="utf-8")
    command(*constants, "--no-grads")
    command("-e", "w*x", "--let", "w=2", "--const", "x=1")
    said = capsys.readouterr()
    assert "no gradients" not in said.out + said.err


def test_values_of_an_expression_have_the_names_of_its_derivation(capsys: pytest.CaptureFixture[str]) -> None:
    values = ("--let", "w=2", "--let", "b=2", "--const", "x=1", "--const", "y=0")
    command("-e", "(y - sigmoid(w*x+b))**2 / 2", *values)
    said = capsys.readouterr().out
    assert [name for name in ("C = ", "a = σ(z)", "z = v1 + b", "∂C/∂w") if name not in said] == []


def test_formulas_with_names_are_boxes_with_these_names(capsys: pytest.CaptureFixture[str]) -> None:
    values = ("--let", "w=2", "--let", "b=2", "--const", "x=1", "--const", "y=0")
    command("-e", "u = w*x+b; h = sigmoid(u); L = (y - h)**2 / 2", *values)
    said = capsys.readouterr().out
    assert [name for name in ("L = ", "h = σ(u)", "u = v1 + b", "∂L/∂w") if name not in said] == []
    with pytest.raises(FormulaError, match="'u' has a formula in the expression, and a value"):
        command("-e", "u = w*x+b; h = sigmoid(u); L = (y - h)**2 / 2", *values, "--let", "u=1")


def test_a_name_of_the_expression_is_given_to_nothing_else() -> None:
    result = from_expression("C*w + a", ["w=2", "C=1", "a=0"])
    assert sorted(node.name for node in graph(result) if node.primitive is None) == ["C", "a", "w"]
    assert result.name not in ("C", "a", "w")


def test_what_cannot_be_derived_is_drawn_under_numbered_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise DerivationError("no formula")

    monkeypatch.setattr("tinygrad_lite.command.draw.read_stations", refused)
    assert from_expression("sigmoid(w)", ["w=2"]).name is None
    monkeypatch.undo()
    assert from_expression("sigmoid(w)", ["w=2"]).name == "a"
    assert from_expression("sigmoid(w) + w", ["w=[1,2]"]).name is None  # a derivation is of one number


def test_values_may_be_lists_and_functions_are_the_packages() -> None:
    t = from_expression("sum(softmax(z) * y)", ["z=[1, 2, 3]"], ["y=[0, 1, 0]"])
    assert t.shape == ()
    assert t.requires_grad


def test_a_tensor_of_a_file_is_drawn_with_its_name(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(f"{program}:cost", "-o", str(tmp_path / "out.dot"))
    assert capsys.readouterr().out == f"wrote {tmp_path / 'out.dot'}\n"
    assert "cost = w × 2" in (tmp_path / "out.dot").read_text()
    assert from_file(f"{program}:later").item() == pytest.approx(0.8808, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "boxes"), [([], 8), (["--fold", "none"], 17), (["--fold", "sigmoid"], 11), (["--fold", "0"], 8), (["--upto", "a"], 3)]
)  # fmt: skip
def test_options_of_the_drawing(options: list[str], boxes: int, tmp_path: Path) -> None:
    path = tmp_path / "cost.py"
    path.write_text("from tests.helpers.picture_graphs import neuron\n")
    command(f"{path}:neuron", "-o", str(tmp_path / "x.dot"), *options)
    dot = (tmp_path / "x.dot").read_text()
    assert len(re.findall(r"^\s*n\d+ \[", dot, re.MULTILINE)) == boxes
    assert "∂C/∂a" in dot


@needs_graphviz
def test_a_page_may_ask_for_the_gradients(tmp_path: Path) -> None:
    written = ["-e", "sigmoid(w)", "--let", "w=2", "-o", str(tmp_path / "x.html")]
    command(*written)
    plain = (tmp_path / "x.html").read_text(encoding="utf-8")
    command(*written, "--predict")
    asking = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert page_data(plain)["answers"] is None
    assert page_data(asking)["answers"]["texts"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "FILE.py:NAME or -e EXPR"), (["-e", "w", "x.py:y"], "one of the two"),
        (["-e", "w*x", "--let", "w=1"], r"no value for x\. Add --let x=1, or --const x=1 where nothing is to learn\."),
        (["-e", "wx + b", "--let", "w=1", "--let", "b=1"], "no value for wx.* If wx is a product, write w\\*x\\."),
        (["w*x + b"], "or write -e before a formula"),
        (["-e", "w", "--let", "w=1", "--let", "q=1"], "q does not occur"),
        (["-e", "w", "--let", "w"], "NAME=VALUE"), (["-e", "w", "--const", "w=q"], "--const w: 'q' is neither a number"),
        (["-e", "w *", "--let", "w=1"], r"\^"), (["-e", "nosuch(w)", "--let", "w=1"], "nosuch"),
        (["-e", "w.__class__", "--let", "w=1"], r"\^"),
        (["nowhere.py:x"], "no file"), (["nowhere"], "FILE.py:NAME"),
        (["-e", "w", "--let", "w=1", "-o", "x.gif"], r"\.svg"),
        (["-e", "sigmoid(w)", "--let", "w=1", "--fold", "foo"], r"called 'foo'; there is sigmoid\."),
        (["-e", "w", "--let", "w=1", "--predict"], "needs a file"),
        (["-e", "w", "--let", "w=1", "--predict", "-o", "x.svg"], r"only a page .* got 'x\.svg'"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said(arguments: list[str], error: str) -> None:
    with pytest.raises((DrawingError, FormulaError), match=error):
        command(*arguments)


def test_errors_of_a_file_name_the_place(program: Path, tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match="its Tensors are: w, cost"):
        from_file(f"{program}:nothing")
    with pytest.raises(DrawingError, match=r"number in .* is int, not a Tensor"):
        from_file(f"{program}:number")
    broken = tmp_path / "broken.py"
    broken.write_text("x = 1\ny = x / 0\n")
    with pytest.raises(DrawingError, match="line 2, raised ZeroDivisionError"):
        from_file(f"{broken}:y")


def test_every_error_is_one_of_ours() -> None:
    assert issubclass(DrawingError, TinygradLiteError)
    assert issubclass(FormulaError, TinygradLiteError)
