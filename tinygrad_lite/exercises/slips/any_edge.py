"""Slips that can be made at any edge: a sign, a factor 2, a part of the chain rule left out."""

from __future__ import annotations

import numpy as np

from tinygrad_lite.exercises.slips.place import Place
from tinygrad_lite.exercises.slips.slip import Altered, Slip


def _factor(at: Place, factor: float) -> Altered:
    """A factor of one part only: where all of the gradient comes over an edge, it is one of the whole answer."""
    part = at.part
    if part is not None:
        yield "", at.right + (factor - 1) * part


def _length(at: Place) -> Altered:
    part = at.part
    if part is not None:
        for letter, length in at.route.point.sizes.items():
            yield letter, at.right + (length - 1) * part
            yield f"1/{letter}", at.right + (1 / length - 1) * part


def _upstream_forgotten(at: Place) -> Altered:
    if at.above not in at.route.numbers_above:
        found = np.ones_like(at.upstream) @ at.edge.matrix
        yield "", found


def _upstream_but_a_number(at: Place) -> Altered:
    for _, found in _upstream_forgotten(at):
        for letter, length in at.route.point.sizes.items():
            yield f"1/{letter}", found / length


def _one_of_two(at: Place) -> Altered:
    """One factor of x · x differentiated, and not the other."""
    if len(at.parallel) > 1:
        yield "", 0 * at.right


def _paths_multiplied(at: Place) -> Altered:
    edges = at.route.above[at.below]
    if len(edges) > 1 and edges[0] is at.edge:
        parts = [at.route.gradients[edge.above] @ edge.matrix for edge in edges]
        yield "", np.prod(parts, axis=0) - sum(parts[1:])


def _say_upstream(at: Place, number: str) -> str:
    kept = f", of which only {number} is there" if number else ""
    return f"the gradient by {at.name} is missing{kept}: the local derivative is to be multiplied by it"


def _say_length(at: Place, number: str) -> str:
    what = f"a factor {number} too much" if "/" in number else f"a factor 1/{number} too little"
    return f"the part that comes over {at.way} has {what}"


SLIPS = (
    Slip("sign of a part", lambda at: _factor(at, -1.0),
         lambda at, _: f"the part that comes over {at.way} has the wrong sign", 8, paired=True),
    Slip("factor 2 of a part", lambda at: _factor(at, 2.0),
         lambda at, _: f"the part that comes over {at.way} has a factor 2 too much", 52),
    Slip("factor 1/2 of a part", lambda at: _factor(at, 0.5),
         lambda at, _: f"the part that comes over {at.way} has a factor ½ too much", 53),
    Slip("factor of a length of a part", _length, _say_length, 54),
    Slip("upstream forgotten", _upstream_forgotten, _say_upstream, 40),
    Slip("upstream forgotten", _upstream_but_a_number, _say_upstream, 67),
    Slip("one of two equal factors", _one_of_two,
         lambda at, _: f"only one of the two equal factors of {at.own} is differentiated", 15),
    Slip("path forgotten", lambda at: _factor(at, 0.0),
         lambda at, _: f"the part that comes over {at.way} is missing", 7, paired=True),
    Slip("paths multiplied", _paths_multiplied,
         lambda at, _: "the parts of several paths are multiplied; they are to be added", 31),
)  # fmt: skip
