"""One layer: sigmoid, softmax, and the costs that belong to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import CLASSES, Book, J, bits, data, hot, leaf, m, n, named, numbers, plain_bits

entry = Book("layers")

ROWS = {"W": "(a - y).T @ x / m", "b": "np.sum(a - y, axis=0) / m"}
"""The gradients of a layer with W of shape (J, n)."""

COLUMNS = {"W": "x.T @ (a - y) / m", "b": "np.sum(a - y, axis=0) / m"}
"""The gradients of a layer with W of shape (n, J)."""


@entry(**ROWS)
def sigmoid_layer_with_weights_in_rows() -> dict[str, Any]:
    x, y, W, b = data("x", m, n), bits("y", m, J), leaf("W", J, n), leaf("b", J)
    a = tg.sigmoid(x @ W.T + b)
    C = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / m
    return locals()


@entry(**COLUMNS)
def sigmoid_layer_with_weights_in_columns() -> dict[str, Any]:
    x, y, W, b = data("x", m, n), bits("y", m, J), leaf("W", n, J), leaf("b", J)
    z = named("z", x @ W + b)
    a = named("a", tg.sigmoid(z))
    C = tg.cross_entropy(a, y)
    return locals()


@entry(W="(a - y) @ x.T / m", b="np.sum(a - y, axis=1, keepdims=True) / m")
def sigmoid_layer_with_examples_in_columns() -> dict[str, Any]:
    x, y, W, b = data("X", n, m), bits("Y", J, m), leaf("W", J, n), leaf("b", J, 1)
    a = tg.sigmoid(W @ x + b)
    C = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / m
    return locals()


@entry(W="np.outer(a - y, x)", b="a - y")
def sigmoid_layer_on_one_example() -> dict[str, Any]:
    x, y, W, b = data("x", n), bits("y", J), leaf("W", J, n), leaf("b", J)
    a = tg.sigmoid(W @ x + b)
    C = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))
    return locals()


@entry(W="np.outer((a - y) * a * (1 - a), x)", b="(a - y) * a * (1 - a)")
def quadratic_cost_on_one_example() -> dict[str, Any]:
    x, y, W, b = data("x", n), bits("y", J), leaf("W", J, n), leaf("b", J)
    z = named("z", np.dot(W, x) + b)
    a = named("a", tg.sigmoid(z))
    C = np.sum((y - a) ** 2) / 2
    return locals()


@entry(W="x.T @ ((a - y) * a * (1 - a)) / m", b="np.sum((a - y) * a * (1 - a), axis=0) / m")
def quadratic_cost_on_a_batch() -> dict[str, Any]:
    x, y, W, b = data("x", m, n), bits("y", m, J), leaf("W", n, J), leaf("b", J)
    a = tg.sigmoid(x @ W + b)
    C = np.sum((y - a) ** 2) / (2 * m)
    return locals()


@entry(W="x.T @ (2 * (a - y) * (1 - a**2)) / m")
def tanh_layer() -> dict[str, Any]:
    x, y, W = data("x", m, n), data("y", m, J), leaf("W", n, J)
    a = np.tanh(np.matmul(x, W))
    C = np.mean(np.sum((a - y) ** 2, axis=1))
    return locals()


@entry(W="x.T @ ((a - y) * (z > 0)) / m")
def rectified_layer() -> dict[str, Any]:
    x, y, W = data("x", m, n), data("y", m, J), leaf("W", n, J)
    z = named("z", x @ W)
    a = np.maximum(z, 0)
    C = np.sum((a - y) ** 2) / 2 / m
    return locals()


@entry(W="2 * x.T @ (z - y) / (m * J)", b="2 * np.sum(z - y, axis=0) / (m * J)")
def linear_layer_with_a_mean_over_all_elements() -> dict[str, Any]:
    x, y, W, b = data("x", m, n), data("y", m, J), leaf("W", n, J), leaf("b", J)
    z = x @ W + b
    C = np.mean((z - y) ** 2)
    return locals()


SOFTMAX: dict[str, Callable[[Any], Any]] = {
    "tg.softmax": tg.softmax,
    "exp over sum": lambda z: np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True),
    "exp named": lambda z: (lambda e: e / e.sum(axis=1, keepdims=True))(np.exp(z)),
    "shifted by max": lambda z: (lambda e: e / np.sum(e, axis=-1)[:, None])(np.exp(z - np.max(z, axis=1, keepdims=True))),
    "transposed": lambda z: (np.exp(z).T / np.sum(np.exp(z), axis=1)).T,
}  # fmt: skip

for spelling, softmax in SOFTMAX.items():

    @entry(**ROWS, called=f"softmax and log-likelihood, {spelling}")
    def softmax_and_log_likelihood(softmax: Callable[[Any], Any] = softmax) -> dict[str, Any]:
        x, y, W, b = data("x", m, n), hot(), leaf("W", J, n), leaf("b", J)
        z = x @ W.T + b
        a = softmax(z)
        C = -np.sum(y * np.log(a)) / m
        return locals()


LIKELIHOOD: dict[str, Callable[[Any, Any], Any]] = {
    "tg.log_likelihood": lambda a, y: tg.log_likelihood(a, CLASSES),
    "picked, mean": lambda a, y: -np.mean(np.log(a[np.arange(m), CLASSES])),
    "picked after log": lambda a, y: -np.sum(np.log(a)[np.arange(m), CLASSES]) / len(a),
    "mean of sums": lambda a, y: -np.mean(np.sum(y * np.log(a), axis=1)),
    "sum in log": lambda a, y: -np.mean(np.log(np.sum(a * y, axis=1))),
    "einsum": lambda a, y: -np.einsum("ij,ij->", y, np.log(a)) / m,
    "trace": lambda a, y: -np.trace(y.T @ np.log(a)) / m,
}  # fmt: skip

for spelling, likelihood in LIKELIHOOD.items():

    @entry(**COLUMNS, called=f"softmax under {spelling}")
    def softmax_under_a_likelihood(likelihood: Callable[[Any, Any], Any] = likelihood) -> dict[str, Any]:
        x, y, W, b = data("x", m, n), hot(), leaf("W", n, J), leaf("b", J)
        z = named("z", x @ W + b)
        a = named("a", tg.softmax(z))
        C = likelihood(a, y)
        return locals()


LOGITS: dict[str, Callable[[Any, Any], Any]] = {
    "the library's cost": lambda z, y: tg.log_likelihood_with_logits(z, CLASSES),
    "log_softmax": lambda z, y: -np.sum(y * tg.log_softmax(z)) / m,
    "log-sum-exp minus pick": lambda z, y: np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(m), CLASSES]),
    "logsumexp and a sum": lambda z, y: np.mean(tg.logsumexp(z, axis=1) - np.sum(y * z, axis=1)),
}  # fmt: skip

for spelling, from_logits in LOGITS.items():

    @entry(**COLUMNS, called=f"logits under {spelling}")
    def logits_under_a_likelihood(from_logits: Callable[[Any, Any], Any] = from_logits) -> dict[str, Any]:
        x, y, W, b = data("x", m, n), hot(), leaf("W", n, J), leaf("b", J)
        z = named("z", x @ W + b)
        a = tg.softmax(z)
        C = from_logits(z, y)
        return locals()


@entry(W="np.outer(a - y, x)", b="a - y")
def softmax_of_one_example() -> dict[str, Any]:
    x, W, b = data("x", n), leaf("W", J, n), leaf("b", J)
    y = np.eye(J)[2]
    z = named("z", W @ x + b)
    a = named("a", np.exp(z) / np.sum(np.exp(z)))
    C = -np.log(a[2])
    return locals()


@entry(W="np.outer(a - y, x)", b="a - y")
def softmax_of_one_example_with_a_one_hot_target() -> dict[str, Any]:
    x, W, b = data("x", n), leaf("W", J, n), leaf("b", J)
    y = tg.Tensor(np.eye(J)[1], name="y", facts=("one_hot",))
    a = tg.softmax(W @ x + b)
    C = -np.sum(y * np.log(a))
    return locals()


@entry(W="(a - y) @ x.T / m", b="np.sum(a - y, axis=1, keepdims=True) / m")
def softmax_over_rows_of_columns() -> dict[str, Any]:
    x, W, b = data("X", n, m), leaf("W", J, n), leaf("b", J, 1)
    y = np.eye(J)[CLASSES].T
    z = W @ x + b
    a = np.exp(z) / np.sum(np.exp(z), axis=0)
    C = -np.sum(y * np.log(a)) / m
    return locals()


@entry(**COLUMNS)
def softmax_with_a_plain_one_hot_array() -> dict[str, Any]:
    x, W, b = data("x", m, n), leaf("W", n, J), leaf("b", J)
    y = np.eye(J)[CLASSES]
    a = tg.softmax(x @ W + b)
    C = -np.mean(np.sum(y * np.log(a), axis=1))
    return locals()


@entry(**COLUMNS)
def softmax_with_a_named_array_of_zeros_and_ones() -> dict[str, Any]:
    x, W, b = data("x", m, n), leaf("W", n, J), leaf("b", J)
    y = tg.Tensor(np.eye(J)[CLASSES], name="y")
    a = tg.softmax(x @ W + b)
    C = -np.sum(y * np.log(a)) / m
    return locals()


@entry(z="a * np.sum(y, axis=1, keepdims=True) - y")
def softmax_with_targets_that_need_not_sum_to_one() -> dict[str, Any]:
    z, y = leaf("z", m, J), data("y", m, J)
    a = tg.softmax(z)
    C = -np.sum(y * np.log(a))
    return locals()


@entry(z="a * (a - y - np.sum(a * (a - y), axis=1, keepdims=True)) / m")
def softmax_under_the_quadratic_cost() -> dict[str, Any]:
    z, y = leaf("z", m, J), hot()
    a = named("a", tg.softmax(z))
    C = np.sum((a - y) ** 2) / 2 / m
    return locals()


@entry(W="x.T @ (a - y) / (m * t)")
def softmax_with_temperature() -> dict[str, Any]:
    x, y, W, t = data("x", m, n), hot(), leaf("W", n, J), data("t")
    a = tg.softmax(x @ W / t)
    C = -np.sum(y * np.log(a)) / m
    return locals()


@entry(W="x.T @ (a - y) / (2 * m)")
def softmax_with_temperature_2() -> dict[str, Any]:
    x, y, W = data("x", m, n), hot(), leaf("W", n, J)
    z = x @ W
    a = tg.softmax(z / 2)
    C = -np.mean(np.sum(y * np.log(a), axis=1))
    return locals()


@entry(W="x.T @ (a - (1 - s) * y - s / J) / m")
def softmax_with_label_smoothing() -> dict[str, Any]:
    x, y, W, s = data("x", m, n), hot(), leaf("W", n, J), data("s")
    a = tg.softmax(x @ W)
    t = (1 - s) * y + s / J
    C = -np.sum(t * np.log(a)) / m
    return locals()


@entry(W="x.T @ (a - 0.9 * y - 0.025) / m")
def softmax_with_label_smoothing_of_a_tenth() -> dict[str, Any]:
    x, y, W = data("x", m, n), hot(), leaf("W", n, J)
    a = tg.softmax(x @ W)
    C = -np.sum((0.9 * y + 0.1 / 4) * np.log(a)) / m
    return locals()


@entry(z="a - p")
def softmax_against_probabilities_of_a_teacher() -> dict[str, Any]:
    z, t = leaf("z", J), data("t", J)
    p = named("p", tg.softmax(t))
    a = named("a", tg.softmax(z))
    C = -np.sum(p * np.log(a))
    return locals()


@entry(z="c[:, None] * (a - y) / m")
def softmax_weighted_by_example() -> dict[str, Any]:
    z, y, c = leaf("z", m, J), hot(), data("c", m)
    a = tg.softmax(z)
    C = -np.mean(c * np.sum(y * np.log(a), axis=1))
    return locals()


@entry(z="a * np.sum(y * c, axis=1, keepdims=True) - y * c")
def softmax_weighted_by_class() -> dict[str, Any]:
    z, y, c = leaf("z", m, J), hot(), data("c", J)
    a = tg.softmax(z)
    C = -np.sum(c * y * np.log(a))
    return locals()


@entry(z="-a * (np.log(a) - np.sum(a * np.log(a), axis=1, keepdims=True))")
def entropy_of_a_softmax() -> dict[str, Any]:
    z = leaf("z", m, J)
    a = named("a", tg.softmax(z))
    C = -np.sum(a * np.log(a))
    return locals()


@entry(z="a - 1 / J * np.ones(J)")
def softmax_against_the_uniform_distribution() -> dict[str, Any]:
    z = leaf("z", J)
    a = tg.softmax(z)
    C = -np.mean(np.log(a))
    return locals()


@entry(z="a * (c - np.sum(a * c))")
def expected_reward_of_a_softmax_policy() -> dict[str, Any]:
    z, c = leaf("z", J), data("c", J)
    a = tg.softmax(z)
    C = np.sum(c * a)
    return locals()


@entry(z="-r[:, None] * (y - a) / m")
def policy_gradient() -> dict[str, Any]:
    z, r, y = leaf("z", m, J), data("r", m), hot()
    a = tg.softmax(z)
    C = -np.mean(r * np.log(a[np.arange(m), CLASSES]))
    return locals()


@entry(z="2 * a * (y * (a - 1) - np.sum(y * (a - 1) * a, axis=1, keepdims=True))")
def quadratic_cost_of_the_right_class() -> dict[str, Any]:
    z, y = leaf("z", m, J), hot()
    a = named("a", tg.softmax(z))
    C = np.sum(y * (1 - a) ** 2)
    return locals()


@entry(W="(a - y).T @ x / m")
def softmax_in_float32() -> dict[str, Any]:
    x = tg.Tensor(numbers("x", m, n).astype(np.float32), name="x")
    y = tg.one_hot(CLASSES, J)
    y.name = "y"
    W = tg.Tensor(numbers("W", J, n).astype(np.float32), requires_grad=True, name="W")
    a = tg.softmax(x @ W.T)
    C = -np.mean(np.sum(y * np.log(a), axis=1))
    return locals()


@entry(W="x.T @ (np.exp(z) / np.sum(np.exp(z), axis=0) - y) / J")
def softmax_over_the_batch() -> dict[str, Any]:
    x, W = data("x", m, n), leaf("W", n, J)
    y = tg.Tensor(np.eye(m)[[0, 2, 4, 1]].T, name="y")
    z = named("z", x @ W)
    C = np.mean(np.log(np.sum(np.exp(z), axis=0)) - np.sum(y * z, axis=0))
    return locals()


@entry(W="x.T @ (a - y) / m", b="np.sum(a - y, axis=0) / m")
def one_versus_rest_on_plain_targets() -> dict[str, Any]:
    x, y, W, b = data("x", m, n).numpy(), plain_bits("y", m, J), leaf("W", n, J), leaf("b", J)
    a = 1 / (1 + np.exp(-(x @ W + b)))
    C = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / len(x)
    return locals()
