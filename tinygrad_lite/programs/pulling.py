"""The value of a function and the pulls of its results: programs that share what they compute.

Value and cotangents are traced and simplified together, so that a pull uses what the value has found already. Then they
are parted: what pulls need of the lines that the value needs anyway is kept by the run, as nodes keep their inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import SERIAL_STEP, Node, next_serial
from tinygrad_lite.errors import StaleGraphError
from tinygrad_lite.programs.fast import Fast, fast
from tinygrad_lite.programs.fast.runs import LARGE
from tinygrad_lite.programs.fast.storage import is_alias
from tinygrad_lite.programs.program import Input, Line, Program, Value, program_of, without_dead_lines
from tinygrad_lite.programs.rewriting import for_machine, simplified
from tinygrad_lite.programs.standins import stand_in
from tinygrad_lite.programs.tracing import Trace, traced_call
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Joint", "Parted", "Pulls", "joint", "parted"]

# What costs about as much to compute as to read.
_ARITHMETIC = frozenset({
    p.add, p.subtract, p.multiply, p.divide, p.negative, p.square, p.abs_, p.sign, p.maximum, p.minimum, p.where, p.astype,
    p.greater, p.greater_equal, p.less, p.less_equal, p.equal, p.not_equal, p.logical_and, p.logical_or, p.logical_not,
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Joint:
    """Values and pulls as one program: (inputs, an upstream gradient of each result) -> (outputs, cotangents).

    outputs: how many of its outputs are those of the value. reached: for each result, the numbers of the sources to
    which a path leads, whose cotangents come in this order; None where the function has changed what the result was
    computed from, so that it has no pull.
    """

    program: Program
    outputs: int
    reached: tuple[tuple[int, ...] | None, ...]


def joint(
    trace: Trace, inputs: Sequence[Tensor], outputs: Sequence[Any], results: Sequence[Node],
    sources: Sequence[Tensor] | None, updates: Iterable[tuple[Node, Node]] = (),
) -> Joint:  # fmt: skip
    """The program of a trace together with the pulls of some of its results.

    results: those that need a gradient. sources: what their cotangents are wanted of, or None where there are no
    pulls. updates: as of Program.
    """
    checks = tuple(trace.checks)  # those of the value: a sweep adds its own
    watched = (*trace.watched, *(x for x in results if not x.shape))  # from a scalar a sweep may begin
    seeds = [stand_in(np.ones(x.shape, x.dtype), "g") for x in results]
    cotangents: list[Any] = []
    reached: list[tuple[int, ...] | None] = []
    for result, g in zip(results, seeds, strict=True):
        if sources is None:
            reached.append(None)
            continue
        try:
            found = traced_call(trace, pull_back, [result], [g], list(sources), create_graph=True)
        except StaleGraphError:
            reached.append(None)
            continue
        reached.append(tuple(i for i, c in enumerate(found) if c is not None))
        cotangents += [c for c in found if c is not None]
    ends = [*outputs, *cotangents]
    program = program_of([*inputs, *seeds], ends, checks, watched, contents=trace.contents, updates=updates)
    return Joint(program, len(outputs), tuple(reached))


@dataclass(frozen=True, eq=False)
class Parted:
    """The programs of a Joint, each on its own.

    value: inputs -> outputs, and after these what only pulls need. inputs, saved: the numbers of the inputs, and of the
    outputs of `value`, that pulls take. pulls: for each result the program (upstream gradient, those inputs, what was
    saved) -> cotangents, or None.
    """

    value: Program
    inputs: tuple[int, ...]
    saved: tuple[int, ...]
    pulls: tuple[Program | None, ...]


def parted(whole: Joint, shared: Container[int] = ()) -> Parted:
    """Simplify a Joint, and part it. shared: the numbers of outputs whose arrays nobody writes to: they need no copy."""
    program = for_machine(simplified(whole.program))
    count = len(program.inputs) - len(whole.reached)
    inputs, seeds = program.inputs[:count], program.inputs[count:]
    outputs, cotangents = program.outputs[: whole.outputs], program.outputs[whole.outputs :]
    value = without_dead_lines(replace(program, inputs=inputs, outputs=outputs))
    pulling = without_dead_lines(Program(program.inputs, program.lines, cotangents))
    saved = _saved(value.lines, pulling)
    given = [x for x in inputs if x in _read(pulling, saved)]
    places = {x: i for i, x in reversed([*enumerate(outputs)]) if i in shared}
    extra = [x for x in saved if x not in places]
    places.update({x: i for i, x in enumerate(extra, len(outputs))})
    pulls: list[Program | None] = []
    rest = iter(cotangents)
    for seed, reached in zip(seeds, whole.reached, strict=True):
        ends = [next(rest) for _ in reached or ()]
        pulls.append(None if reached is None else _after([seed, *given], saved, program.lines, ends))
    return Parted(
        replace(value, outputs=(*outputs, *extra)),
        tuple(inputs.index(x) for x in given),
        tuple(places[x] for x in saved),
        tuple(pulls),
    )


def _saved(lines: Sequence[Line], pulling: Program) -> list[Line]:
    """Which of the lines of the value a run keeps for its pulls: those that they read and cannot make again for less.

    A view is made again of what it shows, which is kept. Arithmetic of large arrays is done again, if all that it takes is
    at hand: block by block this costs less than the memory does.
    """
    wanted: set[Value] = set(pulling.outputs)
    own = set(lines)
    for line in pulling.lines:
        if line not in own:
            wanted.update(line.inputs)
    for line in reversed(lines):
        if line in wanted and is_alias(line):
            wanted.add(line.inputs[0])
    found: list[Line] = []
    at_hand: set[Value] = set()
    for line in lines:
        again = is_alias(line) or (line.primitive in _ARITHMETIC and line.size >= LARGE)
        if again and all(x in at_hand or not isinstance(x, Line) for x in line.inputs):
            at_hand.add(line)
        elif line in wanted:
            at_hand.add(line)
            found.append(line)
    return found


def _read(pulling: Program, saved: Iterable[Value]) -> set[Value]:
    """The values that pulls read, beyond which they need not go."""
    known, read = set(saved), set(pulling.outputs)
    for line in reversed(pulling.lines):
        if line in read and line not in known:
            read.update(line.inputs)
    return read


def _after(given: Sequence[Input], saved: Sequence[Line], lines: Sequence[Line], ends: Sequence[Value]) -> Program:
    """The program of the ends, to which what was saved is given."""
    new: dict[Value, Value] = {x: Input(x.shape, x.dtype, x.name) for x in saved}
    inputs = (*given, *(new[x] for x in saved))
    own: list[Line] = []
    for line in lines:
        if line not in new and any(x in new for x in line.inputs):
            values = [new.get(x, x) for x in line.inputs]
            new[line] = Line(line.primitive, values, line.params, line.shape, line.dtype, line.name)
        if line not in saved:
            own.append(new.get(line, line))  # type: ignore[arg-type]
    return without_dead_lines(Program(inputs, tuple(own), tuple(new.get(x, x) for x in ends)))  # type: ignore[arg-type]


_LINES_IN_A_STEP = 32  # of serials: a function may have some times as many nodes as its programs have lines


class Pulls:
    """The functions of a Joint, each made when it is first needed.

    room: how many nodes may take the place of a result.
    """

    def __init__(self, whole: Joint, shared: Container[int] = ()) -> None:
        """shared: as of parted."""
        self.whole, self.shared = whole, shared
        self._steps = 1 + len(whole.program.lines) // _LINES_IN_A_STEP
        self.room = self._steps * SERIAL_STEP - 1
        self._pulls: dict[int, Callable[..., Any]] = {}

    def serial(self) -> int:
        """The next serial that has this room below it."""
        for _ in range(self._steps):
            serial = next_serial()
        return serial

    @cached_property
    def parts(self) -> Parted:
        """The programs."""
        return parted(self.whole, self.shared)

    @cached_property
    def value(self) -> Fast:
        """inputs -> outputs, with what is saved."""
        return fast(self.parts.value)

    def pull(self, result: int) -> Callable[..., Any]:
        """(upstream gradient, inputs, what was saved) -> cotangents of `whole.reached[result]`. Raises Doubt.

        Raises StaleGraphError where the function has changed what the result was computed from.
        """
        call = self._pulls.get(result)
        if call is None:
            program = self.parts.pulls[result]
            if program is None:
                raise StaleGraphError("the function changes what this result was computed from.")
            call = self._pulls[result] = fast(program).call
        return call
