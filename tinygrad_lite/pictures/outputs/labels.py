"""What is written in boxes, on edges and on frames, as rows of runs of text of which each has a role.

The role (title, value, gradient, …) is what a reader of the laid-out picture finds a text by: the page's scripts
ask for the gradient of a box, and not for what is blue in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.pictures.edges.numbers import LONGEST, SMALL, one_line, short
from tinygrad_lite.pictures.outputs.colours import LIGHT
from tinygrad_lite.pictures.outputs.heat import Heat, heat
from tinygrad_lite.pictures.outputs.widths import LARGEST, SAMPLES, SMALLEST, sizes, width
from tinygrad_lite.pictures.view.model import Box, Edge, Frame, View

__all__ = [
    "BLUE",
    "GREY",
    "INK",
    "LINE",
    "ODD",
    "RED",
    "SHEET",
    "ZERO",
    "Row",
    "Run",
    "Sample",
    "Tiles",
    "box_rows",
    "edge_rows",
    "frame_rows",
    "has_tiles",
    "legend_rows",
    "rows",
]

INK, GREY, BLUE, ORANGE, RED = (LIGHT[name] for name in ("ink", "grey", "blue", "orange", "red"))
SHEET = "graph0"  # Graphviz's id of the whole picture
LINE = 1.18  # the height of a line by the size of its letters
MOST_STEPS = 8  # of a repetition are written out
ZERO, ODD = "dotted: 0", "dashed: nan or inf"  # what the lines of edges say of their terms
MARKS = {"saturated": "▲ ", "slowed": "△ ", "": ""}  # before what is said of a function that saturates


@dataclass(frozen=True)
class Run:
    """A text in one size and colour. role: what it says. A line break in it starts a new line.

    longest: in a page, where texts change, the longest text that room is kept for.
    """

    role: str
    text: str
    size: float = 12
    color: str = INK
    bold: bool = False
    italic: bool = False
    longest: str = ""

    def lines(self) -> list[str]:
        """The text line by line."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")


@dataclass(frozen=True)
class Tiles(Run):
    """A picture of an array in the place of a text. size: such that a line of it is as high as the picture."""

    heat: Heat | None = None


@dataclass(frozen=True)
class Sample(Run):
    """A line in the place of a text, such as an edge is drawn. width: how wide it is, in points."""

    width: float = 0.0


def has_tiles(runs: list[Run]) -> bool:
    """Whether tiles are among the runs: where Graphviz sets the texts, mean and standard deviation stand alone."""
    return any(isinstance(run, Tiles) for run in runs)


Row = tuple[list[Run], list[Run]]  # what stands on the left, and on the right


def rows(view: View, folds: bool) -> dict[str, list[Row]]:
    """What is written in each box, on each edge and on each frame that says something, by its id.

    folds: as in a page, where boxes fold and numbers come and go.
    """
    found = {box.id: box_rows(box, folds) for box in view.boxes}
    found |= {edge.id: edge_rows(edge, folds) for edge in view.edges}
    found |= {frame.id: frame_rows(frame, folds) for frame in view.frames.values()}
    found[SHEET] = sheet_rows(view, folds)
    return {id_: written for id_, written in found.items() if written}


def _longest(numbers: Any, folds: bool) -> str:
    """A text as wide as most that these numbers may become; one that is wider still is made narrower in the page."""
    x = np.asarray(numbers)
    if not folds or numbers is None or x.dtype.kind != "f" or x.size == 0:
        return ""
    if x.size > SMALL:
        return "mean −0.0000, std 0.0000"
    return "−0.00000" if x.size == 1 else f"[{', '.join(['−0.000'] * x.size)}]"[:LONGEST]


# --- boxes ---------------------------------------------------------------------------------------------------------


def box_rows(box: Box, folds: bool) -> list[Row]:
    """The lines of a box. folds: with the sign that a click unfolds."""
    kind = box.word
    if box.count > 1:
        kind = f"× {box.count}  {kind}".strip()
    right = [Run("kind", kind, 10, GREY, italic=True)] if kind else []
    if box.call is not None and folds:
        right.append(Run("badge", "⊞", 15))
    found: list[Row] = [([Run("title", box.title, 14, bold=True)], right)]
    found += [([Run("step", step, 11)], []) for step in box.steps[:MOST_STEPS]]
    if len(box.steps) > MOST_STEPS:
        found.append(([Run("step", f"… {len(box.steps) - MOST_STEPS} more", 11, GREY)], []))
    value = Run("value", box.numbers, 13, longest=_longest(box.value, folds))
    found.append(([value], [Run("shape", box.shape, 10, GREY)]))
    found += tile_rows("heat-value", box.value)
    if box.saturation is not None and (box.saturation.level or folds):  # in a page it may saturate yet
        strong = box.saturation.level == "saturated"
        color = RED if strong else ORANGE if box.saturation.level else GREY
        said = MARKS[box.saturation.level] + box.saturation.text
        widest = f"{MARKS['slowed']}un{box.saturation.text}" if folds else ""
        found.append(([Run("saturation", said, 11, color, bold=strong, longest=widest)], []))
    if box.gradient_line:
        faint, numbers = box.shown != "yes", _longest(box.gradient, folds)
        found.append(([Run("gradient", box.gradient_line, 12, GREY if faint else BLUE, bold=not faint, italic=faint,
                           longest=f"{box.symbol} = {numbers}" if numbers else "")], []))  # fmt: skip
        found += tile_rows("heat-gradient", box.gradient if box.shown == "yes" else None)
    if box.held is not None and box.shown == "yes":
        found.append(([Run("held", f"this graph's is {one_line(box.gradient)}", 10, GREY, italic=True)], []))
    return found


def tile_rows(role: str, x: Any) -> list[Row]:
    """An array of many elements as tiles."""
    tiles = heat(x)
    if tiles is None:
        return []
    return [([Tiles(role, "", tiles.size[1] / LINE, heat=tiles)], [])]


# --- edges and frames ----------------------------------------------------------------------------------------------


def edge_rows(edge: Edge, folds: bool) -> list[Row]:
    """What stands on an edge, line by line; nothing where no gradient is asked for. folds: as in a page."""
    formula, figure = edge.label()
    quiet = edge.kind in ("stopped", "bundle")
    number = _longest(edge.derivative, folds and bool(figure))
    lines = [Run("formula", formula, 11, GREY if quiet else INK, italic=quiet)] if formula else []
    if figure:
        lines.append(Run("figure", figure, 12, bold=edge.kind != "full", longest=f"= {number}" if number else ""))
    return [([line], []) for line in lines]


def frame_rows(frame: Frame, folds: bool) -> list[Row]:
    """What stands on a frame. folds: with the sign that a click folds it."""
    if frame.whole:
        return [([Run("name", frame.name, 16, bold=True)], [])]
    lines = [Run("name", frame.name + ("  ⊟" if folds else ""), 12, GREY, bold=True)]
    if frame.saturation is not None and (frame.saturation.level or folds):
        # one below the other: a frame's label must keep clear of its edges
        lines += [Run("saturation", part, 11, RED) for part in frame.saturation.parts]
    return [([line], []) for line in lines]


def sheet_rows(view: View, folds: bool) -> list[Row]:
    """What stands below the whole picture. folds: as in a page, which has the legend of widths beside it."""
    caption: list[Row] = [([Run("caption", line, 14, bold=True)], []) for line in view.caption]
    notes: list[Row] = [([Run("note", note, 11, GREY)], []) for note in view.notes]
    if not view.widths or folds:
        return caption + notes
    found = sizes(view).values()
    odd = [ZERO] * (0 in found) + [ODD] * (not np.isfinite([*found]).all())
    return caption + legend_rows(odd) + notes


def legend_rows(odd: list[str]) -> list[Row]:
    """What the width of an edge means. odd: what is said of terms that a line tells apart, ZERO and ODD."""
    scale: list[Run] = []
    for size in SAMPLES:
        line = Sample("sample", "", width(size) / LINE, BLUE, width=width(size))
        scale += [line, Run("note", short(size), 11, GREY)]
    ends = f"· from {short(SMALLEST)} to {short(LARGEST)}, ten times as much is twice as wide"
    return [
        ([Run("note", "width of an edge: how large the term is that goes back along it, of an array its norm", 11, GREY)], []),
        ([*scale, Run("note", "; ".join([ends, *odd]), 11, GREY)], []),
    ]  # fmt: skip
