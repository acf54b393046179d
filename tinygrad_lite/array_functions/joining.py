"""NumPy's functions that join and split Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import along, cast, one_axis, plain, refuse, whole
from tinygrad_lite.array_functions.shapes import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    atleast_nd,
    expand_dims,
    moveaxis,
    ravel,
)
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import DTypeError, ShapeError, UnsupportedError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.operands import real_dtype
from tinygrad_lite.tensor.tensor import as_tensor

# --- joining -------------------------------------------------------------------------------------------------


@implements(np.concatenate)
def concatenate(
    arrays: Any, /, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    refuse(out=out)
    tensors = [as_tensor(a) for a in arrays]
    if not tensors:
        raise ShapeError("concatenate needs at least one array; got none.")
    if axis is None:
        tensors, axis = [ravel(t) for t in tensors], 0
    into = np.result_type(*[t.dtype for t in tensors]) if dtype is None else real_dtype(dtype, "concatenate")
    if casting not in ("no", "equiv", "safe", "same_kind", "unsafe"):
        raise UnsupportedError(f"casting is 'no', 'equiv', 'safe', 'same_kind' or 'unsafe'; got {casting!r}.")
    for t in tensors:
        if not np.can_cast(t.dtype, into, casting):  # type: ignore[arg-type]
            raise DTypeError(f"casting={casting!r} refuses to join {t.dtype} into {into}. Use .astype() first.")
    if dtype is not None:
        tensors = [cast(t, into, "concatenate") for t in tensors]
    return p.concatenate(*tensors, axis=one_axis(axis, tensors[0].ndim))


@implements(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    tensors = [as_tensor(a) for a in arrays]
    shapes = {t.shape for t in tensors}
    if len(shapes) != 1:
        raise ShapeError(f"stack needs arrays of one shape; got {', '.join(map(str, sorted(shapes))) or 'no arrays'}.")
    axis = one_axis(axis, tensors[0].ndim + 1)
    return concatenate([expand_dims(t, axis) for t in tensors], axis, out, dtype=dtype, casting=casting)


@implements(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return concatenate([atleast_2d(t) for t in tup], 0, dtype=dtype, casting=casting)


@implements(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    tensors = [atleast_1d(t) for t in tup]
    return concatenate(tensors, 0 if tensors and tensors[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@implements(np.dstack)
def dstack(tup: Any) -> Any:
    return concatenate([atleast_3d(t) for t in tup], 2)


@implements(np.column_stack)
def column_stack(tup: Any) -> Any:
    return concatenate([p.reshape(t, shape=(-1, 1)) if t.ndim < 2 else t for t in map(as_tensor, tup)], 1)


@implements(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return concatenate((arr, values), axis)


@implements(np.block)
def block(arrays: Any) -> Any:
    """Nested lists of blocks: the innermost are joined along the last axis, those around them along the last but one."""
    depth, ndim = _measure(arrays)

    def joined(part: Any, axis: int) -> Any:
        if isinstance(part, list):
            return concatenate([joined(x, axis + 1) for x in part], axis)
        return atleast_nd(max(depth, ndim), as_tensor(part))

    return joined(arrays, -depth) if depth else p.copy(arrays)


def _measure(part: Any) -> tuple[int, int]:
    """How deep the lists of a block are nested, and the most axes of any array in them."""
    if isinstance(part, tuple):
        raise UnsupportedError("np.block takes lists of blocks; got a tuple. Write [a, b] for (a, b).")
    if not isinstance(part, list):
        return 0, np.ndim(part)
    found = [_measure(x) for x in part]
    if len({depth for depth, _ in found}) != 1:
        raise ShapeError("np.block needs every block inside equally many lists, none of them empty.")
    return found[0][0] + 1, max(ndim for _, ndim in found)


# --- splitting -----------------------------------------------------------------------------------------------


@implements(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Slices between the places of the cuts; sections get sizes that differ by one at most, the larger ones first."""
    axis = one_axis(axis, ary.ndim)
    size = ary.shape[axis]
    if np.ndim(indices_or_sections):
        cuts = [whole(i, "a place to split at") for i in plain(indices_or_sections)]
    else:
        sections = _sections(indices_or_sections)
        each, rest = divmod(size, sections)
        cuts = [i * each + min(i, rest) for i in range(1, sections)]
    return [ary[along(axis, slice(start, end))] for start, end in zip([0, *cuts], [*cuts, size], strict=True)]


def _sections(number: Any) -> int:
    sections = whole(number, "a number of sections")
    if sections <= 0:
        raise ShapeError(f"an axis is split into at least one section; got {sections}.")
    return sections


@implements(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    axis = one_axis(axis, ary.ndim)
    size = ary.shape[axis]
    if not np.ndim(indices_or_sections) and size % _sections(indices_or_sections):
        raise ShapeError(f"split: an axis of size {size} has no {indices_or_sections} equal parts. Use np.array_split.")
    return array_split(ary, indices_or_sections, axis)


def _splitter(name: str, least: int, axis: int) -> Callable[[Any, Any], Any]:
    def divide(ary: Any, indices_or_sections: Any) -> Any:
        if ary.ndim < least:
            raise ShapeError(f"{name} needs at least {least} axes; got shape {ary.shape}.")
        return split(ary, indices_or_sections, min(axis, ary.ndim - 1))

    return divide


implements(np.hsplit)(_splitter("hsplit", 1, 1))
implements(np.vsplit)(_splitter("vsplit", 2, 0))
implements(np.dsplit)(_splitter("dsplit", 3, 2))


def unstack(x: Any, /, *, axis: int = 0) -> Any:
    return tuple(moveaxis(x, one_axis(axis, x.ndim), 0))


if hasattr(np, "unstack"):  # since NumPy 2.1
    implements(np.unstack)(unstack)
