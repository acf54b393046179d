"""Arithmetic with constants: what changes nothing is left out, and two constants become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.programs.program import Line, Value
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call
from tinygrad_lite.programs.rewriting.constants import is_number, number
from tinygrad_lite.programs.rewriting.rules.broadcasts import broadcast

__all__ = ["ARITHMETIC", "factor_and_rest"]

SMALLEST, LARGEST = 2.0**-40, 2.0**40  # between these a product of two constants neither overflows nor underflows


def _as_is(build: Builder, line: Line, x: Value) -> Value | None:
    """x in the place of the line, if it has its dtype."""
    return broadcast(build, x, line.shape) if x.dtype == line.dtype else None


def _without_second(build: Builder, line: Line, neutral: float) -> Value | None:
    """The first operand, if the second is the number that changes nothing."""
    x, y = line.inputs
    return _as_is(build, line, x) if is_number(y, neutral) else None


def _without_either(build: Builder, line: Line, neutral: float) -> Value | None:
    """The other operand, if one of the two is the number that changes nothing."""
    x, y = line.inputs
    if is_number(y, neutral):
        return _as_is(build, line, x)
    return _as_is(build, line, y) if is_number(x, neutral) else None


def plus_zero(build: Builder, line: Line) -> Value | None:
    """x + 0 and 0 + x are x."""
    return None if build.zeros_matter else _without_either(build, line, 0.0)  # −0 + 0 is 0


def minus_zero(build: Builder, line: Line) -> Value | None:
    """x − 0 is x."""
    return _without_second(build, line, 0.0)


def times_one(build: Builder, line: Line) -> Value | None:
    """x · 1 and 1 · x are x."""
    return _without_either(build, line, 1.0)


def over_one(build: Builder, line: Line) -> Value | None:
    """x / 1 is x."""
    return _without_second(build, line, 1.0)


def constant_first(build: Builder, line: Line) -> Value | None:
    """A constant factor stands first."""
    x, y = line.inputs
    if number(y) is None or number(x) is not None or line.dtype.kind != "f":
        return None
    return build.make("multiply", y, x, shape=line.shape, dtype=line.dtype)


def _is_ordinary(c: float, dtype: np.dtype[Any]) -> bool:
    """Whether a factor is so far from overflow and underflow that it can be joined with another one."""
    return dtype.kind == "f" and dtype.itemsize >= 4 and SMALLEST <= abs(c) <= LARGEST


def factor_and_rest(x: Value) -> tuple[float, Value] | None:
    """c and a of a line that is the ordinary constant c times a."""
    if is_call(x, "multiply"):
        c, a = x.inputs
        factor = number(c)
        if factor is not None and _is_ordinary(factor, x.dtype) and a.dtype == x.dtype:
            return factor, a
    return None


def joined_factors(build: Builder, line: Line) -> Value | None:
    """c · (d · a) is (c·d) · a: two roundings as before. Where d · a could overflow, c · d · a must do so, too."""
    c, inner = number(line.inputs[0]), factor_and_rest(line.inputs[1])
    if c is None or inner is None or not _is_ordinary(c, line.dtype):
        return None
    d, a = inner
    if not (abs(d) <= 1 or abs(c) >= 1):
        return None
    product = line.dtype.type(line.dtype.type(c) * line.dtype.type(d))
    return build.make("multiply", build.constant(float(str(product))), a, shape=line.shape, dtype=line.dtype)


def power_of_constant(build: Builder, line: Line) -> Value | None:
    """x¹ is x and x² is the square."""
    x, y = line.inputs
    if x.dtype != line.dtype or x.shape != line.shape:
        return None
    if is_number(y, 1.0):
        return x
    return build.make("square", x, shape=line.shape, dtype=line.dtype) if is_number(y, 2.0) else None


ARITHMETIC: Mapping[str, Sequence[Rule]] = {
    "add": [plus_zero],
    "subtract": [minus_zero],
    "multiply": [times_one, constant_first, joined_factors],
    "divide": [over_one],
    "power": [power_of_constant],
}
