"""The grammar of typed expressions: what they mean, and where they go wrong."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_lite as tg
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed.evaluating import evaluate, names
from tinygrad_lite.typed.parser import parse

FUNCTIONS = {"exp": np.exp, "sum": np.sum, "sigmoid": tg.sigmoid, "where": np.where, "maximum": np.maximum}


def value(text: str, **values: object) -> object:
    """The value of a text."""
    return evaluate(parse(text, FUNCTIONS), values, FUNCTIONS, text)


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2*3",
        "-2**2",
        "2**-1",
        "2**3**2",
        "(1 + 2)*3",
        "8/4/2",
        "8 - 4 - 2",
        "-3 - -3",
        "+4",
        "1e3 + .5",
        "2*-3",
        "7 - 2*3 + 1",
        "1 < 2",
    ],
)
def test_precedence_is_pythons(text: str) -> None:
    assert value(text) == eval(text)


def test_signs_of_the_lecture() -> None:
    assert value("a − b", a=3.0, b=1.0) == 2
    assert value("a · b", a=3.0, b=2.0) == 6
    assert value("a^2", a=3.0) == 9
    assert value("π") == math.pi


def test_graphs_of_tensors() -> None:
    w, x, b = tg.Tensor(2.0, requires_grad=True, name="w"), tg.Tensor(1.0, name="x"), tg.Tensor(-2.0, name="b")
    a = value("sigmoid(w*x + b)", w=w, x=x, b=b)
    assert isinstance(a, tg.Tensor)
    assert a.item() == 0.5
    a.backward()
    assert w.grad is not None
    assert w.grad.item() == 0.25


def test_keywords_methods_and_transposes() -> None:
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(value("sum(x, axis=0)", x=x), x.sum(0))
    np.testing.assert_array_equal(value("sum(x, axis=(0, 1))", x=x), x.sum())
    np.testing.assert_array_equal(value("sum(x, axis=-1, keepdims=True)", x=x), x.sum(-1, keepdims=True))
    np.testing.assert_array_equal(value("x.T @ x", x=x), x.T @ x)
    np.testing.assert_array_equal(value("x.sum(axis=1)", x=x), x.sum(1))
    np.testing.assert_array_equal(value("where(x > 2, x, 0)", x=x), np.where(x > 2, x, 0))


def test_names_in_order() -> None:
    assert names(parse("sigmoid(w*x + b) + w")) == ["w", "x", "b"]
    assert names(parse("x[" if False else "sum(x, axis=0)")) == ["x"]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("w*x + q", 6, "unknown name 'q'"),
        ("w 2", 2, "an operator is missing"),
        ("tanh(w)", 0, "not a function"),
        ("w +", 3, "ends where a value"),
        ("w.foo", 2, "no value here"),
        ("w ? x", 2, "no meaning"),
        ("w @ x", 2, "cannot be computed"),
        ("w / 0", 2, "cannot be computed"),
        ("sum(w, axis=7)", 0, "cannot be computed"),
        ("sum(w, nonsense=7)", 0, "cannot be computed"),
    ],
)
def test_errors_point_at_the_place(text: str, place: int, words: str) -> None:
    with pytest.raises(FormulaError, match=words) as caught:
        value(text, w=2.0, x=3.0)
    assert str(caught.value).split("\n")[-1].index("^") - 2 == place


def test_long_lines_are_cut_around_the_place() -> None:
    text = "a + " * 100 + "$"
    with pytest.raises(FormulaError) as caught:
        parse(text)
    lines = str(caught.value).split("\n")
    assert max(len(x) for x in lines) < 80
    assert lines[-2][lines[-1].index("^")] == "$"


@pytest.mark.slow
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(FormulaError):
        parse(text, FUNCTIONS)


@given(st.text(alphabet="abx_ij0.1+-*/@()^,= sum'σ", max_size=60))
def test_any_formula_like_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(FormulaError):
        parse(text, FUNCTIONS)
