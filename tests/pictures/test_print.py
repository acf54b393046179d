"""Pages on paper: printed by Chromium, and read from the PDF as a reader's program does."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tinygrad_lite as tg
from tests.helpers.live_pages import in_browser
from tests.helpers.picture_graphs import neuron
from tests.helpers.repository import needed, needs_graphviz
from tests.helpers.tab import Tab, chromium
from tinygrad_lite.exercises import export
from tinygrad_lite.pictures import compare, draw

PdfReader = needed("pypdf").PdfReader

pytestmark = needs_graphviz

STEPS = pytest.mark.parametrize("step", [0, 3])
PAGES = pytest.mark.parametrize(
    ("save", "graphs"),
    [
        (lambda path: draw(neuron(), widths=True).save(path), 1),
        (lambda path: compare({"quadratic": neuron(), "entropy": neuron(cost=tg.cross_entropy)}).save(path), 2),
    ],
    ids=["neuron", "compare"],
)


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with chromium() as found:
        yield found


def sheets(tab: Tab, page: Path, step: int = 0) -> list[Any]:
    """The page printed by somebody whose system is dark."""
    tab.sized(1400, 900, dark=True)
    tab.open(page, step=step)
    return list(PdfReader(io.BytesIO(tab.printed())).pages)


def text(sheet: Any) -> str:
    return sheet.extract_text().replace("\u00a0", " ")


def places(sheet: Any) -> list[tuple[float, float, str]]:
    """Where each piece of text begins."""
    found: list[tuple[float, float, str]] = []

    def visit(piece: str, around: Any, own: Any, font: Any, size: Any) -> None:
        if piece.strip():
            x, y = own[4], own[5]
            found.append((around[0] * x + around[2] * y + around[4], around[1] * x + around[3] * y + around[5], piece))

    sheet.extract_text(visitor_text=visit)
    return found


@in_browser
@STEPS
@PAGES
def test_a_page_holds_each_text_once_and_no_controls(
    save: Callable[[Path], None], graphs: int, step: int, tab: Tab, tmp_path: Path
) -> None:
    save(tmp_path / "page.html")
    first, *more = map(text, sheets(tab, tmp_path / "page.html", step))
    assert len(more) == graphs - 1  # two graphs have twice as many sums
    assert f"step {step} of 5" in first
    for label in ("v1 = w × x", "z = v1 + b", "a = σ(z)", "∂z/∂b\n", "result", "∂a/∂z = a (1 − a)\n"):
        assert first.count(label) == graphs, label
    sums = "".join([first, *more]).split("Every gradient, as the sum that it is")[1]
    assert sums.count("through z: ∂C/∂z · ∂z/∂b") == graphs
    shown = tab.run("all('#stage .terms text').map((t) => t.textContent)")
    assert len(shown) == (graphs if step else 0)
    for term in shown:
        assert first.count(term) == shown.count(term)
    assert ("passes on" in first) == bool(step)
    controls = tab.run("all('button, #live label, .hint, #stage text.fold').map((e) => e.textContent).filter(Boolean)")
    assert {"⊞", "full size", "reset all numbers"} <= set(controls)
    said = first + "".join(more)
    assert not [words for words in controls if len(words) > 1 and words in said]
    assert "⊞" not in said  # a sign that unfolds a box when it is pressed
    assert ("gradient of" in first) == (graphs == 2 and step == 3)  # a table without rows is not printed


@in_browser
@STEPS
@PAGES
def test_nothing_of_a_page_is_cut_off(
    save: Callable[[Path], None], graphs: int, step: int, tab: Tab, tmp_path: Path
) -> None:
    save(tmp_path / "page.html")
    for sheet in sheets(tab, tmp_path / "page.html", step):
        _, _, width, height = sheet.mediabox
        assert width > height
        found = places(sheet)
        assert found
        assert not [piece for x, y, piece in found if not (30 < x < width - 30 and 30 < y < height - 30)]


@in_browser
def test_an_exercise_is_printed_with_room_below_each_question_and_nothing_to_press(tab: Tab, tmp_path: Path) -> None:
    export(tg.exercises.load("one-neuron"), tmp_path / "exercise.html")
    found = sheets(tab, tmp_path / "exercise.html")
    texts = list(map(text, found))
    assert tab.run("all('button').map((b) => b.textContent)") == ["check"] * 4
    assert "check" not in [line.strip() for shown in texts for line in shown.splitlines()]
    assert sum(shown.count("def one_neuron(w, x, b, y):") for shown in texts) == 1
    for name in ("da", "dz", "dw", "db"):
        assert sum(shown.count(f"{name} = ∂") for shown in texts) == 1
    (code,) = (shown for shown in texts if "exercise.check(" in shown)
    assert "import tinygrad_lite" in code  # which a sheet's end does not part
    assert 'db=""' in code
    for sheet in found:
        width, height = sheet.mediabox[2:]
        assert not [piece for x, y, piece in places(sheet) if not (20 < x < width - 20 and 20 < y < height - 20)]


@in_browser
def test_a_page_is_dark_on_white_on_paper_where_the_system_is_dark(tab: Tab, tmp_path: Path) -> None:
    draw(neuron()).save(tmp_path / "page.html")
    tab.sized(1400, 900, dark=True)
    tab.open(tmp_path / "page.html")
    look = "['body', 'h1', '#stage text'].map((part) => getComputedStyle(one(part))).map((s) => [s.backgroundColor, s.color, s.fill])"
    on_screen, light, dark = tab.run(look), _prefers("light"), _prefers("dark")
    tab.ask("Emulation.setEmulatedMedia", media="print", features=dark)
    on_paper = tab.run(look)
    tab.ask("Emulation.setEmulatedMedia", media="", features=light)
    assert on_paper == tab.run(look) != on_screen


def _prefers(scheme: str) -> list[dict[str, str]]:
    return [{"name": "prefers-color-scheme", "value": scheme}]
