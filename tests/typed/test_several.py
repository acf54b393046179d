"""Several formulas in one text: z = w*x + b; a = sigmoid(z); C = (y - a)**2/2."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.derivations import derive_expression
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed.graphs import graph_of, read_several

NEURON = "z = w*x + b; a = sigmoid(z); C = (y - a)**2/2"


@pytest.mark.parametrize(
    "text",
    [
        NEURON,
        NEURON.replace("; ", "\n"),
        "\n" + NEURON.replace("; ", ";\n\n") + ";\n",
        "C = (y - a)²/2; a = σ(z); z = w x + b",
        "z = w*x + b; a = sigmoid(z); (y - a)**2/2",
        "z = (w*x\n + b); a = sigmoid(z)\nC = (y - a)**2/2",
    ],
)
def test_formulas_are_read_in_any_order_and_the_value_is_the_one_that_no_other_uses(text: str) -> None:
    typed = read_several(text)
    assert sorted(typed.names()) == ["b", "w", "x", "y"]
    point = {n: tg.Tensor(v, requires_grad=True, name=n) for n, v in {"w": 0.5, "x": 2.0, "b": -0.25, "y": 1.0}.items()}
    cost = graph_of(typed, point)[0]
    assert cost.item() == pytest.approx((1 - tg.sigmoid(0.75)) ** 2 / 2)
    assert {"z", "a"} <= {node.name for node in tg.graph(cost)}


def test_the_names_of_formulas_are_those_of_the_derivation() -> None:
    derivation = derive_expression("u = w*x + b; h = sigmoid(u); L = (y - h)**2/2", "w")
    assert derivation.title == "∂L/∂w"
    assert [str(line) for line in derivation.steps if "∂L/∂h" in str(line)] == ["∂L/∂h = h − y"]
    assert str(derive_expression(NEURON, "z").formula) == "(a − y) a (1 − a)"


def test_one_formula_may_have_its_name() -> None:
    assert derive_expression("E = (y - w*x)**2/2", "w").title == "∂E/∂w"


def test_indices_of_a_name_are_the_axes_of_its_formula() -> None:
    values = {"w": np.arange(6.0).reshape(2, 3), "x": np.arange(12.0).reshape(4, 3)}
    z = values["x"] @ values["w"].T
    for text, expected in (
        ("z_ij = sum_k w_jk x_ik; sum_i z_ij", z.sum(axis=0)),
        ("z_ji = sum_k w_jk x_ik; sum_i z_ji", z.sum(axis=0)),
        ("z_ji = sum_k w_jk x_ik; sum_i z_ij", z.sum(axis=1)),
    ):
        np.testing.assert_allclose(graph_of(read_several(text), values)[0], expected)


def test_rows_of_classes_are_seen_through_names() -> None:
    typed = "a = softmax(z)\nz = x@W\nC = log_likelihood(a, y)"
    assert str(derive_expression(typed, "W", {"y": [0, 2, 1]}).formula) == "(1/m) Σ_i x_ik (a_ij − y_ij)"
    found = derive_expression("s = exp(z); a = s/sum(s); C = -sum(y*log(a))", "z", {"y": [0, 0, 1]})
    assert found.evaluate().shape == (3,)


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("z = w*x; a = z + 1; C = z**2", "which formula is the result", 20),
        ("z = w*x; 3*w", "which formula is the result", 9),
        ("z = w*z; C = z**2", r"needs its own value \(z, C\)", 0),
        ("u = v; v = u; C = v", r"needs its own value \(u, v, C\)", 0),
        ("z = w; z = 2*w; C = z", "'z' has a formula already", 7),
        ("w*x = z; C = z", "one name stands before =", 0),
        ("sigmoid(z) = a; C = a", "sigmoid is a function", 0),
        ("σ = w*x; C = σ", "σ is a function; give this value another name", 0),
        ("z[0] = w; C = z", "one name stands before =", 0),
        ("z = ; C = z**2", "a formula is missing here", 3),
        ("z = w*; C = z**2", "ends where a value is expected", 6),
        ("C = z**2\nz = w ) x", r"'\)' has no '\('", 6),
        ("z_j = sum_k w_jk x_ik; C = sum_j z_j", "'z' has as indices here: j; and its formula: i, j", 0),
        ("z = w = x", "a formula has one =; set formulas apart by ;", 6),
        ("z = w*x, C = z**2", "a formula has one =; set formulas apart by ;", 11),
    ],
)
def test_what_cannot_be_read_points_at_the_place(text: str, said: str, place: int) -> None:
    values = {"w": np.ones((2, 3)), "x": np.ones((4, 3))}
    with pytest.raises(FormulaError, match=said) as raised:
        graph_of(read_several(text), values)
    assert str(raised.value).splitlines()[-1] == " " * (place + 2) + "^"


def test_an_answer_has_one_side_as_before() -> None:
    with pytest.raises(FormulaError, match="'=' is no operator here"):
        tg.same_formula("z = w*x; z", "w*x")
