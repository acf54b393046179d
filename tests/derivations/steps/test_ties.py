"""At a kink a derivation gives what the engine gives: the mean of both slopes of max and |x|, one side of a where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "max(0, z)": lambda z: np.maximum(0, z),
    "max(z, 0)": lambda z: np.maximum(z, 0),
    "relu": tg.relu,
    "leaky relu": tg.leaky_relu,
    "leaky relu as a maximum": lambda z: np.maximum(z, 0.1 * z),
    "|z|": np.abs,
    "min(z, 0)": lambda z: np.minimum(z, 0),
    "where": lambda z: np.where(z > 0, z, 0),
    "|max(0, z)|": lambda z: np.abs(np.maximum(0, z) - z),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_row_of_zeros_is_at_the_kink(name: str) -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(5, 3))
    data[1] = 0
    x, y = tg.Tensor(data, name="x"), tg.Tensor(rng.normal(size=5), name="y")
    w = tg.Tensor(rng.normal(size=3), requires_grad=True, name="w")
    b = tg.Tensor(0.0, requires_grad=True, name="b")
    z = x @ w + b
    z.name = "z"
    cost = np.mean((ACTIVATIONS[name](z) - y) ** 2)
    d = tg.derive(cost, [w, b])
    cost.backward()
    assert w.grad is not None
    assert b.grad is not None
    np.testing.assert_allclose(d.evaluate()["w"], w.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(d.evaluate()["b"], b.grad.numpy(), rtol=1e-12)
    closed = not d.notes and "∂C/∂z" not in str(d.formulas["w"])
    assert closed == (name != "|max(0, z)|")  # two kinks in one: the line is left out, and the value is the engine's


def test_lasso_from_weights_that_are_zero() -> None:
    rng = np.random.default_rng(0)
    x, y = tg.Tensor(rng.normal(size=(5, 3)), name="x"), tg.Tensor(rng.normal(size=5), name="y")
    w = tg.Tensor(np.zeros(3), requires_grad=True, name="w")
    cost = np.sum((x @ w - y) ** 2) + 0.5 * np.sum(np.abs(w))
    d = tg.derive(cost, w)
    cost.backward()
    assert w.grad is not None
    np.testing.assert_allclose(d.evaluate(), w.grad.numpy(), rtol=1e-12)
    assert "sign(w_j)" in str(d.formula)
