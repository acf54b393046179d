"""Several graphs take their steps together: which boxes, in which order, and how the ratio of gradients grows."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.browser import BROWSER, act
from tests.helpers.live_pages import page_data
from tests.helpers.picture_graphs import neuron, random_graph
from tests.helpers.repository import needs_graphviz
from tinygrad_lite.pictures import compare
from tinygrad_lite.pictures.drawing import Drawing
from tinygrad_lite.pictures.outputs.lockstep import lock_step
from tinygrad_lite.pictures.view.model import Box, View


def two_costs(fold: Any = True) -> Drawing:
    return compare({"quadratic": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)}, fold=fold, grads=True)


def named(view: View) -> list[list[str]]:
    return [[box.name for box in boxes] for boxes in lock_step(view)]


def graph_of(box: Box) -> Any:
    return box.frames[0]


def test_boxes_that_correspond_take_a_step_together() -> None:
    assert named(two_costs().view) == [["C", "C"], ["a", "a"], ["z", "z"], ["v1", "v1"]]


def test_a_box_without_a_partner_takes_its_step_alone() -> None:
    told = named(two_costs(fold={"sigmoid"}).view)
    assert [step for step in told if len(step) == 2] == [["C", "C"], ["a", "a"], ["z", "z"], ["v1", "v1"]]
    inner = [step for step in told if len(step) == 1]
    assert inner
    assert all(name.startswith("C.") for (name,) in inner)


def test_graphs_that_take_their_steps_in_another_order_do_not_wait_for_each_other() -> None:
    def graph(swap: bool) -> Any:
        x = tg.Tensor(0.5, requires_grad=True, name="x")
        p, q = (np.exp(x), np.sin(x)) if not swap else (np.sin(x), np.exp(x))
        p.name, q.name = ("q", "p") if swap else ("p", "q")
        c = p + q
        c.name = "C"
        return c

    told = named(compare({"one": graph(False), "other": graph(True)}, grads=True).view)
    assert sorted(name for step in told for name in step) == ["C", "C", "p", "p", "q", "q"]
    assert sum(len(step) == 2 for step in told) == 2  # the result, and one of p and q


@pytest.mark.parametrize("seed", range(12))
def test_each_graph_keeps_the_order_of_its_own_sweep(seed: int) -> None:
    graphs = {str(i): random_graph(seed + i) for i in range(3)}
    view = compare(graphs, grads=True, fold=seed % 2 == 0).view
    steps = lock_step(view)
    assert sorted(b.id for boxes in steps for b in boxes) == sorted(b.id for b in view.sweep())
    for top in {graph_of(box) for box in view.boxes}:
        own = [box for boxes in steps for box in boxes if graph_of(box) is top]
        assert own == [box for box in view.sweep() if graph_of(box) is top]
    columns = [set(column) for column in view.columns]
    for boxes in steps:
        assert len({graph_of(box) for box in boxes}) == len(boxes)
        assert len(boxes) == 1 or any(set(boxes) <= column for column in columns)


def test_equal_graphs_have_no_step_alone() -> None:
    x = [tg.Tensor(1.0, requires_grad=True, name="x") for _ in range(2)]
    squares = {}
    for title, h in zip("ab", x, strict=True):
        for _ in range(40):
            h = h * h  # each is the square of one without a name, which must not take exponential time
        squares[title] = h
    assert {len(boxes) for boxes in lock_step(compare(squares, grads=True).view)} == {2}


# --- the page ------------------------------------------------------------------------------------------------------


@needs_graphviz
def test_the_pages_steps_are_those_and_its_columns_have_gradients() -> None:
    page = page_data(two_costs().to_html())
    for folding in page["foldings"].values():
        for step in folding["steps"]:
            assert {folding["edges"][t["edge"]]["target"] for t in step["terms"]} <= set(step["take"])
        for column in folding["columns"]:
            assert all(folding["boxes"][box]["gradient"] for box in column)
    names = [[folding["boxes"][box]["name"] for box in column] for column in page["foldings"][""]["columns"]]
    assert names == [["a", "a"], ["z", "z"], ["b", "b"], ["v1", "v1"], ["w", "w"]]


ROWS = """const rows = () => all("#ratios tbody tr").map((row) => [...row.children].map((cell) => cell.textContent));"""


@needs_graphviz
@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_the_ratio_grows_step_by_step_and_is_the_engines(tmp_path: Path) -> None:
    script = f"""{ROWS}
      const found = [];
      for (let step = 0; step <= 5; step += 1) {{ found.push([one("#where").textContent, all("#stage .node.taking").length, rows(), one("#status").textContent]); key("ArrowRight"); }}
      const head = all("#ratios thead th").map((cell) => cell.textContent);
      const w = one("#live input[type=range][aria-label=w]");
      w.value = 0; w.dispatchEvent(new Event("input"));
      return {{found, head, moved: rows(), captions: all("#stage text.caption").length}};"""
    got = act(two_costs().to_html(), script, tmp_path)
    assert got["head"] == ["gradient of", "quadratic", "cross-entropy", "cross-entropy, compared with quadratic"]
    assert got["captions"] == 0  # it would tell the end of the story at its beginning
    where, taking, rows, said = zip(*got["found"], strict=True)
    assert where == tuple(f"step {step} of 5" for step in range(6))
    assert taking == (0, 2, 2, 2, 2, 2)
    assert [[row[0] for row in r] for r in rows] == [
        [],
        [],
        ["a"],
        ["a", "z"],
        ["a", "z", "b", "v1"],
        ["a", "z", "b", "v1", "w"],
    ]
    assert all(before == after[: len(before)] for before, after in pairwise(rows))
    slow, fast = neuron(), neuron(cost=tg.cross_entropy)
    for c in (slow, fast):
        c.backward()
    gradients = [next(t.grad.item() for t in tg.graph(c) if t.name == "w") for c in (slow, fast)]
    assert rows[-1][-1] == ["w", *(f"{g:.4g}" for g in gradients), f"{gradients[1] / gradients[0]:.4g} times"]
    assert all(text.startswith("quadratic: ") and "\ncross-entropy: " in text for text in said[1:])
    a = 1 / (1 + np.exp(-2.0))
    assert got["moved"][-1][-1] == f"{1 / (a * (1 - a)):.4g} times"
