"""Texts stay in their boxes and off each other, in whatever font the reader has: every step in a wide font, the last in three."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from examples.gallery import GALLERY
from tests.helpers.browser import BROWSER, act
from tests.helpers.picture_graphs import loop, network, neuron, random_graph
from tests.helpers.repository import needs_graphviz
from tinygrad_lite.pictures import Drawing, compare, draw
from tinygrad_lite.pictures.outputs.direction import SHEET
from tinygrad_lite.pictures.outputs.labels import Run
from tinygrad_lite.pictures.outputs.lettering import Block
from tinygrad_lite.pictures.outputs.measure import width

pytestmark = needs_graphviz
FONTS = ("DejaVu Sans", "Liberation Sans", "Noto Sans")  # the widest first

# What two texts share, and what a text has outside of its box, over all steps of all foldings; `tall` is what lines
# may share above and below their letters.
TROUBLES = """
const near = 0.5, tall = 0.25;
const found = new Set(), rect = (element) => element.getBoundingClientRect();
function look(where) {
  for (const animation of document.getAnimations()) animation.finish(); // terms travel before they stand
  const texts = all("svg text").filter((text) => text.textContent.trim() && getComputedStyle(text).display !== "none");
  const rects = texts.map(rect);
  texts.forEach((text, i) => {
    const a = rects[i];
    for (let j = 0; j < i; j++) {
      const b = rects[j];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > near && down > tall * Math.min(a.height, b.height)) found.add(`${where}: ${texts[j].textContent} | ${text.textContent}`);
    }
    const shape = text.closest(".node")?.querySelector("polygon, path");
    if (!shape) return;
    const box = rect(shape);
    if (a.left < box.left - near || a.right > box.right + near || a.top < box.top - near || a.bottom > box.bottom + near) {
      found.add(`${where}: ${text.textContent} leaves its box`);
    }
  });
}
const style = document.createElement("style");
document.head.append(style);
function setFont(font) { style.textContent = `svg, svg text, body { font-family: "${font}" !important; }`; }
"""
PAGE = """
history.replaceState = () => undefined; // more steps in a second than a browser lets a page write into its address
one("[data-zoom=full]")?.click();
for (const font of FONTS) {
  setFont(font);
  for (const folding of Object.keys(page.store.data.foldings)) {
    page.store.change({ folding, step: 0, chosen: null });
    const last = page.sweep.last(page.store.folding());
    for (let step = font === FONTS[0] ? 0 : last; step <= last; step++) { page.store.change({ step }); look(`${font}, folding ${folding}`); }
  }
}
return [...found];
"""
STILL = "for (const font of FONTS) { setFont(font); look(font); } return [...found];"


def troubles(page: str, script: str, folder: Path) -> list[str]:
    fonts = f"const FONTS = {[font for font in FONTS if is_installed(font)]};"
    found: list[str] = act(page, fonts + TROUBLES + script, folder)
    return found


def is_installed(font: str) -> bool:
    if shutil.which("fc-list") is None:
        return False
    return bool(subprocess.run(["fc-list", font], capture_output=True, text=True, check=True).stdout)


def still(svg: str) -> str:
    """An SVG file as a page, with the line that the helper of the browser takes out."""
    inline = svg[svg.index("<svg") :]
    return f'<!DOCTYPE html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content=""></head><body>{inline}</body>'


@pytest.mark.parametrize("name", [n for n in GALLERY if n.endswith(".svg")])
@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_no_text_leaves_its_box_or_meets_another(name: str, tmp_path: Path) -> None:
    drawing = GALLERY[name]()
    assert troubles(still(drawing.to_svg()), STILL, tmp_path) == []
    if (
        isinstance(drawing, Drawing) and not drawing.view.widths
    ):  # curves have no page, wide edges the page of narrow ones
        assert troubles(drawing.to_html(), PAGE, tmp_path) == []


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_no_text_of_a_random_graph_leaves_its_box_or_meets_another(seed: int, tmp_path: Path) -> None:
    assert troubles(draw(random_graph(seed, ops=5)).to_html(), PAGE, tmp_path) == []


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None or not is_installed("DejaVu Sans"), reason="no Chromium or no wide font here")
def test_without_their_lengths_texts_would_leave_their_boxes(tmp_path: Path) -> None:
    svg = draw(neuron(), grads=True).to_svg().replace("textLength", "data-nothing")
    assert any("leaves its box" in trouble for trouble in troubles(still(svg), STILL, tmp_path))


@pytest.mark.parametrize("bold", [False, True])
def test_a_raised_or_lowered_sign_is_narrower_than_the_sign(bold: bool) -> None:
    for raised, sign in zip("⁽⁾⁺⁻⁰¹²³⁴₀₁₂₃ₘₙ", "()+−012340123mn", strict=True):
        assert width(raised, 10, bold) < width(sign, 10, bold)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None or not is_installed("Liberation Sans"), reason="no Chromium or no such font here")
def test_widths_are_those_of_arial(tmp_path: Path) -> None:
    texts = [
        "∂C/∂w = 0.01735",
        "▲ saturated: slope at 7 % of its maximum",
        "a (1 − a)",
        "mean −0.1, std 2.5",
        "C = quadratic_cost(a, y)",
        "w¹ × x₂ + é",
    ]
    for bold in (False, True):
        weight = "bold" if bold else "normal"
        drawn = "".join(f'<text font-size="100" font-weight="{weight}">{text}</text>' for text in texts)
        page = still(f'<svg xmlns="http://www.w3.org/2000/svg" font-family="Liberation Sans">{drawn}</svg>')
        found = act(page, 'return all("text").map((text) => text.getComputedTextLength());', tmp_path)
        assert found == pytest.approx([width(text, 100, bold) for text in texts], rel=0.02)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_letters_of_every_folding_are_stretched_to_their_length(tmp_path: Path) -> None:
    page = draw(neuron()).to_html()
    texts = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + len("</svg>")]).iter()
    lengths = [text.get("lengthAdjust") for text in texts if text.tag.endswith("}text")]
    assert set(lengths) == {"spacingAndGlyphs"}  # the one that is seen where no script runs
    script = """
      return Object.keys(page.store.data.foldings).map((folding) => {
        page.store.change({ folding });
        return [...new Set(all("#stage text").map((text) => text.getAttribute("lengthAdjust")))];
      });"""
    assert act(page, script, tmp_path) == [["spacingAndGlyphs"]] * 4


# --- the direction ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [neuron, network, lambda: loop(5), *(partial(random_graph, seed) for seed in range(6))]
)
def test_the_direction_is_the_one_in_which_the_picture_is_larger(make: Any) -> None:
    """By the sizes that Graphviz finds; they are estimated, so that one that is nearly as large will do."""
    drawing = draw(make(), grads=True)
    share = {}
    for direction in ("LR", "TB"):
        root = ElementTree.fromstring(draw(make(), grads=True, direction=direction).to_svg())
        width, height = (float(root.attrib[name].removesuffix("pt")) for name in ("width", "height"))
        share[direction] = min(1.0, SHEET[0] / width, SHEET[1] / height)
    assert share[drawing.direction] >= 0.8 * min(max(share.values()), 1.0)


def test_a_direction_that_is_given_is_kept_and_graphs_side_by_side_go_from_left_to_right() -> None:
    assert draw(neuron()).direction == "LR"
    assert draw(neuron(), fold=False).direction == "TB"
    assert draw(neuron(), fold=False, direction="LR").direction == "LR"
    assert compare({"one": neuron(), "other": neuron()}, fold=False).direction == "LR"


# --- without a browser ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folds", [False, True])
def test_texts_of_a_block_are_within_it_and_beside_each_other(folds: bool) -> None:
    rows: Any = [
        ([Run("title", "a = σ(z)\nsecond line", 14)], [Run("kind", "learns", 10), Run("badge", "⊞", 15)]),
        ([Run("value", "0.5", 13, longest="−0.0000")], [Run("shape", "scalar", 10)]),
    ]
    block = Block(rows, side=3)
    placed = list(block.placed())
    assert [p.text for p in placed] == ["a = σ(z)", "second line", "learns", "⊞", "0.5", "scalar"]
    spans = [(p.x - p.width, p.x) if p.from_right else (p.x, p.x + p.width) for p in placed]
    assert all(left >= 3 and right <= block.size[0] - 3 for left, right in spans)
    assert all(0 < p.y < block.size[1] for p in placed)
    for p, (left, _) in zip(placed, spans, strict=True):
        end = min(
            [s for q, (s, _) in zip(placed, spans, strict=True) if q.y == p.y and s > left], default=block.size[0]
        )
        assert p.x + p.room <= end or p.from_right
    assert placed[-2].room >= width("−0.0000", 13)


def test_every_text_of_a_saved_picture_has_a_length() -> None:
    root = ElementTree.fromstring(draw(neuron(), grads=True).to_svg())
    texts = [e for e in root.iter() if e.tag.endswith("}text")]
    assert texts
    assert all(float(e.get("textLength", "0")) > 0 and e.get("lengthAdjust") == "spacingAndGlyphs" for e in texts)
    assert not [e for e in root.iter() if e.get("fill") == "#010203"]
