"""The values of primitives that choose: np.where and what sets a singular place aside, each at the least price."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["where", "xdivy", "xlog1py", "xlogy"]

_MANY = 4096  # elements from which on the bits are faster
_BITS = {"f": np.dtype(np.int32), "d": np.dtype(np.int64)}


def where(c: Any, x: Any, y: Any) -> Any:
    """np.where, on large arrays by the bits of the numbers.

    Where the condition is random, np.where costs 4 ns per element, because the processor guesses each and is wrong
    half of the time. The same bits are y ^ ((x ^ y) · c), with c as 0 or 1: no guess, a tenth of the time, and nan
    and inf come through as they are. A single choice is Python's, which costs a tenth.
    """
    if type(c) is np.bool_:
        if type(x) is type(y) and isinstance(x, np.floating):
            return x if c else y
        if isinstance(y, np.floating) and type(x) in (float, int):
            return type(y)(x) if c else y
        if isinstance(x, np.floating) and type(y) in (float, int):
            return x if c else type(x)(y)
    if type(c) is np.ndarray and c.size >= _MANY and c.dtype.char == "?":
        dtype = getattr(x if type(x) is np.ndarray else y, "dtype", None)
        a = _bits(x, dtype)
        if a is not None and type(y) is int and y == 0:
            return (a * c).view(dtype)
        b = _bits(y, dtype)
        if b is not None and type(x) is int and x == 0:
            return (b * ~c).view(dtype)
        if a is not None and b is not None:
            return (((a ^ b) * c) ^ b).view(dtype)
    return np.where(c, x, y)


def _bits(x: Any, dtype: Any) -> Any:
    """The bits of an array or number of this dtype as integers; None for anything else."""
    bits = _BITS.get(dtype.char) if dtype is not None and dtype.isnative else None
    if bits is None:
        return None
    if isinstance(x, int | float | np.generic):
        x = np.asarray(x, None if isinstance(x, np.generic) else dtype)
    return x.view(bits) if type(x) is np.ndarray and x.dtype == dtype else None


# Numbers of which np.where would make arrays: Python decides, which costs a tenth.
_NUMBERS = (np.float64, np.float32)


def xdivy(x: Any, y: Any) -> Any:
    if type(y) in _NUMBERS and type(x) in (type(y), float):
        return x / y if x != 0 or y != 0 else type(y)(x)
    if type(y) is np.ndarray and np.logical_and.reduce(
        y, None
    ):  # one look is cheaper than to set aside what is not there
        return x / y
    return x / np.where(np.logical_and(np.equal(x, 0), np.equal(y, 0)), 1, y)


def xlogy(x: Any, y: Any) -> Any:
    if type(y) in _NUMBERS and type(x) in (type(y), float):
        return x * np.log(y) if x != 0 else y.dtype.type(0)
    return x * np.log(np.where(np.equal(x, 0), 1.0, y))


def xlog1py(x: Any, y: Any) -> Any:
    if type(y) in _NUMBERS and type(x) in (type(y), float):
        return x * np.log1p(y) if x != 0 else y.dtype.type(0)
    return x * np.log1p(np.where(np.equal(x, 0), 0.0, y))
