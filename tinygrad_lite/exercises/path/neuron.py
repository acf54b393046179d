"""One neuron and the quadratic cost: equations (1) and (2), and why learning is slow."""

# mypy: allow-untyped-defs
# The costs are written as a student writes them, without types.

from __future__ import annotations

import numpy as np

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises.exercise import Exercise


def error(a, y):
    return (y - a) ** 2 / 2


def sigmoid(z):
    a = 1 / (1 + np.exp(-z))
    return a


def one_neuron(w, x, b, y):
    z = w * x + b
    a = tg.sigmoid(z)
    C = (y - a) ** 2 / 2
    return C


def slow_learning(x, w, b, y):
    m = len(x)
    z = x @ w + b
    a = tg.sigmoid(z)
    C = np.sum((y - a) ** 2) / (2 * m)
    return C


NEURON = (
    Exercise(
        error, "a", id="first-step", title="A first step: the quadratic cost",
        text="""
            A neuron gives the output a, and y is the output that we want. The cost C says how far they are apart: it is
            equation (1) of the lecture. How does C change when a changes?
        """,
    ),
    Exercise(
        sigmoid, "z", id="sigmoid", title="The slope of the sigmoid",
        text="""
            The sigmoid σ(z) turns any number z into an a between 0 and 1. Its slope σ′(z) is a factor of nearly every
            gradient of the lecture. Write it with a alone: you will use this form all the time.
        """,
    ),
    Exercise(
        one_neuron, "a z w b", id="one-neuron", title="One neuron, equations (1) and (2)",
        text="""
            The chain rule goes backwards: from the cost to the output a, to the input z of the neuron, and from there to
            its weight and its bias. Use what you found in one step in the next one.
        """,
    ),
    Exercise(
        slow_learning, "z w b", id="slow-learning", title="Why it is slow: equation (2) for m examples",
        shapes={"x": "m n", "w": "n", "b": "", "y": "m"}, facts={"y": "in (0, 1)"},
        text="""
            Now C is the mean over m examples, in the rows of x. The gradient has the factor σ′(z) = a (1 − a). It is
            1/4 at most, and almost 0 where a is near 0 or 1, even if a is completely wrong: then learning is slow.
        """,
    ),
)  # fmt: skip
