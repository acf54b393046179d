"""Costs that nobody had in mind who wrote the table of slips: other losses, distances, gates, several uses of a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises import Exercise

COST = Any


def hinge(x: COST, w: COST, y: COST) -> COST:
    s = x @ w
    h = np.maximum(0, 1 - y * s)
    return np.mean(h)


def logistic(x: COST, w: COST, y: COST) -> COST:
    s = x @ w
    return np.sum(np.log(1 + np.exp(-y * s)))


def gaussian(x: COST, mu: COST, v: COST) -> COST:
    d = x - mu
    return np.log(v) / 2 + d**2 / (2 * v)


def distance(x: COST, c: COST) -> COST:
    d = x - c
    q = np.sum(d**2, axis=1)
    return np.mean(np.sqrt(q))


def bilinear(u: COST, A: COST, v: COST) -> COST:
    p = A @ v
    s = u @ p
    return s**2 / 2


def residual(x: COST, W: COST, y: COST) -> COST:
    z = x @ W
    h = x + np.tanh(z)
    return np.sum((h - y) ** 2) / 2


def warm(z: COST, y: COST, T: COST) -> COST:
    u = z / T
    a = tg.softmax(u)
    return -np.sum(y * np.log(a))


def divergence(z: COST, y: COST) -> COST:
    a = tg.softmax(z)
    return np.sum(a * np.log(a / y))


def cosine(u: COST, v: COST) -> COST:
    s = u @ v
    n = np.sqrt(u @ u)
    return s / n


def three(x: COST, u: COST, v: COST, w: COST, y: COST) -> COST:
    a = np.tanh(u * x)
    b = tg.sigmoid(v * a)
    c = tg.softplus(w * b)
    return (c - y) ** 2 / 2


def importance(x: COST, w: COST, r: COST, y: COST) -> COST:
    e = x @ w - y
    return np.sum(r * e**2) / (2 * len(x))


def wave(t: COST, k: COST, y: COST) -> COST:
    s = np.sin(k * t)
    return np.sum((s - y) ** 2) / 2


def decayed_relu(x: COST, W1: COST, W2: COST, y: COST, lam: COST) -> COST:
    m = len(x)
    z1 = x @ W1
    a1 = np.maximum(0, z1)
    z2 = a1 @ W2
    a2 = tg.sigmoid(z2)
    C = -np.sum(y * np.log(a2) + (1 - y) * np.log(1 - a2)) / m + lam / 2 * (np.sum(W1**2) + np.sum(W2**2))
    return C


def linear_out(x: COST, W1: COST, W2: COST, y: COST, lam: COST) -> COST:
    z1 = W1 @ x
    a1 = tg.sigmoid(z1)
    z2 = W2 @ a1
    C = np.sum((y - z2) ** 2) / 2 + lam / 2 * (np.sum(W1**2) + np.sum(W2**2))
    return C


def chain(x: COST, w1: COST, b1: COST, w2: COST, b2: COST, w3: COST, b3: COST, y: COST, lam: COST) -> COST:
    z1 = w1 * x + b1
    a1 = np.tanh(z1)
    z2 = w2 * a1 + b2
    a2 = np.maximum(0, z2)
    z3 = w3 * a2 + b3
    a3 = tg.sigmoid(z3)
    C = -(y * np.log(a3) + (1 - y) * np.log(1 - a3)) + lam / 2 * (w1**2 + w2**2 + w3**2)
    return C


def three_columns(x: COST, W1: COST, W2: COST, W3: COST, y: COST) -> COST:
    z1 = W1 @ x
    a1 = np.tanh(z1)
    z2 = W2 @ a1
    a2 = np.maximum(0, z2)
    z3 = W3 @ a2
    a3 = tg.softmax(z3)
    C = -np.sum(y * np.log(a3))
    return C


def three_rows(x: COST, W1: COST, W2: COST, W3: COST, y: COST) -> COST:
    m = len(x)
    z1 = x @ W1
    a1 = np.tanh(z1)
    z2 = a1 @ W2
    a2 = tg.sigmoid(z2)
    z3 = a2 @ W3
    a3 = tg.sigmoid(z3)
    C = np.sum((y - a3) ** 2) / (2 * m)
    return C


FRESH: Mapping[str, Exercise] = {
    e.id: e
    for e in (
        Exercise(hinge, "h s w", shapes={"x": "m n", "w": "n", "y": "m"}, id="f-hinge"),
        Exercise(logistic, "s w", shapes={"x": "m n", "w": "n", "y": "m"}, id="f-logistic"),
        Exercise(gaussian, "d mu v", facts={"v": "positive"}, id="f-gaussian"),
        Exercise(distance, "q d c", shapes={"x": "m n", "c": "n"}, id="f-distance"),
        Exercise(bilinear, "s p u A v", shapes={"u": "m", "A": "m n", "v": "n"}, id="f-bilinear"),
        Exercise(residual, "h z W x", shapes={"x": "m n", "W": "n n", "y": "m n"}, id="f-residual"),
        Exercise(warm, "u z T", shapes={"z": "J", "y": "J", "T": ""}, facts={"y": "rows sum to 1", "T": "positive"}, id="f-warm"),
        Exercise(divergence, "a z", shapes={"z": "J", "y": "J"}, facts={"y": "positive"}, id="f-divergence"),
        Exercise(cosine, "s n u", shapes={"u": "k", "v": "k"}, id="f-cosine"),
        Exercise(three, "c b a w v u", id="f-three"),
        Exercise(importance, "e w", shapes={"x": "m n", "w": "n", "r": "m", "y": "m"}, facts={"r": "positive"}, id="f-importance"),
        Exercise(
            decayed_relu, "z2 W2 z1 W1", shapes={"x": "m n", "W1": "n h", "W2": "h J", "y": "m J", "lam": ""},
            facts={"y": "in (0, 1)", "lam": "positive"}, id="g-decayed-relu",
        ),
        Exercise(
            linear_out, "z2 W2 z1 W1", shapes={"x": "n", "W1": "h n", "W2": "J h", "y": "J", "lam": ""},
            facts={"lam": "positive"}, id="g-linear-out",
        ),
        Exercise(chain, "z3 w3 b3 z2 w2 z1 w1", facts={"y": "in (0, 1)", "lam": "positive"}, id="g-chain"),
        Exercise(
            three_columns, "z3 W3 z2 W2 z1 W1", shapes={"x": "n", "W1": "h n", "W2": "k h", "W3": "J k", "y": "J"},
            facts={"y": "rows sum to 1"}, id="g-columns",
        ),
        Exercise(
            three_rows, "z3 W3 z2 W2 z1 W1", shapes={"x": "m n", "W1": "n h", "W2": "h k", "W3": "k J", "y": "m J"},
            id="g-rows",
        ),
        Exercise(wave, "s k", shapes={"t": "m", "k": "", "y": "m"}, id="f-wave"),
    )
}  # fmt: skip
