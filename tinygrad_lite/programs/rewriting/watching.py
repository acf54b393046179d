"""What is computed only to be watched.

Eager evaluation computes a cost even where only its derivatives are asked for, as in a Hessian-vector product. NumPy may
warn of its lines, and where it is not finite, the gradient is looked at for damage. A program need not compute it where
bounds show that nothing of this can happen: what the cost is computed from is checked to be moderate, and for moderate
numbers its lines stay finite. Where the check does not hold, the function runs eagerly, which warns in its own words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from tinygrad_lite.programs.claims import of_stacks
from tinygrad_lite.programs.program import Check, Constant, Line, Program, Value
from tinygrad_lite.programs.rewriting.bounds import Bounds, bounds_of

__all__ = ["with_cheap_watch"]

CALL = 1000  # what calling NumPy costs, in elements


def _within(limit: float) -> Callable[..., bool]:
    @of_stacks
    def moderate(x: np.ndarray | float) -> bool:
        """Whether no number passes the limit, by the sum of squares, which is the cheapest to ask; nan does."""
        return bool(np.vdot(x, x) <= limit * limit)

    return moderate


# How large numbers may be, with the check that they are not larger; the first that keeps a cost finite is taken.
MODERATE = {limit: _within(limit) for limit in (1e9, 1e6, 1e3)}


def with_cheap_watch(program: Program) -> Program:
    """The program without what is computed only to be watched, where a check that costs less can stand for it."""
    kept, needed = _needed(program)
    dropped = [line for line in program.lines if line not in needed]
    if not any(line.shape for line in dropped):  # single numbers cost less than a check
        return program
    saved = sum(CALL + (0 if line.primitive.view else line.size) for line in dropped)
    for limit, holds in MODERATE.items():
        looked_at = _frontier(program, needed, limit)
        if looked_at is not None and sum(CALL + x.size for x in looked_at) < saved:
            lines = tuple(line for line in program.lines if line in needed)
            checks = (*program.checks, *(Check(holds, (x,)) for x in looked_at))
            return replace(program, lines=lines, checks=checks, watched=kept)
    return program


def _needed(program: Program) -> tuple[tuple[Value, ...], set[Value]]:
    """The watched scalars that are needed in any case, and all values that are."""
    needed: set[Value] = {*program.outputs, *(v for _, v in program.updates)}
    needed.update(v for check in program.checks for v in check.values)
    for line in reversed(program.lines):
        if line in needed:
            needed.update(line.inputs)
    return tuple(x for x in program.watched if x in needed or not isinstance(x, Line)), needed


def _frontier(program: Program, needed: set[Value], limit: float) -> list[Value] | None:
    """What must lie within the limit, so that all lines that are not needed give finite numbers.

    None where bounds do not show it: a primitive without a rule there may give anything.
    """
    known: dict[Value, Bounds] = {x: (0.0, 1.0) for check in program.checks if check.claim for x in check.values}
    looked_at: list[Value] = []
    for line in program.lines:
        for x in line.inputs:
            if x not in known:  # an input or a constant
                known[x] = bounds_of(x, known)
            bounded = not _is_float(x) or isinstance(x, Constant) or _finite(known[x])
            if not bounded and line not in needed and (x in needed or not isinstance(x, Line)):
                looked_at.append(x)
                known[x] = max(known[x][0], -limit), min(known[x][1], limit)
        known.setdefault(line, bounds_of(line, known))
        if line not in needed and not _is_silent(line, known):
            return None
    return looked_at


def _is_silent(line: Line, known: Mapping[Value, Bounds]) -> bool:
    """Whether a line gives finite numbers and NumPy has nothing to warn of in it."""
    return _finite(known[line]) and all(_finite(known[x]) for x in line.inputs if _is_float(x))


def _is_float(x: Value) -> bool:
    return x.dtype is None or x.dtype.kind == "f"


def _finite(between: Bounds) -> bool:
    return all(map(math.isfinite, between))
