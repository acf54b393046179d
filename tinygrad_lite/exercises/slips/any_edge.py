"""Slips that can be made at any edge: a sign, a factor 2, a part of the chain rule left out."""

from __future__ import annotations

import numpy as np

from tinygrad_lite.exercises.slips.place import Place
from tinygrad_lite.exercises.slips.slip import Altered, Slip


def _part(at: Place) -> bool:
    """Whether only a part of the gradient comes over the edge: otherwise a factor is one of the whole answer."""
    return at.number not in at.route.bridges


def _factor(at: Place, factor: float) -> Altered:
    if _part(at):
        yield "", factor * at.right


def _length(at: Place) -> Altered:
    if _part(at):
        for letter, length in at.route.point.sizes.items():
            yield letter, length * at.right
            yield f"1/{letter}", at.right / length


def _upstream_forgotten(at: Place) -> Altered:
    if at.above not in at.route.numbers_above:
        found = np.ones_like(at.upstream) @ at.edge.matrix
        yield "", found
        for letter, length in at.route.point.sizes.items():
            yield f"1/{letter}", found / length


def _path_forgotten(at: Place) -> Altered:
    if _part(at):
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
    Slip("path forgotten", _path_forgotten,
         lambda at, _: f"the part that comes over {at.way} is missing", 7, paired=True),
    Slip("paths multiplied", _paths_multiplied,
         lambda at, _: "the parts of several paths are multiplied; they are to be added", 31),
)  # fmt: skip
