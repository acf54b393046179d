"""Activations, composed of primitives only: their derivatives are found, not typed in.

Each is written so that its value and all its derivatives are right at ±1000 as at 0, in float32 and float64. The
recipe: choose the side by a predicate first, then exponentiate only the number that is not positive. The textbook
form stands beside it in each docstring; tests hold the two equal wherever the textbook form is finite.
"""

from __future__ import annotations

import functools
from typing import Any, overload

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import ShapeError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.programs.folded import Fits, floats
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.operands import Arrays, Number, Plain, constant, float_operand, operand
from tinygrad_lite.tensor.tensor import Tensor

__all__ = [
    "leaky_relu",
    "log_softmax",
    "logsumexp",
    "relu",
    "shifted",
    "sides",
    "sigmoid",
    "softmax",
    "softplus",
    "tanh",
]


def _along(z: Any, axis: Any = -1) -> tuple[Any, ...] | None:
    """The shapes of a program that runs over one axis."""
    return () if z.dtype.kind == "f" and z.ndim > 0 and type(axis) is int and z.size else None


def _along_one(z: Any, axis: Any = -1, keepdims: bool = False) -> tuple[Any, ...] | None:
    return None if keepdims else _along(z, axis)


def _of_number(z: Any, slope: Any = 0.01) -> tuple[Any, ...] | None:
    """The shapes of a program of an array and a number."""
    return () if z.dtype.kind == "f" and type(slope) in (int, float) else None


def sides(z: Any) -> tuple[Any, Any]:
    """Where z is positive, and the sign s for which s·z = −|z|.

    The functions below use s·z and not −|z|, because the derivative of |z| at 0 would be 0: s is a constant, so the
    derivative of s·z is s there, too.
    """
    positive = z > 0
    values = z._array if isinstance(z, Tensor) else z
    return positive, p.where(positive, constant(-1, values), constant(1, values))


@overload
def sigmoid(z: Tensor) -> Tensor: ...
@overload
def sigmoid(z: Number) -> np.floating: ...
@overload
def sigmoid(z: Arrays) -> np.ndarray: ...
@composite(programs={"sigmoid": Fits(floats)})
def sigmoid(z: Any) -> Any:
    """The logistic function σ(z) = 1/(1 + e^(−z)), elementwise, with values in [0, 1].

    σ′(z) = σ(z) (1 − σ(z)), and σ(z) = (1 + tanh(z/2))/2 (lecture, eq. 17).

    Textbook form: 1/(1 + exp(−z)), which overflows below −709. Here e = e^(−|z|), and σ = 1/(1+e) or e/(1+e).

    z: of any shape, which is that of the result. Raises DTypeError for what holds no real numbers.

    See also: tg.tanh, tg.softplus, tg.cross_entropy_with_logits.

    >>> import tinygrad_lite as tg
    >>> tg.sigmoid(0.0)
    np.float64(0.5)
    """
    z = float_operand(z, "sigmoid")
    positive, s = sides(z)
    e = p.exp(s * z)
    return p.where(positive, 1.0, e) / (1.0 + e)


@overload
def tanh(z: Tensor) -> Tensor: ...
@overload
def tanh(z: Number) -> np.floating: ...
@overload
def tanh(z: Arrays) -> np.ndarray: ...
@composite(programs={"tanh": Fits(floats)}, kernel=np.tanh)
def tanh(z: Any) -> Any:
    """The hyperbolic tangent, elementwise, with values in [−1, 1] (lecture, eq. 16).

    tanh′(z) = 1 − tanh²(z).

    Textbook form: (e^z − e^(−z))/(e^z + e^(−z)), which overflows above 710 and loses its digits near 0.

    z: of any shape, which is that of the result. Raises DTypeError for what holds no real numbers.

    See also: tg.sigmoid, tg.relu.

    >>> import tinygrad_lite as tg
    >>> tg.tanh(0.0)
    np.float64(0.0)
    """
    z = float_operand(z, "tanh")
    _, s = sides(z)
    e = p.expm1(2.0 * (s * z))
    return s * e / (e + 2.0)


@implements(np.tanh)
@functools.wraps(tanh)
def _tanh_of_numpy(x: Tensor) -> Tensor:
    """tanh in NumPy's dtype, which is not always double precision for integers: float16 for the smallest."""
    kind = x._array.dtype
    return tanh(x if kind.kind == "f" else x.astype(np.tanh.resolve_dtypes((kind, None))[-1]))


@overload
def relu(z: Tensor) -> Tensor: ...
@overload
def relu(z: Plain) -> np.ndarray: ...
@composite(programs={"relu": Fits(floats)})
def relu(z: Any) -> Any:
    """The rectifier max(0, z), elementwise (lecture, eq. 19); its derivative at 0 is 0.

    Under the quadratic cost, ∂C/∂w = (a − y) x where z > 0, and 0 elsewhere (lecture, eq. 20).

    z: of any shape, which is that of the result. Raises DTypeError for what holds no real numbers.

    See also: tg.leaky_relu, tg.softplus.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    z = operand(z, "relu")
    return p.where(z <= 0, 0, z)  # so that nan stays nan


@overload
def leaky_relu(z: Tensor, slope: float = ...) -> Tensor: ...
@overload
def leaky_relu(z: Plain, slope: float = ...) -> np.ndarray: ...
@composite(programs={"leaky_relu": Fits(_of_number)})
def leaky_relu(z: Any, slope: float = 0.01) -> Any:
    """z where it is positive, else slope · z: a rectifier that goes on learning on negative input.

    z: of any shape, which is that of the result. Raises DTypeError for what holds no real numbers.

    See also: tg.relu, tg.softplus.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    z = float_operand(z, "leaky_relu")
    return p.where(z > 0, z, slope * z)


@overload
def softplus(z: Tensor) -> Tensor: ...
@overload
def softplus(z: Number) -> np.floating: ...
@overload
def softplus(z: Arrays) -> np.ndarray: ...
@composite(programs={"softplus": Fits(floats)})
def softplus(z: Any) -> Any:
    """The smooth rectifier log(1 + e^z), elementwise; its derivative is σ(z).

    Textbook form: log(1 + exp(z)), which overflows above 709.

    z: of any shape, which is that of the result. Raises DTypeError for what holds no real numbers.

    See also: tg.relu, tg.sigmoid, tg.logsumexp.

    >>> import numpy as np, tinygrad_lite as tg
    >>> float(tg.softplus(0.0)) == float(np.log(2.0))
    True
    """
    z = float_operand(z, "softplus")
    positive, s = sides(z)
    return p.where(positive, z, 0) + p.log1p(p.exp(s * z))


def shifted(z: Any, axis: int | tuple[int, ...], who: str) -> Any:
    """z less its maximum along the axis, which as a constant changes no derivative."""
    if z.ndim == 0:
        raise ShapeError(f"{who} runs over an axis; got a scalar.")
    return z - p.stop_gradient(p.max_(z, axis=axis, keepdims=True))


@overload
def softmax(z: Tensor, axis: int = ...) -> Tensor: ...
@overload
def softmax(z: Plain, axis: int = ...) -> np.ndarray: ...
@composite(programs={"softmax": Fits(_along)})
def softmax(z: Any, axis: int = -1) -> Any:
    """e^(z_j) / Σ_k e^(z_k) along an axis: positive numbers that sum to 1 (lecture, eq. 11).

    Σ_j a_j = 1 (lecture, eq. 12), and ∂a_j/∂z_k = a_j ([j = k] − a_k).

    Textbook form: exp(z)/exp(z).sum(), which overflows above 709.

    z: with one axis or more; the result has its shape. Raises ShapeError for a scalar.

    See also: tg.log_softmax, tg.log_likelihood, tg.log_likelihood_with_logits.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    z = float_operand(z, "softmax")
    e = p.exp(shifted(z, axis, "softmax"))
    return e / p.sum_(e, axis=axis, keepdims=True)


@overload
def log_softmax(z: Tensor, axis: int = ...) -> Tensor: ...
@overload
def log_softmax(z: Plain, axis: int = ...) -> np.ndarray: ...
@composite(programs={"log_softmax": Fits(_along)})
def log_softmax(z: Any, axis: int = -1) -> Any:
    """log of softmax along an axis, finite where softmax underflows.

    Textbook form: log(softmax(z)), which is −inf from 745 below the largest logit.

    z: with one axis or more; the result has its shape. Raises ShapeError for a scalar.

    See also: tg.softmax, tg.logsumexp, tg.log_likelihood_with_logits.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.log_softmax(np.array([0.0, -1000.0]))
    array([    0., -1000.])
    """
    z = float_operand(z, "log_softmax")
    below = shifted(z, axis, "log_softmax")
    return below - p.log(p.sum_(p.exp(below), axis=axis, keepdims=True))


@overload
def logsumexp(z: Tensor, axis: int | tuple[int, ...] | None = ..., keepdims: bool = ...) -> Tensor: ...
@overload
def logsumexp(z: Plain, axis: int | tuple[int, ...] | None = ..., keepdims: bool = ...) -> Any: ...
@composite(programs={"logsumexp": Fits(_along_one)})
def logsumexp(z: Any, axis: int | tuple[int, ...] | None = -1, keepdims: bool = False) -> Any:
    """log Σ_k e^(z_k) along axes (None: all): the smooth maximum, whose gradient is softmax.

    Textbook form: log(exp(z).sum()), which overflows above 709.

    z: with one axis or more; the result has its shape without the axes, or with keepdims of size 1 there. Raises ShapeError for a scalar.

    See also: tg.log_softmax, tg.softmax, tg.softplus.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.logsumexp(np.array([1000.0, 1000.0])) == 1000 + np.log(2.0)
    np.True_
    """
    z = float_operand(z, "logsumexp")
    if z.ndim == 0:
        raise ShapeError("logsumexp runs over an axis; got a scalar.")
    top = p.stop_gradient(p.max_(z, axis=axis, keepdims=True))
    top = p.where(p.isfinite(top), top, 0)  # ∞ − ∞ would be nan
    total = p.log(p.sum_(p.exp(z - top), axis=axis, keepdims=keepdims))
    return total + (top if keepdims else p.reshape(top, shape=total.shape))
