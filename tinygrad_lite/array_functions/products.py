"""NumPy's products of arrays on Tensors, each composed of primitives; np.einsum is in einsum.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import axes_of, cast, refuse, whole
from tinygrad_lite.array_functions.shapes import moveaxis, ravel
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.errors import DomainError, ShapeError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.operands import real_dtype
from tinygrad_lite.tensor.tensor import as_tensor

# --- products of vectors and matrices ----------------------------------------------------------------------------


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


@implements(np.vecdot)
def vecdot(x1: Any, x2: Any) -> Any:
    """The dot products of vectors along the last axes."""
    a, b = _along(x1, x2, "vecdot", 1, 1)
    return p.matmul(a[..., None, :], b[..., :, None])[..., 0, 0]


def matvec(x1: Any, x2: Any) -> Any:
    """Matrices in the last two axes times vectors in the last."""
    a, b = _along(x1, x2, "matvec", 2, 1)
    return p.matmul(a, b[..., :, None])[..., 0]


def vecmat(x1: Any, x2: Any) -> Any:
    """Vectors in the last axis times matrices in the last two."""
    a, b = _along(x1, x2, "vecmat", 1, 2)
    return p.matmul(a[..., None, :], b)[..., 0, :]


for _name, _product in (("matvec", matvec), ("vecmat", vecmat)):
    if hasattr(np, _name):  # NumPy has them since 2.2
        implements(getattr(np, _name))(_product)


def _along(x1: Any, x2: Any, who: str, left: int, right: int) -> tuple[Any, Any]:
    """Both as Tensors, of which the last `left` and `right` axes are multiplied."""
    a, b = as_tensor(x1), as_tensor(x2)
    if a.ndim < left or b.ndim < right or a.shape[-1] != b.shape[-right]:
        raise ShapeError(
            f"{who}: shapes {a.shape} and {b.shape} do not fit; the sum is over axis -1 of the left and axis {-right} "
            "of the right, which must be equal."
        )
    return a, b


@implements(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    refuse(out=out)
    return p.reshape(as_tensor(a), shape=(-1, 1)) * p.reshape(as_tensor(b), shape=(1, -1))


@implements(np.kron)
@composite
def kron(a: Any, b: Any) -> Any:
    """Every element of a times all of b, in blocks."""
    a, b = as_tensor(a), as_tensor(b)
    ndim = max(a.ndim, b.ndim)
    rows, columns = ((1,) * (ndim - x.ndim) + x.shape for x in (a, b))
    left = p.reshape(a, shape=tuple(n for size in rows for n in (size, 1)))
    right = p.reshape(b, shape=tuple(n for size in columns for n in (1, size)))
    return p.reshape(left * right, shape=tuple(m * n for m, n in zip(rows, columns, strict=True)))


@implements(np.cross)
@composite
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """The cross product of vectors of three numbers."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(as_tensor(a), axisa, -1), moveaxis(as_tensor(b), axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ShapeError(
            f"cross is of vectors of 3 numbers; got {a.shape[-1]} and {b.shape[-1]}. In the plane it is "
            "x[..., 0] * y[..., 1] - x[..., 1] * y[..., 0]."
        )
    after, last = np.array([1, 2, 0]), np.array([2, 0, 1])
    return moveaxis(a[..., after] * b[..., last] - a[..., last] * b[..., after], -1, axisc)


@implements(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = as_tensor(a), as_tensor(b)
    if isinstance(axes, int | np.integer) and not 0 <= axes <= min(a.ndim, b.ndim):
        raise ShapeError(f"tensordot: shapes {a.shape} and {b.shape} have no {axes} axes to sum over.")
    if isinstance(axes, int | np.integer):
        left, right = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    elif isinstance(axes, tuple | list) and len(axes) == 2:
        left, right = axes_of(axes[0], a.ndim), axes_of(axes[1], b.ndim)
    else:
        raise ShapeError(f"tensordot: axes= is a number, or a pair of the axes of a and of b; got {axes!r}.")
    if [a.shape[i] for i in left] != [b.shape[j] for j in right]:
        raise ShapeError(f"tensordot: axes {left} of shape {a.shape} and {right} of shape {b.shape} differ in size.")
    rows = tuple(i for i in range(a.ndim) if i not in left)
    columns = tuple(j for j in range(b.ndim) if j not in right)
    above, beside = tuple(a.shape[i] for i in rows), tuple(b.shape[j] for j in columns)
    size = math.prod(a.shape[i] for i in left)
    x = p.reshape(p.transpose(a, axes=rows + left), shape=(math.prod(above), size))
    y = p.reshape(p.transpose(b, axes=right + columns), shape=(size, math.prod(beside)))
    return p.reshape(p.matmul(x, y), shape=above + beside)


# --- sums along a diagonal -----------------------------------------------------------------------------------------


@implements(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    refuse(out=out)
    found = diagonal(a, offset, axis1, axis2)
    if dtype is not None:
        kind = real_dtype(dtype, "trace")
        return cast(p.sum_(cast(found, kind, "trace"), axis=-1, keepdims=False), kind, "trace")
    return p.sum_(found, axis=-1, keepdims=False)


@implements(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    a = moveaxis(as_tensor(a), (axis1, axis2), (-2, -1))
    rows, columns = a.shape[-2:]
    offset = whole(offset, "the offset of a diagonal")
    first = max(0, -offset)
    count = max(0, min(rows - first, columns - max(0, offset)))
    places = first + np.arange(count)
    return a[..., places, places + offset]


# --- convolutions, polynomials -------------------------------------------------------------------------------------


def _convolve_rule(g: Any, out: Any, x: Any, y: Any) -> Any:
    """Each number of x met all of y: their products with g are summed by convolving with y backwards."""
    return convolution(g, y[::-1])[len(y) - 1 : len(y) - 1 + len(x)]


convolution = Primitive(
    "convolve", np.convolve, [_convolve_rule, lambda g, out, x, y: _convolve_rule(g, out, y, x)], kind="product", linear=True,
    symbol="∗", text="{0} ∗ {1}", source="np.convolve({0}, {1})",
)  # fmt: skip


def _vectors(a: Any, v: Any, who: str) -> tuple[Any, Any]:
    a, v = as_tensor(a), as_tensor(v)
    if a.ndim > 1 or v.ndim > 1 or a.size == 0 or v.size == 0:
        raise ShapeError(f"{who} takes two vectors with at least one number each; got shapes {a.shape} and {v.shape}.")
    return p.reshape(a, shape=(-1,)), p.reshape(v, shape=(-1,))


def _part(whole: Any, long: int, short: int, mode: Any, skip: int) -> Any:
    """What NumPy's modes keep of all sums of products; skip: how many "same" leaves out at the start."""
    if mode == "full":
        return whole
    if mode == "same":
        return whole[skip : skip + long]
    if mode == "valid":
        return whole[short - 1 : long]
    raise DomainError(f"mode= is 'full', 'same' or 'valid'; got {mode!r}.")


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    a, v = _vectors(a, v, "convolve")
    long, short = max(len(a), len(v)), min(len(a), len(v))
    return _part(convolution(a, v), long, short, mode, (short - 1) // 2)


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = _vectors(a, v, "correlate")
    long, short = max(len(a), len(v)), min(len(a), len(v))
    return _part(convolution(a, v[::-1]), long, short, mode, (short - 1) // 2 if len(a) >= len(v) else short // 2)


@implements(np.polyval)
@composite
def polyval(p: Any, x: Any) -> Any:
    """The polynomial with coefficients p, the highest power first, at x."""
    if np.ndim(p) != 1:
        raise ShapeError(f"polyval takes one vector of coefficients; got shape {np.shape(p)}.")
    result = np.zeros_like(as_tensor(x))
    for coefficient in as_tensor(p):
        result = result * x + coefficient
    return result


@implements(np.vander)
@composite
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """A matrix with the powers of the vector x as columns, the highest first."""
    if x.ndim != 1:
        raise ShapeError(f"vander takes a vector; got shape {x.shape}.")
    count = len(x) if N is None else whole(N, "the number of columns")
    if count < 0:
        raise ShapeError(f"vander makes 0 columns or more; got N={N}.")
    x = x.astype(np.promote_types(x.dtype, int))  # as NumPy computes them
    powers = [np.ones_like(x)]
    while len(powers) < count:
        powers.append(x if len(powers) == 1 else powers[-1] * x)
    kept = powers[:count] if increasing else powers[:count][::-1]
    return np.stack(kept, axis=1) if kept else np.zeros_like(x, shape=(len(x), 0))
