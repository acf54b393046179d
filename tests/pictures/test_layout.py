"""Where things stand on a page: on a phone, on a screen, for the keyboard; nothing covers the picture or moves it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import tinygrad_lite as tg
from tests.helpers.live_pages import in_browser
from tests.helpers.picture_graphs import layers, network, neuron, random_graph, softmax_neurons
from tests.helpers.repository import needs_graphviz
from tests.helpers.tab import Tab, chromium
from tinygrad_lite.pictures import Drawing, compare, draw

pytestmark = needs_graphviz

DESK, PHONE, SMALL = (1400, 900, False), (400, 800, True), (360, 640, True)
LOOK = """
var place = (selector) => { const {left, top, right, bottom, width, height} = one(selector).getBoundingClientRect(); return {left, top, right, bottom, width, height}; };
var part = (id) => one(`#stage [id="${id}"]`).getBoundingClientRect();
"""


def costs(fold: bool = True) -> Drawing:
    return compare({"quadratic cost": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)}, fold=fold)


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with chromium() as found:
        yield found


def opened(tab: Tab, drawing: Drawing, folder: Path, window: tuple[int, int, bool], step: int = 0) -> None:
    drawing.save(folder / "page.html")
    tab.sized(*window)
    tab.open(folder / "page.html", step=step)
    tab.run(LOOK)


@in_browser
@pytest.mark.parametrize("window", [PHONE, SMALL])
@pytest.mark.parametrize("make", [lambda: draw(neuron()), costs])
def test_on_a_phone_the_picture_and_what_is_said_of_it_come_first(
    make: Any, window: Any, tab: Tab, tmp_path: Path
) -> None:
    opened(tab, make(), tmp_path, window)
    stage, said, live = (tab.run(f"place({selector!r})") for selector in ("#stage", "#status", "#live"))
    assert stage["top"] < window[1] / 4
    assert stage["bottom"] <= window[1]
    assert stage["bottom"] <= said["top"]
    assert said["bottom"] <= live["top"]
    assert tab.run("place('.more').top") >= stage["bottom"]
    assert tab.run("document.documentElement.scrollWidth - innerWidth") <= 0
    assert tab.run("Math.min(...all('button').map((b) => b.offsetHeight).filter(Boolean))") >= 44  # as a finger needs


@in_browser
@pytest.mark.parametrize("window", [DESK, PHONE])
def test_the_map_covers_nothing(window: Any, tab: Tab, tmp_path: Path) -> None:
    opened(tab, draw(layers(8), fold=False, direction="LR"), tmp_path, window)
    others = ("#stage", "#status", ".bar", ".more", "#details")
    map_, *places = (tab.run(f"place({selector!r})") for selector in ("#overview", *others))
    assert map_["width"] > 0
    for name, other in zip(others, places, strict=True):
        beside = map_["left"] >= other["right"] or map_["right"] <= other["left"]
        assert beside or map_["top"] >= other["bottom"] or map_["bottom"] <= other["top"], name


@in_browser
@pytest.mark.parametrize("window", [PHONE, SMALL])
def test_the_step_of_the_address_is_in_view_and_so_is_each_step_after_it(window: Any, tab: Tab, tmp_path: Path) -> None:
    """The edges along which a term goes back are seen as a whole."""
    script = """(() => {
      const frame = one("#stage").getBoundingClientRect();
      const terms = page.sweep.flowing(page.store.folding(), page.store.get().step);
      return terms.map(({ edge }) => { const p = part(edge); return [p.left - frame.left, p.top - frame.top, frame.right - p.right, frame.bottom - p.bottom]; });
    })()"""
    opened(tab, draw(neuron()), tmp_path, window, step=3)
    assert tab.run("one('#where').textContent") == "step 3 of 5"
    seen = [tab.run(script)]
    for how in ("on", "on", "back", "back", "back"):
        tab.run(f"press({how!r})")
        seen.append(tab.run(script))
    assert [len(edges) for edges in seen] == [1, 2, 1, 2, 1, 1]
    assert min(gap for edges in seen for gaps in edges for gap in gaps) >= 0


@in_browser
@pytest.mark.parametrize("window", [DESK, PHONE])
def test_no_step_moves_the_picture_and_no_room_is_kept_for_what_is_not_said(
    window: Any, tab: Tab, tmp_path: Path
) -> None:
    opened(tab, costs(), tmp_path, window)
    tab.run("one('#forward').click()")
    frames, white, lines = set(), [], set()
    while not tab.run("one('[data-go=on]').disabled"):
        frames.add(tuple(tab.run("place('#stage')").items()))
        lines.add(tab.run("one('#status').textContent.split('\\n').length"))
        white.append(
            tab.run("""(() => {
          const text = document.createRange(), line = one("#status");
          text.selectNodeContents(line);
          return (line.getBoundingClientRect().bottom - text.getBoundingClientRect().bottom) / parseFloat(getComputedStyle(line).lineHeight);
        })()""")
        )
        tab.run("press('on')")
    assert len(lines) > 2
    assert len(frames) == 1
    assert max(white) < 2


@in_browser
def test_what_is_dragged_stays_under_the_finger(tab: Tab, tmp_path: Path) -> None:
    """Though what is said of the step becomes shorter and longer with the numbers."""
    opened(tab, costs(), tmp_path, SMALL, step=3)
    rooms, heights = [], []
    for value in (0, -30.1, 0, -300.1, 2):
        tab.run(f"page.live.set((i) => (page.live.inputs[i].name === 'w' ? [{value}] : null))")
        rooms.append(tab.run("place('#status').height"))
        heights.append(
            tab.run(
                """(() => { const text = document.createRange(); text.selectNodeContents(one("#status")); return text.getBoundingClientRect().height; })()"""
            )
        )
    assert len(set(heights)) > 1
    assert [room == rooms[-1] for room in rooms] == [
        False,
        True,
        True,
        True,
        True,
    ]  # room is taken once, and not given back
    tab.run("press('back')")
    assert tab.run("one('#status').style.minHeight") == ""


# --- the keyboard ------------------------------------------------------------------------------------------------------


@in_browser
@pytest.mark.parametrize("make", [lambda: draw(neuron(), fold=False), partial(costs, False)])
def test_tab_comes_to_a_frame_where_the_data_does(make: Any, tab: Tab, tmp_path: Path) -> None:
    opened(tab, make(), tmp_path, DESK)
    stops = tab.run("""all("#stage .fold, #stage .node").map((stop) => {
      const {boxes, frames} = page.store.folding(), id = stop.matches(".node") ? stop.id : stop.closest(".cluster, .node").id;
      return [stop.matches(".fold"), (boxes[id] ?? frames[id]).made, (boxes[id] ?? frames[id]).name];
    })""")
    folds = [place for place, (fold, _, _) in enumerate(stops) if fold]
    assert len(folds) == 2 * len({name for _, _, name in stops if name == "C"}) * (1 + (len(stops) > 30))
    assert [made for _, made, _ in stops] == sorted(made for _, made, _ in stops)
    for place in folds:  # the first of what is in it comes next
        assert stops[place + 1][1] == stops[place][1]
    assert tab.run(
        "all('#stage .cluster').every((c) => all('#stage .edge').every((e) => c.compareDocumentPosition(e) & 4))"
    )


# --- terms that stand far from their edges -------------------------------------------------------------------------------

FAR = {
    "neuron unfolded": lambda: draw(neuron(), fold=False, direction="TB"),
    "softmax unfolded": lambda: draw(softmax_neurons(), fold=False, direction="TB"),
    "network": lambda: draw(network(), direction="TB"),
    "layers": lambda: draw(layers(100)),
    "random": lambda: draw(random_graph(9), fold=False),
}


@in_browser
@pytest.mark.parametrize("name", FAR)
def test_the_line_from_a_term_to_its_edge_goes_through_no_text_and_no_box(name: str, tab: Tab, tmp_path: Path) -> None:
    opened(tab, FAR[name](), tmp_path, DESK)
    found = tab.run("""(() => {
      const met = new Set();
      let lines = 0;
      const box = (element) => element.getBBox(), shown = (element) => getComputedStyle(element).display !== "none";
      const within = ({ x, y }, b) => x > b.x + 0.5 && x < b.x + b.width - 0.5 && y > b.y + 0.5 && y < b.y + b.height - 0.5;
      for (let step = 0; step <= page.sweep.last(page.store.folding()); step++) {
        page.store.change({ step });
        for (const line of all("#stage .leader")) {
          lines += 1;
          const points = Array.from({ length: 101 }, (_, i) => line.getPointAtLength((line.getTotalLength() * i) / 100));
          const texts = all("#stage svg text").filter((text) => text !== line.previousSibling && text.textContent.trim() && shown(text));
          for (const other of [...texts, ...all("#stage .node")]) if (points.some((p) => within(p, box(other)))) met.add(`${step}: ${other.textContent}`);
        }
      }
      return { lines, met: [...met] };
    })()""")
    assert found["lines"] > 0
    assert found["met"] == []
