"""Slips at a function that is applied element by element: its derivative forgotten, doubled, or another's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.edges import Edge
from tinygrad_lite.exercises.slips import words
from tinygrad_lite.exercises.slips.place import Place, derivative_of
from tinygrad_lite.exercises.slips.slip import Altered, Slip
from tinygrad_lite.functions import activations
from tinygrad_lite.tensor.tensor import Tensor

_ACTIVATIONS: tuple[Any, ...] = (
    activations.sigmoid, activations.tanh, activations.relu, activations.leaky_relu
)  # fmt: skip
ACTIVATIONS = tuple(function.__wrapped__ for function in _ACTIVATIONS)
"""The functions whose derivatives people take for each other's."""

BASES = {"10": math.log(10), "2": math.log(2)}


@lru_cache(maxsize=64)
def polynomial(function: Callable[[Any], Any]) -> tuple[float, float, float] | None:
    """The derivative of a function as a polynomial of its value, as in a (1 − a); None where it is none.

    >>> polynomial(ACTIVATIONS[0])  # σ
    (0.0, 1.0, -1.0)
    """
    z = np.array([-1.2, -0.3, 0.4, 1.5, 2.2])
    a, d = np.asarray(function(z)), derivative_of(function, z)
    if d is None or np.ptp(a[:3]) == 0:
        return None
    powers = a[:, None] ** np.arange(3)
    found = np.linalg.lstsq(powers, d, rcond=None)[0]
    if not np.allclose(powers @ found, d, rtol=0, atol=1e-12):
        return None
    c0, c1, c2 = (float(round(c, 9)) + 0.0 for c in found)
    return (c0, c1, c2) if c2 else None


def _evaluated(coefficients: tuple[float, float, float], a: Any) -> Any:
    return coefficients[0] + a * (coefficients[1] + a * coefficients[2])


def slope_by_value(edge: Edge, a: Any) -> Any:
    """The derivative of a function at an edge, computed from numbers that are taken for its value; None where it is no polynomial."""
    coefficients = None if edge.call is None else polynomial(edge.call.function)
    return None if coefficients is None else _evaluated(coefficients, a)


def _by_value(at: Place) -> tuple[float, float, float] | None:
    return None if at.edge.call is None or at.derivative is None else polynomial(at.edge.call.function)


def _curved(at: Place) -> bool:
    """Whether the local derivative depends on the value below."""
    return at.derivative is not None and (
        at.edge.call is not None or len(at.above.inputs) == 1 or at.edge.name in ("power", "xlogy", "xlog1py")
        or (at.edge.name == "divide" and at.edge.slot == 1)
    ) and not at.constant  # fmt: skip


# --- the rules -----------------------------------------------------------------------------------------------------


def _forgotten(at: Place) -> Altered:
    if at.derivative is not None and not at.constant and at.edge.name != "multiply":
        yield "", at.through(1.0)


def _factor_forgotten(at: Place) -> Altered:
    """The other factor of a product, all of it or a factor of it."""
    if at.edge.name == "divide" and at.edge.slot == 0:
        for n, found in without_parts(at.above.inputs[1]):
            if words.is_value(at.above.inputs[1].inputs[n]):
                yield str(n), at.through(1 / found)
    if at.edge.name != "multiply" or at.edge.slot is None or at.constant:
        return
    yield "", at.through(1.0)
    other = at.above.inputs[1 - at.edge.slot]
    for n, found in without_parts(other):
        if words.is_value(other.inputs[n]):
            yield str(n), at.through(found)


def without_parts(other: Any) -> Iterator[tuple[int, Any]]:
    """A factor that is a product or a quotient itself, without one of its parts."""
    if isinstance(other, Tensor) and other.name is None and other.primitive is not None:
        values = [x.detach().numpy() if isinstance(x, Tensor) else x for x in other.inputs]
        for n, x in enumerate(values if other.made_by in ("multiply", "divide", "negative") else ()):
            rest = [np.ones_like(x) if k == n else y for k, y in enumerate(values)]
            yield n, np.asarray(other.primitive(*rest))


def _is_length(at: Place) -> bool:
    """Whether the local derivative is 1/m, one over the length of an axis; 1/2 is so at points with an axis of 2 only."""
    number = abs(at.derivative.flat[0])
    return any(abs(number * length - 1) < 1e-12 for length in at.route.point.sizes.values())


def _length_forgotten(at: Place) -> Altered:
    if at.derivative is not None and at.constant and _is_length(at):
        yield "", at.through(1.0)


def _constant_forgotten(at: Place) -> Altered:
    if at.derivative is not None and at.constant and abs(at.derivative.flat[0]) != 1:
        yield "", at.through(1.0)
    if at.edge.name == "multiply" and at.edge.slot is not None:
        other = at.above.inputs[1 - at.edge.slot]
        for n, found in without_parts(other):
            if not words.is_value(other.inputs[n]):
                yield str(n), at.through(found)


def _say_constant(at: Place, variant: str) -> str:
    if not variant:
        return f"{at.local} is missing"
    other = at.above.inputs[1 - (at.edge.slot or 0)]
    number = words.value(other.inputs[int(variant)], at.route.point)
    return f"the factor {'1/' if other.made_by == 'divide' and variant == '1' else ''}{number} is missing"


def _inner_minus_forgotten(at: Place) -> Altered:
    if _is_minus(at) and not _in_front(at):
        yield "", at.through(1.0)


def _minus_forgotten(at: Place) -> Altered:
    if _is_minus(at) and _in_front(at):
        yield "", at.through(1.0)


def _is_minus(at: Place) -> bool:
    return at.derivative is not None and at.constant and bool(at.derivative.flat[0] == -1)


def _in_front(at: Place) -> bool:
    """Whether a minus stands in front of a sum or product, and is no inner derivative to a reader."""
    return at.above in at.route.numbers_above or (
        at.edge.name == "negative" and at.edge.above.call is None and at.below.name is None
    )


def _twice(at: Place) -> Altered:
    if at.derivative is not None and not at.constant:
        yield "", at.through(at.derivative**2)


def _divided(at: Place) -> Altered:
    if at.derivative is not None and not at.constant:
        yield "", at.through(1 / at.derivative)


def _value(at: Place) -> Altered:
    if _curved(at):
        yield "", at.through(at.value)
        if at.below.name is None and at.below.made_by in ("subtract", "negative"):
            yield "inner −1", at.through(-at.value)


def _elsewhere(at: Place) -> Altered:
    """The derivative at another value: σ′(a) for σ′(z), or z (1 − z) for a (1 − a)."""
    if not _curved(at) or set(np.unique(at.derivative)) <= {0.0, 1.0}:
        return
    coefficients = _by_value(at)
    for name, value in at.route.named(at.below.shape).items():
        if at.below.name != name:
            yield name, at.through(_or_nan(at.derivative_at(value)))
        if coefficients is not None and at.above.name != name:
            yield f"{name} as value", at.through(_evaluated(coefficients, value))


def _or_nan(x: Any) -> Any:
    return np.nan if x is None else x


def _another_function(at: Place) -> Altered:
    if at.edge.call is None or at.edge.call.function not in ACTIVATIONS:
        return
    for other in ACTIVATIONS:
        if other is not at.edge.call.function:
            yield other.__name__, at.through(_or_nan(derivative_of(other, at.source)))
            coefficients = polynomial(other)
            if coefficients is not None:
                yield f"{other.__name__} as value", at.through(_evaluated(coefficients, at.value))


_FACTORS: dict[str, Callable[[Any], Any]] = {"{}": lambda a: a, "1 − {}": lambda a: 1 - a, "1 + {}": lambda a: 1 + a}
"""What the derivative of an activation is a product of."""


SQUARE = "only the square"
"""The variant in which of 1 − a² only a² is there."""


def _half(at: Place) -> Altered:
    """One of two factors of a derivative that is a product, as a (1 − a) and 1 − a² are; with a wrong sign, too."""
    coefficients = _by_value(at)
    if coefficients is None:
        return
    some = np.array([0.3, 0.6, 0.9])  # a polynomial of the second degree is known by three points
    for missing, factor in _FACTORS.items():
        for rest in _FACTORS.values():
            if np.allclose(factor(some) * rest(some), _evaluated(coefficients, some)):
                yield missing, at.through(rest(at.value))
                yield f"-{missing}", at.through(-rest(at.value))
    if coefficients[0] and not coefficients[1]:
        yield SQUARE, at.through(at.value**2)


def _sign_inside(at: Place) -> Altered:
    """1 + a² for 1 − a², a (1 + a) for a (1 − a)."""
    coefficients = _by_value(at)
    if coefficients is not None and at.derivative is not None:
        yield "", at.through(_evaluated((coefficients[0], coefficients[1], -coefficients[2]), at.value))


def _square_of_all(at: Place) -> Altered:
    """(1 − a)² for 1 − a²."""
    if _by_value(at) == (1.0, 0.0, -1.0):
        yield "", at.through((1 - at.value) ** 2)


def _complement(at: Place) -> Altered:
    """The wrong side of a kink."""
    if at.edge.call is not None and at.derivative is not None and set(np.unique(at.derivative)) <= {0.0, 1.0}:
        yield "", at.through(1 - at.derivative)


def _source(at: Place) -> Altered:
    if _curved(at):
        yield "", at.through(at.source)


def _base(at: Place) -> Altered:
    if at.derivative is not None and at.edge.name in ("log", "xlogy", "log1p", "xlog1py"):
        for base, factor in BASES.items():
            yield base, at.through(at.derivative / factor)


def _weight(at: Place) -> Altered:
    """The weight of a logarithm forgotten, or another: y/a as 1/a."""
    if at.edge.name in ("xlogy", "xlog1py") and at.edge.slot == 1:
        bare = at.derivative / at.inputs[0]
        if not np.isfinite(bare).all():  # one-hot rows: 0/0
            bare = 1 / (at.source + (at.edge.name == "xlog1py"))
        yield "", at.through(bare)
        for name, value in at.route.named(at.above.shape).items():
            yield name, at.through(bare * value)


# --- what is said --------------------------------------------------------------------------------------------------


def _say_minus(at: Place, _: str) -> str:
    return f"the inner derivative −1 of {words.inner(at.above, at.below, at.route.point)} is missing"


def _say_factor(at: Place, variant: str) -> str:
    other = at.above.inputs[1 - (at.edge.slot or 0)]
    part = other.inputs[int(variant)] if variant else other
    below = at.edge.name == "divide" or (variant == "1" and other.made_by == "divide")
    return f"the factor {'1/' if below else ''}{words.said(words.value(part, at.route.point))} is missing"


def _say_forgotten(at: Place, _: str) -> str:
    return f"{at.local} is missing"


def _say_twice(at: Place, _: str) -> str:
    return f"{at.local} is there once too often"


def _say_elsewhere(at: Place, variant: str) -> str:
    name, _, as_value = variant.partition(" ")
    other = words.name(name, at.route.point)
    if as_value:
        return f"{at.local} is computed from {other} as if that were {at.name}"
    return f"{at.local} is taken at {other}"


def _say_another(at: Place, variant: str) -> str:
    return f"the derivative of {words.function(variant.split()[0])} stands in the place of {at.local}"


def _say_half(at: Place, variant: str) -> str:
    if variant == SQUARE:
        return f"of {at.local} only the square of {at.name} is there: the 1 and the minus are missing"
    missing = variant.removeprefix("-").format(at.name)
    text = f"of {at.local} only a part is there: {missing} is missing"
    return text + (", and the sign is wrong" if variant.startswith("-") else "")


SLIPS = (
    Slip("local derivative forgotten", _forgotten, _say_forgotten, 10, paired=True),
    Slip("factor forgotten", _factor_forgotten, _say_factor, 10, paired=True),
    Slip("1/m forgotten", _length_forgotten, _say_forgotten, 9, paired=True),
    Slip("constant forgotten", _constant_forgotten, _say_constant, 10, paired=True),
    Slip("minus forgotten", _inner_minus_forgotten, _say_minus, 9, paired=True),
    Slip("minus forgotten", _minus_forgotten, lambda at, _: "the minus in front of a sum or product is forgotten", 60, paired=True),
    Slip("local derivative twice", _twice, _say_twice, 20, paired=True),
    Slip("local derivative divided by", _divided, lambda at, _: f"there is a division by {at.local}, not a product", 25),
    Slip("not differentiated", _value, lambda at, _: f"{at.valued} is not differentiated: it stands in the place of {at.local}", 26, paired=True),
    Slip("derivative taken elsewhere", _elsewhere, _say_elsewhere, 27),
    Slip("derivative of another function", _another_function, _say_another, 28, paired=True),
    Slip("only a part of the derivative", _half, _say_half, 29),
    Slip("sign inside the derivative", _sign_inside, lambda at, _: f"a sign inside {at.local} is wrong", 29),
    Slip("square of all", _square_of_all, lambda at, _: f"in {at.local} only {at.name} is squared, not 1 − {at.name}", 29),
    Slip("the other side of a kink", _complement, lambda at, _: f"{at.local} is 1 where it is 0, and 0 where it is 1", 29),
    Slip("argument for derivative", _source, lambda at, _: f"{at.argument} stands in the place of {at.local}", 35),
    Slip("base of the logarithm", _base, lambda at, base: f"the logarithm is taken to the base {base}; here it is natural", 32),
    Slip("weight of a logarithm", _weight, lambda at, other: f"the weight of the logarithm in {at.own} is " + (f"{words.name(other, at.route.point)}" if other else "missing"), 14),
)  # fmt: skip
