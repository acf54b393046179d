"""Where each text of a box, an edge or a frame stands: the layout within them, which needs no Graphviz and no font.

Graphviz is given a room of a fixed size for them, and says where on the sheet that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from math import ceil

from tinygrad_lite.pictures.outputs.labels import LINE, Row, Run, Sample, Tiles, rows
from tinygrad_lite.pictures.outputs.measure import width
from tinygrad_lite.pictures.outputs.widths import widths
from tinygrad_lite.pictures.view.model import View

__all__ = ["APART", "ASCENT", "SAMPLE", "Block", "Placed", "beside", "blocks"]

ASCENT = 0.93  # the height of what is above the base of a line, by the size of its letters
PAD, GAP, SPACE = 2, 9, 5  # points around a row, between its left and its right, and between runs on one side
BESIDE = 4  # points between an edge and what stands on it
APART, SAMPLE = 8, 26  # points before a line of a legend, and how long it is


@dataclass(frozen=True)
class Placed:
    """A line of a run in its place: x is its left end or, `from_right`, its right end; y its base line; in points.

    room: how wide it can become without touching anything.
    """

    run: Run
    text: str
    x: float
    y: float
    room: float
    from_right: bool

    @cached_property
    def width(self) -> float:
        return min(width(self.text, self.run.size, self.run.bold), self.room)


@dataclass(frozen=True)
class Block:
    """Rows below one another. side: how many points stay free on the left and on the right."""

    rows: list[Row]
    side: int = 0

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height, in whole points."""
        widest = max(_side(left) + (GAP + _side(right) if right else 0) for left, right in self.rows)
        return ceil(widest) + 2 * (PAD + self.side), ceil(sum(_height(row) for row in self.rows))

    def placed(self) -> Iterator[Placed]:
        """The texts, from the top, with the block's upper left corner at (0, 0)."""
        top = 0.0
        for row in self.rows:
            yield from sorted(self._placed(row, top + PAD), key=lambda placed: placed.from_right)
            top += _height(row)

    def _placed(self, row: Row, y: float) -> Iterator[Placed]:
        end: float = self.size[0] - PAD - self.side
        for here, there in _line_by_line(row):
            size = max(run.size for run, _ in here + there)
            y += ASCENT * size
            beside = _line(there) + GAP if there else 0
            x: float = PAD + self.side
            for run, text in here:
                own = end - beside - x if (run, text) is here[-1] else _width(run, text)
                yield Placed(run, text, x, y, own, from_right=False)
                x += _width(run, text) + SPACE
            x = end - _line(there)
            for run, text in there:
                x += _width(run, text)
                yield Placed(run, text, x, y, _width(run, text), from_right=True)
                x += SPACE
            y += (LINE - ASCENT) * size


def blocks(view: View, folds: bool) -> dict[str, Block]:
    """What is written in each box, on each edge and on each frame, by its id. folds: as in a page."""
    sides = beside(view, folds)
    return {id_: Block(found, sides.get(id_, 0)) for id_, found in rows(view, folds).items()}


def beside(view: View, folds: bool = False) -> dict[str, int]:
    """How many points stay free on either side of what stands on an edge, by the edge's id."""
    wide = widths(view) if view.widths and not folds else {}
    return {edge.id: BESIDE + ceil(wide.get(edge.id, 0) / 2) for edge in view.edges}


Line = list[tuple[Run, str]]


def _lines(runs: list[Run]) -> list[Line]:
    """The runs line by line: a line break within one begins a new line."""
    lines: list[Line] = [[]]
    for run in runs:
        for i, text in enumerate(run.lines()):
            if i:
                lines.append([])
            lines[-1].append((run, text))
    return lines


def _line_by_line(row: Row) -> list[tuple[Line, Line]]:
    """What stands on the left and on the right in each line of a row."""
    left, right = row
    return list(zip_longest(_lines(left), _lines(right), fillvalue=[]))


def _width(run: Run, text: str) -> float:
    if isinstance(run, Tiles) and run.heat is not None:
        return run.heat.size[0]
    if isinstance(run, Sample):
        return APART + SAMPLE
    return max(width(t, run.size, run.bold) for t in (text, run.longest))


def _side(runs: list[Run]) -> float:
    return max(map(_line, _lines(runs)))


def _line(line: Line) -> float:
    return sum(_width(*part) + SPACE for part in line) - SPACE


def _height(row: Row) -> float:
    return 2 * PAD + sum(LINE * max(run.size for run, _ in here + there) for here, there in _line_by_line(row))
