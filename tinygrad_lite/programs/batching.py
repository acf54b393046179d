"""One program for all rows: the lines of a program with a leading axis in front of what differs from row to row.

A Jacobian runs one program for many upstream gradients, `tg.vmap` one for many examples. Row by row, each line costs a
call of NumPy per row; with the rows as the first axis it costs one call. What is the same for all rows stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.indices_of_rows import getitem, scatter
from tinygrad_lite.programs.program import Input, Line, Program, Value, without_dead_lines
from tinygrad_lite.programs.stacking import RULES, NotBatched, Rows, Rule, batches

__all__ = ["batched", "dependent", "stacked"]


def dependent(program: Program, inputs: Sequence[Input]) -> set[Value]:
    """The values that are computed from one of these inputs, these included."""
    found: set[Value] = set(inputs)
    for line in program.lines:
        if not found.isdisjoint(line.inputs):
            found.add(line)
    return found


def batched(program: Program, carried: Sequence[bool], rows: int, units: Input | None = None) -> Program:
    """The program for `rows` rows at once: inputs that are carried, and all outputs, have a leading axis of that size.

    carried: for each input, whether it differs from row to row. Outputs that do not are repeated. A check holds if it
    holds for each row. units: an input of shape (rows,) whose rows will be those of the identity matrix, so that a product
    with them needs no sum. Raises NotBatched where a line takes no leading axis, and where inputs are changed in place.
    """
    if program.updates:
        raise NotBatched("inputs that are changed in place")
    stack = Rows(rows)
    if units is not None:
        stack.factors[units] = None
    inputs = []
    for x, differs in zip(program.inputs, carried, strict=True):
        inputs.append(Input((rows, *x.shape), x.dtype, x.name) if differs else x)
        if differs:
            stack.of[x] = inputs[-1]
    for line in program.lines:
        if not any(x in stack.of for x in line.inputs):
            stack.lines.append(line)
            continue
        whole = _of_units(stack, line) or _rule_of(line)(stack, line)
        assert whole.shape == (rows, *line.shape), (line, whole.shape)
        whole.name = whole.name or line.name
        stack.of[line] = whole
    outputs = tuple(stack.repeated(x) for x in program.outputs)
    checks = tuple(stack.check(c) for c in program.checks)
    watched = tuple(stack.total(x) for x in program.watched)
    return without_dead_lines(Program(tuple(inputs), tuple(stack.lines), outputs, checks, watched))


def _rule_of(line: Line) -> Rule:
    rule = RULES.get(line.primitive)
    if rule is not None:
        return rule
    if line.primitive.kind == "elementwise":
        return _elementwise
    if line.primitive.kind == "reduction" and {"axis", "keepdims"} <= line.params.keys():
        return _reduction
    raise NotBatched(f"{line.primitive.name} takes one row at a time", line)


# --- rules: elementwise, reductions -------------------------------------------------------------------------------


def _elementwise(rows: Rows, line: Line) -> Value:
    ndim = len(line.shape)
    return rows.again(line, [rows.aligned(x, ndim) if len(x.shape) < ndim else rows.of.get(x, x) for x in line.inputs])


@batches(p.broadcast_to)
def _broadcast_to(rows: Rows, line: Line) -> Value:
    return rows.again(line, [rows.aligned(line.inputs[0], len(line.shape))], shape=(rows.rows, *line.shape))


def _reduction(rows: Rows, line: Line) -> Value:
    (x,) = line.inputs
    axis, whole = line.params["axis"], rows.of[x]
    if axis is None and line.primitive in (p.argmax, p.argmin):  # they take one axis, or all of them
        flat = rows.reshaped(whole, (rows.rows, x.size))
        found = rows.line(line.primitive, [flat], (rows.rows,), line.dtype, axis=1, keepdims=False)
        return rows.reshaped(found, (rows.rows, *line.shape))
    if not x.shape and axis is not None:  # NumPy takes axis 0 of a number
        return rows.again(line, [rows.reshaped(whole, (rows.rows, 1))], axis=1, keepdims=False)
    ndim = len(x.shape)
    if axis is None:
        return rows.again(line, [whole], axis=tuple(range(1, ndim + 1)))
    return rows.again(line, [whole], axis=_after_the_first(axis, ndim))


def _after_the_first(axis: Any, ndim: int) -> Any:
    """An axis, or a tuple of them, once there is another axis in front."""
    return tuple(a % ndim + 1 for a in axis) if isinstance(axis, tuple) else axis % ndim + 1


@batches(p.cumsum)
def _cumsum(rows: Rows, line: Line) -> Value:
    (x,) = line.inputs
    return rows.again(line, [rows.of[x]], axis=_after_the_first(line.params["axis"], len(x.shape)))


# --- rules: products ----------------------------------------------------------------------------------------------


@batches(p.matmul)
def _matmul(rows: Rows, line: Line) -> Value:
    """One large product of two matrices where only one side differs from row to row, else a stack of products."""
    x, y = line.inputs
    n, shape = rows.rows, (rows.rows, *line.shape)
    if y not in rows and len(y.shape) <= 2:
        above = int(np.prod(x.shape[:-1], dtype=int))
        flat = rows.reshaped(rows.of[x], (n * above, x.shape[-1]))
        product = rows.line(p.matmul, [flat, y], (n * above, *y.shape[1:]), line.dtype)
        return rows.reshaped(product, shape)
    if x not in rows and len(x.shape) <= 2 and len(y.shape) == 1:
        return rows.again(line, [rows.of[y], rows.transposed(x, tuple(range(len(x.shape)))[::-1])])
    matrices = [(1, *x.shape) if len(x.shape) == 1 else x.shape, (*y.shape, 1) if len(y.shape) == 1 else y.shape]
    ndim = max(map(len, matrices))
    sides = [
        rows.reshaped(rows.of[v], (n, *(1,) * (ndim - len(s)), *s)) if v in rows else rows.reshaped(v, s)
        for v, s in zip((x, y), matrices, strict=True)
    ]
    stack = np.broadcast_shapes(*(v.shape[:-2] for v in sides))
    product = rows.line(p.matmul, sides, (*stack, matrices[0][-2], matrices[1][-1]), line.dtype)
    return rows.reshaped(product, shape)


@batches(p.einsum)
def _einsum(rows: Rows, line: Line) -> Value:
    terms, result = line.params["subscripts"].split("->")
    letter = next((c for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in terms), None)
    if letter is None:
        raise NotBatched("an einsum that uses all letters", line)
    names = [letter + t if x in rows else t for t, x in zip(terms.split(","), line.inputs, strict=True)]
    subscripts = f"{','.join(names)}->{letter}{result}"
    return rows.again(line, [rows.of.get(x, x) for x in line.inputs], subscripts=subscripts)


def stacked(rows: Rows, line: Line) -> Value:
    """The rule of what NumPy computes of stacks of matrices: all axes but the last two come in front."""
    ndim = max(len(x.shape) for x in line.inputs)
    return rows.again(line, [rows.aligned(x, ndim) for x in line.inputs])


def _of_units(rows: Rows, line: Line) -> Value | None:
    """The product of the identity matrix with a matrix, which is that matrix; None for all other lines.

    Row i of the identity, times a factor, times a matrix is row i of the matrix times element i of the factor.
    """
    if len(line.inputs) != 2 or not any(x in rows.factors for x in line.inputs):
        return None
    x, y = line.inputs
    unit, other = (x, y) if x in rows.factors else (y, x)
    if other in rows:
        return None
    if line.primitive is p.multiply and rows.factors[unit] is None and line.shape == unit.shape:
        rows.factors[line] = other  # if only products use it, the line that it is made by is left out
    if line.primitive is not p.matmul or len(other.shape) != 2:
        return None
    matrix = rows.transposed(other, (1, 0)) if unit is y else other
    factor = rows.factors[unit]
    if factor is None:
        return matrix
    column = rows.reshaped(factor, (rows.rows, 1)) if factor.shape == (rows.rows,) else factor
    return rows.line(p.multiply, [column, matrix], matrix.shape, line.dtype)


# --- rules: shapes ------------------------------------------------------------------------------------------------


@batches(p.reshape)
def _reshape(rows: Rows, line: Line) -> Value:
    return rows.reshaped(rows.of[line.inputs[0]], (rows.rows, *line.shape))


@batches(p.transpose)
def _transpose(rows: Rows, line: Line) -> Value:
    axes = _after_the_first(tuple(line.params["axes"]), max(len(line.shape), 1))
    return rows.transposed(rows.of[line.inputs[0]], (0, *axes))


@batches(p.concatenate)
def _concatenate(rows: Rows, line: Line) -> Value:
    axis = _after_the_first(line.params["axis"], len(line.shape))
    return rows.again(line, [rows.repeated(x) for x in line.inputs], axis=axis)


batches(p.getitem)(getitem)
batches(p.scatter)(scatter)
