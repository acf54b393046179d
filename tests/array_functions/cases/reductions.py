"""Cases of the keywords of reductions: where=, initial=, dtype=, mean=, correction=."""

from __future__ import annotations

import numpy as np

from tests.array_functions.cases.arrays import Bad, Case, M, N, V, calls, over_axes
from tinygrad_lite import errors

MASK = np.array([[True, False, True], [True, True, False]])

SAMPLES: dict[str, list[Case]] = {
    **{
        f"np.{f.__name__}": calls(
            (lambda x, f=f: f(x, axis=0, where=MASK, initial=2.0), M),
            (lambda x, f=f: f(x, where=MASK, keepdims=True, initial=-1.5), M),
            (lambda x, f=f: f(x, initial=2), V),
        )
        for f in (np.sum, np.prod, np.max, np.min)
    },
    "np.amax": over_axes(np.amax),
    "np.amin": over_axes(np.amin),
    "np.ptp": over_axes(np.ptp, axis=1),
    "np.mean": calls(
        (lambda x: np.mean(x, axis=1, where=MASK), M), (lambda x: np.mean(x, where=x > 0), M),
        (lambda x: x.mean(axis=0, dtype=np.float64), M),
    ),
    "np.var": calls(
        (lambda x: np.var(x, axis=1, where=MASK, ddof=1, keepdims=True), M), (lambda x: np.var(x, where=MASK, correction=1), M),
        (lambda x, m: np.var(x, axis=0, mean=m), M, N[:1]), (lambda x: np.var(x, dtype=np.float64), M),
    ),
    "np.std": calls((lambda x: np.std(x, where=MASK, correction=1), M), (lambda x, m: np.std(x, axis=0, mean=m), M, N[:1])),
    "np.any": calls((lambda x: np.any(x > 1, axis=0, where=MASK), M)),
    "np.all": calls((lambda x: np.all(x > -1, axis=1, where=MASK), M)),
}  # fmt: skip

BAD: list[Bad] = [
    ("where= of numbers", lambda t: np.sum(t, where=M), errors.DTypeError, "where= takes truths"),
    ("where= of another shape", lambda t: np.sum(t, where=MASK[:, :2]), errors.ShapeError, r"where=.*\(2, 3\).*\(2, 2\)"),
    ("where= of more axes", lambda t: np.mean(t, where=MASK[None]), errors.ShapeError, r"\(1, 2, 3\)"),
    ("max with where= alone", lambda t: np.max(t, where=MASK), errors.DomainError, "initial="),
    ("initial= of several", lambda t: np.sum(t, initial=[1.0, 2.0]), errors.ShapeError, r"one number; got shape \(2,\)"),
    ("initial= of a float", lambda t: np.sum(t.astype(int), initial=1.5), errors.DTypeError, "initial=.*float64.*int64"),
    ("initial= too large", lambda t: np.max(t.astype(np.uint8), initial=300), errors.DTypeError, "initial=300"),
    ("dtype= of an average", lambda t: np.mean(t, dtype=int), errors.DTypeError, "np.mean computes in floating"),
    ("dtype= that is none", lambda t: t.sum(1, True), errors.DTypeError, "True is no dtype"),
    ("correction and ddof", lambda t: np.var(t, ddof=1, correction=1), errors.DomainError, "same"),
    ("mean= of another shape", lambda t: np.var(t, axis=1, mean=np.ones(2)), errors.ShapeError, r"mean=.*keepdims"),
    ("a variance of nothing", lambda t: np.var(t, where=np.zeros((2, 3), bool)), errors.DomainError, "got 0"),
    ("axis of prod twice", lambda t: np.prod(t, axis=(1, -1)), errors.ShapeError, "once"),
    ("integers of a gradient", lambda t: np.sum(t, dtype=int), errors.DTypeError, "tracks a gradient, which int64 would lose"),
    ("axis of prod", lambda t: np.prod(t, axis=0.5), errors.DTypeError, "an axis is a whole number; got 0.5"),
    ("max of nothing", lambda t: np.max(t[:0]), errors.ShapeError, r"\(0, 3\)"),
    ("out= of sum", lambda t: t.sum(out=np.empty(())), errors.UnsupportedError, "out="),
]  # fmt: skip
