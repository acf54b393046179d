"""What an answer computed, as an array of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.exercises.answers.kinds import Trouble
from tinygrad_lite.tensor.tensor import Tensor


def as_array(value: Any) -> Any:
    """A result as a new array of real numbers, float32 where it is that and float64 otherwise; Trouble for all else."""
    if value is None:
        return Trouble("nothing", "the answer is None; does the function end with return?")
    if isinstance(value, Trouble):
        return value
    if isinstance(value, Tensor):
        value = value.detach().numpy()
    try:
        array = np.array(value)
    except (ValueError, TypeError):
        return Trouble("type", "the answer is a list whose rows have different lengths; return an array of numbers.")
    if array.dtype.kind == "c":
        return Trouble(
            "complex",
            "the answer is complex, and the gradient is real; is there a root or a power of a negative number?",
        )
    if array.dtype.kind not in "fiub":
        return Trouble("type", f"the answer is of type {type(value).__name__}; return an array of numbers.")
    if array.dtype == np.float16:
        return Trouble("type", "the answer is of float16, which keeps three digits only; compute in float64.")
    return array if array.dtype == np.float32 else array.astype(float)
