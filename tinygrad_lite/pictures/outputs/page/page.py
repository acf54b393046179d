"""One self-contained HTML page: the picture, the stepper, the sums. No network, no library."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from tinygrad_lite.pictures.edges.numbers import number
from tinygrad_lite.pictures.outputs import dot, layout
from tinygrad_lite.pictures.outputs.characters import single_line
from tinygrad_lite.pictures.outputs.states import State
from tinygrad_lite.pictures.outputs.story import Turn, steps
from tinygrad_lite.pictures.view.model import Box, View

__all__ = ["page"]

HOVER = 200  # elements that hovering writes out


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def page(states: list[State], direction: str) -> str:
    """The page of these foldings, of which the first is shown first."""
    for state in states:
        for box in state.view.boxes:
            if box.gradient is not None:
                box.shown, box.held = "yes", None  # the page's own sweep decides what is to be seen when
    svgs = _drawn(states, direction)
    data = {"states": {s.key: _state(s, svg) for s, svg in zip(states, svgs, strict=True)}, "first": states[0].key}
    view = states[0].view
    script, style = _asset("page.js"), _asset("page.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    fill = {
        "TITLE": html.escape(view.title),
        "POLICY": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        "STYLE": style,
        "SVG": svgs[0],
        "SUMS": _sums(view),
        "DATA": json.dumps(data, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":")).replace(
            "<", "\\u003c"
        ),
        "SCRIPT": script,
    }
    text = _asset("page.html")
    parts = text.split("@@")  # text, NAME, text, NAME, …: filled in one pass, so that nothing filled in is read again
    return "".join(fill[part] if i % 2 else part for i, part in enumerate(parts))


def _drawn(states: list[State], direction: str) -> list[str]:
    """The SVG of each folding, laid out by one run of Graphviz."""
    sources = [dot.source(s.view, direction, folds=True) for s in states]
    return [_inline(svg) for svg in layout.render_many(sources)]


def _inline(svg: str) -> str:
    return svg[svg.index("<svg") :].strip()


# --- data for the script -------------------------------------------------------------------------------------------


def _state(state: State, svg: str) -> dict[str, Any]:
    view = state.view
    told = steps(view)
    return {
        "svg": svg,
        "boxes": {b.id: _box(b, view, state, told) for b in view.boxes},
        "frames": {f.id: {"call": state.calls.get(f.call), "name": f.name} for f in view.frames.values()},
        "results": [b.id for b in view.results],
        "steps": [_step(step) for step in told],
        "around": {str(i): _around(call, state) for call, i in state.calls.items()},
    }


def _around(call: Any, state: State) -> list[int]:
    found = []
    while call is not None:
        if call in state.calls:
            found.append(state.calls[call])
        call = call.parent
    return found


def _box(box: Box, view: View, state: State, told: list[Turn]) -> dict[str, Any]:
    exact = box.gradient
    return {
        "title": box.title,
        "name": box.name,
        "sheet": _sheet(box, view),
        "kind": box.word,
        "shape": box.shape,
        "value": box.numbers,
        "all": _all(box.value),
        "said": box.saturation.text if box.saturation is not None else "",
        "symbol": box.symbol,
        "gradient": box.gradient_line if exact is not None else "",
        "exact": _exact(exact) if exact is not None and np.size(exact) <= HOVER else None,
        "allGradient": _all(exact) if exact is not None else "",
        "sum": [t.text for s in told for t in s.terms if t.edge.source is box],
        "seed": box in view.results,
        "call": state.calls.get(box.call) if box.call is not None else None,
    }


def _exact(x: Any) -> list[Any]:
    """The numbers in full, those that JSON has no word for as text."""
    return [v if math.isfinite(v) else str(v) for v in np.asarray(x).reshape(-1).tolist()]


def _sheet(box: Box, view: View) -> str:
    """Before what is said of a box: of which of several graphs."""
    frame = view.frames[box.frames[0]] if box.frames else None
    return f"{frame.name}: " if frame is not None and frame.whole else ""


def _all(x: Any) -> str:
    if x is None:
        return ""
    x = np.asarray(x)
    if x.size > HOVER:
        return np.array2string(x, precision=4, threshold=HOVER // 4, edgeitems=3)
    return number(x[()]) if x.ndim == 0 else np.array2string(x, precision=4, separator=", ")


def _step(step: Turn) -> dict[str, Any]:
    return {
        "take": step.box.id,
        "terms": [
            {"edge": t.edge.id, "to": t.edge.source.id, "text": t.text, "amount": t.amount, "total": t.total,
             "complete": t.complete}
            for t in step.terms
        ],
    }  # fmt: skip


def _sums(view: View) -> str:
    """Each gradient as the sum that it is, in words: for print, for screen readers, and without scripts."""
    told = steps(view)
    items = []
    for box in reversed(view.boxes):
        terms = [t.text for s in told for t in s.terms if t.edge.source is box]
        if box.gradient is None or not terms:
            continue
        name = _sheet(box, view) + box.gradient_line
        listed = "".join(f"<li>{html.escape(single_line(text))}</li>" for text in terms)
        items.append(f"<li><b>{html.escape(single_line(name))}</b><ul>{listed}</ul></li>")
    return f"<ol>{''.join(items)}</ol>" if items else "<p>Nothing here asks for a gradient.</p>"
