"""What NumPy's functions mean on Tensors where one primitive does not say it all: each composed of primitives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import composite
from tinygrad_lite.errors import DomainError, ShapeError, UnsupportedError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.shapes import axes_of, moveaxis, ravel, refuse
from tinygrad_lite.tensor.tensor import as_tensor

Axis = int | tuple[int, ...] | None


def _count(shape: tuple[int, ...], axis: Any) -> int:
    return math.prod(shape[a] for a in axes_of(axis, len(shape)))


# --- reductions ----------------------------------------------------------------------------------------------


@implements(np.sum)
def sum(a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
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
def max(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.max_(a, axis=axis, keepdims=keepdims)


@implements(np.min)
def min(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
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
def any(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.any_(a, axis=axis, keepdims=keepdims)


@implements(np.all)
def all(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
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


# --- choices and products ----------------------------------------------------------------------------------


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


@implements(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    refuse(out=out)
    a, b = as_tensor(a), as_tensor(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return p.matmul(a, b) if b.ndim <= 2 else tensordot(a, b, axes=((a.ndim - 1,), (b.ndim - 2,)))


@implements(np.inner)
def inner(a: Any, b: Any) -> Any:
    a, b = as_tensor(a), as_tensor(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, axes=((-1,), (-1,)))


@implements(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    return p.matmul(ravel(as_tensor(a)), ravel(as_tensor(b)))


@implements(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    refuse(out=out)
    return p.reshape(as_tensor(a), shape=(-1, 1)) * p.reshape(as_tensor(b), shape=(1, -1))


@implements(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = as_tensor(a), as_tensor(b)
    if isinstance(axes, int) and not 0 <= axes <= sorted((a.ndim, b.ndim))[0]:
        raise ShapeError(f"tensordot: shapes {a.shape} and {b.shape} have no {axes} axes to sum over.")
    if isinstance(axes, int):
        left, right = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        left, right = (
            axes_of(tuple(s) if isinstance(s, Sequence) else s, t.ndim) for s, t in zip(axes, (a, b), strict=True)
        )
    if [a.shape[i] for i in left] != [b.shape[j] for j in right]:
        raise ShapeError(f"tensordot: axes {left} of shape {a.shape} and {right} of shape {b.shape} differ in size.")
    rows = tuple(i for i in range(a.ndim) if i not in left)
    columns = tuple(j for j in range(b.ndim) if j not in right)
    inner_size = math.prod(a.shape[i] for i in left)
    x = p.reshape(p.transpose(a, axes=rows + left), shape=(-1 if inner_size else 0, inner_size))
    y = p.reshape(p.transpose(b, axes=right + columns), shape=(inner_size, -1 if inner_size else 0))
    return p.reshape(p.matmul(x, y), shape=(*(a.shape[i] for i in rows), *(b.shape[j] for j in columns)))


@implements(np.einsum)
def einsum(subscripts: Any, *operands: Any, optimize: Any = False, out: Any = None, dtype: Any = None) -> Any:
    refuse(out=out, dtype=dtype)
    if not isinstance(subscripts, str):
        raise UnsupportedError('np.einsum on Tensors takes the subscripts as a string first, as in "ij,jk->ik".')
    tensors = [as_tensor(x) for x in operands]
    return p.einsum(*tensors, subscripts=_explicit(subscripts.replace(" ", ""), [t.ndim for t in tensors]))


def _explicit(subscripts: str, ndims: list[int]) -> str:
    """Subscripts with the result and every axis of an ellipsis spelled out."""
    terms, arrow, result = subscripts.partition("->")
    names = terms.split(",")
    if len(names) != len(ndims):
        raise ShapeError(f"einsum {subscripts!r} names {len(names)} operands; got {len(ndims)}.")
    spare = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in subscripts]
    extra = [n - len(t.replace("...", "")) if "..." in t else 0 for t, n in zip(names, ndims, strict=True)]
    widest = [*spare[: _largest(extra)]]
    for i, (t, e) in enumerate(zip(names, extra, strict=True)):
        names[i] = t.replace("...", "".join(widest[len(widest) - e :]))
        if e < 0 or len(names[i]) != ndims[i]:
            raise ShapeError(f"einsum {subscripts!r}: operand {i} has {ndims[i]} axes, but {t!r} names {len(t)}.")
    if not arrow:
        letters = "".join(names)
        result = ("..." if widest else "") + "".join(
            sorted(c for c in set(letters) - set(widest) if letters.count(c) == 1)
        )
    return ",".join(names) + "->" + result.replace("...", "".join(widest))


def _largest(numbers: list[int]) -> int:
    return sorted([0, *numbers])[-1]


@implements(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return p.sum_(diagonal(a, offset, axis1, axis2), axis=-1, keepdims=False)


@implements(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = np.diagonal(np.indices(a.shape[-2:]), offset, 1, 2)
    return a[..., rows, columns]
