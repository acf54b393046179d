"""A formula at a point of fractions, computed without rounding; None where it is not rational there."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, cast

import numpy as np

from tinygrad_lite.derivations.judging.sides import Side
from tinygrad_lite.derivations.normal.numbers import quiet
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.typed import graphs as ty
from tinygrad_lite.typed import tree as t

MOST_POWERS = 200
"""The product of all exponents of a formula that is computed in fractions: their digits grow with it."""


def exact_value(side: Side, data: Mapping[str, Any]) -> Any:
    """The value as a fraction, or as an array of fractions; of texts only."""
    if side.typed is None or _powers(side.typed.tree) > MOST_POWERS:
        return None
    try:
        with quiet():
            typed = dataclasses.replace(side.typed, tree=_fractions(side.typed.tree))
            value, _ = side.arranged(*ty.value_of(typed, data, RATIONAL))
    except (TinygradLiteError, ArithmeticError, TypeError, ValueError, AttributeError, IndexError):
        return None
    flat = np.asarray(value, dtype=object).reshape(-1)
    return value if all(isinstance(x, Fraction | int | np.integer | np.bool_) for x in flat) else None


def _powers(node: t.Syntax) -> float:
    """The product of all exponents; infinite where one is no number that is written out."""
    product = 1.0
    if isinstance(node, t.Binary) and node.sign == "**":
        exponent = node.right.inner if isinstance(node.right, t.Negative) else node.right
        product = max(1.0, exponent.value) if isinstance(exponent, t.Number) else math.inf
    for child in t.children(node):
        product *= _powers(child)
    return product


def _fractions(node: t.Syntax) -> t.Syntax:
    """The tree with its numbers as fractions: 0.1 is a tenth. Keywords such as axis=0 stay."""
    if isinstance(node, t.Number):
        return dataclasses.replace(node, value=Fraction(repr(node.value)))  # type: ignore[arg-type]  # computes as well
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(node):
        if field.name != "keywords":
            changes[field.name] = _inside(getattr(node, field.name))
    return dataclasses.replace(node, **changes)


def _inside(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_inside, value))
    return _fractions(value) if isinstance(value, t.Syntax) else value


def _each(function: Callable[..., Any], inputs: int) -> Callable[..., Any]:
    """A function of fractions for arrays of them."""
    return cast("Callable[..., Any]", np.frompyfunc(function, inputs, 1))


_larger, _smaller = _each(max, 2), _each(min, 2)

RATIONAL: dict[str, Callable[..., Any]] = {
    "sum": np.sum, "mean": np.mean, "dot": np.dot, "outer": np.outer, "transpose": np.transpose,
    "square": lambda x: x * x, "abs": np.abs, "sign": _each(lambda x: (x > 0) - (x < 0), 1),
    "where": _each(lambda c, yes, no: yes if c else no, 3), "maximum": _larger, "minimum": _smaller,
    "max": ty.extreme(np.max, _larger), "min": ty.extreme(np.min, _smaller),
    "relu": _each(lambda x: max(x, 0), 1),
}  # fmt: skip
"""Functions that have fractions for fractions."""
