"""Cases of sorting, and of what is asked of numbers without a gradient."""

from __future__ import annotations

import numpy as np

from tests.array_functions.cases.arrays import Bad, C, Case, M, N, V, along_one, calls
from tinygrad_lite import errors

BINS = np.array([-1.0, 0.1, 1.1])

SAMPLES: dict[str, list[Case]] = {
    "np.sort": calls(
        (lambda x: np.sort(x, axis=None), M), (lambda x: np.sort(x, kind="heapsort"), M), (lambda x: np.sort(x, stable=True), V),
    ),
    "np.argsort": calls(
        (np.argsort, C), (lambda x: np.argsort(x, axis=None), M), (lambda x: x.argsort(0), M),
        (lambda x: np.argsort(-x, kind="stable"), V),
    ),
    "np.partition": calls(
        (lambda x: np.partition(x, 2), C), (lambda x: np.partition(x, (1, -1), axis=0), C), (lambda x: np.partition(x, 3, None), M),
    ),
    "np.argpartition": calls((lambda x: np.argpartition(x, 2), C), (lambda x: x.argpartition(1, axis=0), M)),
    "np.digitize": calls((lambda x: np.digitize(x, BINS), M), (lambda x: np.digitize(x, BINS, right=True), V)),
    "np.nanargmax": along_one(np.nanargmax),
    "np.nanargmin": along_one(np.nanargmin),
    "np.isclose": calls((lambda x: np.isclose(x, M + 1e-3, atol=0.1), M), (np.isclose, M, N)),
    "np.array_equiv": calls((lambda x: np.array_equiv(x, np.stack([M, M])), M), (np.array_equiv, M, N)),
}  # fmt: skip

BAD: list[Bad] = [
    ("sort in place", lambda t: t.sort(), errors.UnsupportedError, r"np\.sort\(t\)"),
    ("partition in place", lambda t: t.partition(1), errors.UnsupportedError, r"np\.partition"),
    ("axis of sort", lambda t: np.sort(t, axis=2), errors.ShapeError, "axis 2"),
    ("axes of sort", lambda t: np.sort(t, axis=(0, 1)), errors.ShapeError, "one axis"),
    ("kind of sort", lambda t: np.sort(t, kind="bogo"), errors.ShapeError, "bogo"),
    ("kind and stable", lambda t: np.sort(t, kind="stable", stable=True), errors.ShapeError, "same time"),
    ("order of sort", lambda t: np.argsort(t, order="x"), errors.UnsupportedError, "order="),
    ("kth", lambda t: np.partition(t, 3), errors.ShapeError, r"np\.partition of shape \(2, 3\).*kth"),
    ("sizes of isclose", lambda t: np.isclose(t, np.ones(2)), errors.ShapeError, r"\(2, 3\).*\(2,\)"),
    ("unique along no axis", lambda t: np.unique(t, axis=2), errors.ShapeError, "axis 2"),
]  # fmt: skip
