"""The order of lines: elementwise lines of one shape stand together, so that they can run over one block at a time.

A block of numbers that is in the cache is best used by all lines that can. So after an elementwise line come, at
once, those of its users that are elementwise, of its shape and ready: also what only the way back needs. This replaces
operands that would have to be kept by their result. What is computed from inputs alone waits until it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush

from tinygrad_lite.programs.program import Line, Program, Value

__all__ = ["ordered"]


def ordered(program: Program) -> Program:
    """The program with its lines in another order, in which each still stands after its inputs."""
    return replace(program, lines=tuple(_grouped(_late(program.lines))))


def _late(lines: tuple[Line, ...]) -> list[Line]:
    """The lines with those that need no other line put right before the first line that needs them."""
    placed: set[Line] = set()
    waiting: set[Line] = set()
    order: list[Line] = []

    def place(line: Line) -> None:
        if line not in placed:
            placed.add(line)
            for x in line.inputs:
                if x in waiting:
                    place(x)
            order.append(line)

    for line in lines:
        if all(not isinstance(x, Line) for x in line.inputs):
            waiting.add(line)
        else:
            place(line)
    for line in lines:
        place(line)  # what only outputs need
    return order


def _grouped(lines: list[Line]) -> Iterator[Line]:
    places = {line: i for i, line in enumerate(lines)}
    missing = {line: len({x for x in line.inputs if isinstance(x, Line)}) for line in lines}
    users: dict[Value, list[Line]] = {}
    for line in lines:
        for x in dict.fromkeys(line.inputs):
            users.setdefault(x, []).append(line)
    done: set[Line] = set()
    for first in lines:
        run = [(places[first], first)]
        while run:
            _, line = heappop(run)
            if line in done:
                continue
            done.add(line)
            yield line
            for user in users.get(line, ()):
                missing[user] -= 1
                if not missing[user] and _in_one_block(first, user):
                    heappush(run, (places[user], user))


def _in_one_block(first: Line, user: Line) -> bool:
    return user.shape == first.shape and user.primitive.kind == "elementwise" == first.primitive.kind
