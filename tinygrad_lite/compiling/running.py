"""A program as compiled functions run it: outputs that belong to the caller, or the word that eager has to decide.

Where NumPy raises a flag, a check does not hold or a watched scalar is not finite, eager evaluation might warn or raise.
The program does not know in which words, so it gives up: whoever runs it then runs the function eagerly, on the same
inputs, which no program has changed: updates come last.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextvars import Context
from typing import Any

import numpy as np

from tinygrad_lite.programs.program import Constant, Input, Line, Program, Value

__all__ = ["Doubt", "guarded", "plain"]


class Doubt(Exception):
    """A program met what eager evaluation might warn of or raise; nothing has been changed."""


def guarded() -> Context:
    """A context in which NumPy raises FloatingPointError where it would warn. To enter a copy of it takes 0.1 µs."""
    context = Context()
    context.run(np.seterr, divide="raise", over="raise", invalid="raise", under="ignore")
    return context


def plain(program: Program) -> Callable[..., tuple[Any, ...]]:
    """The program line by line, with its checks, and with outputs that share no memory."""
    length = len(program.outputs)
    looked_at = [v for check in program.checks for v in check.values]
    new = [value for _, value in program.updates]
    whole = Program(program.inputs, program.lines, (*program.outputs, *program.watched, *looked_at, *new))
    copied = [_shares_memory(x) or x in program.outputs[:i] for i, x in enumerate(program.outputs)]
    places = {x: i for i, x in enumerate(program.inputs)}
    targets = [places[x] for x, _ in program.updates]

    def run(*values: Any) -> tuple[Any, ...]:
        found = whole.run(*(np.float64(v) if type(v) is float else v for v in values))
        rest = iter(found[length:])
        if not all(math.isfinite(next(rest)) for _ in program.watched):
            raise Doubt
        if not all(check.holds(*(next(rest) for _ in check.values)) for check in program.checks):
            raise Doubt
        outputs = tuple(np.array(x)[()] if copy else x for x, copy in zip(found, copied, strict=False))[:length]
        for i, value in zip(targets, [np.array(v) for v in rest], strict=True):
            values[i][...] = value
        return outputs

    return run


def _shares_memory(x: Value) -> bool:
    return isinstance(x, Input | Constant) or (isinstance(x, Line) and x.primitive.view)
