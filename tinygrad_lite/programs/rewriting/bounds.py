"""Between which numbers the elements of a value lie, as far as its lines show.

A value of bounds (low, high) has elements in [low, high] or nan. Where the bounds of a line and of what it takes are
finite, it has made no nan, and NumPy has nothing to warn of in it. Bounds come from inputs through lines: an exponential
is at least 0, a sigmoid lies in [0, 1]. They are exact where rounding is: sums, products and quotients are rounded
to the nearest number, so that they never pass a bound that is itself a number of the dtype. Other bounds are widened.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

import numpy as np

from tinygrad_lite.programs.program import Constant, Line, Program, Value, values_of

__all__ = ["LARGE", "TINY", "UNKNOWN", "Bounds", "bounds", "bounds_of"]

Bounds = tuple[float, float]
UNKNOWN: Bounds = (-math.inf, math.inf)
WIDER = 1e-5  # relative; float32 rounds by less
SUMMANDS = 1_000_000  # up to which the roundings of a sum are small
MANY = 4096  # elements up to which the bounds of a constant are looked up, and whole numbers taken as exact
TINY, LARGE = 1e-30, 1e30  # beyond these a bound is 0 or infinite, because float32 underflows and overflows there


def bounds(program: Program) -> dict[Value, Bounds]:
    """The bounds of all values of a program.

    >>> from tinygrad_lite.programs.rewriting import simplified
    >>> from tinygrad_lite.programs.tracing import traced
    >>> import numpy as np, tinygrad_lite as tg
    >>> program = simplified(traced(tg.sigmoid, [np.zeros(3)]))
    >>> bounds(program)[program.outputs[0]]
    (0.0, 1.0)
    """
    known: dict[Value, Bounds] = {}
    for x in values_of(program):
        known[x] = bounds_of(x, known)
    return known


def bounds_of(x: Value, known: Mapping[Value, Bounds]) -> Bounds:
    """The bounds of a value by those of its inputs, which stand in `known`."""
    if isinstance(x, Constant):
        return _of_constant(x.value)
    if not isinstance(x, Line):
        return UNKNOWN
    if x.dtype.kind == "b":
        return 0.0, 1.0
    rule = RULES.get(x.primitive.name)
    if rule is None or x.dtype.kind != "f" or x.dtype.itemsize < 4:
        return UNKNOWN
    low, high = rule(x, *[known.get(v, UNKNOWN) for v in x.inputs])
    return UNKNOWN if math.isnan(low) or math.isnan(high) else (-_widened(-low), _widened(high))


def _of_constant(value: Any) -> Bounds:
    if isinstance(value, np.ndarray | np.generic):
        if not 0 < value.size <= MANY or value.dtype.kind not in "fiub":
            return UNKNOWN
        low, high = float(value.min()), float(value.max())
        return UNKNOWN if math.isnan(low) else (low, high)
    return (value, value) if isinstance(value, int | float) and abs(value) <= LARGE else UNKNOWN


def _widened(high: float) -> float:
    """The upper bound, or a number so far above it that no rounding reaches that. Small whole numbers are exact."""
    if high > LARGE:
        return math.inf
    if -TINY < high < TINY and high != 0:
        return TINY if high > 0 else 0.0  # such numbers may be rounded to 0
    if math.isinf(high) or (high == int(high) and abs(high) <= MANY):
        return high
    return high + WIDER * abs(high)


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b  # 0 · inf is nan, which lies in all bounds


def _multiply(line: Line, x: Bounds, y: Bounds) -> Bounds:
    if line.inputs[0] is line.inputs[1]:
        return _square(line, x)
    ends = [_times(a, b) for a in x for b in y]
    return min(ends), max(ends)


def _square(line: Line, x: Bounds) -> Bounds:
    ends = [a * a for a in x]
    return (0.0 if x[0] <= 0 <= x[1] else min(ends)), max(ends)


def _divide(line: Line, x: Bounds, y: Bounds) -> Bounds:
    a, total = line.inputs
    if x[0] >= 0 and _reduces(total, "sum", a):
        return 0.0, 1.0  # a share: none of several numbers that are not negative is larger than their sum
    if y[0] <= 0 <= y[1]:
        return UNKNOWN  # 0 may be -0.0, and turns inf into -inf
    ends = [0.0 if math.isinf(b) else a / b for a in x for b in y]
    return min(ends), max(ends)


def _reduces(x: Value, name: str, whole: Value) -> TypeGuard[Line]:
    """Whether x is a reduction of `whole`, in a shape in which each element meets its own group's result."""
    if not isinstance(x, Line) or x.primitive.name != name or x.inputs[0] is not whole:
        return False
    return bool(x.params.get("keepdims", False)) or x.size == 1


def _sum(line: Line, x: Bounds) -> Bounds:
    total = line.inputs[0]
    low, high = _total(total.size // max(line.size, 1), *x)
    return (1.0 if _is_softmax(total, line) else low), high


def _total(count: int, low: float, high: float) -> Bounds:
    """The bounds of a sum. It is rounded at each summand, by which it at most doubles."""
    if count > SUMMANDS:
        low, high = _times(low, math.inf), _times(high, math.inf)
    return min(_times(2 * count, low), 0.0), max(_times(2 * count, high), 0.0)


def _matmul(line: Line, x: Bounds, y: Bounds) -> Bounds:
    return _total(line.inputs[0].shape[-1], *_multiply(line, x, y))


def _log(line: Line, x: Bounds) -> Bounds:
    return (math.log(x[0]) if x[0] > 0 else -math.inf), (math.log(x[1]) if x[1] > 0 else math.inf)


def _is_softmax(e: Value, total: Line) -> bool:
    """Whether e is exp(z − max z) along the axis that is summed: one of the summands is 1."""
    if not (isinstance(e, Line) and e.primitive.name == "exp" and isinstance(e.inputs[0], Line)):
        return False
    below = e.inputs[0]
    if below.primitive.name != "subtract" or not _reduces(below.inputs[1], "max", below.inputs[0]):
        return False
    return bool(below.inputs[1].params.get("axis") == total.params.get("axis"))


def _exp(line: Line, x: Bounds) -> Bounds:
    return _exponential(math.exp, x)


def _expm1(line: Line, x: Bounds) -> Bounds:
    return _exponential(math.expm1, x)


def _exponential(f: Callable[[float], float], x: Bounds) -> Bounds:
    low, high = (f(a) if a < 700 else math.inf for a in x)
    return low, high


def _log1p(line: Line, x: Bounds) -> Bounds:
    return (math.log1p(x[0]) if x[0] > -1 else -math.inf), (math.log1p(x[1]) if x[1] > -1 else math.inf)


def _absolute(line: Line, x: Bounds) -> Bounds:
    low, high = sorted((abs(x[0]), abs(x[1])))
    return (0.0 if x[0] <= 0 <= x[1] else low), high


def _subtract(line: Line, x: Bounds, y: Bounds) -> Bounds:
    if _reduces(line.inputs[1], "max", line.inputs[0]):
        return -math.inf, 0.0
    return x[0] - y[1], x[1] - y[0]


def _wave(line: Line, x: Bounds) -> Bounds:
    return -1.0, 1.0


def _any(line: Line, *xs: Bounds) -> Bounds:
    return min(low for low, _ in xs), max(high for _, high in xs)


def _same(line: Line, x: Bounds, *rest: Bounds) -> Bounds:
    return x


RULES: Mapping[str, Callable[..., Bounds]] = {
    "add": lambda line, x, y: (x[0] + y[0], x[1] + y[1]),
    "subtract": _subtract,
    "multiply": _multiply,
    "square": _square,
    "divide": _divide,
    "negative": lambda line, x: (-x[1], -x[0]),
    "absolute": _absolute,
    "exp": _exp,
    "expm1": _expm1,
    "log1p": _log1p,
    "sqrt": lambda line, x: (math.sqrt(x[0]), math.sqrt(x[1])) if x[0] >= 0 else UNKNOWN,
    "maximum": lambda line, x, y: (max(x[0], y[0]), max(x[1], y[1])),
    "minimum": lambda line, x, y: (min(x[0], y[0]), min(x[1], y[1])),
    "where": lambda line, c, x, y: (min(x[0], y[0]), max(x[1], y[1])),
    "sum": _sum,
    "matmul": _matmul,
    "log": _log,
    "concatenate": _any,
    **dict.fromkeys(("sin", "cos"), _wave),
    **{name: _same for name in ("max", "min", "identity", "copy", "stop_gradient", "reshape", "transpose")},
    **{name: _same for name in ("broadcast_to", "getitem", "astype")},
}
