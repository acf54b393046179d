"""What is written in boxes, on edges and on frames, as runs of text of which each has a role.

The role (title, value, gradient, …) is what a reader of the laid-out picture finds a text by: the page's scripts
ask for the gradient of a box, and not for what is blue in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tinygrad_lite.pictures.edges.numbers import one_line
from tinygrad_lite.pictures.outputs.characters import visible
from tinygrad_lite.pictures.view.model import Box, Edge, Frame, View

__all__ = ["BLUE", "GREY", "INK", "RED", "Run", "box_label", "caption_label", "edge_label", "frame_label", "roles"]

INK, GREY, BLUE, ORANGE, RED = "#1A1A1A", "#5F5F5F", "#0072B2", "#9A5B00", "#B03A00"
MOST_STEPS = 8  # of a repetition are written out
MARKS = {"saturated": "▲ ", "slowed": "△ ", "": ""}  # before what is said of a function that saturates


@dataclass(frozen=True)
class Run:
    """A text in one size and colour. role: what it says. A line break in it starts a new line."""

    role: str
    text: str
    size: float = 12
    color: str = INK
    bold: bool = False
    italic: bool = False

    def html(self) -> str:
        """The run in an HTML-like label of Graphviz's language."""
        text = "<BR/>".join(map(_escape, self._lines()))
        text = f"<B>{text}</B>" if self.bold else f"<I>{text}</I>" if self.italic else text
        return f'<FONT POINT-SIZE="{self.size:g}" COLOR="{self.color}">{text}</FONT>'

    def roles(self) -> list[str]:
        """Its role for each text that Graphviz makes of it: one for each line that is not empty."""
        return [self.role for line in self._lines() if line]

    def _lines(self) -> list[str]:
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _escape(line: str) -> str:
    """For an HTML-like label: \\N stays \\N instead of becoming the node's id."""
    escaped = html.escape(visible(line)).replace("&#x27;", "&#39;")
    escaped = re.sub(r"\\(?=[NGETHL])", "&#92;&#8203;", escaped).replace("\\", "&#92;")  # a space of no width between
    return escaped.replace("\t", " ")


Row = tuple[list[Run], list[Run]]  # what stands on the left, and on the right


# --- boxes ---------------------------------------------------------------------------------------------------------


def box_rows(box: Box, folds: bool) -> list[Row]:
    """The lines of a box. folds: with the sign that a click unfolds."""
    kind = box.word
    if box.count > 1:
        kind = f"× {box.count}  {kind}".strip()
    right = [Run("kind", kind, 10, GREY, italic=True)] if kind else []
    if box.call is not None and folds:
        right.append(Run("badge", "  ⊞" if right else "⊞", 15))
    rows: list[Row] = [([Run("title", box.title, 14, bold=True)], right)]
    rows += [([Run("step", step, 11)], []) for step in box.steps[:MOST_STEPS]]
    if len(box.steps) > MOST_STEPS:
        rows.append(([Run("step", f"… {len(box.steps) - MOST_STEPS} more", 11, GREY)], []))
    rows.append(([Run("value", box.numbers, 13)], [Run("shape", box.shape, 10, GREY)]))
    if box.saturation is not None and (box.saturation.level or folds):  # in a page it may saturate yet
        strong = box.saturation.level == "saturated"
        color = RED if strong else ORANGE if box.saturation.level else GREY
        rows.append(
            ([Run("saturation", MARKS[box.saturation.level] + box.saturation.text, 11, color, bold=strong)], [])
        )
    if box.gradient_line:
        faint = box.shown != "yes"
        rows.append(
            ([Run("gradient", box.gradient_line, 12, GREY if faint else BLUE, bold=not faint, italic=faint)], [])
        )
    if box.held is not None and box.shown == "yes":
        rows.append(([Run("held", f"this graph's is {one_line(box.gradient)}", 10, GREY, italic=True)], []))
    return rows


def box_label(box: Box, folds: bool) -> str:
    rows = "".join(_row(left, right) for left, right in box_rows(box, folds))
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{rows}</TABLE>>'


def _row(left: list[Run], right: list[Run]) -> str:
    if not right:
        return f'<TR><TD ALIGN="LEFT" COLSPAN="2">{_html(left)}</TD></TR>'
    return f'<TR><TD ALIGN="LEFT">{_html(left)}</TD><TD ALIGN="RIGHT">{_html(right)}</TD></TR>'


def _html(runs: Iterable[Run]) -> str:
    return "".join(run.html() for run in runs)


# --- edges and frames ----------------------------------------------------------------------------------------------


def edge_lines(edge: Edge) -> list[Run]:
    """What stands on an edge, line by line; nothing where no gradient is asked for."""
    formula, figure = edge.label()
    quiet = edge.kind in ("stopped", "bundle")
    lines = [Run("formula", formula, 11, GREY if quiet else INK, italic=quiet)] if formula else []
    return lines + ([Run("figure", figure, 12, bold=edge.kind != "full")] if figure else [])


def edge_label(edge: Edge) -> str:
    rows = "".join(f'<TR><TD ALIGN="LEFT"> {line.html()} </TD></TR>' for line in edge_lines(edge))
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>>' if rows else ""


def frame_lines(frame: Frame, folds: bool) -> list[Run]:
    """What stands on a frame. folds: with the sign that a click folds it."""
    if frame.whole:
        return [Run("name", frame.name, 16, bold=True)]
    lines = [Run("name", frame.name + ("  ⊟" if folds else ""), 12, GREY, bold=True)]
    if frame.saturation is not None and (frame.saturation.level or folds):
        # one below the other: a frame's label must keep clear of its edges
        lines += [Run("saturation", part, 11, RED) for part in frame.saturation.parts]
    return lines


def frame_label(frame: Frame, folds: bool) -> str:
    lines = [line.html() for line in frame_lines(frame, folds)]
    return f"<{lines[0]}>" if frame.whole else "<" + "".join(f'{line}<BR ALIGN="LEFT"/>' for line in lines) + ">"


def below(view: View) -> list[Run]:
    """The lines below the whole picture."""
    caption = [Run("caption", line, 14, bold=True) for line in view.caption]
    return caption + [Run("note", note, 11, GREY) for note in view.notes]


def caption_label(view: View) -> str:
    rows = "".join(_row([line], []) for line in below(view))
    return f'<<TABLE BORDER="0" CELLSPACING="2">{rows}</TABLE>>'


# --- which text is which -------------------------------------------------------------------------------------------


def roles(view: View, folds: bool) -> dict[str, list[str]]:
    """The roles of the texts that Graphviz writes for each box, edge and frame, by its id, in their order.

    An edge's text stands between two spaces, which are texts of their own and have the role "".
    """
    found = {box.id: _roles(run for row in box_rows(box, folds) for side in row for run in side) for box in view.boxes}
    found |= {edge.id: _spaced(edge_lines(edge)) for edge in view.edges}
    found |= {frame.id: _roles(frame_lines(frame, folds)) for frame in view.frames.values()}
    if lines := below(view):
        found["graph0"] = _roles(lines)  # Graphviz's id of the whole picture
    return found


def _roles(runs: Iterable[Run]) -> list[str]:
    return [role for run in runs for role in run.roles()]


def _spaced(lines: list[Run]) -> list[str]:
    return [role for line in lines for role in ("", *line.roles(), "")]
