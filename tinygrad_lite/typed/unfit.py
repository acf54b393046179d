"""What is said of operands that do not fit, in words for who typed the formula: never those of Python or NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.errors import ShapeError, TinygradLiteError
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import tree as t

ERRORS = (ValueError, TypeError, IndexError, AttributeError, ZeroDivisionError)
"""What is raised by operations on operands that do not fit."""


class Unfit(ValueError):
    """Operands that do not fit; its text says why."""


def why(error: Exception, node: t.Syntax, operands: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> str:
    """The reason why a node cannot be computed on its operands.

    >>> why(ZeroDivisionError("float division by zero"), t.Number(0, 1.0), ())
    'a division by 0'
    """
    if isinstance(error, Unfit):
        return str(error)
    if isinstance(error, ZeroDivisionError):
        return "a division by 0"
    match node:
        case t.FunctionCall(function=function, primes=0):
            return _call(error, function, operands, keywords or {})
        case t.FunctionCall(function=function):
            return f"no slope of {function} is known for what stands in its brackets"
        case t.Slices() if not np.ndim(operands[0]):
            return "a number has no places in brackets"
        case t.Slices():
            return f"an array of shape {np.shape(operands[0])} has no such place"
        case t.Attribute():
            return "only an array has a transpose"
        case t.Binary(sign=sign) | t.Compare(sign=sign):
            return _sign(sign, operands)
    return "there is no number here"


def _sign(sign: str, operands: Sequence[Any]) -> str:
    """Two operands that do not fit at a sign."""
    if not all(map(_is_number, operands)):
        return f"a number or an array is missing beside {sign}"
    one, other = map(np.shape, operands)
    if sign == "@" and not (one and other):
        return "@ is a product of arrays, and a number stands beside it: write *"
    return f"the shapes {one} and {other} do not fit at this {sign}"


def _call(error: Exception, function: str, operands: Sequence[Any], keywords: Mapping[str, Any]) -> str:
    """Arguments that a function does not take."""
    if isinstance(error, TinygradLiteError) and not isinstance(error, ShapeError):
        return str(error)
    shapes = " and ".join(str(np.shape(value)) for value in operands if _is_number(value))
    if isinstance(error, np.exceptions.AxisError):
        return f"{function} is taken over an axis that {shapes} does not have: axes count from 0"
    if isinstance(error, TypeError) or not shapes:
        named = f" and with {', '.join(f'{name}=' for name in keywords)}" if keywords else ""
        axis = "; an axis is a whole number" if "axis" in keywords or len(operands) > 1 else ""
        return f"{function} is not written with {_many(operands)} in its brackets{named}{axis}"
    return f"{function} does not fit what stands in its brackets, of shape {shapes}"


def _many(operands: Sequence[Any]) -> str:
    return "nothing" if not operands else "1 value" if len(operands) == 1 else f"{len(operands)} values"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.ndarray | np.generic | Tensor)
