"""The direction of a picture that nobody gave one: the one in which it is shown larger."""

from __future__ import annotations

from tinygrad_lite.pictures.outputs.lettering import Block, blocks
from tinygrad_lite.pictures.view.model import Box, View

__all__ = ["SLIDE", "fitting"]

WELL = 0.8  # of its full size a picture is read as well as at that
SHEET = (1050, 700)  # points: what a window of 1400 pixels shows of a page without scrolling
SLIDE = (1050, 500)  # points: a slide of 16:9, less the lines below the picture
BETWEEN = 25  # points that Graphviz leaves between neighbours, about


def fitting(view: View, sheet: tuple[int, int] = SHEET) -> str:
    """From left to right ("LR"), unless that is too small to read on a sheet and from the top down ("TB") is larger.

    The size is estimated, so that DOT is the same with Graphviz and without: boxes stand as deep as the longest way
    to them, those of one depth side by side, and what stands on edges between two depths.
    """
    depth = dict.fromkeys(view.boxes, 0)
    into: dict[Box, list[Box]] = {box: [] for box in view.boxes}
    for edge in view.edges:
        into[edge.target].append(edge.source)
    for box in view.boxes:  # in the order of their creation: inputs come first
        depth[box] = max((depth[source] + 1 for source in into[box]), default=0)
    written = blocks(view, folds=False)
    count = max(depth.values(), default=0) + 1
    ranks: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    between: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for box in view.boxes:
        ranks[depth[box]].append(_size(written, box.id))
    for edge in view.edges:
        between[depth[edge.source]].append(_size(written, edge.id))

    def share(along: int) -> float:
        """How much smaller it must be shown; along: 0 if the ranks follow each other from left to right, else 1."""
        long = sum(max((size[along] for size in rank), default=0) + BETWEEN for rank in ranks)
        long += sum(max((size[along] for size in labels), default=0) for labels in between)
        wide = max(sum(size[1 - along] + BETWEEN for size in rank) for rank in ranks)
        return min(1.0, sheet[along] / long, sheet[1 - along] / wide)

    return "LR" if view.columns or share(0) >= min(WELL, share(1)) else "TB"


def _size(written: dict[str, Block], id_: str) -> tuple[int, int]:
    return written[id_].size if id_ in written else (0, 0)
