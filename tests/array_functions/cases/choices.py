"""Cases of the functions that choose between values."""

from __future__ import annotations

import numpy as np

from tests.array_functions.cases.arrays import Bad, Case, M, N, calls
from tinygrad_lite import errors

SAMPLES: dict[str, list[Case]] = {
    "np.clip": calls(
        (lambda x, low, high: np.clip(x, low, high), M, N - 1.3, N + 1.4),
        (lambda x: np.clip(np.arange(6).reshape(2, 3), x, 2.2), M),
        (lambda x: np.clip(x, np.uint8(1), np.int64(-(2**63))), M),
        (lambda x: x.clip(None, 1), M),
        (lambda x: x.clip(1, max=None), M),
    ),
    "np.where": calls(
        (lambda x: np.where(x > 0), M),
        (lambda x: np.where(x > 9), M),
        (lambda x: np.where(x > 0, np.uint8(3), x), M),
        (lambda x, y: np.where(x, x, y), M, N),
    ),
}

BAD: list[Bad] = [
    ("where with keywords", lambda t: np.where(t > 0, x=t, y=0), TypeError, "positional|keyword"),
    ("where of two", lambda t: np.where(t > 0, t), errors.UnsupportedError, "two choices.*got 1"),
    (
        "bounds in two spellings",
        lambda t: np.clip(t, -1, 1, max=1),
        errors.UnsupportedError,
        "a_min and a_max, or as min and",
    ),
    ("sizes of clip", lambda t: np.clip(t, np.zeros(2), 1), errors.ShapeError, r"\(2, 3\) and \(2,\)"),
    (
        "a bound that no byte holds",
        lambda t: (t > 0).astype(np.uint8).clip(300),
        errors.DTypeError,
        "300.*uint8.*astype",
    ),
]
