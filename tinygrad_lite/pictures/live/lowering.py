"""A program as the page runs it: few operations on flat lists of numbers, and the places that they take them from.

Shapes are known here, so JavaScript needs none of NumPy's rules for them: what moves elements becomes a list of places,
and what reduces an axis reduces rows of elements that were moved next to each other. The lines, in which an input is
the number of an earlier value:

    ["map", name, inputs, places, size] an elementwise primitive; of places see `_broadcast`
    ["move", inputs, places]            elements of the inputs, laid end to end, from these places
    ["scatter", input, places, size]    zeros, to which each element is added at its place
    ["reduce", name, input, n]          the sum, the largest, … of each n elements in a row
    ["scan", input, n]                  the sums so far, along each n elements in a row
    ["einsum", labels, inputs, sizes]   a product of matrices, and every other sum of products

Values are numbered: the inputs, the constants, then the lines in their order.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_letters
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.slots import fill_slots
from tinygrad_lite.pictures.live.spelling import javascript
from tinygrad_lite.programs.program import Constant, Line, Program, Value, values_of

__all__ = ["Lowered", "NotLive", "lowered", "numbers"]

REDUCTIONS = ("sum", "max", "min", "argmax", "argmin", "any", "all")
MOST_PLACES = 100_000  # numbers in all lists of places: beyond, a page would be too large


class NotLive(Exception):
    """The page cannot compute this program; the message says why, in words for the reader of the page."""


@dataclass(frozen=True)
class Lowered:
    """A program as JSON; the number of each of its values; the primitives that it uses, as JavaScript."""

    data: dict[str, Any]
    number: dict[Value, int]
    functions: dict[str, str]


def lowered(program: Program) -> Lowered:
    """The program for a page. Raises NotLive where the page has no way to compute a primitive or to hold a dtype."""
    return _Lowering(program).lower()


def numbers(x: Any) -> list[Any]:
    """The elements as JSON has them; what it has no word for as text that JavaScript's Number understands.

    >>> numbers(np.array([[1.0, np.inf], [2.0, np.nan]]))
    [1.0, 'Infinity', 2.0, 'NaN']
    """
    return [v if math.isfinite(v) else json.dumps(v) for v in np.asarray(x).reshape(-1).tolist()]


class _Lowering:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.constants = [x for x in values_of(program) if isinstance(x, Constant)]
        self.number: dict[Value, int] = {x: i for i, x in enumerate([*program.inputs, *self.constants])}
        self.lines: list[list[Any]] = []
        self.functions: dict[str, str] = {}
        self.places = 0

    def lower(self) -> Lowered:
        for x in values_of(self.program):
            _hold(x)
        for line in self.program.lines:
            self.number[line] = self._line(line)
        data = {"inputs": len(self.program.inputs), "constants": [numbers(x.value) for x in self.constants],
                "lines": self.lines}  # fmt: skip
        return Lowered(data, self.number, self.functions)

    # --- one line ----------------------------------------------------------------------------------------------------

    def _line(self, line: Line) -> int:
        primitive = line.primitive
        if primitive.kind == "elementwise":
            return self._map(line)
        if primitive.kind == "shape":
            places = self._list(_moved(line), sum(x.size for x in line.inputs))
            return self._add(line, "move", self._numbers(line.inputs), places)
        if primitive.name in REDUCTIONS:
            row, n = self._rows(line)
            return self._add(line, "reduce", primitive.name, row, n)
        if primitive is p.cumsum:
            return self._scan(line)
        if primitive is p.scatter:
            return self._add(
                line, "scatter", self.number[line.inputs[0]], self._list(_targets(line), line.inputs[0].size), line.size
            )
        if primitive in (p.matmul, p.einsum):
            labels, sizes = _labels(line)
            return self._add(line, "einsum", labels, self._numbers(line.inputs), sizes)
        raise NotLive(f"{primitive.name} cannot be computed in a page.")

    def _add(self, line: Line | None, *parts: Any) -> int:
        """One more line, of the dtype of the program's line or of the input that it only moves."""
        kind = _CASTS.get(line.dtype.name) if line is not None else None
        self.lines.append([*parts, kind] if kind is not None else list(parts))
        return len(self.program.inputs) + len(self.constants) + len(self.lines) - 1

    def _numbers(self, values: Sequence[Value]) -> list[int]:
        return [self.number[x] for x in values]

    def _list(self, places: Any, size: int) -> list[int] | None:
        """Places among so many elements as a list; None where each element stays where it is."""
        flat = np.asarray(places).reshape(-1)
        if np.array_equal(flat, np.arange(size)):
            return None
        self.places += flat.size
        if self.places > MOST_PLACES:
            raise NotLive("the graph is too large to be computed in a page.")
        return flat.tolist()

    def _map(self, line: Line) -> int:
        name = line.primitive.name
        text = javascript(line.primitive)
        if text is None:
            raise NotLive(f"{name} cannot be computed in a page.")
        self.functions[name] = text
        places = [self._broadcast(x, line.shape) for x in line.inputs]
        return self._add(line, "map", name, self._numbers(line.inputs), places, line.size)

    def _broadcast(self, x: Value, shape: tuple[int, ...]) -> int | list[int] | None:
        """From where each element takes its operand: a number n means its own place modulo n, None its own place."""
        if x.shape == shape or x.size == math.prod(shape):
            return None
        if x.shape == shape[len(shape) - len(x.shape) :] or x.size == 1:
            return x.size
        return self._list(np.broadcast_to(_positions(x), shape), x.size)

    def _rows(self, line: Line) -> tuple[int, int]:
        """The input with the axes to be reduced moved to the end, and how many elements these have."""
        (x,) = line.inputs
        axis = line.params["axis"]
        named = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = sorted(i % len(x.shape) for i in named) if x.shape else []
        ends = list(range(-len(axes), 0))
        places = self._list(np.moveaxis(_positions(x), axes, ends), x.size)
        at = self.number[x]
        return at if places is None else self._add(None, "move", [at], places), math.prod(x.shape[i] for i in axes)

    def _scan(self, line: Line) -> int:
        row, n = self._rows(line)
        scanned = self._add(line, "scan", row, n)
        at_end = np.moveaxis(_positions(line), line.params["axis"], -1).reshape(-1)
        back = self._list(np.argsort(at_end), line.size)
        return scanned if back is None else self._add(None, "move", [scanned], back)


_CASTS = {"float32": "float32", "bool": "bool"} | dict.fromkeys(
    ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"), "integer"
)


def _hold(x: Value) -> None:
    """Raise NotLive where a page cannot hold a value."""
    if x.dtype is not None and x.dtype.name != "float64" and x.dtype.name not in _CASTS:
        raise NotLive(f"numbers of dtype {x.dtype} cannot be computed in a page.")
    if x.size == 0:
        raise NotLive("a value has no elements.")


def _positions(x: Value) -> Any:
    return np.arange(x.size).reshape(x.shape)


def _index(line: Line) -> list[Any]:
    """The arrays of an index, which must not change with the numbers."""
    arrays = line.inputs[1:]
    if not all(isinstance(x, Constant) for x in arrays):
        raise NotLive(f"{line.primitive.name} takes elements whose places depend on the numbers.")
    return [x.value for x in arrays if isinstance(x, Constant)]


def _moved(line: Line) -> Any:
    """For each element its place in the inputs: the primitive itself, run on places."""
    if line.primitive is p.getitem:
        return line.primitive.value(_positions(line.inputs[0]), *_index(line), **line.params)
    starts = np.cumsum([0, *(x.size for x in line.inputs)])
    places = [_positions(x) + start for x, start in zip(line.inputs, starts, strict=False)]
    return line.primitive.value(*places, **line.params)


def _targets(line: Line) -> Any:
    """For each element of the first input its place in the result of a scatter."""
    index, shape = fill_slots(line.params["index"], _index(line)), line.params["shape"]
    found = np.arange(math.prod(shape)).reshape(shape)[index]
    if found.size != line.inputs[0].size:
        raise NotLive("scatter of repeated elements cannot be computed in a page.")
    return found


def _labels(line: Line) -> tuple[str, dict[str, int]]:
    """The subscripts of a sum of products, and the size of each label.

    An axis of size 1 that stands for a longer one gets a label of its own, over which is summed.
    """
    subscripts = (
        line.params["subscripts"] if line.primitive is p.einsum else _matmul(*(len(x.shape) for x in line.inputs))
    )
    terms, result = subscripts.split("->")
    if "." in subscripts:
        raise NotLive("einsum with an ellipsis cannot be computed in a page.")
    sizes: dict[str, int] = {}
    parts = list(zip(terms.split(","), (x.shape for x in line.inputs), strict=True))
    for labels, shape in parts:
        for label, n in zip(labels, shape, strict=True):
            sizes[label] = max(n, sizes.get(label, 1))
    free = iter(c for c in ascii_letters if c not in sizes)

    def own(label: str, n: int) -> str:
        if n == sizes[label]:
            return label
        fresh = next(free)
        sizes[fresh] = n
        return fresh

    renamed = ["".join(own(a, n) for a, n in zip(labels, shape, strict=True)) for labels, shape in parts]
    return ",".join(renamed) + "->" + result, sizes


def _matmul(left: int, right: int) -> str:
    """The subscripts of a product of arrays with so many axes.

    >>> _matmul(2, 1), _matmul(3, 2)
    ('AB,B->A', 'aAB,BC->aAC')
    """
    more = "abcdefghijklmnopqrstuvwxyz"[: max(left, right, 2) - 2]
    rows, columns = "A" if left > 1 else "", "C" if right > 1 else ""
    x = more[len(more) - max(left - 2, 0) :] + rows + "B"
    y = more[len(more) - max(right - 2, 0) :] + "B" + columns
    return f"{x},{y}->{more}{rows}{columns}"
