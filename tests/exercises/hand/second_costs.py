"""Twelve costs that a lecturer would set in the weeks after the lecture: for the second set of wrong answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises import Exercise

COST = Any


def quadratic(x: COST, W: COST, b: COST, y: COST) -> COST:
    m = len(x)
    z = x @ W + b
    a = tg.sigmoid(z)
    return np.sum((a - y) ** 2) / (2 * m)


def regression(x: COST, W: COST, b: COST, y: COST) -> COST:
    m = len(x)
    z = x @ W + b
    p = tg.softmax(z)
    return -np.sum(y * np.log(p)) / m


def tanh_net(x: COST, W: COST, V: COST, y: COST) -> COST:
    m = len(x)
    z = x @ W
    h = np.tanh(z)
    o = h @ V
    return np.sum((o - y) ** 2) / m


def decayed(x: COST, W: COST, y: COST, lam: COST) -> COST:
    m = len(x)
    z = x @ W
    h = np.maximum(0, z)
    return np.sum((h - y) ** 2) / (2 * m) + lam * np.sum(W**2)


def tied(x: COST, W: COST) -> COST:
    z = W @ x
    h = np.tanh(z)
    r = W.T @ h
    return np.sum((r - x) ** 2) / 2


def weighted(x: COST, w: COST, b: COST, y: COST, c: COST) -> COST:
    m = len(x)
    z = x @ w + b
    a = tg.sigmoid(z)
    return -np.sum(c * (y * np.log(a) + (1 - y) * np.log(1 - a))) / m


def linear(x: COST, w: COST, b: COST, y: COST) -> COST:
    p = x @ w + b
    return np.mean((p - y) ** 2)


def softplus(x: COST, w: COST, y: COST) -> COST:
    m = len(x)
    z = x @ w
    s = np.log(1 + np.exp(z))
    return np.sum((s - y) ** 2) / (2 * m)


def counts(x: COST, w: COST, y: COST) -> COST:
    z = x @ w
    return np.mean(np.exp(z) - y * z)


def angle(u: COST, v: COST) -> COST:
    s = u @ v
    p = np.sqrt(u @ u)
    q = np.sqrt(v @ v)
    return -s / (p * q)


def squared_hinge(x: COST, w: COST, y: COST) -> COST:
    m = len(x)
    z = x @ w
    h = np.maximum(0, 1 - y * z)
    return np.sum(h**2) / m


def code(x: COST, U: COST, V: COST) -> COST:
    z = U @ x
    a = tg.sigmoid(z)
    r = a @ V
    return np.sum((r - x) ** 2) / 2


_ROWS = {"x": "m n", "w": "n", "y": "m"}
_WIDE = {"x": "m n", "W": "n k", "b": "k", "y": "m k"}

SECOND: Mapping[str, Exercise] = {
    e.id: e
    for e in (
        Exercise(quadratic, "a z W b", shapes=_WIDE, id="s-quadratic"),
        Exercise(regression, "p z W b", shapes=_WIDE, facts={"y": "rows sum to 1"}, id="s-softmax"),
        Exercise(tanh_net, "o V z W", shapes={"x": "m n", "W": "n h", "V": "h k", "y": "m k"}, id="s-tanh-net"),
        Exercise(
            decayed, "z W", shapes={"x": "m n", "W": "n h", "y": "m h", "lam": ""}, facts={"lam": "positive"}, id="s-relu-l2",
        ),
        Exercise(tied, "r z W", shapes={"x": "n", "W": "h n"}, id="s-tied"),
        Exercise(
            weighted, "z w b", shapes={**_ROWS, "b": "", "c": "m"}, facts={"y": "in (0, 1)", "c": "positive"}, id="s-weighted",
        ),
        Exercise(linear, "p w b", shapes={**_ROWS, "b": ""}, id="s-linear"),
        Exercise(softplus, "z w", shapes=_ROWS, id="s-softplus"),
        Exercise(counts, "z w", shapes=_ROWS, id="s-poisson"),
        Exercise(angle, "s u", shapes={"u": "n", "v": "n"}, id="s-cosine"),
        Exercise(squared_hinge, "z w", shapes=_ROWS, id="s-hinge"),
        Exercise(code, "r V a z U", shapes={"x": "n", "U": "h n", "V": "h n"}, id="s-code"),
    )
}  # fmt: skip
