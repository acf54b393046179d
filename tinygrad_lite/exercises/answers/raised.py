"""What is said of an error that a learner's code raised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.axes import lettered
from tinygrad_lite.typed.graphs import FUNCTIONS
from tinygrad_lite.typed.spelling import canonical

_SHAPES = re.compile(r"^ValueError: .*(mismatch in its core dimension|could not be broadcast|not aligned)")
_NAME = re.compile(r"^NameError: name '(\w+)' is not defined$")


def raised(error: str, used: Mapping[str, Any], sizes: Mapping[str, int]) -> str:
    """The error as it is, and what to write for a function that is no name of Python.

    Where NumPy's error is about shapes, it is the shapes of the arrays that were used, by their axes.

    >>> raised("ValueError: operands could not be broadcast together", {"x": np.ones((5, 3)), "y": np.ones(5)}, {"m": 5, "n": 3})
    'the shapes do not fit: x (m, n), y (m,)'
    >>> raised("NameError: name 'q' is not defined", {}, {})
    "NameError: name 'q' is not defined"
    >>> raised("NameError: name 'exp' is not defined", {}, {})
    "NameError: name 'exp' is not defined; write np.exp, or put the formula in quotes"
    """
    if missing := _NAME.match(error):
        return error + _instead_of(missing[1])
    arrays = {name: np.shape(value) for name, value in used.items() if np.ndim(value)}
    if not arrays or not _SHAPES.match(error):
        return error
    return f"the shapes do not fit: {', '.join(f'{name} {lettered(s, sizes)}' for name, s in arrays.items())}"


def _instead_of(name: str) -> str:
    """What to write for a name that code does not know; "" where it is known nowhere else."""
    if canonical(name) not in FUNCTIONS and name != "tg":
        return ""  # code gets no tg, which would differentiate for the learner
    numpy = f"write np.{name}, or " if hasattr(np, name) else ""
    return f"; {numpy}put the formula in quotes" + ("" if numpy else ", where functions such as sigmoid(z) are known")
