"""How inputs are changed in place: last, when nothing can make the caller run eagerly any more."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.fast.body import Body, operand_dtypes, resolved
from tinygrad_lite.programs.fast.storage import is_alias
from tinygrad_lite.programs.program import Input, Line, Program, Value

__all__ = ["late_lines", "write_updates"]


def late_lines(program: Program) -> dict[Input, Line]:
    """The lines that can be computed into the input that they update, as `w - step` can: nobody else uses them.

    That saves the pass over memory which would copy their result.
    """
    targets = {target for target, _ in program.updates}
    uses = Counter(x for line in program.lines for x in set(line.inputs))
    uses.update((*program.outputs, *program.watched, *(x for _, x in program.updates)))
    uses.update(x for check in program.checks for x in check.values)
    found = {}
    for target, x in program.updates:
        if isinstance(x, Line) and uses[x] == 1 and target.shape and _is_in_place(target, x):
            others = [_root(v) for v in x.inputs if v is not target]
            if len(others) == len(x.inputs) - 1 and targets.isdisjoint(others):
                found[target] = x
    return found


def _is_in_place(target: Input, line: Line) -> bool:
    if not isinstance(line.primitive.ufunc, np.ufunc) or line.primitive in (p.power, p.matmul) or is_alias(line):
        return False
    dtypes = operand_dtypes(line)
    if dtypes is None or resolved(line.primitive.ufunc, *dtypes) != target.dtype:
        return False
    return line.shape == target.shape and line.dtype == target.dtype


def _root(x: Value) -> Value:
    while isinstance(x, Line) and is_alias(x):
        x = x.inputs[0]
    return x


def write_updates(body: Body, program: Program, late: dict[Input, Line], names: dict[Input, str]) -> None:
    """Write the updates. names: of the inputs as they came in.

    A late line may overflow when it is too late to run eagerly. Its result is right then; only the warning is missing,
    and `guards` gives it.
    """
    if not program.updates:
        return
    targets = list(dict.fromkeys(names[target] for target, _ in program.updates))
    body.write(f"if not ({' and '.join(f'{name}.flags.writeable' for name in targets)}):")
    body.write("    raise Doubt('an array is read-only')")
    changes = []
    for target, x in program.updates:
        if target in late:
            continue
        name = body.scalar(x)
        if isinstance(body.storage.of(x), Input) and x.shape:
            copied = body.source.fresh("copied")
            body.write(f"{copied} = {name}.copy()")
            name = copied
        changes.append(f"{names[target]}[...] = {name}")
    calls = []
    for target, line in late.items():
        dtypes = operand_dtypes(line) or []
        arguments = [body.array(v, dtype) for v, dtype in zip(line.inputs, dtypes, strict=True)]
        ufunc = line.primitive.ufunc
        calls.append(f"{body.source.bind(ufunc.__name__, ufunc)}({', '.join(arguments)}, out={names[target]})")  # type: ignore[union-attr]
    for change in changes:
        body.write(change)
    if calls:
        body.write("warning = None")
    for call in calls:
        body.write("try:")
        body.write(f"    {call}")
        body.write("except FloatingPointError as trouble:")
        body.write("    warning = str(trouble)")
