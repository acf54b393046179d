"""What moves in a page: arrows that turn, terms that travel, values that come first, and play. Nothing here waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.browser import act
from tests.helpers.live_pages import in_browser, page_data
from tests.helpers.picture_graphs import layers, network, neuron, random_graph, softmax_neurons
from tests.helpers.repository import needs_graphviz
from tinygrad_lite.pictures import Drawing, compare, draw

pytestmark = needs_graphviz

BOXES = """
const box = (element) => { const {x, y, width, height} = element.getBBox(); return {x, y, width, height}; };
const away = (p, {x, y, width, height}) => Math.hypot(Math.max(x - p.x, 0, p.x - x - width), Math.max(y - p.y, 0, p.y - y - height));
const shown = (element) => getComputedStyle(element).display !== "none";
const on = () => press("on");
"""


def shared() -> Any:
    """x goes into three edges."""
    x = tg.Tensor(3.0, requires_grad=True, name="x")
    return x * np.exp(x) + x


def costs() -> Drawing:
    return compare({"quadratic": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)})


# --- arrows --------------------------------------------------------------------------------------------------------


@in_browser
@pytest.mark.parametrize("make", [lambda: draw(neuron()), lambda: draw(random_graph(5)), costs])
def test_the_arrows_of_edges_that_a_gradient_has_passed_point_back(make: Any, tmp_path: Path) -> None:
    page = make().to_html()
    data = page_data(page)
    folding = data["foldings"][data["first"]]
    found = act(
        page,
        BOXES
        + """
        const edges = page.store.folding().edges, seen = [];
        const part = (id) => one(`#stage [id="${id}"]`);
        const heads = (id) => [...part(id).querySelectorAll("polygon")].filter(shown).map((head) => {
          const tip = head.points[head.classList.contains("back") ? 0 : 1];
          return away(tip, box(part(edges[id].source))) < away(tip, box(part(edges[id].target))) ? "source" : "target";
        });
        for (;;) {
          seen.push(Object.fromEntries(Object.keys(edges).map((id) => [id, heads(id)])));
          if (one("[data-go=on]").disabled) return seen;
          on();
        }
        """,
        tmp_path,
    )
    passed: set[str] = set()
    for step, heads in enumerate(found):
        if step > 1:
            passed |= {term["edge"] for term in folding["steps"][step - 2]["terms"]}
        assert {edge for edge, at in heads.items() if at == ["source"]} == passed
        stopped = {edge for edge, at in heads.items() if at == []}  # these end in a bar
        assert {edge for edge, at in heads.items() if at == ["target"]} == set(folding["edges"]) - passed - stopped
    assert passed


# --- labels --------------------------------------------------------------------------------------------------------

GALLERY: dict[str, Any] = {
    "neuron": lambda: draw(neuron()),
    "neuron unfolded": lambda: draw(neuron(), fold=False, direction="TB"),
    "cross-entropy": lambda: draw(neuron(cost=tg.cross_entropy), fold=False, direction="TB"),
    "softmax": lambda: draw(softmax_neurons()),
    "softmax unfolded": lambda: draw(softmax_neurons(), fold=False, direction="TB"),
    "network": lambda: draw(network(), direction="TB"),
    "layers": lambda: draw(layers(100)),
    "shared": lambda: draw(shared()),
    "costs": costs,
    "random": lambda: draw(random_graph(9), fold=False),
}


@in_browser
@pytest.mark.parametrize("name", GALLERY)
def test_no_label_of_a_term_overlaps_another_text_at_any_step(name: str, tmp_path: Path) -> None:
    found = act(
        GALLERY[name]().to_html(),
        BOXES
        + """
        const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
        const troubles = [];
        let labels = 0, meant = 0;
        for (; !one("[data-go=on]").disabled; on()) {
          const terms = all("#stage text.term");
          labels += terms.length;
          meant += page.sweep.flowing(page.store.folding(), page.store.get().step).length;
          for (const term of terms) {
            const others = all("#stage svg text").filter((t) => t !== term && t.textContent.trim() && shown(t));
            for (const other of others) if (meet(box(term), box(other))) troubles.push([term.textContent, other.textContent]);
          }
        }
        return {troubles, labels, meant};
        """,
        tmp_path,
    )
    assert found["troubles"] == []
    assert found["labels"] == found["meant"] > 0


# --- travelling ----------------------------------------------------------------------------------------------------

TRAVELS = """
const moving = () => document.getAnimations().map((a) => a.effect.target.getAttribute("class")).sort();
const seen = [];
"""
CALM = ("--force-prefers-reduced-motion",)


@in_browser
def test_each_term_travels_from_its_box_into_the_sum_once(tmp_path: Path) -> None:
    found = act(
        draw(shared()).to_html(),
        BOXES
        + TRAVELS
        + """
        for (; !one("[data-go=on]").disabled; on()) seen.push([moving(), page.sweep.flowing(page.store.folding(), page.store.get().step).length]);
        press("back");
        const back = moving();
        press("first"); on(); on();
        const {edge} = page.sweep.flowing(page.store.folding(), 2)[0];
        const {source, target} = page.store.folding().edges[edge];
        const label = one("#stage text.term");
        const [travel] = label.getAnimations();
        const place = (time) => {
          travel.pause();
          travel.currentTime = time * travel.effect.getTiming().duration;
          const {e, f} = new DOMMatrix(getComputedStyle(label).transform), {x, y, width} = box(label);
          return {x: x + width / 2 + e, y: Number(label.getAttribute("y")) + f};
        };
        const ends = [[0, target], [0.8, source]].map(([time, id]) => away(place(time), box(one(`#stage [id="${id}"]`))));
        return {seen, back, ends};
        """,
        tmp_path,
    )
    counts = [n for _, n in found["seen"]]
    assert sum(counts) > 1
    for role in ("term", "gradient"):
        assert [moving.count(role) for moving, _ in found["seen"]] == counts
    assert found["back"] == []
    assert all(distance < 10 for distance in found["ends"])


@in_browser
def test_nothing_moves_where_the_reader_asks_for_less_motion_and_all_is_said(tmp_path: Path) -> None:
    script = (
        TRAVELS
        + """
    one("#forward").click();
    for (; !one("[data-go=on]").disabled; press("on")) seen.push([one("#status").textContent, picture()]);
    return {seen, moved: moving().length};
    """
    )
    page = draw(shared()).to_html()
    calm, lively = act(page, script, tmp_path, CALM), act(page, script, tmp_path)
    assert calm["moved"] == 0 < lively["moved"]
    assert [said for said, _ in calm["seen"]] == [said for said, _ in lively["seen"]]
    assert calm["seen"][-1] == lively["seen"][-1]


# --- the forward pass ----------------------------------------------------------------------------------------------


@in_browser
@pytest.mark.parametrize("make", [neuron, softmax_neurons, lambda: random_graph(5)])
def test_values_come_one_after_the_other_and_nothing_tells_them_before(make: Any, tmp_path: Path) -> None:
    result = make()
    found = act(
        draw(result).to_html(),
        """
        const values = () => Object.fromEntries(all("#stage .node").map((n) => [n.id, n.querySelector("text.value").textContent]));
        const end = values(), seen = [];
        const {edges, boxes} = page.store.folding();
        one("#forward").click();
        for (; page.store.get().step <= 0; press("on")) {
          const shown = values();
          const ahead = Object.keys(shown).filter((id) => shown[id] === "?");
          const told = ahead.filter((id) => one(`[id="${id}"]`).outerHTML.includes(end[id]) && end[id].length > 3);
          const early = Object.values(edges).filter((e) => ahead.includes(e.source) && !ahead.includes(e.target)).length;
          const other = Object.keys(shown).filter((id) => !ahead.includes(id) && shown[id] !== end[id]);
          seen.push({ahead: ahead.length, told, early, other});
        }
        press("first");
        const first = page.store.get().step;
        one("#forward").click();
        return {seen, first, after: page.store.get().step, computed: new Set(Object.values(edges).map((e) => e.target)).size};
        """,
        tmp_path,
    )
    assert [s["ahead"] for s in found["seen"]] == list(range(found["computed"], -1, -1))
    assert found["first"] == -found["computed"]
    assert found["after"] == 0
    assert all(s["told"] == s["other"] == [] and s["early"] == 0 for s in found["seen"])


# --- play ----------------------------------------------------------------------------------------------------------

CLOCK = """
let waiting = null;
const pauses = [];
window.setTimeout = (act, pause) => { waiting = act; pauses.push(pause); return 1; };
window.clearTimeout = () => { waiting = null; };
const tick = () => { const act = waiting; waiting = null; act?.(); };
const where = () => one("#where").textContent;
"""


@in_browser
def test_play_takes_step_after_step_to_the_end_and_any_step_of_the_readers_stops_it(tmp_path: Path) -> None:
    found = act(
        draw(neuron()).to_html(),
        CLOCK
        + """
        const play = one("#play"), seen = [];
        one("#forward").click(); play.click();
        while (waiting) { seen.push(where()); tick(); }
        seen.push(where());
        const ended = play.textContent;
        one("#speed").click(); play.click(); tick();
        const again = where(), faster = pauses.at(-1);
        key("ArrowLeft");
        const stopped = [waiting, play.textContent];
        play.click(); play.click();
        return {seen, ended, again, slow: pauses[0], faster, stopped, paused: waiting};
        """,
        tmp_path,
    )
    assert found["seen"] == [f"forward: step {i} of 4" for i in range(4)] + [f"step {i} of 5" for i in range(6)]
    assert found["ended"] == "▶ play"
    assert found["again"] == "forward: step 1 of 4"
    assert found["slow"] == 2 * found["faster"]
    assert found["stopped"] == [None, "▶ play"]
    assert found["paused"] is None


@in_browser
def test_the_picture_stands_still_while_the_steps_go_by(tmp_path: Path) -> None:
    found = act(
        costs().to_html(),
        """
        const tops = [], lines = [];
        one("#forward").click();
        for (;; press("on")) {
          tops.push(one("#stage").getBoundingClientRect().top);
          lines.push(one("#status").textContent.split("\\n").length);
          if (one("[data-go=on]").disabled) return {tops, lines};
        }
        """,
        tmp_path,
        ("--window-size=1400,900",),
    )
    assert len(set(found["lines"])) > 2
    assert len(set(found["tops"])) == 1
