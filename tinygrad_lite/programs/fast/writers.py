"""How the lines of arrays are written: one writer for each kind of primitive that has a cheap door in NumPy."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.programs.fast.body import Body, Held, operand_dtypes, resolved, shown
from tinygrad_lite.programs.fast.runs import reduced_axes
from tinygrad_lite.programs.fast.source import literal
from tinygrad_lite.programs.fast.storage import MOST_FILLED, is_alias, is_basic
from tinygrad_lite.programs.program import Constant, Input, Line, Value

__all__ = ["write_line"]

# From so many elements on, `where` with a zero is a product of bits: it guesses nothing, where a mask makes the
# processor guess each element. Below, the product costs more, because truths become integers first.
_MANY = 1024
_SMALL = 4096  # elements up to which a copy that makes operands alike costs less than it saves
_REDUCING = {p.sum_: "add", p.max_: "maximum", p.min_: "minimum"}


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


def _into(body: Body, line: Line, call: str, *operands: Value) -> None:
    """A call that takes the array to write into as its last argument, which is cheaper than by keyword."""
    name, held, out = body.out(line, *operands)
    keyword = "out=" if line.primitive in (p.maximum, p.minimum) else ""  # for these NumPy will want the keyword
    body.write(f"{name} = {call}{f', {keyword}{out}' if out else ''}){shown(line)}")
    body.held[line] = held


def _parameter(body: Body, name: str, value: Any) -> str:
    return literal(value) or body.source.bind(name, value)


def _room(body: Body, line: Line, *operands: Value) -> tuple[str, Held]:
    """A name for the array of a line, before anything is written into it."""
    name, held, out = body.out(line, *operands)
    if out is None:
        empty = body.source.bind("empty", np.empty)
        out = f"{empty}({line.shape}, {body.source.bind(line.dtype.name, line.dtype)})"
    body.write(f"{name} = {out}{shown(line)}")
    return name, held


def _call(body: Body, line: Line) -> None:
    """The primitive itself: it makes a new array."""
    arguments = [body.scalar(x) for x in line.inputs]
    arguments += [f"{k}={_parameter(body, k, v)}" for k, v in line.params.items()]
    name = body.new_name(line)
    value = body.source.bind(line.primitive.name, line.primitive.value)
    body.write(f"{name} = {value}({', '.join(arguments)}){shown(line)}")
    body.held[line] = Held(name, plain=not line.primitive.view)


# --- scalars ---------------------------------------------------------------------------------------------------


def _scalar(body: Body, line: Line) -> None:
    """A line whose result is a scalar of NumPy's."""
    primitive, name = line.primitive, body.new_name(line)
    if primitive in _REDUCING and line.inputs[0].shape:
        reduce = _reduce(body, primitive)
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


def _reduce(body: Body, primitive: Primitive) -> str:
    name = _REDUCING[primitive]
    return body.source.bind(f"{name}_reduce", getattr(np, name).reduce, key="reduce")


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
        body.write(f"{body.source.bind(ufunc.__name__, ufunc)}({', '.join(arguments)}, {name})")
        body.held[line] = held
        return True
    _into(body, line, f"{body.source.bind(ufunc.__name__, ufunc)}({', '.join(arguments)}", *line.inputs)
    return True


def _spread(line: Line, dtypes: list[np.dtype[Any]]) -> int | None:
    """The operand that is copied into the result first, so that the ufunc runs over two arrays that are alike.

    For small arrays that costs half: over an operand of fewer axes, such as a bias, NumPy goes row by row, and truths
    it turns into numbers piece by piece.
    """
    if len(line.inputs) != 2 or not 1 < line.size <= _SMALL:
        return None
    alike = [x.shape == line.shape and dtype == line.dtype for x, dtype in zip(line.inputs, dtypes, strict=True)]
    if sum(alike) != 1:
        return None
    place = alike.index(False)
    x, dtype = line.inputs[place], dtypes[place]
    if x.shape == line.shape:
        return place if dtype == np.bool_ and line.dtype.kind == "f" else None
    return place if x.size > 1 and dtype == line.dtype and len(line.shape) > 1 else None


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
            _into(body, line, f"{body.source.bind(way, getattr(np, way))}({body.array(x)}", x)
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


def _where(body: Body, line: Line) -> bool:
    c, x, y = line.inputs
    if isinstance(c, Constant) or c.dtype != np.bool_ or c.shape != line.shape or line.dtype.kind not in "fi":
        return False
    if not all(_arm(v, line) for v in (x, y)):
        return False
    if line.dtype.kind == "f" and line.dtype.itemsize in (4, 8) and line.size >= _MANY:
        if _is_zero(y) and x.shape:
            return _masked(body, line, c, x, body.held[c].name)
        if _is_zero(x) and y.shape:
            return _masked(body, line, c, y, _inverse(body, c))
    if not y.shape and x.shape:
        mask, base, other = _inverse(body, c), x, y
    else:
        mask, base, other = body.held[c].name, y, x
    start = body.array(base, line.dtype)
    over = base.shape and body.overwrites(base, line)
    name, held = body.room(line, base)
    if not over:
        body.write(f"{name}[...] = {start}")
    body.write(f"{body.source.bind('putmask', np.putmask)}({name}, {mask}, {body.array(other, line.dtype)})")
    body.held[line] = held
    return True


def _arm(v: Value, line: Line) -> bool:
    """Whether an arm of `where` is an array like the result, or a number."""
    return (v.shape == line.shape and v.dtype == line.dtype) or (not v.shape and v.dtype in (None, line.dtype))


def _is_zero(v: Value) -> bool:
    """Whether all bits of a constant are 0."""
    return isinstance(v, Constant) and not v.shape and not np.asarray(v.value, np.float64).tobytes().strip(b"\0")


def _inverse(body: Body, c: Value) -> str:
    """Where c is false, in a buffer for this line only."""
    entry = body.temporary(c.shape, np.bool_)
    body.write(f"{body.source.bind('logical_not', np.logical_not)}({body.held[c].name}, {entry.name})")
    return entry.name


def _masked(body: Body, line: Line, c: Value, x: Value, mask: str) -> bool:
    """x where the mask is true, else 0, as a product of x's bits with 0 or 1: nan and inf come through as they are."""
    dtype: Any = line.dtype
    source = body.bits(body.array(x), body.held[x].entry if not isinstance(x, Constant) else None, dtype)
    name, held = body.room(line, x)
    target = body.bits(name, held.entry, dtype)
    body.write(f"{body.source.bind('multiply', np.multiply)}({source}, {mask}, {target})")
    body.held[line] = held
    return True


# --- reductions, products, places ----------------------------------------------------------------------------------


def _reduction(body: Body, line: Line) -> bool:
    (x,) = line.inputs
    if x.dtype is None or x.dtype != line.dtype or line.dtype.kind != "f" or isinstance(x, Constant):
        return False
    reduce = _reduce(body, line.primitive)
    axis, keepdims = line.params.get("axis"), line.params.get("keepdims", False)
    if line.primitive is p.sum_ and _sums_by_matmul(body, line):
        return True
    name, held, out = body.out(line)
    more = f", {out}{', True' if keepdims else ''}" if out else f", None{', True' if keepdims else ''}"
    body.write(f"{name} = {reduce}({body.held[x].name}, {_parameter(body, 'axis', axis)}, None{more}){shown(line)}")
    body.held[line] = held
    return True


def _sums_by_matmul(body: Body, line: Line) -> bool:
    """Sums over rows or columns as a product with ones, which costs half for narrow arrays.

    Not for few numbers, where nothing is gained, nor for so many that BLAS uses threads, in which NumPy sees no flag.
    """
    (x,) = line.inputs
    axes = reduced_axes(line)
    if len(x.shape) != 2 or len(axes) != 1 or len(line.shape) != 1 or not 256 <= x.size <= 8192:
        return False
    ones = body.source.constant(_ones(x.shape[axes[0]], line.dtype), None)
    pair = f"{ones}, {body.array(x)}" if axes == (0,) else f"{body.array(x)}, {ones}"
    _into(body, line, f"{body.source.bind('matmul', np.matmul)}({pair}")
    return True


@cache
def _ones(length: int, dtype: np.dtype[Any]) -> Any:
    return np.ones(length, dtype)


def _matmul(body: Body, line: Line) -> bool:
    x, y = line.inputs
    if x.dtype is None or y.dtype is None or np.result_type(x.dtype, y.dtype) != line.dtype:
        return False
    outer = len(x.shape) == len(y.shape) == 2 and x.shape[1] == 1
    ufunc = np.multiply if outer else np.matmul  # a sum over one number is a product, and cheaper
    _into(body, line, f"{body.source.bind(ufunc.__name__, ufunc)}({body.array(x)}, {body.array(y)}")
    return True


def _concatenate(body: Body, line: Line) -> bool:
    if any(x.dtype != line.dtype for x in line.inputs):
        return False
    parts = ", ".join(body.array(x) for x in line.inputs)
    call = f"{body.source.bind('concatenate', np.concatenate)}(({parts},), {line.params['axis']}"
    _into(body, line, call)
    return True


def _broadcast(body: Body, line: Line) -> bool:
    (x,) = line.inputs
    if x.dtype != line.dtype or line.size > MOST_FILLED:
        return False
    name, held = body.room(line)
    body.write(f"{name}[...] = {body.array(x)}")
    body.held[line] = held
    return True


def _scatter(body: Body, line: Line) -> bool:
    index = line.params["index"]
    if line.inputs[0].dtype != line.dtype or not (_each_once(line) if len(line.inputs) > 1 else is_basic(index)):
        return False
    name, held = body.room(line)
    body.write(f"{name}[...] = {body.source.constant(0, line.dtype)}")
    places = ", ".join(body.array(v) for v in line.inputs[1:]) or _parameter(body, "index", index)
    body.write(f"{name}[{places}] = {body.array(line.inputs[0])}")
    body.held[line] = held
    return True


def _each_once(line: Line) -> bool:
    """Whether the arrays of an index name no place twice, because one of them counts up."""
    arrays = line.inputs[1:]
    if any(part is not p.SLOT for part in line.params["index"]) or len({v.shape for v in arrays}) != 1:
        return False
    counting = [v.value for v in arrays if isinstance(v, Constant) and len(v.shape) == 1 and v.dtype.kind in "iu"]  # type: ignore[union-attr]
    return any(v.size and v[0] >= 0 and (v[1:] > v[:-1]).all() for v in counting)


def _picked(body: Body, line: Line) -> bool:
    """Elements at places that arrays give: a new array."""
    if any(part is not p.SLOT for part in line.params["index"]) or len(line.inputs) < 2:
        return False
    name = body.new_name(line)
    places = ", ".join(body.array(v) for v in line.inputs[1:])
    body.write(f"{name} = {body.array(line.inputs[0])}[{places}]{shown(line)}")
    body.held[line] = Held(name, plain=True)
    return True


_WRITERS: dict[Primitive, Callable[[Body, Line], bool]] = {
    p.where: _where, p.power: _power, p.matmul: _matmul, p.concatenate: _concatenate, p.broadcast_to: _broadcast,
    p.scatter: _scatter, p.getitem: _picked, p.xdivy: _quotient, p.xlogy: _product_with_log, p.xlog1py: _product_with_log,
    **dict.fromkeys(_REDUCING, _reduction),
}  # fmt: skip
