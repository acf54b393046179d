"""A program as a Python function that is as fast as one by hand, or faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_lite.programs.fast.blocks import write_run
from tinygrad_lite.programs.fast.body import Body, Held
from tinygrad_lite.programs.fast.checks import placed_checks, write_check
from tinygrad_lite.programs.fast.guards import Late, guarded, guarded_scalars
from tinygrad_lite.programs.fast.runs import Run, items_of
from tinygrad_lite.programs.fast.scalars import is_scalar, scalar_source, shown_by
from tinygrad_lite.programs.fast.source import Source
from tinygrad_lite.programs.fast.storage import Storage
from tinygrad_lite.programs.fast.updates import late_lines, write_updates
from tinygrad_lite.programs.fast.workers import available
from tinygrad_lite.programs.fast.writers import write_line
from tinygrad_lite.programs.program import Constant, Input, Line, Program, Value

__all__ = ["Fast", "fast"]


_MANY_LINES = 1000  # from here on Python takes longer to make room for a name each than the names are worth


class Fast:
    """A function made from a program: its text, and itself.

    source: Python text. function: takes the values of the program's inputs, and returns the tuple of its outputs; it
    must run in `guards.flags()`. call: the same, guarded: it raises Doubt where the caller has to run eagerly,
    and Late where it has done everything and has to say so.
    """

    __slots__ = ("call", "function", "source")

    def __init__(self, source: str, function: Callable[..., Any], call: Callable[..., Any]) -> None:
        self.source, self.function, self.call = source, function, call

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        """The outputs for values of the inputs, as arrays that belong to the caller. Raises Doubt."""
        try:
            return self.call(*values)  # type: ignore[no-any-return]
        except Late as late:
            late.warn()
            return late.outputs


def fast(program: Program, threads: int | None = None) -> Fast:
    """Make the function of a program. threads: how many may share large arrays; None for as many as the process may use.

    >>> import numpy as np, tinygrad_lite as tg
    >>> from tinygrad_lite.programs.tracing import traced
    >>> f = fast(traced(lambda x: tg.sigmoid(x) * 2.0, [np.zeros(3)]))
    >>> f(np.zeros(3))
    (array([1., 1., 1.]),)
    """
    if is_scalar(program):
        source = scalar_source(program)
        function = source.compiled()
        return Fast(source.text, function, guarded_scalars(function))
    source = _array_source(program, available() if threads is None else threads)
    function = source.compiled()
    return Fast(source.text, function, guarded(function))


def _array_source(program: Program, threads: int) -> Source:
    late = late_lines(program)
    lines = [line for line in program.lines if line not in set(late.values())] if late else program.lines
    parts = items_of(lines)
    items = [part.lines if isinstance(part, Run) else [part] for part in parts]
    storage = Storage(program, items)
    for line in late.values():
        for x in line.inputs:
            storage.read_at(x, len(items))
    checks = placed_checks(program, items, storage)
    source = Source()
    body = Body(source, storage, shown_by(program.lines, program.watched))
    body.dense = len(program.lines) > _MANY_LINES
    arguments = {x: body.new_name(x) for x in program.inputs}
    body.held.update({x: Held(name) for x, name in arguments.items()})
    dying, escaping = storage.dying(), _escaping(program, parts)
    computed_with = {x for line in program.lines if not line.shape for x in line.inputs} | set(program.outputs)
    for x in program.inputs:
        if not x.shape and x.dtype is not None and x in computed_with:
            body.held[x] = Held(source.fresh(arguments[x]))
            body.write(f"{body.held[x].name} = {source.bind(x.dtype.name, x.dtype.type)}({arguments[x]})")
    for check in checks[-1]:
        write_check(body, check)
    for body.item, part in enumerate(parts):
        if isinstance(part, Run):
            write_run(body, part, escaping, write_line, threads)
        else:
            write_line(body, part)
        for check in checks[body.item]:
            write_check(body, check)
        body.free(dying[body.item])
    _write_end(body, program, late, arguments)
    source.lines.append(f"def program({', '.join(arguments.values())}):")
    source.lines += [f"    {line}" for line in (*_opening(body), *body.lines)]
    return source


def _escaping(program: Program, parts: list[Run | Line]) -> set[Value]:
    """The values of runs that somebody else uses."""
    run_of: dict[Value, Run] = {line: part for part in parts if isinstance(part, Run) for line in part.lines}
    used = {x for line in program.lines for x in line.inputs if x in run_of and run_of[x] is not run_of.get(line)}
    used.update(program.outputs, program.watched, (x for _, x in program.updates))
    used.update(x for check in program.checks for x in check.values)
    return used


def _opening(body: Body) -> list[str]:
    """Lines that take buffers from the pool: one call at a time uses them, whatever thread it runs in."""
    if not body.buffers.entries:
        return []
    body.source.space["pool"] = [body.buffers.make()]
    body.source.space["make"] = body.buffers.make
    names = ", ".join(body.buffers.names)
    return [
        "try:",
        "    workspace = pool.pop()",
        "except IndexError:",
        "    workspace = make()",
        f"({names},) = workspace",
    ]


def _write_end(body: Body, program: Program, late: dict[Input, Line], arguments: dict[Input, str]) -> None:
    """Lines that copy what must not be lent, then change inputs in place, then give the buffers back."""
    storage, outputs = body.storage, []
    for place, x in enumerate(program.outputs):
        root = storage.of(x)
        if isinstance(x, Constant) or not x.shape:
            name = body.scalar(x)
            outputs.append(f"{name}.copy()" if x.shape else name)
        elif storage.given.get(root) is x and x not in program.outputs[:place]:
            outputs.append(body.held[x].name)
        else:
            copied = body.source.fresh("copied")
            body.write(f"{copied} = {body.held[x].name}.copy()")
            outputs.append(copied)
    write_updates(body, program, late, arguments)
    if body.buffers.entries:
        body.write("pool.append(workspace)")
    results = f"({''.join(f'{x}, ' for x in outputs)})"
    if late:
        body.write("if warning is not None:")
        body.write(f"    raise Late(warning, {results})")
    body.write(f"return {results}")
