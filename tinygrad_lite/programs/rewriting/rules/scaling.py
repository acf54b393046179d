"""Constant factors, such as the 1/m of a mean: they move outwards to where they are applied once, and to few elements.

A factor c of at most 1 is taken out of products, quotients, sums and differences. c · (a + b) rounds no more often than
c · a + c · b, and where this overflows, a + b overflows, too, so that no warning gets lost. A larger factor stays,
because what it multiplies may have underflowed before. One case is given up: an a so small that c · a is 0 times an
infinite b gives inf in place of nan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygrad_lite.programs.program import Line, Value
from tinygrad_lite.programs.rewriting.building import Builder, Rule
from tinygrad_lite.programs.rewriting.constants import number
from tinygrad_lite.programs.rewriting.rules.arithmetic import factor_and_rest

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


def out_of_matrix_product(build: Builder, line: Line) -> Value | None:
    """(c · a) @ b is c · (a @ b), where this has fewer elements than a."""
    for i, x in enumerate(() if build.zeros_matter else line.inputs):
        found = _small_factor(build, x, line)
        if found is not None and line.size < x.size and found[1].shape == x.shape:
            inputs = [found[1] if j == i else other for j, other in enumerate(line.inputs)]
            return _scaled(build, found[0], build.make("matmul", *inputs, shape=line.shape, dtype=line.dtype), line)
    return None


SCALING: Mapping[str, Sequence[Rule]] = {
    "multiply": [out_of_product],
    "divide": [out_of_quotient],
    "add": [out_of_sum_of_two],
    "subtract": [out_of_sum_of_two],
    "matmul": [out_of_matrix_product],
}
