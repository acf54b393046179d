"""Programs of single numbers, as Python floats: a tenth of the price of NumPy's scalars.

Python's floats raise no flag where they overflow. An infinity or nan then reaches a value that is looked at in the end,
or it gets lost on the way, as in 1/inf: so each value that can overflow is looked at itself, or all that an infinity in
it passes on to is. Where one is found the caller runs eagerly. `math` raises where NumPy would warn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.programs.fast.source import Source
from tinygrad_lite.programs.program import IN_0_1, Constant, Line, Program, Value

__all__ = ["is_scalar", "scalar_source", "shown_by"]


@dataclass(frozen=True)
class _Way:
    """How a primitive is written. overflows: whether finite numbers can silently give an infinity.

    passes: the inputs whose infinities and nans the result always shows.
    """

    text: str
    passes: tuple[int, ...] = ()
    overflows: bool = False


def _sign(primitive: Primitive, *passes: int) -> _Way:
    return _Way(primitive.source, passes, overflows=True)


_SAME = _Way("{0}", (0,))
_TRUTHS = [p.greater, p.greater_equal, p.less, p.less_equal, p.equal, p.not_equal]
_WAYS: dict[Primitive, _Way] = {
    p.add: _sign(p.add, 0, 1), p.subtract: _sign(p.subtract, 0, 1), p.multiply: _sign(p.multiply, 0, 1),
    p.divide: _sign(p.divide, 0), p.negative: _Way("-{0}", (0,)), p.abs_: _Way("abs({0})", (0,)),
    p.square: _Way("{0} * {0}", (0,), True), p.reciprocal: _Way("1.0 / {0}", (), True), p.power: _Way("pow({0}, {1})"),
    p.sqrt: _Way("sqrt({0})", (0,)), p.exp: _Way("exp({0})"), p.expm1: _Way("expm1({0})"), p.log: _Way("log({0})", (0,)),
    p.log1p: _Way("log1p({0})", (0,)), p.log2: _Way("log2({0})", (0,)), p.log10: _Way("log10({0})", (0,)),
    p.sin: _Way("sin({0})", (0,)), p.cos: _Way("cos({0})", (0,)), p.arctan: _Way("atan({0})"),
    p.xlogy: _Way("0.0 if {0} == 0.0 else {0} * log({1})", (0,), True),
    p.xlog1py: _Way("0.0 if {0} == 0.0 else {0} * log1p({1})", (0,), True),
    p.xdivy: _Way("{0} / (1.0 if {0} == 0.0 and {1} == 0.0 else {1})", (0,), True),
    p.sign: _Way("1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else {0}"), p.where: _Way("{1} if {0} else {2}"),
    p.maximum: _Way("{0} if {0} >= {1} or {0} != {0} else {1}"),
    p.minimum: _Way("{0} if {0} <= {1} or {0} != {0} else {1}"),
    **{entry: _Way(entry.source) for entry in _TRUTHS},
    p.logical_and: _Way("{0} and {1}"), p.logical_or: _Way("{0} or {1}"), p.logical_not: _Way("not {0}"),
    p.isfinite: _Way("isfinite({0})"), p.isnan: _Way("{0} != {0}"), p.isinf: _Way("isinf({0})"),
    p.astype: _Way("float({0})", (0,)),
    **dict.fromkeys([p.identity, p.copy, p.stop_gradient, p.sum_, p.max_, p.min_, p.reshape, p.transpose, p.broadcast_to], _SAME),
}  # fmt: skip
_LOGICAL = {p.logical_and, p.logical_or, p.logical_not}
_MATH = (
    "atan",
    "cos",
    "exp",
    "expm1",
    "isfinite",
    "isinf",
    "log",
    "log10",
    "log1p",
    "log2",
    "pow",
    "sin",
    "sqrt",
    "tanh",
)
_FLOAT, _BOOL = np.dtype(np.float64), np.dtype(np.bool_)


def _way(line: Line) -> _Way:
    if line.primitive is p.power and isinstance(line.inputs[1], Constant) and line.inputs[1].value in (2, 3):
        return _Way("{0} * {0}" if line.inputs[1].value == 2 else "{0} * {0} * {0}", (0,), True)
    if line.primitive.name == "tanh":
        return _Way("tanh({0})")
    return _WAYS[line.primitive]


def is_scalar(program: Program) -> bool:
    """Whether all values of a program are single float64 numbers and truths, with lines that can be written for them."""
    if not program.lines or program.updates or not all(_is_number(x) for x in program.inputs):
        return False
    return all(_is_written(line) for line in program.lines)


def _is_number(x: Value) -> bool:
    if x.shape:
        return False
    return x.dtype in (_FLOAT, _BOOL) or (x.dtype is None and isinstance(x, Constant) and type(x.value) in (int, float))


def _is_written(line: Line) -> bool:
    if not _is_number(line) or (line.primitive not in _WAYS and line.primitive.name != "tanh"):
        return False
    if not all(_is_number(x) for x in line.inputs):
        return False
    logical = line.primitive in _LOGICAL or line.dtype == _BOOL
    if line.primitive in _LOGICAL:
        return all(x.dtype == _BOOL for x in line.inputs)
    return logical == (line.primitive in (*_TRUTHS, p.isfinite, p.isnan, p.isinf)) or _way(line) is _SAME


def scalar_source(program: Program) -> Source:
    """The text of a program of single numbers."""
    source = Source()
    source.space.update({name: getattr(math, name) for name in _MATH}, float64=np.float64, bool_=np.bool_)
    source.reserve(*_MATH, "float64", "bool_", "float", "abs")
    names: dict[Value, str] = {x: source.fresh(x.name or "x") for x in program.inputs}
    source.lines.append(f"def program({', '.join(names.values())}):")
    body = [f"{name} = {'float' if x.dtype == _FLOAT else 'bool'}({name})" for x, name in names.items()]
    for line in program.lines:
        if _way(line) is _SAME and line.inputs[0] in names and not line.name:
            names[line] = names[line.inputs[0]]
            continue
        name = source.fresh(line.name) if line.name else source.numbered("v")
        text = _way(line).text.format(*[_number(x, names) for x in line.inputs])
        body.append(f"{name} = {text}")
        names[line] = name
    for check in program.checks:
        holds = source.bind(getattr(check.holds, "__name__", "holds"), check.holds)
        holds = f"{holds}({', '.join(_boxed(x, names) for x in check.values)})"
        if check.claim == IN_0_1:  # a nan is a doubt, too
            holds = f"0.0 <= {_number(check.values[0], names)} <= 1.0"
        body.append(f"if not {holds}:")
        body.append("    raise Doubt('a value is not as the function needs it')")
    looked_at = [names[x] for x in _looked_at(program) if x in names]
    if looked_at:
        total = looked_at[0]
        if len(looked_at) > 1:
            total = source.fresh("total")
            body.append(f"{total} = {' + '.join(looked_at)}")
        body += [f"if {total} - {total} != 0.0:", "    raise Doubt('a value is not finite')"]
    body.append(f"return ({''.join(f'{_boxed(x, names)}, ' for x in program.outputs)})")
    source.lines += [f"    {text}" for text in body]
    return source


def _number(x: Value, names: Mapping[Value, str]) -> str:
    if not isinstance(x, Constant):
        return names[x]
    if x.dtype == _BOOL or isinstance(x.value, bool):
        return repr(bool(x.value))
    number = float(x.value)
    if number - number == 0:
        return f"({number!r})" if np.signbit(number) else repr(number)
    return f"float('{number}')"


def _boxed(x: Value, names: Mapping[Value, str]) -> str:
    """A value as NumPy's scalar, which the caller gets."""
    if isinstance(x, Constant):
        if x.dtype is None:
            return repr(x.value)
        return f"{'bool_' if x.dtype == _BOOL else 'float64'}({_number(x, names)})"
    return f"{'bool_' if x.dtype == _BOOL else 'float64'}({names[x]})"


def shown_by(lines: Sequence[Line], watched: Iterable[Value]) -> set[Value]:
    """The values whose infinities and nans always reach one of the watched."""
    shown = set(watched)
    for line in reversed(lines):
        if line in shown and line.primitive in _WAYS and line.primitive not in (p.max_, p.min_):
            shown.update(line.inputs[i] for i in _way(line).passes)
    return shown


def _looked_at(program: Program) -> list[Value]:
    """The values that are finite only if nothing has overflowed anywhere."""
    shown: set[Value] = {x for x in program.watched if not isinstance(x, Constant)}
    looked_at = list(shown)
    for line in reversed(program.lines):
        if line not in shown and _way(line).overflows:
            looked_at.append(line)
            shown.add(line)
        if line in shown:
            shown.update(line.inputs[i] for i in _way(line).passes)
    return looked_at
