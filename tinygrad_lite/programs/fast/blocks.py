"""How a run is written: a function of its own, which does some blocks, and the call of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.fast.body import Body, Held
from tinygrad_lite.programs.fast.runs import Run, reduced_axes
from tinygrad_lite.programs.fast.storage import Storage
from tinygrad_lite.programs.fast.workers import share
from tinygrad_lite.programs.program import Constant, Input, Line, Program, Value

__all__ = ["write_run"]

_SHARED = 2**19  # elements times lines from which threads gain more than it costs to wake them
_NAMES = {p.sum_: "add", p.max_: "maximum", p.min_: "minimum"}


def write_run(
    body: Body, run: Run, escaping: set[Value], write_line: Callable[[Body, Line], None], threads: int
) -> None:
    """Write a run into the function around it, and the function of its blocks in front of that.

    escaping: the values that somebody else uses. write_line: how a line is written.
    """
    writer = _BlockWriter(body, run)
    for line in run.lines:
        writer.add(line)
    targets = writer.targets(escaping)
    name = writer.write(targets, write_line)
    blocks = -(-run.rows // run.step)
    arguments = ", ".join([*writer.arguments, *(outer for outer, _ in targets.values())])
    if threads > 1 and math.prod(run.shape) * len(run.lines) >= _SHARED and blocks > 1:
        body.write(f"{body.source.bind('share', share)}({name}, {blocks}, {threads}, {arguments})")
    else:
        body.write(f"{name}(0, {blocks}, {arguments})")
    writer.combine(targets)


class _BlockWriter:
    """The lines of a run as lines over the rows of one block, and how values get in and out."""

    def __init__(self, body: Body, run: Run) -> None:
        self.body, self.run = body, run
        self.inside: dict[tuple[Value, int], Value] = {}  # what stands for a value of the run, at a number of axes
        self.arguments: list[str] = []  # as the function around calls them
        self.parameters: list[str] = []  # as the function of the blocks calls them
        self.slices: list[tuple[Value, str, bool]] = []
        self.lines: list[Line] = []
        self.read: dict[Value, int] = {}  # the last line that reads a value, by its number
        self.of: dict[Value, Line] = {}

    def add(self, line: Line) -> None:
        """The line over the rows of a block."""
        run, ndim = self.run, len(line.shape)
        shape, params = (run.step, *line.shape[run.leading :]), line.params
        if line.primitive in _NAMES:
            ndim = len(line.inputs[0].shape)
            inputs = [self._inner(line.inputs[0], ndim)]
            if line not in run.ending:
                params = {**line.params, "axis": tuple(a - run.leading + 1 for a in reduced_axes(line))}
        else:
            inputs = [self._inner(x, ndim) for x in line.inputs]
        for x in line.inputs:
            self.read[x] = len(self.lines)
        made = Line(line.primitive, inputs, params, shape, line.dtype, line.name)
        self.of[line] = made
        if line not in run.ending:
            self.lines.append(made)

    def _inner(self, x: Value, ndim: int) -> Value:
        """What stands for an operand of a line of so many axes."""
        if x in self.of:
            return self.of[x]
        if isinstance(x, Constant) and (not x.shape or x.dtype is None):
            return x
        if (x, ndim) not in self.inside:
            self.inside[x, ndim] = self._argument(x, ndim)
        return self.inside[x, ndim]

    def _argument(self, x: Value, ndim: int) -> Value:
        leading, body = self.run.leading, self.body
        wide = (1,) * (ndim - len(x.shape)) + x.shape
        rows = wide[:leading] == self.run.shape[:leading]
        rest = wide[leading:]
        shape = (self.run.rows, *rest) if rows else rest
        if not rows and len(x.shape) <= len(rest):
            shape = x.shape
        outer = body.array(x)
        self.arguments.append(outer if x.shape == shape else f"{outer}.reshape({shape})")
        inner = Input((self.run.step, *rest) if rows else shape, x.dtype, x.name)
        parameter = body.source.fresh(f"{outer}_all" if rows else outer)
        self.parameters.append(parameter)
        self.slices.append((inner, parameter, rows))
        return inner

    def targets(self, escaping: set[Value]) -> dict[Line, tuple[str, str]]:
        """Arrays for what comes out: what the function around writes for it, and its name in the function of blocks."""
        body, run, found = self.body, self.run, {}
        number = -1
        for line in run.lines:
            number += line not in run.ending
            if line in run.ending:
                blocks = -(-run.rows // run.step)
                entry = body.temporary((blocks, *self._part(line)), line.dtype)
                found[line] = entry.name, body.source.fresh(f"{entry.name}_parts")
            elif line in escaping:
                name, held = body.room(line, *self._read_before(line, number))
                body.held[line] = held
                shape = (run.rows, *line.shape[run.leading :])
                outer = name if shape == line.shape else f"{name}.reshape({shape})"
                found[line] = outer, body.source.fresh(f"{name}_all")
        return found

    def _read_before(self, line: Line, number: int) -> list[Value]:
        """The operands that the run has read when it writes a line, so that the line may be written over them.

        Each block must read its own rows of them and no others, under one name.
        """
        whole = line.primitive.ufunc is not None and line.primitive is not p.power  # a ufunc reads before it writes
        roots = Counter(self.body.storage.of(x) for x, _ in self.inside)
        return [
            x
            for x, last in self.read.items()
            if x not in self.of and last < number + whole and roots[self.body.storage.of(x)] == 1
        ]

    def _part(self, line: Line) -> tuple[int, ...]:
        """The shape of what one block gives to a reduction over the rows."""
        axes = reduced_axes(line)
        return tuple(n for i, n in enumerate(line.inputs[0].shape) if i not in axes)

    def write(self, targets: dict[Line, tuple[str, str]], write_line: Callable[[Body, Line], None]) -> str:
        """Write the function of the blocks, and give its name."""
        run, source = self.run, self.body.source
        ends = [self.of[x] for x in run.ending]
        inputs = tuple(x for x, _, _ in self.slices)
        program = Program(inputs, tuple(self.lines), ())  # type: ignore[arg-type]
        storage = Storage(program, [[x] for x in self.lines])
        for end in ends:
            storage.read_at(end.inputs[0], len(self.lines))
        block = Body(source, storage, {self.of[x] for x in run.lines if x in self.body.shown}, "b")
        before = self._sliced(block)
        for line, (_, parameter) in targets.items():
            if line not in run.ending:
                name = source.fresh(f"{parameter}_rows")
                before.append(f"{name} = {parameter}[start:stop]")
                block.targets[self.of[line]] = name
        dying = storage.dying()
        for block.item, inner in enumerate(self.lines):
            write_line(block, inner)
            block.free(dying[block.item])
        for line in run.lines:
            if line in run.ending:
                self._write_part(block, line, targets[line][1])
        function = source.numbered("blocks_")
        parameters = ["first", "last", *self.parameters, *(name for _, name in targets.values())]
        source.lines.append(f"def {function}({', '.join(parameters)}):  # {run.step} of {run.rows} rows in each block")
        source.lines += [f"    {text}" for text in self._loop(block, before, function)]
        return function

    def _sliced(self, block: Body) -> list[str]:
        """Lines that take the rows of a block out of what comes in."""
        lines = []
        for inner, parameter, rows in self.slices:
            name = parameter
            if rows:
                name = block.new_name(inner)
                lines.append(f"{name} = {parameter}[start:stop]")
            block.held[inner] = Held(name)
        return lines

    def _write_part(self, block: Body, line: Line, parts: str) -> None:
        """Reduce a block over its rows, and keep the part under the number of the block."""
        (x,) = self.of[line].inputs
        reduce = block.source.bind(
            f"{_NAMES[line.primitive]}_reduce", getattr(np, _NAMES[line.primitive]).reduce, key="reduce"
        )
        if not self._part(line):
            block.write(f"{parts}[block] = {reduce}({block.array(x)}, None)")
            return
        axes = (0, *(a - self.run.leading + 1 for a in reduced_axes(line) if a >= self.run.leading))
        block.write(f"{reduce}({block.array(x)}, {axes if len(axes) > 1 else 0}, None, {parts}[block])")

    def _loop(self, block: Body, before: list[str], function: str) -> list[str]:
        run, buffers = self.run, block.buffers
        lines = []
        if buffers.entries:
            pool = block.source.bind("pool", [buffers.make()])
            make = block.source.bind("make", buffers.make, key=function)
            lines += ["try:", f"    workspace = {pool}.pop()", "except IndexError:", f"    workspace = {make}()"]
            lines.append(f"({', '.join(buffers.names)},) = workspace")
        lines.append("for block in range(first, last):")
        lines += [f"    start = block * {run.step}", f"    stop = start + {run.step}"]
        views = [e.name for e in buffers.entries if e.array.shape[:1] == (run.step,)]
        if run.rows % run.step and views:
            lines += [f"    if stop > {run.rows}:"]
            lines += [f"        {name} = {name}[: {run.rows} - start]" for name in views]
        lines += [f"    {text}" for text in (*before, *block.lines)]
        if buffers.entries:
            lines.append(f"{pool}.append(workspace)")
        return lines

    def combine(self, targets: dict[Line, tuple[str, str]]) -> None:
        """Combine the parts of the blocks, in order, so that the number of threads changes nothing."""
        body = self.body
        for line in self.run.lines:
            if line not in self.run.ending:
                continue
            name, parts = body.new_name(line), targets[line][0]
            reduce = body.source.bind(
                f"{_NAMES[line.primitive]}_reduce", getattr(np, _NAMES[line.primitive]).reduce, key="reduce"
            )
            shape = f".reshape({line.shape})" if line.shape and self._part(line) != line.shape else ""
            if not self._part(line) and line.shape:
                shape = f", keepdims=True){shape}"
                body.write(f"{name} = {reduce}({parts}, None{shape}")
            else:
                body.write(f"{name} = {reduce}({parts}, {0 if self._part(line) else None}){shape}")
            body.held[line] = Held(name)
