"""What comes out of a sum of cases: the number and the factors that all sides share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.derivations.normal.algebra import choose, multiply, positive, subtract
from tinygrad_lite.derivations.normal.numbers import Setting, number
from tinygrad_lite.derivations.normal.sums import sum_over
from tinygrad_lite.derivations.normal.terms import ONE, Index, Value, const, sym

ROW = Index("i", "m")
X, Y = sym("x", ROW), sym("y", ROW)
TEST = positive(subtract(ONE, multiply(X, Y)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("one", "other"), [(-1, 0), (2, 0), (-2, -6), (4, 6), (0, -3)])
def test_a_number_of_all_sides_is_one_of_the_sum(one: int, other: int) -> None:
    def total(factor: int) -> Value:
        return sum_over([ROW], choose(TEST, multiply(const(factor * one), X), multiply(const(factor * other), Y)))

    assert total(7) == multiply(const(7), total(1))
    assert total(-1) == multiply(const(-1), total(1))
    at = Setting({"x": np.array([1.0, -2.0, 3.0]), "y": np.array([0.5, 2.0, 1.0])}, {"m": 3})
    x, y = at.values["x"], at.values["y"]
    assert float(number(total(7), at, ()).value()) == 7 * np.sum(np.where(x * y < 1, one * x, other * y))


@pytest.mark.parametrize(
    ("cost", "line"),
    [
        (lambda z, y: np.mean(np.maximum(0, 1 - y * z)), "−(1/m) Σ_i [y_i z_i < 1] x_ij y_i"),
        (lambda z, y: np.mean(np.abs(z) * 3), "(3/m) Σ_i x_ij sign(z_i)"),
    ],
)
def test_the_sign_and_the_number_stand_before_the_sum(cost: Callable[[Any, Any], Any], line: str) -> None:
    rng = np.random.default_rng(0)
    w = tg.Tensor(rng.normal(size=3), requires_grad=True, name="w")
    x, y = tg.Tensor(rng.normal(size=(6, 3)), name="x"), tg.Tensor(np.sign(rng.normal(size=6)), name="y")
    z = x @ w
    z.name = "z"
    assert str(tg.derive(cost(z, y), w).formula) == line


def test_rows_that_sum_to_1_are_taken_as_probabilities_with_a_note() -> None:
    rng = np.random.default_rng(0)
    z = tg.Tensor(rng.normal(size=(5, 4)), requires_grad=True, name="z")
    y = 0.9 * np.eye(4)[[0, 1, 2, 3, 1]] + 0.1 / 4
    d = tg.derive(-np.mean(np.sum(y * tg.log_softmax(z), axis=1)), z)
    assert str(d.formula) == "(a_ij − y_ij)/m"
    assert d.notes == ["y is taken as rows of probabilities, because each of them sums to 1."]
    other = tg.derive(-np.mean(np.sum((y + 0.01) * tg.log_softmax(z), axis=1)), z)
    assert not other.notes
    assert str(other.formula) != "(a_ij − y_ij)/m"
