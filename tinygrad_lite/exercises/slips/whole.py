"""Slips of the whole answer: its sign, a factor, transposed, the gradient by something else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.edges import Edge
from tinygrad_lite.exercises.slips import words
from tinygrad_lite.exercises.slips.elementwise import slope_by_value
from tinygrad_lite.exercises.slips.route import FUNCTIONS, LOGITS, Route, constant
from tinygrad_lite.exercises.slips.slip import Altered, Slip
from tinygrad_lite.tensor.tensor import Tensor


def _times(factor: float) -> Any:
    def rule(route: Route, found: Any) -> Altered:
        yield "", factor * route.shaped(found)

    return rule


def _constants_forgotten(route: Route, found: Any) -> Altered:
    """Two numbers on the way that are factors of the whole answer, such as both halves of (1 + tanh(z/2))/2."""
    bridges = ((n, route.own[n]) for n in sorted(route.bridges & set(route.own)))
    numbers = {n: _sized(edge) for n, edge in bridges if edge.elementwise and constant(edge) and _sized(edge) != 1}
    for one, other in combinations(numbers, 2):
        yield f"{one} {other}", route.shaped(route.right) / (numbers[one] * numbers[other])


def _sized(edge: Edge) -> float:
    """The size of a local derivative that is one number."""
    return abs(float(edge.derivative.flat[0]))


def _say_constants(route: Route, both: str) -> str:
    one, other = (words.said(words.local(route.edges[int(n)], route.point)) for n in both.split())
    return f"the factors {one} and {other} are missing"


def _length_forgotten(route: Route, found: Any) -> Altered:
    for letter, length in route.point.sizes.items():
        yield letter, route.shaped(found) * length


def _length_twice(route: Route, found: Any) -> Altered:
    for letter, length in route.point.sizes.items():
        yield letter, route.shaped(found) / length


def _another_length(route: Route, found: Any) -> Altered:
    for letter, length in route.point.sizes.items():
        for other, instead in route.point.sizes.items():
            if other != letter and letter in route.divided:
                yield f"{other} {letter}", route.shaped(found) * length / instead


def _length_of_a_part(route: Route, found: Any) -> Altered:
    """(a − y)/m without its brackets: a value that is a part of the difference is not divided."""
    for letter in sorted(route.divided & set(route.point.sizes)):
        for name, value in route.point.values.items():
            if value.shape == route.node.shape:
                yield f"{letter} {name}", route.shaped(route.right) + value * (1 - 1 / route.point.sizes[letter])


def _say_length_of_a_part(route: Route, variant: str) -> str:
    letter, name = variant.split()
    return f"the value {words.name(name, route.point)} is not divided by {letter}; brackets are missing around what is divided"


def _transposed(route: Route, found: Any) -> Altered:
    arrays, axes = route.shaped(found), len(route.rows) + route.node.ndim
    if axes == 2:
        yield "", np.swapaxes(arrays, -1, -2)
    elif axes > 2:
        own = tuple(range(-axes, 0))
        lead = tuple(range(arrays.ndim - axes))
        yield "", arrays.transpose(lead + tuple(arrays.ndim + k for k in reversed(own)))
        if route.rows:
            turned = own[len(route.rows) :] + own[: len(route.rows)]
            yield "result last", arrays.transpose(lead + tuple(arrays.ndim + k for k in turned))


def _summed(route: Route, found: Any) -> Altered:
    """Summed over axes that the gradient has."""
    arrays, axes = route.shaped(found), route.node.ndim
    for count in range(1, axes + 1):
        for subset in combinations(range(axes), count):
            over = tuple(arrays.ndim - axes + k for k in subset)
            names = ",".join(map(str, subset))
            yield names, arrays.sum(axis=over)
            yield f"{names} repeated", np.broadcast_to(arrays.sum(axis=over, keepdims=True), arrays.shape)


def _another_step(route: Route, found: Any) -> Altered:
    for name, node in route.point.nodes.items():
        if node in route.above and node is not route.node:
            yield name, route.backward.gradient(node, route.given)


def _another_parameter(route: Route, found: Any) -> Altered:
    """The gradient by a parameter that no step asks for."""
    for name, node in route.point.nodes.items():
        if node in route.beside:
            yield name, route.beside[node]


def _base(route: Route, found: Any) -> Altered:
    """All logarithms of a cost to another base."""
    if any(edge.name in ("log", "xlogy", "log1p", "xlog1py", "softplus", "logsumexp") for edge in route.edges.values()):
        for base in (10, 2):
            yield str(base), route.shaped(route.right) / math.log(base)


def _unnamed_step(route: Route, found: Any) -> Altered:
    """The gradient by a value without a name; that by y − a is the gradient by a with a wrong sign to a reader."""
    signed = {e.above for e in route.own.values() if e.below.name and e.elementwise and constant(e) and _sized(e) == 1}
    for n, node in enumerate(route.backward.nodes):
        if node.name is None and node not in route.numbers_above and node not in signed:
            yield str(n), route.backward.gradient(node, route.given)


def _say_unnamed(route: Route, variant: str) -> str:
    node = route.backward.nodes[int(variant)]
    return f"this is the gradient by {words.called(words.value(node, route.point), node)}"


def _factors(route: Route) -> Iterator[tuple[str, Any]]:
    """What the answer may have as a factor: values, and derivatives of functions on the way."""
    for name, value in route.point.values.items():
        if value.shape in ((), route.node.shape):
            yield words.name(name, route.point), value
            yield f"1 − {words.name(name, route.point)}", 1 - value
    for edge in route.edges.values():
        if edge.call is not None and edge.derivative is not None and edge.derivative.shape in ((), route.node.shape):
            yield words.local(edge, route.point), edge.derivative


def _slopes(route: Route) -> Iterator[tuple[str, Any]]:
    """Derivatives a (1 − a) of values that are no factor here: of softmax, element by element."""
    for edge in route.backward.edges:
        if edge.call is not None and edge.derivative is None and edge.above.shape == route.node.shape:
            a, text = edge.above.detach().numpy(), words.said(words.value(edge.above, route.point))
            yield f"{text} (1 − {text})", a * (1 - a)


def _factor_left_out(route: Route, found: Any) -> Altered:
    for text, factor in _factors(route):
        yield text, route.shaped(route.right) / factor


def _say_left_out(route: Route, text: str) -> str:
    """What is said of a division: by a value that is no factor of the gradient, it is too much."""
    inputs = [x for edge in route.edges.values() if edge.name in PRODUCTS for x in edge.above.inputs]
    factors = {x.name for x in inputs if isinstance(x, Tensor)}
    if any(text == words.name(name, route.point) for name in route.point.nodes if name not in factors):
        return f"it is divided by {text}, which is too much"
    return f"the factor {text} is missing"


PRODUCTS = ("multiply", "matmul", "einsum", "divide")


def _factor_too_much(route: Route, found: Any) -> Altered:
    for text, factor in chain(_factors(route), _slopes(route)):
        yield text, route.shaped(route.right) * factor


def _slope_elsewhere(route: Route, found: Any) -> Altered:
    """The derivative of a function that was written by hand, computed from another value as if that were a.

    In a second derivative it stands at several places of the graph, so that no edge has all of it.
    """
    for number, edge in route.edges.items():
        if FUNCTIONS <= number < LOGITS and number not in route.bridges and edge.derivative is not None:
            for name, value in route.named(edge.above.shape).items():
                slope = slope_by_value(edge, value) if edge.above.name not in (name, None) else None
                if slope is not None and edge.above.shape in ((), route.node.shape):
                    yield f"{number} {name}", route.shaped(route.right) / edge.derivative * slope


def _say_slope_elsewhere(route: Route, variant: str) -> str:
    number, name = variant.split()
    edge = route.edges[int(number)]
    return f"the factor {words.local(edge, route.point)} is computed from {words.name(name, route.point)} as if that were {words.name(edge.above.name or '', route.point)}"


def _cost(route: Route, found: Any) -> Altered:
    if not route.rows:
        yield "", route.point.result.detach().numpy()


def _say_cost(route: Route, _: str) -> str:
    name = route.point.result.name
    if name is None:
        return "this is the value that is to be differentiated; it stands as it is"
    return f"this is {words.name(name, route.point)} itself; it is not differentiated"


def _value(route: Route, found: Any) -> Altered:
    yield from route.point.values.items()


def _updated(route: Route, found: Any) -> Altered:
    """The gradient after a step down the gradient of the other factor of a product."""
    for edge in route.edges.values():
        if edge.name != "matmul" and edge.name != "multiply":
            continue
        for slot, other in enumerate(edge.above.inputs):
            if slot == edge.slot or other not in route.above or getattr(other, "primitive", 0) is not None:
                continue
            down = route.backward.gradient(other, route.given)
            if route.rows:
                continue
            assert edge.slot is not None
            values: list[Any] = [None, None]
            values[slot] = down
            changed = _pulled(edge, slot, down, route.gradients[edge.above])
            for rate in RATES:
                yield f"{other.name} {rate:g}", route.shaped(route.right - rate * changed @ route.carried[edge.below])


RATES = (1.0, 0.5, 0.3, 0.1, 0.05, 0.03, 0.01, 0.001)
"""Learning rates that people use."""


def _pulled(edge: Any, slot: int, other: Any, upstream: Any) -> Any:
    """The gradient that an edge of a product brings with another factor."""
    primitive = edge.above.primitive
    values: list[Any] = [None, None]
    values[slot] = other
    values[1 - slot] = edge.below.detach().numpy()
    got = primitive.vjps[edge.slot](upstream.reshape(edge.above.shape), None, *values)
    extra = np.ndim(got) - edge.below.ndim
    return np.asarray(got).sum(axis=tuple(range(extra))).reshape(1, -1) if extra > 0 else np.asarray(got).reshape(1, -1)


def _replaced(route: Route, found: Any) -> Altered:
    """A parameter such as y taken as 0 or 1, as in the lecture's example, where only the result depends on it."""
    for name, value, result in route.taken:
        yield f"{name} {value:g}", result


def _say_replaced(route: Route, variant: str) -> str:
    name, number = variant.split()
    return f"{words.name(name, route.point)} is taken as {number}"


def _say_length(route: Route, letter: str) -> str:
    return f"the factor 1/{letter} is missing" if letter in route.divided else f"a factor {letter} is too much"


def _say_summed(route: Route, variant: str) -> str:
    over = " and ".join(words.axis(route.node.shape[int(n)], route.point) for n in variant.split()[0].split(","))
    return f"it is summed over {over}, too"


def _say_updated(route: Route, variant: str) -> str:
    return f"the value {words.name(variant.split()[0], route.point)} is taken after its update; the gradient is that before"


def _say_step(route: Route, name: str) -> str:
    """As ∂a/∂t where the result is called a; in a second derivative C is not what is differentiated."""
    result, by = route.backward.result.name, words.name(name, route.point)
    if result is None and "C" in route.point.nodes:
        return f"this is the gradient by {by}, another value"
    return f"this is ∂{words.name(result, route.point) if result else 'C'}/∂{by}, the gradient by another value"


SLIPS = (
    Slip("sign", _times(-1.0), lambda route, _: "the sign is wrong", 5, scope="whole", paired=True),
    Slip("factor 2", _times(2.0), lambda route, _: "a factor 2 is too much", 60, scope="whole", paired=True),
    Slip("factor 1/2", _times(0.5), lambda route, _: "a factor ½ is too much", 60, scope="whole", paired=True),
    Slip("factor 4", _times(4.0), lambda route, _: "a factor 4 is too much", 62, scope="whole"),
    Slip("factor 1/4", _times(0.25), lambda route, _: "a factor ¼ is too much", 62, scope="whole"),
    Slip("constants forgotten", _constants_forgotten, _say_constants, 30, scope="whole"),
    Slip("1/m forgotten", _length_forgotten, _say_length, 4, scope="whole", paired=True),
    Slip("1/m twice", _length_twice, lambda route, m: f"a factor 1/{m} is too much", 20, scope="whole", paired=True),
    Slip("another length", _another_length, lambda route, both: "it is divided by {}, not by {}".format(*both.split()), 21, scope="whole"),
    Slip("1/m of a part", _length_of_a_part, _say_length_of_a_part, 22, scope="whole"),
    Slip("transposed", _transposed, lambda route, _: "it is transposed", 3, scope="whole", paired=True),
    Slip("summed too far", _summed, _say_summed, 63, scope="whole"),
    Slip("gradient of another step", _another_step, _say_step, 24, scope="whole"),
    Slip("gradient of another value", _another_parameter, _say_step, 61, scope="whole"),
    Slip("a value for a gradient", _cost, _say_cost, 2, scope="whole"),
    Slip("base of the logarithm", _base, lambda route, base: f"the logarithm is taken to the base {base}; here it is natural", 32, scope="whole"),
    Slip("gradient of another value", _unnamed_step, _say_unnamed, 64, scope="whole"),
    Slip("derivative taken elsewhere", _slope_elsewhere, _say_slope_elsewhere, 49, scope="whole"),
    Slip("factor left out", _factor_left_out, _say_left_out, 50, scope="whole"),
    Slip("factor too much", _factor_too_much, lambda route, text: f"a factor {text} is too much", 66, scope="whole"),
    Slip("a value for a gradient", _value, lambda route, name: f"this is {words.name(name, route.point)} itself, and no gradient", 55, scope="whole"),
    Slip("a number for a parameter", _replaced, lambda route, v: f"the value {_say_replaced(route, v)}", 36, scope="whole"),
    Slip("after the update", _updated, _say_updated, 58, scope="whole"),
)  # fmt: skip
