"""Slips about the cost: another one, its two arguments exchanged, its weights left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph, replay
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


def _another_output(route: Route, found: Any) -> Altered:
    """Another value in the place of a in the error a − y, as z − y."""
    for cost, a in _each(route):
        for name, value in route.named(a.shape).items():
            for node in _where_it_is_the_error(route, cost) if name not in (cost.a.name, cost.target) else ():
                change = cost.factor * (value - a).reshape(1, -1)
                answer = route.shaped(route.right + route.gradients[cost.node] @ change @ route.carried[node])
                yield f"{name}|{cost.kind}|{cost.target}", answer


def _where_it_is_the_error(route: Route, cost: Cost) -> Iterator[Tensor]:
    """The values by which the gradient of a cost is a − y: a itself, or z of the function that belongs to the cost."""
    if cost.kind == "quadratic cost":
        yield cost.a
    for edge in route.edges.values():
        if edge.above is cost.a and edge.call is not None and edge.call.function is _OF.get(cost.kind):
            yield edge.below


_OF = {kind: function.__wrapped__ for kind, function in LOGITS.items()}


def _weights(route: Route, found: Any) -> Altered:
    """The weights of the logarithms left out, or exchanged."""
    for cost, a in _each(route):
        if cost.kind == "cross-entropy":
            swapped = _gradient(COSTS[cost.kind], a, 1 - cost.y)
            yield f"exchanged|{cost.target}", _instead(route, cost, swapped)
            first, second = (_gradient(COSTS[cost.kind], a, np.full(a.shape, y)) for y in (1.0, 0.0))
            yield f"missing|{cost.target}", _instead(route, cost, first + second)


def _on_top(route: Route, found: Any) -> Altered:
    """The slope a (1 − a) that the cross-entropy divides by as a factor."""
    for cost, a in _each(route):
        if cost.kind == "cross-entropy":
            slope = a * (1 - a)
            yield f"{cost.kind}|{cost.target}", _instead(route, cost, _gradient(COSTS[cost.kind], a, cost.y) * slope**2)


def _another_term(route: Route, found: Any) -> Altered:
    """The gradient of a term that has another parameter in it, as if it had this one: the bias decayed, too."""
    if route.node.primitive is not None or route.rows:
        return
    for term in _terms(route.backward.result):
        nodes = graph(term)
        learned = [n for n in nodes if n.requires_grad and n.primitive is None]
        if len(learned) != 1 or learned[0] is route.node:
            continue
        own = Tensor(route.node.detach().numpy(), requires_grad=True)
        try:
            instead = replay(nodes, {learned[0]: own})[term]
        except ValueError:  # it is of another shape
            continue
        (gradient,) = pull_back([instead], [np.ones(instead.shape)], [own])
        if gradient is not None and instead.shape == term.shape:
            change = route.gradients[term] * np.asarray(gradient, dtype=float)
            yield f"{learned[0].name}", route.shaped(route.right) + change.reshape(route.node.shape)


def _terms(node: Tensor) -> Iterator[Tensor]:
    """The terms of a sum of numbers."""
    if node.made_by == "add":
        for x in node.inputs:
            if isinstance(x, Tensor) and x.requires_grad and x.size == 1:
                yield from _terms(x)
    else:
        yield node


def _say_another_term(route: Route, other: str) -> str:
    own, other = (words.name(text, route.point) for text in (route.step, other))
    return f"a term with {own} is too much: the cost has such a term for {other}, and none for {own}"


def _say_on_top(route: Route, variant: str) -> str:
    a, _ = _arguments(route, variant)
    return f"a product with {a} (1 − {a}) stands in the place of a division by it"


def _say_another(route: Route, variant: str) -> str:
    kind, own, _ = variant.split("|")
    return f"this belongs to the {kind}, and here the cost is the {own}"


def _say_exchanged(route: Route, variant: str) -> str:
    return "the values {} and {} are exchanged".format(*_arguments(route, variant))


def _say_another_output(route: Route, variant: str) -> str:
    name, _, cost = variant.partition("|")
    return f"the value {words.name(name, route.point)} stands in the place of {_arguments(route, cost)[0]}"


def _arguments(route: Route, variant: str) -> tuple[str, str]:
    """The names of the outputs and targets of a cost."""
    kind, target = variant.split("|")
    a = next(words.value(c.a, route.point) for c in route.costs if c.kind == kind and c.target == target)
    return a, words.name(target, route.point)


def _say_weights(route: Route, variant: str) -> str:
    what, target = variant.split("|")
    return f"the weights of the logarithms, {words.name(target, route.point)} and 1 − {words.name(target, route.point)}, are {what}"


SLIPS = (
    Slip("gradient of another cost", _another_function, _say_another, 18, scope="whole"),
    Slip("gradient of another cost", _another, _say_another, 18, scope="whole"),
    Slip("a and y exchanged", _exchanged, _say_exchanged, 23, scope="whole"),
    Slip("another value for a", _another_output, _say_another_output, 23, scope="whole"),
    Slip("term of another parameter", _another_term, _say_another_term, 29, scope="whole"),
    Slip("product for a quotient", _on_top, _say_on_top, 28, scope="whole"),
    Slip("weights of the logarithms", _weights, _say_weights, 14, scope="whole"),
)  # fmt: skip
