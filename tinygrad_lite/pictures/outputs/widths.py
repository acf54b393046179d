"""How wide an edge is drawn: by how large the term is that the backward pass sends along it.

Ten times as large is twice as wide, in every picture. So two pictures can be compared, a line follows when a number of
a page changes, and the width of an edge says nothing of what is still ahead in the backward pass.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_lite.pictures.outputs.colours import LIGHT
from tinygrad_lite.pictures.outputs.story import carried
from tinygrad_lite.pictures.view.model import View

__all__ = ["LARGEST", "SAMPLES", "SMALLEST", "look", "looks", "size", "sizes", "width", "widths"]

UNIT = 4.0  # points, for a term of size 1: as large as the gradient that a backward pass starts with
SMALLEST, LARGEST = 0.001, 100.0  # a term that is smaller or larger is drawn as one of this size
HEAD = 0.8  # of an edge, in Graphviz's measure
HAIRLINE = 1.0  # points, dotted: for a term that is 0
SAMPLES = (0.1, 1.0, 10.0, 100.0)  # in a legend; from 2 points on, for Graphviz sets no narrower lines there


def size(term: Any) -> float:
    """How large a term is: |term| of a number, the norm of an array; nan or inf where one of its elements is.

    >>> size(-0.5), size([3.0, 4.0])
    (0.5, 5.0)
    """
    return math.hypot(*np.ravel(term).tolist())


def width(size: float) -> float:
    """The width in points of an edge whose term has this size. What is 0, nan or inf is told apart by its line.

    >>> width(1.0), width(10.0), width(0.1)
    (4.0, 8.0, 2.0)
    """
    if not math.isfinite(size):
        return UNIT
    if size == 0:
        return HAIRLINE
    return UNIT * math.exp2(math.log10(min(max(size, SMALLEST), LARGEST)))


def sizes(view: View) -> dict[str, float]:
    """How large the term of each edge is along which a gradient goes back, by the edge's id."""
    passed = [edge for edge in view.edges if edge.passes and edge.target.gradient is not None]
    return {edge.id: size(term) for edge in passed if (term := carried(edge)) is not None}


def widths(view: View) -> dict[str, float]:
    """How wide these edges are, in points, by their ids."""
    return {id_: width(size) for id_, size in sizes(view).items()}


def looks(view: View) -> dict[str, dict[str, str]]:
    """How these edges are drawn, by their ids, as attributes of Graphviz."""
    return {id_: look(size) for id_, size in sizes(view).items()}


def look(size: float) -> dict[str, str]:
    """How an edge is drawn whose term has this size."""
    head = HEAD * math.sqrt(min(1.0, UNIT / width(size)))  # Graphviz makes those of wide edges larger, and too large
    drawn = {"color": LIGHT["blue"], "penwidth": f"{width(size):.3g}", "arrowsize": f"{head:.2g}"}
    if not math.isfinite(size):
        return drawn | {"color": LIGHT["red"], "style": "dashed"}
    return drawn if size else drawn | {"style": "dotted"}
