"""Exercises of many kinds that are not in the path: values without names, axes of length 1, one axis twice, Jacobians."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tinygrad_lite.exercises import Exercise


def unnamed(w: Any, x: Any, b: Any, y: Any) -> Any:
    return (y - tg.sigmoid(w * x + b)) ** 2 / 2


def unnamed_layer(W: Any, x: Any, b: Any, y: Any) -> Any:
    return np.sum((y - np.tanh(x @ W + b)) ** 2) / 2


def leaky(w: Any, x: Any, y: Any) -> Any:
    z = x @ w
    a = tg.leaky_relu(z, 0.2)
    return np.mean((a - y) ** 2) / 2


def recurrent(W: Any, h0: Any, y: Any) -> Any:
    h1 = np.tanh(W @ h0)
    h2 = np.tanh(W @ h1)
    return np.sum((h2 - y) ** 2) / 2


def jacobian(z: Any) -> Any:
    a = tg.softmax(z)
    return a


def product(W: Any, x: Any) -> Any:
    z = x @ W
    return z


def normalised(x: Any, g: Any, t: Any) -> Any:
    mu = np.mean(x, axis=1, keepdims=True)
    v = np.mean((x - mu) ** 2, axis=1, keepdims=True)
    n = (x - mu) / np.sqrt(v + 1e-5)
    o = g * n
    return np.sum((o - t) ** 2) / 2


def column(x: Any, W: Any, b: Any, y: Any) -> Any:
    z = x @ W + b
    a = tg.sigmoid(z)
    return tg.cross_entropy(a, y)


def attention(Q: Any, K: Any, V: Any, y: Any) -> Any:
    s = Q @ K.T
    p = tg.softmax(s)
    o = p @ V
    return np.sum((o - y) ** 2) / 2


def hinge(w: Any, x: Any, y: Any) -> Any:
    s = x @ w
    return np.mean(np.maximum(0, 1 - y * s))


def linear(x: Any, w: Any) -> Any:
    z = x * w
    return np.mean(np.sum(z, axis=1))


def logits(x: Any, W: Any, b: Any, y: Any) -> Any:
    z = x @ W + b
    return tg.log_likelihood_with_logits(z, y)


def gaussian(mu: Any, sigma: Any, x: Any) -> Any:
    return np.sum((x - mu) ** 2 / (2 * sigma**2) + np.log(sigma))


def fixed(x: Any, W: Any, y: Any) -> Any:
    z = x @ W
    return np.sum((z - y) ** 2) / 2


def encoder(x: Any, W: Any) -> Any:
    u = tg.sigmoid(x @ W)
    r = u @ W.T
    return np.sum((r - x) ** 2) / 2


def huber(x: Any, w: Any, y: Any) -> Any:
    r = x @ w - y
    return np.mean(np.where(np.abs(r) <= 1, r**2 / 2, np.abs(r) - 0.5))


def pooled(x: Any, W: Any, y: Any) -> Any:
    z = x @ W
    h = np.max(z, axis=1)
    return np.sum((h - y) ** 2) / 2


KINDS = {
    e.id: e
    for e in (
        Exercise(unnamed, "w b"),
        Exercise(unnamed_layer, "W b", {"W": "n h", "x": "m n", "b": "h", "y": "m h"}),
        Exercise(leaky, "a z w", {"w": "n", "x": "m n", "y": "m"}),
        Exercise(recurrent, "h2 h1 W", {"W": "n n", "h0": "n", "y": "n"}),
        Exercise(jacobian, "z", {"z": "m J"}),
        Exercise(product, "W x", {"W": "n h", "x": "m n"}),
        Exercise(normalised, "o n v mu x", {"x": "m n", "g": "n", "t": "m n"}),
        Exercise(column, "a z W b", {"x": "m n", "W": "n 1", "b": "1", "y": "m 1"}, {"y": "in (0, 1)"}),
        Exercise(attention, "o p s V Q K", {"Q": "m d", "K": "n d", "V": "n h", "y": "m h"}),
        Exercise(hinge, "s w", {"w": "n", "x": "m n", "y": "m"}),
        Exercise(linear, "z w", {"w": "n", "x": "m n"}),
        Exercise(logits, "z W b", {"x": "m n", "W": "n J", "b": "J", "y": "m J"}, {"y": "one_hot"}),
        Exercise(gaussian, "mu sigma", {"mu": "", "sigma": "", "x": "m"}, {"sigma": "positive"}),
        Exercise(encoder, "r u W", {"x": "m n", "W": "n K"}),
        Exercise(huber, "r w", {"x": "m n", "w": "n", "y": "m"}),
        Exercise(pooled, "h z W", {"x": "m n", "W": "n k", "y": "m"}),
        Exercise(fixed, "z W", {"x": "m 3", "W": "3 2", "y": "m 2"}),
    )
}
"""By their names."""
