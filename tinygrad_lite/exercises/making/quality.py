"""How good a point is: slips must show there, and right forms must keep their digits."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.core.walks import graph
from tinygrad_lite.functions import leaky_relu, relu
from tinygrad_lite.tensor.tensor import Tensor

LARGEST = 4.0
"""Values beyond this saturate a sigmoid, so that right textbook forms lose their digits there."""

CLEAR = 1e-3
"""How small an element of a gradient may be beside the parts that it is the sum of."""

AWAY = 0.02
"""How near a value may be to a kink, where there is no derivative."""

BAD = 1.5
"""What a fault counts that has no measure, such as a gradient that is zero."""

BENT = {inspect.unwrap(relu), inspect.unwrap(leaky_relu)}  # the package's functions that have a kink
COMPARED = {"less", "less_equal", "greater", "greater_equal", "maximum", "minimum"}
REDUCED = {"max", "min"}


def trouble(
    result: Tensor, values: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray],
    scale: Mapping[str, np.ndarray], number: int,
) -> float:  # fmt: skip
    """How bad a point is: 1 or less is good.

    values: the named numbers. truth: the gradients. scale: the sum of the absolute values that each is made of.
    """
    found = [float(np.abs(value).max(initial=0.0)) / LARGEST for value in values.values()]
    distances = list(_distances(result))
    for distance in distances:
        found.append(AWAY / max(float(np.abs(distance).min()), 1e-9))
        one_sided = (distance > 0).all() or (distance < 0).all()
        if one_sided and (distance.size > 1 or (distance > 0).all() != (number % 2 == 0)):
            found.append(BAD)  # of relu(z), some z are to be negative; of a number, that at every other point
    for step, gradient in truth.items():
        some = (gradient != 0) & (scale[step] > 0)
        if some.any():
            found.append(CLEAR / float((np.abs(gradient[some]) / scale[step][some]).min()))
        elif not any(distance.size == 1 for distance in distances):
            found.append(BAD)
    return max(found, default=0.0)


def _distances(result: Tensor) -> Iterator[np.ndarray]:
    """How far the values are from each kink on the way: z for relu(z), u − v for max(u, v)."""
    for node in graph(result):
        if node.primitive is None or not any(isinstance(x, Tensor) and x.requires_grad for x in node.inputs):
            continue
        if _smooth(node.call):
            continue
        values = [x.numpy() if isinstance(x, Tensor) else np.asarray(x) for x in node.inputs]
        name = node.primitive.name
        if name in COMPARED:
            first = isinstance(node.inputs[0], Tensor) and node.inputs[0].requires_grad
            yield values[0] - values[1] if first else values[1] - values[0]
        elif name == "absolute":
            yield values[0]
        elif name in REDUCED and node.size < values[0].size:
            yield _gaps(values[0], node.params["axis"])


def _gaps(values: np.ndarray, axis: Any) -> np.ndarray:
    """How far apart the values are of which the largest or least is taken; with both signs, as neither side is a kink's."""
    axes = range(values.ndim) if axis is None else np.atleast_1d(axis)
    moved = np.moveaxis(values, axes, range(len(axes))).reshape(-1, *np.delete(values.shape, axes))
    gaps = np.diff(np.sort(moved, axis=0), axis=0).ravel()
    return np.concatenate([gaps, -gaps])


def _smooth(call: Call | None) -> bool:
    """Whether a call, or one around it, is one of the package's own functions that have no kink."""
    while call is not None:
        if call.function.__module__.startswith("tinygrad_lite.functions") and inspect.unwrap(call.function) not in BENT:
            return True
        call = call.parent
    return False
