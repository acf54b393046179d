"""How the lines of arrays are written: one writer for each kind of primitive that has a cheap door in NumPy."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.programs.fast.body import Body, Held, operand_dtypes, resolved, shown
from tinygrad_lite.programs.fast.choices import write_where
from tinygrad_lite.programs.fast.products import (
    REDUCING,
    reducer,
    write_broadcast,
    write_concatenate,
    write_matmul,
    write_picked,
    write_reduction,
    write_scatter,
)
from tinygrad_lite.programs.fast.storage import is_alias
from tinygrad_lite.programs.program import Constant, Input, Line, Value

__all__ = ["write_line"]

_SMALL = 4096  # elements up to which a copy that makes operands alike costs less than it saves


def write_line(body: Body, line: Line) -> None:
    """Write what computes a line, and hold its value."""
    if is_alias(line) and not isinstance(line.inputs[0], Constant) and _alias(body, line):
        return
    if not line.shape:
        _scalar(body, line)
        return
    target = body.targets.get(line)
    writer = _WRITERS.get(line.primitive) or (_elementwise if isinstance(line.primitive.ufunc, np.ufunc) else None)
    if writer is None or not writer(body, line):
        _call(body, line)
    if line in body.targets:  # what made the array could not write into that of somebody else
        del body.targets[line]
        body.write(f"{target}[...] = {body.held[line].name}")


def _call(body: Body, line: Line) -> None:
    """The primitive itself: it makes a new array."""
    arguments = [body.scalar(x) for x in line.inputs]
    arguments += [f"{k}={body.parameter(k, v)}" for k, v in line.params.items()]
    name = body.new_name(line)
    value = body.source.bind(line.primitive.name, line.primitive.value)
    body.write(f"{name} = {value}({', '.join(arguments)}){shown(line)}")
    body.held[line] = Held(name, plain=not line.primitive.view)


# --- scalars ---------------------------------------------------------------------------------------------------


def _scalar(body: Body, line: Line) -> None:
    """A line whose result is a scalar of NumPy's."""
    primitive, name = line.primitive, body.new_name(line)
    if primitive in REDUCING and line.inputs[0].shape:
        reduce = reducer(body, primitive)
        text = f"{reduce}({body.scalar(line.inputs[0])}, None)"
    elif primitive is p.where:
        c, x, y = (body.scalar(v) for v in line.inputs)
        kind = body.source.bind(line.dtype.name, line.dtype.type)
        text = f"{kind}({x} if {c} else {y})"
    elif (
        getattr(operator, getattr(primitive.value, "__name__", ""), None) is primitive.value
        and primitive is not p.matmul
    ):
        text = primitive.source.format(*[body.scalar(x) for x in line.inputs])
    else:
        _call(body, line)
        body.write(f"{body.held[line].name} = {body.held[line].name}[()]")
        return
    body.write(f"{name} = {text}{shown(line)}")
    body.held[line] = Held(name)


# --- views -------------------------------------------------------------------------------------------------------


def _alias(body: Body, line: Line) -> bool:
    """A line that shares memory with its input; of what is in a buffer the view is made beforehand."""
    x, params = line.inputs[0], dict(line.params)
    held = body.held[x]
    primitive = line.primitive
    if (primitive.kind != "shape" and primitive is not p.broadcast_to) or (not x.shape and not line.shape):
        body.held[line] = held
        return True
    if held.entry is not None:
        made = body.buffers.view(held.entry, (primitive, repr(params)), lambda a: primitive.value(a, **params))
        if np.may_share_memory(made.array, held.entry.array):
            plain = held.plain and primitive is p.reshape
            body.held[line] = Held(made.name, made, plain)
            if line.name:
                held_name = body.new_name(line)
                body.write(f"{held_name} = {made.name}{shown(line)}")
            return True
    if primitive is p.transpose and params["axes"] == (1, 0):
        name = body.new_name(line)
        body.write(f"{name} = {held.name}.T{shown(line)}")
    elif primitive in (p.reshape, p.transpose):
        name = body.new_name(line)
        body.write(f"{name} = {held.name}.{primitive.name}({next(iter(params.values()))}){shown(line)}")
    else:
        _call(body, line)
        name = body.held[line].name
    body.held[line] = Held(name)
    return True


# --- elementwise -------------------------------------------------------------------------------------------------


def _elementwise(body: Body, line: Line) -> bool:
    ufunc: Any = line.primitive.ufunc
    dtypes = operand_dtypes(line)
    if dtypes is None or resolved(ufunc, *dtypes) != line.dtype:
        return False
    arguments = [body.array(x, dtype) for x, dtype in zip(line.inputs, dtypes, strict=True)]
    spread = None if line in body.targets else _spread(line, dtypes)  # a target may lie over an operand
    if spread is not None:
        name, held = body.room(line)
        body.write(f"{name}[...] = {arguments[spread]}")
        arguments[spread] = name
        body.write(f"{body.source.bind(ufunc.__name__, ufunc)}({', '.join(arguments)}, out={name})")
        body.held[line] = held
        return True
    body.into(line, f"{body.source.bind(ufunc.__name__, ufunc)}({', '.join(arguments)}", *line.inputs)
    return True


def _spread(line: Line, dtypes: list[np.dtype[Any]]) -> int | None:
    """The operand that is copied into the result first, so that the ufunc runs over two arrays that are alike.

    For small arrays that costs half: over an operand of fewer axes, such as a bias, NumPy goes row by row, and truths
    it turns into numbers piece by piece.
    """
    if len(line.inputs) != 2 or line.size <= 1:
        return None
    alike = [x.shape == line.shape and dtype == line.dtype for x, dtype in zip(line.inputs, dtypes, strict=True)]
    if sum(alike) != 1:
        return None
    place = alike.index(False)
    x, dtype = line.inputs[place], dtypes[place]
    if x.shape == line.shape:
        return place if dtype == np.bool_ and line.dtype.kind == "f" else None
    return place if line.size <= _SMALL and x.shape and dtype == line.dtype and len(line.shape) > 1 else None


def _quotient(body: Body, line: Line) -> bool:
    """x / y with 0/0 = 0: the plain quotient, as long as there is no 0/0, of which NumPy's flag tells."""
    x, y = line.inputs
    if x.dtype != line.dtype or y.dtype != line.dtype:
        return False
    _tried(
        body, line, lambda out: [f"{body.source.bind('divide', np.divide)}({body.array(x)}, {body.array(y)}, {out})"]
    )
    return True


def _product_with_log(body: Body, line: Line) -> bool:
    """x log y with 0 log 0 = 0: the plain product, unless a logarithm raises a flag.

    0 · nan is 0 here and nan plainly. So this is written only where a nan reaches a watched scalar, upon which the
    caller runs eagerly.
    """
    x, y = line.inputs
    if line not in body.shown or x.dtype != line.dtype or y.dtype != line.dtype or y.shape != line.shape:
        return False
    log = np.log if line.primitive is p.xlogy else np.log1p
    multiply = body.source.bind("multiply", np.multiply)
    _tried(body, line, lambda out: [
        f"{body.source.bind(log.__name__, log)}({body.array(y)}, {out})", f"{multiply}({out}, {body.array(x)}, {out})",
    ])  # fmt: skip
    return True


def _tried(body: Body, line: Line, cheap: Callable[[str], list[str]]) -> None:
    """Write the cheap way, and the primitive itself for the case that a flag is raised."""
    name, held = body.room(line)
    calls = cheap(name)
    value = body.source.bind(line.primitive.name, line.primitive.value)
    body.write("try:")
    for call in calls:
        body.write(f"    {call}")
    body.write("except FloatingPointError:")
    body.write(f"    {name}[...] = {value}({', '.join(body.scalar(x) for x in line.inputs)})")
    body.held[line] = held


def _power(body: Body, line: Line) -> bool:
    """A power with a constant exponent. NumPy's operator has short ways for some, the ufunc has none."""
    x, y = line.inputs
    if isinstance(y, Constant) and not y.shape and isinstance(x, Line | Input) and x.dtype == line.dtype and x.shape:
        way = {2: "square", 0.5: "sqrt", -1: "reciprocal"}.get(float(y.value)) if x.dtype.kind == "f" else None
        if way is not None:
            body.into(line, f"{body.source.bind(way, getattr(np, way))}({body.array(x)}", x)
            return True
        if x.dtype.kind == "f" and float(y.value) in (3, 4):
            _small_power(body, line, x, int(y.value))
            return True
    return _elementwise(body, line)


def _small_power(body: Body, line: Line, x: Value, exponent: int) -> None:
    """x³ as x² x and x⁴ as (x²)²: within two roundings of the power, which costs a hundred times as much."""
    square = body.source.bind("square", np.square)
    if exponent == 4:
        name, held, out = body.out(line, x)
        body.write(f"{name} = {square}({body.array(x)}{f', {out}' if out else ''}){shown(line)}")
        body.write(f"{square}({name}, {name})")
    else:
        name, held, out = body.out(line)
        body.write(f"{name} = {square}({body.array(x)}{f', {out}' if out else ''}){shown(line)}")
        body.write(f"{body.source.bind('multiply', np.multiply)}({name}, {body.array(x)}, {name})")
    body.held[line] = held


_WRITERS: dict[Primitive, Callable[[Body, Line], bool]] = {
    p.where: write_where, p.power: _power, p.matmul: write_matmul, p.concatenate: write_concatenate, p.broadcast_to: write_broadcast,
    p.scatter: write_scatter, p.getitem: write_picked, p.xdivy: _quotient, p.xlogy: _product_with_log, p.xlog1py: _product_with_log,
    **dict.fromkeys(REDUCING, write_reduction),
}  # fmt: skip
