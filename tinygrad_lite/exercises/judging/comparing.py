"""When an answer is equal to a gradient: how far rounding may take it away."""

from __future__ import annotations

from typing import Any

import numpy as np

RELATIVE = 4e6
"""The slack of a number in rounding errors of float64, beside itself and a thousandth of the largest element.

2,040 right forms of 51 steps stay below it, and a slip of 10⁻⁶ in one element is a thousand times as large.
"""

SMALL = 1e-3
"""What part of the largest element counts for every element: sums cancel in small ones."""

BOUND = 1e3
"""The slack in rounding errors of all that an element is the sum of: a gradient of 0 has no size of its own."""

RELATIVE_SINGLE, BOUND_SINGLE = 2e3, 30.0
"""The same for numbers of float32: three to four digits, as right forms keep no more of them."""


def slack(truth: Any, scale: Any, single: bool = False) -> Any:
    """How far an element of a right answer may be from the gradient.

    scale: the sum of the absolute values that each element of the gradient is made of. single: whether the answer was
    computed in float32.

    >>> bool(slack(np.array(1.0), np.array(1.0)) < 1e-9)
    True
    """
    eps = float(np.finfo(np.float32 if single else np.float64).eps)
    relative, bound = (RELATIVE_SINGLE, BOUND_SINGLE) if single else (RELATIVE, BOUND)
    largest = np.max(np.abs(truth), initial=0.0)
    return relative * eps * (np.abs(truth) + SMALL * largest) + bound * eps * scale


def is_single(value: Any) -> bool:
    """Whether numbers were computed in float32."""
    return bool(value.dtype == np.float32)


def differs(value: Any, truth: Any, scale: Any) -> Any:
    """Which elements of an answer of the right shape are not those of the gradient."""
    with np.errstate(all="ignore"):
        near = np.abs(value.astype(float) - truth) <= slack(truth, scale, is_single(value))
    return ~near  # nan is not near


def equal(value: Any, truth: Any, scale: Any) -> bool:
    """Whether an answer is the gradient: of its shape, and equal but for rounding."""
    return value.shape == truth.shape and not differs(value, truth, scale).any()
