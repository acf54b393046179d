"""NumPy's choices between values on Tensors: np.where, np.clip, np.select, np.piecewise, np.choose."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import asked, cast, plain, refuse
from tinygrad_lite.array_functions.joining import stack
from tinygrad_lite.array_functions.places import nonzero
from tinygrad_lite.array_functions.shapes import broadcast_arrays, common_shape, ravel
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.slots import SLOT
from tinygrad_lite.errors import DTypeError, ShapeError, UnsupportedError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import as_tensor


@implements(np.where)
def where(condition: Any, *choices: Any) -> Any:
    if not choices:
        return nonzero(condition)
    if len(choices) != 2 or any(choice is None for choice in choices):
        raise UnsupportedError(
            f"np.where takes a condition and two choices, or a condition alone; got {len(choices)} of them, or None."
        )
    return p.where(condition, *choices)


@implements(np.clip)
@composite
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """minimum(maximum(a, a_min), a_max); on a bound the gradient is shared evenly, as in maximum."""
    refuse(out=out)
    if (a_min is not None or a_max is not None) and (min is not None or max is not None):
        raise UnsupportedError("np.clip takes its bounds as a_min and a_max, or as min and max; got some of both.")
    low, high = a_min if min is None else min, a_max if max is None else max
    if getattr(a, "dtype", np.dtype(float)).kind in "iu":
        # A Python number that no integer of this dtype can pass is no bound. NumPy could not convert it.
        ends = np.iinfo(a.dtype)
        low = None if type(low) is int and low <= ends.min else low
        high = None if type(high) is int and high >= ends.max else high
    a = a if low is None else p.maximum(a, low)
    return a if high is None else p.minimum(a, high)


@implements(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    refuse(out=out)
    wide = broadcast_arrays(*choices)
    which = asked(np.choose, np.asarray(plain(a)), list(range(len(wide))), mode=mode)
    shape = common_shape(which, *wide)
    stacked = stack([p.broadcast_to(x, shape=shape) for x in wide])
    return stacked[(np.broadcast_to(which, shape), *np.indices(shape, sparse=True))]


@implements(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """np.where, the last condition first, so that the first one that is true decides."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ShapeError(f"select takes a choice for each condition; got {len(condlist)} and {len(choicelist)}.")
    # A Python number takes the dtype of the others.
    out, *choices = (x if type(x) in (int, float) else as_tensor(x) for x in (default, *choicelist))
    for x in condlist:
        if getattr(x, "dtype", type(x)) not in (np.bool_, bool):
            raise DTypeError(f"select: conditions are booleans; got {getattr(x, 'dtype', type(x).__name__)}.")
    dtype = np.result_type(*[x if type(x) in (int, float) else x.dtype for x in (out, *choices)])
    if dtype.kind != "f":
        out, *choices = (cast(x, dtype, "select") if type(x) is int else x for x in (out, *choices))
    for condition, choice in reversed(list(zip(condlist, choices, strict=True))):
        out = p.where(as_tensor(condition), choice, out)
    return cast(out, dtype, "select")


@implements(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x, shape = as_tensor(x), np.shape(x)
    masks, funclist = _masks(condlist, x.ndim), asked(list, funclist)
    x = ravel(x) if shape == () else x
    if len(funclist) == len(masks) + 1:
        masks.append(~np.any(asked(np.stack, masks), axis=0))
    if len(funclist) != len(masks):
        raise ShapeError(
            f"piecewise: {len(masks)} conditions take as many functions, or one more; got {len(funclist)}."
        )
    out: Any = np.zeros(x.shape, x.dtype)
    for mask, function in zip(masks, funclist, strict=True):
        part = x[mask]
        if callable(function):
            if not part.size:
                continue
            function = function(part, *args, **kw)
        value = cast(function, x.dtype, "piecewise")
        if value.ndim:
            value = p.scatter(p.broadcast_to(value, shape=part.shape), mask, index=(SLOT,), shape=x.shape)
        out = p.where(mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim)), value, out)
    return p.reshape(as_tensor(out), shape=shape)


def _masks(condlist: Any, ndim: int) -> list[Any]:
    """The conditions as boolean arrays; a single one may come without a list around it."""
    conditions = plain(condlist)
    listed = isinstance(conditions, list | tuple) or np.ndim(conditions) > 0
    if not listed or (ndim and (len(conditions) == 0 or np.ndim(conditions[0]) == 0)):
        conditions = [conditions]
    return [np.atleast_1d(asked(np.asarray, plain(c), dtype=bool)) for c in conditions]
