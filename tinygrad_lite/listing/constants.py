"""Numbers as code."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.listing.expressions import called, called_of

__all__ = ["everywhere", "literal", "one_hot", "short"]

FEW = 8
"""Numbers that are written out."""


def literal(number: Any, whole: bool = False) -> ast.expr:
    """A number; whole: a whole number may be written without a point."""
    if number.dtype.kind == "b":
        return ast.Constant(bool(number))
    value = number.item()
    if number.dtype.kind == "f":
        if not np.isfinite(number):
            sign = "-" if number < 0 else ""
            return ast.parse(f"{sign}np.{'nan' if np.isnan(number) else 'inf'}", mode="eval").body
        value = float(str(number))
        if whole and value == int(value) and abs(value) < 2**53 and not (value == 0 and np.signbit(value)):
            value = int(value)
        rest = round(1 - value, 9) if isinstance(value, float) else 0
        if len(repr(value)) > 12 and 1 - rest == value:
            return ast.BinOp(ast.Constant(1), ast.Sub(), ast.Constant(rest))
    return ast.parse(repr(value), mode="eval").body


def everywhere(x: Any) -> Any:
    """The number that a constant has at all places, or None."""
    if isinstance(x, Node):
        if x.primitive is not None or x.name is not None:
            return None
        x = x._array
    array = np.asarray(x)
    first = array.reshape(-1)[0] if array.size and array.dtype.kind in "fiu" else None
    return first if first is not None and (array == first).all() and (first or not np.signbit(array).any()) else None


def short(array: Any) -> ast.expr | None:
    """The code of an array that can be written shortly and exactly: one number everywhere, 0 … n − 1, or a few numbers."""
    if not array.size:
        return None
    dtype = {} if array.dtype.char in "dl?" else {"dtype": ast.parse(f"np.{array.dtype.name}", mode="eval").body}
    first = array.reshape(-1)[0]
    shape = ast.parse(repr(array.shape if array.ndim > 1 else array.shape[0]), mode="eval").body
    if (array == first).all() and not (first == 0 and np.signbit(array).any()):
        if array.dtype.kind == "f" and first in (0, 1):
            return called("np.zeros" if first == 0 else "np.ones", shape, **dtype)
        return called("np.full", shape, literal(first), **dtype)
    if array.dtype.kind == "i" and array.ndim == 1 and np.array_equal(array, np.arange(len(array))):
        return called("np.arange", shape)
    if array.size > FEW:
        return None
    numbers = [literal(v) for v in array.reshape(-1)]
    return called("np.array", _nested(numbers, array.shape), **dtype)


def one_hot(array: Any) -> ast.expr | None:
    """The code of a direction of the axes, all zeros but a one, which a Jacobian and a Hessian are made of."""
    dtype = {} if array.dtype.char == "d" else {"dtype": ast.parse(f"np.{array.dtype.name}", mode="eval").body}
    ones = np.flatnonzero(array)
    if array.dtype.kind != "f" or array.size < 2 or len(ones) != 1 or array.reshape(-1)[ones[0]] != 1:
        return None
    row = ast.Subscript(called("np.eye", ast.Constant(array.size), **dtype), ast.Constant(int(ones[0])))
    return row if array.ndim == 1 else called_of(row, "reshape", ast.parse(repr(array.shape), mode="eval").body)


def _nested(numbers: list[ast.expr], shape: tuple[int, ...]) -> ast.expr:
    if len(shape) == 1:
        return ast.List(numbers, ast.Load())
    step = len(numbers) // shape[0]
    rows = [_nested(numbers[n * step : (n + 1) * step], shape[1:]) for n in range(shape[0])]
    return ast.List(rows, ast.Load())
