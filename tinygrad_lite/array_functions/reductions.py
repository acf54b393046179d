"""NumPy's reductions on Tensors where one primitive does not say it all: each composed of primitives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import (
    Axis,
    accumulated,
    averaged,
    axes_last,
    axes_of,
    axis_of,
    broadcasts_to,
    cast,
    count_of,
    ddof_of,
    enough_values,
    given_back,
    initial_of,
    mask_of,
    per_count,
    refuse,
    selected,
)
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.broadcasting import kept_shape
from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.errors import DomainError, ShapeError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.operands import real_dtype

# --- sums, products, extrema, truths ---------------------------------------------------------------------------------


@implements(np.sum)
def sum_(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    if dtype is None and out is None and initial is None and where is True:  # the usual call, without the rest's price
        return p.sum_(a, axis=axis_of(axis), keepdims=keepdims)
    refuse(out=out)
    kind = a.dtype if dtype is None else real_dtype(dtype, "np.sum")
    total = p.sum_(selected(cast(a, kind, "np.sum"), where, 0), axis=axis_of(axis), keepdims=keepdims)
    total = total if dtype is None else cast(total, kind, "np.sum")  # small integers are summed in larger ones
    start = initial_of(initial, total.dtype)
    return total if start is None else total + start


@implements(np.prod)
@composite
def prod(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    """Halves multiplied together until one is left: no division, so it is right at zeros, to every order."""
    refuse(out=out)
    axes = axes_of(axis, a.ndim)
    x = axes_last(selected(accumulated(a, dtype, "np.prod"), where, 1), axes)
    if x.shape[-1] == 0:
        x = p.concatenate(x, np.ones((*x.shape[:-1], 1), x.dtype), axis=x.ndim - 1)
    while x.shape[-1] > 1:
        half = x.shape[-1] // 2
        pairs = x[..., :half] * x[..., half : 2 * half]
        x = p.concatenate(pairs, x[..., 2 * half :], axis=x.ndim - 1) if x.shape[-1] % 2 else pairs
    product = p.reshape(x, shape=kept_shape(a.shape, axes) if keepdims else x.shape[:-1])
    start = initial_of(initial, product.dtype)
    return product if start is None else product * start


def _extremum(reduce: Primitive, pick: Primitive) -> Callable[..., Any]:
    """np.max or np.min: `reduce` finds the extremum along axes, `pick` that of two numbers."""

    def extremum(
        a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
    ) -> Any:
        refuse(out=out)
        start = initial_of(initial, a.dtype)
        if start is None:
            if mask_of(where, a.shape) is not None:
                raise DomainError(f"np.{reduce.name} with where= needs initial=, its value where nothing is selected.")
            return reduce(a, axis=axis_of(axis), keepdims=keepdims)
        a = selected(a, where, start)
        if count_of(a.shape, axis) == 0:
            axes = axes_of(axis, a.ndim)
            rest = tuple(n for i, n in enumerate(a.shape) if i not in axes)
            return p.broadcast_to(start, shape=kept_shape(a.shape, axes) if keepdims else rest)
        return pick(reduce(a, axis=axis_of(axis), keepdims=keepdims), start)

    return extremum


max_ = implements(np.max, np.amax)(_extremum(p.max_, p.maximum))
min_ = implements(np.min, np.amin)(_extremum(p.min_, p.minimum))


@implements(np.ptp)
@composite
def ptp(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.max_(a, axis=axis_of(axis), keepdims=keepdims) - p.min_(a, axis=axis_of(axis), keepdims=keepdims)


@implements(np.argmax)
def argmax(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.argmax(a, axis=axis, keepdims=keepdims)


@implements(np.argmin)
def argmin(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
    refuse(out=out)
    return p.argmin(a, axis=axis, keepdims=keepdims)


@implements(np.any)
def any_(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    refuse(out=out)
    return p.any_(selected(a, where, False), axis=axis_of(axis), keepdims=keepdims)


@implements(np.all)
def all_(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    refuse(out=out)
    return p.all_(selected(a, where, True), axis=axis_of(axis), keepdims=keepdims)


# --- averages --------------------------------------------------------------------------------------------------------


@implements(np.mean)
@composite
def mean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    refuse(out=out)
    x = averaged(a, dtype, "np.mean")
    total = p.sum_(selected(x, where, 0), axis=axis_of(axis), keepdims=keepdims)
    return given_back(per_count(total, count_of(a.shape, axis, where, keepdims), x.dtype), a, dtype)


@implements(np.var)
@composite
def var(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    refuse(out=out)
    ddof = ddof_of(ddof, correction)
    x = averaged(a, dtype, "np.var")
    count = count_of(a.shape, axis, where, keepdims)
    enough_values(count, ddof)
    if mean is None or mean is np._NoValue:
        total = p.sum_(selected(x, where, 0), axis=axis_of(axis), keepdims=True)
        mean = per_count(total, count_of(a.shape, axis, where, True), x.dtype)
    elif not broadcasts_to(np.shape(mean), a.shape):
        raise ShapeError(f"mean= must broadcast to the shape {a.shape}; got {np.shape(mean)}. Use keepdims=True in it.")
    centred = selected(x - mean, where, 0)
    variance = per_count(p.sum_(centred * centred, axis=axis_of(axis), keepdims=keepdims), count - ddof, x.dtype)
    return given_back(variance, a, dtype)


def root_of(total: Any, root: Any = p.sqrt) -> Any:
    """The root of a sum that is 0 or larger; at 0 its slope is infinite, and is set aside: there the derivative is 0."""
    zero = p.equal(total, 0)
    return p.where(zero, 0.0, root(p.where(zero, 1.0, total)))


@implements(np.std)
@composite
def std(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    return root_of(var(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction))
