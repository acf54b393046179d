"""np.pad on Tensors: what is put around the elements, axis after axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import along, asked, cast, lying_along, one_axis, plain, whole
from tinygrad_lite.array_functions.creation import array as array_of
from tinygrad_lite.array_functions.shapes import broadcast_to, flip
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import DTypeError, ShapeError, UnsupportedError
from tinygrad_lite.tensor.dispatch import implements, tensors
from tinygrad_lite.tensor.tensor import as_tensor

_STATISTICS: dict[str, Any] = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}
# The one keyword of each mode.
_KEYWORD = {
    "constant": "constant_values", "linear_ramp": "end_values", **dict.fromkeys(_STATISTICS, "stat_length"),
    "edge": None, "wrap": None, "reflect": "reflect_type", "symmetric": "reflect_type",
}  # fmt: skip


@implements(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    a = as_tensor(array)
    if not isinstance(mode, str) or mode not in _KEYWORD:
        raise UnsupportedError(f"np.pad on Tensors: mode is one of {', '.join(_KEYWORD)}; got {mode!r}.")
    extra = [k for k in kwargs if k != _KEYWORD[mode]]
    if extra:
        raise UnsupportedError(f"np.pad with mode {mode!r} takes no {extra[0]}=.")
    widths = _widths(pad_width, a.ndim)
    if mode != "constant":
        for i, (size, pair) in enumerate(zip(a.shape, widths, strict=True)):
            if size == 0 and any(pair):
                raise ShapeError(f"np.pad: axis {i} of shape {a.shape} is empty; only mode 'constant' pads it.")
    option = kwargs.get(_KEYWORD[mode] or "")
    if mode in ("edge", "wrap", "reflect", "symmetric"):
        return _picked(a, widths, mode, option)
    return _bordered(a, widths, mode, _pairs(option, a.ndim))


def _widths(given: Any, ndim: int) -> list[tuple[int, int]]:
    """How many elements are put before and behind each axis."""
    if isinstance(given, dict):  # only some axes
        by_axis = {one_axis(axis, ndim): width for axis, width in given.items()}
        given = [np.broadcast_to(by_axis.get(i, 0), 2) for i in range(ndim)] or 0
    widths = asked(np.asarray, plain(given))
    if widths.dtype.kind != "i":
        raise DTypeError(f"np.pad: widths are whole numbers; got dtype {widths.dtype}.")
    if widths.size and widths.min() < 0:
        raise ShapeError(f"np.pad: widths are not negative; got {widths.tolist()}. Use slices to take elements away.")
    return [(int(before), int(behind)) for before, behind in asked(np.broadcast_to, widths, (ndim, 2))]


def _pairs(given: Any, ndim: int) -> Any:
    """One value before and one behind each axis, indexed by axis and side; they may be Tensors."""
    if next(tensors(given), None) is not None:
        return broadcast_to(array_of(given), (ndim, 2))
    # Python's numbers: NumPy says so where one of them does not fit into the dtype.
    return asked(np.broadcast_to, np.asarray(given), (ndim, 2)).astype(object)


def _picked(a: Any, widths: Any, mode: str, kind: Any) -> Any:
    """What is put around are elements of a: NumPy says which, when it pads their numbers."""
    if kind not in (None, "even"):
        raise UnsupportedError(f"np.pad on Tensors: reflect_type is 'even'; got {kind!r}.")
    places = [asked(np.pad, np.arange(n), pair, mode) for n, pair in zip(a.shape, widths, strict=True)]
    return a[np.ix_(*places)] if places else a


def _bordered(a: Any, widths: Any, mode: str, options: Any) -> Any:
    """Around go numbers: the later axes also put them around those of the earlier ones, and so fill the corners."""
    for i, (before, behind) in enumerate(widths):
        parts = [a]
        if before:
            parts.insert(0, _border(a, i, before, mode, options[i, 0], False))
        if behind:
            parts.append(_border(a, i, behind, mode, options[i, 1], True))
        a = p.concatenate(*parts, axis=i) if len(parts) > 1 else a
    return a


def _border(a: Any, axis: int, width: int, mode: str, option: Any, behind: bool) -> Any:
    """What goes before or behind one axis."""
    shape = (*a.shape[:axis], width, *a.shape[axis + 1 :])
    if mode == "constant":
        value = 0 if option is None else option
        return broadcast_to(cast(value, a.dtype, "np.pad"), shape)
    if mode in ("mean", "median", "linear_ramp") and a.dtype.kind != "f":
        raise DTypeError(f"np.pad with mode {mode!r} computes with floats; got dtype {a.dtype}. Use .astype(float).")
    size = a.shape[axis]
    if mode == "linear_ramp":
        return _ramp(a[along(axis, slice(-1, None) if behind else slice(1))], axis, width, option, behind)
    length = size if option is None else min(size, whole(option, "stat_length"))
    if length < 1:
        raise ShapeError(f"np.pad: stat_length is at least 1; got {option}.")
    near = a[along(axis, slice(size - length, None) if behind else slice(length))]
    return broadcast_to(_STATISTICS[mode](near, axis=axis, keepdims=True), shape)


def _ramp(edge: Any, axis: int, width: int, end: Any, behind: bool) -> Any:
    """Equal steps from the end value to the edge, which itself is left out; in float64, as NumPy does it."""
    dtype = edge.dtype
    wide = np.result_type(dtype, np.float64)
    start = 0 if end is None else cast(end, wide, "np.pad")
    steps = np.arange(width, dtype=wide).reshape(lying_along(axis, edge.ndim))
    ramp = cast((cast(edge, wide, "np.pad") - start) / width * steps + start, dtype, "np.pad")
    return flip(ramp, axis) if behind else ramp
