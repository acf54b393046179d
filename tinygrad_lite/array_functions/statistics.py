"""NumPy's statistics on Tensors: weighted averages, covariances, quantiles, and reductions that pass over nan."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.array_functions import reductions
from tinygrad_lite.array_functions.arguments import (
    Axis,
    asked,
    averaged,
    axes_last,
    axes_of,
    axis_of,
    broadcasts_to,
    cast,
    count_of,
    fact,
    given_back,
    kept,
    mask_of,
    plain,
    refuse,
    untracked,
)
from tinygrad_lite.array_functions.places import take_along_axis
from tinygrad_lite.array_functions.sorting import in_order
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import DomainError, DTypeError, ShapeError, UnsupportedError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import as_tensor

# --- averages ---------------------------------------------------------------------------------------------------------


@implements(np.average)
@composite
def average(a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    a = as_tensor(a)
    if a.size == 0:
        raise ShapeError(f"np.average needs at least one number; got shape {a.shape}.")
    if weights is None:
        found = reductions.mean(a, axis, keepdims=keepdims)
        total = as_tensor(np.asarray(count_of(a.shape, axis))).astype(found.dtype)
    else:
        w = as_tensor(weights)
        dtype = np.result_type(a.dtype, w.dtype, *(["f8"] if a.dtype.kind != "f" else []))
        a, w = cast(a, dtype, "np.average"), cast(_along_axes(w, a.shape, axis), dtype, "np.average")
        total = p.sum_(w, axis=axis_of(axis), keepdims=keepdims)
        if np.any(plain(total) == 0):
            raise DomainError("np.average needs weights that do not sum to 0.")
        found = p.sum_(a * w, axis=axis_of(axis), keepdims=keepdims) / total
    return (found, p.broadcast_to(total, shape=found.shape)) if returned else found


def _along_axes(w: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """Weights in the shape of what they weigh; those of fewer axes lie along the axes that are averaged over."""
    if w.shape == shape:
        return w
    axes = () if axis is None else axes_of(axis, len(shape))
    if not axes or w.shape != tuple(shape[i] for i in axes):
        raise ShapeError(
            f"np.average of shape {shape}, axis={axis}, takes weights of that shape or of the sizes along the axes; "
            f"got {w.shape}."
        )
    w = p.transpose(w, axes=tuple(sorted(range(len(axes)), key=axes.__getitem__)))
    return p.broadcast_to(p.reshape(w, shape=[n if i in axes else 1 for i, n in enumerate(shape)]), shape=shape)


# --- covariances ------------------------------------------------------------------------------------------------------


def _rows(x: Any, rowvar: bool) -> Any:
    """One variable in each row."""
    x = as_tensor(x)
    if x.ndim > 2:
        raise ShapeError(f"np.cov takes one or two axes; got shape {x.shape}.")
    return p.reshape(x, shape=(1, -1)) if x.ndim < 2 else x if rowvar else x.T


@implements(np.cov)
@composite
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    if not isinstance(bias, int | np.bool_):  # NumPy counts None as True here, and 0 as False
        raise DTypeError(f"np.cov: bias= is True or False; got {bias!r}.")
    rows = [_rows(m, rowvar), *([] if y is None else [_rows(y, rowvar)])]
    x = p.concatenate(*rows, axis=0) if len(rows) > 1 else rows[0]
    if x.shape[0] == 0:
        raise ShapeError(f"np.cov needs at least one variable; got shape {x.shape}.")
    x = averaged(x, np.result_type(x.dtype, np.float64) if dtype is None else dtype, "np.cov")
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = _weights_of(x.shape[1], fweights, aweights)
    if w is None:
        count: Any = x.shape[1] - ddof
        centred = x - reductions.mean(x, axis=1, keepdims=True)
        weighted = centred
    else:
        total = np.sum(w)
        count = total - ddof * (1.0 if aweights is None else np.sum(w * as_tensor(aweights)) / total)
        centred = x - p.sum_(x * w, axis=1, keepdims=True) / total
        weighted = centred * w
    if not plain(count) > 0:
        raise DomainError(f"a covariance with ddof={ddof} needs more than {ddof} values; got shape {x.shape}.")
    found = weighted @ centred.T / count
    found = cast(found, x.dtype, "np.cov")
    return p.reshape(found, shape=()) if x.shape[0] == 1 else found


def _weights_of(n: int, fweights: Any, aweights: Any) -> Any:
    """How often each observation counts: its frequency times its importance; None where all count once."""
    found = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is None:
            continue
        w = as_tensor(given)
        if w.shape != (n,):
            raise ShapeError(f"np.cov of {n} observations takes {n} {name}; got shape {w.shape}.")
        if np.any(plain(w) < 0):
            raise DomainError(f"np.cov takes {name} that are not negative.")
        if name == "fweights" and w.dtype.kind not in "iu":
            raise DTypeError(f"np.cov takes integers as fweights; got dtype {w.dtype}. Did you mean aweights=?")
        found = w if found is None else found * w
    return None if found is None else cast(found, np.dtype(np.float64), "np.cov")


@implements(np.corrcoef)
@composite
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    i = np.arange(c.shape[0])
    deviation = p.sqrt(c[i, i])
    found = c / deviation[:, None] / deviation[None, :]
    # Rounding can lead out of [-1, 1]. The number is cut there, its derivatives are not.
    return found + p.stop_gradient(p.minimum(p.maximum(found, -1), 1) - found)


# --- quantiles --------------------------------------------------------------------------------------------------------


def _ordered(a: Any, axis: Axis, ignore_nan: bool) -> tuple[Any, Any]:
    """a sorted along these axes, made into the last one; and how many of its elements count: an array without that axis."""
    if a.dtype.kind == "b":
        raise DTypeError("a quantile interpolates between numbers; got dtype bool. Use .astype(float) first.")
    x = axes_last(a, axes_of(axis, a.ndim))
    counts = np.full(x.shape[:-1], x.shape[-1])
    if ignore_nan:
        counts = counts - np.isnan(plain(x)).sum(axis=-1)
        if np.any(counts == 0):
            warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=3)
    return in_order(x, x.ndim - 1), counts


def _or_nan(found: Any, ordered: Any, ignore_nan: bool) -> Any:
    """What was found, or nan where a nan was among the numbers: sorted, it is the last."""
    last = ordered[..., -1]
    if ignore_nan or (TRACE.get() is None and not np.isnan(plain(last)).any()):
        return found
    return p.where(p.isnan(last), last, found)


def _median(name: str, ignore_nan: bool) -> Callable[..., Any]:
    def median(
        a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False
    ) -> Any:
        """The middle element, or the mean of the two in the middle."""
        refuse(out=out, overwrite_input=overwrite_input or None)
        if count_of(a.shape, axis) == 0:
            return reductions.mean(a, axis, keepdims=keepdims)  # nan, of which NumPy warns
        x, counts = _ordered(averaged(a, None, f"np.{name}"), axis, ignore_nan)
        low, high = (
            take_along_axis(x, (np.maximum(counts - i, 0) // 2)[..., None], x.ndim - 1)[..., 0] for i in (1, 0)
        )
        even = counts % 2 == 0
        found = (low + p.where(even, high, 0)) / np.where(even, 2, 1).astype(x.dtype)
        found = kept(_or_nan(found, x, ignore_nan), a.shape, axes_of(axis, a.ndim), keepdims)
        return given_back(found, a, None)

    median.__name__ = name
    return composite(median)


implements(np.median)(_median("median", ignore_nan=False))
implements(np.nanmedian)(_median("nanmedian", ignore_nan=True))


def _places(function: Any, q: Any, method: str, counts: Any, dtype: Any) -> Any:
    """Where the quantiles of as many sorted numbers lie, as NumPy has it: those of 0, 1, 2, … q is the last axis."""
    of = {n: asked(function, np.arange(n, dtype=dtype), q, method=method) for n in set(np.maximum(counts, 1).flat)}
    return np.array([of[max(n, 1)] for n in counts.flat], dtype).reshape(*counts.shape, np.size(q))


def _quantile(name: str, ignore_nan: bool) -> Callable[..., Any]:
    function = getattr(np, name)

    def quantile(
        a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
        keepdims: bool = False, *, weights: Any = None,
    ) -> Any:  # fmt: skip
        """A mixture of the two sorted numbers between which the quantile lies, or with some methods one of them."""
        refuse(out=out, overwrite_input=overwrite_input or None, weights=weights)
        a = as_tensor(a)
        untracked(f"np.{name}", q=q)
        q = plain(q)
        if count_of(a.shape, axis) == 0 or (ignore_nan and a.size == 0):
            raise ShapeError(f"np.{name} needs at least one number; got shape {a.shape} along axis {axis}.")
        if ignore_nan and np.ndim(q) > 1:
            raise ShapeError(
                f"np.{name} takes q of at most one axis: NumPy itself mixes them up; got shape {np.shape(q)}."
            )
        x, counts = _ordered(a, axis, ignore_nan)
        dtype = asked(function, np.zeros(x.shape, a.dtype), q, axis=-1, method=method).dtype
        discrete = asked(function, np.arange(2), q, method=method).dtype.kind in "iu"  # an element, not a mixture
        places = _places(function, q, method, counts, np.dtype(np.intp if discrete else np.float64))
        x = x if discrete or x.dtype.kind == "f" else cast(x, dtype, f"np.{name}")
        low = np.floor(places).astype(np.intp)
        found = take_along_axis(x, low, x.ndim - 1)
        if not discrete:
            high = take_along_axis(x, np.minimum(low + 1, np.maximum(counts, 1)[..., None] - 1), x.ndim - 1)
            t = places - low
            step = high - found
            found = p.where(t >= 0.5, high - step * (1 - t).astype(dtype), found + step * t.astype(dtype))
        found = cast(found, dtype, f"np.{name}")
        found = _or_nan(found, x[..., None, :], ignore_nan)
        found = p.transpose(found, axes=(found.ndim - 1, *range(found.ndim - 1)))
        found = p.reshape(found, shape=np.shape(q) + found.shape[1:])
        return kept(found, a.shape, axes_of(axis, a.ndim), keepdims)

    quantile.__name__ = name
    return composite(quantile)


for _name in ("quantile", "percentile", "nanquantile", "nanpercentile"):
    implements(getattr(np, _name))(_quantile(_name, _name.startswith("nan")))


# --- passing over nan -------------------------------------------------------------------------------------------------


@implements(np.nan_to_num)
@composite
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """What is not finite replaced by numbers; there the gradient is 0."""
    x = as_tensor(x)
    if not copy:
        raise UnsupportedError(
            "a Tensor is not written to in place, so copy=False is not supported. Use the returned value."
        )
    if x.dtype.kind != "f":
        return x
    for value in (nan, posinf, neginf):
        if not broadcasts_to(np.shape(value), x.shape):
            raise ShapeError(f"np.nan_to_num: shape {np.shape(value)} does not broadcast to that of x, {x.shape}.")
    largest = np.finfo(x.dtype).max
    highest, lowest = (largest if posinf is None else posinf), (-largest if neginf is None else neginf)
    infinite = p.isinf(x)
    for places, number in (
        (p.isnan(x), nan),
        (p.logical_and(infinite, x > 0), highest),
        (p.logical_and(infinite, x < 0), lowest),
    ):
        x = p.where(places, cast(as_tensor(number), x.dtype, "np.nan_to_num"), x)
    return x


@implements(np.nansum)
@composite
def nansum(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    return reductions.sum_(_without_nan(a, 0), axis, dtype, out, keepdims, initial, where)


def _without_nan(a: Any, other: float) -> Any:
    return a if a.dtype.kind != "f" else p.where(p.isnan(a), other, a)


@implements(np.nanprod)
@composite
def nanprod(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    return reductions.prod(_without_nan(a, 1), axis, dtype, out, keepdims, initial, where)


def _nan_extremum(name: str, extremum: Any, least: float) -> Callable[..., Any]:
    def nanextremum(
        a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
    ) -> Any:
        found = extremum(_without_nan(a, least), axis, out, keepdims, initial, where)
        if initial is not None or a.dtype.kind != "f":
            return found
        empty = np.isnan(plain(a)).all(axis=axis_of(axis), keepdims=keepdims)
        if not np.any(empty):
            return found
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=2)
        return p.where(empty, np.nan, found)

    nanextremum.__name__ = name
    return composite(nanextremum)


implements(np.nanmax)(_nan_extremum("nanmax", reductions.max_, -math.inf))
implements(np.nanmin)(_nan_extremum("nanmin", reductions.min_, math.inf))


@implements(np.nanargmax)
def nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    refuse(out=out)
    return fact(np.nanargmax, a, axis=axis, keepdims=keepdims)


@implements(np.nanargmin)
def nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    refuse(out=out)
    return fact(np.nanargmin, a, axis=axis, keepdims=keepdims)


def _numbers(a: Any, where: Any) -> Any:
    """Where there are numbers: not nan, and not left out by where=."""
    mask, numbers = mask_of(where, a.shape), ~np.isnan(plain(a))
    return numbers if mask is None else numbers & plain(mask)


def _own_dtype(a: Any, dtype: Any) -> Any:
    """NumPy's means that pass over nan compute in the dtype of the numbers, float16 included."""
    return a.dtype if dtype is None and a.dtype.kind == "f" else dtype


@implements(np.nanmean)
@composite
def nanmean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    return reductions.mean(a, axis, _own_dtype(a, dtype), out, keepdims, where=_numbers(a, where))


@implements(np.nanvar)
@composite
def nanvar(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    return reductions.var(
        a, axis, _own_dtype(a, dtype), out, ddof, keepdims, where=_numbers(a, where), mean=mean, correction=correction
    )


@implements(np.nanstd)
@composite
def nanstd(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    return reductions.root_of(
        nanvar(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction)
    )
