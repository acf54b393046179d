"""What generated programs call besides NumPy: primitives at the price of their value, and choices that are cheap.

Given arrays, these compute; given Tensors, they record what the bodies record, so that a program of Tensors has
derivatives of every order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.core import choosing
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node, Primitive
from tinygrad_lite.core.slots import SLOT

__all__ = [
    "choose", "constant_here", "exp_minus_abs", "minus_side", "one_minus_exp", "one_or", "over_square_of_sum", "pick",
    "scatter_classes", "sech_squared", "sum_all", "xdivy", "xlog1py", "xlogy",
]  # fmt: skip


def _direct(primitive: Primitive) -> Callable[[Any, Any], Any]:
    """A primitive of two inputs without the price of recording where none is a Tensor."""
    value = primitive.value

    def apply(x: Any, y: Any) -> Any:
        return primitive(x, y) if isinstance(x, Node) or isinstance(y, Node) else value(x, y)

    return apply


def choose(c: Any, x: Any, y: Any) -> Any:
    """np.where."""
    recorded = isinstance(c, Node) or isinstance(x, Node) or isinstance(y, Node)
    return p.where(c, x, y) if recorded else choosing.where(c, x, y)


xlogy, xlog1py, xdivy = _direct(p.xlogy), _direct(p.xlog1py), _direct(p.xdivy)


def pick(x: Any, y: Any) -> Any:
    """The element of each row that the class index names."""
    rows = np.arange(x.shape[0])
    return p.getitem(x, rows, y, index=_EACH_ROW) if isinstance(x, Node) else x[rows, y]


def scatter_classes(g: Any, x: Any, y: Any) -> Any:
    """g in the places that `pick` took of x, and 0 elsewhere."""
    rows = np.arange(x.shape[0])
    if isinstance(g, Node):
        return p.scatter(g, rows, y, index=_EACH_ROW, shape=x.shape)
    out = np.zeros(x.shape, g.dtype)
    out[rows, y] = g  # no place comes twice
    return out


_EACH_ROW = (SLOT, SLOT)


def minus_side(above: Any, z: Any) -> Any:
    """The number s with s z = −|z|: −1 where z is above 0, else 1."""
    one = z.dtype.type(1)
    return choose(above, -one, one) if isinstance(z, Node) else one - above * (one + one)


def minus_abs(z: Any) -> Any:
    """−|z| of a Tensor, as s z with a constant s, because the derivative of |z| at 0 would be 0."""
    return minus_side(p.greater(z, 0), z) * z


def exp_minus_abs(z: Any, k: float = 1.0) -> Any:
    """e^(−k |z|) for k > 0. An array passes through one new array, because each new large one costs as much as exp."""
    if isinstance(z, Node):
        return np.exp(minus_abs(z) if k == 1.0 else k * minus_abs(z))
    out = abs(z)
    if type(out) is np.float64:
        return np.float64(math.exp(-k * out))  # which cannot overflow, and takes half the time of np.exp
    if type(out) is not np.ndarray:
        return np.exp(out.dtype.type(-k) * out)
    if k == 1.0:
        np.negative(out, out)
    else:
        np.multiply(out, -k, out)
    return np.exp(out, out)


def one_minus_exp(z: Any, k: float = 1.0) -> Any:
    """1 − e^(−k |z|) for k > 0, with all its digits where z is small, too."""
    exponent = minus_abs(z)
    return -np.expm1(exponent if k == 1.0 else k * exponent)


def over_square_of_sum(x: Any, k: float, y: Any) -> Any:
    """x / (k + y)² of two arrays of one shape, or of two numbers; arrays pass through one new array."""
    total = k + y
    if type(total) is np.ndarray:
        np.square(total, total)
        return np.divide(x, total, total)
    return x / (np.square(total) if isinstance(y, Node) else total * total)


def sech_squared(z: Any) -> Any:
    """1/cosh² z = 4 e/(1 + e)² with e = e^(−2 |z|).

    Few numbers go through cosh, which is three calls of NumPy for seven. Many do not: its loop takes four times as long
    as that of exp. Where cosh² overflows, the result is 0 for a subnormal number.
    """
    if isinstance(z, Node) or z.size > _FEW:
        e = exp_minus_abs(z, 2.0)
        return 4.0 * over_square_of_sum(e, 1.0, e)
    c = np.cosh(z)
    c = c * c
    return np.reciprocal(c, c) if type(c) is np.ndarray else 1.0 / c


_FEW = 256


def sum_all(x: Any) -> Any:
    """The sum of all elements; a single number is its own."""
    return x if isinstance(x, np.floating) else np.add.reduce(x, axis=None)


def one_or(c: Any, e: Any) -> Any:
    """1 where c holds, else e, which lies between 0 and 1: for arrays that is the larger of the two."""
    if type(e) is np.ndarray:
        return np.maximum(e, c)
    return choose(c, 1.0, e) if isinstance(e, Node) else e.dtype.type(1) if c else e


def constant_here(x: Any) -> Any:
    """x as a constant of the derivative."""
    return p.stop_gradient(x) if isinstance(x, Node) else x
