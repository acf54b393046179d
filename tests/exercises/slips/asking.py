"""Exercises, and how tests ask for the slip of an answer: written in NumPy, computed at all points."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.slips.diagnosis import diagnosed


def neuron(w: Any, x: Any, b: Any, y: Any) -> Any:
    z = w * x + b
    a = tg.sigmoid(z)
    return (y - a) ** 2 / 2


def layer(x: Any, W: Any, b: Any, y: Any) -> Any:
    z = x @ W + b
    a = np.tanh(z)
    return tg.quadratic_cost(a, y)


def classes(x: Any, W: Any, b: Any, y: Any) -> Any:
    z = x @ W + b
    a = tg.softmax(z)
    return tg.log_likelihood(a, y)


def examples(x: Any, w: Any, b: Any, y: Any) -> Any:
    z = x @ w + b
    a = tg.sigmoid(z)
    return tg.cross_entropy(a, y)


def two_layers(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, y: Any) -> Any:
    z1 = x @ W1 + b1
    a1 = tg.sigmoid(z1)
    z2 = a1 @ W2 + b2
    a2 = tg.sigmoid(z2)
    return tg.cross_entropy(a2, y)


def odd(u: Any, v: Any, y: Any) -> Any:
    r = u * u / np.exp(v)
    a = tg.relu(r)
    return (a - y) ** 2 / 2 + v


def square(x: Any, W: Any, v: Any, y: Any) -> Any:
    z = x @ W
    return np.sum((z - y) ** 2) + v @ v


def jacobian(z: Any) -> Any:
    a = tg.softmax(z)
    return a


def scaled(x: Any, s: Any, y: Any) -> Any:
    z = x * s
    a = (1 + np.tanh(z / 2)) / 2
    return np.sum((y - a) ** 2)


def decayed(x: Any, w: Any, b: Any, y: Any, lam: Any) -> Any:
    a = x @ w + b
    return tg.quadratic_cost(a, y) + lam / 2 * np.sum(w**2)


def by_hand(z: Any) -> Any:
    a = (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))
    return a


_LAYER = {"x": "m n", "W": "n J", "b": "J", "y": "m J"}
EXERCISES = {
    "neuron": Definition(neuron, "a z w b"),
    "layer": Definition(layer, "a z W b", _LAYER),
    "classes": Definition(classes, "a z W b", _LAYER, {"y": "one_hot"}),
    "examples": Definition(examples, "a z w b", {"x": "m n", "w": "n", "b": "", "y": "m"}, {"y": "in (0, 1)"}),
    "odd": Definition(odd, "a r u v"),
    "square": Definition(square, "z W x v", {"x": "m 3", "W": "3 3", "v": "k", "y": "m 3"}),
    "jacobian": Definition(jacobian, "z", {"z": "J"}),
    "scaled": Definition(scaled, "z s", {"x": "m n", "s": "n", "y": "m n"}),
    "decayed": Definition(decayed, "a w b", {"x": "m n", "w": "n", "b": "", "y": "m", "lam": ""}),
    "by hand": Definition(by_hand, "z"),
    "bias": Definition(examples, "z b", {"x": "m n", "w": "n", "b": "", "y": "m"}, {"y": "in (0, 1)"}),
    "two layers": Definition(
        two_layers, "a2 z2 W2 b2 a1 z1 W1 b1",
        {"x": "m n", "W1": "n h", "b1": "h", "W2": "h J", "b2": "J", "y": "m J"}, {"y": "in (0, 1)"},
    ),
}  # fmt: skip


def values(exercise: str, text: str) -> list[Any]:
    """The numbers of an answer at all points, the unseen ones included."""
    own = EXERCISES[exercise]
    points = [*own.points, *own.unseen]
    return [np.asarray(eval(_compiled(text), {**_NAMES, **p.values, **p.sizes})) for p in points]


_NAMES = {"np": np, "σ": lambda z: 1 / (1 + np.exp(-z))}


@cache
def _compiled(text: str) -> Any:
    return compile(text, "answer", "eval")


def asked(exercise: str, step: str, text: str, given: str = "") -> Message | None:
    """The slip of an answer; given: the steps above whose right gradients it stands on."""
    own = EXERCISES[exercise]
    points = [*own.points, *own.unseen]
    return diagnosed(own, step, values(exercise, text), {s: [p.truth[s] for p in points] for s in given.split()})


def key(exercise: str, step: str, text: str, given: str = "") -> str:
    """The key of the slip; "" where none is known."""
    message = asked(exercise, step, text, given)
    return message.key if message is not None else ""
