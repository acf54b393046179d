"""What is computed only to be watched.

Eager evaluation warns where a gradient is damaged though the data was finite; a program watches the scalar from which
the sweep began. Where that scalar is not asked for, as in a Hessian-vector product, a program may compute a whole cost
for this. A damaged gradient shows in the outputs: so where these are few, their sums are watched in its place. A line of
which NumPy may warn, such as a logarithm of what may be negative, is computed all the same: eager evaluation warns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from tinygrad_lite.core.graph import TABLE
from tinygrad_lite.programs.program import Constant, Line, Program, Value
from tinygrad_lite.programs.rewriting.bounds import Bounds, bounds

__all__ = ["with_cheap_watch"]

CALL = 1000  # what calling NumPy costs, in elements

# Of these NumPy does not warn, sums and products that overflow set aside.
SILENT = frozenset({
    "absolute", "add", "all", "any", "argmax", "argmin", "arctan", "astype", "broadcast_to", "concatenate", "copy",
    "copysign", "cos", "cumsum", "equal", "getitem", "greater", "greater_equal", "identity", "isfinite", "isinf", "isnan",
    "less", "less_equal", "logical_and", "logical_not", "logical_or", "matmul", "max", "maximum", "min", "minimum",
    "multiply", "negative", "not_equal", "reshape", "scatter", "sign", "sin", "square", "stop_gradient", "subtract", "sum",
    "tanh", "transpose", "where",
})  # fmt: skip
_LARGEST = 88.0  # e to this power is finite in float32
# Between which numbers the last input must lie.
DOMAINS: dict[str, Bounds] = {
    "sqrt": (0.0, math.inf), "arcsin": (-1.0, 1.0), "arccos": (-1.0, 1.0), "arccosh": (1.0, math.inf),
    **dict.fromkeys(("log", "log2", "log10"), (math.nextafter(0.0, 1.0), math.inf)),
    **dict.fromkeys(("divide", "xdivy"), (math.nextafter(0.0, 1.0), math.inf)),
    "log1p": (math.nextafter(-1.0, 1.0), math.inf),
    **dict.fromkeys(("exp", "exp2", "expm1", "sinh", "cosh"), (-_LARGEST, _LARGEST)),
}  # fmt: skip
_NO_UNDERFLOW = {"exp", "exp2", "expm1"}  # far below 0 they are 0, silently


def with_cheap_watch(program: Program) -> Program:
    """The program, watching the sums of its outputs, where this costs less than what it watches."""
    shown = dict.fromkeys(x for x in (*program.outputs, *(v for _, v in program.updates)) if _may_be_damaged(x))
    needed: set[Value] = {
        *program.outputs,
        *(v for _, v in program.updates),
        *(v for c in program.checks for v in c.values),
    }
    saved = 0
    between: dict[Value, Bounds] | None = None
    for line in reversed(program.lines):
        if line in needed:
            needed.update(line.inputs)
            continue
        if line.primitive.name not in SILENT:
            between = bounds(program) if between is None else between
            if not _in_domain(line, between):
                return program
        saved += CALL + line.size
    if all(x in needed for x in program.watched) or not shown:
        return program
    if saved <= sum(CALL + x.size for x in shown if x.shape):
        return program
    sums = {x: _sum(x) if x.shape else x for x in shown}
    kept = [x for x in program.watched if x in needed]
    lines = (*program.lines, *(total for x, total in sums.items() if total is not x))
    return replace(program, lines=lines, watched=tuple(dict.fromkeys([*kept, *sums.values()])))  # type: ignore[arg-type]


def _in_domain(line: Line, between: Mapping[Value, Bounds]) -> bool:
    """Whether NumPy has nothing to warn of in a line, by the bounds of what it takes."""
    name = line.primitive.name
    if name not in DOMAINS:
        return False
    (lowest, highest), (low, high) = DOMAINS[name], between[line.inputs[-1]]
    return high <= highest and (name in _NO_UNDERFLOW or low >= lowest)


def _may_be_damaged(x: Value) -> bool:
    return not isinstance(x, Constant) and x.dtype is not None and x.dtype.kind == "f"


def _sum(x: Value) -> Line:
    return Line(TABLE["sum"], (x,), {"axis": None, "keepdims": False}, (), x.dtype)  # type: ignore[arg-type]
