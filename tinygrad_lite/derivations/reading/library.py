"""The functions of this library that derivations know by their meaning.

They are told by what they are, not by what they are called: a student's own function named sigmoid may be another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_lite import functions
from tinygrad_lite.array_functions import norms, reductions, statistics
from tinygrad_lite.core.graph import Call
from tinygrad_lite.tensor.tensor import Tensor

Functions = frozenset[Callable[..., Any]]


def _called(*composites: Any) -> Functions:
    """What the calls of these composites have as their function."""
    return frozenset(composite.__wrapped__ for composite in composites)


SIGMOID, TANH = _called(functions.sigmoid), _called(functions.tanh)
ACTIVATIONS = SIGMOID | TANH | _called(functions.softmax, functions.relu, functions.leaky_relu)
AVERAGES = _called(reductions.mean, statistics.average)
SPREADS = _called(reductions.var, reductions.std)
COSTS = _called(
    functions.quadratic_cost, functions.cross_entropy, functions.cross_entropy_with_logits,
    functions.log_likelihood, functions.log_likelihood_with_logits,
)  # fmt: skip
NORMS = _called(norms.norm)
GUARDED = NORMS | _called(reductions.std)
"""Functions that keep the derivative of a root finite at 0, by where(…)."""

MEANS = AVERAGES | SPREADS | COSTS
"""What divides by the number of examples, whatever it is."""

WRITTEN_OUT = AVERAGES | SPREADS | NORMS
"""Functions whose operations are what a lecturer writes."""

_LIBRARY = Tensor.__module__.partition(".")[0]


def is_ours(call: Call) -> bool:
    """Whether a function of this library was called, and not one of its user."""
    return call.function.__module__.partition(".")[0] == _LIBRARY


def within(node: Tensor, known: Functions) -> bool:
    """Whether a node was made by one of these functions, or inside of one."""
    call = node.call
    while call is not None:
        if call.function in known:
            return True
        call = call.parent
    return False
