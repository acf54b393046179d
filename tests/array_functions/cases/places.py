"""Cases of the functions that pick elements by their places."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.array_functions.cases.arrays import Bad, C, Case, M, N, S, V, W, calls
from tinygrad_lite import errors

ONE = np.array(2.0)
PICKS = np.array([[2, 0, -1], [1, 1, 0]])
windows = np.lib.stride_tricks.sliding_window_view

SAMPLES: dict[str, list[Case]] = {
    "np.fft.fftshift": calls((np.fft.fftshift, V), (np.fft.fftshift, C), (lambda x: np.fft.fftshift(x, axes=1), C)),
    "np.fft.ifftshift": calls((np.fft.ifftshift, V), (lambda x: np.fft.ifftshift(x, (0, 2)), C)),
    "np.repeat": calls((lambda x: np.repeat(x, 3, -1), C), (lambda x: x.repeat([2, 0], axis=0), M), (lambda x: np.repeat(x, 0), V)),
    "np.take": calls(
        (lambda x: np.take(x, 7, mode="wrap"), M), (lambda x: np.take(x, [[-9, 9]], 1, mode="clip"), M), (lambda x: np.take(x, PICKS), V),
        (lambda x: np.take(x, [True, False]), V), (lambda x: x.take([5, -5], 2, mode="wrap"), C), (lambda x: np.take(x, -1, axis=0), C),
    ),
    "np.take_along_axis": calls(
        (lambda x: np.take_along_axis(x, PICKS, axis=1), M), (lambda x: np.take_along_axis(x, PICKS[:, :1] % 2, 0), M),
        (lambda x: np.take_along_axis(x, np.array([3, -1, 3]), axis=None), M), (lambda x: np.take_along_axis(x, PICKS[None, :, :, None][..., :1] % 2, axis=2), C[:, :1, :, None]),
    ),
    "np.compress": calls(
        (lambda x: np.compress([True, False, True], x, axis=1), M), (lambda x: x.compress([0, 2, 0, 1]), M), (lambda x: np.compress(x > 0, x), V),
    ),
    "np.extract": calls((lambda x: np.extract(x > 0, x), M), (lambda x: np.extract([[0, 1], [1, 0]], x), M)),
    "np.delete": calls(
        (lambda x: np.delete(x, 1), M), (lambda x: np.delete(x, [0, -1], 1), M), (lambda x: np.delete(x, slice(None, None, 2), axis=2), C),
        (lambda x: np.delete(x, np.array([True, False]), axis=0), M),
    ),
    "np.insert": calls(
        (lambda x, y: np.insert(x, 1, y), V, ONE), (lambda x, y: np.insert(x, [3, 0, 3], y), V, W[:3]), (lambda x, y: np.insert(x, 1, y, axis=1), M, V[:2]),
        (lambda x, y: np.insert(x, [1], y, axis=1), M, S[:2, :2]), (lambda x: np.insert(x, slice(0, 2), 7, axis=-1), C), (lambda x, y: np.insert(x, 0, y), M, ONE),
    ),
    "np.resize": calls((lambda x: np.resize(x, (4, 4)), M), (lambda x: np.resize(x, 2), M), (lambda x: np.resize(x, (2, 2)), M[:0])),
    "np.trim_zeros": calls(
        (lambda x: np.trim_zeros(x * np.array([0, 1, 1, 0])), V), (lambda x: np.trim_zeros(x * np.array([0, 1, 0, 0]), "b"), V),
        (lambda x: np.trim_zeros(x * 0.0, trim="F"), V),
    ),
    "np.lib.stride_tricks.sliding_window_view": calls(
        (lambda x: windows(x, 2), V), (lambda x: windows(x, (2, 2)), M), (lambda x: windows(x, 3, axis=-1), C), (lambda x: windows(x, (2, 2), (2, 2)), C),
    ),
    "np.diag": calls(*[(lambda x, k=k: np.diag(x, k), x) for x in (V, M) for k in (0, 1, -2)]),
    "np.diagflat": calls((np.diagflat, M), (lambda x: np.diagflat(x, -1), V), (lambda x: np.diagflat(x, k=2), ONE)),
    "np.choose": calls(
        (lambda x, y, z: np.choose(PICKS % 3, [x, y, z]), M, N, ONE), (lambda x, y: np.choose(PICKS, (x, y), mode="wrap"), M, N[0]),
        (lambda x: np.choose([1, 0, 1], x, mode="clip"), M), (lambda x, y: np.choose(0, [x, y]), V, W),
    ),
    "np.select": calls(
        (lambda x, y: np.select([x > 0, y > 0], [x, y]), M, N), (lambda x, y: np.select([x > 0.5, x > -0.5], [x * y, 1], default=y), V, W),
        (lambda x: np.select([M > 0, M[0] < 0], [x, 2 * x], -1.0), N),
    ),
    "np.piecewise": calls(
        (lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda v: v * v, np.sin]), M), (lambda x: np.piecewise(x, x > 0, [np.exp, 0.5]), V),
        (lambda x: np.piecewise(x, [x > 0, x > 1], [1.0, lambda v, n: v**n, lambda v, n: np.cos(v) / n], 3), V), (lambda x: np.piecewise(x, [x > 0], [np.log, 0]), ONE),
        (lambda x: np.piecewise(x, [M[:, 0] < 9], [np.exp]), N),
    ),
    "np.nonzero": calls((np.nonzero, M), (lambda x: np.nonzero(x > 0), C), (lambda x: x.nonzero(), V)),
    "np.argwhere": calls((lambda x: np.argwhere(x > 0), M)),
    "np.flatnonzero": calls((lambda x: np.flatnonzero(x > 0), M)),
    # NumPy before 2.3 counts all in a Python number.
    "np.count_nonzero": calls((lambda x: np.add(np.count_nonzero(x > 0), ONE), M), (lambda x: np.count_nonzero(x > 0, axis=1, keepdims=True), M)),
    "np.searchsorted": calls(
        (lambda x: np.searchsorted(np.sort(W), x), M), (lambda x, y: np.searchsorted(np.sort(x), y, side="right"), V, ONE),
        (lambda x: x.searchsorted(W, sorter=np.argsort(V)), V),
    ),
    "np.unique": calls(
        (np.unique, M), (lambda x: np.unique(x, axis=1), M), (lambda x: np.unique(np.round(N), return_counts=True)[1] * x.sum(), V[:1]),
        (lambda x: np.unique(x, return_index=True, return_inverse=True)[1:], M),
    ),
}  # fmt: skip


def _both(x: Any) -> Any:
    return np.concatenate([x, x])


BAD: list[Bad] = [
    ("two axes of take", lambda t: np.take(t, [0], axis=(0, 1)), errors.ShapeError, r"one axis is needed; got axis=\(0, 1\)"),
    ("take beyond", lambda t: np.take(t, 6), errors.IndexingError, "index 6 is out of bounds"),
    ("take by floats", lambda t: np.take(t, [0.0]), errors.DTypeError, "whole numbers; got dtype float64"),
    ("a mode of take", lambda t: np.take(t, 0, mode="around"), errors.TinygradLiteError, "around"),
    ("out of take", lambda t: np.take(t, 0, out=np.empty(())), errors.UnsupportedError, "out="),
    ("indices of take_along_axis", lambda t: np.take_along_axis(t, np.zeros((2, 1)), 1), errors.DTypeError, "whole numbers; got dtype float64"),
    ("axes of take_along_axis", lambda t: np.take_along_axis(t, np.array([0]), 1), errors.ShapeError, r"\(2, 3\) and \(1,\)"),
    ("repeats", lambda t: np.repeat(t, [1, 2, 3], 0), errors.ShapeError, "np.repeat"),
    ("repeats below 0", lambda t: np.repeat(t, -1), errors.ShapeError, "negative"),
    ("compress beyond", lambda t: np.compress([False] * 3 + [True], t, axis=1), errors.IndexingError, "np.compress"),
    ("compress by a table", lambda t: np.compress([[True]], t), errors.ShapeError, "np.compress"),
    ("delete beyond", lambda t: np.delete(t, 6), errors.IndexingError, "index 6"),
    ("insert beyond", lambda t: np.insert(t, 7, 0.0), errors.IndexingError, "index 7"),
    ("sizes of insert", lambda t: np.insert(t, 0, np.ones(2), axis=0), errors.ShapeError, "np.insert"),
    ("a gradient into integers", lambda t: np.insert(np.arange(3), 0, t[0, 0]), errors.DTypeError, "int64 would lose"),
    ("resize", lambda t: np.resize(t, (-1, 2)), errors.ShapeError, "np.resize"),
    ("a trim", lambda t: np.trim_zeros(t, "x"), errors.UnsupportedError, "'x'"),
    ("a window too wide", lambda t: windows(t, 4, 1), errors.ShapeError, "sliding_window_view"),
    ("a window to write to", lambda t: windows(t, 2, 1, writeable=True), errors.UnsupportedError, "writeable"),
    ("diag of a scalar", lambda t: np.diag(t[0, 0]), errors.ShapeError, r"one or two axes; got shape \(\)"),
    ("half a diagonal", lambda t: np.diag(t[0], 0.5), errors.DTypeError, "whole number; got 0.5"),
    ("choose beyond", lambda t: np.choose([2], [t, t]), errors.ShapeError, "np.choose"),
    ("choose by floats", lambda t: np.choose(t, [t, t]), errors.DTypeError, "np.choose"),
    ("shapes of choose", lambda t: np.choose([0, 0], [t, t]), errors.ShapeError, r"\(2,\) and \(2, 3\)"),
    ("conditions of select", lambda t: np.select([t], [t]), errors.DTypeError, "booleans; got float64"),
    ("choices of select", lambda t: np.select([t > 0], [t, t]), errors.ShapeError, "1 and 2"),
    ("functions of piecewise", lambda t: np.piecewise(t, [t > 0], [1, 2, 3]), errors.ShapeError, "one more; got 3"),
    ("a side", lambda t: np.searchsorted(t[0], t, side="up"), errors.TinygradLiteError, "side"),
    ("searching in a table", lambda t: np.searchsorted(t, 1.0), errors.ShapeError, "np.searchsorted"),
    ("equal values that learn", lambda t: np.unique(_both(t)), errors.UnsupportedError, "no derivative"),
    ("nonzero of a scalar", lambda t: np.nonzero(t[0, 0]), errors.ShapeError, "at least one axis; got a scalar"),
]  # fmt: skip
