"""Rules of a leading axis for what moves numbers to and from places: indices and their transposes.

NumPy puts the axes of index arrays where these stand, or, where something stands between them, in front of all others.
An axis in front moves them, so then the rows are put last while the index is applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.slots import SLOT, Slot
from tinygrad_lite.programs.program import Constant, Line, Value
from tinygrad_lite.programs.stacking import NotBatched, Rows, Shape

__all__ = ["getitem", "scatter"]


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _array_places(parts: tuple[Any, ...]) -> list[int]:
    """Where arrays stand in an index. Beside an array an integer counts as one."""
    kinds = (Slot, int) if any(isinstance(part, Slot) for part in parts) else ()
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


def getitem(rows: Rows, line: Line) -> Value:
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


def scatter(rows: Rows, line: Line) -> Value:
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
        p.getitem, [rows.repeated(x), *places.arrays], tuple(shape), line.dtype, index=(SLOT, *parts)
    )  # fmt: skip
    return rows.transposed(found, order)


def _scattered(rows: Rows, line: Line, parts: tuple[Any, ...]) -> Value:
    g, shape = line.inputs[0], line.params["shape"]
    places = _places(rows, line, parts, len(shape))
    order = places.to_row_order(len(g.shape) + 1)
    back = tuple(sorted(range(len(order)), key=order.__getitem__))
    turned = rows.transposed(rows.repeated(g), back)
    return rows.again(line, [turned, *places.arrays], index=(SLOT, *parts), shape=(rows.rows, *shape))
