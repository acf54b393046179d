"""Cases of running sums and products, differences, slopes, areas, and lines between points."""

from __future__ import annotations

import numpy as np

from tests.array_functions.cases.arrays import Bad, C, Case, M, N, V, W, calls
from tinygrad_lite import errors

ZEROS = np.array([[0.0, 1.5, -2.0], [1.5, 0.0, 0.0]])
HOLES = np.where(np.eye(2, 3, dtype=bool), np.nan, 0.0)
STEPS = np.array([0.4, 1.3, 0.9, 0.7])
QUERIES = np.array([-0.3, 0.6, 0.9, 2.2, 9.0])

SAMPLES: dict[str, list[Case]] = {
    "np.linspace": calls(
        (lambda x, y: np.linspace(x, y, 5), np.array(0.3), np.array(-1.7)), (lambda x: np.linspace(x, 2.0, 4, endpoint=False), M),
        (lambda x, y: np.linspace(x, y, 3, axis=-1), M, N), (lambda x, y: np.linspace(x, y, 1), V, W), (lambda x: np.linspace(x, 2, 0), V),
        (lambda x: np.linspace(x, x, 3, dtype=np.float32), V), (lambda x: np.linspace(x.detach() if hasattr(x, "detach") else x, 4, 5, dtype=int), V), (lambda x, y: np.linspace(x, y, 7, retstep=True), M, V[:3]),
    ),
    "np.cumsum": calls((lambda x: np.cumsum(x, dtype=np.float64), M)),
    "np.cumprod": calls(
        (np.cumprod, M), (lambda x: np.cumprod(x, axis=1), C), (lambda x: x.cumprod(0), ZEROS), (lambda x: np.cumprod(x, axis=1), ZEROS),
    ),
    "np.nancumsum": calls((lambda x: np.nancumsum(x + HOLES, axis=1), M), (np.nancumsum, V)),
    "np.nancumprod": calls((lambda x: np.nancumprod(x + HOLES, axis=0), M), (np.nancumprod, V)),
    **({
        "np.cumulative_sum": calls((np.cumulative_sum, V), (lambda x: np.cumulative_sum(x, axis=1, include_initial=True), M)),
        "np.cumulative_prod": calls((np.cumulative_prod, V), (lambda x: np.cumulative_prod(x, axis=0, include_initial=True), ZEROS)),
    } if hasattr(np, "cumulative_sum") else {}),
    **{
        f"np.{ufunc.__name__}.accumulate": calls((ufunc.accumulate, V), (lambda x, u=ufunc: u.accumulate(x, axis=1), C))
        for ufunc in (np.add, np.multiply, np.maximum, np.minimum)
    },
    "np.diff": calls(
        (np.diff, M), (lambda x: np.diff(x, 2, axis=0), S := np.concatenate([M, 2 * N])), (lambda x: np.diff(x, 0), V),
        (lambda x, y: np.diff(x, prepend=0.5, append=y), M, N[:, :1]), (lambda x: np.diff(x > 0), V),
    ),
    "np.ediff1d": calls((np.ediff1d, M), (lambda x, y: np.ediff1d(x, to_begin=y, to_end=1.0), V, W)),
    "np.gradient": calls(
        (np.gradient, V), (np.gradient, S), (lambda x: np.gradient(x, 0.3, axis=0), M), (lambda x: np.gradient(x, 2.0, [0.0, 1, 4, 5], axis=(1, 2)), C),
        (lambda x: np.gradient(x, edge_order=2), V), (lambda x: np.gradient(x, [0.0, 1, 4, 5], edge_order=2), V),
        (lambda x, h: np.gradient(x, np.cumsum(h)), V, STEPS), (lambda x, h: np.gradient(x, h, axis=-1, edge_order=2), C, np.array(0.7)),
    ),
    "np.trapezoid": calls(
        (np.trapezoid, V), (np.trapezoid, M, N), (lambda y, x: np.trapezoid(y, x), V, STEPS), (lambda y: np.trapezoid(y, dx=0.2, axis=1), C),
        (lambda y, x: np.trapezoid(y, x, axis=0), np.stack([V, W, V, W]), STEPS),
    ),
    "np.interp": calls(
        (lambda x, h, y: np.interp(x, np.cumsum(h), y), QUERIES, STEPS, V), (lambda x, y: np.interp(x, [0.0, 1, 2, 3], y), np.array(0.7), V),
        (lambda x: np.interp(x, [0.0, 1, 2, 3], V, left=2 * x[1], right=2.0), QUERIES),
        (lambda x, y: np.interp(x, [0.1, 1.1, 2, 0.45], y, period=1.7), QUERIES, V), (lambda x, y: np.interp(x, [1.0], y), QUERIES, V[:1]),
    ),
}  # fmt: skip

BAD: list[Bad] = [
    ("axis of cumprod", lambda t: np.cumprod(t, axis=2), errors.ShapeError, "axis 2"),
    ("out= of cumprod", lambda t: np.cumprod(t, out=np.empty(6)), errors.UnsupportedError, "out="),
    ("accumulate of subtract", lambda t: np.subtract.accumulate(t), errors.UnsupportedError, r"np\.subtract\.accumulate"),
    ("dtype= of accumulate", lambda t: np.maximum.accumulate(t, dtype=float), errors.UnsupportedError, "dtype="),
    ("n of diff", lambda t: np.diff(t, -1), errors.ShapeError, "n=-1"),
    ("sizes of prepend", lambda t: np.diff(t, prepend=np.ones((3, 1))), errors.ShapeError, r"\(3, 1\)"),
    ("an end of another dtype", lambda t: np.ediff1d(t.astype(int), to_end=1.5), errors.DTypeError, "int64.*float64"),
    ("gradient of one point", lambda t: np.gradient(t[:1], axis=0), errors.ShapeError, "2 points; axis 0 has 1"),
    ("edges of two points", lambda t: np.gradient(t, axis=0, edge_order=2), errors.ShapeError, "3 points; axis 0 has 2"),
    ("edge_order", lambda t: np.gradient(t, edge_order=3), errors.ShapeError, "edge_order"),
    ("coordinates", lambda t: np.gradient(t, [1.0, 2.0], axis=1), errors.ShapeError, r"axis 1 has size 3.*\(2,\)"),
    ("spacings", lambda t: np.gradient(t, 1.0, 2.0, axis=1), errors.ShapeError, "got 2"),
    ("gradient of truths", lambda t: np.gradient(t > 0), errors.DTypeError, "bool"),
    ("x of trapezoid", lambda t: np.trapezoid(t, [0.0, 1.0]), errors.ShapeError, "size 3 takes as many x; got 2"),
    ("sizes of interp", lambda t: np.interp(t, [0.0, 1.0], V), errors.ShapeError, r"\(2,\) and \(4,\)"),
    ("xp that falls", lambda t: np.interp(t, [1.0, 0.0], [1.0, 2.0]), errors.DomainError, "increases"),
    ("period 0", lambda t: np.interp(t, [1.0, 2.0], [1.0, 2.0], period=0), errors.DomainError, "period"),
]  # fmt: skip
