"""How many numbers a value in a formula may have: a short text such as x_ab x_cd x_ef x_gh can ask for all memory.

The room is counted before anything is computed, from the shapes of what an operation or a function is given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

LEAST = 100_000
"""So many numbers are always allowed."""

TIMES = 1_000
"""A value may have so many times the numbers of all that is given: an outer product of large arrays is large."""

_SHAPE_AT = {"ones": 0, "zeros": 0, "full": 0, "eye": 0, "broadcast_to": 1}
"""Functions that are told how large their result is, and which of their arguments says so."""


def room(values: Mapping[str, Any]) -> int:
    """How many numbers a value of a formula may have, by what its names mean."""
    return max(LEAST, TIMES * sum(int(np.size(value)) for value in values.values()))


def size_of(name: str, arguments: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> int:
    """How many numbers an operation or a function makes at most; 0 where its arguments do not fit.

    >>> size_of("*", [np.ones((3, 1)), np.ones(4)]), size_of("outer", [np.ones(3), np.ones((2, 2))])
    (12, 12)
    >>> size_of("@", [np.ones((3, 2)), np.ones((2, 4))]), size_of("eye", [1000])
    (12, 1000000)
    """
    keywords = keywords or {}
    if name in _SHAPE_AT:
        at = _SHAPE_AT[name]
        shape = arguments[at] if at < len(arguments) else keywords.get("shape", keywords.get("N", 0))
        lengths = [float(n) for n in np.ravel(shape)]
        if name == "eye":
            lengths.append(float(arguments[1] if len(arguments) > 1 else keywords.get("M") or lengths[0]))
        return int(min(math.prod(lengths), 1e18))
    shapes = [np.shape(argument) for argument in arguments]
    if name == "diag" and len(shapes[0]) == 1:
        return int(shapes[0][0]) ** 2
    if name in ("outer", "⊗"):
        return math.prod(n for shape in shapes for n in shape)
    if name in ("@", "matmul", "dot") and len(shapes) == 2 and all(shapes):
        left, right = shapes
        return int(math.prod(left[:-1]) * math.prod(right) // max(1, right[-2:][0]))
    try:
        return math.prod(np.broadcast_shapes(*shapes))
    except ValueError:
        return 0


def too_large(size: int, most: int) -> str:
    """What is said of a value that is too large."""
    return f"this has {size:,} numbers; a value in a formula has at most {most:,} here. Sum over fewer indices at once"
