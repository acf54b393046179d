"""Slips at products: of numbers, and of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.exercises.slips import words
from tinygrad_lite.exercises.slips.contraction import Contraction, contraction
from tinygrad_lite.exercises.slips.elementwise import ACTIVATIONS
from tinygrad_lite.exercises.slips.place import Place, derivative_of
from tinygrad_lite.exercises.slips.slip import Altered, Slip


def _flat(at: Place, arrays: Any) -> Any:
    """Arrays of the shape of the value below, as matrices."""
    return arrays.reshape((*at.upstream.shape[:-1], at.below.size))


def _with_other(at: Place, found: Contraction, other: Any) -> Any:
    return _flat(at, found.pulled(at.arrays(at.upstream), other))


def _factor(at: Place) -> str | None:
    """The name of the other factor."""
    return getattr(at.above.inputs[1 - (at.edge.slot or 0)], "name", None)


def _own(at: Place) -> Altered:
    """The own factor for the other's: the derivative of w x by w as w."""
    if at.edge.name == "multiply":
        yield "", at.through(at.source)
        if getattr(at.above.inputs[1 - (at.edge.slot or 0)], "made_by", None) == "negative":
            yield "its minus kept", at.through(-at.source)
    found = contraction(at)
    if found is not None:
        if found.other.shape == at.source.shape:
            yield "", _with_other(at, found, at.source)
        elif set(found.own) & set(found.out) or set(found.own) <= set(found.others):
            yield (
                "by elements",
                _flat(at, np.einsum(f"...{found.out},{found.own}->...{found.own}", at.arrays(at.upstream), at.source)),
            )


def _other(at: Place) -> Altered:
    """Another value of the same shape in the place of the other factor: z for a, x for a."""
    found = contraction(at)
    other = at.inputs[1 - (at.edge.slot or 0)] if at.edge.name == "multiply" else found.other if found else None
    if other is None:
        return
    for name, value in at.route.named(np.shape(other)).items():
        if name not in (at.below.name, _factor(at)):
            yield name, at.through(value) if found is None else _with_other(at, found, value)
    slope = _slope(at)
    if slope is not None:
        yield SLOPE, at.through(slope) if found is None else _with_other(at, found, slope)


SLOPE = "′"
"""The variant in which the derivative of an activation stands in the place of its value."""


def _slope(at: Place) -> Any:
    """The derivative of the activation that the other factor is the value of; None where it is none."""
    other = at.above.inputs[1 - (at.edge.slot or 0)]
    call = getattr(other, "call", None)
    if call is None or call.function not in ACTIVATIONS or call.output != other.serial:
        return None
    return derivative_of(call.function, call.inputs[0].detach().numpy())


def _other_shape(at: Place) -> Altered:
    """Another value in the place of the other factor that makes a gradient of another shape: x for a1."""
    found = contraction(at)
    if found is None or not at.last or at.route.rows or at.number not in at.route.bridges:
        return
    shared = [k for k, letter in enumerate(found.others) if letter in found.out]
    for name, value in at.route.point.values.items():
        same = value.ndim == found.other.ndim and all(value.shape[k] == found.other.shape[k] for k in shared)
        if same and value.ndim and name not in (at.below.name, _factor(at)):
            yield name, found.pulled(at.arrays(at.upstream), value)


def _matrix_product(at: Place) -> Altered:
    """A product of matrices in the place of one element by element that is summed."""
    if at.edge.name == "multiply" and at.last and at.above.ndim == 2 and at.below.ndim == 1 and not at.route.rows:
        other, upstream = at.inputs[1 - (at.edge.slot or 0)], at.arrays(at.upstream)
        if np.shape(other) == at.above.shape:
            yield "", other.T @ upstream
            yield "transposed", np.swapaxes(upstream, -1, -2) @ other


def _factor_forgotten(at: Place) -> Altered:
    found = contraction(at)
    if found is not None:
        yield "", _with_other(at, found, np.ones_like(found.other))
        if at.above.shape == at.below.shape:
            yield "none at all", at.upstream


def _factor_twice(at: Place) -> Altered:
    found = contraction(at)
    if found is not None:
        yield "", _with_other(at, found, found.other**2)


def _not_transposed(at: Place) -> Altered:
    found = contraction(at)
    if found is not None and found.other.ndim == 2 and found.other.shape[0] == found.other.shape[1]:
        yield "", _with_other(at, found, found.other.T)


def _factor_alone(at: Place) -> Altered:
    """The other factor as the answer: the gradient above was forgotten."""
    found = contraction(at)
    if at.last and found is not None and not at.route.rows and len(at.parallel) == 1:
        yield "", found.other
        if found.other.ndim == 2:
            yield "transposed", found.other.T


def _say_other(at: Place, name: str) -> str:
    if name == SLOPE:
        return f"the derivative of {_other_name(at)} stands in its place: {_other_name(at)} itself is the factor"
    return f"the value {words.name(name, at.route.point)} stands in the place of {_other_name(at)}"


def _other_name(at: Place) -> str:
    inputs = at.above.inputs
    slot = at.edge.slot or 0
    others = [x for n, x in enumerate(inputs) if n != slot]
    if len(others) != 1:
        raise words.Unsaid(at.above.label())
    return words.said(words.value(others[0], at.route.point))


def _say_own(at: Place, _: str) -> str:
    own, other = words.said(words.value(at.below, at.route.point)), _other_name(at)
    return f"the value {own} stands in the place of {other}: differentiating their product by {own} leaves {other}"


def _say_matrix(at: Place, _: str) -> str:
    return f"a matrix product stands in the place of the product with {_other_name(at)} element by element"


SLIPS = (
    Slip("own factor", _own, _say_own, 16),
    Slip("another value for a factor", _other, _say_other, 22),
    Slip("another value for a factor", _other_shape, _say_other, 22, scope="answer"),
    Slip("matrix product", _matrix_product, _say_matrix, 23, scope="answer"),
    Slip("factor forgotten", _factor_forgotten, lambda at, _: f"the factor {_other_name(at)} is missing", 11, paired=True),
    Slip("local derivative twice", _factor_twice, lambda at, _: f"the factor {_other_name(at)} is there once too often", 20),
    Slip("not transposed", _not_transposed, lambda at, _: f"the factor {_other_name(at)} is not transposed", 18, paired=True),
    Slip("upstream forgotten", _factor_alone, lambda at, _: f"the gradient by {at.name} is missing: {_other_name(at)} alone is only the local derivative", 17, scope="answer"),
)  # fmt: skip
