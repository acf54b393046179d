"""The exercises of the lecture, in their order."""

from __future__ import annotations

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises.exercise import Exercise


def _slow(w, x, b, y):  # type: ignore[no-untyped-def]
    z = w * x + b
    a = tg.sigmoid(z)
    return (y - a) ** 2 / 2


def _two_layers(x, W1, b1, W2, b2, y):  # type: ignore[no-untyped-def]
    z1 = x @ W1 + b1
    a1 = tg.sigmoid(z1)
    z2 = a1 @ W2 + b2
    a2 = tg.sigmoid(z2)
    return tg.cross_entropy(a2, y)


PATH = (
    Exercise(_slow, "a z w b", title="One neuron with the quadratic cost", text="Equations (1) and (2).", id="one-neuron"),
    Exercise(
        _two_layers, "a2 z2 W2 b2 a1 z1 W1 b1",
        shapes={"x": "m n", "W1": "n h", "b1": "h", "W2": "h J", "b2": "J", "y": "m J"}, facts={"y": "in (0, 1)"},
        title="Two layers", text="Backpropagation through two layers of sigmoid neurons.", id="two-layers",
    ),
)  # fmt: skip
