"""A page in a lecture: links to a step, and the whole screen in large type."""

from __future__ import annotations

from pathlib import Path

import pytest

import tinygrad_lite as tg
from tests.helpers.browser import BROWSER, act
from tests.helpers.picture_graphs import neuron
from tests.helpers.repository import needs_graphviz
from tests.helpers.tab import chromium


@needs_graphviz
@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_an_address_leads_to_a_step_and_follows_the_reader(tmp_path: Path) -> None:
    script = """
      const found = [location.hash];
      key("End"); found.push(location.hash);
      click(badge(node("a = σ(z)"))); found.push(location.hash);
      const seen = [];
      for (const hash of ["#step=2", "#step=999", "#step=-1", "#step=two", "#open=nonsense&step=1", ""]) {
        history.replaceState(null, "", location.href.split("#")[0] + hash);
        window.dispatchEvent(new HashChangeEvent("hashchange"));
        seen.push([page.store.get().step, page.store.get().folding, location.hash]);
      }
      return {found, seen};"""
    got = act(tg.draw(neuron()).to_html(), script, tmp_path)
    start, end, opened = got["found"]
    assert (start, end) == ("", "#step=5")
    assert opened.endswith("&open=0")
    assert [tuple(s) for s in got["seen"]] == [
        (2, "", "#step=2"), (5, "", "#step=5"), (0, "", ""), (0, "", ""), (1, "", "#step=1"), (0, "", ""),
    ]  # fmt: skip


@needs_graphviz
@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_a_lecture_has_the_whole_screen_and_steps_by_remote(tmp_path: Path) -> None:
    script = """
      Element.prototype.requestFullscreen = () => Promise.reject(new Error("as in a frame that may not"));
      const size = () => parseFloat(getComputedStyle(one("#status")).fontSize);
      const state = () => [page.store.get().step, size(), one("#sums").getClientRects().length, one("[data-present]").getAttribute("aria-pressed")];
      const seen = [];
      key("PageDown"); seen.push(state());
      key("f"); key("PageDown"); key("PageDown"); key("PageUp"); seen.push(state());
      const {bottom} = one("#stage").getBoundingClientRect(), shown = one("#stage svg").getBoundingClientRect();
      key("f", one("#live input[type=text]")); seen.push(state());
      key("Escape"); seen.push(state());
      one("[data-present]").click(); seen.push(state());
      return {seen, high: innerHeight, fits: [bottom - innerHeight, shown.bottom - bottom]};"""
    got = act(tg.draw(neuron()).to_html(), script, tmp_path)
    type_size = max(15, min(24, 0.022 * got["high"]))
    reading, large = [0, 15, 1, "false"], [1, pytest.approx(type_size), 0, "true"]
    assert got["seen"] == [reading, large, large, [1, *reading[1:]], large]
    assert max(got["fits"]) <= 0


@needs_graphviz
@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
@pytest.mark.parametrize("height", [720, 1080])
def test_two_graphs_what_is_said_and_the_ratios_are_whole_on_a_projector(height: int, tmp_path: Path) -> None:
    costs = {"quadratic": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)}
    tg.pictures.compare(costs).save(tmp_path / "x.html")
    with chromium() as tab:
        tab.sized(height * 16 // 9, height)
        tab.open(tmp_path / "x.html", step=4)
        tab.run('Element.prototype.requestFullscreen = () => Promise.reject(new Error("a window of this size"))')
        tab.run('document.querySelector("[data-present]").click()')
        script = "[...document.querySelectorAll('main, #stage, #status')].map(e => e.scrollHeight - e.clientHeight)"
        assert tab.run(script) == [0, 0, 0]  # nothing scrolls
        size = "parseFloat(getComputedStyle(document.querySelector('#status')).fontSize)"
        assert tab.run(size) == pytest.approx(0.022 * height)
