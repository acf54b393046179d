"""Sample matrices for the primitives of linear algebra: well conditioned, and no two of their values close."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def turned(values: Any, shape: tuple[int, ...], seed: int = 0) -> Array:
    """Matrices of a shape (..., m, n) with these singular values, between random turns."""
    rng = np.random.default_rng([seed, *shape])
    *_, rows, columns = shape
    k = min(rows, columns)
    left, right = (np.linalg.qr(rng.normal(size=(*shape[:-2], n, k)))[0] for n in (rows, columns))
    return (left * np.asarray(values, float)[:k]) @ np.swapaxes(right, -1, -2)


def symmetric(values: Any, shape: tuple[int, ...], seed: int = 0) -> Array:
    """Symmetric matrices of a shape (..., n, n) with these eigenvalues."""
    q = np.linalg.qr(np.random.default_rng([seed, *shape]).normal(size=shape))[0]
    return (q * np.asarray(values, float)) @ np.swapaxes(q, -1, -2)


SQUARE, SQUARES = turned([3.0, 2.0, 1.0], (3, 3)), turned([2.5, 1.0], (2, 2, 2))
TALL, WIDE = turned([3.0, 1.5], (3, 2)), turned([3.0, 1.5], (2, 3))
DEFINITE, DEFINITES = symmetric([1.0, 2.0, 4.0], (3, 3)), symmetric([1.0, 2.5], (2, 2, 2))
MIXED, MIXEDS = symmetric([-1.0, 0.5, 2.0], (3, 3)), symmetric([-1.0, 2.5], (2, 2, 2))
