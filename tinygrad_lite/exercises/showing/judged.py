"""What makes an exported page judge answers by itself: the graph of the cost as a program, and no answer.

The program has the values, the gradients and the terms of their sums, as in a picture whose numbers can be changed. The
page runs it at the points of the exercise, so that a formula is right where it equals the gradient at all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

from tinygrad_lite.exercises.answers.labels import labels
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.notation.formula import unicode
from tinygrad_lite.pictures.drawing import draw
from tinygrad_lite.pictures.live.callables import typed
from tinygrad_lite.pictures.live.lowering import NotLive, numbers
from tinygrad_lite.pictures.live.recording import Recording
from tinygrad_lite.pictures.outputs.page.page import script_of
from tinygrad_lite.pictures.outputs.story import carried
from tinygrad_lite.pictures.view.model import Box, Edge
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed.spelling import canonical

__all__ = ["judged"]

SCRIPTS = (
    "numbers",
    "arrays",
    "program",
    "formula",
    "evaluating",
    "judging",
)  # of a picture's page; each uses those before


def judged(exercise: Definition) -> str:
    """The scripts of the page of an exercise of single numbers; "" where a page cannot judge its answers.

    Formulas with axes, such as Σ_i x_ij (a_i − y_i), are not read in a page.
    """
    point = exercise.point(0)
    if any(node.shape for node in (*point.nodes.values(), point.result)):
        return ""
    try:
        found = _Recorded(exercise, point)
    except NotLive:
        return ""
    if found.missing():
        return ""
    formulas, more = typed()
    own = resources.files(__package__).joinpath("page", "exercise.js").read_text(encoding="utf-8")
    code = script_of(SCRIPTS, found.recording.lowered.functions | more, formulas)
    data = json.dumps(found.data(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (
        f'<script type="application/json" id="exercise">{data.replace("<", chr(92) + "u003c")}</script>\n'
        f"<script>{code}\n{own}</script>"
    )


class _Recorded:
    """The graph of an exercise at one point, drawn to know its edges, and recorded."""

    def __init__(self, exercise: Definition, point: Point) -> None:
        self.exercise = exercise
        self.point = point
        self.view = draw(point.result, grads=True, repeat=False).view
        self.recording = Recording([self.view])
        self.boxes: dict[Any, Box] = {box.tensor: box for box in self.view.boxes}
        self.named = {node: name for name, node in point.nodes.items()}

    def missing(self) -> bool:
        """Whether a named value is no box of the graph: then the page would not know it."""
        asked = (self.point.nodes[step] for step in self.exercise.steps)
        return not self.named.keys() <= self.boxes.keys() or any(self.boxes[t].gradient is None for t in asked)

    def data(self) -> dict[str, Any]:
        gradients = [name for name, node in self.point.nodes.items() if self.boxes[node].gradient is not None]
        return {
            "program": self.recording.lowered.data,
            "points": [self._inputs(point) for point in (*self.exercise.points, *self.exercise.unseen)],
            "values": {canonical(name): self._value(node) for name, node in self.point.nodes.items()},
            "truth": {name: self._gradient(self.boxes[self.point.nodes[name]]) for name in gradients},
            "gradients": {label: name for name in reversed(gradients) for label in labels(self.point, name)},
            "steps": {step: self._step(step, gradients) for step in self.exercise.steps},
        }

    def _inputs(self, point: Point) -> list[Any]:
        """The numbers of the program's inputs at a point; constants inside of the cost are the same at all."""
        return [numbers(point.nodes[self.named[t]].numpy() if t in self.named else t) for t in self.recording.inputs]

    def _value(self, node: Tensor) -> int | list[Any]:
        place = self.recording.value(node)
        return place if place is not None else numbers(node.numpy())

    def _gradient(self, box: Box) -> int | list[Any]:
        """The place of a gradient; where it never changes, such as ∂C/∂C, its numbers."""
        place = self.recording.gradient(box)
        return place if place is not None else numbers(box.gradient)

    def _step(self, step: str, gradients: list[str]) -> dict[str, Any]:
        """What is asked for, the gradients that an answer may use, and the terms that it is the sum of."""
        node = self.point.nodes[step]
        earlier = self.exercise.steps[: self.exercise.steps.index(step)]
        above = self.point.backward.values_above(node)
        return {
            "symbol": unicode(self.exercise.derivation.titles[step]),
            "known": [n for n in gradients if n != step and (n in earlier or self.point.nodes[n] in above)],
            "terms": [self._term(edge) for edge in self._leaving(self.boxes[node])],
        }

    def _leaving(self, box: Box) -> Iterator[Edge]:
        return (
            edge for edge in self.view.edges if edge.source is box and edge.passes and edge.target.gradient is not None
        )

    def _term(self, edge: Edge) -> dict[str, Any]:
        """A term, with the named value that it comes back from: boxes between have no name that a learner knows."""
        place, target = self.recording.term(edge), edge.target
        while target.tensor not in self.named and len(further := list(self._leaving(target))) == 1:
            target = further[0].target
        through = self.named.get(target.tensor)
        return {
            "amount": place if place is not None else numbers(carried(edge)),
            "upstream": self._gradient(target),
            "through": through or "another value",
            "gradient": target.symbol if through else "the gradient above",
        }
