"""The page's own engine, run in a browser without a picture around it, and what NumPy's engine says to it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.browser import BROWSER, act
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.pictures.live.lowering import Lowered, numbers
from tinygrad_lite.pictures.live.spelling import javascript, script

POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'


def in_browser(test: Any) -> Any:
    """A slow test, because a browser takes a second to start."""
    return pytest.mark.slow(pytest.mark.skipif(BROWSER is None, reason="no Chromium here")(test))


def asked(question: str, assets: Sequence[str], folder: Path, more: str = "") -> Any:
    """What a function's body returns in a page that has nothing but these scripts of a picture's page."""
    here = resources.files("tinygrad_lite.pictures.outputs.page") / "scripts"
    scripts = "\n".join(
        ["const page = {};", *(here.joinpath(name).read_text(encoding="utf-8") for name in assets), more]
    )
    return act(f"<!DOCTYPE html><html><head>{POLICY}</head><body><script>{scripts}</script></body>", question, folder)


def run_in_page(jobs: Sequence[tuple[Lowered, Sequence[Any]]], folder: Path) -> list[list[Any]]:
    """All values of each program for its inputs, as flat arrays of float64."""
    functions: dict[str, str] = {}
    for lowered, _ in jobs:
        functions |= lowered.functions
    given = json.dumps([[lowered.data, [numbers(x) for x in inputs]] for lowered, inputs in jobs])
    question = (
        f"const text = (x) => (Number.isFinite(x) ? x : String(x)); const jobs = {given};"
        "return jobs.map(([program, inputs]) => page.program.run(program, inputs).map((x) => [...x].map(text)));"
    )
    found = asked(question, ["arrays.js", "program.js"], folder, script(functions))
    return [[as_floats(x) for x in values] for values in found]


def data_text(page: str) -> str:
    """The JSON in a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    return found[1]


def page_data(page: str) -> Any:
    """The data in a page, with the arrays of its boxes where store.js puts them."""
    data = json.loads(data_text(page))
    for box in (box for folding in data["foldings"].values() for box in folding["boxes"].values()):
        box["value"] = data["arrays"][box["value"]]
        box["gradient"] = None if box["gradient"] is None else data["arrays"][box["gradient"]]
    return data


def changed_in_page(jobs: Sequence[tuple[str, dict[str, Any]]], folder: Path) -> list[dict[str, Any]]:
    """For each page and other numbers for its leaves, by name: every folding as the page has it then."""
    here = resources.files("tinygrad_lite.pictures.outputs.page") / "scripts"
    names = ("store", "numbers", "arrays", "program", "saturation", "live")
    scripts = "\n".join(here.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in names)
    functions: dict[str, str] = {}
    for text, _ in jobs:
        functions |= {name: javascript(TABLE[name]) or "" for name in used(json.loads(text)["live"])}
    given = json.dumps([[text, {k: numbers(x) for k, x in new.items()}] for text, new in jobs])
    question = f"""
      const opened = (text) => {{
        const document = {{ getElementById: () => ({{ textContent: text }}) }};
        const page = {{}};
        {script(functions)}
        {scripts}
        return page;
      }};
      return {given}.map(([text, numbers]) => {{
        const page = opened(text);
        page.live.set((i) => numbers[page.live.inputs[i].name] ?? null);
        return Object.fromEntries(Object.keys(page.store.data.foldings).map((folding) => {{
          page.store.change({{ folding }});
          return [folding, page.store.folding()];
        }}));
      }});"""
    found: list[dict[str, Any]] = asked(question, [], folder)
    return found


def used(live: dict[str, Any]) -> set[str]:
    """The names of the primitives that a page computes."""
    return {line[1] for line in live["program"]["lines"] if line[0] == "map"}


def as_floats(values: Sequence[Any]) -> Any:
    """What JavaScript said, nan and inf included, as an array."""
    return np.array([float(str(x).replace("Infinity", "inf")) for x in values])
