"""NumPy's reductions and choices on Tensors where one primitive does not say it all: each composed of primitives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.shapes import axes_of, refuse
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import composite
from tinygrad_lite.errors import DomainError, UnsupportedError
from tinygrad_lite.tensor.dispatch import implements

Axis = int | tuple[int, ...] | None


def _count(shape: tuple[int, ...], axis: Any) -> int:
    return math.prod(shape[a] for a in axes_of(axis, len(shape)))


# --- reductions ----------------------------------------------------------------------------------------------


@implements(np.sum)
def sum_(a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    refuse(dtype=dtype, out=out)
    return p.sum_(a, axis=_axis(axis), keepdims=keepdims)


def _axis(axis: Any) -> Axis:
    return tuple(axis) if isinstance(axis, list) else axis


@implements(np.mean)
@composite
def mean(a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    refuse(dtype=dtype, out=out)
    return p.sum_(a, axis=_axis(axis), keepdims=keepdims) / _count(a.shape, axis)


@implements(np.max)
def max_(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.max_(a, axis=axis, keepdims=keepdims)


@implements(np.min)
def min_(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.min_(a, axis=axis, keepdims=keepdims)


@implements(np.argmax)
def argmax(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.argmax(a, axis=axis, keepdims=keepdims)


@implements(np.argmin)
def argmin(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.argmin(a, axis=axis, keepdims=keepdims)


@implements(np.any)
def any_(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.any_(a, axis=axis, keepdims=keepdims)


@implements(np.all)
def all_(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.all_(a, axis=axis, keepdims=keepdims)


@implements(np.var)
@composite
def var(a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    refuse(dtype=dtype, out=out)
    n = _count(a.shape, axis)
    if n <= ddof:
        raise DomainError(f"the variance with ddof={ddof} needs more than {ddof} values; got {n}.")
    centred = a - p.sum_(a, axis=_axis(axis), keepdims=True) / n
    return p.sum_(centred * centred, axis=_axis(axis), keepdims=keepdims) / (n - ddof)


@implements(np.std)
@composite
def std(a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    return p.sqrt(var(a, axis, dtype, out, ddof, keepdims))


@implements(np.prod)
@composite
def prod(a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """Halves multiplied together until one is left: no division, so it is right at zeros, to every order."""
    refuse(dtype=dtype, out=out)
    axes = axes_of(axis, a.ndim)
    kept = tuple(1 if i in axes else n for i, n in enumerate(a.shape))
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    x = p.transpose(a, axes=rest + axes)
    x = p.reshape(x, shape=(*(a.shape[i] for i in rest), math.prod(a.shape[i] for i in axes)))
    if x.shape[-1] == 0:
        x = p.concatenate(x, np.ones((*x.shape[:-1], 1), x.dtype), axis=x.ndim - 1)
    while x.shape[-1] > 1:
        half = x.shape[-1] // 2
        pairs = x[..., :half] * x[..., half : 2 * half]
        x = p.concatenate(pairs, x[..., 2 * half :], axis=x.ndim - 1) if x.shape[-1] % 2 else pairs
    return p.reshape(x, shape=kept if keepdims else tuple(a.shape[i] for i in rest))


@implements(np.cumsum)
def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    refuse(dtype=dtype, out=out)
    if axis is None:
        a, axis = p.reshape(a, shape=(-1,)), 0
    return p.cumsum(a, axis=axes_of(axis, a.ndim)[0])


@implements(np.linalg.norm)
@composite
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """The 2-norm (Frobenius for matrices), 1-norm and max-norm of vectors; at 0 its derivative is 0."""
    vector = (axis is not None and not isinstance(axis, tuple)) or x.ndim == 1
    if ord == 1 and vector:
        return p.sum_(p.abs_(x), axis=axis, keepdims=keepdims)
    if ord == np.inf and vector:
        return p.max_(p.abs_(x), axis=axis, keepdims=keepdims)
    if not (ord is None or (ord == "fro" and not vector) or (ord == 2 and vector)):
        raise UnsupportedError(
            f"np.linalg.norm on Tensors: ord={ord!r} is not supported here. Use None, or 1, 2, inf on vectors."
        )
    squares = p.sum_(p.square(x), axis=axis, keepdims=keepdims)
    positive = squares > 0  # the square root's slope at 0 is infinite, and is set aside
    return p.where(positive, p.sqrt(p.where(positive, squares, 1.0)), 0.0)


# --- choices ----------------------------------------------------------------------------------


@implements(np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        raise UnsupportedError(
            "np.where on Tensors takes three arguments. For indices use np.nonzero(t.detach().numpy())."
        )
    return p.where(condition, x, y)


@implements(np.clip)
@composite
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """minimum(maximum(a, a_min), a_max); on a bound the gradient is shared evenly, as in maximum."""
    refuse(out=out)
    low, high = a_min if min is None else min, a_max if max is None else max
    a = a if low is None else p.maximum(a, low)
    return a if high is None else p.minimum(a, high)
