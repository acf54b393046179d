"""What a call does, as one value that can be compared: its results or its error, and its warnings."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygrad_lite as tg

__all__ = ["Observed", "alike", "observed"]


@dataclass(frozen=True)
class Observed:
    """results: what came out, or None. error: its type and text. warned: types and texts of warnings."""

    results: Any
    error: tuple[str, str] | None
    warned: frozenset[tuple[str, str]]

    @property
    def refused(self) -> bool:
        """Whether tg.compile said that it cannot compile the function."""
        return self.error is not None and self.error[0] == tg.errors.CompileError.__name__


def observed(call: Callable[[], Any]) -> Observed:
    """What a call does. Arrays among its results are copied, so that later calls cannot change them."""
    results, error = None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            results = _copied(call())
        except Exception as e:
            error = type(e).__name__, str(e)
    return Observed(results, error, frozenset((w.category.__name__, str(w.message)) for w in caught))


def alike(one: Observed, other: Observed, rtol: float = 1e-12) -> bool:
    """Whether two calls did the same: errors and warnings in the same words, numbers of arrays to rtol of the largest."""
    return one.error == other.error and one.warned == other.warned and same(one.results, other.results, rtol)


def same(a: Any, b: Any, rtol: float) -> bool:
    """Whether results are nested alike, of the same types, shapes and dtypes, and nearly equal."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k], rtol) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y, rtol) for x, y in zip(a, b, strict=True))
    if isinstance(a, tg.Tensor):
        return a.requires_grad == b.requires_grad and same(a.numpy(), b.numpy(), rtol)
    if isinstance(a, np.ndarray | np.generic | float):
        return _near(np.asarray(a), np.asarray(b), rtol)
    return bool(a == b)


def _near(a: Any, b: Any, rtol: float) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    rtol = min(rtol * float(np.finfo(a.dtype).eps / np.finfo(np.float64).eps), max(rtol, 0.05))
    largest = np.abs(a[np.isfinite(a)]).max(initial=1.0)
    return np.allclose(a, b, rtol=0, atol=rtol * float(largest), equal_nan=True)


def _copied(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x.copy()
    if isinstance(x, dict):
        return {k: _copied(v) for k, v in x.items()}
    if type(x) in (list, tuple):
        return type(x)(_copied(v) for v in x)
    return x
