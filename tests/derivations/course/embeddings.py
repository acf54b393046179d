"""Embeddings, rows that are picked, one-hot rows as plain arrays, attention."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import CLASSES, Book, J, bits, data, hot, leaf, m, n, named

entry = Book("embeddings and attention")

IDS = np.array([2, 0, 2, 6, 1])
"""Words of the m examples, out of 7."""


@entry("H = np.eye(7)[IDS]", E="H.T @ (2 * (e - y))")
def rows_of_a_table() -> dict[str, Any]:
    E, y = leaf("E", 7, n), data("y", m, n)
    e = named("e", E[IDS])
    C = np.sum((e - y) ** 2)
    return {**locals(), "IDS": IDS}


@entry("H = np.eye(7)[IDS]", E="H.T @ (e - y) / m")
def rows_by_take() -> dict[str, Any]:
    E, y = leaf("E", 7, n), data("y", m, n)
    e = np.take(E, IDS, axis=0)
    C = np.sum((e - y) ** 2) / 2 / m
    return {**locals(), "IDS": IDS}


@entry(E="H.T @ (2 * (e - y))")
def rows_by_a_one_hot_product() -> dict[str, Any]:
    E, y = leaf("E", 7, n), data("y", m, n)
    H = tg.one_hot(IDS, 7)
    H.name = "H"
    e = named("e", H @ E)
    C = np.sum((e - y) ** 2)
    return locals()


@entry(
    "H = np.eye(7)[IDS]", E="H.T @ ((a - y) @ W.T) / m", W="e.T @ (a - y) / m"
)  # fmt: skip
def embedding_then_softmax() -> dict[str, Any]:
    E, W, y = leaf("E", 7, n), leaf("W", n, J), hot()
    e = named("e", E[IDS])
    a = named("a", tg.softmax(e @ W))
    C = -np.sum(y * np.log(a)) / m
    return {**locals(), "IDS": IDS}


@entry("H = np.eye(7)[2]", E="np.outer(H, a - y) @ W.T")
def one_word_and_its_neighbour() -> dict[str, Any]:
    E, W = leaf("E", 7, n), data("W", n, J)
    y = np.eye(J)[1]
    e = named("e", E[2])
    a = named("a", tg.softmax(e @ W))
    C = -np.log(a[1])
    return locals()


@entry(u="-(1 - s) * v + (1 - r) * w", v="-(1 - s) * u", w="(1 - r) * u")
def skip_gram_with_one_negative_word() -> dict[str, Any]:
    u, v, w = leaf("u", n), leaf("v", n), leaf("w", n)
    s = named("s", tg.sigmoid(u @ v))
    r = named("r", tg.sigmoid(-u @ w))
    C = -np.log(s) - np.log(r)
    return locals()


@entry(p="2 * np.array([(p[1] - p[0]) * -1, p[1] - p[0]])")
def elements_of_a_vector() -> dict[str, Any]:
    p = leaf("p", 2)
    C = (p[1] - p[0]) ** 2
    return locals()


@entry(w="np.append(2 * w[:2], 0)")
def a_slice() -> dict[str, Any]:
    w = leaf("w", n)
    C = np.sum(w[:2] ** 2)
    return locals()


@entry(W="2 * y[:, None] * np.sum(W * y[:, None], axis=0)")
def a_row_chosen_by_a_mask() -> dict[str, Any]:
    W = leaf("W", J, n)
    y = tg.Tensor(np.eye(J)[2], name="y", facts=("one_hot",))
    C = np.sum((y @ W) ** 2)
    return locals()


@entry(z="y", called="the score of the right class")
def the_score() -> dict[str, Any]:
    z, y = leaf("z", m, J), hot()
    C = np.sum(z[np.arange(m), CLASSES])
    return locals()


@entry(z="(z > t[:, None] - 1) * 1.0 - y * np.sum(z > t[:, None] - 1, axis=1, keepdims=True)")
def multiclass_hinge() -> dict[str, Any]:
    z, y = leaf("z", m, J), hot()
    t = named("t", np.sum(y * z, axis=1))
    C = np.sum(np.maximum(0, z - t[:, None] + 1))
    return locals()


@entry(K="np.outer(a * (V @ c - a @ V @ c), q)", V="np.outer(a, c)", q="K.T @ (a * (V @ c - a @ V @ c))")
def attention_with_one_query() -> dict[str, Any]:
    q, K, V, c = leaf("q", n), leaf("K", J, n), leaf("V", J, 2), data("c", 2)
    a = named("a", tg.softmax(K @ q))
    o = named("o", a @ V)
    C = o @ c
    return locals()


HEAD = "A * (G @ V.T - np.sum(A * (G @ V.T), axis=1, keepdims=True))"


@entry("G = 2 * (Z - Y)", f"D = {HEAD} / np.sqrt(n)", Q="D @ K", K="D.T @ Q", V="A.T @ (2 * (Z - Y))")
def attention() -> dict[str, Any]:
    Q, K, V, Y = leaf("Q", m, n), leaf("K", J, n), leaf("V", J, 2), data("Y", m, 2)
    S = named("S", Q @ K.T / np.sqrt(n))
    A = named("A", tg.softmax(S))
    Z = named("Z", A @ V)
    C = np.sum((Z - Y) ** 2)
    return locals()


@entry("G = 2 * (Z - Y)", f"D = {HEAD} / np.sqrt(n)", S=HEAD)
def attention_by_its_scores() -> dict[str, Any]:
    S, V, Y = leaf("S", m, J), data("V", J, 2), data("Y", m, 2)
    A = named("A", tg.softmax(S))
    Z = named("Z", A @ V)
    C = np.sum((Z - Y) ** 2)
    return locals()


@entry(
    "G = 2 * (Z - Y)",
    f"D = {HEAD}",
    "Q = X @ P",
    "K = X @ R",
    P="X.T @ (D @ X @ R)",
    R="X.T @ (D.T @ X @ P)",
    T="(A @ X).T @ (2 * (Z - Y))",
)
def self_attention_with_projections() -> dict[str, Any]:
    X, Y, P, R, T = data("X", m, n), data("Y", m, 2), leaf("P", n, 2), leaf("R", n, 2), leaf("T", n, 2)
    V = named("V", X @ T)
    A = named("A", tg.softmax((X @ P) @ (X @ R).T))
    Z = named("Z", A @ V)
    C = np.sum((Z - Y) ** 2)
    return locals()


@entry("G = 2 * (Z - Y)", Q=f"({HEAD}) @ K")
def causal_attention() -> dict[str, Any]:
    Q, K, V, Y = leaf("Q", m, n), data("K", m, n), data("V", m, 2), data("Y", m, 2)
    mask = tg.Tensor(np.where(np.tril(np.ones((m, m))) > 0, 0.0, -1e9), name="M")
    A = named("A", tg.softmax(Q @ K.T + mask))
    Z = named("Z", A @ V)
    C = np.sum((Z - Y) ** 2)
    return locals()


@entry(w="Z.T @ (a - y) / m")
def rows_that_are_dummy_variables() -> dict[str, Any]:
    y, w = bits("y", m), leaf("w", J)
    Z = tg.Tensor(np.eye(J)[CLASSES], name="Z", facts=("one_hot",))
    a = named("a", tg.sigmoid(Z @ w))
    C = tg.cross_entropy(a, y)
    return locals()
