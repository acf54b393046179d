"""What the page is made of: one concern a file, in an order, and texts in the SVG that know what they say."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

import tinygrad_lite as tg
from tests.helpers.picture_graphs import layers, neuron, random_graph
from tests.helpers.repository import ROOT, needs_graphviz
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.pictures import compare, draw
from tinygrad_lite.pictures.outputs import dot, layout, svg
from tinygrad_lite.pictures.outputs.labels import Run
from tinygrad_lite.pictures.outputs.lettering import Block, blocks
from tinygrad_lite.pictures.outputs.page.page import SCRIPTS, STYLES

PAGE = ROOT / "tinygrad_lite" / "pictures" / "outputs" / "page"
SOURCES = {name: (PAGE / "scripts" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS}


def test_every_script_and_every_style_is_in_the_page_and_short() -> None:
    assert {p.stem for p in (PAGE / "scripts").iterdir()} == set(SCRIPTS)
    assert {p.stem for p in (PAGE / "styles").iterdir()} == set(STYLES)
    for path in PAGE.rglob("*.[jc]s*"):
        assert path.read_text(encoding="utf-8").count("\n") <= 300, path


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_adds_itself_to_the_page_and_uses_those_before_it(name: str) -> None:
    before = {"primitives", "typed", *SCRIPTS[: SCRIPTS.index(name)]}  # those are made for each page
    assert set(re.findall(r"\bpage\.(\w+)\b(?! =)", SOURCES[name])) - {name} <= before
    assert re.findall(r"^page\.(\w+) = ", SOURCES[name], re.MULTILINE) == [] if name == "start" else [name]


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_text_of_a_script_goes_over_two_lines(name: str) -> None:
    """Or its indentation would not be the page's own: see _bare in page.py."""
    for line in SOURCES[name].splitlines():
        assert line.count("`") % 2 == 0, line
        assert "/*" not in line


@needs_graphviz
def test_a_page_carries_the_lines_of_its_scripts_without_comments() -> None:
    page = draw(neuron()).to_html()
    for name, text in SOURCES.items():
        code = [line.strip() for line in text.splitlines()]
        assert "\n".join(line for line in code if line and line[:2] != "//") in page, name


def test_one_script_looks_into_the_picture_and_the_sweep_into_no_document() -> None:
    assert [name for name, text in SOURCES.items() if re.search(r"[\"'#]stage\b|stage\.query", text)] == ["drawing"]
    assert not re.search(r"\bdocument\.\w", SOURCES["sweep"])


# --- roles ---------------------------------------------------------------------------------------------------------


def marked(drawing: Any) -> dict[str, list[tuple[str | None, str]]]:
    """For each box, edge and frame its texts with their roles, as the page has them."""
    view = drawing.view
    drawn = layout.render(dot.source(view, "LR", folds=True, rooms=True), "svg").decode()
    root = ElementTree.fromstring(svg.for_page(drawn, blocks(view, folds=True)))
    return {
        group.get("id", ""): [(e.get("class"), e.text or "") for e in group if e.tag.endswith("text")]
        for group in root.iter()
        if group.get("class", "").split(" ")[0] in ("node", "edge", "cluster")
    }


GRAPHS: list[Any] = [
    lambda: draw(neuron(), grads=True), lambda: draw(neuron(), fold=False), lambda: draw(layers(50), grads=True),
    lambda: draw(random_graph(5), grads=True), lambda: draw(random_graph(9), grads=True, fold=False),
    lambda: compare({"one": neuron(), "other\ntitle": neuron()}),
]  # fmt: skip


@needs_graphviz
@pytest.mark.parametrize("make", GRAPHS)
def test_every_text_has_the_role_of_what_it_says(make: Any) -> None:
    drawing = make()
    found = marked(drawing)
    for box in drawing.view.boxes:
        said = dict(reversed(found[box.id]))
        assert said["value"] == box.numbers
        assert said["shape"] == box.shape
        assert said.get("gradient", "") == box.gradient_line
        assert ("badge" in said) == (box.call is not None)
    for edge in drawing.view.edges:
        assert [text for _, text in found[edge.id]] == [text for text in edge.label() if text]
        assert {role for role, _ in found[edge.id]} <= {"formula", "figure"}
    for frame in drawing.view.frames.values():
        assert found[frame.id][0][0] == "name"


@needs_graphviz
@pytest.mark.parametrize("name", ["two\nlines", "\n", " ", "a\n\nb", "end\n", "\r\n\tx", "\u200b", "<BR/>", "\\N\\G"])
def test_odd_names_leave_every_text_its_role(name: str) -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name=name)
    drawing = draw((x * x).sum(), grads=True)
    (box,) = [b for b in drawing.view.boxes if b.kind == "parameter"]
    said = marked(drawing)[box.id]
    assert ("value", "[1.0, 2.0]") in said
    assert said[-1][0] == "gradient"
    assert said[-1][1].endswith("= [2.0, 4.0]")


def test_a_graphviz_that_leaves_no_room_is_refused() -> None:
    drawn = '<svg xmlns="http://www.w3.org/2000/svg"><g id="n1"><text>w</text></g></svg>'
    with pytest.raises(DrawingError, match="no room for the texts of n1"):
        svg.for_page(drawn, {"n1": Block([([Run("title", "w")], [])])})
