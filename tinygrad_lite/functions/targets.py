"""Outputs and targets of costs: what fits together, one-hot rows and class indices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.core.slots import SLOT
from tinygrad_lite.errors import DomainError, DTypeError, ShapeError
from tinygrad_lite.programs.claims import IN_0_1, ONE_HOT, of_stacks
from tinygrad_lite.tensor.keywords import answering
from tinygrad_lite.tensor.operands import float_operand, operand
from tinygrad_lite.tensor.tensor import Operand, Tensor

__all__ = [
    "are_classes",
    "classes_and_examples",
    "examples",
    "is_one_hot",
    "lies_in_0_1",
    "one_hot",
    "pick",
    "same_shape",
    "within_0_1",
]


def values_of(x: Any) -> Any:
    """The numbers for a check, or None where looking would force a lazy or remote array."""
    data = x._array if isinstance(x, Tensor) else x
    return data if isinstance(data, np.ndarray | np.generic) else None


_ONE = {"d": (np.uint64, int(np.float64(1).view(np.uint64))), "f": (np.uint32, int(np.float32(1).view(np.uint32)))}


@of_stacks
def lies_in_0_1(values: Any) -> bool:
    """Whether no number lies outside [0, 1]; nan does not, and is passed on.

    Read as whole numbers, the bits of the floats from 0 to 1 are those up to the bits of 1: one maximum tells mostly.
    """
    if type(values) is np.float64 or type(values) is float:
        return not (values < 0 or values > 1)
    if type(values) is np.ndarray and values.size and values.dtype.char in _ONE:
        bits, one = _ONE[values.dtype.char]
        if np.maximum.reduce(values.view(bits), None) <= one:
            return True
    if values.size == 0 or (np.minimum.reduce(values, None) >= 0 and np.maximum.reduce(values, None) <= 1):
        return True
    return not ((values < 0) | (values > 1)).any()


@of_stacks
def is_one_hot(values: Any) -> bool:
    """Whether each row has one 1 and else 0."""
    return bool(((values == 0) | (values == 1)).all() and (values.sum(axis=-1) == 1).all())


@of_stacks
def are_classes(values: Any, classes: int) -> bool:
    """Whether all indices lie in 0 … classes − 1."""
    return bool(
        values.size == 0 or (np.minimum.reduce(values, None) >= 0 and np.maximum.reduce(values, None) < classes)
    )


def checked(holds: Callable[[Any], bool], x: Any, claim: str = "") -> Any:
    """The values of x where they do not hold what they must, else None. In a trace, each run of the program asks."""
    values = values_of(x)
    trace = TRACE.get()
    if trace is not None and isinstance(x, Tensor):
        trace.check(holds, x, claim=claim)
        return None
    return None if values is None or holds(values) else values


def within_0_1(x: Any, what: str, fix: str) -> None:
    values = checked(lies_in_0_1, x, IN_0_1)
    if values is not None:
        worst = np.asarray(values)[(values < 0) | (values > 1)].flat[0]
        raise DomainError(f"{what} must lie in [0, 1]; got {worst} at one of {values.size} places. {fix}")


def same_shape(who: str, a: Any, y: Any) -> Any:
    """Outputs and targets as floats of one shape: broadcasting here would hide a mistake."""
    a, given = float_operand(a, who), y
    y = a.dtype.type(y) if type(y) in (int, float) else float_operand(y, who, a.dtype)
    if a.shape != y.shape and y.ndim > 0:
        fix = "Reshape one of them."
        if y.shape == a.shape[:-1] and (given if hasattr(given, "dtype") else np.asarray(given)).dtype.kind in "iu":
            fix = "For class indices write tg.log_likelihood_with_logits(z, y), or tg.log_likelihood(a, y) of probabilities."
        raise ShapeError(f"{who}: outputs have shape {a.shape}, targets {y.shape}; they must be equal. {fix}")
    return a, y


def examples(a: Any) -> int:
    if a.size == 0:
        raise ShapeError(f"a cost averages over at least one example; got shape {a.shape}.")
    return int(a.shape[0]) if a.ndim else 1


@answering("tg.one_hot")
def one_hot(y: Operand, classes: int, dtype: Any = np.float64) -> Tensor:
    """Class indices of shape (...) as rows (..., classes) with a single 1.

    Raises DTypeError for indices that are no integers, DomainError for those outside 0 … classes − 1.

    See also: tg.log_likelihood, tg.log_likelihood_with_logits.

    >>> import tinygrad_lite as tg
    >>> tg.one_hot([0, 2], 3).numpy()
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    indices = class_indices("one_hot", operand(y, "one_hot"), classes)
    if TRACE.get() is not None and isinstance(indices, Tensor):
        return (indices[..., None] == np.arange(classes)).astype(dtype)
    return Tensor(np.equal(np.asarray(indices)[..., None], np.arange(classes)).astype(dtype), facts=("one_hot",))


def class_indices(who: str, y: Any, classes: int) -> Any:
    if y.dtype.kind not in "iu":
        raise DTypeError(
            f"{who}: class indices are integers; got dtype {y.dtype}. Convert with .astype(int), or pass one-hot rows."
        )
    values = checked(partial(are_classes, classes=classes), y)
    if values is not None:
        raise DomainError(f"{who}: class indices run from 0 to {classes - 1}; got {values.min()} to {values.max()}.")
    return y


def classes_and_examples(who: str, x: Any, y: Any) -> tuple[Any, int]:
    """The targets of outputs x, shape (m, J) or (J,), checked: class indices, or one-hot rows as floats; and m."""
    if x.ndim not in (1, 2):
        raise ShapeError(f"{who}: outputs have shape (m, J), or (J,) for one example; got {x.shape}.")
    y = operand(y, who)
    m = examples(x) if x.ndim == 2 else 1
    if y.ndim == x.ndim:
        if y.shape != x.shape:
            raise ShapeError(f"{who}: one-hot targets have the outputs' shape {x.shape}; got {y.shape}.")
        if checked(is_one_hot, y, ONE_HOT) is not None:
            raise DomainError(
                f"{who}: each row of the targets must have one 1 and else 0. Use tg.one_hot(indices, {x.shape[-1]})."
            )
        y = float_operand(y, who, x.dtype)
    elif y.shape != x.shape[:-1]:
        raise ShapeError(
            f"{who}: outputs of shape {x.shape} need {x.shape[:-1]} class indices or one-hot rows; got {y.shape}."
        )
    else:
        class_indices(who, y, x.shape[-1])
    return y, m


def pick(x: Any, y: Any) -> Any:
    """The element of each row that the class index names."""
    rows = (np.arange(x.shape[0]), y) if x.ndim == 2 else (y,)
    return p.getitem(x, *rows, index=(SLOT,) * len(rows))
