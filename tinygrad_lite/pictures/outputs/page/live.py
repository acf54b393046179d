"""What makes the numbers of a page change: the program, its inputs, and where each text of each folding has numbers.

A figure is `[place, style, shape, dtype]`: which value of the program, by which of the rules of numbers.js it is
written, and what these need to know besides the numbers; `[place, style]` is a float without axes. A text is a list of
strings and figures.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.pictures.edges.saturation import Saturation
from tinygrad_lite.pictures.edges.texts import Figure, Text
from tinygrad_lite.pictures.live.lowering import NotLive, numbers
from tinygrad_lite.pictures.live.recording import Recording
from tinygrad_lite.pictures.outputs.states import State
from tinygrad_lite.pictures.outputs.story import Term
from tinygrad_lite.pictures.view.model import Box, Edge, View
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["live"]

KINDS = {"f": "float", "b": "bool", "i": "integer", "u": "integer"}


def live(states: list[State]) -> tuple[dict[str, Any], dict[str, str]]:
    """The part of a page's data that makes it live, and the primitives that its script needs.

    Where a page cannot compute the graph, the data says why, and nothing else.
    """
    try:
        recording = Recording([state.view for state in states])
    except NotLive as reason:
        return {"refusal": str(reason)}, {}
    if not recording.inputs:
        return {"refusal": "no number of this graph can change."}, {}
    writer = _Writer(recording)
    data = {
        "program": recording.lowered.data,
        "inputs": [_input(t, writer, states[0].view) for t in recording.inputs],
        "conditions": [_condition(t, who, recording, states[0].view) for t, who in recording.within.items()],
        "foldings": {state.key: writer.folding(state) for state in states},
    }
    return data, recording.lowered.functions


def _input(t: Tensor, writer: _Writer, view: View) -> dict[str, Any]:
    box = _box_of(t, view)
    return {
        "name": box.name if box is not None else t.name,
        "shape": list(t.shape),
        "dtype": str(t.dtype),
        "numbers": numbers(t.numpy()),
        "learns": t.requires_grad,
        "gradient": writer.descent(box) if sum(b.tensor is t for b in view.boxes) == 1 else None,  # else one a graph
        "within": [0, 1] if t in writer.recording.within else None,
    }


def _condition(t: Tensor, who: str, recording: Recording, view: View) -> dict[str, Any]:
    """What must hold, and what to say where it does not."""
    box = _box_of(t, view)
    return {"place": recording.value(t), "said": f"{who} takes {box.name if box is not None else 'numbers'} in [0, 1]"}


def _box_of(t: Tensor, view: View) -> Box | None:
    return next((b for b in view.boxes if b.tensor is t), None)


class _Writer:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.inputs = {t: i for i, t in enumerate(recording.inputs)}

    def folding(self, state: State) -> dict[str, Any]:
        """Where the texts of a folding have numbers; what has none is left out."""
        view = state.view
        boxes = {box.id: self._box(box) for box in view.boxes}
        edges = {edge.id: self._text(edge.label()[1]) for edge in view.edges}
        jacobians = {edge.id: self._jacobian(edge) for edge in view.edges if edge.jacobian is not None}
        frames = {frame.id: self._saturation(frame.saturation) for frame in view.frames.values()}
        terms = {t.edge.id: self._term(t) for turn in state.turns for t in turn.terms}
        return {name: {k: v for k, v in part.items() if v} for name, part in
                (("boxes", boxes), ("edges", edges), ("jacobians", jacobians), ("frames", frames), ("terms", terms))}  # fmt: skip

    def _box(self, box: Box) -> dict[str, Any]:
        made = {
            "input": self.inputs.get(box.tensor) if isinstance(box.tensor, Tensor) else None,
            "value": self._figure(Figure("line", box.value, ("value", box))),
            "gradient": self._figure(Figure("line", box.gradient, ("gradient", box))),
            "saturation": self._saturation(box.saturation),
        }
        return {k: v for k, v in made.items() if v is not None}

    def descent(self, box: Box | None) -> int | list[Any] | None:
        """The gradient by a leaf: its place or, where it never changes, its numbers; None where none reaches it."""
        if box is None or box.gradient is None:
            return None
        place = self.recording.gradient(box)
        return place if place is not None else numbers(box.gradient)

    def _saturation(self, saturation: Saturation | None) -> list[Any] | None:
        """The place of the slopes, the largest slope there is, and whether it is that or 0.

        Where the largest slope changes, too, there is no place: the page then says nothing of it.
        """
        if saturation is None or (place := self.recording.slope(saturation.local)) is None:
            return None
        known = self.recording.is_of_one_input(saturation.local)
        return [place if known else None, saturation.largest, saturation.two_valued]

    def _jacobian(self, edge: Edge) -> list[int] | None:
        """The place of a matrix, and how many columns it has; None where it never changes."""
        place = self.recording.jacobian(edge.local) if edge.local is not None else None
        return None if place is None else [place, edge.jacobian.shape[1]]

    def _term(self, term: Term) -> dict[str, Any]:
        """The words, and the amount by its place or, where it never changes, as numbers."""
        figure = self._figure(Figure("line", term.amount, ("term", term.edge)))
        amount = figure if figure is not None else [numbers(term.amount), "line", *_form(term.amount)]
        return {"text": self._text(term.text), "amount": amount}

    def _text(self, text: Text) -> list[Any] | None:
        """The parts of a text, None where none of them changes."""
        parts = [part if isinstance(part, str) else self._figure(part) or str(part) for part in text.parts]
        return parts if any(not isinstance(part, str) for part in parts) else None

    def _figure(self, figure: Figure) -> list[Any] | None:
        """A figure by its place in the program, None where it never changes."""
        place = self._place(*figure.of)
        return None if place is None else [place, figure.style, *_form(figure.numbers)]

    def _place(self, what: str, of: Any) -> int | None:
        if what == "slope":
            return self.recording.slope(of)
        if what == "term":
            return self.recording.term(of)
        return self.recording.gradient(of) if what == "gradient" else self.recording.value(of.tensor)


def _form(x: Any) -> list[Any]:
    """Shape and kind of dtype, nothing for a float without axes."""
    form = [list(np.shape(x)), KINDS[np.asarray(x).dtype.kind]]
    return [] if form == [[], "float"] else form
