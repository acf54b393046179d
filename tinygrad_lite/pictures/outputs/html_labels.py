"""Rows of text in Graphviz's HTML-like labels, or as an empty room of their size, which svg.py fills."""

from __future__ import annotations

import html

from tinygrad_lite.pictures.outputs.characters import visible
from tinygrad_lite.pictures.outputs.labels import Run, Sample, has_tiles
from tinygrad_lite.pictures.outputs.lettering import SAMPLE, Block

__all__ = ["ROOM", "label", "room"]

ROOM = "#010203"  # a colour that nothing else has: an empty room is known by it


def label(block: Block, least: tuple[int, int] | None = None) -> str:
    """A label in which Graphviz sets the texts itself. least: the width and height that it has at least."""
    side = "&#160;" if block.side else ""
    written = "".join(_row(left, right, side) for left, right in block.rows if not has_tiles(left))
    size = f' WIDTH="{least[0]}" HEIGHT="{least[1]}"' if least else ""
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"{size}>{written}</TABLE>>'


def room(block: Block) -> str:
    """A label that is a rectangle as large as the texts are, without them."""
    width, height = block.size
    return (
        f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" FIXEDSIZE="TRUE" WIDTH="{width}" '
        f'HEIGHT="{height}" BGCOLOR="{ROOM}"><TR><TD></TD></TR></TABLE>>'
    )


def _row(left: list[Run], right: list[Run], side: str) -> str:
    start = f"{side}{_runs(left)}{side}" if not any(isinstance(run, Sample) for run in left) else _cells(left)
    if not right:
        return f'<TR><TD ALIGN="LEFT" COLSPAN="2">{start}</TD></TR>'
    return f'<TR><TD ALIGN="LEFT">{start}</TD><TD ALIGN="RIGHT">{_runs(right)}</TD></TR>'


def _cells(runs: list[Run]) -> str:
    """Texts and lines beside each other; a cell of Graphviz's holds either."""
    cells = "".join(f"<TD>{_line(run) if isinstance(run, Sample) else _run(run)}</TD>" for run in runs)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"><TR>{cells}</TR></TABLE>'


def _line(sample: Sample) -> str:
    size = f'FIXEDSIZE="TRUE" WIDTH="{SAMPLE}" HEIGHT="{sample.width:g}" BGCOLOR="{sample.color}"'
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" {size}><TR><TD></TD></TR></TABLE>'


def _runs(runs: list[Run]) -> str:
    return " ".join(_run(run) for run in runs)


def _run(run: Run) -> str:
    text = "<BR/>".join(map(_escape, run.lines()))
    text = f"<B>{text}</B>" if run.bold else f"<I>{text}</I>" if run.italic else text
    return f'<FONT POINT-SIZE="{run.size:g}" COLOR="{run.color}">{text}</FONT>'


def _escape(line: str) -> str:
    """For an HTML-like label: \\N stays \\N instead of becoming the node's id."""
    escaped = html.escape(visible(line)).replace("&#x27;", "&#39;")
    for letter in "NGETHL":
        escaped = escaped.replace(f"\\{letter}", f"&#92;&#8203;{letter}")  # a space of no width between
    return escaped.replace("\\", "&#92;")
