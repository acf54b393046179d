"""A page in a lecture: links to a step, and the whole screen in large type."""

from __future__ import annotations

from pathlib import Path

import pytest

import tinygrad_lite as tg
from tests.helpers.browser import BROWSER, act
from tests.helpers.picture_graphs import neuron
from tests.helpers.repository import needs_graphviz


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
      return {seen, fits: [bottom - innerHeight, shown.bottom - bottom]};"""
    got = act(tg.draw(neuron()).to_html(), script, tmp_path)
    reading, large = [0, 15, 1, "false"], [1, 24, 0, "true"]
    assert got["seen"] == [reading, large, large, [1, *reading[1:]], large]
    assert max(got["fits"]) <= 0
