"""Convolutions as slices, sums of products and einsum; pooling by reshape and max or mean."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.derivations.course.writing import Book, J, data, leaf, m, named

entry = Book("convolution")


@entry("e = 2 * (z - y)", w="np.array([np.sum(e * x[k:k + 4]) for k in range(3)])")
def a_filter_as_slices() -> dict[str, Any]:
    x, y, w = data("x", 6), data("y", 4), leaf("w", 3)
    z = named("z", w[0] * x[0:4] + w[1] * x[1:5] + w[2] * x[2:6])
    C = np.sum((z - y) ** 2)
    return locals()


@entry(u="2 * np.sum((z - y) * x[:5])", v="2 * np.sum((z - y) * x[1:])")
def a_filter_of_two_named_weights() -> dict[str, Any]:
    x, y, u, v = data("x", 6), data("y", 5), leaf("u"), leaf("v")
    z = named("z", u * x[:-1] + v * x[1:])
    C = np.sum((z - y) ** 2)
    return locals()


@entry(w="2 * P.T @ (z - y)", b="2 * np.sum(z - y)")
def a_filter_on_patches() -> dict[str, Any]:
    signal = data("x", 6).numpy()
    P = tg.Tensor(np.lib.stride_tricks.sliding_window_view(signal, 3), name="P")
    y, w, b = data("y", 4), leaf("w", 3), leaf("b")
    z = named("z", P @ w + b)
    C = np.sum((z - y) ** 2)
    return locals()


@entry(w="2 * np.einsum('ijk,ij->k', P, z - y)")
def a_filter_on_patches_by_einsum() -> dict[str, Any]:
    P, y, w = data("P", m, 4, 3), data("y", m, 4), leaf("w", 3)
    z = named("z", np.einsum("ijk,k->ij", P, w))
    C = np.sum((z - y) ** 2)
    return locals()


@entry(K="2 * np.einsum('ijk,ijl->lk', P, (a - y) * (z > 0))")
def filters_with_relu() -> dict[str, Any]:
    P, y, K = data("P", m, 4, 3), data("y", m, 4, 2), leaf("K", 2, 3)
    z = named("z", np.einsum("ijk,lk->ijl", P, K))
    a = named("a", tg.relu(z))
    C = np.sum((a - y) ** 2)
    return locals()


@entry(x="np.repeat(2 * (p - t), 2) / 2")
def mean_pooling() -> dict[str, Any]:
    x, t = leaf("x", 6), data("t", 3)
    p = named("p", np.mean(x.reshape(3, 2), axis=1))
    C = np.sum((p - t) ** 2)
    return locals()


@entry(x="(2 * (p - t)[:, None] * (x == np.max(x, axis=1, keepdims=True)))")
def max_pooling() -> dict[str, Any]:
    x, t = leaf("x", m, 3), data("t", m)
    p = named("p", np.max(x, axis=1))
    C = np.sum((p - t) ** 2)
    return locals()


@entry(x="np.repeat(2 * (p - t), 2) * (x == np.repeat(p, 2))")
def max_pooling_by_reshape() -> dict[str, Any]:
    x, t = leaf("x", 6), data("t", 3)
    p = named("p", x.reshape(3, 2).max(axis=1))
    C = np.sum((p - t) ** 2)
    return locals()


@entry(x="2 * (p - t) / (rows * columns) * np.ones((rows, columns))")
def global_mean_pooling() -> dict[str, Any]:
    rows, columns = 4, 3
    x, t = leaf("x", rows, columns), data("t")
    p = named("p", np.mean(x))
    C = (p - t) ** 2
    return locals()


@entry(x="np.repeat(np.repeat(p - t, 2, axis=0), 2, axis=1) / 4")
def mean_pooling_of_a_picture() -> dict[str, Any]:
    x, t = leaf("x", 4, 6), data("t", 2, 3)
    p = named("p", x.reshape(2, 2, 3, 2).mean(axis=(1, 3)))
    C = np.sum((p - t) ** 2) / 2
    return locals()


@entry(w="2 * np.array([np.sum((z - y) * x), np.sum((z - y) * np.roll(x, 1))])")
def a_circular_filter() -> dict[str, Any]:
    x, y, w = data("x", 6), data("y", 6), leaf("w", 2)
    z = named("z", w[0] * x + w[1] * np.roll(x, 1))
    C = np.sum((z - y) ** 2)
    return locals()


@entry(W="2 * x.reshape(m, 12).T @ (z - y)")
def a_flattened_picture() -> dict[str, Any]:
    x, y, W = data("x", m, 3, 4), data("y", m, J), leaf("W", 12, J)
    z = named("z", x.reshape(m, 12) @ W)
    C = np.sum((z - y) ** 2)
    return locals()


@entry(W="2 * np.einsum('ij,ikl->jkl', z - y, x)")
def a_dense_layer_on_pictures() -> dict[str, Any]:
    x, y, W = data("x", m, 3, 4), data("y", m, J), leaf("W", J, 3, 4)
    z = named("z", np.einsum("ikl,jkl->ij", x, W))
    C = np.sum((z - y) ** 2)
    return locals()


@entry(w="2 * np.tensordot(z - y, x, axes=([0, 1, 2], [0, 1, 2]))")
def a_1x1_filter() -> dict[str, Any]:
    x, y, w = data("x", m, 3, 4, 2), data("y", m, 3, 4), leaf("w", 2)
    z = named("z", np.tensordot(x, w, axes=1))
    C = np.sum((z - y) ** 2)
    return locals()


@entry(x="np.append(-2 * d, 0) + np.append(0, 2 * d)")
def differences_of_neighbours() -> dict[str, Any]:
    x = leaf("x", 6)
    d = named("d", np.diff(x))
    C = np.sum(d**2)
    return locals()


@entry(w="2 * np.array([np.sum((z - y) * np.pad(x, 1)[k:k + 6]) for k in range(3)])")
def a_filter_with_padding() -> dict[str, Any]:
    x, y, w = data("x", 6), data("y", 6), leaf("w", 3)
    padded = np.pad(x.numpy(), 1)
    z = named("z", w[0] * padded[:6] + w[1] * padded[1:7] + w[2] * padded[2:])
    C = np.sum((z - y) ** 2)
    return locals()


@entry(x="np.array([0.0, 0, 0, 0, 0, 1])")
def the_last_element() -> dict[str, Any]:
    x = leaf("x", 6)
    C = x[-1] * 1.0
    return locals()


@entry(x="np.array([2 * x[0], 0, 0, 2 * x[3], 0, 0])")
def every_third_element() -> dict[str, Any]:
    x = leaf("x", 6)
    C = np.sum(x[::3] ** 2)
    return locals()


@entry(x="c[::-1]")
def a_flipped_vector() -> dict[str, Any]:
    x, c = leaf("x", 6), data("c", 6)
    C = np.sum(c * x[::-1])
    return locals()
