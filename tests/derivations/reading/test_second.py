"""A gradient is a graph of primitives, too: its derivative is derived like any other."""

from __future__ import annotations

import numpy as np

import tinygrad_lite as tg

RNG = np.random.default_rng(0)


def test_the_second_derivative_of_sigmoid() -> None:
    z = tg.Tensor(0.7, requires_grad=True, name="z")
    d = tg.derive(tg.grad(tg.sigmoid)(z), z)
    assert str(d.formula) == "a (1 − a) (1 − 2 a)"


def test_the_hessian_of_cross_entropy_times_a_vector() -> None:
    """Xᵀ S X v with S = a (1 − a)/5: the 5 of the backward sweep stays a number."""
    x, v = tg.Tensor(RNG.normal(size=(5, 3)), name="x"), RNG.normal(size=3)
    w = tg.Tensor(RNG.normal(size=3), requires_grad=True, name="w")
    y = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    cost = tg.cross_entropy(tg.sigmoid(x @ w), y)
    cost.backward(create_graph=True)
    assert w.grad is not None
    d = tg.derive(np.sum(w.grad * v), w)
    assert any(step.right == "(1/5) a_i (1 − a_i) Σ_j t_j x_ij" for step in d.steps)
    a = 1 / (1 + np.exp(-(x.numpy() @ w.numpy())))
    np.testing.assert_allclose(d.evaluate(), x.numpy().T @ (a * (1 - a) * (x.numpy() @ v)) / 5, rtol=1e-9)
