"""One self-contained HTML page: the picture, the stepper, the sums. No network, no library."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from math import ceil
from typing import Any

from tinygrad_lite.pictures.live.callables import typed
from tinygrad_lite.pictures.live.spelling import script
from tinygrad_lite.pictures.outputs import dot, layout, svg
from tinygrad_lite.pictures.outputs.characters import single_line
from tinygrad_lite.pictures.outputs.colours import in_page, variables
from tinygrad_lite.pictures.outputs.html_labels import room
from tinygrad_lite.pictures.outputs.labels import ODD, ZERO, Sample, legend_rows
from tinygrad_lite.pictures.outputs.lettering import SAMPLE, Block, blocks
from tinygrad_lite.pictures.outputs.page.data import data, sheet
from tinygrad_lite.pictures.outputs.page.live import live
from tinygrad_lite.pictures.outputs.states import State

__all__ = ["page", "script_of"]

SCRIPTS = (
    "theme", "store", "numbers", "arrays", "program", "saturation", "live", "sweep", "forward", "formula", "evaluating",
    "judging", "predict", "sliders", "descent", "arrows", "widths", "drawing", "motion", "stepping", "playing", "folding",
    "details", "jacobians", "sums", "zoom", "overview", "ratios", "address", "presenting", "start",
)  # fmt: skip  # each uses those before
# Each may set aside what those before it say.
STYLES = ("page", "picture", "details", "ratios", "live", "predict", "zoom", "presenting", "print")


TILES = ("heat-value", "heat-gradient")  # the scripts lay them in: each stands once in the data, for all foldings
# Texts and tiles that say what the backward pass will find.
ANSWERS = ("gradient", "heat-gradient", "formula", "figure", "saturation")


def page(states: list[State], direction: str, predict: bool = False) -> str:
    """The page of these foldings, of which the first is shown first.

    predict: the page asks for each gradient before it shows it. Its scripts hide what is ahead of the step; without
    them, as in print, it has no answers at all.
    """
    for state in states:
        for box in state.view.boxes:
            if box.gradient is not None:
                box.shown, box.held = "yes", None  # the page's own sweep decides what is to be seen when
    written = [blocks(state.view, folds=True) for state in states]
    laid = _laid(states, direction, written)
    svgs = [svg.for_page(text, texts, TILES, False) for texts, text in zip(written, laid, strict=True)]
    answers = {"roles": ANSWERS, "texts": svg.texts_of(svgs[0], ANSWERS)} if predict else None
    shown = svg.for_page(laid[0], written[0], ANSWERS if predict else ())
    view = states[0].view
    changing, functions = live(states)
    formulas, more = typed()
    code = script_of(SCRIPTS, functions | more, formulas)
    fill = {
        "TITLE": html.escape(view.title),
        "POLICY": f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{_digest(code)}'",
        "STYLE": "\n".join([variables(), *(_asset("styles", f"{name}.css") for name in STYLES)]),
        "DARK": variables(dark=True),
        "AHEAD": ' class="ahead"' if predict else "",
        "PREDICT": str(predict).lower(),
        "SVG": shown,
        "WIDTHS": _legend(),
        "HIDDEN": " hidden" if predict else "",
        "SUMS": "<ol></ol>" if predict else _sums(states[0]),
        "DATA": data(states, svgs, changing, answers),
        "SCRIPT": code,
    }
    parts = _asset("page.html").split("@@")  # text, NAME, text, NAME, …: what is filled in is not read again
    return "".join(fill[part] if i % 2 else part for i, part in enumerate(parts))


def _legend() -> str:
    """What the widths of edges mean."""
    runs = [run for left, _ in legend_rows([ZERO, ODD]) for run in left]
    return " ".join(_line(run) if isinstance(run, Sample) else html.escape(run.text) for run in runs)


def _line(sample: Sample) -> str:
    high = ceil(sample.width)
    drawn = f'y1="{high / 2:g}" y2="{high / 2:g}" x2="{SAMPLE}" stroke="{in_page(sample.color)}" stroke-width="{sample.width:g}"'
    return f'<svg width="{SAMPLE}" height="{high}" aria-hidden="true"><line {drawn}/></svg>'


def _laid(states: list[State], direction: str, written: list[dict[str, Block]]) -> list[str]:
    """The SVG of each folding as Graphviz writes it, in one run, with room for what is written."""
    labels = [{id_: room(block) for id_, block in texts.items()} for texts in written]
    return layout.render_many(
        [dot.source(s.view, direction, folds=True, labels=each) for s, each in zip(states, labels, strict=True)]
    )


@cache
def _asset(*path: str) -> str:
    return resources.files(__package__).joinpath(*path).read_text(encoding="utf-8")


def script_of(names: Sequence[str], functions: Mapping[str, str], formulas: Mapping[str, Any]) -> str:
    """Some of the scripts as one: each adds itself to the object `page`, which is all that they share.

    functions: the primitives that this page computes, as JavaScript. formulas: what typed formulas are made of.
    """
    scripts = (_bare(_asset("scripts", f"{name}.js")) for name in names)
    text = json.dumps(formulas, ensure_ascii=False, separators=(",", ":"))
    first = f'"use strict";\nconst page = {{}};\npage.typed = {text};'
    return "\n".join([first, script(functions), *scripts])


@cache
def _bare(code: str) -> str:
    """The script without its comment lines and indentation, a fifth of it: who reads it reads the files themselves.

    No text of a script goes over two lines (a test holds that), so that a line is all that is looked at.
    """
    lines = (line.strip() for line in code.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _digest(code: str) -> str:
    """What the page's policy knows its script by; no other script runs."""
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _sums(state: State) -> str:
    """Each gradient as the sum that it is, in words: for print, for screen readers, and without scripts."""
    items = []
    for box in reversed(state.view.boxes):
        terms = [t.text for s in state.turns for t in s.terms if t.edge.source is box]
        if box.gradient is None or not terms:
            continue
        name = sheet(box, state.view) + box.gradient_line
        listed = "".join(f"<li>{html.escape(single_line(text))}</li>" for text in terms)
        items.append(f"<li><b>{html.escape(single_line(name))}</b><ul>{listed}</ul></li>")
    return f"<ol>{''.join(items)}</ol>" if items else "<p>Nothing here asks for a gradient.</p>"
