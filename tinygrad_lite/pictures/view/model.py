"""What a picture shows, before it is one: boxes, edges and frames of a graph, whatever the output."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.pictures.edges.derivatives import Local
from tinygrad_lite.pictures.edges.numbers import number, one_line, shape_text
from tinygrad_lite.pictures.edges.saturation import Saturation

__all__ = ["Box", "Edge", "Frame", "View"]

NOT_YET = "gradient not computed yet"
UNREACHED = "no gradient reaches it"


@dataclass(eq=False)
class Box:
    """A value, and how it came about.

    kind: "parameter" (a leaf that learns), "constant", "value", "result", "cut" (computed, but from where the drawing
    stops). formula: how it was computed. gradient: ∂result/∂value or None; shown: whether it is to be seen.
    """

    id: str
    kind: str
    name: str
    formula: str
    value: Any
    tensor: Any
    operation: str = ""
    learns: bool = False
    gradient: Any = None
    held: Any = None  # a leaf's .grad where it is not this result's gradient
    shown: str = "none"  # "none", "not yet", "yes"; "unreached": it asks for a gradient, and no path brings one
    saturation: Saturation | None = None
    call: Call | None = None  # the folded call
    count: int = 1  # repetitions that it stands for
    steps: tuple[str, ...] = ()
    frames: tuple[Any, ...] = ()
    result: str = ""  # the name of what the gradient is of

    @property
    def symbol(self) -> str:
        return f"∂{self.result}/∂{self.name}"

    @property
    def title(self) -> str:
        return f"{self.name} = {self.formula}" if self.formula else self.name

    @property
    def shape(self) -> str:
        times = f"{self.count} × " if self.count > 1 and not self.formula else ""
        return times + shape_text(self.tensor)

    @property
    def numbers(self) -> str:
        return one_line(self.value)


@dataclass(eq=False)
class Edge:
    """From an input to what was computed from it.

    kind: "elementwise", "reducing" or "full" as in `Local`, "stopped" (a gradient could have come, and does not
    pass), "constant" (nothing there asks for one), "bundle" (one edge for each repetition).
    """

    id: str
    source: Box
    target: Box
    kind: str
    local: Local | None = None
    formula: str | None = None
    count: int = 1
    locals: tuple[Local, ...] = field(default=())  # of a bundle

    @property
    def passes(self) -> bool:
        """Whether a gradient goes back along this edge."""
        return self.kind not in ("stopped", "constant")

    @property
    def symbol(self) -> str:
        return f"∂{self.target.name}/∂{self.source.name}"

    @property
    def derivative(self) -> Any:
        """The numbers of the local derivative, None for a full Jacobian and for edges that pass no gradient."""
        return self.local.derivative if self.local is not None else None

    @property
    def figure(self) -> str | None:
        """The local derivative as a short number, None where there is none."""
        d = self.derivative
        if d is None or np.size(d) == 0:
            return None
        d = np.asarray(d)
        if d.size == 1:
            return number(d.reshape(())[()])
        if np.isfinite(d).all() and d.min() == d.max():
            return f"{number(d.flat[0])} each"
        return one_line(d)

    def label(self) -> tuple[str, str]:
        """The formula and the figure, as they stand on the edge: either may be empty."""
        if self.kind == "stopped":
            return "no gradient passes", ""
        if self.kind == "constant":
            return "", ""
        if self.kind == "bundle":
            return f"{self.count} derivatives, one each", ""
        if self.kind == "full":
            jacobian = f"{_size(self.target)}×{_size(self.source)} Jacobian"
            return f"{self.symbol}: full {jacobian}", f"g ↦ {self.formula}" if self.formula else ""
        figure = self.figure
        formula = self.formula
        if figure is not None and figure.split(" ")[0].removesuffix(".0") == formula:
            formula = None  # it is that number itself
        text = self.symbol + (f" = {formula}" if formula else "")
        return text, f"= {figure}" if figure is not None else ""


def _size(box: Box) -> int:
    return int(np.size(box.value)) if box.value is not None else box.tensor.size


@dataclass(eq=False)
class Frame:
    """An unfolded call, or one of several graphs: a frame around its boxes."""

    id: str
    call: Any
    name: str
    saturation: Saturation | None = None
    whole: bool = False  # one of several graphs


@dataclass(eq=False)
class View:
    """All of a picture. boxes: in the order of their creation. frames: by what a box's `frames` name them by."""

    boxes: list[Box]
    edges: list[Edge]
    frames: dict[Any, Frame]
    results: list[Box]
    title: str = ""
    columns: list[list[Box]] = field(default_factory=list)  # boxes that correspond, of several graphs
    caption: list[str] = field(default_factory=list)

    def edges_into(self, box: Box) -> list[Edge]:
        return [e for e in self.edges if e.target is box]

    def sweep(self) -> Iterable[Box]:
        """The boxes that pass gradients on, in the order in which the engine takes them."""
        into = {e.target for e in self.edges if e.passes and e.target.gradient is not None}
        return [b for b in reversed(self.boxes) if b in into]
