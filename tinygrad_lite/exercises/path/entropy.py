"""The cross-entropy: equations (3) to (9)."""

# mypy: allow-untyped-defs
# The costs are written as a student writes them, without types.

from __future__ import annotations

import numpy as np

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises.exercise import Exercise


def entropy_of_one_example(w, x, b, y):
    z = w * x + b
    a = tg.sigmoid(z)
    C = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    return C


def cross_entropy(x, w, b, y):
    m = len(x)
    z = x @ w + b
    a = tg.sigmoid(z)
    C = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / m
    return C


def missing_factor(w, x, b):
    z = w * x + b
    a = tg.sigmoid(z)
    C = -np.log(1 - a)
    return C


def several_outputs(x, W, b, y):
    m = len(x)
    z = x @ W + b
    a = tg.sigmoid(z)
    C = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / m
    return C


LAYER = {"x": "m n", "w": "n", "b": "", "y": "m"}

ENTROPY = (
    Exercise(
        entropy_of_one_example, "a z w", id="entropy-of-one-example", title="Cross-entropy of one example",
        facts={"y": "in (0, 1)"},
        text="""
            The remedy for slow learning is another cost: the cross-entropy, equation (3), here for one example.
            Watch what happens to σ′(z) = a (1 − a) on the way from a to z.
        """,
    ),
    Exercise(
        cross_entropy, "a", id="equation-5", title="Cross-entropy by its output, equation (5)",
        shapes=LAYER, facts={"y": "in (0, 1)"},
        text="""
            The cost is now the mean over m examples. Equation (5) of the lecture begins with the slope of the logarithms:
            take the gradient by the output a_i of example i. The sum has one term only in which a_i stands.
        """,
    ),
    Exercise(
        cross_entropy, "z w", id="equations-6-7", title="The slope cancels, equations (6) and (7)",
        shapes=LAYER, facts={"y": "in (0, 1)"},
        text="""
            Equation (6) has σ′(z) above and σ(z) (1 − σ(z)) below: they cancel, and equation (7) is left. The larger the
            error a − y, the faster the neuron learns. This is what the cross-entropy is made for.
        """,
    ),
    Exercise(
        cross_entropy, "z b", id="equation-8", title="The bias, equation (8)",
        shapes=LAYER, facts={"y": "in (0, 1)"},
        text="""
            One bias b serves all m examples. It acts on the cost through every z_i, and the gradient adds up what comes
            along all these paths.
        """,
    ),
    Exercise(
        missing_factor, "a z w b", id="missing-factor", title="Find the missing factor",
        text="""
            A well-known figure of learning with the cross-entropy, for the target y = 0, changes w and b by steps along
            1/(1 − a), and calls that the gradient. Derive what it really is. Which factor does the figure leave out?
        """,
    ),
    Exercise(
        several_outputs, "a z W b", id="several-outputs", title="Several outputs, equation (9)",
        shapes={"x": "m n", "W": "n J", "b": "J", "y": "m J"}, facts={"y": "in (0, 1)"},
        text="""
            With J output neurons the cost adds over the outputs and takes the mean over the examples. The weights are a
            matrix W now, with a column for each output.
        """,
    ),
)  # fmt: skip
