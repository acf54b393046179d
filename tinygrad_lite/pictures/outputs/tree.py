"""A View as a tree for a terminal: the result first, below each value what it was computed from."""

from __future__ import annotations

from tinygrad_lite.pictures.edges.numbers import matrix
from tinygrad_lite.pictures.outputs.characters import single_line
from tinygrad_lite.pictures.view.model import Box, Edge, View

__all__ = ["tree"]


def _says(box: Box) -> str:
    parts = [box.title, box.shape, box.numbers]
    if box.word:
        parts.insert(1, box.word)
    if box.steps:
        parts.append("each: " + "; ".join(box.steps[:8]) + (" …" if len(box.steps) > 8 else ""))
    if box.saturation is not None and box.saturation.level:
        parts.append(("▲ " if box.saturation.level == "saturated" else "△ ") + box.saturation.text)
    parts.append(box.gradient_line)
    return " · ".join(single_line(p) for p in parts if p)


def tree(view: View) -> str:
    """One line for each value; a value that is used again is not unfolded again.

    An edge's local derivative stands before the value that it is the derivative by. Small Jacobians follow below.
    """
    into: dict[Box, list[Edge]] = {}
    for e in view.edges:
        into.setdefault(e.target, []).append(e)
    lines: list[str] = []
    for result in view.results:
        if len(view.results) > 1:
            lines += ["", f"{view.frames[result.frames[0]].name}:"]
        seen: set[Box] = set()
        stack: list[tuple[Box, Edge | None, str, str]] = [(result, None, "", "")]
        while stack:
            box, edge, first, rest = stack.pop()
            label = single_line(" ".join(edge.label())) if edge is not None else ""
            before = f"[{label.strip()}] " if label.strip() else ""
            if box in seen and into.get(box):
                lines.append(f"{first}{before}{single_line(box.name)} (see above)")
                continue
            seen.add(box)
            lines.append(f"{first}{before}{_says(box)}")
            below = into.get(box, [])
            for i, e in reversed(list(enumerate(below))):
                last = i == len(below) - 1
                stack.append((e.source, e, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  ")))
    for edge in view.edges:
        lines += _jacobian(edge)
    closing = [*view.caption, *map(single_line, view.notes)]
    return "\n".join([*lines, *([""] if closing else []), *closing]).lstrip("\n")


def _jacobian(edge: Edge) -> list[str]:
    """A small Jacobian below the tree: the formula of its elements, and the matrix."""
    if edge.jacobian is None:
        return []
    return ["", f"the Jacobian {single_line(edge.elements or edge.symbol)}:", *matrix(edge.jacobian)]
