"""The slides' formulas on 400-digit numbers, and the comparison of what the engine gives with them."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tinygrad_lite import Tensor

TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}
FLOATS = list(TOLERANCE)
POINTS = [sign * size for size in (0.0, 1e-20, 1.0, 20.0, 40.0, 800.0) for sign in (1.0, -1.0)]
DIGITS = mpmath.MPContext()  # a context of our own: other tests keep theirs
DIGITS.dps = 400  # 1 − σ(800) has its first digit in place 348

exact = np.frompyfunc(lambda v: DIGITS.mpf(float(v)), 1, 1)
log = np.frompyfunc(DIGITS.log, 1, 1)
exp = np.frompyfunc(DIGITS.exp, 1, 1)


def sigma(z: Any) -> Any:
    return 1 / (1 + exp(-z))


def sigma_prime(z: Any) -> Any:
    return exp(-z) / (1 + exp(-z)) ** 2


def softmax(z: Any) -> Any:
    return exp(z) / exp(z).sum(axis=-1, keepdims=True)


def agree(got: Any, expected: Any, scale: Any = None) -> None:
    """The engine's numbers equal the exact ones to the tolerance of their dtype, or both are below its range."""
    data = got.numpy() if isinstance(got, Tensor) else np.asarray(got)
    limit = TOLERANCE[data.dtype.type] * abs(expected if scale is None else scale) + float(np.finfo(data.dtype).tiny)
    error = abs(exact(data) - expected)
    assert np.shape(error) == data.shape
    assert np.all(error <= limit), f"got {data}, expected {expected}"


def agree_mean(got: Any, terms: Any) -> None:
    """The engine's numbers equal (1/m) Σ_x of the terms, whose first axis runs over the m examples."""
    agree(got, terms.sum(axis=0) / len(terms), abs(terms).sum(axis=0) / len(terms))


def outer(left: Any, right: Any) -> Any:
    """Per example, all products of a component of the one and a component of the other: (m, k), (m, j) → (m, k, j)."""
    return left[:, :, None] * right[:, None, :]
