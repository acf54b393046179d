"""Light and dark: text can be read on every ground, by WCAG's contrast, and print is light."""

from __future__ import annotations

import base64
import itertools
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import tinygrad_lite as tg
from tests.helpers.browser import BROWSER, act
from tests.helpers.picture_graphs import neuron
from tests.helpers.repository import ROOT, needed, needs_graphviz
from tests.helpers.tab import chromium
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.exercises.showing.signs import CSS
from tinygrad_lite.pictures import draw
from tinygrad_lite.pictures.outputs.colours import DARK, LIGHT, in_dark, variables
from tinygrad_lite.pictures.outputs.image import CLASS, DARK_NOTEBOOKS

TEXTS = ("ink", "grey", "blue", "orange", "red", "green")
BORDERS = ("border", "pale", "blue", "red")
MEASURES = (
    "wide",
    "reach",
    "room",
)  # variables of styles that are no colours: of an edge, and of the line in large type
GROUNDS = ("paper", "frame", "wash", "sky", "sand", "rose", "mint")


def luminance(colour: str) -> float:
    """Relative luminance, by the definition of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the example of WCAG's techniques


@pytest.mark.parametrize("table", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_can_be_read_and_borders_be_seen(table: dict[str, str]) -> None:
    for text, ground in itertools.product(TEXTS, GROUNDS):
        assert contrast(table[text], table[ground]) >= 4.5, (text, ground)
    for border in BORDERS:
        assert contrast(table[border], table["paper"]) >= 3, border


def test_a_colour_has_one_name_in_light_and_in_dark() -> None:
    assert set(LIGHT) == set(DARK)
    assert len(set(LIGHT.values())) == len(LIGHT)


def test_styles_have_no_colour_of_their_own() -> None:
    folder = ROOT / "tinygrad_lite" / "pictures" / "outputs" / "page"
    for path in [*folder.rglob("*.css"), *folder.rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        for part in text.split("var(--")[1:]:
            name = part[: min(part.find(c) for c in ",)" if c in part)]
            assert name in LIGHT or name in MEASURES, (path.name, name)
        for rule in text.split("{")[1:] if path.suffix == ".css" else ():
            assert "#" not in rule.split("}")[0], (path.name, rule)
    assert variables().count("--") == variables(dark=True).count("--") == len(LIGHT)


@needs_graphviz
def test_a_saved_svg_is_dark_where_that_is_asked_for(tmp_path: Path) -> None:
    drawing = draw(neuron(), grads=True)
    drawing.save(tmp_path / "x.svg", dark=True)
    root = ElementTree.fromstring((tmp_path / "x.svg").read_text(encoding="utf-8"))
    used = {e.get(name, "none") for e in root.iter() for name in ("fill", "stroke")}
    assert used - {"none", "transparent"} <= set(DARK.values())
    assert DARK["paper"] in used
    light = ElementTree.fromstring(drawing.to_svg())
    assert {e.get("fill", "none") for e in light.iter()} - {"none"} <= set(LIGHT.values())
    with pytest.raises(DrawingError, match=r"only \.svg can be made dark; got 'x\.png'"):
        drawing.save(tmp_path / "x.png", dark=True)


def rgb(colour: str) -> str:
    """A colour as a browser computes it."""
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


LOOKS = """
const look = (selector) => getComputedStyle(one(selector)).fill;
return {ground: getComputedStyle(document.body).backgroundColor, ink: look("#stage text.title"), paper: look("#stage .graph > polygon"), stroke: getComputedStyle(one("#stage .edge path")).stroke};
"""


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
@needs_graphviz
@pytest.mark.parametrize("dark", [False, True])
def test_a_page_is_dark_where_its_readers_system_is(dark: bool, tmp_path: Path) -> None:
    table = DARK if dark else LIGHT
    flags = ["--blink-settings=preferredColorScheme=0"] if dark else []
    found = act(draw(neuron()).to_html(), LOOKS, tmp_path, flags)
    paper, ink = rgb(table["paper"]), rgb(table["ink"])
    assert (found["ground"], found["paper"], found["ink"]) == (paper, paper, ink)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
@needs_graphviz
@pytest.mark.parametrize("dark", [False, True])
def test_a_page_in_a_notebook_is_dark_where_the_notebook_is_and_not_where_the_system_is(
    dark: bool, tmp_path: Path
) -> None:
    cell = draw(neuron()).stepper()._repr_mimebundle_()["text/html"]
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8><body data-jp-theme-light=false>{cell}", encoding="utf-8")
    ground = "getComputedStyle(one('iframe').contentDocument.body).backgroundColor"
    with chromium() as tab:
        tab.sized(900, 800, dark=dark)
        tab.open(path)
        assert tab.run(ground) == rgb(DARK["paper"])
        tab.run("document.body.dataset.jpThemeLight = true; document.body.style.colorScheme = 'light'")
        assert tab.run(ground) == rgb(LIGHT["paper"])
        tab.run("document.body.style.colorScheme = 'normal'")  # a notebook that says nothing
        assert tab.run(ground) == rgb((DARK if dark else LIGHT)["paper"])
        assert tab.troubles == []


def shown() -> dict[str, Any]:
    needed("matplotlib")  # draws the curves
    exercise = tg.exercises.load("one-neuron")
    return {
        "drawing": draw(neuron(), grads=True)._repr_mimebundle_()["text/html"],
        "curves": tg.pictures.curve(tg.sigmoid, tg.relu)._repr_mimebundle_()["text/html"],
        "verdict": exercise.check(da="a - y", dz="dz")._repr_mimebundle_()["text/markdown"],
    }


@needs_graphviz
@pytest.mark.parametrize("name", ["drawing", "curves", "verdict"])
def test_each_colour_of_an_image_in_a_notebook_has_one_for_dark_paper(name: str) -> None:
    """A colour stands in an attribute, or as matplotlib writes it, in a style."""
    html = shown()[name]
    assert f'<img class="{CLASS}"' in html
    assert DARK_NOTEBOOKS in html
    root = ElementTree.fromstring(base64.b64decode(html.split("base64,")[1].split('"')[0]))
    rules = next(e.text or "" for e in root.iter() if e.tag.endswith("}style"))
    assert rules.startswith("@media (prefers-color-scheme:dark)")
    found = 0
    for element in root.iter():
        styled = [part.partition(":")[::2] for part in element.get("style", "").split(";")]
        for which, colour in [*element.attrib.items(), *((k.strip(), v.strip()) for k, v in styled)]:
            if which in ("fill", "stroke") and colour not in ("none", "transparent"):
                found += 1
                assert colour.lower() in LIGHT.values(), (which, colour)
                wanted = f"{{{which}:{in_dark(colour)}!important}}"
                assert f'[{which}="{colour}"]{wanted}' in rules or f'[style*="{which}: {colour}"]{wanted}' in rules
    assert found > 5


def test_the_signs_of_verdicts_are_seen_on_light_and_on_dark_notebooks() -> None:
    for colour in CSS.values():  # JupyterLab's and VS Code's grounds; 3 is what WCAG asks of a sign
        assert min(contrast(colour, ground) for ground in ("#ffffff", "#111111", "#1e1e1e")) >= 3
