"""NumPy's functions that pick elements by their places. Which places those are, NumPy itself is asked."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import along, asked, axes_of, cast, fact, flat, plain, refuse, whole
from tinygrad_lite.array_functions.joining import concatenate
from tinygrad_lite.array_functions.products import diagonal
from tinygrad_lite.array_functions.shapes import ravel
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.slots import SLOT
from tinygrad_lite.errors import DTypeError, ShapeError, UnsupportedError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import Tensor, as_tensor


def moved(function: Any, a: Any, *args: Any, **kwargs: Any) -> Any:
    """The result of a function that only moves elements: NumPy moves their numbers, and one index picks them all."""
    a = as_tensor(a)
    numbers = np.arange(math.prod(a.shape)).reshape(a.shape)
    return ravel(a)[asked(function, numbers, *map(plain, args), **{k: plain(v) for k, v in kwargs.items()})]


# --- by a list of places -------------------------------------------------------------------------------------


@implements(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    a, axis = flat(a, axis)
    return a[along(axis, asked(np.repeat, np.arange(a.shape[axis]), np.asarray(plain(repeats))))]


@implements(np.take)
def take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
    refuse(out=out)
    a = as_tensor(a)
    a, axis = flat(a, axis)
    given = asked(np.asarray, plain(indices))
    if given.size and given.dtype.kind not in "iub":
        raise DTypeError(f"take: indices are whole numbers; got dtype {given.dtype}.")
    places = asked(np.take, np.arange(a.shape[axis]), given.astype(np.intp), mode=mode)
    # Indices that are a Tensor stay one, so that pictures show where they come from; booleans count as 0 and 1 here.
    shown = isinstance(indices, Tensor) and mode == "raise" and given.dtype != np.bool_
    return a[along(axis, indices if shown else places)]


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    arr, which = as_tensor(arr), indices if isinstance(indices, Tensor) else asked(np.asarray, indices)
    if which.dtype.kind not in "iu":
        raise DTypeError(f"take_along_axis: indices are whole numbers; got dtype {which.dtype}.")
    arr, axis = flat(arr, axis)
    if which.ndim != arr.ndim:
        raise ShapeError(f"take_along_axis: shapes {arr.shape} and {which.shape} have different numbers of axes.")
    places: list[Any] = list(np.indices(arr.shape, sparse=True))
    places[axis] = which
    return arr[tuple(places)]


@implements(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    refuse(out=out)
    a = as_tensor(a)
    a, axis = flat(a, axis)
    return a[along(axis, asked(np.compress, plain(condition), np.arange(a.shape[axis])))]


@implements(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    arr = as_tensor(arr)
    return ravel(arr)[asked(np.extract, plain(condition), np.arange(arr.size))]


@implements(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    arr, axis = flat(arr, axis)
    return arr[along(axis, asked(np.delete, np.arange(arr.shape[axis]), plain(obj)))]


@implements(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """The values behind the array, all in one axis; then NumPy inserts their numbers among those of the array."""
    arr = as_tensor(arr)
    new = cast(values, arr.dtype, "insert")
    behind = arr.size + np.arange(new.size).reshape(new.shape)
    numbers = np.arange(arr.size).reshape(arr.shape)
    return concatenate([arr, new], None)[asked(np.insert, numbers, plain(obj), behind, axis)]


@implements(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    a = as_tensor(a)
    return moved(np.resize, a, new_shape) if a.size else np.zeros_like(a, shape=new_shape)


@implements(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """The box around what is not zero: a decision by the values, which are the same inside."""
    where = str(trim).lower()
    if where not in ("f", "b", "fb", "bf"):
        raise UnsupportedError(f"trim_zeros: trim is 'f', 'b' or 'fb'; got {trim!r}.")
    kept = np.argwhere(plain(filt))
    if not len(kept):
        where = "fb"  # nothing is left, from whichever end
    index: list[Any] = [slice(None)] * filt.ndim
    for i in axes_of(axis, filt.ndim):
        start, stop = (kept[:, i].min(), kept[:, i].max() + 1) if len(kept) else (0, 0)
        index[i] = slice(start if "f" in where else None, stop if "b" in where else None)
    return filt[tuple(index)]


@implements(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    if writeable:
        raise UnsupportedError("sliding_window_view: a Tensor is not written to; leave writeable=True out.")
    return moved(np.lib.stride_tricks.sliding_window_view, x, window_shape, axis)


# These two of np.fft only roll; the others give complex numbers.
implements(np.fft.fftshift)(lambda x, axes=None: moved(np.fft.fftshift, x, axes))
implements(np.fft.ifftshift)(lambda x, axes=None: moved(np.fft.ifftshift, x, axes))


# --- diagonals -----------------------------------------------------------------------------------------------


@implements(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ShapeError(f"diag takes one or two axes; got shape {v.shape}.")
    return diagflat(v, k)


@implements(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    k = whole(k, "a diagonal")
    size = v.size + abs(k)
    rows = np.arange(v.size) + max(-k, 0)
    return p.scatter(ravel(v), rows, rows + k, index=(SLOT, SLOT), shape=(size, size))


# --- places as a result, which pass no gradient --------------------------------------------------------------


@implements(np.nonzero)
def nonzero(a: Any) -> tuple[Tensor, ...]:
    if a.ndim == 0:
        raise ShapeError("nonzero needs at least one axis; got a scalar. Use np.atleast_1d.")
    return tuple(Tensor(places) for places in np.nonzero(plain(a)))


for _function in (np.argwhere, np.flatnonzero, np.count_nonzero):
    implements(_function)(partial(fact, _function))


@implements(np.searchsorted)
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    return fact(np.searchsorted, np.asarray(plain(a)), np.asarray(plain(v)), side, sorter)


@implements(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    return fact(np.digitize, x, bins, right=right)


@implements(np.unique)
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: Any = None,
    **how: Any,
) -> Any:  # fmt: skip
    """The different values, picked by their first places; two that are equal and learn have no derivative."""
    _, index, *rest = asked(np.unique, plain(ar), True, return_inverse, return_counts, axis, **how)
    if ar.needs_grad and len(index) < (ar.size if axis is None else ar.shape[axis]):
        raise UnsupportedError(
            f"np.unique of {ar.label()}, which has equal values: they have no derivative, because each may move away "
            "from the others. Use t.detach()."
        )
    ar, axis = flat(ar, axis)
    values = ar[along(axis, index)]
    facts = [Tensor(x) for x in ([index] if return_index else []) + rest]
    return (values, *facts) if facts else values
