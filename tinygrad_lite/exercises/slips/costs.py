"""Slips about the cost: another one, its two arguments exchanged, its weights left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.exercises.slips import words
from tinygrad_lite.exercises.slips.recognised import COSTS, LOGITS, Cost
from tinygrad_lite.exercises.slips.route import Route
from tinygrad_lite.exercises.slips.slip import Altered, Slip
from tinygrad_lite.functions.activations import sigmoid
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor


def _gradient(cost: Callable[[Any, Any], Any], a: Any, y: Any) -> Any:
    """The gradient of a cost by its outputs."""
    at = Tensor(np.array(a, dtype=float), requires_grad=True)
    result = cost(at, y)
    (found,) = pull_back([result], [np.ones(())], [at]) if isinstance(result, Tensor) else (None,)
    return np.zeros(np.shape(a)) if found is None else np.asarray(found, dtype=float)


def _instead(route: Route, cost: Cost, gradient: Any) -> Any:
    """The answer with another gradient by the outputs of a cost."""
    a = cost.a.detach().numpy()
    change = cost.factor * (gradient - _gradient(COSTS[cost.kind], a, cost.y)).reshape(1, -1)
    return route.shaped(route.right + route.gradients[cost.node] @ change @ route.carried[cost.a])


def _each(route: Route) -> Iterator[tuple[Cost, Any]]:
    return ((cost, cost.a.detach().numpy()) for cost in route.costs)


def _another(route: Route, found: Any) -> Altered:
    for cost, a in _each(route):
        for kind, other in COSTS.items():
            if kind != cost.kind:
                yield f"{kind}|{cost.kind}|{cost.target}", _instead(route, cost, _gradient(other, a, cost.y))


def _another_function(route: Route, found: Any) -> Altered:
    """The cost of logits that belongs to σ in the place of that of softmax, and the other way round."""
    for cost, z in route.logits:
        for kind, function in LOGITS.items():
            if kind != cost.kind and (z.ndim or function is sigmoid):
                here, there = (
                    _gradient(partial(_of_logits, LOGITS[k], COSTS[k]), z.detach().numpy(), cost.y)
                    for k in (cost.kind, kind)
                )
                change = cost.factor * (there - here).reshape(1, -1)
                answer = route.right + route.gradients[cost.node] @ change @ route.carried[z]
                yield f"{kind}|{cost.kind}|{cost.target}", route.shaped(answer)


def _of_logits(function: Any, cost: Any, z: Any, y: Any) -> Any:
    return cost(function(z), y)


def _exchanged(route: Route, found: Any) -> Altered:
    for cost, a in _each(route):
        yield f"{cost.kind}|{cost.target}", _instead(route, cost, _gradient(COSTS[cost.kind], cost.y, a))


def _weights(route: Route, found: Any) -> Altered:
    """The weights of the logarithms left out, or exchanged."""
    for cost, a in _each(route):
        if cost.kind == "cross-entropy":
            swapped = _gradient(COSTS[cost.kind], a, 1 - cost.y)
            yield f"exchanged|{cost.target}", _instead(route, cost, swapped)
            first, second = (_gradient(COSTS[cost.kind], a, np.full(a.shape, y)) for y in (1.0, 0.0))
            yield f"missing|{cost.target}", _instead(route, cost, first + second)


def _say_another(route: Route, variant: str) -> str:
    kind, own, _ = variant.split("|")
    return f"this belongs to the {kind}, and here the cost is the {own}"


def _say_exchanged(route: Route, variant: str) -> str:
    kind, target = variant.split("|")
    a = next(words.value(c.a, route.point) for c in route.costs if c.kind == kind and c.target == target)
    return f"the values {a} and {words.name(target, route.point)} are exchanged"


def _say_weights(route: Route, variant: str) -> str:
    what, target = variant.split("|")
    return f"the weights of the logarithms, {words.name(target, route.point)} and 1 − {words.name(target, route.point)}, are {what}"


SLIPS = (
    Slip("gradient of another cost", _another_function, _say_another, 18, scope="whole"),
    Slip("gradient of another cost", _another, _say_another, 18, scope="whole"),
    Slip("a and y exchanged", _exchanged, _say_exchanged, 23, scope="whole"),
    Slip("weights of the logarithms", _weights, _say_weights, 14, scope="whole"),
)  # fmt: skip
