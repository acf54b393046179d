"""Hints of three levels, and the solution: lines of the derivation."""

from __future__ import annotations

from collections.abc import Iterator

from tinygrad_lite.derivations.step import Step
from tinygrad_lite.derivations.writing.text import WIDTH, block
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.showing.boxes import above, boxes, symbol
from tinygrad_lite.exercises.showing.rules import along, chain, differentiating, station
from tinygrad_lite.notation.formula import Partial, unicode
from tinygrad_lite.wrapping import wrapped


def lines(exercise: Definition, step: str) -> list[Step]:
    """The lines of the derivation that end in the gradient by a step."""
    if step not in exercise.steps:
        raise ExerciseError(f"{step!r} is no step of this exercise; the steps are {', '.join(exercise.steps)}.")
    return [line for line in exercise.derivation.steps if line.between[-1] == step]


def hint(exercise: Definition, step: str, level: int) -> str:
    """A hint that can be read alone. 1: the reason. 2: the rule with its local derivative. 3: the line itself."""
    own = lines(exercise, step)
    if level == 1:
        return _working(own)[0].reason
    if level == 2:
        return "\n".join(_rules(exercise, step, _working(own)))
    if level == 3:
        return str(own[-1])
    raise ExerciseError(f"a hint has a level from 1 to 3; got {level!r}.")


def _working(own: list[Step]) -> list[Step]:
    """The lines without those at the beginning that only give the gradient a name."""
    first = next((n for n, line in enumerate(own) if not isinstance(line.formula.node, Partial)), 0)
    return own[first:]


def _rules(exercise: Definition, step: str, own: list[Step]) -> Iterator[str]:
    """The rule for each path from a step to what is derived; paths add."""
    values, result = boxes(exercise), exercise.points[0].result
    paths = above(exercise, step)
    if (unnamed := station(exercise, own[0])) and any(values[path] is result for path in paths):
        yield from along(exercise, unnamed, step)
        return
    if len(paths) > 1:
        yield f"The paths along {' and '.join(unicode(symbol(exercise, path)) for path in paths)} add:"
    for path in paths:
        if values[path] is not result:
            yield from chain(exercise, path, step, len(paths) == 1)
        elif len(paths) == 1 and len(own) > 1:
            yield f"Begin with {own[0]}"
        else:
            yield f"Differentiate {unicode(symbol(exercise, path))} by {unicode(symbol(exercise, step))}:"
            yield from differentiating(exercise, path, step)


def solution(exercise: Definition, step: str | None = None, width: int = WIDTH) -> str:
    """The lines of one step, or of all, with their reasons."""
    chosen = exercise.steps if step is None else (step,)
    return "\n\n".join("\n".join(_block(lines(exercise, each), width)) for each in chosen)


def _block(own: list[Step], width: int) -> list[str]:
    if width >= WIDTH:
        return block(line.row for line in own)
    narrow = []
    for line in own:
        narrow += wrapped(str(line), width, "", "    ")
        narrow += wrapped(f"({line.said})", width, "  ", "   ")
    return narrow
