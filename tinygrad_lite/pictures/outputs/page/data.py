"""What the page's scripts read: one JSON object, in which a text that depends on numbers stands once."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.pictures.edges.numbers import number, one_line
from tinygrad_lite.pictures.outputs.states import State
from tinygrad_lite.pictures.outputs.story import Turn, steps
from tinygrad_lite.pictures.view.model import Box, Edge, View

__all__ = ["data", "sheet"]

HOVER = 200  # elements that hovering writes out


def data(states: list[State], svgs: list[str]) -> str:
    """The JSON of these foldings, of which the first is shown first, each with its picture."""
    drawn = {state.key: _folding(state, svg) for state, svg in zip(states, svgs, strict=True)}
    text = json.dumps(
        {"first": states[0].key, "foldings": drawn},
        ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"),
    )  # fmt: skip
    return text.replace("<", "\\u003c")  # or a name could end the script that this stands in


def _folding(state: State, svg: str) -> dict[str, Any]:
    view = state.view
    return {
        "svg": svg,
        "boxes": {box.id: _box(box, view, state) for box in view.boxes},
        "edges": {edge.id: _edge(edge) for edge in view.edges},
        "frames": {f.id: {"call": state.calls.get(f.call), "name": f.name} for f in view.frames.values()},
        "results": [box.id for box in view.results],
        "steps": [_step(turn) for turn in steps(view)],
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
        "value": {"line": box.numbers, "full": _full(box.value)},
        "saturation": box.saturation.text if box.saturation is not None else "",
        "gradient": None if box.gradient is None else _gradient(box.gradient),
        "call": state.calls.get(box.call) if box.call is not None else None,
    }


def _gradient(x: Any) -> dict[str, Any]:
    return {"line": one_line(x), "full": _full(x), "numbers": _numbers(x) if np.size(x) <= HOVER else None}


def _numbers(x: Any) -> list[Any]:
    """The numbers as they are, those that JSON has no word for as text."""
    return [v if math.isfinite(v) else str(v) for v in np.asarray(x).reshape(-1).tolist()]


def _full(x: Any) -> str:
    """An array as NumPy prints it; of a large one the corners."""
    if x is None:
        return ""
    x = np.asarray(x)
    if x.size > HOVER:
        return np.array2string(x, precision=4, threshold=HOVER // 4, edgeitems=3)
    return number(x[()]) if x.ndim == 0 else np.array2string(x, precision=4, separator=", ")


def _edge(edge: Edge) -> dict[str, Any]:
    return {"source": edge.source.id, "target": edge.target.id}


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
