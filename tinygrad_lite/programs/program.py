"""A program: lines of primitives, in the order in which they run, and the values that they take and give.

It is what a graph is without its numbers: it can be run on other inputs, rewritten and written as source. A value is
an input, a constant, or the result of a line. Values are compared by identity; rewriting makes new ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import NO_PARAMS, Node, Primitive
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.programs.claims import IN_0_1, ONE_HOT

__all__ = [
    "IN_0_1", "ONE_HOT", "Check", "Constant", "Input", "Line", "Program", "Value", "ends_of", "program_of", "values_of",
    "without_dead_lines",
]  # fmt: skip


class Value:
    """What a line takes: its shape and dtype are known before the program runs.

    dtype is None for a Python number, which takes the dtype of its partner. name: as the user's code calls it, or None.
    """

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any] | None, name: str | None = None) -> None:
        self.shape, self.dtype, self.name = shape, dtype, name

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


class Input(Value):
    """A value that comes in with each call."""

    __slots__ = ()


class Constant(Value):
    """A value that is the same in every call: an array that nobody else can change, or a number."""

    __slots__ = ("value",)

    def __init__(self, value: Any, name: str | None = None) -> None:
        super().__init__(np.shape(value), getattr(value, "dtype", None), name)
        self.value = value


class Line(Value):
    """The result of a primitive."""

    __slots__ = ("inputs", "params", "primitive")

    dtype: np.dtype[Any]

    def __init__(
        self,
        primitive: Primitive,
        inputs: Sequence[Value],
        params: Mapping[str, Any],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        name: str | None = None,
    ) -> None:
        super().__init__(shape, dtype, name)
        self.primitive, self.inputs, self.params = primitive, tuple(inputs), params or NO_PARAMS

    def __repr__(self) -> str:
        return f"<{self.primitive.name} {self.dtype} {self.shape}{f' {self.name!r}' if self.name else ''}>"


@dataclass(frozen=True, eq=False)
class Check:
    """What eager evaluation looks at in the values, and raises an error of: the program only asks whether it holds.

    Where it does not hold, the caller runs the function eagerly, which raises the error in its own words.
    claim: what the check means for its value, IN_0_1 or ONE_HOT; else empty. Rewriting leaves a check out where the
    lines prove its claim, and relies on the claims of the others.
    """

    holds: Callable[..., bool]
    values: tuple[Value, ...]
    claim: str = ""


@dataclass(frozen=True, eq=False)
class Program:
    """Lines in the order in which they run. Each input of a line is an input, a constant or an earlier line.

    outputs: what comes out, in order; inputs and constants among them. checks: what must hold, else the function is
    run eagerly. watched: scalars from which a sweep began; eager evaluation looks for damage where one is not finite.
    updates: inputs that the function changes in place (`w -= step`), each with the value that it holds afterwards; they
    are written after everything else has been computed.
    """

    inputs: tuple[Input, ...]
    lines: tuple[Line, ...]
    outputs: tuple[Value, ...]
    checks: tuple[Check, ...] = field(default=())
    watched: tuple[Value, ...] = field(default=())
    updates: tuple[tuple[Input, Value], ...] = field(default=())

    def run(self, *values: Any) -> tuple[Any, ...]:
        """The outputs for values of the inputs: arrays, or Tensors, on which the lines are recorded.

        This is the program line by line, without any care for speed: what every other way to run it is held against.
        """
        known: dict[Value, Any] = dict(zip(self.inputs, values, strict=True))
        for line in self.lines:
            known[line] = line.primitive(*(_at(known, x) for x in line.inputs), **line.params)
        return tuple(_at(known, x) for x in self.outputs)

    def __str__(self) -> str:
        """The lines as text, for whoever works on programs; `tg.compile(f).source` is for people."""
        names: dict[Value, str] = {x: x.name or f"x{i}" for i, x in enumerate(self.inputs)}
        rows = [f"program({', '.join(f'{names[x]}: {x.dtype}{list(x.shape)}' for x in self.inputs)})"]
        for i, line in enumerate(self.lines):
            names[line] = f"v{i}"
            inside = ", ".join(
                [*(_shown(names, x) for x in line.inputs), *(f"{k}={v}" for k, v in line.params.items())]
            )
            label = f"  # {line.name}" if line.name else ""
            rows.append(f"    v{i}: {line.dtype}{list(line.shape)} = {line.primitive.name}({inside}){label}")
        rows.append(f"    return {', '.join(_shown(names, x) for x in self.outputs)}")
        return "\n".join(rows)


def _at(known: Mapping[Value, Any], x: Value) -> Any:
    return x.value if isinstance(x, Constant) else known[x]


def _shown(names: Mapping[Value, str], x: Value) -> str:
    if isinstance(x, Constant):
        return str(x.value) if x.size == 1 else f"<constant {list(x.shape)}>"
    return names[x]


def program_of(
    inputs: Sequence[Node],
    outputs: Iterable[Any],
    checks: Sequence[tuple[Any, ...]] = (),
    watched: Sequence[Any] = (),
    captured: list[Node] | None = None,
    contents: Mapping[Node, Sequence[tuple[int, Node]]] = NO_PARAMS,  # type: ignore[assignment]
    updates: Iterable[tuple[Node, Node]] = (),
) -> Program:
    """The program that recorded nodes are: from `inputs`, which need not be leaves, to `outputs`.

    What has no effect on an output, a check or a watched scalar is left out. checks: the function that says whether a
    check holds, the nodes that it looks at and, where it has one, its claim. Outputs may be plain numbers and arrays.
    A node that lines use and that was computed from none of the inputs becomes a constant; with a list as `captured`,
    such a node becomes a further input, where it is part of a graph or a trace runs, and is put into the list. contents: what a leaf
    holds from a serial on, where that is another node (see programs/tracing.py). updates: inputs with their new values.
    """
    outputs, updates = list(outputs), list(updates)
    given: dict[Node, Value] = {x: Input(x.shape, x.dtype, x.name) for x in inputs}
    places, lines = dict(given), []

    def held(x: Any, serial: int) -> Any:
        """What x was when a node of this serial was computed."""
        if not contents or not isinstance(x, Node) or x not in contents:
            return x
        before = [entry for entry in contents[x] if entry[0] < serial]
        return before[-1][1] if before else x

    def place(x: Any) -> Value:
        if not isinstance(x, Node):
            return Constant(x)
        if x not in places:
            if captured is not None and (x.in_graph or TRACE.get() is not None):
                captured.append(x)
                given[x] = places[x] = Input(x.shape, x.dtype, x.name)
            else:
                places[x] = Constant(x._array, x.name)
        return places[x]

    def placed(values: Iterable[Any]) -> tuple[Value, ...]:
        return tuple(place(held(x, _END)) for x in values)

    ends = [*outputs, *watched, *(v for check in checks for v in check[1]), *(new for _, new in updates)]
    moving: set[Node] = set(inputs)  # what depends on the inputs
    for node in _computed_from([held(x, _END) for x in ends], set(inputs), held):
        values = [held(x, node.serial) for x in node.inputs]
        if node in moving or moving.isdisjoint(x for x in values if isinstance(x, Node)):
            continue
        moving.add(node)
        operands = [place(x) for x in values]
        line = Line(node.primitive, operands, node.params, node.shape, node.dtype, node.name)
        places[node] = line
        lines.append(line)
    checked = tuple(Check(holds, placed(values), *claim) for holds, values, *claim in checks)
    written = tuple((places[x], place(held(new, _END))) for x, new in updates)
    results, looked_at = placed(outputs), placed(watched)
    return Program(tuple(given.values()), tuple(lines), results, checked, looked_at, written)  # type: ignore[arg-type]


_END = 1 << 62  # a serial after all others


def _computed_from(results: Iterable[Any], stops: set[Node], held: Callable[[Any, int], Any]) -> list[Any]:
    """The results and all nodes that they were computed from, up to `stops`, in the order of their creation."""
    stack = [x for x in results if isinstance(x, Node)]
    seen = set(stack)
    while stack:
        node = stack.pop()
        for x in () if node in stops else (held(v, node.serial) for v in node.inputs):
            if isinstance(x, Node) and x not in seen:
                seen.add(x)
                stack.append(x)
    return sorted(seen, key=lambda node: node.serial)


def ends_of(program: Program) -> Iterator[Value]:
    """The values for which a program is run: a line is needed if one of them depends on it."""
    yield from program.outputs
    yield from program.watched
    for check in program.checks:
        yield from check.values
    for _, value in program.updates:
        yield value


def without_dead_lines(program: Program) -> Program:
    """The program without lines on which no output, check, watched scalar or update depends."""
    needed: set[Value] = set(ends_of(program))
    lines: list[Line] = []
    for line in reversed(program.lines):
        if line in needed:
            needed.update(line.inputs)
            lines.append(line)
    return replace(program, lines=tuple(reversed(lines)))


def values_of(program: Program) -> Iterator[Value]:
    """All values of a program: inputs, constants and lines, each after those that it is computed from."""
    seen: set[Value] = set()
    for x in (*program.inputs, *(v for line in program.lines for v in (*line.inputs, line)), *ends_of(program)):
        if x not in seen:
            seen.add(x)
            yield x
