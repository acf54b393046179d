"""What is the same along an axis is computed once: broadcasts move behind the lines that use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.programs.program import Constant, Line, Value
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call
from tinygrad_lite.programs.rewriting.constants import one_number

__all__ = ["BROADCASTS", "small_operands"]


def small_operands(build: Builder, line: Line) -> Value | None:
    """An elementwise line broadcasts by itself: it takes what was broadcast for it as it was, and arrays of one number
    as this number. Where all its operands were broadcast, it computes in the small shape.
    """
    if not any(x.dtype is not None if type(x) is Constant else is_call(x, "broadcast_to") for x in line.inputs):
        return None  # nearly all lines: this rule is asked of each
    inputs = tuple([_small(build, line, x) for x in line.inputs])
    if inputs == line.inputs:
        return None
    if line.primitive.name == "broadcast_to":
        return build.make("broadcast_to", *inputs, shape=line.shape, dtype=line.dtype, params=line.params)
    if all(isinstance(x, Constant) for x in inputs):
        return None  # folding knows what to do
    shape = np.broadcast_shapes(*(x.shape for x in inputs))
    value = build.line(Line(line.primitive, inputs, line.params, shape, line.dtype))
    return broadcast(build, value, line.shape)


def broadcast(build: Builder, x: Value, shape: tuple[int, ...]) -> Value:
    """x in this shape."""
    if x.shape == shape:
        return x
    return build.make("broadcast_to", x, shape=shape, dtype=x.dtype, params={"shape": shape})


def _small(build: Builder, line: Line, x: Value) -> Value:
    while is_call(x, "broadcast_to"):
        x = x.inputs[0]
    if isinstance(x, Constant) and x.dtype is not None:
        value = one_number(x.value)
        if value is not None:
            return build.constant(_as_number(line, value))
    return x


def _as_number(line: Line, value: Any) -> Any:
    """A Python number where a partner decides the dtype anyway, as a person would write it; else the NumPy scalar."""
    partners = [
        x.dtype for x in line.inputs if not isinstance(x, Constant) and x.dtype is not None and x.dtype.kind == "f"
    ]
    if value.dtype.kind == "f" and partners and all(d == value.dtype for d in partners):
        return _shortest(value)
    return value


def _shortest(value: Any) -> float:
    """The Python float that prints as the NumPy scalar does and rounds to it."""
    number = float(str(value))
    return number if value.dtype.type(number).tobytes() == value.tobytes() else float(value)


def same_shape(build: Builder, line: Line) -> Value | None:
    """broadcast_to the shape that x has is x."""
    return line.inputs[0] if line.inputs[0].shape == line.shape else None


BROADCASTS: Mapping[str, Sequence[Rule]] = {
    "broadcast_to": [same_shape],
}
