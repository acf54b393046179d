"""Traces, quadratic forms, matrix factorisation, principal components, log-sum-exp."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, J, bits, data, leaf, m, n, named, numbers, positive

entry = Book("matrices")


@entry(x="(A + A.T) @ x")
def a_quadratic_form() -> dict[str, Any]:
    A, x = data("A", n, n), leaf("x", n)
    C = x @ A @ x
    return locals()


@entry(A="np.outer(x, x)", x="(A + A.T) @ x")
def a_quadratic_form_by_its_matrix() -> dict[str, Any]:
    A, x = leaf("A", n, n), leaf("x", n)
    C = np.dot(x, np.dot(A, x))
    return locals()


@entry(x="(A + A.T) @ x / 2 - b", called="a quadratic function")
def quadratic_function() -> dict[str, Any]:
    A, b, x = data("A", n, n), data("b", n), leaf("x", n)
    C = x.T @ A @ x / 2 - b.T @ x
    return locals()


@entry(A="np.outer(u, v)", u="A @ v", v="A.T @ u")
def a_bilinear_form() -> dict[str, Any]:
    A, u, v = leaf("A", n, J), leaf("u", n), leaf("v", J)
    C = u @ A @ v
    return locals()


@entry(x="a", called="a linear function")
def linear_function() -> dict[str, Any]:
    a, x = data("a", n), leaf("x", n)
    C = a.T @ x
    return locals()


@entry(A="np.eye(n)")
def trace() -> dict[str, Any]:
    A = leaf("A", n, n)
    C = np.trace(A)
    return locals()


@entry(A="B.T", B="A.T")
def trace_of_a_product() -> dict[str, Any]:
    A, B = leaf("A", n, J), leaf("B", J, n)
    C = np.trace(A @ B)
    return locals()


@entry(A="2 * A")
def trace_of_a_square() -> dict[str, Any]:
    A = leaf("A", n, J)
    C = np.trace(A.T @ A)
    return locals()


@entry(X="(A + A.T) @ X")
def trace_of_a_sandwich() -> dict[str, Any]:
    A, X = data("A", n, n), leaf("X", n, J)
    C = np.trace(X.T @ A @ X)
    return locals()


@entry(A="2 * A.T")
def trace_of_a_matrix_times_itself() -> dict[str, Any]:
    A = leaf("A", n, n)
    C = np.trace(A @ A)
    return locals()


@entry(A="2 * A")
def sum_of_squares_by_einsum() -> dict[str, Any]:
    A = leaf("A", n, J)
    C = np.einsum("ij,ij->", A, A)
    return locals()


@entry(x="2 * A.T @ (A @ x - b)")
def squared_length_of_a_residual() -> dict[str, Any]:
    A, b, x = data("A", m, n), data("b", m), leaf("x", n)
    C = np.sum((A @ x - b) ** 2)
    return locals()


@entry(X="2 * A.T @ (A @ X - B)")
def procrustes() -> dict[str, Any]:
    A, B, X = data("A", m, n), data("B", m, J), leaf("X", n, J)
    C = np.sum((A @ X - B) ** 2)
    return locals()


@entry(U="2 * (U @ V.T - A) @ V", V="2 * (U @ V.T - A).T @ U")
def matrix_factorisation() -> dict[str, Any]:
    A, U, V = data("A", m, n), leaf("U", m, 2), leaf("V", n, 2)
    C = np.sum((A - U @ V.T) ** 2)
    return locals()


@entry(U="2 * (M * R) @ V + 2 * lam * U", V="2 * (M * R).T @ U + 2 * lam * V")
def matrix_factorisation_of_seen_entries() -> dict[str, Any]:
    A, U, V, M, lam = data("A", m, n), leaf("U", m, 2), leaf("V", n, 2), bits("M", m, n), data("lam")
    R = named("R", U @ V.T - A)
    C = np.sum(M * R**2) + lam * (np.sum(U**2) + np.sum(V**2))
    return locals()


@entry(u="2 * np.sum(R, axis=1)", v="2 * np.sum(R, axis=0)")
def biases_of_users_and_films() -> dict[str, Any]:
    A, u, v = data("A", m, n), leaf("u", m), leaf("v", n)
    R = named("R", u[:, None] + v[None, :] - A)
    C = np.sum(R**2)
    return locals()


@entry(W="2 * (R.T @ X + X.T @ R) @ W")
def principal_components() -> dict[str, Any]:
    X, W = data("X", m, n), leaf("W", n, 2)
    R = named("R", X @ W @ W.T - X)
    C = np.sum(R**2)
    return locals()


@entry(w="-2 * X.T @ (X @ w) / m")
def variance_along_a_direction() -> dict[str, Any]:
    X, w = data("X", m, n), leaf("w", n)
    C = -np.mean((X @ w) ** 2)
    return locals()


@entry(w="2 * (S @ w - r * w) / (w @ w)")
def rayleigh_quotient() -> dict[str, Any]:
    w = leaf("w", n)
    root = numbers("S", n, n)
    S = tg.Tensor(root + root.T, name="S")
    r = named("r", w @ S @ w / (w @ w))
    C = r * 1.0
    return locals()


@entry(A="np.outer(2 * (A @ x - y), x)")
def least_squares_by_the_matrix() -> dict[str, Any]:
    A, x, y = leaf("A", m, n), data("x", n), data("y", m)
    C = np.sum((A @ x - y) ** 2)
    return locals()


@entry(z="np.exp(z) / np.sum(np.exp(z))")
def log_sum_exp() -> dict[str, Any]:
    z = leaf("z", J)
    C = np.log(np.sum(np.exp(z)))
    return locals()


@entry(z="np.exp(z) / np.sum(np.exp(z))")
def log_sum_exp_by_the_library() -> dict[str, Any]:
    z = leaf("z", J)
    C = tg.logsumexp(z)
    return locals()


@entry(z="np.exp(t * z) / np.sum(np.exp(t * z))")
def a_smooth_maximum() -> dict[str, Any]:
    z, t = leaf("z", J), positive("t", grad=False)
    C = np.log(np.sum(np.exp(t * z))) / t
    return locals()


@entry(w="X.T @ (np.exp(X @ w) / np.sum(np.exp(X @ w)))")
def log_sum_exp_of_scores() -> dict[str, Any]:
    X, w = data("X", m, n), leaf("w", n)
    z = X @ w
    C = np.log(np.sum(np.exp(z)))
    return locals()


@entry(A="np.diag(2 * np.diag(A))")
def the_diagonal() -> dict[str, Any]:
    A = leaf("A", n, n)
    C = np.sum(np.diagonal(A) ** 2)
    return locals()


@entry(A="np.diag(c)")
def the_diagonal_by_indices() -> dict[str, Any]:
    A, c = leaf("A", n, n), data("c", n)
    C = np.sum(c * A[np.arange(n), np.arange(n)])
    return locals()


@entry(d="np.sum(X * Y, axis=1)")
def a_diagonal_matrix() -> dict[str, Any]:
    X, Y, d = data("X", m, n), data("Y", m, n), leaf("d", m)
    C = np.sum(X * (np.diag(d) @ Y))
    return locals()


@entry(A="2 * (A + A.T)")
def the_symmetric_part() -> dict[str, Any]:
    A = leaf("A", n, n)
    C = np.sum((A + A.T) ** 2) / 2
    return locals()


@entry(A="np.linalg.inv(A).T")
def the_logarithm_of_a_determinant() -> dict[str, Any]:
    root = numbers("A", n, n)
    A = tg.Tensor(root @ root.T + np.eye(n), requires_grad=True, name="A")
    C = np.log(np.linalg.det(A))
    return locals()


@entry(u="v * np.sum(w)", v="u * np.sum(w)", w="np.sum(u * v) * np.ones(J)")
def a_product_of_sums() -> dict[str, Any]:
    u, v, w = leaf("u", n), leaf("v", n), leaf("w", J)
    C = (u @ v) * np.sum(w)
    return locals()


@entry(u="2 * (np.outer(u, v) - A) @ v", v="2 * (np.outer(u, v) - A).T @ u")
def a_rank_one_approximation() -> dict[str, Any]:
    A, u, v = data("A", m, n), leaf("u", m), leaf("v", n)
    C = np.sum((np.outer(u, v) - A) ** 2)
    return locals()


@entry(X="4 * (X @ X.T - A) @ X")
def a_symmetric_factorisation() -> dict[str, Any]:
    X = leaf("X", m, 2)
    root = numbers("A", m, m)
    A = tg.Tensor(root + root.T, name="A")
    C = np.sum((X @ X.T - A) ** 2)
    return locals()


@entry(x="np.prod(x) / x")
def a_product_of_all() -> dict[str, Any]:
    x = positive("x", n)
    C = np.prod(x)
    return locals()
