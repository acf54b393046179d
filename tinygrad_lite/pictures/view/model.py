"""What a picture shows, before it is one: boxes, edges and frames of a graph, whatever the output."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.notation.formula import Name, Notation, Num, Plus, compact, unicode
from tinygrad_lite.pictures.edges.derivatives import Local
from tinygrad_lite.pictures.edges.formulas import Closed
from tinygrad_lite.pictures.edges.numbers import equals, one_line, shape_text
from tinygrad_lite.pictures.edges.saturation import Saturation
from tinygrad_lite.pictures.edges.texts import Figure, Text, said

LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

__all__ = ["Box", "Edge", "Frame", "View"]

WORDS = {"parameter": "learns", "constant": "constant", "cut": "computed before", "value": "", "result": "result"}


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
    result: str = ""  # what the gradient is of: the name of the result, or its sum

    @property
    def symbol(self) -> str:
        """∂C/∂w, of several leaves in one box ∂C/∂(w1 … w9)."""
        return (
            f"∂{self.result}/∂({self.name})" if self.count > 1 and not self.formula else f"∂{self.result}/∂{self.name}"
        )

    @property
    def title(self) -> str:
        return f"{self.name} = {self.formula}" if self.formula else self.name

    @property
    def word(self) -> str:
        """What kind of box it is, in words; empty for a value between."""
        return WORDS[self.kind]

    @property
    def gradient_line(self) -> str:
        """The line that speaks of its gradient; empty where none will come."""
        if self.shown == "none":
            return ""
        if self.shown == "not yet":
            return "gradient not computed yet"
        if self.shown == "unreached":
            return "no gradient reaches it"
        if self.held is not None:
            return f".grad {equals(self.held)}"
        return f"{self.symbol} {equals(self.gradient)}"

    @property
    def shape(self) -> str:
        times = f"{self.count} × " if self.count > 1 and not self.formula else ""
        return times + shape_text(self.tensor)

    @cached_property
    def numbers(self) -> str:
        return one_line(self.value)


@dataclass(eq=False)
class Edge:
    """From an input to what was computed from it.

    kind: "elementwise", "reducing" or "full" as in `Local`, "stopped" (a gradient could have come, and does not
    pass), "constant" (nothing there asks for one), "bundle" (one edge for each repetition).
    formula: of the local derivative; where that is full, of its product with the upstream gradient, which is called
    `upstream` in it. letters: the indices of the source's axes in it. number: which input of the target it is, as
    they stand in its title. alone: whether no other way leads from the source to the target.
    """

    id: str
    source: Box
    target: Box
    kind: str
    local: Local | None = None
    formula: Notation | None = None
    letters: tuple[str, ...] = ()
    upstream: str = "g"
    number: int = 1
    alone: bool = True
    count: int = 1
    locals: tuple[Local, ...] = field(default=())  # of a bundle
    find: Callable[[], Closed | None] = lambda: None  # the formula of a full Jacobian's elements

    @property
    def passes(self) -> bool:
        """Whether a gradient goes back along this edge."""
        return self.kind not in ("stopped", "constant")

    @property
    def symbol(self) -> str:
        """∂z/∂w; ∂₂z/∂w where w changes z in other ways, too: by the second input of z alone, all others fixed."""
        number = "" if self.alone else str(self.number).translate(LOW)
        return f"∂{number}{self.target.name}/∂{unicode(Name(self.source.name, self.letters))}"

    @property
    def derivative(self) -> Any:
        """The numbers of the local derivative, None for a full Jacobian and for edges that pass no gradient."""
        return self.local.derivative if self.local is not None else None

    @property
    def jacobian(self) -> Any:
        """A small full Jacobian as a matrix, None where it is large, or not full."""
        return self.local.jacobian if self.local is not None else None

    @cached_property
    def elements(self) -> str:
        """The elements of such a Jacobian as a formula, ∂a_j/∂z_k = a_j ([j = k] − a_k); empty where there is none."""
        found = self.find() if self.jacobian is not None and self.alone else None
        return "" if found is None or found.formula is None else unicode(found.formula)

    @property
    def formula_text(self) -> str:
        """The formula in one line, empty where there is none; that of a folded call as derivations set it."""
        if self.formula is None:
            return ""
        return compact(self.formula) if self.target.call is None else unicode(self.formula)

    def label(self) -> tuple[str, Text]:
        """The formula and the figure, as they stand on the edge: either may be empty."""
        nothing = said()
        if self.kind == "stopped":
            return "no gradient passes", nothing
        if self.kind == "constant":
            return "", nothing
        if self.kind == "bundle":
            return f"{self.count} derivatives, one each", nothing
        if self.kind == "full":
            jacobian = f"{_size(self.target)}×{_size(self.source)} Jacobian"
            return f"{self.symbol}: full {jacobian}", said(
                f"{self.upstream} ↦ {self.formula_text}"
            ) if self.formula else nothing
        d = self.derivative
        known = d is not None and np.size(d) > 0
        is_that_number = known and _is_number(self.formula)
        text = self.symbol if self.formula is None or is_that_number else f"{self.symbol} = {self.formula_text}"
        return text, said(Figure("slopeEquals", d, ("slope", self.local))) if known else nothing


def _is_number(formula: Notation | None) -> bool:
    match formula:
        case Num() | Plus(terms=((-1, Num()),)):
            return True
    return False


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
    notes: list[str] = field(default_factory=list)  # what signs in the picture mean
    widths: bool = False  # whether an edge is as wide as the term is large that goes back along it

    def edges_into(self, box: Box) -> list[Edge]:
        return [e for e in self.edges if e.target is box]

    def sweep(self) -> Iterable[Box]:
        """The boxes that pass gradients on, in the order in which the engine takes them."""
        into = {e.target for e in self.edges if e.passes and e.target.gradient is not None}
        return [b for b in reversed(self.boxes) if b in into]
