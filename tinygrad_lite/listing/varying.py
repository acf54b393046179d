"""Plain numbers that stand for the number of examples.

A recording holds numbers only. So the function is recorded once more with another number of rows: a constant that
changes with it is written in terms of it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.listing.recording import Recording
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Changed", "Varying", "rows_of", "varying"]


@dataclass(frozen=True)
class Changed:
    """Something that had one value in the first recording and another in the second; code: how it is written."""

    code: ast.expr
    first: float
    second: float


Varying = dict[tuple[Node, int], ast.expr]
"""The code of constants: the node that uses each, and which of its inputs it is."""


def rows_of(nodes: Sequence[Node], arguments: Sequence[Node]) -> list[Node]:
    """The arguments whose first axis is that of the rows: an axis that is the first wherever an argument has it."""
    constants = [x for n in nodes for x in n.inputs if not isinstance(x, Node) and np.size(x) > 1]
    axes = Axes([*constants, *nodes])
    there = set(nodes)
    spots = {x: [axes.spot(x, a) for a in range(x.ndim)] for x in arguments if x in there}
    elsewhere = {s for found in spots.values() for s in found[1:]}
    elsewhere |= {axes.spot(x, a) for x in constants for a in range(np.ndim(x))}
    first = {x: found[0] for x, found in spots.items() if found and x.shape[0] > 1 and found[0] not in elsewhere}
    most = next((s for x, s in first.items() if x.ndim > 1), None) or next(iter(first.values()), None)
    return [x for x, s in first.items() if s == most]


def varying(first: Recording, second: Recording, changes: Sequence[Changed]) -> Varying | None:
    """The constants of the first recording that differ in the second, in terms of what was changed.

    None where the two are not alike.
    """
    one, two = first.nodes(), second.nodes()
    if len(one) != len(two):
        return None
    found: Varying = {}
    for node, other in zip(one, two, strict=True):
        if node.primitive is not other.primitive or len(node.inputs) != len(other.inputs):
            return None
        for place, (x, y) in enumerate(zip(first.inputs_of(node), second.inputs_of(other), strict=True)):
            if isinstance(x, Node) and (x.primitive is not None or x.name is not None):
                continue
            code = of_array(x, y, changes)
            if code is not None:
                found[node, place] = code
                continue
            a, b = number(x), number(y)
            if a is None or b is None or a == b or (a != a and b != b):
                continue
            code = _in_terms_of(a, b, changes)
            if code is not None:  # else the number is right for these shapes
                found[node, place] = code
    return found


def of_array(x: Any, y: Any, changes: Sequence[Changed]) -> ast.expr | None:
    """The numbers 0 … n − 1 whose n changed."""
    one, two = (np.asarray(v._array if isinstance(v, Tensor) else v) for v in (x, y))
    if one.ndim != 1 or one.shape == two.shape or one.dtype.kind != "i":
        return None
    if not all(np.array_equal(v, np.arange(v.size)) for v in (one, two)):
        return None
    length = _in_terms_of(one.size, two.size, changes)
    return None if length is None else ast.Call(ast.parse("np.arange", mode="eval").body, [length], [])


def number(x: Any) -> float | None:
    """The number of a constant with one element."""
    data = x._array if isinstance(x, Tensor) else x
    return (
        float(np.asarray(data).reshape(-1)[0]) if np.size(data) == 1 and np.asarray(data).dtype.kind in "fiu" else None
    )


def _in_terms_of(first: float, second: float, changes: Sequence[Changed]) -> ast.expr | None:
    """A number that changed, as k · c, k / c or c + k of something that changed with it."""
    for change in changes:
        if not change.first or not change.second:
            continue
        if _equal(first * change.second, second * change.first):
            factor = first / change.first
            if 0 < factor < 1 and _equal(1 / factor, round(1 / factor)):
                return ast.BinOp(change.code, ast.Div(), _number(1 / factor))
            return change.code if factor == 1 else ast.BinOp(_number(factor), ast.Mult(), change.code)
        if _equal(first * change.first, second * change.second):
            return ast.BinOp(_number(first * change.first), ast.Div(), change.code)
        if _equal(first - change.first, second - change.second):
            shift = first - change.first
            return ast.BinOp(change.code, ast.Sub() if shift < 0 else ast.Add(), _number(abs(shift)))
    return None


def _equal(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-12 * max(abs(a), abs(b))


def _number(x: float) -> ast.expr:
    x = float(f"{x:.15g}")
    return ast.Constant(int(x) if x == int(x) else x)
