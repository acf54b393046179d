"""Ridge, lasso, elastic net, dropout, weight decay."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, J, bits, data, hot, leaf, m, n, named

entry = Book("regularisation")


@entry(w="x.T @ (z - y) / m + lam * w")
def ridge() -> dict[str, Any]:
    x, y, w, lam = data("x", m, n), data("y", m), leaf("w", n), data("lam")
    z = x @ w
    C = np.sum((z - y) ** 2) / (2 * m) + lam / 2 * np.sum(w**2)
    return locals()


@entry(w="2 * x.T @ (z - y) + 2 * lam * w")
def ridge_as_dot_products() -> dict[str, Any]:
    x, y, w, lam = data("X", m, n), data("y", m), leaf("w", n), data("lam")
    z = x @ w
    r = y - z
    C = r @ r + lam * (w @ w)
    return locals()


@entry(w="x.T @ (z - y) / m + lam * np.sign(w)")
def lasso() -> dict[str, Any]:
    x, y, w, lam = data("x", m, n), data("y", m), leaf("w", n), data("lam")
    z = named("z", x @ w)
    C = np.sum((z - y) ** 2) / (2 * m) + lam * np.sum(np.abs(w))
    return locals()


@entry(w="2 * x.T @ (z - y) / m + 0.1 * np.sign(w)", b="2 * np.sum(z - y) / m")
def lasso_with_a_number() -> dict[str, Any]:
    x, y, w, b = data("x", m, n), data("y", m), leaf("w", n), leaf("b")
    z = x @ w + b
    C = np.mean((y - z) ** 2) + 0.1 * np.abs(w).sum()
    return locals()


@entry(w="2 * x.T @ (z - y) / m + lam * (r * np.sign(w) + (1 - r) * w)")
def elastic_net() -> dict[str, Any]:
    x, y, w, lam, r = data("x", m, n), data("y", m), leaf("w", n), data("lam"), data("r")
    z = x @ w
    C = np.mean((z - y) ** 2) + lam * (r * np.sum(np.abs(w)) + (1 - r) / 2 * np.sum(w * w))
    return locals()


@entry(w="x.T @ (a - y) / m + lam * w / m", b="np.sum(a - y) / m")
def logistic_regression_with_weight_decay() -> dict[str, Any]:
    x, y, w, b, lam = data("x", m, n), bits("y", m), leaf("w", n), leaf("b"), data("lam")
    a = tg.sigmoid(x @ w + b)
    C = tg.cross_entropy(a, y) + lam / (2 * m) * np.sum(w**2)
    return locals()


@entry(w="x.T @ (a - y) / m + lam * np.sign(w) / m")
def logistic_regression_with_l1() -> dict[str, Any]:
    x, y, w, lam = data("x", m, n), bits("y", m), leaf("w", n), data("lam")
    a = tg.sigmoid(x @ w)
    C = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)) + lam / m * np.sum(np.abs(w))
    return locals()


@entry(W="x.T @ (a - y) / m + 2 * lam * W", b="np.sum(a - y, axis=0) / m")
def softmax_with_weight_decay() -> dict[str, Any]:
    x, y, W, b, lam = data("x", m, n), hot(), leaf("W", n, J), leaf("b", J), data("lam")
    a = tg.softmax(x @ W + b)
    C = -np.sum(y * np.log(a)) / m + lam * np.sum(W * W)
    return locals()


@entry(w="w / np.sqrt(np.sum(w**2))")
def the_length_of_the_weights() -> dict[str, Any]:
    w = leaf("w", n)
    C = np.sqrt(np.sum(w**2))
    return locals()


@entry(W="2 * x.T @ (z - y) / m + lam * W / np.sqrt(np.sum(W**2, axis=0))")
def group_lasso() -> dict[str, Any]:
    x, y, W, lam = data("x", m, n), data("y", m, J), leaf("W", n, J), data("lam")
    z = x @ W
    C = np.sum((z - y) ** 2) / m + lam * np.sum(np.sqrt(np.sum(W**2, axis=0)))
    return locals()


@entry(w="(x * d).T @ (2 * (z - y)) / m")
def dropout_of_inputs() -> dict[str, Any]:
    x, y, w, d = data("x", m, n), data("y", m), leaf("w", n), bits("d", m, n)
    z = (x * d) @ w
    C = np.mean((z - y) ** 2)
    return locals()


@entry(w="2 * x.T @ (d * (z - y)) / np.sum(d)")
def a_mean_over_the_unmasked_examples() -> dict[str, Any]:
    x, y, w, d = data("x", m, n), data("y", m), leaf("w", n), bits("d", m)
    z = x @ w
    C = np.sum(d * (z - y) ** 2) / np.sum(d)
    return locals()


@entry(w="2 * d * w")
def decay_of_some_weights() -> dict[str, Any]:
    w, d = leaf("w", n), bits("d", n)
    C = np.sum((d * w) ** 2)
    return locals()


@entry(w="2 * lam * (w - u)")
def decay_towards_other_weights() -> dict[str, Any]:
    w, u, lam = leaf("w", n), data("u", n), data("lam")
    C = lam * np.sum((w - u) ** 2)
    return locals()


@entry(w="2 * w / (1 + w**2)**2")
def weight_elimination() -> dict[str, Any]:
    w = leaf("w", n)
    C = np.sum(w**2 / (1 + w**2))
    return locals()


@entry(w="4 * np.sum(w**2) * w")
def a_fourth_power_of_the_length() -> dict[str, Any]:
    w = leaf("w", n)
    C = np.sum(w**2) ** 2
    return locals()


@entry(W="4 * (W @ W.T - np.eye(n)) @ W")
def orthogonality_of_the_rows() -> dict[str, Any]:
    W = leaf("W", n, J)
    C = np.sum((W @ W.T - np.eye(n)) ** 2)
    return locals()


@entry(w="0.2 * np.sum(a) / m * x.T @ (a * (1 - a)) / m")
def the_square_of_a_mean_activation() -> dict[str, Any]:
    x, w = data("x", m, n), leaf("w", n)
    a = tg.sigmoid(x @ w)
    C = 0.1 * np.mean(a) ** 2
    return locals()


@entry(w="-x.T @ (a * (1 - a)) / m * (r / q - (1 - r) / (1 - q))")
def sparsity_of_a_mean_activation() -> dict[str, Any]:
    x, w, r = data("x", m, n), leaf("w", n), tg.Tensor(0.05, name="r")
    a = named("a", tg.sigmoid(x @ w))
    q = named("q", np.mean(a))
    C = r * np.log(r / q) + (1 - r) * np.log((1 - r) / (1 - q))
    return locals()


@entry(w="np.where(np.abs(w) < 1, w, np.sign(w))")
def a_huber_penalty() -> dict[str, Any]:
    w = leaf("w", n)
    C = np.sum(np.where(np.abs(w) < 1, w**2 / 2, np.abs(w) - 0.5))
    return locals()


@entry(w="2 * (np.append(0, np.diff(w)) - np.append(np.diff(w), 0))")
def smoothness_of_neighbours() -> dict[str, Any]:
    w = leaf("w", n)
    C = np.sum((w[1:] - w[:-1]) ** 2)
    return locals()
