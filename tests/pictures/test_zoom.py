"""How a picture fits its frame, zooms, moves and folds where the reader is; and that keys and fingers reach all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tinygrad_lite as tg
from tests.helpers.browser import act
from tests.helpers.live_pages import in_browser
from tests.helpers.picture_graphs import layers, neuron, softmax_neurons
from tests.helpers.repository import needs_graphviz
from tinygrad_lite.pictures import compare, draw

pytestmark = needs_graphviz

WIDE, PHONE = ("--window-size=1400,900",), ("--window-size=400,800",)

HANDS = """
const stage = one("#stage"), place = (e) => e.getBoundingClientRect();
const frame = () => place(stage);
const scale = () => place(one("#stage svg")).width / page.drawing.size().width;
const middle = (e) => { const {left, top, width, height} = place(e); return {clientX: left + width / 2, clientY: top + height / 2}; };
const wheel = (deltaY, more, at) => { const e = new WheelEvent("wheel", {deltaY, bubbles: true, cancelable: true, ...at, ...more}); stage.dispatchEvent(e); return e.defaultPrevented; };
const mouse = (kind, clientX, clientY, on = stage) => on.dispatchEvent(new PointerEvent(kind, {pointerType: "mouse", button: 0, buttons: 1, bubbles: true, clientX, clientY}));
const inside = (inner, outer) => inner.left >= outer.left - 1 && inner.top >= outer.top - 1 && inner.right <= outer.right + 1 && inner.bottom <= outer.bottom + 1;
"""


@in_browser
def test_a_picture_that_can_be_read_as_a_whole_is_seen_as_a_whole(tmp_path: Path) -> None:
    script = (
        HANDS
        + 'return {whole: inside(place(one("#stage svg")), frame()), scale: scale(), over: document.documentElement.scrollWidth - innerWidth};'
    )
    for make in (neuron, softmax_neurons):
        found = act(draw(make()).to_html(), script, tmp_path, WIDE)
        assert found["whole"], found
        assert 0.6 <= found["scale"] <= 1.5
    long = act(draw(layers(8), fold=False, direction="LR").to_html(), script, tmp_path, WIDE)
    assert not long["whole"]
    assert long["scale"] == pytest.approx(0.6, rel=1e-3)
    phone = act(draw(neuron()).to_html(), script, tmp_path, PHONE)
    assert phone["scale"] == pytest.approx(0.6, rel=1e-3)
    assert phone["over"] <= 0


@in_browser
def test_the_wheel_zooms_where_it_stands_and_only_when_it_is_meant(tmp_path: Path) -> None:
    found = act(
        draw(layers(8), fold=False, direction="LR").to_html(),
        HANDS
        + """
        const start = scale(), at = {clientX: frame().left + 400, clientY: frame().top + 60};
        document.activeElement.blur();
        const ignored = [wheel(-300, {}, at), scale() === start];
        const under = () => { const {left, width} = place(one("#stage svg")); return (at.clientX - left) / width; };
        const before = under(), taken = wheel(-300, {ctrlKey: true}, at), larger = scale(), drift = Math.abs(under() - before) * place(one("#stage svg")).width;
        stage.focus();
        const focused = wheel(300, {}, at), smaller = scale();
        key("+"); const plus = scale(); key("-"); const minus = scale(); key("0"); const fit = scale();
        one("[data-zoom=full]").click(); const full = scale();
        const typed = document.createElement("input"); document.body.append(typed); key("+", typed); const field = scale();
        stage.dispatchEvent(new MouseEvent("dblclick", {bubbles: true}));
        return {start, ignored, taken, larger, drift, focused, smaller, plus, minus, fit, full, field, reset: scale()};
        """,
        tmp_path,
        WIDE,
    )
    start = found["start"]
    assert found["ignored"] == [False, True]
    assert found["taken"]
    assert found["focused"]
    assert found["larger"] == pytest.approx(start * 2.71828**0.45, rel=1e-3)
    assert found["drift"] < 2
    assert found["smaller"] == pytest.approx(start, rel=1e-3)
    assert found["plus"] == pytest.approx(1.25 * start, rel=1e-3)
    assert found["fit"] == found["reset"] == pytest.approx(start, rel=1e-3)
    assert found["full"] == found["field"] == pytest.approx(1)


@in_browser
def test_a_drag_moves_the_picture_and_is_no_click_and_two_fingers_zoom(tmp_path: Path) -> None:
    found = act(
        draw(layers(8), fold=False, direction="LR").to_html(),
        HANDS
        + """
        const node = one("#stage .node"), {clientX: x, clientY: y} = middle(node);
        mouse("pointerdown", x, y, node); mouse("pointermove", x - 120, y, node);
        const dragged = stage.classList.contains("dragged");
        mouse("pointerup", x - 120, y, node); click(node);
        const moved = stage.scrollLeft, chosen = page.store.get().chosen;
        const other = all("#stage .node").find((n) => place(n).left > frame().left), at = middle(other);
        mouse("pointerdown", at.clientX, at.clientY, other); mouse("pointermove", at.clientX + 1, at.clientY, other); mouse("pointerup", at.clientX + 1, at.clientY, other);
        const finger = (identifier, clientX) => new Touch({identifier, target: stage, clientX, clientY: y});
        const touch = (kind, ...touches) => { const e = new TouchEvent(kind, {touches, bubbles: true, cancelable: true}); stage.dispatchEvent(e); return e.defaultPrevented; };
        const before = scale();
        touch("touchstart", finger(1, 300));
        const scrolls = !touch("touchmove", finger(1, 280));
        touch("touchstart", finger(1, 300), finger(2, 400));
        const pinched = touch("touchmove", finger(1, 250), finger(2, 450));
        return {dragged, moved, chosen, scrolls, pinched, times: scale() / before};
        """,
        tmp_path,
        WIDE,
    )
    assert found["dragged"]
    assert found["moved"] == pytest.approx(120, abs=1)
    assert found["chosen"] is None
    assert found["scrolls"]
    assert found["pinched"]
    assert found["times"] == pytest.approx(2, rel=1e-3)


@in_browser
def test_a_map_shows_and_moves_what_is_seen_of_a_large_picture(tmp_path: Path) -> None:
    script = (
        HANDS
        + """
    const map = one("#overview"), large = !map.hidden;
    if (!large) return {large};
    const svg = map.querySelector("svg"), {left, top, width, height} = place(svg);
    const shown = () => { const s = place(map.querySelector(".seen")); return (s.left + s.width / 2 - left) / width; };
    const seen = () => (frame().left + frame().width / 2 - place(one("#stage svg")).left) / place(one("#stage svg")).width;
    const off = () => { stage.dispatchEvent(new Event("scroll")); return Math.abs(shown() - seen()); };
    const offs = [off()];
    mouse("pointerdown", left + 0.6 * width, top + height / 2, map);
    const went = seen();
    offs.push(off());
    key("+"); offs.push(off());
    return {large, boxes: map.querySelectorAll(".box").length, nodes: all("#stage .node").length, went, offs};
    """
    )
    found = act(draw(layers(8), fold=False, direction="LR").to_html(), script, tmp_path, WIDE)
    assert found["boxes"] == found["nodes"] > 8
    assert found["went"] == pytest.approx(0.6, abs=0.01)
    assert max(found["offs"]) < 0.02
    assert act(draw(neuron()).to_html(), script, tmp_path, WIDE) == {"large": False}


# --- folding -------------------------------------------------------------------------------------------------------

FOLDS = """
const now = () => page.store.folding(), step = () => page.store.get().step;
const called = (ids) => ids.map((id) => [now().boxes[id].sheet, now().boxes[id].title, now().boxes[id].made]);
const taken = () => called(page.sweep.taking(now(), step()));
const computed = () => [...new Set(Object.values(now().edges).map((e) => e.target))].filter((id) => !page.forward.ahead(now(), step()).includes(id)).map((id) => now().boxes[id].made);
const seen = [];
one("#forward").click();
for (;; press("on")) {
  for (const call of Object.values(now().boxes).map((box) => box.call).filter((call) => call !== null).slice(0, 1)) {
    const before = {step: step(), last: page.sweep.last(now()), taken: taken(), computed: computed(), result: now().results.includes(Object.keys(now().boxes).find((id) => now().boxes[id].call === call))};
    page.folding.toggle(call);
    const within = {step: step(), last: page.sweep.last(now()), taken: taken(), computed: computed()};
    const part = one(`[id="${page.store.get().opened}"]`), view = one("#stage").getBoundingClientRect(), at = part.getBoundingClientRect();
    const visible = at.left < view.right && at.right > view.left && at.top < view.bottom && at.bottom > view.top;
    const focused = part.contains(document.activeElement);
    page.folding.toggle(call);
    seen.push({before, within, visible, focused, after: {step: step(), last: page.sweep.last(now()), taken: taken(), computed: computed()}});
  }
  if (one("[data-go=on]").disabled || seen.length > 40) return seen;
}
"""


@in_browser
@pytest.mark.parametrize(
    ("make", "graphs"),
    [
        (lambda: draw(neuron()), 1),
        (lambda: compare({"quadratic": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)}), 2),
    ],
)
def test_unfolding_keeps_the_step_and_brings_what_was_opened_into_view(make: Any, graphs: int, tmp_path: Path) -> None:
    found = act(make().to_html(), FOLDS, tmp_path, PHONE)
    assert len(found) >= 10
    for case in found:
        before, within, after = case["before"], case["within"], case["after"]
        assert case["visible"]
        assert case["focused"]
        assert after == {key: before[key] for key in after}
        if before["step"] <= 0:  # what was computed is; and of what was not nothing is
            if graphs > 1:
                continue  # in the one that did not unfold, as much as there is room for
            assert set(before["computed"]) <= set(within["computed"])
            assert max(within["computed"], default=0) <= max(before["computed"], default=0)
        elif before["step"] == before["last"]:
            assert within["step"] == within["last"]
        else:
            assert {made for _, _, made in before["taken"]} <= {made for _, _, made in within["taken"]}


# --- keys and fingers ----------------------------------------------------------------------------------------------


@in_browser
@pytest.mark.parametrize("fold", [True, False])
def test_tab_follows_the_data_and_what_is_touched_is_large_enough(fold: bool, tmp_path: Path) -> None:
    found = act(
        draw(neuron(), fold=fold).to_html(),
        HANDS
        + """
        one("[data-zoom=full]").click();
        const stops = all("#stage [tabindex='0']");
        const boxes = page.store.folding().boxes;
        const made = stops.filter((s) => s.matches(".node")).map((s) => boxes[s.id].made);
        const sources = Object.values(page.store.folding().edges).map((e) => [boxes[e.source].made, boxes[e.target].made]);
        const hits = all("#stage .hit").map((h) => [place(h).width, place(h).height]);
        const badge = one("#stage .node .hit, #stage .cluster .hit");
        const rings = stops.map((stop) => { stop.focus(); return [getComputedStyle(stop).outlineStyle, getComputedStyle(stop).outlineWidth]; });
        const count = stops.length, before = all("#stage .node").length;
        click(badge);
        return {made, sources, hits, rings, changed: all("#stage .node").length !== before, folds: all("#stage text.fold").length};
        """,
        tmp_path,
        WIDE,
    )
    assert found["made"] == sorted(found["made"])
    assert all(source < target for source, target in found["sources"])
    assert len(found["hits"]) >= 1
    assert min(min(hit) for hit in found["hits"]) >= 24
    assert {tuple(ring) for ring in found["rings"]} == {("solid", "3px")}
    assert found["changed"]
