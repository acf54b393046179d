"""One program for all rows: the lines of a program with a leading axis in front of what differs from row to row.

A Jacobian runs one program for many upstream gradients, `tg.vmap` one for many examples. Row by row, each line costs a
call of NumPy per row; with the rows as the first axis it costs one call. What is the same for all rows stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.programs.program import Check, Constant, Input, Line, Program, Value

__all__ = ["ForEachRow", "NotBatched", "Rows", "batches", "batched", "dependent", "of_stacks"]

Shape = tuple[int, ...]
Rule = Callable[["Rows", Line], Value]
RULES: dict[Primitive, Rule] = {}
_OF_STACKS: set[Callable[..., bool]] = set()


class NotBatched(Exception):
    """A line that takes no leading axis: its program is run row by row. line: which one, or None."""

    def __init__(self, reason: str, line: Line | None = None) -> None:
        super().__init__(reason)
        self.line = line


def of_stacks(holds: Callable[..., bool]) -> Callable[..., bool]:
    """Say of a check of one array that it may be asked of a stack of such arrays at once."""
    _OF_STACKS.add(holds)
    return holds


def batches(*primitives: Primitive) -> Callable[[Rule], Rule]:
    """Put a rule into the table: how the lines of these primitives take a leading axis.

    A rule gets the rows and a line of which at least one input is stacked, and returns the value of the line for all
    rows, of shape (rows, *line.shape). Elementwise primitives and reductions need none.
    """

    def put(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(primitives, rule))
        return rule

    return put


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
    ends = [*outputs, *watched, *(v for c in checks for v in c.values)]
    return Program(tuple(inputs), _needed(stack.lines, ends), outputs, checks, watched)


def _needed(lines: Sequence[Line], ends: Sequence[Value]) -> tuple[Line, ...]:
    """The lines that the ends are computed from."""
    needed, kept = set(ends), []
    for line in reversed(lines):
        if line in needed:
            kept.append(line)
            needed.update(line.inputs)
    return tuple(reversed(kept))


def _rule_of(line: Line) -> Rule:
    rule = RULES.get(line.primitive)
    if rule is not None:
        return rule
    if line.primitive.kind == "elementwise":
        return _elementwise
    if line.primitive.kind == "reduction" and {"axis", "keepdims"} <= line.params.keys():
        return _reduction
    raise NotBatched(f"{line.primitive.name} takes one row at a time", line)


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
        if asked in _OF_STACKS:
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


# --- rules: places. NumPy puts the axes of index arrays where these stand, or, where something stands between them, in
# front of all others. An axis in front moves them, so then the rows are put last while the index is applied. ---------


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _array_places(parts: tuple[Any, ...]) -> list[int]:
    """Where arrays stand in an index. Beside an array an integer counts as one."""
    kinds = (p.Slot, int) if any(isinstance(part, p.Slot) for part in parts) else ()
    return [i for i, part in enumerate(parts) if isinstance(part, kinds)]


def _adjacent(places: list[int]) -> bool:
    return not places or places[-1] - places[0] == len(places) - 1


def _last(ndim: int) -> Shape:
    """The axes in an order in which the first becomes the last."""
    return (*range(1, ndim), 0)


def _with_rows_last(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*parts, slice(None)) if any(part is Ellipsis for part in parts) else parts


def _first(ndim: int) -> Shape:
    return (ndim - 1, *range(ndim - 1))


@batches(p.getitem)
def _getitem(rows: Rows, line: Line) -> Value:
    x, *arrays = line.inputs
    parts = _parts(line.params["index"])
    if any(a in rows for a in arrays):
        return _gathered(rows, line, parts)
    if _adjacent(_array_places(parts)):
        return rows.again(line, [rows.of[x], *arrays], index=(slice(None), *parts))
    turned = rows.transposed(rows.of[x], _last(len(x.shape) + 1))
    shape = (*line.shape, rows.rows)
    found = rows.line(p.getitem, [turned, *arrays], shape, line.dtype, index=_with_rows_last(parts))
    return rows.transposed(found, _first(len(shape)))


@batches(p.scatter)
def _scatter(rows: Rows, line: Line) -> Value:
    g, *arrays = line.inputs
    parts, shape = _parts(line.params["index"]), line.params["shape"]
    if any(a in rows for a in arrays):
        return _scattered(rows, line, parts)
    if _adjacent(_array_places(parts)):
        return rows.again(line, [rows.of[g], *arrays], index=(slice(None), *parts), shape=(rows.rows, *shape))
    turned = rows.transposed(rows.of[g], _last(len(g.shape) + 1))
    wide = (*shape, rows.rows)
    found = rows.line(p.scatter, [turned, *arrays], wide, line.dtype, index=_with_rows_last(parts), shape=wide)
    return rows.transposed(found, _first(len(wide)))


@dataclass(frozen=True)
class _Places:
    """Index arrays that differ from row to row, ready to be used beside a first index that numbers the rows.

    arrays: that first one, and the others. between: how many axes of a row's result come before those of the arrays.
    count: how many axes the arrays have together.
    """

    arrays: tuple[Value, ...]
    between: int
    count: int

    def to_row_order(self, ndim: int) -> Shape:
        """From (rows, axes of the arrays, others) to the order in which a row's result has them."""
        arrays = range(1, 1 + self.count)
        others = range(1 + self.count, ndim)
        return (0, *others[: self.between], *arrays, *others[self.between :])


def _places(rows: Rows, line: Line, parts: tuple[Any, ...], ndim: int) -> _Places:
    """ndim: the number of axes of what the index is applied to."""
    arrays = line.inputs[1:]
    if any(a.dtype is None or a.dtype.kind == "b" for a in arrays):
        raise NotBatched("an index of booleans that differs from row to row", line)
    count = len(np.broadcast_shapes(*(a.shape for a in arrays)))
    numbers = Constant(np.arange(rows.rows).reshape((rows.rows, *(1,) * count)))
    places = _array_places(parts)
    between = 0
    if _adjacent(places):
        hidden = ndim - sum(part is not None and part is not Ellipsis for part in parts)
        between = sum(hidden if part is Ellipsis else 1 for part in parts[: places[0]])
    return _Places((numbers, *(rows.aligned(a, count) for a in arrays)), between, count)


def _gathered(rows: Rows, line: Line, parts: tuple[Any, ...]) -> Value:
    """x[arrays] where the arrays differ from row to row."""
    x = line.inputs[0]
    places = _places(rows, line, parts, len(x.shape))
    order = places.to_row_order(len(line.shape) + 1)
    shape = [0] * len(order)
    for at, axis in enumerate(order):
        shape[axis] = (rows.rows, *line.shape)[at]
    found = rows.line(
        p.getitem, [rows.repeated(x), *places.arrays], tuple(shape), line.dtype, index=(p.SLOT, *parts)
    )  # fmt: skip
    return rows.transposed(found, order)


def _scattered(rows: Rows, line: Line, parts: tuple[Any, ...]) -> Value:
    g, shape = line.inputs[0], line.params["shape"]
    places = _places(rows, line, parts, len(shape))
    order = places.to_row_order(len(g.shape) + 1)
    back = tuple(sorted(range(len(order)), key=order.__getitem__))
    turned = rows.transposed(rows.repeated(g), back)
    return rows.again(line, [turned, *places.arrays], index=(p.SLOT, *parts), shape=(rows.rows, *shape))
