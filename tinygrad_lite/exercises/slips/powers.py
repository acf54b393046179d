"""Slips at powers and quotients: the exponent not lowered, the square of a denominator forgotten."""

from __future__ import annotations

import numpy as np

from tinygrad_lite.exercises.slips import words
from tinygrad_lite.exercises.slips.elementwise import without_parts
from tinygrad_lite.exercises.slips.place import Place
from tinygrad_lite.exercises.slips.route import constant
from tinygrad_lite.exercises.slips.slip import Altered, Slip


def _exponent(at: Place) -> float | None:
    if at.edge.name in ("square", "sqrt"):
        return 2.0 if at.edge.name == "square" else 0.5
    if at.edge.name == "power" and at.edge.slot == 0 and np.size(at.inputs[1]) == 1:
        return float(at.inputs[1])
    return None


def _not_lowered(at: Place) -> Altered:
    if _exponent(at) is not None:
        yield "", at.through(at.derivative * at.source)
        if _inner_minus(at):
            yield "inner −1", at.through(-at.derivative * at.source)


def _inner_minus(at: Place) -> bool:
    """Whether what is raised has the derivative −1, as y − a has: (y − a)² is written for its derivative."""
    return at.below.name is None and any(
        edge.above is at.below and edge.elementwise and constant(edge) and edge.derivative.flat[0] == -1
        for edge in at.route.own.values()
    )


def _exponent_not_in_front(at: Place) -> Altered:
    n = _exponent(at)
    if n:
        yield "", at.through(at.derivative / n)


def _base_forgotten(at: Place) -> Altered:
    """Of 2 w only the 2."""
    n = _exponent(at)
    if n == 2:
        yield "power", at.through(n)


PART = "the square of a part"
"""The variant in which one factor of the denominator is not squared."""


def _quotient(at: Place) -> Altered:
    """The derivative of x/y by y: the square or the sign forgotten."""
    if at.edge.name == "divide" and at.edge.slot == 1:
        yield "the square of the denominator", at.through(at.derivative * at.source)
        if at.below.name is None and at.below.made_by == "multiply":  # of 2 v only v is thought of as squared
            for n, rest in without_parts(at.below):
                if words.is_value(at.below.inputs[n]):
                    yield f"{PART} {n}", at.through(at.derivative * at.source / rest)
        yield "the numerator", at.through(at.derivative / at.inputs[0])
        yield "the minus", at.through(-at.derivative)


def _as_a_power(at: Place) -> Altered:
    """The derivative of e^z as that of a power: z e^(z−1)."""
    if at.edge.name == "exp":
        yield "", at.through(at.source * np.exp(at.source - 1))


def _say_not_lowered(at: Place, variant: str) -> str:
    inner = (
        f", and the inner derivative −1 of {words.said(words.value(at.below, at.route.point))} is missing"
        if variant
        else ""
    )
    return f"the exponent of {at.own} is not lowered{inner}"


def _say_quotient(at: Place, what: str) -> str:
    if what.startswith(PART):
        what = f"the square of {words.said(words.value(at.below.inputs[int(what[-1])], at.route.point))}"
    return f"in the derivative of a quotient {what} is missing"


SLIPS = (
    Slip("exponent not lowered", _not_lowered, _say_not_lowered, 12, paired=True),
    Slip("factor forgotten", _base_forgotten, lambda at, _: f"of {at.local} only the 2 is there: {words.said(words.value(at.below, at.route.point))} is missing", 41),
    Slip("exponent not in front", _exponent_not_in_front, lambda at, _: f"the exponent of {at.own} is not brought down as a factor", 13),
    Slip("quotient rule", _quotient, _say_quotient, 15),
    Slip("exponential as a power", _as_a_power, lambda at, _: "e^z is differentiated as a power of z", 33),
)  # fmt: skip
