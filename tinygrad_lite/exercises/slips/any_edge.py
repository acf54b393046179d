"""Slips that can be made at any edge: a sign, a factor 2, a part of the chain rule left out."""

from __future__ import annotations

import numpy as np

from tinygrad_lite.exercises.slips.place import Place
from tinygrad_lite.exercises.slips.slip import Altered, Slip


def _factor(at: Place, factor: float) -> Altered:
    """A factor of one part only: where all of the gradient comes through an edge, the whole answer has the factor."""
    if at.number not in at.route.bridges:
        yield "", factor * at.right


def _upstream_forgotten(at: Place) -> Altered:
    if at.above not in at.route.numbers_above:
        yield "", np.ones_like(at.upstream) @ at.edge.matrix


def _path_forgotten(at: Place) -> Altered:
    if at.several:
        yield "", 0 * at.right


def _paths_multiplied(at: Place) -> Altered:
    edges = at.route.backward.above[at.below]
    if len(edges) > 1 and edges[0] is at.edge:
        parts = [at.route.gradients[edge.above] @ edge.matrix for edge in edges]
        yield "", np.prod(parts, axis=0) - sum(parts[1:])


SLIPS = (
    Slip("sign of a part", lambda at: _factor(at, -1.0),
         lambda at, _: f"the part that comes over {at.way} has the wrong sign", 50, paired=True),
    Slip("factor 2 of a part", lambda at: _factor(at, 2.0),
         lambda at, _: f"the part that comes over {at.way} has a factor 2 too much", 52),
    Slip("factor 1/2 of a part", lambda at: _factor(at, 0.5),
         lambda at, _: f"the part that comes over {at.way} has a factor ½ too much", 53),
    Slip("upstream forgotten", _upstream_forgotten,
         lambda at, _: f"the gradient by {at.way} is missing: the local derivative is not multiplied by it", 40),
    Slip("path forgotten", _path_forgotten,
         lambda at, _: f"the part that comes over {at.way} is missing", 30, paired=True),
    Slip("paths multiplied", _paths_multiplied,
         lambda at, _: "the parts of several paths are multiplied; they are added", 31),
)  # fmt: skip
