"""Signs: a minus moves outwards, until a difference, a constant or another minus takes it. All of this is exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygrad_lite.programs.program import Line, Value
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call
from tinygrad_lite.programs.rewriting.constants import is_number, number

__all__ = ["SIGNS"]


def _minus(x: Value) -> Value | None:
    """a, if x is −a. Integers are left alone: the smallest one has no counterpart."""
    return x.inputs[0] if is_call(x, "negative") and x.dtype.kind == "f" else None


def _negated(build: Builder, x: Value, line: Line) -> Value:
    return build.make("negative", x, shape=line.shape, dtype=line.dtype)


def minus_minus(build: Builder, line: Line) -> Value | None:
    """−(−a) is a, and −(a − b) is b − a."""
    (x,) = line.inputs
    if is_call(x, "subtract") and x.dtype.kind == "f" and not build.zeros_matter:
        a, b = x.inputs
        return build.make("subtract", b, a, shape=line.shape, dtype=line.dtype)
    return _minus(x)


def minus_factor(build: Builder, line: Line) -> Value | None:
    """−(c · a) is (−c) · a, and −(a / c) is a / (−c), for a constant c."""
    (x,) = line.inputs
    if not is_call(x, "multiply", "divide") or line.dtype.kind != "f":
        return None
    name, inputs = x.primitive.name, list(x.inputs)
    place = 0 if name == "multiply" else 1
    c = number(inputs[place])
    if c is None or inputs[1 - place].dtype != line.dtype:
        return None
    inputs[place] = build.constant(-c)
    return build.make(name, *inputs, shape=line.shape, dtype=line.dtype)


def add_minus(build: Builder, line: Line) -> Value | None:
    """a + (−b) and (−b) + a are a − b."""
    x, y = line.inputs
    a, b = _minus(x), _minus(y)
    if b is not None:
        return build.make("subtract", x, b, shape=line.shape, dtype=line.dtype)
    return build.make("subtract", y, a, shape=line.shape, dtype=line.dtype) if a is not None else None


def subtract_minus(build: Builder, line: Line) -> Value | None:
    """a − (−b) is a + b, (−a) − b is −(a + b), and 0 − b is −b."""
    x, y = line.inputs
    a, b = _minus(x), _minus(y)
    if b is not None:
        return build.make("add", x, b, shape=line.shape, dtype=line.dtype)
    if build.zeros_matter:
        return None
    if a is not None:
        return _negated(build, build.make("add", a, y, shape=line.shape, dtype=line.dtype), line)
    if is_number(x, 0.0) and y.dtype == line.dtype and y.shape == line.shape and line.dtype.kind == "f":
        return _negated(build, y, line)
    return None


def times_minus(build: Builder, line: Line) -> Value | None:
    """(−a) · b, a · (−b), (−a) / b and a / (−b) are −(a · b) and −(a / b); −1 · a is −a; (−c) · (a − b) is c · (b − a)."""
    name, (x, y) = line.primitive.name, line.inputs
    a, b = _minus(x), _minus(y)
    if a is not None or b is not None:
        value = build.make(name, x if a is None else a, y if b is None else b, shape=line.shape, dtype=line.dtype)
        return value if a is not None and b is not None else _negated(build, value, line)
    if name == "multiply" and y.dtype == line.dtype and y.shape == line.shape and line.dtype.kind == "f":
        c = number(x)
        if c == -1.0:
            return _negated(build, y, line)
        if c is not None and c < 0 and is_call(y, "subtract") and build.used_once(y) and not build.zeros_matter:
            b, a = y.inputs
            swapped = build.make("subtract", a, b, shape=y.shape, dtype=y.dtype)
            return build.make("multiply", build.constant(-c), swapped, shape=line.shape, dtype=line.dtype)
    return None


def sum_of_minus(build: Builder, line: Line) -> Value | None:
    """The sum of −a is minus the sum of a: fewer elements to change the sign of."""
    x = line.inputs[0]
    a = _minus(x)
    if a is None or not build.used_once(x) or line.dtype.kind != "f" or build.zeros_matter:
        return None
    return _negated(build, build.line(Line(line.primitive, (a,), line.params, line.shape, line.dtype)), line)


def product_of_minus(build: Builder, line: Line) -> Value | None:
    """(−a) @ b and a @ (−b) are −(a @ b), where this has no more elements."""
    for i, x in enumerate(() if build.zeros_matter else line.inputs):
        a = _minus(x)
        if a is not None and build.used_once(x) and line.size <= x.size and line.dtype.kind == "f":
            inputs = [a if i == j else other for j, other in enumerate(line.inputs)]
            return _negated(build, build.make("matmul", *inputs, shape=line.shape, dtype=line.dtype), line)
    return None


def times_own_sign(build: Builder, line: Line) -> Value | None:
    """z · where(z > 0, −1, 1) is −|z|, and z · where(z > 0, 1, −1) is |z|; z may also stand on the side of less."""
    for z, s in () if build.zeros_matter else (line.inputs, line.inputs[::-1]):
        if not is_call(s, "where") or z.dtype != line.dtype or z.shape != line.shape:
            continue
        c, x, y = s.inputs
        signs = number(x), number(y)
        if signs not in ((1.0, -1.0), (-1.0, 1.0)) or not is_call(c, "greater", "greater_equal", "less", "less_equal"):
            continue
        a, b = c.inputs
        if a is not z or not is_number(b, 0.0):
            continue
        size = build.make("absolute", z, shape=line.shape, dtype=line.dtype)
        positive = (signs[0] == 1.0) == (c.primitive.name in ("greater", "greater_equal"))
        return size if positive else build.make("negative", size, shape=line.shape, dtype=line.dtype)
    return None


SIGNS: Mapping[str, Sequence[Rule]] = {
    "negative": [minus_minus, minus_factor],
    "add": [add_minus],
    "subtract": [subtract_minus],
    "multiply": [times_minus, times_own_sign],
    "divide": [times_minus],
    "sum": [sum_of_minus],
    "matmul": [product_of_minus],
}
