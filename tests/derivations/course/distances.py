"""Norms, distances, cosine similarity, contrastive and triplet costs."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, J, bits, data, leaf, m, n, named, positive

entry = Book("distances")


@entry(x="x / np.sqrt(np.sum(x**2))")
def euclidean_norm() -> dict[str, Any]:
    x = leaf("x", n)
    C = np.linalg.norm(x)
    return locals()


@entry(x="x / np.sqrt(x @ x)")
def euclidean_norm_as_the_root_of_a_product() -> dict[str, Any]:
    x = leaf("x", n)
    C = np.sqrt(x @ x)
    return locals()


@entry(x="2 * x")
def squared_norm() -> dict[str, Any]:
    x = leaf("x", n)
    C = np.linalg.norm(x) ** 2
    return locals()


@entry(x="np.sign(x)")
def sum_of_absolute_values() -> dict[str, Any]:
    x = leaf("x", n)
    C = np.linalg.norm(x, 1)
    return locals()


@entry(x="x**3 / np.sum(x**4)**0.75")
def the_norm_of_order_4() -> dict[str, Any]:
    x = leaf("x", n)
    C = np.sum(x**4) ** (1 / 4)
    return locals()


@entry(A="A / np.sqrt(np.sum(A**2))")
def frobenius_norm() -> dict[str, Any]:
    A = leaf("A", m, n)
    C = np.linalg.norm(A)
    return locals()


@entry(A="2 * (A - B)")
def squared_frobenius_distance() -> dict[str, Any]:
    A, B = leaf("A", m, n), data("B", m, n)
    C = np.linalg.norm(A - B) ** 2
    return locals()


@entry(x="(x - c) / np.sqrt(np.sum((x - c)**2))", c="(c - x) / np.sqrt(np.sum((x - c)**2))")
def distance_of_two_points() -> dict[str, Any]:
    x, c = leaf("x", n), leaf("c", n)
    C = np.sqrt(np.sum((x - c) ** 2))
    return locals()


@entry(x="(x - c) / d")
def distance_with_a_name() -> dict[str, Any]:
    x, c = leaf("x", n), data("c", n)
    d = named("d", np.linalg.norm(x - c))
    C = d * 1.0
    return locals()


@entry(x="np.sign(x - c)")
def manhattan_distance() -> dict[str, Any]:
    x, c = leaf("x", n), data("c", n)
    C = np.sum(np.abs(x - c))
    return locals()


@entry(x="2 * A @ (x - c)")
def mahalanobis_distance_squared() -> dict[str, Any]:
    x, c = leaf("x", n), data("c", n)
    root = data("A", n, n).numpy()
    A = tg.Tensor(root + root.T, name="A")
    C = (x - c) @ A @ (x - c)
    return locals()


@entry(x="y / (p * q) - s * x / p**2", y="x / (p * q) - s * y / q**2")
def cosine_similarity_with_named_lengths() -> dict[str, Any]:
    x, y = leaf("x", n), leaf("y", n)
    p, q = named("p", np.linalg.norm(x)), named("q", np.linalg.norm(y))
    s = named("s", x @ y / (p * q))
    C = s * 1.0
    return locals()


@entry(x="y / (np.sqrt(x @ x) * np.sqrt(y @ y)) - (x @ y) * x / (np.sqrt(x @ x)**3 * np.sqrt(y @ y))")
def cosine_similarity_of_fresh_leaves() -> dict[str, Any]:
    x, y = leaf("x", n), data("y", n)
    C = x @ y / (np.linalg.norm(x) * np.linalg.norm(y))
    return locals()


@entry(x="-(y / np.sqrt(y @ y) - u * (u @ y) / np.sqrt(y @ y)) / np.sqrt(x @ x)")
def one_minus_cosine_of_unit_vectors() -> dict[str, Any]:
    x, y = leaf("x", n), data("y", n)
    u = named("u", x / np.linalg.norm(x))
    v = y / np.linalg.norm(y)
    C = 1 - np.sum(u * v)
    return locals()


@entry(x="(c - u * (u @ c)) / np.sqrt(x @ x)")
def projection_on_the_unit_sphere() -> dict[str, Any]:
    x, c = leaf("x", n), data("c", n)
    u = named("u", x / np.sqrt(np.sum(x**2)))
    C = u @ c
    return locals()


@entry(u="2 * y * (u - v) - 2 * (1 - y) * np.maximum(0, 1 - d) * (u - v) / d")
def contrastive_cost() -> dict[str, Any]:
    u, v, y = leaf("u", n), data("v", n), bits("y")
    d = named("d", np.sqrt(np.sum((u - v) ** 2)))
    C = y * d**2 + (1 - y) * np.maximum(0, 1 - d) ** 2
    return locals()


@entry(
    u="2 * (q - p) * (np.sum((u - p)**2) - np.sum((u - q)**2) + 1 > 0)",
    p="-2 * (u - p) * (np.sum((u - p)**2) - np.sum((u - q)**2) + 1 > 0)",
)  # fmt: skip
def triplet_cost() -> dict[str, Any]:
    u, p, q = leaf("u", n), leaf("p", n), data("q", n)
    C = np.maximum(0, np.sum((u - p) ** 2) - np.sum((u - q) ** 2) + 1)
    return locals()


@entry(U="2 * (Q - P) * (s > 0)[:, None] / m")
def triplet_cost_on_a_batch() -> dict[str, Any]:
    U, P, Q = leaf("U", m, n), data("P", m, n), data("Q", m, n)
    s = named("s", np.sum((U - P) ** 2, axis=1) - np.sum((U - Q) ** 2, axis=1) + 1)
    C = np.mean(tg.relu(s))
    return locals()


@entry(U="(A - np.eye(m)) @ V / m", V="(A - np.eye(m)).T @ U / m")
def contrastive_cost_over_a_batch() -> dict[str, Any]:
    U, V = leaf("U", m, n), leaf("V", m, n)
    S = named("S", U @ V.T)
    A = named("A", tg.softmax(S))
    C = -np.mean(np.log(A[np.arange(m), np.arange(m)]))
    return locals()


@entry(x="-2 * g * (x - c) * k")
def gaussian_kernel() -> dict[str, Any]:
    x, c, g = leaf("x", n), data("c", n), positive("g", grad=False)
    k = named("k", np.exp(-g * np.sum((x - c) ** 2)))
    C = k * 1.0
    return locals()


@entry(c="2 * (c * m - np.sum(x, axis=0))")
def the_mean_as_the_nearest_point() -> dict[str, Any]:
    x, c = data("x", m, n), leaf("c", n)
    C = np.sum((x - c) ** 2)
    return locals()


@entry(M="-2 * r.T @ x + 2 * np.sum(r, axis=0)[:, None] * M")
def k_means_with_soft_assignments() -> dict[str, Any]:
    x, M, r = data("x", m, n), leaf("M", J, n), positive("r", m, J, grad=False)
    C = np.sum(r * np.sum((x[:, None, :] - M[None, :, :]) ** 2, axis=2))
    return locals()


@entry(x="4 * (m * x - np.sum(x))")
def all_pairs_of_squared_distances() -> dict[str, Any]:
    x = leaf("x", m)
    C = np.sum((x[:, None] - x[None, :]) ** 2)
    return locals()


@entry(z="np.outer(y, u)")
def scores_of_rows() -> dict[str, Any]:
    z, y, u = leaf("z", m, n), data("y", m), data("u", n)
    C = np.sum(y * (z @ u))
    return locals()


@entry(x="2 * (x - t * u)")
def a_point_and_a_line() -> dict[str, Any]:
    x = leaf("x", n)
    direction = data("u", n).numpy()
    u = tg.Tensor(direction / np.linalg.norm(direction), name="u")
    t = np.dot(u.numpy(), x.numpy())
    C = np.sum((x - (u @ x) * u) ** 2)
    return locals()
