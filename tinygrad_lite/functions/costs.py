"""Costs, composed of primitives only: their derivatives, such as a − y, are found and not typed in.

They take rows as examples, average over the m examples and sum over the outputs. One array of shape (m,) is m examples
with one output each. Where a textbook form overflows, the cost `…_with_logits` does not.
"""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.functions.activations import shifted, sides
from tinygrad_lite.functions.targets import (
    are_classes,
    classes_and_examples,
    examples,
    is_one_hot,
    lies_in_0_1,
    pick,
    same_shape,
    within_0_1,
)
from tinygrad_lite.programs.claims import IN_0_1, ONE_HOT, of_stacks
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.programs.folded import Ask, Fits
from tinygrad_lite.tensor.operands import Plain, float_operand
from tinygrad_lite.tensor.tensor import Operand, Tensor

__all__ = [
    "cross_entropy", "cross_entropy_with_logits", "log_likelihood", "log_likelihood_with_logits", "quadratic_cost",
]  # fmt: skip


def _one_shape(a: Any, y: Any) -> tuple[Any, ...] | None:
    """The shapes of a program of outputs and targets that are alike; it also takes the number of examples."""
    if type(y) is float:
        return (1,) if a.ndim == 0 else None
    alike = a.shape == y.shape and a.dtype is y.dtype and a.dtype.kind == "f" and a.size
    return (examples(a),) if alike else None


def _rows(a: Any, y: Any) -> tuple[Any, ...] | None:
    """The same with rows of classes as targets; a single row is one example."""
    alike = a.shape == y.shape and a.dtype is y.dtype and a.dtype.kind == "f" and a.size and a.ndim in (1, 2)
    return (a.shape[0] if a.ndim == 2 else 1,) if alike else None


def _classes(a: Any, y: Any) -> tuple[Any, ...] | None:
    """The same with one class index per row as targets."""
    fit = a.ndim == 2 and a.dtype.kind == "f" and a.size and y.dtype.kind in "iu" and y.shape == a.shape[:1]
    return (a.shape[0],) if fit else None


@of_stacks
def _known_classes(a: Any, y: Any) -> bool:
    return are_classes(y, a.shape[-1])


_OUTPUTS, _TARGETS = Ask((0,), lies_in_0_1, IN_0_1), Ask((1,), lies_in_0_1, IN_0_1)
_HOT, _KNOWN = Ask((1,), is_one_hot, ONE_HOT), Ask((0, 1), _known_classes)


def quadratic(a: Any, y: Any, m: int) -> Any:
    return p.sum_(p.square(y - a), axis=None, keepdims=False) / (2 * m)


@overload
def quadratic_cost(a: Tensor, y: Operand) -> Tensor: ...
@overload
def quadratic_cost(a: Plain, y: Tensor) -> Tensor: ...
@overload
def quadratic_cost(a: Plain, y: Plain) -> np.floating: ...
@composite(programs={"quadratic_cost": Fits(_one_shape)})
def quadratic_cost(a: Any, y: Any) -> Any:
    """(1/m) Σ_x Σ_j (y_j − a_j)²/2 of outputs a and targets y of one shape (lecture, eq. 1).

    With a = σ(z), ∂C/∂w_j = (1/m) Σ_x x_j (a − y) σ′(z) (lecture, eq. 2), which is small where σ saturates.

    Raises ShapeError where the shapes differ.

    See also: tg.cross_entropy, tg.nn.l2.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.quadratic_cost(np.array([1.0, 0.0]), np.array([0.0, 0.0]))
    np.float64(0.25)
    """
    a, y = same_shape("quadratic_cost", a, y)
    return quadratic(a, y, examples(a))


def cross_entropies(a: Any, y: Any, m: int) -> Any:
    terms = p.xlogy(y, a) + p.xlog1py(1.0 - y, -a)
    return -p.sum_(terms, axis=None, keepdims=False) / m


@overload
def cross_entropy(a: Tensor, y: Operand) -> Tensor: ...
@overload
def cross_entropy(a: Plain, y: Tensor) -> Tensor: ...
@overload
def cross_entropy(a: Plain, y: Plain) -> np.floating: ...
@composite(
    repair="tg.cross_entropy_with_logits(z, y) takes the logits and is finite everywhere",
    programs={"cross_entropy": Fits(_one_shape, (_OUTPUTS, _TARGETS))},
)
def cross_entropy(a: Any, y: Any) -> Any:
    """−(1/m) Σ_x Σ_j [y log a + (1−y) log(1−a)] of activations a and targets y in [0, 1] (lecture, eqs 3, 9).

    It is never negative, and smallest where a = y (lecture, eq. 4). With a = σ(z), σ′(z) cancels (lecture, eqs 5, 6):
    ∂C/∂w_j = (1/m) Σ_x x_j (a − y) and ∂C/∂b = (1/m) Σ_x (a − y) (lecture, eqs 7, 8).

    0 · log 0 counts as 0. Where a saturates on the wrong side the cost is inf: cross_entropy_with_logits is finite.
    Raises ShapeError where shapes differ, DomainError outside [0, 1].

    See also: tg.cross_entropy_with_logits, tg.sigmoid, tg.log_likelihood.

    >>> import numpy as np, tinygrad_lite as tg
    >>> float(tg.cross_entropy(np.array([0.5]), np.array([1.0]))) == float(np.log(2.0))
    True
    """
    a, y = same_shape("cross_entropy", a, y)
    within_0_1(a, "cross_entropy: activations", "For logits use tg.cross_entropy_with_logits.")
    within_0_1(y, "cross_entropy: targets", "")
    return cross_entropies(a, y, examples(a))


def cross_entropies_with_logits(z: Any, y: Any, m: int) -> Any:
    positive, s = sides(z)
    terms = p.where(positive, 1.0 - y, -y) * z + p.log1p(p.exp(s * z))
    return p.sum_(terms, axis=None, keepdims=False) / m


@overload
def cross_entropy_with_logits(z: Tensor, y: Operand) -> Tensor: ...
@overload
def cross_entropy_with_logits(z: Plain, y: Tensor) -> Tensor: ...
@overload
def cross_entropy_with_logits(z: Plain, y: Plain) -> np.floating: ...
@composite(programs={"cross_entropy_with_logits": Fits(_one_shape, (_TARGETS,))})
def cross_entropy_with_logits(z: Any, y: Any) -> Any:
    """cross_entropy(sigmoid(z), y), finite for every z (lecture, eq. 3 with a = σ(z)).

    Textbook form: softplus(z) − y z. Here the parts that cancel are never formed: (1−y) z or −y z, plus log(1+e).

    z, y: of one shape, y in [0, 1]. Raises ShapeError where shapes differ, DomainError for y outside [0, 1].

    See also: tg.cross_entropy, tg.sigmoid, tg.softplus.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.cross_entropy_with_logits(np.array([800.0]), np.array([0.0]))
    np.float64(800.0)
    """
    z, y = same_shape("cross_entropy_with_logits", z, y)
    within_0_1(y, "cross_entropy_with_logits: targets", "")
    return cross_entropies_with_logits(z, y, examples(z))


def log_likelihoods(a: Any, y: Any, m: int) -> Any:
    terms = p.xlogy(y, a) if y.ndim == a.ndim else p.log(pick(a, y))
    return -p.sum_(terms, axis=None, keepdims=False) / m


@overload
def log_likelihood(a: Tensor, y: Operand) -> Tensor: ...
@overload
def log_likelihood(a: Plain, y: Tensor) -> Tensor: ...
@overload
def log_likelihood(a: Plain, y: Plain) -> np.floating: ...
@composite(
    repair="tg.log_likelihood_with_logits(z, y) takes the logits and is finite everywhere",
    programs={
        "log_likelihood_of_classes": Fits(_classes, (_OUTPUTS, _KNOWN)),
        "log_likelihood_of_rows": Fits(_rows, (_OUTPUTS, _HOT)),
    },
)
def log_likelihood(a: Any, y: Any) -> Any:
    """−(1/m) Σ_x log a_y(x) of probabilities a, shape (m, J) or (J,) for one example (lecture, eq. 13).

    With a = softmax(z), ∂C/∂b_j = (1/m) Σ_x (a_j − y_j) and ∂C/∂w_kj = (1/m) Σ_x x_k (a_j − y_j) for one-hot y
    (lecture, eqs 14, 15).

    y: class indices of shape (m,) counted from 0, or one-hot rows of a's shape.
    Raises ShapeError, DTypeError or DomainError for targets that do not fit, DomainError for a outside [0, 1].

    See also: tg.log_likelihood_with_logits, tg.softmax, tg.one_hot.

    >>> import numpy as np, tinygrad_lite as tg
    >>> float(tg.log_likelihood(np.array([[0.25, 0.75]]), np.array([0]))) == float(np.log(4.0))
    True
    """
    a = float_operand(a, "log_likelihood")
    within_0_1(a, "log_likelihood: activations", "For logits use tg.log_likelihood_with_logits.")
    return log_likelihoods(a, *classes_and_examples("log_likelihood", a, y))


def log_likelihoods_with_logits(z: Any, y: Any, m: int) -> Any:
    below = shifted(z, -1, "log_likelihood_with_logits")
    total = p.log(p.sum_(p.exp(below), axis=-1, keepdims=True))
    terms = y * (total - below) if y.ndim == z.ndim else total[..., 0] - pick(below, y)
    return p.sum_(terms, axis=None, keepdims=False) / m


@overload
def log_likelihood_with_logits(z: Tensor, y: Operand) -> Tensor: ...
@overload
def log_likelihood_with_logits(z: Plain, y: Tensor) -> Tensor: ...
@overload
def log_likelihood_with_logits(z: Plain, y: Plain) -> np.floating: ...
@composite(
    programs={
        "log_likelihood_with_logits_of_classes": Fits(_classes, (_KNOWN,)),
        "log_likelihood_with_logits_of_rows": Fits(_rows, (_HOT,)),
    }
)
def log_likelihood_with_logits(z: Any, y: Any) -> Any:
    """log_likelihood(softmax(z), y), finite for every z: log Σ_k e^(z_k) less the target's logit.

    y as in log_likelihood.

    See also: tg.log_likelihood, tg.log_softmax, tg.one_hot.

    >>> import numpy as np, tinygrad_lite as tg
    >>> tg.log_likelihood_with_logits(np.array([[0.0, 1000.0]]), np.array([0]))
    np.float64(1000.0)
    """
    z = float_operand(z, "log_likelihood_with_logits")
    return log_likelihoods_with_logits(z, *classes_and_examples("log_likelihood_with_logits", z, y))
