"""What a graph computes, told by its values: σ and softmax written by hand, and costs.

A learner thinks of 1/(1 + e^(−z)) as σ(z), and of a stable cost of logits as a cost of a = σ(z). Both become edges of
their own beside those of the graph, with the same slips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.exercises.making.edges import Backward, Edge
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.functions import activations
from tinygrad_lite.tensor.tensor import Tensor

_FUNCTIONS: tuple[Any, ...] = (activations.sigmoid, activations.tanh, activations.relu, activations.softmax)


def _quadratic(a: Any, y: Any) -> Any:
    return np.sum((y - a) ** 2) / 2


def _cross_entropy(a: Any, y: Any) -> Any:
    return -np.sum(TABLE["xlogy"](y, a) + TABLE["xlogy"](1 - y, 1 - a))


def _log_likelihood(a: Any, y: Any) -> Any:
    return -np.sum(TABLE["xlogy"](y, a))


COSTS: dict[str, Callable[[Any, Any], Any]] = {
    "quadratic cost": _quadratic,
    "cross-entropy": _cross_entropy,
    "log-likelihood": _log_likelihood,
}
"""Costs of outputs a and targets y, not divided by the number of examples."""

LOGITS: dict[str, Any] = {"cross-entropy": activations.sigmoid, "log-likelihood": activations.softmax}
"""The function whose outputs a cost of logits is a cost of."""


@dataclass(frozen=True)
class Cost:
    """A value ``node`` that is ``factor`` times one of the costs of outputs ``a`` and targets ``y``."""

    node: Tensor
    kind: str
    a: Tensor
    y: Any
    target: str
    factor: float


def functions(point: Point) -> list[Edge]:
    """An edge for each value that is σ, tanh, relu or softmax of another one, but was written by hand."""
    backward = point.backward
    direct = {(edge.above, edge.below) for edge in backward.edges if edge.call is not None}
    found = []
    for below in backward.nodes:
        outputs: dict[Any, Any] = {}
        for above in backward.nodes:
            if (above, below) in direct or above.shape != below.shape or below.serial >= above.serial:
                continue
            if below.name is None and above.name is None:
                continue
            outputs = outputs or _outputs(below)
            value = above.detach().numpy()
            found += [_edge(f, above, below) for f, output in outputs.items() if _same(output, value)]
    return found


def _outputs(below: Tensor) -> dict[Any, Any]:
    """What each function makes of a value."""
    with np.errstate(all="ignore"):
        z = below.detach().numpy()
        return {f: f(z) for f in _FUNCTIONS if below.ndim or f is not activations.softmax}


def _same(x: Any, y: Any) -> bool:
    return bool((np.abs(x - y) <= 1e-12 * np.abs(y)).all())


def _edge(function: Any, above: Tensor, below: Tensor) -> Edge:
    """The edge that the call of a function would be."""
    z = Tensor(below.detach().numpy(), requires_grad=True)
    (edge,) = Backward(function(z)).edges
    call = Call(edge.call.function, None, (below,), {})  # type: ignore[union-attr]
    return Edge(above, below, None, call, edge.elementwise, edge.derivative, edge.matrix)


def costs(point: Point) -> Iterator[Cost]:
    """The values that are costs of a value and a target, both with names or without."""
    backward = point.backward
    targets = {n: v for n, v in point.nodes.items() if not v.requires_grad and v.ndim < 3}
    for node in backward.nodes:
        if node.size > 1:
            continue
        for a in backward.nodes:
            for target, y in targets.items():
                if a.shape == y.shape and a is not node and a.serial < node.serial and (a.name or a.call):
                    yield from _costs(node, a, y.detach().numpy(), target)


def _costs(node: Tensor, a: Tensor, y: Any, target: str) -> Iterator[Cost]:
    value, outputs = float(node.detach().numpy().reshape(())), a.detach().numpy()
    for kind, cost in COSTS.items():
        factor = _factor(value, _number(cost, outputs, y), a)
        if factor is not None:
            yield Cost(node, kind, a, y, target, factor)


def _number(cost: Any, a: Any, y: Any) -> float:
    with np.errstate(all="ignore"):
        return float(cost(a, y))


def _factor(value: float, found: float, a: Tensor) -> float | None:
    """The factor between two numbers if people write it: 1/m, 1/2, 2, one over the number of all elements."""
    if not np.isfinite(found) or abs(found) < 1e-9:
        return None
    lengths = {1, a.size, *(a.shape[:1])}
    factors = [c / n for n in lengths for c in (1.0, 2.0)]
    return next((c for c in factors if abs(value - c * found) <= 1e-10 * abs(value)), None)


def logits(point: Point) -> list[tuple[Cost, Tensor, Backward]]:
    """The costs that are costs of σ(z) or softmax(z), as a graph of their own from z."""
    backward, found = point.backward, []
    targets = {n: v for n, v in point.nodes.items() if not v.requires_grad}
    for node in backward.nodes:
        if node.size > 1:
            continue
        for z in backward.nodes:
            for target, y in targets.items():
                if z.name is None or z.shape != y.shape or z is node or _has_output(point, z):
                    continue
                for kind, function in LOGITS.items():
                    if z.ndim or function is activations.sigmoid:
                        known = _as_of(node, z, y.detach().numpy(), target, function, kind)
                        if known is not None:
                            found.append(known)
    return found


def _has_output(point: Point, z: Tensor) -> bool:
    return any(
        edge.below is z and edge.call is not None and edge.above.shape == z.shape for edge in point.backward.edges
    )


def _as_of(node: Tensor, z: Tensor, y: Any, target: str, function: Any, kind: str) -> Any:
    below = Tensor(z.detach().numpy(), requires_grad=True, name=z.name)
    a = function(below)
    factor = _factor(float(node.detach().numpy().reshape(())), _number(COSTS[kind], a.detach().numpy(), y), a)
    if factor is None:
        return None
    result = COSTS[kind](a, Tensor(y, name=target))
    return Cost(node, kind, a, y, target, factor), z, Backward(result)


def recognised(point: Point) -> tuple[list[Edge], list[Cost], list[tuple[Cost, Tensor, Backward]]]:
    """All of it: functions, costs, and costs of logits."""
    return functions(point), list(costs(point)), logits(point)
