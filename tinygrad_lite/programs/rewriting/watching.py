"""What is computed only to be watched.

Eager evaluation warns where a gradient is damaged though the data was finite; a program watches the scalar from which
the sweep began. Where that scalar is not asked for, as in a Hessian-vector product, a program may compute a whole cost
for this. A damaged gradient shows in the outputs: so where these are few, their sums are watched in its place.
"""

from __future__ import annotations

from dataclasses import replace

from tinygrad_lite.core.graph import TABLE
from tinygrad_lite.programs.program import Constant, Line, Program, Value

__all__ = ["with_cheap_watch"]

CALL = 1000  # what calling NumPy costs, in elements


def with_cheap_watch(program: Program) -> Program:
    """The program, watching the sums of its outputs, where this costs less than what it watches."""
    shown = dict.fromkeys(x for x in (*program.outputs, *(v for _, v in program.updates)) if _may_be_damaged(x))
    needed = {*program.outputs, *(v for _, v in program.updates), *(v for c in program.checks for v in c.values)}
    saved = 0
    for line in reversed(program.lines):
        if line in needed:
            needed.update(line.inputs)
        else:
            saved += CALL + line.size
    if all(x in needed for x in program.watched) or not shown:
        return program
    if saved <= sum(CALL + x.size for x in shown if x.shape):
        return program
    sums = {x: _sum(x) if x.shape else x for x in shown}
    kept = [x for x in program.watched if x in needed]
    lines = (*program.lines, *(total for x, total in sums.items() if total is not x))
    return replace(program, lines=lines, watched=tuple(dict.fromkeys([*kept, *sums.values()])))  # type: ignore[arg-type]


def _may_be_damaged(x: Value) -> bool:
    return not isinstance(x, Constant) and x.dtype is not None and x.dtype.kind == "f"


def _sum(x: Value) -> Line:
    return Line(TABLE["sum"], (x,), {"axis": None, "keepdims": False}, (), x.dtype)  # type: ignore[arg-type]
