"""What a primitive does with zeros and with nan, measured on a few numbers when a program first has it.

So nobody keeps lists of primitives: a new one is measured like the others. Only what is computed element by element, or
reduces, can be measured on single numbers. What moves elements, or is linear, hands the sign of a zero on and no more.
Of anything else the worst is assumed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.programs.program import Line
from tinygrad_lite.programs.rewriting.constants import key_of

__all__ = ["Facts", "facts"]

_NUMBERS = (0.0, -0.0, 0.5, -1.0, np.inf, -np.inf, np.nan)


@dataclass(frozen=True)
class Facts:
    """sees: the inputs of which it sees the sign of a zero: more changes than the sign of a zero in the result.

    same: whether it gives the same for 0 and −0, bit by bit. passes_nan: whether nan in any input is nan in the result.
    Numbers of which NumPy warns do not count, because eager evaluation takes the program's place there.
    """

    sees: tuple[int, ...] = ()
    same: bool = False
    passes_nan: bool = False


_KNOWN: dict[Any, Facts] = {}
_HANDS_ON = Facts()


def facts(line: Line) -> Facts:
    """The facts about the primitive of a line, with its parameters.

    >>> from tinygrad_lite.core.primitives import TABLE
    >>> from tinygrad_lite.programs.program import Constant
    >>> facts(Line(TABLE["divide"], [Constant(1.0), Constant(2.0)], {}, (), np.dtype(float)))  # inf / −0 is −inf
    Facts(sees=(1,), same=False, passes_nan=True)
    """
    primitive = line.primitive
    if primitive.view or primitive.kind == "shape" or (primitive.linear and primitive.kind == "product"):
        return _HANDS_ON
    key = (primitive, *line.params.items()) if line.params and primitive.kind == "elementwise" else primitive
    known = _KNOWN.get(key)
    if known is None:
        known = _KNOWN[key] = _measured(primitive, len(line.inputs), line.params)
    return known


def _measured(primitive: Primitive, count: int, params: Any) -> Facts:
    try:
        if primitive.kind == "elementwise":
            return _of_numbers(lambda *xs: primitive.value(*map(np.array, xs), **params), count)
        if primitive.kind == "reduction":
            found = _of_numbers(lambda *xs: primitive.value(np.array([xs, xs]).T, axis=0, keepdims=False)[0], 2)
            return Facts((0,) if found.sees else (), found.same, found.passes_nan)
    except TypeError:  # it takes no floating-point numbers
        pass
    return Facts(sees=tuple(range(count)))


@np.errstate(all="raise", under="ignore")
def _of_numbers(f: Callable[..., Any], count: int) -> Facts:
    sees: set[int] = set()
    same = passes_nan = True
    for i in range(count):
        for others in product(_NUMBERS, repeat=count - 1):
            zero, minus, damaged = (_tried(f, (*others[:i], x, *others[i:])) for x in (0.0, -0.0, np.nan))
            passes_nan = passes_nan and damaged is not None and bool(damaged != damaged)
            if zero is not None and minus is not None and key_of(zero) != key_of(minus):
                same = False
                if zero != minus and (zero == zero or minus == minus):
                    sees.add(i)
    return Facts(tuple(sorted(sees)), same, passes_nan)


def _tried(f: Callable[..., Any], xs: tuple[float, ...]) -> Any:
    """The value, or None where NumPy warns."""
    try:
        return np.asarray(f(*xs))[()]
    except FloatingPointError:
        return None
