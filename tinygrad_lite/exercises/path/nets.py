"""Nets of several layers, and what comes with them: batches, tied weights, weight decay, second derivatives."""

# mypy: allow-untyped-defs
# The costs are written as a student writes them, without types.

from __future__ import annotations

import numpy as np

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises.exercise import Exercise


def two_layers(x, W1, b1, W2, b2, y):
    z1 = x @ W1 + b1
    a1 = tg.sigmoid(z1)
    z2 = a1 @ W2 + b2
    a2 = tg.sigmoid(z2)
    C = tg.cross_entropy(a2, y)
    return C


def broadcasting(x, s, b, y):
    m = len(x)
    z = x * s + b
    C = np.sum((z - y) ** 2) / (2 * m)
    return C


def tied_weights(w, x, y):
    z1 = w * x
    a1 = tg.sigmoid(z1)
    z2 = w * a1
    a2 = tg.sigmoid(z2)
    C = (y - a2) ** 2 / 2
    return C


def autoencoder(x, W):
    m = len(x)
    z = x @ W
    a = tg.sigmoid(z)
    r = a @ W.T
    C = np.sum((r - x) ** 2) / (2 * m)
    return C


def weight_decay(x, w, b, y, lam):
    z = x @ w + b
    a = tg.sigmoid(z)
    C = tg.cross_entropy(a, y) + lam / 2 * np.sum(w**2)
    return C


def curvature(w, x, y):
    z = w * x
    a = tg.sigmoid(z)
    C = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    C.backward(create_graph=True)
    return w.grad


def deep_net(x, W1, W2, W3, b3, y):
    m = len(x)
    z1 = x @ W1
    a1 = np.maximum(0, z1)
    z2 = a1 @ W2
    a2 = np.tanh(z2)
    z3 = a2 @ W3 + b3
    a3 = tg.softmax(z3)
    C = -np.sum(y * np.log(a3)) / m
    return C


NETS = (
    Exercise(
        broadcasting, "z s b", id="broadcasting", title="Broadcasting, and the sum over the batch",
        shapes={"x": "m n", "s": "n", "b": "n", "y": "m n"},
        text="""
            NumPy uses the one vector b for every row of x: it is broadcast. What is used m times gets m parts of the
            gradient, and they are added. An answer of the shape of z is the commonest mistake here.
        """,
    ),
    Exercise(
        two_layers, "a2 z2 W2 b2 a1 z1 W1 b1", id="two-layers", title="Two layers: backpropagation",
        shapes={"x": "m n", "W1": "n h", "b1": "h", "W2": "h J", "b2": "J", "y": "m J"}, facts={"y": "in (0, 1)"},
        text="""
            The whole algorithm of backpropagation, in eight steps. Each one uses the step before: you may write dz2 or
            δ⁽²⁾ for the gradient by z2 that you have found above.
        """,
    ),
    Exercise(
        tied_weights, "z2 a1 z1 w", id="tied-weights", title="One weight, used twice",
        text="""
            The same w is in both layers. The cost depends on it along two paths, and the gradient is the sum over all
            paths.
        """,
    ),
    Exercise(
        autoencoder, "r a z W", id="autoencoder", title="An autoencoder with tied weights",
        shapes={"x": "m n", "W": "n h"},
        text="""
            The matrix W makes a short code a of each example, and its transpose makes the example again. Two paths lead
            to W, one with W and one with its transpose.
        """,
    ),
    Exercise(
        weight_decay, "z w b", id="weight-decay", title="Weight decay (L2)",
        shapes={"x": "m n", "w": "n", "b": "", "y": "m", "lam": ""}, facts={"y": "in (0, 1)", "lam": "positive"},
        text="""
            The second term of the cost makes large weights expensive. It does not depend on z, and adds a term to the
            gradient by w, which makes w a little smaller in each step of learning.
        """,
    ),
    Exercise(
        curvature, "w", id="curvature", title="The second derivative of the cross-entropy", facts={"y": "in (0, 1)"},
        text="""
            The function returns the gradient of the cross-entropy by w, and you derive that by w once more. The result is
            never negative: the cost of one neuron has no valleys besides the lowest one.
        """,
    ),
    Exercise(
        deep_net, "z3 W3 a2 z2 W2 z1 W1", id="deep-net", title="A deep net with softmax at its end",
        shapes={"x": "m n", "W1": "n h", "W2": "h k", "W3": "k J", "b3": "J", "y": "m J"},
        facts={"y": "rows sum to 1"},
        text="""
            Three layers with three activations. One pattern repeats itself: from z to the activation below it, from there
            to the z below, and from each z to the weights beside it.
        """,
    ),
)  # fmt: skip
