"""Slips at products: of numbers, and of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.exercises.slips import words
from tinygrad_lite.exercises.slips.contraction import Contraction, contraction
from tinygrad_lite.exercises.slips.place import Place
from tinygrad_lite.exercises.slips.slip import Altered, Slip


def _flat(at: Place, arrays: Any) -> Any:
    """Arrays of the shape of the value below, as matrices."""
    return arrays.reshape((*at.upstream.shape[:-1], at.below.size))


def _with_other(at: Place, found: Contraction, other: Any) -> Any:
    return _flat(at, found.pulled(at.arrays(at.upstream), other))


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
    own = getattr(at.above.inputs[1 - (at.edge.slot or 0)], "name", None)
    for name, value in at.route.named(np.shape(other)).items():
        if name not in (at.below.name, own):
            yield name, at.through(value) if found is None else _with_other(at, found, value)


def _factor_forgotten(at: Place) -> Altered:
    found = contraction(at)
    if found is not None:
        yield "", _with_other(at, found, np.ones_like(found.other))
        if at.above.shape == at.below.shape:
            yield "none at all", at.upstream


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


SLIPS = (
    Slip("own factor", _own, _say_own, 16),
    Slip("another value for a factor", _other, _say_other, 22),
    Slip("factor forgotten", _factor_forgotten, lambda at, _: f"the factor {_other_name(at)} is missing", 11, paired=True),
    Slip("not transposed", _not_transposed, lambda at, _: f"the factor {_other_name(at)} is not transposed", 18, paired=True),
    Slip("upstream forgotten", _factor_alone, lambda at, _: f"the gradient by {at.name} is missing: {_other_name(at)} alone is only the local derivative", 17, scope="answer"),
)  # fmt: skip
