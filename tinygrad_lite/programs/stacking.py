"""A leading axis for the rows: what a program's lines are batched into, and the table of rules that do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.programs.claims import OF_STACKS
from tinygrad_lite.programs.program import Check, Constant, Line, Value

__all__ = ["RULES", "ForEachRow", "NotBatched", "Rows", "Rule", "Shape", "batches"]

Shape = tuple[int, ...]
Rule = Callable[["Rows", Line], Value]
RULES: dict[Primitive, Rule] = {}


class NotBatched(Exception):
    """A line that takes no leading axis: its program is run row by row. line: which one, or None."""

    def __init__(self, reason: str, line: Line | None = None) -> None:
        super().__init__(reason)
        self.line = line


def batches(*primitives: Primitive) -> Callable[[Rule], Rule]:
    """Put a rule into the table: how the lines of these primitives take a leading axis.

    A rule gets the rows and a line of which at least one input is stacked, and returns the value of the line for all
    rows, of shape (rows, *line.shape). Elementwise primitives and reductions need none.
    """

    def put(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(primitives, rule))
        return rule

    return put


class Rows:
    """The lines of a batched program as they are made.

    rows: how many there are. of: for each value that differs from row to row, the value that stands for all rows: it
    has the shape (rows, *shape). factors: values whose rows are those of the identity matrix times a factor, or None.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.of: dict[Value, Value] = {}
        self.factors: dict[Value, Value | None] = {}
        self.lines: list[Line] = []

    def __contains__(self, x: Value) -> bool:
        return x in self.of

    def line(self, primitive: Primitive, inputs: Sequence[Value], shape: Shape, dtype: Any, /, **params: Any) -> Value:
        """A new line."""
        self.lines.append(Line(primitive, inputs, params, shape, dtype))
        return self.lines[-1]

    def again(self, line: Line, inputs: Sequence[Value], /, **params: Any) -> Value:
        """The line itself with other inputs; params: those that change."""
        self.lines.append(
            Line(
                line.primitive,
                inputs,
                {**line.params, **params} if params else line.params,
                (self.rows, *line.shape),
                line.dtype,
            )
        )
        return self.lines[-1]

    def reshaped(self, x: Value, shape: Shape) -> Value:
        """x in another shape."""
        return x if x.shape == shape else self.line(p.reshape, [x], shape, x.dtype, shape=shape)

    def transposed(self, x: Value, axes: Shape) -> Value:
        """x with its axes in another order."""
        if axes == tuple(range(len(axes))):
            return x
        return self.line(p.transpose, [x], tuple(x.shape[i] for i in axes), x.dtype, axes=axes)

    def aligned(self, x: Value, ndim: int) -> Value:
        """What stands for x beside values whose rows have ndim axes: axes of size 1 come after the leading one."""
        if x not in self.of:
            return x
        return self.reshaped(self.of[x], (self.rows, *(1,) * (ndim - len(x.shape)), *x.shape))

    def repeated(self, x: Value) -> Value:
        """x for all rows, also where it is the same for each."""
        if x in self.of:
            return self.of[x]
        shape = (self.rows, *x.shape)
        dtype = x.dtype
        if dtype is None:
            x = Constant(np.asarray(x.value)[()] if isinstance(x, Constant) else None, x.name)
        return self.line(p.broadcast_to, [x], shape, x.dtype, shape=shape)

    def check(self, check: Check) -> Check:
        """The check of all rows."""
        stacked = tuple(x in self.of for x in check.values)
        if not any(stacked):
            return check
        values = tuple(self.of.get(x, x) for x in check.values)
        asked = check.holds.func if isinstance(check.holds, partial) else check.holds
        if asked in OF_STACKS:
            return Check(check.holds, values, check.claim)
        return Check(ForEachRow(check.holds, stacked, self.rows), values)

    def total(self, x: Value) -> Value:
        """A scalar that is finite only where x is finite in each row."""
        if x not in self.of:
            return x
        return self.line(p.sum_, [self.of[x]], (), x.dtype, axis=None, keepdims=False)


@dataclass(frozen=True)
class ForEachRow:
    """Asks of each row what `holds` asks of one."""

    holds: Callable[..., bool]
    stacked: tuple[bool, ...]
    rows: int

    def __call__(self, *values: Any) -> bool:
        pairs = list(zip(values, self.stacked, strict=True))
        return all(self.holds(*(x[i] if stacked else x for x, stacked in pairs)) for i in range(self.rows))
