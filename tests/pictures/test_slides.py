"""The backward pass as a PDF: one page a step, all of one layout, nothing told before its step."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

import tinygrad_lite as tg
from tests.helpers.browser import BROWSER, act
from tests.helpers.picture_graphs import neuron, random_graph, softmax_neurons
from tests.helpers.repository import needed, needs_graphviz
from tinygrad_lite.command.cli import main
from tinygrad_lite.errors import DrawingError, MissingExtraError
from tinygrad_lite.pictures import Drawing, compare, draw
from tinygrad_lite.pictures.outputs.slides import NOTHING, told
from tinygrad_lite.pictures.outputs.states import State

PdfReader = needed("pypdf").PdfReader


def two_costs() -> Drawing:
    return compare({"quadratic": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)})


DRAWINGS: dict[str, Any] = {
    "neuron": lambda: draw(neuron()), "two costs": two_costs, "softmax": lambda: draw(softmax_neurons()),
    "unfolded": lambda: draw(neuron(), fold=False), "random": lambda: draw(random_graph(5)),
}  # fmt: skip


def first(drawing: Drawing) -> State:
    return drawing._states()[0]


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_gradient_is_told_when_its_sum_is_complete_and_not_before(name: str) -> None:
    state = first(DRAWINGS[name]())
    steps = told(state)
    assert len(steps) == len(state.turns) + 2
    assert set(steps[0].gradients.values()) == {NOTHING}
    for box in steps[0].gradients:
        lines = [step.gradients[box] for step in steps]
        arrivals = [i for i, step in enumerate(steps) if any(edge.source is box for edge in step.terms)]
        complete = max(arrivals, default=1)
        assert all(line.startswith(f"{box.symbol} ") and not line.endswith("…") for line in lines[complete:])
        assert all(line == NOTHING or line.endswith(" + …") for line in lines[:complete])


@needs_graphviz
def test_a_long_graph_fills_a_wide_slide_unless_it_was_asked_to_stand() -> None:
    def page(drawing: Drawing) -> tuple[float, float]:
        box = PdfReader(io.BytesIO(drawing.to_slides())).pages[0].mediabox
        return float(box.width), float(box.height)

    w = tg.Tensor(2.0, requires_grad=True, name="w")
    C = (tg.sigmoid(w * tg.Tensor(1.0, name="x") + tg.Tensor(2.0, name="b")) - 0.5) ** 2 / 2
    assert draw(C, grads=True).direction == "TB"  # as on a screen, which is less wide
    width, height = page(draw(C, grads=True))
    assert width > 16 / 9 * height
    width, height = page(draw(C, grads=True, direction="TB"))
    assert width < height


@needs_graphviz
def test_the_pages_have_one_layout_and_hide_what_is_to_come() -> None:
    pages = PdfReader(io.BytesIO(two_costs().to_slides())).pages
    assert len(pages) == 6
    assert len({tuple(map(float, page.mediabox)) for page in pages}) == 1
    texts = [page.extract_text() for page in pages]
    assert ["0.01735" in text for text in texts] == [False, False, False, True, True, True]
    assert ["passes on" in text for text in texts] == [False, False, True, True, True, True]


@needs_graphviz
def test_a_pdf_is_refused_where_it_cannot_be_one_page_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DrawingError, match=r"Save it as \.pdf"):
        draw(neuron()).save(tmp_path / "steps.svg", steps=True)
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(MissingExtraError, match=r"tinygrad-lite\[slides\]"):
        draw(neuron()).save(tmp_path / "steps.pdf", steps=True)


@needs_graphviz
def test_the_command_writes_slides(tmp_path: Path) -> None:
    target = tmp_path / "steps.pdf"
    assert main(["draw", "-e", "sigmoid(w)", "--let", "w=2", "--steps", "-o", str(target)]) == 0
    assert len(PdfReader(target).pages) == 3
    assert main(["draw", "-e", "sigmoid(w)", "--let", "w=2", "--steps"]) == 2


@needs_graphviz
@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
@pytest.mark.parametrize("name", ["neuron", "two costs", "softmax"])
def test_slides_say_what_the_page_says(name: str, tmp_path: Path) -> None:
    drawing = DRAWINGS[name]()
    script = """
      const folding = page.store.folding(), found = [];
      for (let step = 0; step <= page.sweep.last(folding); step += 1) {
        const known = page.sweep.known(folding, step);
        const lines = Object.fromEntries(Object.keys(known).map((id) => [id, page.sweep.written(folding.boxes[id], known[id])]));
        found.push([page.sweep.said(folding, step).split("\\n"), lines]);
      }
      return found;"""
    steps = told(first(drawing))
    wanted = [[step.said, {box.id: line for box, line in step.gradients.items()}] for step in steps]
    assert act(drawing.to_html(), script, tmp_path) == wanted
