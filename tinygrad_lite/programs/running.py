"""Running a program where the values are known, with eager evaluation to fall back on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.programs.batching import of_stacks
from tinygrad_lite.programs.program import Program

__all__ = ["all_finite", "run_or_none"]


def run_or_none(program: Program, values: Sequence[Any], underflow: bool = True) -> tuple[Any, ...] | None:
    """The outputs for these values, recorded on Tensors; None where eager evaluation would have something to say.

    That is so where NumPy raises a flag, a check does not hold, a watched scalar is not finite, or an error comes up.
    underflow: whether numbers may become so small that they count as 0; if not, that is one more flag. In a trace, the checks and watched scalars become those of the trace, and the answer is never None.
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
                found = wide.run(*values)
        except (FloatingPointError, np.linalg.LinAlgError, TinygradLiteError):
            return None
    watched = found[outputs : outputs + len(program.watched)]
    rest = iter(found[outputs + len(program.watched) :])
    asked = [(check.holds, [next(rest) for _ in check.values]) for check in program.checks]
    if trace is not None:
        trace.watch(x for x in watched if isinstance(x, Node))
        for holds, given in asked:
            trace.check(holds, *given)
    elif not all_finite(*watched) or not all(holds(*map(_plain, given)) for holds, given in asked):
        return None
    return found[:outputs]


@of_stacks
def all_finite(*arrays: Any) -> bool:
    """Whether all numbers of some arrays or Tensors are finite."""
    return all(bool(np.isfinite(_plain(x)).all()) for x in arrays)


def _plain(x: Any) -> Any:
    return x._array if isinstance(x, Node) else x
