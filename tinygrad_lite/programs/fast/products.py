"""How reductions, products of matrices and moves of elements are written."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.core.slots import SLOT
from tinygrad_lite.programs.fast.body import Body, Held, shown
from tinygrad_lite.programs.fast.runs import reduced_axes
from tinygrad_lite.programs.fast.storage import MOST_FILLED, is_basic
from tinygrad_lite.programs.program import Constant, Line

__all__ = [
    "REDUCING",
    "reducer",
    "write_broadcast",
    "write_concatenate",
    "write_matmul",
    "write_picked",
    "write_reduction",
    "write_scatter",
]

# For many rows BLAS takes longer with a small matrix that is turned than it takes to turn it beforehand.
_TURNED, _MANY_ROWS = 4096, 64
REDUCING = {p.sum_: "add", p.max_: "maximum", p.min_: "minimum"}


def reducer(body: Body, primitive: Primitive) -> str:
    name = REDUCING[primitive]
    return body.source.bind(f"{name}_reduce", getattr(np, name).reduce, key="reduce")


def write_reduction(body: Body, line: Line) -> bool:
    (x,) = line.inputs
    if x.dtype is None or x.dtype != line.dtype or line.dtype.kind != "f" or isinstance(x, Constant):
        return False
    reduce = reducer(body, line.primitive)
    axis, keepdims = line.params.get("axis"), line.params.get("keepdims", False)
    if line.primitive is p.sum_ and _sums_by_matmul(body, line):
        return True
    name, held, out = body.out(line)
    more = f", {out}{', True' if keepdims else ''}" if out else f", None{', True' if keepdims else ''}"
    body.write(f"{name} = {reduce}({body.held[x].name}, {body.parameter('axis', axis)}, None{more}){shown(line)}")
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
    body.into(line, f"{body.source.bind('matmul', np.matmul)}({pair}")
    return True


@cache
def _ones(length: int, dtype: np.dtype[Any]) -> Any:
    return np.ones(length, dtype)


def write_matmul(body: Body, line: Line) -> bool:
    x, y = line.inputs
    if x.dtype is None or y.dtype is None or np.result_type(x.dtype, y.dtype) != line.dtype:
        return False
    outer = len(x.shape) == len(y.shape) == 2 and x.shape[1] == 1
    ufunc = np.multiply if outer else np.matmul  # a sum over one number is a product, and cheaper
    right = body.array(y)
    if (
        not outer
        and isinstance(y, Line)
        and y.primitive is p.transpose
        and y.size <= _TURNED
        and x.shape[0] >= _MANY_ROWS
    ):
        entry = body.temporary(y.shape, y.dtype)
        body.write(f"{entry.name}[...] = {right}")
        right = entry.name
    body.into(line, f"{body.source.bind(ufunc.__name__, ufunc)}({body.array(x)}, {right}")
    return True


def write_concatenate(body: Body, line: Line) -> bool:
    if any(x.dtype != line.dtype for x in line.inputs):
        return False
    parts = ", ".join(body.array(x) for x in line.inputs)
    call = f"{body.source.bind('concatenate', np.concatenate)}(({parts},), {line.params['axis']}"
    body.into(line, call)
    return True


def write_broadcast(body: Body, line: Line) -> bool:
    (x,) = line.inputs
    if x.dtype != line.dtype or line.size > MOST_FILLED:
        return False
    name, held = body.room(line)
    body.write(f"{name}[...] = {body.array(x)}")
    body.held[line] = held
    return True


def write_scatter(body: Body, line: Line) -> bool:
    index = line.params["index"]
    if line.inputs[0].dtype != line.dtype or not (_each_once(line) if len(line.inputs) > 1 else is_basic(index)):
        return False
    name, held = body.room(line)
    body.write(f"{name}[...] = {body.source.constant(0, line.dtype)}")
    places = ", ".join(body.array(v) for v in line.inputs[1:]) or body.parameter("index", index)
    body.write(f"{name}[{places}] = {body.array(line.inputs[0])}")
    body.held[line] = held
    return True


def _each_once(line: Line) -> bool:
    """Whether the arrays of an index name no place twice, because one of them counts up."""
    arrays = line.inputs[1:]
    if any(part is not SLOT for part in line.params["index"]) or len({v.shape for v in arrays}) != 1:
        return False
    counting = [v.value for v in arrays if isinstance(v, Constant) and len(v.shape) == 1 and v.dtype.kind in "iu"]  # type: ignore[union-attr]
    return any(v.size and v[0] >= 0 and (v[1:] > v[:-1]).all() for v in counting)


def write_picked(body: Body, line: Line) -> bool:
    """Elements at places that arrays give: a new array."""
    if any(part is not SLOT for part in line.params["index"]) or len(line.inputs) < 2:
        return False
    name = body.new_name(line)
    places = ", ".join(body.array(v) for v in line.inputs[1:])
    body.write(f"{name} = {body.array(line.inputs[0])}[{places}]{shown(line)}")
    body.held[line] = Held(name, plain=True)
    return True
