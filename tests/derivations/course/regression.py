"""Regression: linear, logistic, Poisson, Huber, quantile and others."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, bits, data, leaf, m, n, named, numbers, plain_bits, positive

entry = Book("regression")


@entry(w="2 * np.sum((w * x + b - y) * x) / m", b="2 * np.sum(w * x + b - y) / m")
def a_line_through_points() -> dict[str, Any]:
    x, y, w, b = data("x", m), data("y", m), leaf("w"), leaf("b")
    C = np.mean((w * x + b - y) ** 2)
    return locals()


@entry(w="2 * X.T @ (X @ w - y)")
def normal_equations() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    C = np.sum((X @ w - y) ** 2)
    return locals()


@entry(w="2 * X.T @ (X @ w - y)")
def normal_equations_as_an_inner_product() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    C = (X @ w - y).T @ (X @ w - y)
    return locals()


@entry(w="2 * X.T @ (X @ w - y) / m")
def normal_equations_on_plain_arrays() -> dict[str, Any]:
    X, y, w = numbers("X", m, n), numbers("y", m), leaf("w", n)
    residual = X @ w - y
    C = np.dot(residual, residual) / m
    return locals()


@entry(w="X.T @ (X @ w - y) / np.sqrt(np.sum((X @ w - y)**2))")
def the_length_of_the_residual() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    r = named("r", X @ w - y)
    C = np.linalg.norm(r)
    return locals()


@entry(w="X.T @ (z - y) / (m * np.sqrt(np.mean((z - y)**2)))")
def root_mean_square_error() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    z = named("z", X @ w)
    C = np.sqrt(np.mean((z - y) ** 2))
    return locals()


@entry(w="X.T @ (c * (z - y))")
def weighted_least_squares() -> dict[str, Any]:
    X, y, w, c = data("X", m, n), data("y", m), leaf("w", n), positive("c", m, grad=False)
    z = X @ w
    C = np.sum(c * (z - y) ** 2) / 2
    return locals()


@entry(w="2 * X.T @ P @ (z - y)")
def generalised_least_squares() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    root = numbers("P", m, m)
    P = tg.Tensor(root @ root.T, name="P", requires_grad=False)
    z = named("z", X @ w)
    C = (z - y) @ P @ (z - y)
    return locals()


@entry(w="X.T @ np.sign(z - y) / m")
def mean_absolute_error() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    z = named("z", X @ w)
    C = np.mean(np.abs(z - y))
    return locals()


@entry(w="X.T @ np.where(abs(r) < 1, r, np.sign(r)) / m")
def huber() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    r = named("r", X @ w - y)
    C = np.mean(np.where(np.abs(r) <= 1, r**2 / 2, np.abs(r) - 1 / 2))
    return locals()


@entry(w="X.T @ np.where(abs(r) < d, r, d * np.sign(r)) / m")
def huber_with_a_named_width() -> dict[str, Any]:
    X, y, w, d = data("X", m, n), data("y", m), leaf("w", n), tg.Tensor(0.8, name="d")
    r = named("r", X @ w - y)
    C = np.mean(np.where(np.abs(r) < d, r**2 / 2, d * (np.abs(r) - d / 2)))
    return locals()


@entry(w="X.T @ (r / np.sqrt(1 + r**2)) / m")
def pseudo_huber() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    r = named("r", X @ w - y)
    C = np.mean(np.sqrt(1 + r**2) - 1)
    return locals()


@entry(w="X.T @ np.tanh(r) / m")
def log_cosh() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    r = named("r", X @ w - y)
    C = np.mean(np.log(np.cosh(r)))
    return locals()


@entry(w="-X.T @ np.where(r > 0, q, q - 1) / m")
def quantile_cost() -> dict[str, Any]:
    X, y, w, q = data("X", m, n), data("y", m), leaf("w", n), tg.Tensor(0.7, name="q")
    r = named("r", y - X @ w)
    C = np.mean(np.maximum(q * r, (q - 1) * r))
    return locals()


@entry(w="-X.T @ np.where(r > 0, 0.9, -0.1) / m")
def quantile_cost_with_a_number() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    r = named("r", y - X @ w)
    C = np.mean(np.where(r > 0, 0.9 * r, -0.1 * r))
    return locals()


@entry(w="2 * X.T @ (np.sign(r) * np.maximum(0, abs(r) - e)) / m")
def epsilon_insensitive_cost() -> dict[str, Any]:
    X, y, w, e = data("X", m, n), data("y", m), leaf("w", n), tg.Tensor(0.2, name="e")
    r = named("r", X @ w - y)
    C = np.mean(np.maximum(0, np.abs(r) - e) ** 2)
    return locals()


@entry(w="2 * X.T @ (r / (1 + r**2)) / m")
def cauchy_cost() -> dict[str, Any]:
    X, y, w = data("X", m, n), data("y", m), leaf("w", n)
    r = named("r", X @ w - y)
    C = np.mean(np.log(1 + r**2))
    return locals()


@entry(w="X.T @ (np.exp(z) - y)", b="np.sum(np.exp(z) - y)")
def poisson_regression() -> dict[str, Any]:
    X, w, b = data("X", m, n), leaf("w", n), leaf("b")
    y = tg.Tensor([2.0, 0.0, 3.0, 1.0, 5.0], name="y")
    z = named("z", X @ w + b)
    C = np.sum(np.exp(z) - y * z)
    return locals()


@entry(w="X.T @ (mu - y) / m")
def poisson_regression_with_a_named_mean() -> dict[str, Any]:
    X, w = data("X", m, n), leaf("w", n)
    y = tg.Tensor([2.0, 0.0, 3.0, 1.0, 5.0], name="y")
    mu = named("mu", np.exp(X @ w))
    C = np.mean(mu - y * np.log(mu))
    return locals()


@entry(w="X.T @ (1 - y / mu) / m")
def gamma_regression() -> dict[str, Any]:
    X, w, y = data("X", m, n), leaf("w", n), positive("y", m, grad=False)
    mu = named("mu", np.exp(X @ w))
    C = np.mean(y / mu + np.log(mu))
    return locals()


@entry(w="X.T @ (a - y)")
def logistic_regression_as_a_sum() -> dict[str, Any]:
    X, y, w = data("X", m, n), bits("y", m), leaf("w", n)
    a = 1 / (1 + np.exp(-X @ w))
    C = -(y @ np.log(a)) - (1 - y) @ np.log(1 - a)
    return locals()


@entry(w="X.T @ (a - y)")
def logistic_regression_as_a_product_of_powers() -> dict[str, Any]:
    X, y, w = data("X", m, n), bits("y", m), leaf("w", n)
    a = tg.sigmoid(X @ w)
    C = -np.sum(np.log(a**y * (1 - a) ** (1 - y)))
    return locals()


@entry(w="X.T @ (a - y) / m")
def logistic_regression_by_where() -> dict[str, Any]:
    X, y, w = data("X", m, n), bits("y", m), leaf("w", n)
    a = tg.sigmoid(X @ w)
    C = -np.mean(np.log(np.where(y == 1, a, 1 - a)))
    return locals()


@entry(w="X.T @ (k * a - y) / m")
def binomial_regression() -> dict[str, Any]:
    X, w, k = data("X", m, n), leaf("w", n), tg.Tensor([3.0, 4.0, 2.0, 5.0, 6.0], name="k")
    y = tg.Tensor([1.0, 3.0, 2.0, 0.0, 4.0], name="y")
    a = tg.sigmoid(X @ w)
    C = -np.mean(y * np.log(a) + (k - y) * np.log(1 - a))
    return locals()


@entry(w="X.T @ (z - y) / s**2", s="m / s - np.sum((z - y)**2) / s**3")
def gaussian_likelihood_with_a_width() -> dict[str, Any]:
    X, y, w, s = data("X", m, n), data("y", m), leaf("w", n), positive("s")
    z = named("z", X @ w)
    C = m * np.log(s) + np.sum((z - y) ** 2) / (2 * s**2)
    return locals()


@entry(mu="(mu - y) * np.exp(-v)", v="1 / 2 - (mu - y)**2 * np.exp(-v) / 2")
def gaussian_likelihood_with_a_log_variance() -> dict[str, Any]:
    y, mu, v = data("y", m), leaf("mu", m), leaf("v", m)
    C = np.sum(v / 2 + (y - mu) ** 2 / (2 * np.exp(v)))
    return locals()


@entry(w="X.T @ np.sign(z - y) / s", s="m / s - np.sum(abs(z - y)) / s**2")
def laplace_likelihood() -> dict[str, Any]:
    X, y, w, s = data("X", m, n), data("y", m), leaf("w", n), positive("s")
    z = named("z", X @ w)
    C = m * np.log(2 * s) + np.sum(np.abs(z - y)) / s
    return locals()


@entry(c="2 * np.array([np.sum((p - y) * x**k) for k in range(3)]) / m")
def a_parabola_as_a_vector_of_coefficients() -> dict[str, Any]:
    x, y, c = data("x", m), data("y", m), leaf("c", 3)
    powers = tg.Tensor(np.stack([x.numpy() ** k for k in range(3)], axis=1), name="F")
    p = named("p", powers @ c)
    C = np.mean((p - y) ** 2)
    return locals()


@entry(u="np.sum(r)", v="np.sum(r * x)", w="np.sum(r * x**2)")
def a_parabola() -> dict[str, Any]:
    x, y, u, v, w = data("x", m), data("y", m), leaf("u"), leaf("v"), leaf("w")
    r = named("r", u + v * x + w * x**2 - y)
    C = np.sum(r**2) / 2
    return locals()


@entry(A="2 * np.sum(r * np.exp(-k * t))", k="-2 * np.sum(r * A * t * np.exp(-k * t))")
def exponential_decay() -> dict[str, Any]:
    t, y, A, k = positive("t", m, grad=False), data("y", m), leaf("A"), leaf("k")
    r = named("r", A * np.exp(-k * t) - y)
    C = np.sum(r**2)
    return locals()


@entry(w="2 * X.T @ (z - y) / m", b="2 * np.sum(z - y) / m")
def regression_in_float32() -> dict[str, Any]:
    X = tg.Tensor(numbers("X", m, n).astype(np.float32), name="X")
    y = tg.Tensor(numbers("y", m).astype(np.float32), name="y")
    w = tg.Tensor(numbers("w", n).astype(np.float32), requires_grad=True, name="w")
    b = tg.Tensor(np.float32(0.3), requires_grad=True, name="b")
    z = X @ w + b
    C = ((z - y) ** 2).mean()
    return locals()


@entry(w="-2 * (y - np.dot(w, x)) * x")
def one_example_of_a_linear_regression() -> dict[str, Any]:
    x, y, w = data("x", n), data("y"), leaf("w", n)
    C = (y - w @ x) ** 2
    return locals()


@entry(w="-X.T @ (d * (1 - a)) / m")
def probability_of_a_label_by_bits() -> dict[str, Any]:
    X, w = data("X", m, n), leaf("w", n)
    d = tg.Tensor(plain_bits("d", m), name="d")
    a = tg.sigmoid(X @ w)
    C = -np.mean(d * np.log(a))
    return locals()


@entry(w="-X.T @ (d - np.exp(z) * t) / m")
def survival_with_an_exponential_hazard() -> dict[str, Any]:
    X, w, d, t = data("X", m, n), leaf("w", n), bits("d", m), positive("t", m, grad=False)
    z = named("z", X @ w)
    C = -np.mean(d * z - np.exp(z) * t)
    return locals()


@entry(u="a - r", v="-(a - r)")
def bradley_terry() -> dict[str, Any]:
    u, v, r = leaf("u"), leaf("v"), bits("r")
    a = named("a", tg.sigmoid(u - v))
    C = -r * np.log(a) - (1 - r) * np.log(1 - a)
    return locals()


@entry(w="-X.T @ (1 - sigmoid(z)) / m", called="ranking of pairs by differences")
def ranking_of_pairs() -> dict[str, Any]:
    X, w = data("X", m, n), leaf("w", n)
    z = named("z", X @ w)
    C = -np.mean(np.log(tg.sigmoid(z)))
    return locals()
