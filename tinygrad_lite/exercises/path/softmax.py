"""Softmax and the log-likelihood: equations (10) to (15), and costs of logits that are computed safely."""

# ruff: noqa: F841
# mypy: allow-untyped-defs
# The costs are written as a student writes them, without types.

from __future__ import annotations

import numpy as np

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises.exercise import Exercise


def softmax(z):
    a = np.exp(z) / np.sum(np.exp(z))
    return a


def log_likelihood(z, y):
    a = tg.softmax(z)
    C = -np.sum(y * np.log(a))
    return C


def output_layer(a1, W2, b2, y):
    z2 = W2 @ a1 + b2
    a2 = tg.softmax(z2)
    C = -np.sum(y * np.log(a2))
    return C


def softmax_of_a_batch(x, W, b, y):
    m = len(x)
    z = x @ W + b
    a = tg.softmax(z)
    C = -np.sum(y * np.log(a)) / m
    return C


def sigmoid_logits(x, w, b, y):
    z = x @ w + b
    a = tg.sigmoid(z)  # the cost does not need it, but the answer does
    C = np.mean(np.log(1 + np.exp(z)) - y * z)
    return C


def softmax_logits(z, y):
    s = z - np.log(np.sum(np.exp(z)))
    a = np.exp(s)  # the cost does not need it, but the answer does
    C = -np.sum(y * s)
    return C


BATCH = {"x": "m n", "W": "n J", "b": "J", "y": "m J"}

SOFTMAX = (
    Exercise(
        softmax, "z", id="softmax", title="Softmax depends on all inputs, equations (11) and (12)",
        shapes={"z": "J"},
        text="""
            Each output of softmax depends on the inputs of all outputs, because of the sum below the fraction line. So
            the derivative is a matrix: how output i changes with input j. Its diagonal differs from the rest.
        """,
    ),
    Exercise(
        log_likelihood, "a z", id="log-likelihood", title="The log-likelihood, equations (13) and (14)",
        shapes={"z": "J", "y": "J"}, facts={"y": "rows sum to 1"},
        text="""
            With y_j = 1 for the right class and 0 for the others, the cost (13) is −Σ_j y_j log a_j. On the way to z you
            need the whole matrix of the exercise before, and Σ_j y_j = 1. The result is as short as that of (7).
        """,
    ),
    Exercise(
        output_layer, "z2 W2 b2", id="output-layer", title="The output layer, equations (14) and (15)",
        shapes={"a1": "K", "W2": "J K", "b2": "J", "y": "J"}, facts={"y": "rows sum to 1"},
        text="""
            The layer of equation (10), for one example: J outputs from the K activations of the layer before. Row j of W2
            belongs to output j. The gradient by a matrix of weights has a row for each output, too.
        """,
    ),
    Exercise(
        softmax_of_a_batch, "z W b", id="softmax-batch", title="Softmax for m examples",
        shapes=BATCH, facts={"y": "rows sum to 1"},
        text="""
            The same for m examples in the rows of x, as a program computes it. Softmax is taken of each row by itself;
            the weights add up what they get from all examples.
        """,
    ),
    Exercise(
        sigmoid_logits, "z w b", id="stable-sigmoid", title="Cross-entropy of the logits",
        shapes={"x": "m n", "w": "n", "b": "", "y": "m"}, facts={"y": "in (0, 1)"},
        text="""
            Where a is rounded to 0 or 1, log a is infinite. So programs put σ into the cost first: this C is equation (3)
            with z in the place of a, and stays finite. Its gradient is as short as before.
        """,
    ),
    Exercise(
        softmax_logits, "s z", id="stable-softmax", title="The log-likelihood of the logits",
        shapes={"z": "J", "y": "J"}, facts={"y": "rows sum to 1"},
        text="""
            The same for softmax: s_j is the logarithm of a_j, without a fraction that could overflow. Every s_j depends
            on all of z, through the sum. The result is equation (14) again.
        """,
    ),
)  # fmt: skip
