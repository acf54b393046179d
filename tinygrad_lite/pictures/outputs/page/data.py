"""What the page's scripts read: one JSON object, in which a text that depends on numbers stands once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any
from xml.etree.ElementTree import tostring

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.pictures.edges.numbers import MANY, equals, full, matrix, one_line
from tinygrad_lite.pictures.edges.saturation import Saturation
from tinygrad_lite.pictures.live.lowering import numbers
from tinygrad_lite.pictures.outputs.heat import heat
from tinygrad_lite.pictures.outputs.states import State
from tinygrad_lite.pictures.outputs.story import Turn
from tinygrad_lite.pictures.outputs.widths import size
from tinygrad_lite.pictures.view.model import Box, Edge, Frame, View
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["data", "sheet"]


def data(states: list[State], svgs: list[str], live: dict[str, Any], answers: dict[str, Any] | None) -> str:
    """The JSON of these foldings, of which the first is shown first. live: see live.py.

    Each folding has its picture, but for the first, which stands in the page. A box has numbers for its value and its
    gradient: which of `arrays`, where they stand once for all foldings. answers: of a page that asks for gradients, the
    texts that its picture lacks until its scripts run.
    """
    arrays = _Arrays()
    made = _in_order(state.view for state in states)
    drawn = {state.key: _folding(state, arrays, made) for state in states}
    for state, svg in list(zip(states, svgs, strict=True))[1:]:
        drawn[state.key]["svg"] = svg
    text = json.dumps(
        {
            "first": states[0].key, "foldings": drawn, "arrays": arrays.written, "live": live, "answers": answers,
            "widths": states[0].view.widths,
        },
        ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"),
    )  # fmt: skip
    return text.replace("<", "\\u003c")  # or a name could end the script that this stands in


class _Arrays:
    """What is written of the arrays that boxes show; the foldings of a graph show the same ones."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        self._places: dict[int, tuple[int, Any]] = {}  # by the id of an array that is kept, so that no other has it

    def place(self, x: Any) -> int:
        """The place of an array in the list."""
        if id(x) not in self._places:
            few = x is not None and np.size(x) <= MANY
            written = {
                "line": one_line(x),
                "equals": equals(x),
                "full": full(x),
                "numbers": numbers(x) if few else None,
            }
            tiles = heat(x)
            if tiles is not None:
                written["heat"] = "".join(tostring(part, encoding="unicode") for part in tiles.svg())
            self.written.append(written | ({"shape": list(np.shape(x))} if np.shape(x) else {}))
            self._places[id(x)] = len(self.written) - 1, x
        return self._places[id(x)][0]


def _in_order(views: Iterable[View]) -> dict[int, int]:
    """When each value was made, as its place among those of all foldings; arrays of the program's come first."""
    return {serial: place for place, serial in enumerate(sorted({_serial(b) for v in views for b in v.boxes}))}


def _serial(box: Box) -> int:
    return box.tensor.serial if isinstance(box.tensor, Tensor) else 0


def _folding(state: State, arrays: _Arrays, made: dict[int, int]) -> dict[str, Any]:
    view = state.view
    return {
        "boxes": {box.id: _box(box, view, state, arrays, made) for box in view.boxes},
        "edges": {edge.id: _edge(edge) for edge in view.edges},
        "frames": {frame.id: _frame(key, frame, state, made) for key, frame in view.frames.items()},
        "results": [box.id for box in view.results],
        "columns": _columns(view),
        "steps": [_step(turn) for turn in state.turns],
        "around": {str(number): _around(call, state) for call, number in state.calls.items()},
    }


def _columns(view: View) -> list[list[str]]:
    """The boxes that correspond and have gradients, in the order in which the sweep makes these known."""
    passed = [column for column in reversed(view.columns) if not any(box in view.results for box in column)]
    return [[box.id for box in column] for column in passed if all(box.gradient is not None for box in column)]


def _around(call: Call | None, state: State) -> list[int]:
    """The numbers of a call and of those around it."""
    found = []
    while call is not None:
        if call in state.calls:
            found.append(state.calls[call])
        call = call.parent
    return found


def _box(box: Box, view: View, state: State, arrays: _Arrays, made: dict[int, int]) -> dict[str, Any]:
    return {
        "name": box.name,
        "made": made[_serial(box)],
        "title": box.title,
        "sheet": sheet(box, view),
        "kind": box.word,
        "shape": box.shape,
        "symbol": box.symbol,
        "value": arrays.place(box.value),
        "saturation": _saturation(box.saturation),
        "gradient": None if box.gradient is None else arrays.place(box.gradient),
        "call": state.calls.get(box.call) if box.call is not None else None,
    }


def _frame(key: Any, frame: Frame, state: State, made: dict[int, int]) -> dict[str, Any]:
    said = list(frame.saturation.parts) if frame.saturation is not None else []
    first = min(made[_serial(box)] for box in state.view.boxes if key in box.frames)
    return {"call": state.calls.get(frame.call), "name": frame.name, "made": first, "saturation": said}


def _saturation(saturation: Saturation | None) -> dict[str, str]:
    return {"level": saturation.level, "text": saturation.text} if saturation is not None else {"level": "", "text": ""}


def _edge(edge: Edge) -> dict[str, Any]:
    """What a folding has of an edge; of a small Jacobian its formula and its matrix, too."""
    formula, figure = edge.label()
    found: dict[str, Any] = {"source": edge.source.id, "target": edge.target.id, "figure": figure}
    if edge.jacobian is None:
        return found
    return found | {"formula": formula, "elements": edge.elements, "jacobian": "\n".join(matrix(edge.jacobian))}


def _step(turn: Turn) -> dict[str, Any]:
    return {
        "take": [box.id for box in turn.boxes],
        "terms": [
            {"edge": t.edge.id, "text": t.text, "amount": one_line(t.amount), "total": t.total, "complete": t.complete}
            | _size(t.amount)
            for t in turn.terms
        ],
    }


def _size(amount: Any) -> dict[str, float | None]:
    """How large a term is, None where it is nan or infinite; nothing of a term that is not known."""
    if amount is None:
        return {}
    found = size(amount)
    return {"size": float(f"{found:.5g}") if isfinite(found) else None}


def sheet(box: Box, view: View) -> str:
    """Before what is said of a box: of which of several graphs."""
    frame = view.frames[box.frames[0]] if box.frames else None
    return f"{frame.name}: " if frame is not None and frame.whole else ""
