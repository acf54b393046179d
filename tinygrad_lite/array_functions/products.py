"""NumPy's products of arrays on Tensors, each composed of primitives; np.einsum is in einsum.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.shapes import axes_of, moveaxis, ravel, refuse
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import ShapeError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import as_tensor


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
    if isinstance(axes, int) and not 0 <= axes <= min(a.ndim, b.ndim):
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


@implements(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return p.sum_(diagonal(a, offset, axis1, axis2), axis=-1, keepdims=False)


@implements(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = np.diagonal(np.indices(a.shape[-2:]), offset, 1, 2)
    return a[..., rows, columns]
