"""Numbers as code."""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.listing.expressions import called, called_of, replaced

__all__ = ["as_typed", "decimals", "everywhere", "literal", "one_hot", "short"]

FEW = 8
"""Numbers that are written out."""

SHORT = 4
"""Digits of a decimal that is written in the place of a fraction."""


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


class _Typed(ast.NodeTransformer):
    def __init__(self, numbers: Sequence[float]) -> None:
        self.numbers = [Fraction(str(n)) for n in numbers]

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        above, below = _factors(node)
        factor = Fraction(1)
        for numbers, power in ((above, 1), (below, -1)):
            for x in numbers:
                factor *= Fraction(x.value) ** power if _is_whole(x) else 1  # type: ignore[attr-defined]
        above, below = ([x for x in part if not _is_whole(x)] for part in (above, below))
        if factor.denominator == 1 or not above:
            return node
        if 1 / factor in self.numbers:
            return _product(above, [*below, ast.Constant(float(1 / factor))])
        decimal = Decimal(repr(float(factor)))
        short = len(decimal.as_tuple().digits) <= SHORT and Fraction(decimal) == factor
        return _product([ast.Constant(float(factor)), *above], below) if short or factor in self.numbers else node


def as_typed(code: ast.expr, numbers: Sequence[float]) -> ast.expr:
    """Code with decimal factors in the place of fractions, as a line has them that has these decimal numbers.

    0.1 * np.sum(W**2) / 2 has the derivative 0.1 * W, and not W / 10.
    """
    return _Typed(numbers).visit(replaced(code, {})) if numbers else code


def decimals(code: ast.expr) -> list[float]:
    """The factors in code that are not whole."""
    products = (x for x in ast.walk(code) if isinstance(x, ast.BinOp) and isinstance(x.op, ast.Mult | ast.Div))
    found = (x.value for node in products for x in (node.left, node.right) if isinstance(x, ast.Constant))
    return [v for v in found if type(v) is float and v != round(v)]


def _is_whole(x: ast.expr) -> bool:
    return isinstance(x, ast.Constant) and type(x.value) is int and x.value != 0


def _factors(code: ast.expr) -> tuple[list[ast.expr], list[ast.expr]]:
    """The factors of a product, and what it is divided by."""
    match code:
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            above, below = _factors(left)
            more, less = _factors(right)
            return (
                ([*above, *more], [*below, *less]) if isinstance(op, ast.Mult) else ([*above, *less], [*below, *more])
            )
    return [code], []


def _product(above: Sequence[ast.expr], below: Sequence[ast.expr]) -> ast.expr:
    code = functools.reduce(lambda a, b: ast.BinOp(a, ast.Mult(), b), above)
    return (
        ast.BinOp(code, ast.Div(), functools.reduce(lambda a, b: ast.BinOp(a, ast.Mult(), b), below)) if below else code
    )


def _nested(numbers: list[ast.expr], shape: tuple[int, ...]) -> ast.expr:
    if len(shape) == 1:
        return ast.List(numbers, ast.Load())
    step = len(numbers) // shape[0]
    rows = [_nested(numbers[n * step : (n + 1) * step], shape[1:]) for n in range(shape[0])]
    return ast.List(rows, ast.Load())
