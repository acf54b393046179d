"""Equality of formulas: proved, decided on random points, or refused with the place."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from tests.helpers.work import counted
from tinygrad_lite.derivations import same_formula
from tinygrad_lite.errors import FormulaError

PROVED = [
    ("(a - y) * x / m", "x * (a - y) / m"),
    ("x.T @ (a - y) / m", "sum_i x_ij (a_i - y_i) / m"),
    ("x.T @ (a - y) / m", "(1/m) sum_i x_ij (a_i - y_i)"),
    ("(a - y) @ x / m", "sum_i x_ij (a_i - y_i) / m"),
    ("(a - y).T @ x / m", "sum_i x_ik (a_ij - y_ij) / m"),
    ("mean(a - y)", "sum_i (a_i - y_i) / m"),
    ("-(y/a - (1 - y)/(1 - a)) * a * (1 - a)", "a - y"),
    ("1 / (1 + exp(-z))", "exp(z) / (1 + exp(z))"),
    ("(1 + tanh(z/2)) / 2", "sigmoid(z)"),
    ("σ'(z_i) x_ij", "σ(z_i) (1 - σ(z_i)) x_ij"),
    ("max(0, z)", "where(z > 0, z, 0)"),
    ("max(0, z)", "(z + abs(z)) / 2"),
    ("softplus(z)", "log(1 + exp(z))"),
    ("sqrt(x**2)", "abs(x)"),
    ("log(exp(z) / (1 + exp(z)))", "z - softplus(z)"),
    ("(a + b)**3", "a**3 + 3*a**2*b + 3*a*b**2 + b**3"),
    ("(x**2 - y**2) / (x - y)", "x + y"),
    ("sum_k exp(z_ik - c_i)", "exp(-c_i) sum_k exp(z_ik)"),
    ("sum_i sum_j x_ij w_j", "sum_j w_j sum_i x_ij"),
    ("x - -y", "x + y"),
    ("2 x_i y_i", "y_i x_i 2"),
    ("np.exp(x) * np.exp(y)", "exp(x + y)"),
    ("max(x) + 1", "1 + max(x)"),
]


@pytest.mark.parametrize(("f", "g"), PROVED)
def test_proved(f: str, g: str) -> None:
    answer = same_formula(f, g)
    assert answer
    assert answer.how == "proved", str(answer)


@pytest.mark.parametrize(
    ("f", "g"),
    [
        ("(a - y) * x", "(y - a) * x"),
        ("x.T @ (a - y)", "x.T @ (a - y) / m"),
        ("2 * (a - y)", "a - y"),
        ("(a - y) * a * (1 - a)", "(a - y) * a"),
        ("sum_i x_ij (a_i - y_i)", "sum_i (a_i - y_i) x_ij / 2"),
        ("exp(z)", "exp(2*z)"),
        ("a * b", "a + b"),
    ],
)
def test_different(f: str, g: str) -> None:
    answer = same_formula(f, g)
    assert not answer
    assert answer.point is not None
    assert "random point" in str(answer)


def test_random_points_decide_where_the_normal_form_does_not() -> None:
    answer = same_formula("sin(x)**2 + cos(x)**2", "1 + 0*x")
    assert answer
    assert answer.how == "random points"
    assert "20 random points" in answer.reason


def test_shapes_differ() -> None:
    answer = same_formula("sum_i x_ij", "sum_j x_ij")
    assert not answer
    assert answer.how == "shapes"
    assert answer.reason == "the results have shapes (n,) and (m,)"
    given = same_formula("sum_i x_ij", "sum_j x_ij", shapes={"x": (5, 3)})
    assert given.reason == "the results have shapes (3,) and (5,)"


def test_facts() -> None:
    assert (
        same_formula("sum_j y_j log(a_j)", "log(sum_j y_j a_j)", facts={"y": "one_hot", "a": "in (0, 1)"}).how
        == "proved"
    )
    assert not same_formula("a * sum(y) - y", "a - y", shapes={"a": (4,), "y": (4,)})
    one = same_formula("a * sum(y) - y", "a - y", shapes={"a": (4,), "y": (4,)}, facts={"y": "rows sum to 1"})
    assert one.how == "proved"
    with pytest.raises(FormulaError, match="facts are given for 'q'"):
        same_formula("a", "a", facts={"q": "positive"})


def test_functions_of_arrays() -> None:
    assert same_formula(lambda x, a, y: x.T @ (a - y), "sum_i x_ij (a_i - y_i)").how == "proved"
    assert same_formula(lambda z: 1 / (1 + np.exp(-z)), "sigmoid(z)").how == "proved"
    assert same_formula(lambda a, y: a - y, lambda y, a: -(y - a)).how == "proved"
    assert not same_formula(lambda a, y: a - y, lambda y, a: y - a)


def test_a_function_that_knows_no_tensors_is_decided_on_points() -> None:
    def by_hand(a: object, y: object) -> object:
        return np.vectorize(lambda p, q: p - q)(np.asarray(a.detach()), np.asarray(y.detach()))  # type: ignore[attr-defined]

    answer = same_formula(by_hand, "a - y", shapes={"a": (3,), "y": (3,)})
    assert answer
    assert answer.how == "random points"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a + * b", 4, "a value is missing before"),
        ("0,5 (a - y)", 1, "a decimal number has a point"),
        ("a + , y", 4, "a value is missing before"),
        ("(a - y", 0, "never closed"),
        ("a - y)", 5, "has no '('"),
        ("x 2", 2, "an operator is missing"),
        ("a $ b", 2, "no meaning"),
        ("foo(a)", 0, "not a function"),
        ("a = b", 2, "no operator"),
        ("", 0, "empty"),
        ("x_ij @ y", 5, "do not go together"),
        ("sum_k x_ij", 0, "no index of what follows"),
        ("a.", 2, "after the dot"),
        ("sum(a", 3, "never closed"),
    ],
)
def test_errors_point_at_the_place(text: str, place: int, words: str) -> None:
    with pytest.raises(FormulaError, match=words.replace("(", r"\(")) as caught:
        same_formula(text, "a")
    lines = str(caught.value).split("\n")
    assert lines[-1].index("^") - 2 == place, str(caught.value)


def test_texts_that_are_no_formulas() -> None:
    for bad in ("__import__('os')", "a.__class__", "[a, b]", "lambda: 0", "a; b", "a if b else c", "f'{a}'"):
        with pytest.raises(FormulaError):
            same_formula(bad, "a")
    with pytest.raises(FormulaError, match="text or a function"):
        same_formula(3, "a")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "-" * 5000 + "a",
        "a+" * 4000 + "a",
        "9**9**9**9**9",
        "exp(exp(exp(exp(a*99))))",
        "(a+b)**40*(c+d)**40",
    ],
)
def test_little_work_and_no_crash(text: str) -> None:
    with counted() as work, contextlib.suppress(FormulaError):
        same_formula(text, text)
    assert work.calls < 100_000
