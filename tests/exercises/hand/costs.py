"""Costs of our own, as a teacher would write them: each with the gradients that are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

import tinygrad_lite.functions as tg
from tests.exercises.hand.fresh_costs import FRESH
from tests.exercises.hand.second_costs import SECOND
from tinygrad_lite.exercises import PATH, Exercise

COST = Any


def neuron(w: COST, x: COST, b: COST, y: COST) -> COST:
    z = w * x + b
    a = tg.sigmoid(z)
    return (y - a) ** 2 / 2


def crossed(x: COST, w: COST, b: COST, y: COST) -> COST:
    z = x @ w + b
    a = tg.sigmoid(z)
    return tg.cross_entropy(a, y)


def opened(x: COST, w: COST, b: COST, y: COST) -> COST:
    z = x @ w + b
    a = tg.sigmoid(z)
    return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))


def outputs(x: COST, W: COST, b: COST, y: COST) -> COST:
    z = x @ W + b
    a = tg.sigmoid(z)
    return tg.cross_entropy(a, y)


def jacobian(z: COST) -> COST:
    a = tg.softmax(z)
    return a


def likely(a1: COST, W: COST, b: COST, y: COST) -> COST:
    z = W @ a1 + b
    a = tg.softmax(z)
    return -np.sum(y * np.log(a))


def batch(x: COST, W: COST, b: COST, y: COST) -> COST:
    z = x @ W + b
    a = tg.softmax(z)
    return -np.mean(np.sum(y * np.log(a), axis=1))


def tanh_neuron(x: COST, w: COST, b: COST, y: COST) -> COST:
    z = x @ w + b
    a = np.tanh(z)
    return np.mean((a - y) ** 2) / 2


def rectified(x: COST, W: COST, b: COST, y: COST) -> COST:
    z = x @ W + b
    a = tg.relu(z)
    return np.sum((a - y) ** 2) / 2


def two_layers(x: COST, W1: COST, b1: COST, W2: COST, b2: COST, y: COST) -> COST:
    z1 = x @ W1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2 + b2
    a2 = tg.softmax(z2)
    return tg.log_likelihood(a2, y)


def columns(x: COST, W1: COST, b1: COST, W2: COST, b2: COST, y: COST) -> COST:
    z1 = W1 @ x + b1
    a1 = tg.sigmoid(z1)
    z2 = W2 @ a1 + b2
    a2 = tg.sigmoid(z2)
    return np.sum((y - a2) ** 2) / 2


def tied(w: COST, x: COST, y: COST) -> COST:
    u = tg.sigmoid(w * x)
    a = tg.sigmoid(w * u)
    return (a - y) ** 2 / 2


def encoder(x: COST, W: COST) -> COST:
    u = np.tanh(x @ W)
    r = u @ W.T
    return np.sum((r - x) ** 2) / 2


def decay(x: COST, w: COST, b: COST, y: COST, lam: COST) -> COST:
    z = x @ w + b
    a = tg.sigmoid(z)
    return tg.cross_entropy(a, y) + lam / 2 * np.sum(w**2)


def huber(x: COST, w: COST, y: COST) -> COST:
    r = x @ w - y
    return np.mean(np.where(np.abs(r) <= 1, r**2 / 2, np.abs(r) - 0.5))


def attention(q: COST, K: COST, V: COST, y: COST) -> COST:
    s = K @ q
    p = tg.softmax(s)
    o = p @ V
    return np.sum((o - y) ** 2) / 2


def poisson(x: COST, w: COST, y: COST) -> COST:
    z = x @ w
    return np.mean(np.exp(z) - y * z)


def cube(w: COST, x: COST, y: COST) -> COST:
    z = w * x
    a = z**3
    return (a - y) ** 2 / 2


def weighted(x: COST, w: COST, y: COST, v: COST) -> COST:
    z = x @ w
    a = tg.sigmoid(z)
    return -np.mean(v * y * np.log(a) + (1 - y) * np.log(1 - a))


def logits(x: COST, W: COST, y: COST) -> COST:
    z = x @ W
    return tg.log_likelihood_with_logits(z, y)


def gate(u: COST, v: COST, y: COST) -> COST:
    g = tg.sigmoid(u)
    t = np.tanh(v)
    c = g * t
    return np.sum((c - y) ** 2) / 2


def centred(x: COST, y: COST) -> COST:
    d = x - np.mean(x)
    return np.sum(d * y) ** 2 / 2


def ratio(u: COST, v: COST, y: COST) -> COST:
    r = u / v
    return (r - y) ** 2 / 2


_ROWS = {"x": "m n", "w": "n", "b": "", "y": "m"}
_WIDE = {"x": "m n", "W": "n J", "b": "J", "y": "m J"}
_TARGET, _CHANCES, _CLASSES = {"y": "in (0, 1)"}, {"y": "rows sum to 1"}, {"y": "one_hot"}

MADE: Mapping[str, Exercise] = {
    e.id: e
    for e in (
        Exercise(neuron, "a z w b", facts=_TARGET, id="h-neuron"),
        Exercise(crossed, "a z w b", shapes=_ROWS, facts=_TARGET, id="h-crossed"),
        Exercise(opened, "a z w b", shapes=_ROWS, facts=_TARGET, id="h-opened"),
        Exercise(outputs, "a z W b", shapes=_WIDE, facts=_TARGET, id="h-outputs"),
        Exercise(jacobian, "z", shapes={"z": "J"}, id="h-jacobian"),
        Exercise(
            likely, "a z b W", shapes={"a1": "K", "W": "J K", "b": "J", "y": "J"}, facts=_CHANCES, id="h-likely"
        ),
        Exercise(batch, "a z W b", shapes=_WIDE, facts=_CHANCES, id="h-batch"),
        Exercise(tanh_neuron, "a z w b", shapes=_ROWS, id="h-tanh"),
        Exercise(rectified, "a z W b", shapes=_WIDE, id="h-relu"),
        Exercise(
            two_layers, "z2 W2 b2 a1 z1 W1 b1",
            shapes={"x": "m n", "W1": "n K", "b1": "K", "W2": "K J", "b2": "J", "y": "m J"}, facts=_CLASSES, id="h-two",
        ),
        Exercise(
            columns, "a2 z2 W2 b2 a1 z1 W1 b1",
            shapes={"x": "n", "W1": "K n", "b1": "K", "W2": "J K", "b2": "J", "y": "J"}, facts=_TARGET, id="h-columns",
        ),
        Exercise(tied, "a u w", facts=_TARGET, id="h-tied"),
        Exercise(encoder, "r u W", shapes={"x": "m n", "W": "n K"}, id="h-encoder"),
        Exercise(decay, "z w b", shapes={**_ROWS, "lam": ""}, facts={**_TARGET, "lam": "positive"}, id="h-decay"),
        Exercise(huber, "r w", shapes={"x": "m n", "w": "n", "y": "m"}, id="h-huber"),
        Exercise(attention, "o p s q", shapes={"q": "n", "K": "T n", "V": "T d", "y": "d"}, id="h-attention"),
        Exercise(poisson, "z w", shapes={"x": "m n", "w": "n", "y": "m"}, facts={"y": "positive"}, id="h-poisson"),
        Exercise(cube, "a z w", id="h-cube"),
        Exercise(
            weighted, "a z w", shapes={"x": "m n", "w": "n", "y": "m", "v": ""}, facts={**_TARGET, "v": "positive"},
            id="h-weighted",
        ),
        Exercise(logits, "z W", shapes={"x": "m n", "W": "n J", "y": "m J"}, facts=_CLASSES, id="h-logits"),
        Exercise(gate, "c g t u v", shapes={"u": "n", "v": "n", "y": "n"}, id="h-gate"),
        Exercise(centred, "d x", shapes={"x": "n", "y": "n"}, id="h-centred"),
        Exercise(ratio, "r u v", facts={"v": "positive"}, id="h-ratio"),
    )
}  # fmt: skip


@cache
def exercise(id: str) -> Exercise:
    """One of our own, or of the path."""
    own = {**MADE, **FRESH, **SECOND}
    return own[id] if id in own else next(e for e in PATH if e.id == id)
