"""Gradients of a course, as its textbook has them: norms, normalisations, regularisers, activations and costs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite import Tensor

M, J = 5, 4
Graph = tuple[Tensor, Tensor]


def leaf(name: str, *shape: int, data: bool = False, facts: str | None = None) -> Tensor:
    numbers = np.random.default_rng(len(name) + sum(map(ord, name))).uniform(0.2, 1.8, size=shape)
    signs = np.where(np.arange(numbers.size).reshape(shape) % 2 == 0, 1.0, -1.0) if shape and not facts else 1.0
    return tg.Tensor(numbers * signs, requires_grad=not data, name=name, facts=facts)


def named(tensor: Tensor, name: str) -> Tensor:
    tensor.name = name
    return tensor


def norm() -> Graph:
    x = leaf("x", J)
    return np.linalg.norm(x), x


def norm_by_sums() -> Graph:
    x = leaf("x", J)
    return np.sqrt(np.sum(x**2)), x


def unit_vector() -> Graph:
    x, n = leaf("x", J), leaf("c", J, data=True)
    return np.sum(n * named(x / np.linalg.norm(x), "u")), x


def cosine() -> Graph:
    x, c = leaf("x", J), leaf("c", J, data=True)
    length, other = named(np.linalg.norm(x), "n"), named(np.sqrt(np.sum(c**2)), "p")
    return named(x @ c / (length * other), "s") * 1, x


def layer_norm() -> Graph:
    x, c = leaf("x", M, J), leaf("c", M, J, data=True)
    mean = named(np.mean(x, axis=1, keepdims=True), "mu")
    spread = named(np.sqrt(np.mean((x - mean) ** 2, axis=1, keepdims=True) + 1e-5), "s")
    return np.sum(c * named((x - mean) / spread, "u")), x


def layer_norm_with_variance() -> Graph:
    x, c = leaf("x", J), leaf("c", J, data=True)
    mean = named(np.mean(x), "mu")
    spread = named(np.sqrt(named(np.mean((x - mean) ** 2), "v") + 1e-5), "s")
    return np.sum(c * named((x - mean) / spread, "u")), x


def rms_norm() -> Graph:
    x, c = leaf("x", J), leaf("c", J, data=True)
    return np.sum(c * named(x / named(np.sqrt(np.mean(x**2)), "r"), "u")), x


def variance() -> Graph:
    x = leaf("x", M)
    return np.mean((x - named(np.mean(x), "mu")) ** 2), x


def normalised_by_sum() -> Graph:
    x, c = leaf("x", J), leaf("c", J, data=True)
    return np.sum(c * named(x / np.sum(x), "p")), x


def residuals(penalty: Callable[[Tensor], Tensor]) -> Graph:
    x, w, y = leaf("x", M, J, data=True), leaf("w", J), leaf("y", M, data=True)
    return np.sum((x @ w - y) ** 2) / (2 * M) + penalty(w), w


def lasso() -> Graph:
    rate = leaf("lambda", data=True, facts="positive")
    return residuals(lambda w: rate * np.sum(np.abs(w)))


def elastic_net() -> Graph:
    rate, other = leaf("lambda", data=True, facts="positive"), leaf("alpha", data=True, facts="positive")
    return residuals(lambda w: rate * np.sum(np.abs(w)) + other / 2 * np.sum(w**2))


def absolute_error() -> Graph:
    a, y = leaf("a", M), leaf("y", M, data=True)
    return np.mean(np.abs(a - y)), a


def huber() -> Graph:
    a, y = leaf("a", M), leaf("y", M, data=True)
    r = named(a - y, "r")
    return np.sum(np.where(np.abs(r) <= 1, r**2 / 2, np.abs(r) - 0.5)), r


def huber_of_a_difference() -> Graph:
    a, y = leaf("a", M), leaf("y", M, data=True)
    return np.sum(np.where(np.abs(a - y) <= 1, (a - y) ** 2 / 2, np.abs(a - y) - 0.5)), a


def huber_by_a_bias() -> Graph:
    x, w, b, y = leaf("x", M, J, data=True), leaf("w", J), leaf("b"), leaf("y", M, data=True)
    r = x @ w + b - y
    return np.mean(np.where(np.abs(r) <= 1, r**2 / 2, np.abs(r) - 0.5)), b


def weight_decay_of_a_matrix() -> Graph:
    rate, w = leaf("s", data=True, facts="positive"), leaf("W", J, M)
    return rate / 2 * np.sum(w**2), w


def pseudo_huber() -> Graph:
    r = leaf("r")
    return np.sqrt(1 + r**2) - 1, r


def softsign() -> Graph:
    z = leaf("z")
    return z / (1 + np.abs(z)), z


def poisson() -> Graph:
    z, y = leaf("z", M), leaf("y", M, data=True)
    rate = named(np.exp(z), "r")
    return np.sum(rate - y * np.log(rate)), z


def silu() -> Graph:
    z = leaf("z")
    return z * tg.sigmoid(z), z


def gelu_by_sigmoid() -> Graph:
    z = leaf("z")
    return z * tg.sigmoid(1.702 * z), z


def softplus_between() -> Graph:
    z, y = leaf("z", M), leaf("y", M, data=True)
    return np.sum((named(np.log(1 + np.exp(z)), "a") - y) ** 2) / 2, z


def temperature(divisor: float | Tensor) -> Graph:
    z = leaf("z", J)
    y = tg.Tensor(np.eye(J)[1], name="y", facts="one_hot")
    return -np.sum(y * np.log(named(tg.softmax(z / divisor), "a"))), z


def temperature_of_a_name() -> Graph:
    return temperature(leaf("T", data=True, facts="positive"))


def temperature_of_a_number() -> Graph:
    return temperature(2.5)


def temperature_on_logits() -> Graph:
    z, divisor = leaf("z", J), leaf("T", data=True, facts="positive")
    y = tg.Tensor(np.eye(J)[1], name="y", facts="one_hot")
    return np.log(np.sum(np.exp(z / divisor))) - np.sum(y * z) / divisor, z


def focal() -> Graph:
    z = leaf("z")
    p = named(tg.sigmoid(z), "p")
    return -((1 - p) ** 2) * np.log(p), z


def focal_with_power() -> Graph:
    z, power = leaf("z"), leaf("gamma", data=True, facts="positive")
    p = named(tg.sigmoid(z), "p")
    return -((1 - p) ** power) * np.log(p), z


def log_variance() -> Graph:
    mean, s, y = leaf("mu", M, data=True), leaf("s", M), leaf("y", M, data=True)
    return np.sum(s / 2 + (y - mean) ** 2 * np.exp(-s) / 2), s


def standard_deviation() -> Graph:
    mean, spread, x = leaf("mu", data=True), leaf("sigma", facts="positive"), leaf("x", M, data=True)
    return np.sum(np.log(spread) + (x - mean) ** 2 / (2 * spread**2)), spread


TEXTBOOK = {
    norm: "x_i/√(Σ_j x_j²)",
    norm_by_sums: "x_i/√(Σ_j x_j²)",
    unit_vector: "(c_i − u_i Σ_j c_j u_j)/s",
    cosine: "c_i/(n p) − s x_i/n²",
    layer_norm: "(J c_ij − Σ_k c_ik (1 + u_ik u_ij))/(J s_i)",
    layer_norm_with_variance: "(m c_i − Σ_j c_j (1 + u_j u_i))/(m s)",
    rms_norm: "(m c_i − u_i Σ_j c_j u_j)/(m r)",
    variance: "2 (x_i − μ)/m",
    normalised_by_sum: "(c_i − Σ_j c_j p_j)/z",
    lasso: "(1/m) Σ_i x_ij (z_i − y_i) + λ sign(w_j)",
    elastic_net: "(1/m) Σ_i x_ij (z_i − y_i) + α w_j + λ sign(w_j)",
    absolute_error: "sign(a_i − y_i)/m",
    huber: "{ r_i if |r_i| < 1; sign(r_i) otherwise }",
    huber_of_a_difference: "{ a_i − y_i if |a_i − y_i| < 1; sign(a_i − y_i) otherwise }",
    huber_by_a_bias: "(1/m) Σ_i { z_i − y_i if |y_i − z_i| < 1; sign(z_i − y_i) otherwise }",
    weight_decay_of_a_matrix: "s W_jk",
    pseudo_huber: "r/√(1 + r²)",
    softsign: "1/(1 + |z|)²",
    poisson: "r_i − y_i",
    silu: "a (1 + z − a z)",
    gelu_by_sigmoid: "a (1 + 1.702 z − 1.702 a z)",
    softplus_between: "(a_i − y_i) σ(z_i)",
    temperature_of_a_name: "(a_j − y_j)/T",
    temperature_of_a_number: "2 (a_j − y_j)/5",
    temperature_on_logits: "(a_j − y_j)/T",
    focal: "(2 p log p + p − 1) (1 − p)²",
    focal_with_power: "(1 − p)^γ (γ p log p + p − 1)",
    log_variance: "1/2 − e^(−s_i) (μ_i − y_i)²/2",
    standard_deviation: "m/σ − (1/σ³) Σ_i (x_i − μ)²",
}


@pytest.mark.parametrize("graph", TEXTBOOK, ids=lambda graph: graph.__name__)
def test_closed_as_the_textbook_has_it(graph: Callable[[], Graph]) -> None:
    cost, by = graph()
    derivation = tg.derive(cost, wrt=by)
    assert derivation.steps[-1].right == TEXTBOOK[graph]
    assert not any("closed form" in str(note) for note in derivation.notes)
    (gradient,) = tg.pull_back([cost], [np.ones(cost.shape)], [by])
    np.testing.assert_allclose(derivation.evaluate(), gradient, rtol=1e-8)
