"""Cases of statistics: averages, covariances, quantiles, and reductions that pass over nan."""

from __future__ import annotations

import numpy as np

from tests.array_functions.cases.arrays import Bad, C, Case, M, N, S, V, W, calls, over_axes
from tinygrad_lite import errors

POSITIVE = np.array([0.4, 1.3, 0.9])
# Added to a tensor it makes nan of some elements, and leaves the gradient of the others.
HOLES = np.where(np.eye(2, 3, dtype=bool), np.nan, 0.0)
METHODS = [
    "linear", "lower", "higher", "nearest", "midpoint", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased",
]  # fmt: skip


def passing_over(function: object, **more: object) -> list[Case]:
    keywords = [{}, {"axis": 0, **more}, {"axis": (1,), "keepdims": True}, {"axis": (0, 1)}]
    return calls(*[(lambda x, k=k: function(x + HOLES, **k), M) for k in keywords], (function, V))  # type: ignore[operator]


SAMPLES: dict[str, list[Case]] = {
    "np.average": calls(
        (np.average, M), (lambda x: np.average(x, axis=1, keepdims=True), C), (lambda x, w: np.average(x, axis=1, weights=w), M, POSITIVE),
        (lambda x, w: np.average(x, weights=w, returned=True), V, np.abs(W)),
        (lambda x, w: np.average(x, axis=(2, 0), weights=w), C, np.abs(C[:, 0].T)),
        (lambda x: np.average(x, axis=0, returned=True), M), (lambda w: np.average(M, axis=1, weights=w), POSITIVE),
    ),
    "np.cov": calls(
        (np.cov, M), (np.cov, V), (lambda x, y: np.cov(x, y), V, W), (lambda x: np.cov(x, rowvar=False, ddof=0), C[0]),
        (lambda x, w: np.cov(x, aweights=w), S, POSITIVE), (lambda x: np.cov(x, bias=True, fweights=np.array([1, 2, 3])), S),
        (lambda x, w: np.cov(x, aweights=w, fweights=np.array([1, 2, 3])), S, POSITIVE),
    ),
    "np.corrcoef": calls((np.corrcoef, C[0]), (lambda x, y: np.corrcoef(x, y), V, W), (lambda x: np.corrcoef(x, rowvar=False), C[:, 0].T)),
    "np.median": over_axes(np.median, axis=1),
    "np.nanmedian": passing_over(np.nanmedian),
    **{
        f"np.{name}quantile": calls(
            *[(lambda x, m=m, f=f: f(x, 0.3, method=m), V) for m in METHODS],
            (lambda x, f=f: f(x, [0.1, 0.5], axis=(0, 2)), C), (lambda x, f=f: f(x, [0.25], axis=-1, keepdims=True), M),
            (lambda x, f=f: f(x, 1), M),
        )
        for name, f in (("", np.quantile), ("nan", np.nanquantile))
    },
    "np.percentile": calls((lambda x: np.percentile(x, [[10, 35.5]], axis=0), M), (lambda x: np.percentile(x, 80), C)),
    "np.nanpercentile": passing_over(lambda x, **k: np.nanpercentile(x, [20.0, 70.0], **k)),
    "np.nan_to_num": calls(
        (lambda x: np.nan_to_num(x + HOLES), M), (np.nan_to_num, V),
        (lambda x: np.nan_to_num(x + 2 * HOLES, nan=1.5), M),
        (lambda x: np.nan_to_num(np.where(x > 1, np.inf, np.where(x < -1, -np.inf, x)), posinf=3, neginf=-4.0), M),
    ),
    "np.nansum": passing_over(np.nansum, initial=1.0),
    "np.nanprod": passing_over(np.nanprod, initial=2.0),
    "np.nanmax": passing_over(np.nanmax, initial=-9.0, where=N > -1),
    "np.nanmin": passing_over(np.nanmin),
    "np.nanmean": passing_over(np.nanmean),
    "np.nanvar": [*passing_over(lambda x, **k: np.nanvar(x[:, 1:] if x.ndim > 1 else x, **k)), *calls(
        (lambda x: np.nanvar(x + HOLES, axis=1, ddof=1, where=np.array([True, True, True])), M),
        (lambda x: np.nanvar(x + HOLES, axis=0, mean=2 * x[:1]), M),
    )],
    "np.nanstd": calls((lambda x: np.nanstd(x + HOLES, ddof=1), M), (lambda x: np.nanstd(x + HOLES, axis=1), M)),
}  # fmt: skip

BAD: list[Bad] = [
    ("an average of nothing", lambda t: np.average(t[:0]), errors.ShapeError, r"\(0, 3\)"),
    ("weights of another size", lambda t: np.average(t, axis=0, weights=[1.0, 2, 3]), errors.ShapeError, r"\(2, 3\).*\(3,\)"),
    ("weights without an axis", lambda t: np.average(t, weights=[1.0, 2, 3]), errors.ShapeError, "axis=None"),
    ("weights that sum to 0", lambda t: np.average(t, axis=0, weights=[1.0, -1]), errors.DomainError, "sum to 0"),
    ("a covariance of one", lambda t: np.cov(t[:, :1]), errors.DomainError, "ddof=1"),
    ("a covariance of three axes", lambda t: np.cov(t[None]), errors.ShapeError, r"\(1, 2, 3\)"),
    ("frequencies that are no counts", lambda t: np.cov(t, fweights=POSITIVE), errors.DTypeError, "aweights"),
    ("weights of a covariance", lambda t: np.cov(t, aweights=[1.0, 2.0]), errors.ShapeError, r"3 aweights; got shape \(2,\)"),
    ("negative weights", lambda t: np.cov(t, aweights=[1.0, 2.0, -1.0]), errors.DomainError, "not negative"),
    ("q above 1", lambda t: np.quantile(t, 1.5), errors.ShapeError, "range"),
    ("q that is tracked", lambda t: np.quantile(t, abs(t[0, 0]) / 9), errors.DetachError, r"q\.detach\(\)"),
    ("an unknown method", lambda t: np.quantile(t, 0.5, method="best"), errors.ShapeError, "best"),
    ("a weighted quantile", lambda t: np.quantile(t, 0.5, weights=M > 0), errors.UnsupportedError, "weights="),
    ("a quantile of truths", lambda t: np.quantile(t > 0, 0.5), errors.DTypeError, "bool"),
    ("a quantile of nothing", lambda t: np.quantile(t[:0], 0.5), errors.ShapeError, r"\(0, 3\)"),
    ("nanquantiles in a square", lambda t: np.nanquantile(t, np.ones((2, 2))), errors.ShapeError, "at most one axis"),
    ("nan_to_num in place", lambda t: np.nan_to_num(t, copy=False), errors.UnsupportedError, "copy=False"),
    ("a nanvar of one", lambda t: np.nanvar(t + HOLES, axis=0, ddof=1), errors.DomainError, "ddof=1"),
]  # fmt: skip
