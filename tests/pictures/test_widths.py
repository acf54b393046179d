"""Edges as wide as their terms are large: the engine's numbers, one scale, a legend, and nothing of what is ahead."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.browser import act
from tests.helpers.live_pages import in_browser, page_data
from tests.helpers.picture_graphs import along, layers, network, neuron, random_graph
from tests.helpers.repository import needs_graphviz
from tinygrad_lite.command.cli import main
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.pictures import Drawing, compare, draw
from tinygrad_lite.pictures.outputs import slides
from tinygrad_lite.pictures.outputs.colours import LIGHT
from tinygrad_lite.pictures.outputs.widths import SAMPLES, look, size, width
from tinygrad_lite.pictures.view.model import Edge, View


def two_costs(w: float = 2.0, widths: bool = True) -> Drawing:
    return compare({"quadratic": neuron(w), "cross-entropy": neuron(w, cost=tg.cross_entropy)}, widths=widths)


def odd() -> Any:
    """One way back brings exactly 0, another one inf and nan."""
    v = tg.Tensor(2.0, requires_grad=True, name="v")
    c = tg.relu(v * -1.0) * 3.0 + np.sqrt(v * 0.0)
    c.name = "C"
    return c


def norm(edge: Edge) -> float:
    """How large the term of an edge is, by what stands on the edge."""
    assert edge.target.gradient is not None
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(np.ravel(along(edge, edge.target.gradient))))


def passed(view: View) -> list[Edge]:
    return [e for e in view.edges if e.passes and e.target.gradient is not None and e.local is not None]


def lines(svg: str) -> dict[str, ElementTree.Element]:
    """The line of each edge of a picture, by the edge's id."""
    found = {}
    for group in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        if group.get("class") == "edge":
            found[group.attrib["id"]] = next(e for e in group.iter() if e.tag.endswith("}path"))
    return found


def as_drawn(line: ElementTree.Element) -> float:
    return float(line.get("stroke-width", "1"))


# --- what is drawn -------------------------------------------------------------------------------------------------


def test_ten_times_as_large_is_twice_as_wide_between_the_ends_of_the_scale() -> None:
    sizes = np.geomspace(0.001, 10.0, 50)
    assert [width(10 * s) / width(s) for s in sizes] == pytest.approx([2.0] * 50)
    assert width(1e-30) == width(0.001) > 0
    assert width(1e30) == width(100.0)
    assert size(np.array([[3.0, 0.0], [0.0, -4.0]])) == 5.0
    assert size(np.full(4, 1e200)) == pytest.approx(2e200)  # whose square is no float


@needs_graphviz
@pytest.mark.parametrize("seed", range(8))
def test_the_widths_of_a_random_graph_are_the_engines(seed: int) -> None:
    drawing = draw(random_graph(seed), widths=True, fold=seed % 2 == 0)
    found = lines(drawing.to_svg())
    edges = passed(drawing.view)
    assert edges
    for edge in edges:
        wanted = norm(edge)
        line = found[edge.id]
        assert as_drawn(line) == pytest.approx(width(wanted), rel=0.01), edge.symbol
        assert ("stroke-dasharray" in line.attrib) == (wanted == 0)
    plain = lines(draw(random_graph(seed), grads=True, fold=seed % 2 == 0).to_svg())
    rest = [e.id for e in drawing.view.edges if not e.passes]
    assert [as_drawn(found[id_]) for id_ in rest] == [as_drawn(plain[id_]) for id_ in rest]


@needs_graphviz
def test_a_bundle_is_as_wide_as_all_its_leaves_together() -> None:
    drawing = draw(layers(60), widths=True)
    bundles = [e for e in drawing.view.edges if e.kind == "bundle"]
    found = lines(drawing.to_svg())
    assert bundles
    for edge in bundles:
        assert as_drawn(found[edge.id]) == pytest.approx(width(float(np.linalg.norm(edge.source.gradient))), rel=0.01)


@needs_graphviz
def test_a_term_that_is_0_is_dotted_and_one_that_is_no_number_is_dashed() -> None:
    drawing = draw(odd(), widths=True)
    found = lines(drawing.to_svg())
    kinds = {}
    for edge in passed(drawing.view):
        line, wanted = found[edge.id], norm(edge)
        kind = "0" if wanted == 0 else "finite" if math.isfinite(wanted) else "odd"
        kinds.setdefault(kind, set()).add((line.get("stroke-dasharray"), line.get("stroke")))
    assert kinds == {"finite": {(None, LIGHT["blue"])}, "0": {("1,5", LIGHT["blue"])}, "odd": {("5,2", LIGHT["red"])}}


@needs_graphviz
def test_graphs_side_by_side_have_one_scale_and_it_is_that_of_each_alone() -> None:
    sheet = two_costs()
    found = lines(sheet.to_svg())
    for title, number, cost in (("quadratic", 1, tg.quadratic_cost), ("cross-entropy", 2, tg.cross_entropy)):
        alone = draw(neuron(cost=cost), widths=True)
        widths = {id_: as_drawn(line) for id_, line in lines(alone.to_svg()).items()}
        assert {id_: as_drawn(found[f"g{number}{id_}"]) for id_ in widths} == widths, title
    slow, fast = (
        next(e for e in sheet.view.edges if e.source.name == "w" and e.id.startswith(g)) for g in ("g1", "g2")
    )
    assert as_drawn(found[fast.id]) > 3 * as_drawn(found[slow.id])


@needs_graphviz
@pytest.mark.parametrize("make", [neuron, odd, lambda: network((4, 3, 2), 4)])
def test_the_legend_has_a_line_of_each_width_and_names_what_there_is(make: Any) -> None:
    drawing = draw(make(), widths=True)
    root = ElementTree.fromstring(drawing.to_svg())
    drawn = [float(e.attrib["stroke-width"]) for e in root.iter() if e.tag.endswith("}line")]
    assert drawn == [width(s) for s in SAMPLES]
    texts = [e.text or "" for e in root.iter() if e.tag.endswith("}text")]
    at = [texts.index(f"{s:g}") for s in SAMPLES]
    assert at == sorted(at)
    sizes = [norm(edge) for edge in passed(drawing.view)]
    assert any("dotted: 0" in text for text in texts) == (0 in sizes)
    assert any("nan or inf" in text for text in texts) == (not np.isfinite(sizes).all())
    assert "width of an edge" not in draw(make(), grads=True).to_svg()


def test_lines_in_graphvizs_own_legend_are_what_its_cells_can_be() -> None:
    """They are whole numbers of points, and no cell is lower than 2."""
    assert all(width(s) >= 2 and width(s) == int(width(s)) for s in SAMPLES)


# --- what is refused -----------------------------------------------------------------------------------------------


def test_widths_need_gradients_and_compute_them() -> None:
    c = neuron()
    assert "∂C/∂w = 0.01735" in draw(c, widths=True).text()
    assert draw(c, widths=True).text() == draw(c, grads=True).text()
    with pytest.raises(DrawingError, match="got grads=False"):
        draw(c, widths=True, grads=False)
    with pytest.raises(DrawingError, match="got grads=False"):
        compare({"a": c, "b": c}, widths=True, grads=False)
    with pytest.raises(DrawingError, match="widths is True or False; got 'gradient'"):
        draw(c, widths="gradient")  # type: ignore[arg-type]


@needs_graphviz
def test_the_command_draws_widths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["draw", "-e", "sigmoid(w)", "--let", "w=2", "--widths"]
    target = tmp_path / "x.svg"
    assert main([*command, "-o", str(target)]) == 0
    (line,) = lines(target.read_text(encoding="utf-8")).values()
    assert as_drawn(line) == pytest.approx(width(tg.grad(tg.sigmoid)(2.0)), rel=0.01)
    capsys.readouterr()
    assert main([*command, "--no-grads"]) == 2
    assert "--no-grads leaves them out" in capsys.readouterr().err


# --- slides --------------------------------------------------------------------------------------------------------


def test_slides_show_the_widths_of_what_was_walked_and_no_other() -> None:
    (state, *_) = two_costs()._states()
    edges = {edge.id: edge for edge in state.view.edges}
    walked: set[str] = set()
    for step, source in zip(slides.told(state), slides._sources(state, "LR"), strict=True):
        walked |= {edge.id for edge in step.terms}
        blue = {id_ for id_, drawn in dot_edges(source).items() if drawn.get("color") == LIGHT["blue"]}
        assert blue == walked
        for id_ in walked:
            assert dot_edges(source)[id_]["penwidth"] == look(norm(edges[id_]))["penwidth"]
    assert len(walked) == len(passed(state.view))


def dot_edges(source: str) -> dict[str, dict[str, str]]:
    """The attributes of each edge in DOT, by its id: those behind its label and its tooltip, which may hold anything."""
    found = {}
    for line in source.splitlines():
        if " -> " in line and "[" in line:
            words = dict(
                word.strip('"]').split("=", 1) for word in line.split() if word.count("=") == 1 and "<" not in word
            )
            drawn = {key: value.strip('"') for key, value in words.items()}
            found[drawn["id"]] = drawn
    return found


# --- the page ------------------------------------------------------------------------------------------------------

WIDTHS = """
  const shown = () => Object.fromEntries(Object.entries(page.store.folding().edges).map(([id]) => {
    const edge = one(`[id="${id}"]`), style = getComputedStyle(edge.querySelector("path"));
    const walked = ["plain", "zero", "odd"].filter((name) => edge.classList.contains(name));
    return [id, walked.length ? [walked.join(), parseFloat(style.strokeWidth)] : null];
  }));
"""


def wanted(view: View, walked: Iterator[str] | list[str]) -> dict[str, Any]:
    """What the page shows of each edge once these have been walked."""
    sizes = {edge.id: norm(edge) for edge in passed(view) if edge.id in set(walked)}
    kind = {id_: "odd" if not math.isfinite(s) else "plain" if s else "zero" for id_, s in sizes.items()}
    return {
        e.id: [kind[e.id], pytest.approx(width(sizes[e.id]), abs=0.01)] if e.id in sizes else None for e in view.edges
    }


@needs_graphviz
def test_the_page_has_the_size_of_each_term() -> None:
    for make in (neuron, odd, lambda: random_graph(5)):
        drawing = draw(make())
        page = page_data(drawing.to_html())
        terms = [t for step in page["foldings"][page["first"]]["steps"] for t in step["terms"]]
        sizes = {edge.id: norm(edge) for edge in passed(drawing.view)}
        assert {t["edge"]: t["size"] for t in terms} == {
            id_: pytest.approx(s, rel=1e-4) if math.isfinite(s) else None for id_, s in sizes.items()
        }
        assert page["widths"] is False


@needs_graphviz
@in_browser
def test_the_page_draws_as_python_draws(tmp_path: Path) -> None:
    sizes = [*np.geomspace(1e-9, 1e9, 200).tolist(), 0.0]
    found = act(draw(neuron()).to_html(), f"return {sizes}.map((size) => page.widths.look(size).width);", tmp_path)
    assert found == pytest.approx([width(s) for s in sizes])
    odd = act(draw(neuron()).to_html(), "return [NaN, Infinity, null].map((x) => page.widths.look(x));", tmp_path)
    assert odd == [{"width": width(math.nan), "line": "odd"}] * 3


@needs_graphviz
@in_browser
@pytest.mark.parametrize("predict", [False, True])
@pytest.mark.parametrize("make", [neuron, odd, lambda: random_graph(5)])
def test_only_what_was_walked_has_a_width_and_going_back_takes_it_away(
    make: Any, predict: bool, tmp_path: Path
) -> None:
    drawing = draw(make())
    script = f"""{WIDTHS}
      const legend = () => !one("#widths").hidden, steps = [], pictures = [];
      const off = [picture(), legend()];
      one("[data-widths]").click();
      const on = [legend(), one("[data-widths]").getAttribute("aria-pressed")];
      const last = page.sweep.last(page.store.folding());
      for (let step = 0; step <= last; step++) {{
        page.store.change({{ step }});
        steps.push([page.sweep.passed(page.store.folding(), step).map(({{ edge }}) => edge), shown()]);
        pictures.push(picture());
      }}
      let same = true;
      for (let step = last; step >= 0; step--) {{ page.store.change({{ step }}); same &&= picture() === pictures[step]; }}
      one("[data-widths]").click();
      return {{on, steps, same, off: off[0] === picture() && !off[1] && !legend()}};"""
    found = act(drawing.to_html(predict=predict), script, tmp_path)
    assert found["on"] == [True, "true"]
    assert found["same"]
    assert found["off"]
    view = drawing._states()[0].view
    for walked, shown in found["steps"]:
        assert shown == wanted(view, walked)
    assert found["steps"][1][0] == []
    assert set(found["steps"][-1][0]) == {edge.id for edge in passed(view)}


@needs_graphviz
@in_browser
def test_widths_follow_when_a_number_is_changed(tmp_path: Path) -> None:
    script = f"""{WIDTHS}
      key("End");
      const before = shown();
      page.live.set((i) => page.live.inputs[i].name === "w" ? [0.5] : null);
      const after = shown();
      page.live.set((i) => page.live.inputs[i].name === "w" ? [-3000] : null);
      return [before, after, shown()];"""
    drawing = two_costs()
    assert page_data(drawing.to_html())["widths"] is True
    found = act(drawing.to_html(), script, tmp_path)
    for shown, w in zip(found, (2.0, 0.5, -3000.0), strict=True):
        view = two_costs(w)._states()[0].view
        assert shown == wanted(view, [edge.id for edge in view.edges])
    assert {shown[0] for shown in found[2].values() if shown} == {"plain", "zero"}  # the sigmoid has no slope left
