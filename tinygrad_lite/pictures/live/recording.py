"""What a page computes again when a number changes, as one program: values, gradients, local derivatives, terms.

They are recorded as the engine computes them: the graph is there, the reverse sweep is recorded, and each edge's local
derivative and term are asked of the same rules, with Tensors in the place of arrays. All foldings of a page share the
program: what a box opens into is computed in it anyway.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import SCOPE
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import NumericsWarning
from tinygrad_lite.pictures.edges.derivatives import Local
from tinygrad_lite.pictures.live.conditions import conditions
from tinygrad_lite.pictures.live.lowering import Lowered, NotLive, lowered
from tinygrad_lite.pictures.view.model import Box, Edge, View
from tinygrad_lite.programs.claims import IN_0_1
from tinygrad_lite.programs.program import Constant, Value, program_of
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Recording"]

MOST_NUMBERS = 2000  # in all values of the graphs: beyond, a page would be slow to follow a slider


class Recording:
    """The program behind some views of the same graphs, and where in it each of their numbers is found.

    inputs: the leaves whose numbers can change, in the order of the program's. within: the tensors that must stay in
    [0, 1], each with the name of the function that asks for it.
    Raises NotLive where the page cannot compute the graphs.
    """

    def __init__(self, views: Sequence[View]) -> None:
        boxes = {b.tensor: b for view in views for b in view.boxes if isinstance(b.tensor, Tensor)}
        if any(b.count > 1 and not b.operation for b in boxes.values()):
            raise NotLive("the leaves of equal steps are drawn as one box.")
        self._results = {box: _result_of(box, view).tensor for view in views for box in view.boxes}
        cut = {t for t, b in boxes.items() if b.kind == "cut"}
        results = dict.fromkeys(b.tensor for b in views[0].results)
        self.nodes = graph(*results, stops=cut)
        if sum(t.size for t in self.nodes) > MOST_NUMBERS:
            raise NotLive(f"the graph holds more than {MOST_NUMBERS:,} numbers.")
        asked = list(conditions(self.nodes))
        fixed = {t for t, claim, _ in asked if claim != IN_0_1}
        free = [t for t in boxes if _is_leaf(t, cut) and t.in_graph and t.dtype.kind == "f"]
        self.inputs = [t for t in free if t not in fixed]
        self.moving = _moving(self.nodes, self.inputs, cut)
        self.within = {t: name for t, claim, name in asked if claim == IN_0_1 and t in self.moving}
        if not fixed.isdisjoint(self.moving):
            raise NotLive("a function looks at numbers that are computed here.")
        scope = SCOPE.get()
        try:
            SCOPE.set(None)  # record even inside no_grad(), and outside of any composite
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore", NumericsWarning)  # the picture itself shows where nan comes up
                self.lowered = self._lowered(list(results), list(boxes), views)
        finally:
            SCOPE.set(scope)

    def _lowered(self, results: list[Tensor], values: list[Tensor], views: Sequence[View]) -> Lowered:
        """Record everything, make one program of it, and note in `_found` which output is what."""
        outputs: dict[Any, Any] = {("value", t): t for t in (*values, *self.within)}
        for result in results:
            outputs |= {("gradient", result, t): g for t, g in self._gradients(result).items()}
        for local in _locals(views):
            if ("slope", key := _key(local)) not in outputs:
                outputs["slope", key] = self._again(local).derivative
        for local in (e.local for view in views for e in view.edges if e.local is not None):
            if ("jacobian", key := _key(local)) not in outputs:
                outputs["jacobian", key] = self._again(local).jacobian
        for edge, local in ((e, e.local) for view in views for e in view.edges if e.local is not None):
            result, key = self._results[edge.target], _key(local)
            if ("term", result, key) not in outputs:
                g = outputs.get(("gradient", result, edge.target.tensor))
                outputs["term", result, key] = self._again(local).carry(g) if g is not None else None
        moving = {what: x for what, x in outputs.items() if isinstance(x, Tensor)}
        program = simplified(program_of(self.inputs, moving.values()))
        self.program = program
        self._found: dict[Any, Value] = dict(zip(moving, program.outputs, strict=True))
        return lowered(program)

    def _gradients(self, result: Tensor) -> dict[Tensor, Any]:
        """∂result/∂t for every tensor that a gradient reaches, recorded; for several elements, of their sum."""
        if not result.requires_grad:
            return {}
        learning = [t for t in self.nodes if t.requires_grad]
        seed = np.ones(result.shape, dtype=result.dtype)[()]
        found = pull_back([result], [seed], learning, create_graph=True)
        return {t: g for t, g in zip(learning, found, strict=True) if g is not None}

    def _again(self, local: Local) -> Local:
        """The same edge, whose rules are handed Tensors for what can change."""

        def value(x: Any) -> Any:
            return x if isinstance(x, Tensor) and x in self.moving else local.values(x)

        return Local(local.members, local.exit, local.x, local.slot, value)

    # --- where a page finds its numbers ------------------------------------------------------------------------------

    def value(self, tensor: Any) -> int | None:
        """The number of a tensor's value in the program; None where it never changes."""
        return self._number("value", tensor) if isinstance(tensor, Tensor) else None

    def gradient(self, box: Box) -> int | None:
        """The number of a box's gradient in the program; None where it never changes."""
        return self._number("gradient", self._results[box], box.tensor) if box.gradient is not None else None

    def slope(self, local: Local | None) -> int | None:
        """The number of a local derivative in the program; None where it never changes, or where there is none."""
        return self._number("slope", _key(local)) if local is not None else None

    def jacobian(self, local: Local) -> int | None:
        """The number of a small Jacobian in the program; None where it never changes, or where there is none."""
        return self._number("jacobian", _key(local))

    def term(self, edge: Edge) -> int | None:
        """The number of what an edge adds to the gradient of its source; None where it never changes."""
        return self._number("term", self._results[edge.target], _key(edge.local)) if edge.local is not None else None

    def is_of_one_input(self, local: Local) -> bool:
        """Whether nothing that can change goes into a local derivative beside its own input."""
        inside = {local.x, *local.members}
        used = {x for t in local.members for x in t.inputs if isinstance(x, Tensor)}
        return self.moving.isdisjoint(used - inside)

    def _number(self, *what: Any) -> int | None:
        found = self._found.get(what)
        return None if found is None or isinstance(found, Constant) else self.lowered.number[found]


def _result_of(box: Box, view: View) -> Box:
    """The result of the graph that a box is of; several graphs on one sheet have a frame each."""
    return next(r for r in view.results if len(view.results) == 1 or r.frames[:1] == box.frames[:1])


def _is_leaf(t: Tensor, cut: set[Tensor]) -> bool:
    return t.primitive is None or t in cut


def _moving(nodes: list[Tensor], inputs: list[Tensor], cut: set[Tensor]) -> set[Any]:
    """The nodes that depend on the inputs, and these."""
    moving: set[Any] = set(inputs)
    for t in nodes:
        if not _is_leaf(t, cut) and any(x in moving for x in t.inputs if isinstance(x, Node)):
            moving.add(t)
    return moving


def _locals(views: Sequence[View]) -> Iterator[Local]:
    """Whose numbers the views show: those of edges, and those by which a function saturates."""
    for view in views:
        yield from (e.local for e in view.edges if e.local is not None)
        shown = [*(box.saturation for box in view.boxes), *(frame.saturation for frame in view.frames.values())]
        yield from (saturation.local for saturation in shown if saturation is not None)


def _key(local: Local) -> tuple[Any, ...]:
    """What stands for the same local derivative in several foldings."""
    return local.exit, local.x, local.slot, tuple(local.members)
