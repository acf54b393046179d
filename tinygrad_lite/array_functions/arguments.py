"""What the arguments of NumPy's functions mean on Tensors: axes, dtypes, where=, initial=; and what NumPy itself is asked."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.broadcasting import kept_shape
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import (
    DetachError,
    DomainError,
    DTypeError,
    ShapeError,
    UnsupportedError,
)
from tinygrad_lite.tensor.dispatch import RAW, in_our_words
from tinygrad_lite.tensor.operands import real_dtype
from tinygrad_lite.tensor.tensor import Tensor, as_tensor

Axis = int | tuple[int, ...] | None

# --- what is not taken --------------------------------------------------------------------------------------------


def refuse(**given: Any) -> None:
    """Keywords of NumPy's that have no meaning on Tensors."""
    for name, value in given.items():
        if value is not None:
            raise UnsupportedError(f"{name}= is not supported on Tensors. Use .astype() or the returned value instead.")


def untracked(name: str, **given: Any) -> None:
    """Refuse Tensors that track a gradient where the function has none for them."""
    for keyword, value in given.items():
        if isinstance(value, Tensor) and value.needs_grad:
            raise DetachError(
                f"{name} has no gradient by {keyword}=, which {value.label()} tracks. Use {keyword}.detach()."
            )


# --- numbers, and what NumPy says of them -------------------------------------------------------------------------


def whole(number: Any, what: str) -> int:
    """A whole number as Python's; DTypeError for anything else."""
    try:
        return operator.index(number)
    except TypeError:
        raise DTypeError(f"{what} is a whole number; got {number!r}.") from None


def plain(x: Any) -> Any:
    """The numbers of a Tensor, for what is decided by them and passes no gradient; anything else as it is."""
    if not isinstance(x, Tensor):
        return x
    x.leave("a NumPy function that decides by the numbers that it gets")
    return x._array


def asked(function: Any, *args: Any, **kwargs: Any) -> Any:
    """What NumPy's function says of plain numbers. Where it refuses them, the error is ours."""
    try:
        return function(*args, **kwargs)
    except RAW as error:
        raise in_our_words(function, args, error) from error.__cause__


def fact(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What NumPy's function says, as a Tensor that no gradient passes. Its shape must not depend on the numbers."""
    if TRACE.get() is not None and any(isinstance(x, Tensor) for x in (*args, *kwargs.values())):
        return _fact_of_each_run(function, args, kwargs)
    return Tensor(asked(function, *map(plain, args), **{k: plain(v) for k, v in kwargs.items()}))


def decided(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """As fact, but plain numbers, where no trace needs to know what they come from."""
    if TRACE.get() is not None:
        return fact(function, *args, **kwargs)
    return asked(function, *map(plain, args), **{k: plain(v) for k, v in kwargs.items()})


def _fact_of_each_run(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A node whose primitive asks NumPy's function. It stands for this call alone, so it is not in the table."""
    fixed = [None if isinstance(x, Tensor) else np.copy(x) if isinstance(x, np.ndarray) else x for x in args]
    keywords = [k for k, v in kwargs.items() if isinstance(v, Tensor)]

    def value(*arrays: Any) -> Any:
        rest = iter(arrays)
        positional = [next(rest) if isinstance(x, Tensor) else kept for x, kept in zip(args, fixed, strict=True)]
        return np.asarray(asked(function, *positional, **{**kwargs, **{k: next(rest) for k in keywords}}))[()]

    name = f"{function.__name__} of one call"
    primitive = p.Primitive(name, value, None, kind="product", symbol=function.__name__)
    del p.TABLE[name]
    return primitive(*(x for x in args if isinstance(x, Tensor)), *(kwargs[k] for k in keywords))


# --- axes ---------------------------------------------------------------------------------------------------------


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes as non-negative numbers; ShapeError where there is no such axis or one comes twice."""
    numbers = range(ndim) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    if any(isinstance(a, bool | np.bool_) for a in numbers):
        raise DTypeError(f"an axis is a whole number; got {axis!r}. For keepdims, write keepdims=True.")
    axes = tuple(whole(a, "an axis") for a in numbers)
    for a in axes:
        if not -ndim <= a < ndim:
            raise ShapeError(f"axis {a} is out of range for {ndim} axes.")
    axes = tuple(a % ndim for a in axes)
    if len(set(axes)) < len(axes):
        raise ShapeError(f"an axis is named once; got axis={axis} for {ndim} axes.")
    return axes


def one_axis(axis: Any, ndim: int) -> int:
    """One axis as a non-negative number."""
    if isinstance(axis, tuple | list) or axis is None:
        raise ShapeError(f"one axis is needed; got axis={axis}.")
    return axes_of(axis, ndim)[0]


def flat(a: Any, axis: Any) -> tuple[Any, int]:
    """a and one axis of it: where axis is None all elements in one axis."""
    return (p.reshape(a, shape=(-1,)), 0) if axis is None else (a, one_axis(axis, a.ndim))


def axis_of(axis: Any) -> Axis:
    """The axis= of a primitive: a list may change, so a tuple is kept."""
    return tuple(axis) if isinstance(axis, list) else axis


def axes_last(a: Any, axes: tuple[int, ...]) -> Any:
    """a with these axes moved to the end and made into one."""
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    if axes != (a.ndim - 1,):
        if rest + axes != tuple(range(a.ndim)):
            a = p.transpose(a, axes=rest + axes)
        shape = a.shape[: len(rest)]
        a = p.reshape(a, shape=(*shape, math.prod(a.shape[len(rest) :])))
    return a


def kept(found: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> Any:
    """A result over these axes of a shape. With keepdims the axes are there again, of size 1, in the place of the last."""
    if not keepdims:
        return found
    own = found.ndim - (len(shape) - len(axes))  # axes of its own in front, such as those of a list of quantiles
    return p.reshape(found, shape=found.shape[:own] + kept_shape(shape, axes))


def lying_along(axis: int, ndim: int) -> tuple[int, ...]:
    """The shape that lays a vector along one of ndim axes."""
    return tuple(-1 if i == axis else 1 for i in range(ndim))


def along(axis: int, index: Any) -> tuple[Any, ...]:
    """The index that picks along one axis and takes all of those before and behind it."""
    return (*(slice(None),) * axis, index)


# --- dtypes -------------------------------------------------------------------------------------------------------


def cast(x: Any, dtype: Any, who: str) -> Any:
    """The values in the dtype of the array that takes them up; DTypeError where a gradient would get lost in it."""
    if not isinstance(x, Tensor):
        return Tensor(asked(np.array, x, dtype))  # NumPy refuses numbers that do not fit, such as -1 in uint8
    if x.needs_grad and np.dtype(dtype).kind != "f":
        raise DTypeError(f"{who}: {x.label()} tracks a gradient, which {np.dtype(dtype)} would lose. Use float data.")
    return x if x.dtype == dtype else x.astype(dtype)


def accumulated(a: Any, dtype: Any, name: str) -> Any:
    """a in the dtype in which NumPy adds and multiplies it up: the one asked for, or a larger one for small integers."""
    return cast(a, np.sum(np.empty(0, a.dtype)).dtype if dtype is None else real_dtype(dtype, name), name)


def averaged(a: Any, dtype: Any, name: str) -> Any:
    """a in the dtype in which NumPy averages it: float16 in float32, integers in float64, or the one asked for."""
    if dtype is not None:
        kind = real_dtype(dtype, name)
        if kind.kind != "f":
            raise DTypeError(
                f"{name} computes in floating-point numbers; got dtype={kind}. Use .astype() on the result."
            )
    elif a.dtype.kind != "f":
        kind = np.dtype(np.float64)
    else:
        kind = np.dtype(np.float32) if a.dtype == np.float16 else a.dtype
    return cast(a, kind, name)


def given_back(average: Any, a: Any, dtype: Any) -> Any:
    """An average of a in the dtype in which NumPy gives it: float16 is computed in float32, and comes back as float16."""
    return average.astype(a.dtype) if dtype is None and a.dtype == np.float16 else average


def per_count(total: Any, count: Any, dtype: Any) -> Any:
    """A sum divided by the number of its terms, in this dtype. Counts have one of their own, which would win."""
    return cast(total / count, dtype, "a mean")


# --- where=, initial=, ddof= --------------------------------------------------------------------------------------


def mask_of(where: Any, shape: tuple[int, ...]) -> Any:
    """The mask that where= gives for a tensor of this shape; None where it takes every element."""
    if where is None or where is True or where is np._NoValue:
        return None
    mask = as_tensor(where)
    if mask.dtype != np.bool_:
        raise DTypeError(f"where= takes truths, such as t > 0; got dtype {mask.dtype}.")
    if not broadcasts_to(mask.shape, shape):
        raise ShapeError(f"where= must broadcast to the tensor's shape {shape}; got shape {mask.shape}.")
    return mask


def broadcasts_to(shape: tuple[int, ...], wide: tuple[int, ...]) -> bool:
    return len(shape) <= len(wide) and all(n in (1, m) for n, m in zip(shape[::-1], wide[::-1], strict=False))


def selected(a: Any, where: Any, other: Any) -> Any:
    """a, with `other` in the places that where= leaves out."""
    mask = mask_of(where, a.shape)
    return a if mask is None else p.where(mask, a, other)


def initial_of(initial: Any, dtype: Any) -> Any:
    """The number that initial= gives, in the dtype of the result; None where there is none."""
    if initial is None or initial is np._NoValue:
        return None
    try:
        # A Python integer has no dtype of its own: it takes that of the result, where it fits in.
        start = as_tensor(np.asarray(initial, dtype) if type(initial) is int and dtype.kind in "iu" else initial)
    except OverflowError:
        raise DTypeError(f"initial={initial} does not fit a result of dtype {dtype}. Use .astype() first.") from None
    if start.shape != ():
        raise ShapeError(f"initial= is one number; got shape {start.shape}.")
    if not np.can_cast(start.dtype, dtype, "same_kind"):
        raise DTypeError(
            f"initial= of dtype {start.dtype} does not fit a result of dtype {dtype}. Use .astype() first."
        )
    return cast(start, dtype, "initial=")


def count_of(shape: tuple[int, ...], axis: Any, where: Any = None, keepdims: bool = False) -> Any:
    """How many elements each element of a reduction is made of: a number, or with where= an array of them."""
    mask = mask_of(where, shape)
    if mask is None:
        return math.prod(shape[a] for a in axes_of(axis, len(shape)))
    counted: Any = np.broadcast_to(plain(mask), shape)
    return counted.sum(axis=axis_of(axis), keepdims=keepdims)


def ddof_of(ddof: float, correction: Any) -> float:
    if correction is not None and correction is not np._NoValue:
        if ddof != 0:
            raise DomainError(f"ddof and correction say the same: give one of them; got {ddof} and {correction}.")
        ddof = correction
    if not isinstance(ddof, int | float | np.integer | np.floating):
        raise DTypeError(f"ddof is a number that is taken off the count, as 1 is; got {ddof!r}.")
    return ddof


def enough_values(count: Any, ddof: float) -> None:
    if np.any(count <= ddof):
        raise DomainError(f"the variance with ddof={ddof} needs more than {ddof} values; got {np.min(count)}.")
