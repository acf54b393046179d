"""Constants of programs: which are equal, and which hold one number everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.programs.program import Constant, Value

__all__ = ["is_number", "key_of", "number", "one_number"]


def key_of(value: Any) -> Any:
    """Equal for two constants exactly if one can stand for the other: same type, shape and bits.

    So 0.0 and -0.0 differ, and nan equals itself.

    >>> key_of(0.0) == key_of(-0.0), key_of(float("nan")) == key_of(float("nan"))
    (False, True)
    """
    if isinstance(value, float):
        return type(value), value.hex()
    if isinstance(value, int):
        return type(value), value
    if not (type(value) is np.ndarray or isinstance(value, np.generic)) or value.dtype.hasobject:
        return id(value)  # an array of another library or kind, which may hold more than its numbers
    first = one_number(value)
    if first is not None:
        return value.dtype, value.shape, first.tobytes()
    return value.dtype, value.shape, id(value) if value.size > _LARGE else value.tobytes()


_LARGE = 4096  # the bytes of larger arrays are not kept as a key: such an array equals only itself


def one_number(value: Any) -> Any:
    """The number that an array has at every place, as a NumPy scalar; None where it has several or none.

    >>> one_number(np.ones((2, 3)))
    np.float64(1.0)
    """
    if isinstance(value, np.generic):
        return value
    if type(value) is not np.ndarray or value.size == 0 or value.dtype.hasobject:
        return None
    first = value[(0,) * value.ndim]
    if any(value.strides[i] and n > 1 for i, n in enumerate(value.shape)):
        bits = np.ascontiguousarray(value).view(np.uint8).reshape(-1, value.itemsize)
        if not (bits == bits[0]).all():
            return None
    return first


def number(x: Value) -> float | None:
    """The number that a value is at every place, if it is a constant; None otherwise. Booleans are no numbers."""
    if not isinstance(x, Constant):
        return None
    value = x.value
    if type(value) is float:
        return value
    if not isinstance(value, int | float):
        value = one_number(value)
        if value is None or value.dtype.kind not in "fiu":
            return None
    return None if isinstance(value, bool) else float(value)


def is_number(x: Value, wanted: float) -> bool:
    """Whether a value is this constant everywhere. 0.0 stands for -0.0, too."""
    return number(x) == wanted
