"""Derivatives from values alone, by extrapolated differences, and the comparison with them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def slope(f: Callable[[float], Any], h: float = 0.04, levels: int = 4) -> Any:
    """f′(0) by central differences at h, h/2, h/4, ..., extrapolated to h = 0: about 12 digits for smooth f."""
    row = [(f(s) - f(-s)) / (2 * s) for s in (h / 2**k for k in range(levels))]
    for order in range(1, levels):
        row = [b + (b - a) / (4**order - 1) for a, b in pairwise(row)]
    return row[0]


def difference_gradients(f: Callable[..., Any], inputs: list[Array]) -> list[Array]:
    """The gradient of the scalar function f by every element of every input, from its values alone."""
    found = []
    for i, x in enumerate(inputs):
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):

            def along(t: float, i: int = i, index: tuple[int, ...] = index) -> Any:
                moved = [a.copy() for a in inputs]
                moved[i][index] += t
                return f(*moved)

            gradient[index] = slope(along)
        found.append(gradient)
    return found


def close(got: Any, expected: Any, tolerance: float) -> None:
    """Equal shapes, and elements that agree to the tolerance, relative to the largest of them."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * scale)


def summed_to(g: Array, shape: tuple[int, ...]) -> Array:
    """What broadcasting spread from `shape` to g.shape, added up again."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)
