"""What a page needs to compute a formula that its reader types: functions as programs, and how names are spelled.

A function and its derivative are what the engine records of them, so that σ′(z) means in a page what it means here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tinygrad_lite.pictures.live.lowering import lowered
from tinygrad_lite.programs.program import program_of
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed.graphs import FUNCTIONS
from tinygrad_lite.typed.spelling import SPELLED

__all__ = ["CALLABLE", "typed"]

CALLABLE = (
    "exp", "log", "sqrt", "square", "abs", "sin", "cos", "tan", "tanh", "arctan", "sigmoid", "relu", "softplus",
)  # fmt: skip


@cache
def typed() -> tuple[dict[str, Any], dict[str, str]]:
    """What formulas are made of as JSON has it, and the primitives that this needs.

    Of each function a program of one number, and the places of its value and of its derivative.

    >>> sorted(typed()[0])
    ['functions', 'greek']
    """
    functions: dict[str, Any] = {}
    primitives: dict[str, str] = {}
    for name in CALLABLE:
        z = Tensor(0.5, requires_grad=True)
        value = FUNCTIONS[name](z)
        (slope,) = pull_back([value], [np.float64(1.0)], [z], create_graph=True)
        program = simplified(program_of([z], [value, slope]))
        found = lowered(program)
        functions[name] = {"program": found.data, "places": [found.number[x] for x in program.outputs]}
        primitives |= found.functions
    return {"functions": functions, "greek": SPELLED}, primitives
