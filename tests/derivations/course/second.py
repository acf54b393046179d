"""Second derivatives: the derivation of a gradient that the engine recorded."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import CLASSES, Book, J, bits, data, leaf, m, n, named

entry = Book("second derivatives")


def slope(cost: tg.Tensor, wrt: tg.Tensor) -> Any:
    """The gradient of a cost as a graph."""
    (found,) = tg.pull_back([cost], [np.float64(1)], [wrt], create_graph=True)
    return found


@entry(z="a * (1 - a) * (1 - 2 * a)")
def the_second_derivative_of_sigmoid() -> dict[str, Any]:
    z = leaf("z")
    a = named("a", tg.sigmoid(z))
    C = slope(a, z)
    return locals()


@entry(z="-2 * a * (1 - a**2)")
def the_second_derivative_of_tanh() -> dict[str, Any]:
    z = leaf("z")
    a = named("a", np.tanh(z))
    C = slope(a, z)
    return locals()


@entry(z="s * (1 - s)")
def the_second_derivative_of_softplus() -> dict[str, Any]:
    z = leaf("z")
    C = slope(tg.softplus(z), z)
    s = tg.sigmoid(z)
    return locals()


@entry(x="6 * x")
def the_second_derivative_of_a_cube() -> dict[str, Any]:
    x = leaf("x")
    C = slope(x**3, x)
    return locals()


@entry(x="-np.sin(x)")
def the_second_derivative_of_sine() -> dict[str, Any]:
    x = leaf("x")
    C = slope(np.sin(x), x)
    return locals()


@entry(x="(4 * x**2 - 2) * np.exp(-x**2)")
def the_second_derivative_of_a_bell() -> dict[str, Any]:
    x = leaf("x")
    C = slope(np.exp(-(x**2)), x)
    return locals()


@entry(w="2 * x**2")
def the_curvature_of_a_squared_error() -> dict[str, Any]:
    x, y, w = data("x"), data("y"), leaf("w")
    C = slope((w * x - y) ** 2, w)
    return locals()


@entry(w="a * (1 - a) * x**2")
def the_curvature_of_cross_entropy() -> dict[str, Any]:
    x, y, w = data("x"), bits("y"), leaf("w")
    a = named("a", tg.sigmoid(w * x))
    C = slope(-(y * np.log(a) + (1 - y) * np.log(1 - a)), w)
    return locals()


@entry(w="2 * A @ v")
def the_hessian_of_a_quadratic_form_times_a_vector() -> dict[str, Any]:
    w, v = leaf("w", n), data("v", n)
    root = data("A", n, n).numpy()
    A = tg.Tensor(root + root.T, name="A")
    C = np.sum(slope(w @ A @ w, w) * v)
    return locals()


@entry(w="2 * X.T @ (X @ v)")
def the_hessian_of_least_squares_times_a_vector() -> dict[str, Any]:
    X, y, w, v = data("X", m, n), data("y", m), leaf("w", n), data("v", n)
    C = np.sum(slope(np.sum((X @ w - y) ** 2), w) * v)
    return locals()


@entry(w="X.T @ (a * (1 - a) * (X @ v))")
def the_hessian_of_logistic_regression_times_a_vector() -> dict[str, Any]:
    X, y, w, v = data("X", m, n), bits("y", m), leaf("w", n), data("v", n)
    a = named("a", tg.sigmoid(X @ w))
    cost = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))
    C = np.sum(slope(cost, w) * v)
    return locals()


@entry(z="a * (v - np.sum(a * v))")
def the_hessian_of_softmax_times_a_vector() -> dict[str, Any]:
    z, v = leaf("z", J), data("v", J)
    a = named("a", tg.softmax(z))
    y = tg.Tensor(np.eye(J)[1], name="y", facts=("one_hot",))
    C = np.sum(slope(-np.sum(y * np.log(a)), z) * v)
    return locals()


@entry(z="a * (v - np.sum(a * v, axis=1, keepdims=True)) / m")
def the_hessian_of_softmax_on_a_batch_times_a_vector() -> dict[str, Any]:
    z, v = leaf("z", m, J), data("v", m, J)
    a = named("a", tg.softmax(z))
    C = np.sum(slope(-np.mean(np.log(a[np.arange(m), CLASSES])), z) * v)
    return locals()


@entry(z="a * (v - np.sum(a * v))")
def the_hessian_of_log_sum_exp_times_a_vector() -> dict[str, Any]:
    z, v = leaf("z", J), data("v", J)
    a = tg.softmax(z)
    C = np.sum(slope(tg.logsumexp(z), z) * v)
    return locals()


@entry(x="12 * x**2 * v")
def a_diagonal_hessian_times_a_vector() -> dict[str, Any]:
    x, v = leaf("x", n), data("v", n)
    C = np.sum(slope(np.sum(x**4), x) * v)
    return locals()


@entry(w="2 * a * (1 - a) * u**2 * (a - y)")
def the_squared_length_of_a_gradient() -> dict[str, Any]:
    u, y, w = data("u"), bits("y"), leaf("w")
    a = named("a", tg.sigmoid(w * u))
    g = slope(-(y * np.log(a) + (1 - y) * np.log(1 - a)), w)
    C = g**2 / u
    return locals()


@entry(x="2 * c**2 * a * (1 - a) * a * (1 - a) * (1 - 2 * a) * c")
def a_gradient_penalty() -> dict[str, Any]:
    x, c = leaf("x"), data("c")
    a = named("a", tg.sigmoid(c * x))
    C = slope(a, x) ** 2
    return locals()


@entry(w="2 * x", x="2 * w")
def a_mixed_derivative() -> dict[str, Any]:
    w, x = leaf("w"), leaf("x")
    C = slope(w**2 * x, w)
    return locals()


@entry(x="6")
def the_third_derivative_of_a_cube() -> dict[str, Any]:
    x = leaf("x")
    C = slope(slope(x**3, x), x)
    return locals()
