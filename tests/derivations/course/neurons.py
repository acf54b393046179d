"""One neuron, and the costs of a course's first lectures."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, bits, data, leaf, m, n, named, plain_bits

entry = Book("neurons")


@entry(w="(a - y) * a * (1 - a) * x", b="(a - y) * a * (1 - a)")
def quadratic_cost_of_one_example() -> dict[str, Any]:
    x, y, w, b = data("x"), data("y"), leaf("w"), leaf("b")
    a = tg.sigmoid(w * x + b)
    C = (y - a) ** 2 / 2
    return locals()


@entry(w="a**2 * (1 - a)", b="a**2 * (1 - a)")
def quadratic_cost_at_x_1_and_y_0() -> dict[str, Any]:
    w, b = leaf("w"), leaf("b")
    z = named("z", w * 1.0 + b)
    a = named("a", tg.sigmoid(z))
    C = (0 - a) ** 2 / 2
    return locals()


@entry(w="(a - y) * x", b="a - y")
def cross_entropy_of_one_example() -> dict[str, Any]:
    x, y, w, b = data("x"), bits("y"), leaf("w"), leaf("b")
    z = named("z", w * x + b)
    a = named("a", tg.sigmoid(z))
    C = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    return locals()


@entry(w="x.T @ (a - y) / m", b="np.sum(a - y) / m")
def cross_entropy_named() -> dict[str, Any]:
    x, y, w, b = data("x", m, n), bits("y", m), leaf("w", n), leaf("b")
    z = named("z", x @ w + b)
    a = named("a", tg.sigmoid(z))
    C = tg.cross_entropy(a, y)
    return locals()


@entry(w="x.T @ (a - y) / m", b="np.sum(a - y) / m")
def cross_entropy_in_one_expression() -> dict[str, Any]:
    x, y, w, b = data("x", m, n), bits("y", m), leaf("w", n), leaf("b")
    a = 1 / (1 + np.exp(-(x @ w + b)))
    C = -(1 / m) * np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))
    return locals()


@entry(w="x.T @ (a - y) / m", b="np.sum(a - y) / m")
def cross_entropy_on_plain_arrays() -> dict[str, Any]:
    x, y = data("x", m, n).numpy(), plain_bits("y", m)
    w, b = leaf("w", n), leaf("b")
    a = tg.sigmoid(np.dot(x, w) + b)
    C = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    return locals()


@entry(w="x.T @ (a - y) / m", b="np.sum(a - y) / m")
def cross_entropy_as_two_costs() -> dict[str, Any]:
    x, y, w, b = data("x", m, n), bits("y", m), leaf("w", n), leaf("b")
    a = tg.sigmoid(x @ w + b)
    ones = y * np.log(a)
    zeros = (1 - y) * np.log(1 - a)
    C = -np.sum(ones) / len(x) - np.sum(zeros) / len(x)
    return locals()


@entry(w="(a - y) @ x.T / m", b="np.sum(a - y, axis=1, keepdims=True) / m")
def cross_entropy_with_examples_as_columns() -> dict[str, Any]:
    x, y, w, b = data("X", n, m), bits("y", 1, m), leaf("w", 1, n), leaf("b", 1, 1)
    a = tg.sigmoid(w @ x + b)
    C = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / m
    return locals()


@entry(w="x.T @ (a - y) / m", b="np.sum(a - y, axis=0) / m")
def cross_entropy_with_a_column_of_outputs() -> dict[str, Any]:
    x, y, w, b = data("x", m, n), bits("y", m, 1), leaf("w", n, 1), leaf("b", 1)
    z = x @ w + b
    a = tg.sigmoid(z)
    C = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    return locals()


@entry(w="(a - y) * x", b="a - y")
def cross_entropy_of_one_example_with_many_inputs() -> dict[str, Any]:
    x, y, w, b = data("x", n), bits("y"), leaf("w", n), leaf("b")
    z = np.dot(w, x) + b
    a = tg.sigmoid(z)
    C = -y * np.log(a) - (1 - y) * np.log(1 - a)
    return locals()


@entry(w="x.T @ (a - y) / m")
def cross_entropy_with_logits() -> dict[str, Any]:
    x, y, w = data("x", m, n), bits("y", m), leaf("w", n)
    z = named("z", x @ w)
    a = tg.sigmoid(z)
    C = tg.cross_entropy_with_logits(z, y)
    return locals()


@entry(w="x.T @ (a - y) / m")
def cross_entropy_as_softplus() -> dict[str, Any]:
    x, y, w = data("x", m, n), bits("y", m), leaf("w", n)
    z = x @ w
    a = tg.sigmoid(z)
    C = np.mean(np.log(1 + np.exp(z)) - y * z)
    return locals()


@entry(w="x.T @ ((a - y) * a * (1 - a)) / m", b="np.sum((a - y) * a * (1 - a)) / m")
def quadratic_cost() -> dict[str, Any]:
    x, y, w, b = data("x", m, n), bits("y", m), leaf("w", n), leaf("b")
    a = tg.sigmoid(x @ w + b)
    C = tg.quadratic_cost(a, y)
    return locals()


@entry(w="x.T @ ((a - y) * a * (1 - a)) / m", b="np.sum((a - y) * a * (1 - a)) / m")
def quadratic_cost_spelled_out() -> dict[str, Any]:
    x, y, w, b = data("x", m, n), bits("y", m), leaf("w", n), leaf("b")
    z = named("z", x @ w + b)
    a = named("a", 1 / (1 + np.exp(-z)))
    C = np.sum((y - a) ** 2) / (2 * m)
    return locals()


@entry(w="2 * x.T @ ((a - y) * a * (1 - a)) / m")
def mean_squared_error_without_the_half() -> dict[str, Any]:
    x, y, w = data("x", m, n), bits("y", m), leaf("w", n)
    a = tg.sigmoid(x @ w)
    C = np.mean((a - y) ** 2)
    return locals()


@entry(w="x.T @ ((a - y) * (1 - a**2)) / m", b="np.sum((a - y) * (1 - a**2)) / m")
def tanh_and_the_quadratic_cost() -> dict[str, Any]:
    x, y, w, b = data("x", m, n), data("y", m), leaf("w", n), leaf("b")
    a = np.tanh(x @ w + b)
    C = np.sum((a - y) ** 2) / 2 / m
    return locals()


@entry(w="x.T @ (2 * (a - y) * (a > 0)) / m")
def rectified_neuron() -> dict[str, Any]:
    x, y, w = data("x", m, n), data("y", m), leaf("w", n)
    a = tg.relu(x @ w)
    C = np.mean((a - y) ** 2)
    return locals()


@entry(w="x.T @ (z - y)")
def linear_neuron() -> dict[str, Any]:
    x, y, w = data("x", m, n), data("y", m), leaf("w", n)
    z = x @ w
    C = np.sum((z - y) ** 2) / 2
    return locals()


@entry(w="-x.T @ (y / a * a * (1 - a)) / m")
def only_the_positive_part_of_cross_entropy() -> dict[str, Any]:
    x, y, w = data("x", m, n), bits("y", m), leaf("w", n)
    a = tg.sigmoid(x @ w)
    C = -np.mean(y * np.log(a))
    return locals()


@entry(w="x.T @ (a - t) / (2 * m)")
def tanh_with_targets_of_minus_one_and_one() -> dict[str, Any]:
    x, t, w = data("x", m, n), bits("t", m), leaf("w", n)
    t = tg.Tensor(2 * t.numpy() - 1, name="t")
    a = np.tanh(x @ w)
    C = -np.mean((1 + t) / 2 * np.log((1 + a) / 2) + (1 - t) / 2 * np.log((1 - a) / 2)) / 2
    return locals()


@entry(w="-x.T @ (t * sigmoid(-t * z)) / m")
def logistic_loss_of_a_margin() -> dict[str, Any]:
    x, w = data("x", m, n), leaf("w", n)
    t = tg.Tensor(np.array([1.0, -1.0, 1.0, 1.0, -1.0]), name="t")
    z = named("z", x @ w)
    C = np.mean(np.log(1 + np.exp(-t * z)))
    return locals()


@entry(w="-x.T @ (t * (t * z < 1)) / m")
def hinge_loss() -> dict[str, Any]:
    x, w = data("x", m, n), leaf("w", n)
    t = tg.Tensor(np.array([1.0, -1.0, 1.0, 1.0, -1.0]), name="t")
    z = named("z", x @ w)
    C = np.mean(np.maximum(0, 1 - t * z))
    return locals()


@entry(w="-2 * x.T @ (t * np.maximum(0, 1 - t * z)) / m")
def squared_hinge_loss() -> dict[str, Any]:
    x, w = data("x", m, n), leaf("w", n)
    t = tg.Tensor(np.array([1.0, -1.0, 1.0, 1.0, -1.0]), name="t")
    z = named("z", x @ w)
    C = np.mean(np.maximum(0, 1 - t * z) ** 2)
    return locals()


@entry(w="-x.T @ (t * (t * z < 0)) / m")
def perceptron_loss() -> dict[str, Any]:
    x, w = data("x", m, n), leaf("w", n)
    t = tg.Tensor(np.array([1.0, -1.0, 1.0, 1.0, -1.0]), name="t")
    z = x @ w
    C = np.sum(tg.relu(-t * z)) / m
    return locals()


@entry(w="-x.T @ (t * np.exp(-t * z)) / m")
def exponential_loss() -> dict[str, Any]:
    x, w = data("x", m, n), leaf("w", n)
    t = tg.Tensor(np.array([1.0, -1.0, 1.0, 1.0, -1.0]), name="t")
    z = x @ w
    C = np.mean(np.exp(-t * z))
    return locals()


@entry(w="x.T @ (c * (a - y)) / m")
def cross_entropy_weighted_by_example() -> dict[str, Any]:
    x, y, c, w = data("x", m, n), bits("y", m), data("c", m), leaf("w", n)
    a = tg.sigmoid(x @ w)
    C = -np.mean(c * (y * np.log(a) + (1 - y) * np.log(1 - a)))
    return locals()


@entry(w="x.T @ ((1 - y) * a - p * y * (1 - a)) / m")
def cross_entropy_weighted_by_class() -> dict[str, Any]:
    x, y, p, w = data("x", m, n), bits("y", m), data("p"), leaf("w", n)
    a = tg.sigmoid(x @ w)
    C = -np.mean(p * y * np.log(a) + (1 - y) * np.log(1 - a))
    return locals()


@entry(w="x.T @ (a - (1 - s) * y - s / 2) / m")
def cross_entropy_with_smoothed_targets() -> dict[str, Any]:
    x, y, s, w = data("x", m, n), bits("y", m), data("s"), leaf("w", n)
    a = tg.sigmoid(x @ w)
    t = (1 - s) * y + s / 2
    C = -np.mean(t * np.log(a) + (1 - t) * np.log(1 - a))
    return locals()


@entry(w="x.T @ (y * (2 * a * np.log(a) - (1 - a)) * (1 - a)**2) / m")
def focal_cost_of_the_positive_examples() -> dict[str, Any]:
    x, y, w = data("x", m, n), bits("y", m), leaf("w", n)
    a = tg.sigmoid(x @ w)
    C = -np.mean(y * (1 - a) ** 2 * np.log(a))
    return locals()


@entry(x="w * np.sum(a - y)", w="np.sum((a - y) * x)")
def inputs_that_learn() -> dict[str, Any]:
    x, y, w = leaf("x"), bits("y", m), leaf("w")
    a = tg.sigmoid(w * x * np.ones(m))
    C = tg.cross_entropy(a, y) * m
    return locals()


@entry(t="np.sum((a - y) * z) / m")
def temperature_of_a_sigmoid() -> dict[str, Any]:
    z, y, t = data("z", m), bits("y", m), leaf("t")
    a = tg.sigmoid(t * z)
    C = tg.cross_entropy(a, y)
    return locals()


@entry(w="x.T @ (a - y) / m")
def cross_entropy_in_float32() -> dict[str, Any]:
    x = tg.Tensor(data("x", m, n).numpy().astype(np.float32), name="x")
    y = tg.Tensor(plain_bits("y", m).astype(np.float32), name="y")
    w = tg.Tensor(leaf("w", n).numpy().astype(np.float32), requires_grad=True, name="w")
    a = tg.sigmoid(x @ w)
    C = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    return locals()


@entry(w="np.array([np.sum((a - y) * u), np.sum((a - y) * v)]) / m")
def weights_taken_one_by_one() -> dict[str, Any]:
    u, v, y, w = data("u", m), data("v", m), bits("y", m), leaf("w", 2)
    a = tg.sigmoid(w[0] * u + w[1] * v)
    C = tg.cross_entropy(a, y)
    return locals()


@entry(w="(a - y) * u", v="(a - y) * x", b="a - y")
def a_neuron_with_two_named_inputs() -> dict[str, Any]:
    u, x, y, w, v, b = data("u"), data("x"), bits("y"), leaf("w"), leaf("v"), leaf("b")
    z = w * u + v * x + b
    a = tg.sigmoid(z)
    C = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    return locals()
