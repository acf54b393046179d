"""Constant factors, such as the 1/m of a mean: they move outwards to where they are applied once, and to few elements.

A factor c of at most 1 is taken out of products, quotients, sums and differences. c · (a + b) rounds no more often than
c · a + c · b, and where this overflows, a + b overflows, too, so that no warning gets lost. A larger factor stays,
because what it multiplies may have underflowed before. One case is given up: an a so small that c · a is 0 times an
infinite b gives inf in place of nan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygrad_lite.programs.program import Line, Value
from tinygrad_lite.programs.rewriting.bounds import LARGE, TINY
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call
from tinygrad_lite.programs.rewriting.constants import number
from tinygrad_lite.programs.rewriting.rules.arithmetic import factor_and_rest, is_ordinary
from tinygrad_lite.programs.rewriting.rules.broadcasts import broadcast
from tinygrad_lite.programs.rewriting.rules.moves import reduced_axes

__all__ = ["SCALING"]


def _small_factor(build: Builder, x: Value, line: Line) -> tuple[float, Value] | None:
    """c and a, if x is c · a with |c| ≤ 1, of the line's dtype, and nothing else needs this product."""
    found = factor_and_rest(x) if x.dtype == line.dtype else None
    return found if found is not None and abs(found[0]) <= 1 and build.used_once(x) else None


def _scaled(build: Builder, c: float, x: Value, line: Line) -> Value:
    return build.make("multiply", build.constant(c), x, shape=line.shape, dtype=line.dtype)


def out_of_product(build: Builder, line: Line) -> Value | None:
    """(c · a) · b is c · (a · b)."""
    x, y = line.inputs
    if line.dtype.kind != "f" or number(x) is not None:
        return None
    for scaled, other in ((x, y), (y, x)):
        found = _small_factor(build, scaled, line)
        if found is not None and other.dtype == line.dtype:
            c, a = found
            return _scaled(build, c, build.make("multiply", a, other, shape=line.shape, dtype=line.dtype), line)
    return None


def out_of_quotient(build: Builder, line: Line) -> Value | None:
    """(c · a) / b is c · (a / b)."""
    found = _small_factor(build, line.inputs[0], line)
    if found is None or line.dtype.kind != "f" or line.inputs[1].dtype != line.dtype:
        return None
    c, a = found
    return _scaled(build, c, build.make("divide", a, line.inputs[1], shape=line.shape, dtype=line.dtype), line)


def over_and_times(build: Builder, line: Line) -> Value | None:
    """(c / d) · b is c · (b / d), and for c = 1 it is b / d: where d is at least 1, so that c / d cannot overflow."""
    for quotient, b in (line.inputs, line.inputs[::-1]):
        if not is_call(quotient, "divide") or b.dtype != line.dtype:
            continue
        c, d = number(quotient.inputs[0]), quotient.inputs[1]
        if (
            c is None
            or not is_ordinary(c, line.dtype)
            or abs(c) > 1
            or d.dtype != line.dtype
            or not build.used_once(quotient)
        ):
            continue
        if build.lies_in(d, 1.0, float("inf")):
            return _scaled(build, c, build.make("divide", b, d, shape=line.shape, dtype=line.dtype), line)
    return None


def out_of_sum_of_two(build: Builder, line: Line) -> Value | None:
    """c · a + c · b is c · (a + b), and c · a − c · b is c · (a − b); one of the factors may be −c."""
    if build.zeros_matter:
        return None
    left, right = (_small_factor(build, x, line) for x in line.inputs)
    if left is None or right is None or abs(left[0]) != abs(right[0]) or line.dtype.kind != "f":
        return None
    (c, a), (d, b) = left, right
    adds = (line.primitive.name == "add") == (c == d)
    if c < 0 < d and not adds:  # −c · a + c · b is c · (b − a)
        c, a, b = d, b, a
    value = build.make("add" if adds else "subtract", a, b, shape=line.shape, dtype=line.dtype)
    return _scaled(build, c, value, line)


def common_factor(build: Builder, line: Line) -> Value | None:
    """a · k + b · k is (a + b) · k, if k lies in (0, 1]: where a · k overflows, a + b does, too, and 0 · inf cannot be."""
    x, y = line.inputs
    if not (is_call(x, "multiply") and is_call(y, "multiply") and build.used_once(x) and build.used_once(y)):
        return None
    for a, k in (x.inputs, x.inputs[::-1]):
        if k in y.inputs and number(k) is None and build.lies_in(k, TINY, 1.0):
            b = y.inputs[1] if y.inputs[0] is k else y.inputs[0]
            if all(v.shape == line.shape and v.dtype == line.dtype for v in (a, b)):
                value = build.make(line.primitive.name, a, b, shape=line.shape, dtype=line.dtype)
                return build.make("multiply", value, k, shape=line.shape, dtype=line.dtype)
    return None


def common_divisor(build: Builder, line: Line) -> Value | None:
    """a / d + b / d is (a + b) / d, if d is at least 1 and not infinite."""
    x, y = line.inputs
    if not (is_call(x, "divide") and is_call(y, "divide") and build.used_once(x) and build.used_once(y)):
        return None
    (a, d), (b, other) = x.inputs, y.inputs
    alike = all(v.shape == line.shape and v.dtype == line.dtype for v in (a, b))
    if d is not other or not alike or not build.lies_in(d, 1.0, LARGE):
        return None
    value = build.make(line.primitive.name, a, b, shape=line.shape, dtype=line.dtype)
    return build.make("divide", value, d, shape=line.shape, dtype=line.dtype)


def out_of_sum(build: Builder, line: Line) -> Value | None:
    """The sum of c · a is c times the sum of a."""
    found = _small_factor(build, line.inputs[0], line)
    if found is None or build.zeros_matter:
        return None
    c, a = found
    if a.shape != line.inputs[0].shape:
        return None
    return _scaled(build, c, build.make("sum", a, shape=line.shape, dtype=line.dtype, params=line.params), line)


def out_of_matrix_product(build: Builder, line: Line) -> Value | None:
    """(c · a) @ b is c · (a @ b), where this has fewer elements than a."""
    for i, x in enumerate(() if build.zeros_matter else line.inputs):
        found = _small_factor(build, x, line)
        if found is not None and line.size < x.size and found[1].shape == x.shape:
            inputs = [found[1] if j == i else other for j, other in enumerate(line.inputs)]
            return _scaled(build, found[0], build.make("matmul", *inputs, shape=line.shape, dtype=line.dtype), line)
    return None


def sum_of_one_hot(build: Builder, line: Line) -> Value | None:
    """One-hot rows sum to 1, and c times a one-hot row to c."""
    (x,) = line.inputs
    c = 1.0
    if x not in build.one_hot:
        found = factor_and_rest(x)
        if found is None or found[1] not in build.one_hot or found[1].shape != x.shape:
            return None
        c, x = found
    if reduced_axes(line) != (len(x.shape) - 1,) or line.dtype != x.dtype:
        return None
    return broadcast(build, build.constant(line.dtype.type(c)), line.shape)


SCALING: Mapping[str, Sequence[Rule]] = {
    "multiply": [out_of_product, over_and_times],
    "divide": [out_of_quotient],
    "add": [out_of_sum_of_two, common_factor, common_divisor],
    "subtract": [out_of_sum_of_two, common_factor, common_divisor],
    "sum": [sum_of_one_hot, out_of_sum],
    "matmul": [out_of_matrix_product],
}
