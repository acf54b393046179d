"""Activations and costs, composed of primitives only: their derivatives are found, not typed in.

Each is written so that its value and all its derivatives are right at ±1000 as at 0, in float32 and float64. The
recipe: choose the side by a predicate first, then exponentiate only the number that is not positive. The textbook
form stands beside it in each docstring; tests hold the two equal wherever the textbook form is finite. What depends
on no value runs @fused: as one node until somebody looks inside (fusion.py).

Costs take rows as examples, average over the m examples and sum over the outputs. One array of shape (m,) is m
examples with one output each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import composite, straight
from tinygrad_lite.errors import DomainError, DTypeError, ShapeError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.operands import constant, plain_array
from tinygrad_lite.tensor.tensor import Tensor

__all__ = [
    "cross_entropy", "cross_entropy_with_logits", "leaky_relu", "log_likelihood", "log_likelihood_with_logits",
    "log_softmax", "logsumexp", "one_hot", "quadratic_cost", "relu", "sigmoid", "softmax", "softplus", "tanh",
]  # fmt: skip


def _operand(x: Any, who: str) -> Any:
    return x if isinstance(x, Tensor) else plain_array(x, who)


def _sides(z: Any) -> tuple[Any, Any]:
    """Where z is positive, and the sign s that makes s·z = −|z|; |z| itself has no derivative at 0, s·z has."""
    positive = z > 0
    values = z._data if isinstance(z, Tensor) else z
    return positive, p.where(positive, constant(-1, values), constant(1, values))


# --- activations -------------------------------------------------------------------------------------------------


@composite
@straight
def sigmoid(z: Any) -> Any:
    """The logistic function σ(z) = 1/(1 + e^(−z)), elementwise, with values in [0, 1].

    Textbook form: 1/(1 + exp(−z)), which overflows below −709. Here e = e^(−|z|), and σ = 1/(1+e) or e/(1+e).

    >>> sigmoid(0.0)
    np.float64(0.5)
    """
    z = _operand(z, "sigmoid")
    positive, s = _sides(z)
    e = p.exp(s * z)
    return p.where(positive, 1.0, e) / (1.0 + e)


@implements(np.tanh)
@composite
@straight
def tanh(z: Any) -> Any:
    """The hyperbolic tangent, elementwise, with values in [−1, 1] (lecture, eq. 16).

    Textbook form: (e^z − e^(−z))/(e^z + e^(−z)), which overflows above 710 and loses its digits near 0.

    >>> tanh(0.0)
    np.float64(0.0)
    """
    z = _operand(z, "tanh")
    _, s = _sides(z)
    e = p.expm1(2.0 * (s * z))
    return s * e / (e + 2.0)


@composite
@straight
def relu(z: Any) -> Any:
    """The rectifier max(0, z), elementwise (lecture, eq. 19); its derivative at 0 is 0.

    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    z = _operand(z, "relu")
    return p.where(z > 0, z, 0)


@composite
@straight
def leaky_relu(z: Any, slope: float = 0.01) -> Any:
    """z where it is positive, else slope · z: a rectifier that goes on learning on negative input.

    >>> leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    z = _operand(z, "leaky_relu")
    return p.where(z > 0, z, slope * z)


@composite
@straight
def softplus(z: Any) -> Any:
    """The smooth rectifier log(1 + e^z), elementwise; its derivative is σ(z).

    Textbook form: log(1 + exp(z)), which overflows above 709.

    >>> float(softplus(0.0)) == float(np.log(2.0))
    True
    """
    z = _operand(z, "softplus")
    positive, s = _sides(z)
    return p.where(positive, z, 0) + p.log1p(p.exp(s * z))


def _shifted(z: Any, axis: int | tuple[int, ...], who: str) -> Any:
    """z less its maximum along the axis, which as a constant changes no derivative."""
    if z.ndim == 0:
        raise ShapeError(f"{who} runs over an axis; got a scalar.")
    return z - p.stop_gradient(p.max_(z, axis=axis, keepdims=True))


@composite
@straight
def softmax(z: Any, axis: int = -1) -> Any:
    """e^(z_j) / Σ_k e^(z_k) along an axis: positive numbers that sum to 1 (lecture, eq. 11).

    Textbook form: exp(z)/exp(z).sum(), which overflows above 709.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    z = _operand(z, "softmax")
    e = p.exp(_shifted(z, axis, "softmax"))
    return e / p.sum_(e, axis=axis, keepdims=True)


@composite
@straight
def log_softmax(z: Any, axis: int = -1) -> Any:
    """log of softmax along an axis, finite where softmax underflows.

    Textbook form: log(softmax(z)), which is −inf from 745 below the largest logit.

    >>> log_softmax(np.array([0.0, -1000.0]))
    array([    0., -1000.])
    """
    z = _operand(z, "log_softmax")
    shifted = _shifted(z, axis, "log_softmax")
    return shifted - p.log(p.sum_(p.exp(shifted), axis=axis, keepdims=True))


@composite
@straight
def logsumexp(z: Any, axis: int | tuple[int, ...] | None = -1, keepdims: bool = False) -> Any:
    """log Σ_k e^(z_k) along axes (None: all): the smooth maximum, whose gradient is softmax.

    Textbook form: log(exp(z).sum()), which overflows above 709.

    >>> logsumexp(np.array([1000.0, 1000.0])) == 1000 + np.log(2.0)
    np.True_
    """
    z = _operand(z, "logsumexp")
    if z.ndim == 0:
        raise ShapeError("logsumexp runs over an axis; got a scalar.")
    top = p.stop_gradient(p.max_(z, axis=axis, keepdims=True))
    total = p.log(p.sum_(p.exp(z - top), axis=axis, keepdims=keepdims))
    return total + (top if keepdims else p.reshape(top, shape=total.shape))


# --- targets -----------------------------------------------------------------------------------------------------


def _values(x: Any) -> Any:
    """The numbers for a check, or None where looking would force a lazy or remote array."""
    data = x._data if isinstance(x, Tensor) else x
    return data if isinstance(data, np.ndarray | np.generic) else None


def _within_0_1(x: Any, what: str, fix: str) -> None:
    values = _values(x)
    if values is None or values.size == 0:
        return
    if not (np.minimum.reduce(values, None) >= 0 and np.maximum.reduce(values, None) <= 1):
        outside = (values < 0) | (values > 1)  # neither holds for nan, which is passed on
        if outside.any():
            worst = np.asarray(values)[outside].flat[0]
            raise DomainError(f"{what} must lie in [0, 1]; got {worst} at one of {values.size} places. {fix}")


def _same_shape(who: str, a: Any, y: Any) -> Any:
    """Outputs and targets as arrays of one shape: broadcasting here would hide a mistake."""
    a = _operand(a, who)
    y = a.dtype.type(y) if type(y) in (int, float) and a.dtype.kind == "f" else _operand(y, who)
    if a.shape != y.shape and y.ndim > 0:
        raise ShapeError(
            f"{who}: outputs have shape {a.shape}, targets {y.shape}; they must be equal. Reshape one of them."
        )
    return a, y


def _examples(a: Any) -> int:
    if a.size == 0:
        raise ShapeError(f"a cost averages over at least one example; got shape {a.shape}.")
    return int(a.shape[0]) if a.ndim else 1


def one_hot(y: Any, classes: int, dtype: Any = np.float64) -> Tensor:
    """Class indices of shape (...) as rows (..., classes) with a single 1.

    Raises DTypeError for indices that are no integers, DomainError for those outside 0 … classes − 1.

    >>> one_hot([0, 2], 3).numpy()
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    indices = np.asarray(_indices("one_hot", _operand(y, "one_hot"), classes))
    return Tensor(np.equal(indices[..., None], np.arange(classes)).astype(dtype), facts=("one_hot",))


def _indices(who: str, y: Any, classes: int) -> Any:
    values = _values(y)
    if y.dtype.kind not in "iu":
        raise DTypeError(
            f"{who}: class indices are integers; got dtype {y.dtype}. Convert with .astype(int), or pass one-hot rows."
        )
    if values is None or values.size == 0:
        return y
    if not (np.minimum.reduce(values, None) >= 0 and np.maximum.reduce(values, None) < classes):
        raise DomainError(f"{who}: class indices run from 0 to {classes - 1}; got {values.min()} to {values.max()}.")
    return y


def _classes(who: str, x: Any, y: Any) -> tuple[Any, int]:
    """The targets of outputs x, shape (m, J) or (J,), checked: class indices or one-hot rows; and m."""
    if x.ndim not in (1, 2):
        raise ShapeError(f"{who}: outputs have shape (m, J), or (J,) for one example; got {x.shape}.")
    y = _operand(y, who)
    m = _examples(x) if x.ndim == 2 else 1
    if y.ndim == x.ndim:
        if y.shape != x.shape:
            raise ShapeError(f"{who}: one-hot targets have the outputs' shape {x.shape}; got {y.shape}.")
        values = _values(y)
        if values is not None and not (((values == 0) | (values == 1)).all() and (values.sum(axis=-1) == 1).all()):
            raise DomainError(
                f"{who}: each row of the targets must have one 1 and else 0. Use tg.one_hot(indices, {x.shape[-1]})."
            )
    elif y.shape != x.shape[:-1]:
        raise ShapeError(
            f"{who}: outputs of shape {x.shape} need {x.shape[:-1]} class indices or one-hot rows; got {y.shape}."
        )
    else:
        _indices(who, y, x.shape[-1])
    return y, m


def _pick(x: Any, y: Any) -> Any:
    """The element of each row that the class index names."""
    rows = (np.arange(x.shape[0]), y) if x.ndim == 2 else (y,)
    return p.getitem(x, *rows, index=(p.SLOT,) * len(rows))


# --- costs -------------------------------------------------------------------------------------------------------


@straight
def _quadratic(a: Any, y: Any, m: int) -> Any:
    return p.sum_(p.square(y - a), axis=None, keepdims=False) / (2 * m)


@composite
def quadratic_cost(a: Any, y: Any) -> Any:
    """(1/m) Σ_x Σ_j (y_j − a_j)²/2 of outputs a and targets y of one shape (lecture, eq. 1).

    Raises ShapeError where the shapes differ.

    >>> quadratic_cost(np.array([1.0, 0.0]), np.array([0.0, 0.0]))
    np.float64(0.25)
    """
    a, y = _same_shape("quadratic_cost", a, y)
    return _quadratic(a, y, _examples(a))


@straight
def _cross_entropy(a: Any, y: Any, m: int) -> Any:
    terms = p.xlogy(y, a) + p.xlog1py(1.0 - y, -a)
    return -p.sum_(terms, axis=None, keepdims=False) / m


@composite(repair="tg.cross_entropy_with_logits(z, y) takes the logits and is finite everywhere")
def cross_entropy(a: Any, y: Any) -> Any:
    """−(1/m) Σ_x Σ_j [y log a + (1−y) log(1−a)] of activations a and targets y in [0, 1] (lecture, eqs 3, 9).

    0 · log 0 counts as 0. Where a saturates on the wrong side the cost is inf: cross_entropy_with_logits is finite.
    Raises ShapeError where shapes differ, DomainError outside [0, 1].

    >>> float(cross_entropy(np.array([0.5]), np.array([1.0]))) == float(np.log(2.0))
    True
    """
    a, y = _same_shape("cross_entropy", a, y)
    _within_0_1(a, "cross_entropy: activations", "For logits use tg.cross_entropy_with_logits.")
    _within_0_1(y, "cross_entropy: targets", "")
    return _cross_entropy(a, y, _examples(a))


@straight
def _cross_entropy_with_logits(z: Any, y: Any, m: int) -> Any:
    positive, s = _sides(z)
    terms = p.where(positive, 1.0 - y, -y) * z + p.log1p(p.exp(s * z))
    return p.sum_(terms, axis=None, keepdims=False) / m


@composite
def cross_entropy_with_logits(z: Any, y: Any) -> Any:
    """cross_entropy(sigmoid(z), y), finite for every z (lecture, eq. 3 with a = σ(z)).

    Textbook form: softplus(z) − y z. Here the parts that cancel are never formed: (1−y) z or −y z, plus log(1+e).

    >>> cross_entropy_with_logits(np.array([800.0]), np.array([0.0]))
    np.float64(800.0)
    """
    z, y = _same_shape("cross_entropy_with_logits", z, y)
    _within_0_1(y, "cross_entropy_with_logits: targets", "")
    return _cross_entropy_with_logits(z, y, _examples(z))


@straight
def _log_likelihood(a: Any, y: Any, m: int) -> Any:
    terms = p.xlogy(y, a) if y.ndim == a.ndim else p.log(_pick(a, y))
    return -p.sum_(terms, axis=None, keepdims=False) / m


@composite(repair="tg.log_likelihood_with_logits(z, y) takes the logits and is finite everywhere")
def log_likelihood(a: Any, y: Any) -> Any:
    """−(1/m) Σ_x log a_y(x) of probabilities a, shape (m, J) or (J,) for one example (lecture, eq. 13).

    y: class indices of shape (m,) counted from 0, or one-hot rows of a's shape.
    Raises ShapeError, DTypeError or DomainError for targets that do not fit, DomainError for a outside [0, 1].

    >>> float(log_likelihood(np.array([[0.25, 0.75]]), np.array([0]))) == float(np.log(4.0))
    True
    """
    a = _operand(a, "log_likelihood")
    _within_0_1(a, "log_likelihood: activations", "For logits use tg.log_likelihood_with_logits.")
    return _log_likelihood(a, *_classes("log_likelihood", a, y))


@straight
def _log_likelihood_with_logits(z: Any, y: Any, m: int) -> Any:
    shifted = _shifted(z, -1, "log_likelihood_with_logits")
    total = p.log(p.sum_(p.exp(shifted), axis=-1, keepdims=False))
    target = p.sum_(y * shifted, axis=-1, keepdims=False) if y.ndim == z.ndim else _pick(shifted, y)
    return p.sum_(total - target, axis=None, keepdims=False) / m


@composite
def log_likelihood_with_logits(z: Any, y: Any) -> Any:
    """log_likelihood(softmax(z), y), finite for every z: log Σ_k e^(z_k) less the target's logit.

    y as in log_likelihood.

    >>> log_likelihood_with_logits(np.array([[0.0, 1000.0]]), np.array([0]))
    np.float64(1000.0)
    """
    z = _operand(z, "log_likelihood_with_logits")
    return _log_likelihood_with_logits(z, *_classes("log_likelihood_with_logits", z, y))
