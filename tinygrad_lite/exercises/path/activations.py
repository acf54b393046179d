"""Other activations: tanh, equations (16) to (18), and rectified linear units, (19) and (20)."""

# mypy: allow-untyped-defs
# The costs are written as a student writes them, without types.

from __future__ import annotations

import numpy as np

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises.exercise import Exercise


def tanh(z):
    a = (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))
    return a


def sigmoid_from_tanh(z):
    t = np.tanh(z / 2)
    a = (1 + t) / 2
    return a


def tanh_neuron(x, w, b, y):
    m = len(x)
    z = x @ w + b
    a = np.tanh(z)
    C = np.sum((y - a) ** 2) / (2 * m)
    return C


def signs(z1, W2, b2, y):
    a1 = np.tanh(z1)
    z2 = W2 @ a1 + b2
    a2 = tg.sigmoid(z2)
    C = -np.sum(y * np.log(a2) + (1 - y) * np.log(1 - a2))
    return C


def relu_neuron(w, x, b, y):
    z = w @ x + b
    a = np.maximum(0, z)
    C = (y - a) ** 2 / 2
    return C


def relu_layer(x, W, b, y):
    m = len(x)
    z = x @ W + b
    a = np.maximum(0, z)
    C = np.sum((y - a) ** 2) / (2 * m)
    return C


ACTIVATIONS = (
    Exercise(
        tanh, "z", id="tanh", title="The slope of tanh, equation (16)",
        text="""
            tanh has values between −1 and 1. As for the sigmoid, its slope can be written with its own value a alone.
        """,
    ),
    Exercise(
        sigmoid_from_tanh, "t z", id="tanh-and-sigmoid", title="The sigmoid is a scaled tanh, equation (17)",
        text="""
            Equation (17) writes σ with tanh. Derive the slope along this way, and compare: it is a (1 − a) again. Mind
            the inner derivative of z/2.
        """,
    ),
    Exercise(
        tanh_neuron, "a z w b", id="tanh-neuron", title="A tanh neuron",
        shapes={"x": "m n", "w": "n", "b": "", "y": "m"},
        text="""
            Equation (2) again with tanh in the place of σ: only one factor changes. Is learning slow here, too, where a
            is near −1 or 1?
        """,
    ),
    Exercise(
        signs, "z2 W2", id="signs", title="Signs of the weights' gradients, equation (18)",
        shapes={"z1": "K", "W2": "J K", "b2": "J", "y": "J"}, facts={"y": "in (0, 1)"},
        text="""
            Equation (18): the gradient by a weight is the activation below it times the δ = ∂C/∂z above it. If all
            activations are positive, as with σ, all weights of a neuron must grow or shrink together. With tanh, as here,
            they need not.
        """,
    ),
    Exercise(
        relu_neuron, "a z w b", id="relu-neuron", title="A rectified linear neuron, equations (19) and (20)",
        shapes={"w": "n", "x": "n", "b": "", "y": ""},
        text="""
            The slope of max(0, z) is 1 where z > 0 and 0 where z < 0. So nothing is learned where z < 0. Write the slope
            as a factor [z > 0], or (z > 0) in NumPy: it counts as 1 or 0.
        """,
    ),
    Exercise(
        relu_layer, "z W b", id="relu-layer", title="A layer of rectified linear neurons",
        shapes={"x": "m n", "W": "n J", "b": "J", "y": "m J"},
        text="""
            With a batch of examples, a neuron may be off for some examples and on for others: (z > 0) is a matrix now. A
            neuron that is off for all examples has the gradient 0, and stays off.
        """,
    ),
)  # fmt: skip
