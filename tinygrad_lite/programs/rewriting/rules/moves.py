"""What only moves or hands on elements: copies, changes of dtype, transposes, reshapes, and sums that keep axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygrad_lite.programs.program import Line, Value
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call

__all__ = ["MOVES"]


def handed_on(build: Builder, line: Line) -> Value | None:
    """identity(x), copy(x), stop_gradient(x) and astype to the dtype that x has are x.

    Nobody writes into a value, and outputs that are inputs are copied at the end.
    """
    return line.inputs[0] if line.inputs[0].dtype == line.dtype else None


def transposed(build: Builder, line: Line) -> Value | None:
    """A transpose that changes nothing is left out; two make one."""
    (x,), axes = line.inputs, tuple(line.params["axes"])
    if axes == tuple(range(len(axes))):
        return x
    if is_call(x, "transpose"):
        axes = tuple(x.params["axes"][i] for i in axes)
        return build.make("transpose", x.inputs[0], shape=line.shape, dtype=line.dtype, params={"axes": axes})
    return None


def reshaped(build: Builder, line: Line) -> Value | None:
    """A reshape to the shape that x has is left out; of two, the second is enough; a sum may keep its axes itself."""
    (x,) = line.inputs
    if x.shape == line.shape:
        return x
    if is_call(x, "reshape"):
        return build.make("reshape", x.inputs[0], shape=line.shape, dtype=line.dtype, params={"shape": line.shape})
    if is_call(x, "sum", "max", "min") and not x.params.get("keepdims", False):
        axes = reduced_axes(x)
        whole = x.inputs[0].shape
        if line.shape == tuple(1 if i in axes else n for i, n in enumerate(whole)):
            return build.make(
                x.primitive.name, *x.inputs, shape=line.shape, dtype=line.dtype, params={**x.params, "keepdims": True}
            )
    return None


def reduced_axes(line: Line) -> tuple[int, ...]:
    """The axes of its input that a reduction reduces, counted from 0."""
    ndim = len(line.inputs[0].shape)
    axis = line.params.get("axis")
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))) if ndim else ()


def one_spelling_of_axes(build: Builder, line: Line) -> Value | None:
    """axis is None for all axes, a number for one and a tuple for several: as a person writes it, and always alike."""
    axes = reduced_axes(line)
    ndim = len(line.inputs[0].shape)
    axis: Any = None if len(axes) == ndim else axes[0] if len(axes) == 1 else axes
    keepdims = line.params.get("keepdims", False) and ndim > 0
    params = {"axis": axis, "keepdims": keepdims}
    if line.params == params and type(axis) is type(line.params["axis"]):
        return None
    return build.make(line.primitive.name, *line.inputs, shape=line.shape, dtype=line.dtype, params=params)


def over_nothing(build: Builder, line: Line) -> Value | None:
    """A sum, maximum or minimum over axes of size 1 is its input in another shape."""
    (x,) = line.inputs
    if line.primitive.name == "sum" and build.zeros_matter:
        return None  # the sum of −0 is 0
    if x.dtype != line.dtype or any(x.shape[i] != 1 for i in reduced_axes(line)):
        return None
    return build.make("reshape", x, shape=line.shape, dtype=line.dtype, params={"shape": line.shape})


MOVES: Mapping[str, Sequence[Rule]] = {
    **{name: [handed_on] for name in ["identity", "copy", "stop_gradient", "astype", "astype_integer"]},
    **{name: [one_spelling_of_axes, over_nothing] for name in ["sum", "max", "min"]},
    "transpose": [transposed],
    "reshape": [reshaped],
}
