"""`tinygrad-lite derive` of a file, and the values that derive, draw and compile take alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.command import cli
from tinygrad_lite.command.compile import from_expression as compiled
from tinygrad_lite.command.derive import from_expression, from_file
from tinygrad_lite.command.draw import from_expression as drawn
from tinygrad_lite.command.draw import from_file as drawn_in
from tinygrad_lite.command.options import read_values
from tinygrad_lite.errors import FormulaError

PROGRAM = """
import numpy as np
import tinygrad_lite as tg

w = tg.Tensor(0.5, requires_grad=True)
x, y = tg.Tensor(1.0), tg.Tensor(0.0)
z = w * x
loss = (y - tg.sigmoid(z)) ** 2 / 2

def neuron(w, b, x=1.0):
    z = w * x + b
    a = tg.sigmoid(z)
    return a ** 2 / 2

def classes(z, label):
    return tg.log_likelihood(tg.softmax(z), label)

def broken(w):
    return nosuch * w
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_a_cost_of_a_file_is_derived_under_the_names_of_its_variables(program: Path) -> None:
    derivation = from_file(f"{program}:loss", "w")
    assert derivation.titles.keys() == {"w"}
    assert derivation.title == "∂loss/∂w"
    assert {"w", "x", "y", "z"} <= derivation.values.keys()
    a = float(tg.sigmoid(0.5))
    assert derivation.evaluate() == pytest.approx(a * a * (1 - a))


def test_a_function_is_called_with_values_that_learn_or_do_not(program: Path) -> None:
    derivation = from_file(f"{program}:neuron", "w,b", ["w=2", "b=1"])
    assert derivation.title == "∂C/∂w, ∂C/∂b"
    assert {"w", "b", "x", "z", "a"} <= derivation.values.keys()
    learning = drawn_in(f"{program}:neuron", ["w=2"], ["b=1"])
    leaves = {node.name: node.requires_grad for node in tg.graph(learning) if node.name in ("w", "b", "x")}
    assert leaves == {"w": True, "b": False, "x": False}


def test_the_files_own_variables_are_the_values_that_are_not_given(program: Path) -> None:
    program.write_text(PROGRAM + "\nb = np.array([1.0, 2.0])\ndef total(b):\n    return (b * b).sum()\n")
    np.testing.assert_allclose(from_file(f"{program}:total", "b").evaluate(), [2.0, 4.0])


def test_a_class_is_a_whole_number_for_each_command(program: Path) -> None:
    z = np.array([1.0, 2.0, 4.0])
    expected = tg.grad(lambda z: tg.log_likelihood(tg.softmax(z), 1))(z)
    typed = "log_likelihood(softmax(z), y)"
    tensor = drawn(typed, ["z=[1,2,4]", "y=1"])
    tensor.backward()
    nodes = {node.name: node for node in tg.graph(tensor)}
    np.testing.assert_allclose(nodes["z"].grad.numpy(), expected)  # type: ignore[union-attr]
    assert nodes["y"].dtype.kind == "i"
    np.testing.assert_allclose(from_expression(typed, "z", ["z=[1,2,4]"], ["y=1"]).evaluate(), expected)
    np.testing.assert_allclose(compiled(typed, "z", ["z=[1,2,4]", "y=1"])(z, np.int64(1))[1], expected)
    np.testing.assert_allclose(from_file(f"{program}:classes", "z", ["z=[1,2,4]"], ["label=1"]).evaluate(), expected)
    np.testing.assert_allclose(
        from_expression("-log(softmax(z))[1]", "z", ["z=[1,2,4]"]).evaluate(), expected, rtol=1e-12
    )


def test_formulas_with_names_are_derived_under_these_names_and_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "u = w*x + b; h = sigmoid(u); L = (y - h)**2/2"
    assert cli.main(["derive", "-e", typed, "--wrt", "w"]) == 0
    said = capsys.readouterr().out
    assert [part for part in ("L = (y − h)²/2", "h = σ(u)", "∂L/∂u") if part not in said] == []
    a = float(tg.sigmoid(2.0))
    cost, dw = compiled(typed, "w", ["w=2", "x=1", "b=0"], ["y=0"])(2.0, 1.0, 0.0, 0.0)
    assert (float(cost), float(dw)) == pytest.approx((a * a / 2, a * a * (1 - a)))
    with pytest.raises(FormulaError, match="'u' has a formula in the expression"):
        compiled(typed, "w", ["w=2", "x=1", "b=0", "u=1"], ["y=0"])


def test_rows_of_targets_stay_rows_and_classes_of_a_batch_are_whole() -> None:
    rows = drawn("log_likelihood(softmax(z), y)", ["z=[1,2]"], ["y=[0,1]"])
    batch = drawn("log_likelihood(softmax(z), y)", ["z=[[1,2],[3,4]]"], ["y=[0,1]"])
    named = drawn("a = softmax(z); C = log_likelihood(a, y)", ["z=[[1,2],[3,4]]"], ["y=[0,1]"])
    kinds = [{n.name: n.dtype.kind for n in tg.graph(t) if n.name == "y"} for t in (rows, batch, named)]
    assert kinds == [{"y": "f"}, {"y": "i"}, {"y": "i"}]


def test_integers_are_kept_where_it_is_said() -> None:
    assert {n: v.dtype.kind for n, v in read_values(["a=3", "b=3.0", "c=[1,2]"], typed=True).items()} == {
        "a": "i", "b": "f", "c": "i",
    }  # fmt: skip
    assert read_values(["a=3"])["a"].dtype.kind == "f"
    assert read_values([f"a=1{'0' * 30}"], typed=True)["a"] == 1e30


def test_a_constant_takes_no_gradient_and_nobody_derives_by_it(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    derivation = from_expression("lam * w**2", "w", [], ["lam=2"])
    assert [t.requires_grad for n, t in derivation.values.items() if n == "lam"] == [False]
    for words in (
        ["derive", "-e", "lam*w", "--const", "w=2"], ["derive", f"{program}:neuron", "--let", "b=1", "--const", "w=2"],
        ["compile", "-e", "lam*w", "--let", "lam=1", "--const", "w=2"],
        ["compile", f"{program}:neuron", "--let", "b=1", "--const", "w=2"],
    ):  # fmt: skip
        assert cli.main([*words, "--wrt", "w"]) == 2
        assert capsys.readouterr().err.endswith(
            "'w' is a constant, so there is nothing to derive by. Give it by --let.\n"
        )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "derive takes FILE.py:NAME or -e EXPR, one of the two"),
        (["PROGRAM:loss", "-e", "w"], "one of the two"),
        (["PROGRAM:nothing"], "its Tensors are: w, x, y, z, loss"),
        (["PROGRAM:loss", "--let", "w=1"], "has its values"),
        (["PROGRAM:PROGRAM"], "FILE.py:NAME"),
        (["PROGRAM:np"], "np in PROGRAM is module, not a Tensor"),
        (["PROGRAM:neuron", "--let", "w=1"], "has no value for b. Add --let b=1"),
        (["PROGRAM:neuron", "--let", "q=1"], "has no parameter q; it has w, b, x"),
        (["PROGRAM:broken", "--let", "w=1"], "PROGRAM, line 19, raised NameError: name 'nosuch' is not defined"),
        (["PROGRAM:loss", "--let", "q=1", "--const", "q=1"], "--let and --const both give 'q' a value"),
        (["nowhere.py:loss"], "there is no file nowhere.py"),
        (["-e", "(y - wx)**2"], "its names are: y, wx. If wx is a product, write w*x."),
        (["w*x"], "or write -e before a formula"),
        (["-e", "z = w*x; C = z**2", "--let", "z=1"], "'z' has a formula in the expression, and a value by an option"),
    ],
)
def test_what_cannot_be_derived_is_said_in_one_line(
    words: list[str], said: str, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["derive", *(word.replace("PROGRAM", str(program)) for word in words), "--wrt", "w"]) == 2
    error = capsys.readouterr().err
    assert said.replace("PROGRAM", str(program)) in error
    assert error.count("\n") == 1


def test_a_size_that_is_the_length_of_nothing_keeps_its_name() -> None:
    penalty = from_expression("lam/(2*m)*sum(w**2)", "w")
    assert "2 m" in penalty.text()
    assert "m" in penalty.formulas["w"].arrays()
    data = from_expression("sum((x@w - y)**2)/(2*m)", "w")
    assert data.sizes["m"] == 5  # there it counts the examples, and is no value
    assert "m" not in data.values
