"""What the page's scripts read: one JSON object, in which a text that depends on numbers stands once."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.pictures.edges.numbers import MANY, full, one_line
from tinygrad_lite.pictures.edges.saturation import Saturation
from tinygrad_lite.pictures.live.lowering import numbers
from tinygrad_lite.pictures.outputs.states import State
from tinygrad_lite.pictures.outputs.story import Turn
from tinygrad_lite.pictures.view.model import Box, Edge, Frame, View

__all__ = ["data", "sheet"]


def data(states: list[State], svgs: list[str], live: dict[str, Any]) -> str:
    """The JSON of these foldings, of which the first is shown first, each with its picture. live: see live.py."""
    drawn = {state.key: _folding(state, svg) for state, svg in zip(states, svgs, strict=True)}
    text = json.dumps(
        {"first": states[0].key, "foldings": drawn, "live": live},
        ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"),
    )  # fmt: skip
    return text.replace("<", "\\u003c")  # or a name could end the script that this stands in


def _folding(state: State, svg: str) -> dict[str, Any]:
    view = state.view
    return {
        "svg": svg,
        "boxes": {box.id: _box(box, view, state) for box in view.boxes},
        "edges": {edge.id: _edge(edge) for edge in view.edges},
        "frames": {f.id: _frame(f, state) for f in view.frames.values()},
        "results": [box.id for box in view.results],
        "steps": [_step(turn) for turn in state.turns],
        "around": {str(number): _around(call, state) for call, number in state.calls.items()},
    }


def _around(call: Call | None, state: State) -> list[int]:
    """The numbers of a call and of those around it."""
    found = []
    while call is not None:
        if call in state.calls:
            found.append(state.calls[call])
        call = call.parent
    return found


def _box(box: Box, view: View, state: State) -> dict[str, Any]:
    return {
        "name": box.name,
        "title": box.title,
        "sheet": sheet(box, view),
        "kind": box.word,
        "shape": box.shape,
        "symbol": box.symbol,
        "value": {"line": box.numbers, "full": full(box.value)},
        "saturation": _saturation(box.saturation),
        "gradient": None if box.gradient is None else _gradient(box.gradient),
        "call": state.calls.get(box.call) if box.call is not None else None,
    }


def _frame(frame: Frame, state: State) -> dict[str, Any]:
    said = list(frame.saturation.parts) if frame.saturation is not None else []
    return {"call": state.calls.get(frame.call), "name": frame.name, "saturation": said}


def _saturation(saturation: Saturation | None) -> dict[str, str]:
    return {"level": saturation.level, "text": saturation.text} if saturation is not None else {"level": "", "text": ""}


def _gradient(x: Any) -> dict[str, Any]:
    return {"line": one_line(x), "full": full(x), "numbers": numbers(x) if np.size(x) <= MANY else None}


def _edge(edge: Edge) -> dict[str, Any]:
    return {"source": edge.source.id, "target": edge.target.id, "figure": edge.label()[1]}


def _step(turn: Turn) -> dict[str, Any]:
    return {
        "take": turn.box.id,
        "terms": [
            {"edge": t.edge.id, "text": t.text, "amount": one_line(t.amount), "total": t.total, "complete": t.complete}
            for t in turn.terms
        ],
    }


def sheet(box: Box, view: View) -> str:
    """Before what is said of a box: of which of several graphs."""
    frame = view.frames[box.frames[0]] if box.frames else None
    return f"{frame.name}: " if frame is not None and frame.whole else ""
