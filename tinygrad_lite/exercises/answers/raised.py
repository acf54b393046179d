"""What is said of an error that a learner's code raised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.axes import lettered

_SHAPES = re.compile(r"^ValueError: .*(mismatch in its core dimension|could not be broadcast|not aligned)")


def raised(error: str, used: Mapping[str, Any], sizes: Mapping[str, int]) -> str:
    """The error as it is; where NumPy's is about shapes, the shapes of the arrays that were used, by their axes.

    >>> raised("ValueError: operands could not be broadcast together", {"x": np.ones((5, 3)), "y": np.ones(5)}, {"m": 5, "n": 3})
    'the shapes do not fit: x (m, n), y (m,)'
    >>> raised("NameError: name 'q' is not defined", {}, {})
    "NameError: name 'q' is not defined"
    """
    arrays = {name: np.shape(value) for name, value in used.items() if np.ndim(value)}
    if not arrays or not _SHAPES.match(error):
        return error
    return f"the shapes do not fit: {', '.join(f'{name} {lettered(s, sizes)}' for name, s in arrays.items())}"
