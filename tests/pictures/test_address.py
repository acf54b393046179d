"""The address of a page leads to a step, and follows the reader."""

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
