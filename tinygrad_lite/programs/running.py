"""Running a program where the values are known, with eager evaluation to fall back on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.programs.claims import of_stacks
from tinygrad_lite.programs.program import Constant, Program, Value

__all__ = ["all_finite", "run_or_none"]


def run_or_none(program: Program, values: Sequence[Any], underflow: bool = True) -> tuple[Any, ...] | None:
    """The outputs for these values, recorded on Tensors; None where eager evaluation would have something to say.

    That is so where NumPy raises a flag, a check does not hold, a watched scalar is not finite, or an error comes up.
    underflow: whether numbers may become so small that they count as 0; if not, that is one more flag. In a trace, the
    checks and watched scalars become those of the trace, and the answer is never None.
    """
    outputs = len(program.outputs)
    looked_at = [v for check in program.checks for v in check.values]
    wide = replace(program, outputs=(*program.outputs, *program.watched, *looked_at))
    trace = TRACE.get()
    if trace is not None:
        found = wide.run(*values)
    else:
        try:
            with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore" if underflow else "raise"):
                found = wide.run(*values) if any(isinstance(x, Node) for x in values) else _on_arrays(wide, values)
        except (ArithmeticError, ValueError, TypeError, IndexError, TinygradLiteError):
            return None
    watched = found[outputs : outputs + len(program.watched)]
    rest = iter(found[outputs + len(program.watched) :])
    asked = [(check, [next(rest) for _ in check.values]) for check in program.checks]
    if trace is not None:
        trace.watch(x for x in watched if isinstance(x, Node))
        for check, given in asked:
            trace.check(check.holds, *given, claim=check.claim)
    elif not all_finite(*watched) or not all(check.holds(*map(_plain, given)) for check, given in asked):
        return None
    return found[:outputs]


def _on_arrays(program: Program, values: Sequence[Any]) -> tuple[Any, ...]:
    """What program.run gives, without asking in each line whether there is a Tensor, and without our words for errors."""
    known: dict[Value, Any] = dict(zip(program.inputs, values, strict=True))
    for line in program.lines:
        arrays = [x.value if type(x) is Constant else known[x] for x in line.inputs]
        known[line] = line.primitive.value(*arrays, **line.params)
    return tuple(x.value if type(x) is Constant else known[x] for x in program.outputs)


@of_stacks
def all_finite(*arrays: Any) -> bool:
    """Whether all numbers of some arrays or Tensors are finite."""
    return all(bool(np.isfinite(_plain(x)).all()) for x in arrays)


def _plain(x: Any) -> Any:
    return x._array if isinstance(x, Node) else x
