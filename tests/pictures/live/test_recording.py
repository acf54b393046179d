"""What a page computes when numbers change, against the engine on a graph that has these numbers from the beginning."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.live_pages import in_browser, run_in_page
from tests.helpers.picture_graphs import layers, loop, network, neuron, random_graph, softmax_neurons
from tests.helpers.random_graphs import random_cost
from tests.helpers.slow import slow
from tinygrad_lite.core.walks import replay
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.pictures import compare, draw
from tinygrad_lite.pictures.edges.derivatives import Local, Values
from tinygrad_lite.pictures.live.lowering import NotLive
from tinygrad_lite.pictures.live.recording import Recording
from tinygrad_lite.pictures.view.model import View
from tinygrad_lite.tensor.gradients import pull_back

KNOWN: list[Callable[[], Any]] = [
    neuron, lambda: neuron(cost=tg.cross_entropy), softmax_neurons, lambda: network((4, 3, 2), 4), lambda: layers(3),
    lambda: loop(10), lambda: tg.relu(tg.Tensor([1.0, -1.0], requires_grad=True, name="z")).sum(),
]  # fmt: skip


def recorded(drawing: Any) -> tuple[list[View], Recording]:
    """All foldings of a page, and the program behind them."""
    views = [state.view for state in drawing._states()]
    return views, Recording(views)


def other_numbers(recording: Recording, seed: int, scale: float = 1.0) -> list[Any]:
    """New numbers for the leaves; targets stay in [0, 1]."""
    rng = np.random.default_rng(seed)
    drawn = [
        rng.uniform(0, 1, t.shape) if t.name == "y" else scale * rng.normal(size=t.shape) for t in recording.inputs
    ]
    return [np.asarray(x).astype(t.dtype) for x, t in zip(drawn, recording.inputs, strict=True)]


def engines(recording: Recording, views: list[View], numbers: list[Any]) -> Iterator[tuple[str, int, Any]]:
    """Every number of every folding, as the engine computes it on new leaves: what it is of, its place, its value."""
    leaves = {
        t: tg.Tensor(x, requires_grad=t.requires_grad, name=t.name, dtype=t.dtype)
        for t, x in zip(recording.inputs, numbers, strict=True)
    }
    again: dict[Any, Any] = replay(recording.nodes, leaves)
    gradients: dict[Any, Any] = {}
    for result in {b.tensor for b in views[0].results}:
        learning = [t for t in recording.nodes if t.requires_grad and t in again]
        found = pull_back([again[result]], [np.ones(result.shape)[()]], [again[t] for t in learning])
        gradients |= {t: g for t, g in zip(learning, found, strict=True) if g is not None}
    for view in views:
        for box in view.boxes:
            if (k := recording.value(box.tensor)) is not None:
                yield f"value of {box.name}", k, again[box.tensor].numpy()
            if (k := recording.gradient(box)) is not None:
                yield f"gradient of {box.name}", k, gradients[box.tensor]
        for edge in (e for e in view.edges if e.local is not None):
            old: Any = edge.local
            members = [again.get(t, t) for t in old.members]
            local = Local(members, again.get(old.exit, old.exit), again.get(old.x, old.x), old.slot, Values())
            if (k := recording.slope(edge.local)) is not None:
                yield f"slope of {edge.symbol}", k, local.derivative
            if (k := recording.term(edge)) is not None:
                yield f"term of {edge.symbol}", k, local.carry(np.asarray(gradients[edge.target.tensor]))


def assert_equal(recording: Recording, views: list[View], numbers: list[Any], found: list[Any]) -> int:
    """Whether values by their place are those of the engine; how many there were."""
    count = 0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for what, k, value in engines(recording, views, numbers):
            got = np.asarray(found[k], float).reshape(-1)
            np.testing.assert_allclose(got, np.ravel(value).astype(float), rtol=1e-9, atol=1e-14, err_msg=what)
            count += 1
    return count


def in_python(recording: Recording, numbers: list[Any]) -> list[Any]:
    """All values of the program, run by its own reference."""
    values = sorted(recording.lowered.number, key=recording.lowered.number.__getitem__)
    with np.errstate(all="ignore"):
        found = replace(recording.program, outputs=tuple(values)).run(*(x[()] for x in numbers))
    by_number = dict(zip((recording.lowered.number[v] for v in values), found, strict=True))
    return [by_number.get(k) for k in range(max(by_number) + 1)]


@pytest.mark.parametrize("make", KNOWN)
def test_the_program_has_every_number_of_every_folding(make: Callable[[], Any]) -> None:
    views, recording = recorded(draw(make()))
    for scale in (1.0, 30.0):
        numbers = other_numbers(recording, 1, scale)
        assert assert_equal(recording, views, numbers, in_python(recording, numbers)) > 5


def random_results(seeds: range) -> Iterator[Any]:
    for seed in seeds:
        yield random_graph(seed)
        yield random_graph(seed, scalar=True)
        yield random_cost(seed)[0]


@pytest.mark.parametrize("seeds", [range(4), *slow(range(4, 30))])
def test_random_graphs_have_their_numbers(seeds: range) -> None:
    for result in random_results(seeds):
        try:
            views, recording = recorded(draw(result))
        except DrawingError:
            continue  # too many boxes to be read
        numbers = other_numbers(recording, 2)
        assert_equal(recording, views, numbers, in_python(recording, numbers))


@in_browser
def test_the_page_computes_as_the_engine(tmp_path: Path) -> None:
    cases = []
    for result in [*(make() for make in KNOWN), *random_results(range(30))]:
        views, recording = recorded(draw(result))
        cases.append((views, recording, other_numbers(recording, 3)))
    found = run_in_page([(recording.lowered, numbers) for _, recording, numbers in cases], tmp_path)
    counts = [assert_equal(r, views, x, values) for (views, r, x), values in zip(cases, found, strict=True)]
    assert sum(counts) > 1000


def test_graphs_that_share_a_sheet_share_a_program() -> None:
    sheet = compare({"quadratic": neuron(), "cross-entropy": neuron(cost=tg.cross_entropy)})
    _, recording = recorded(sheet)
    assert sorted(t.name for t in recording.inputs) == ["b", "b", "w", "w", "x", "x", "y", "y"]


def test_graphs_of_one_leaf_have_a_gradient_each() -> None:
    w = tg.Tensor(2.0, requires_grad=True, name="w")
    views, recording = recorded(compare({"square": w * w, "sine": np.sin(w)}))
    leaves = [b for b in views[0].boxes if b.name == "w"]
    found = in_python(recording, [np.array(3.0)])
    got = sorted(float(found[recording.gradient(b)]) for b in leaves)  # type: ignore[index]
    assert got == pytest.approx([np.cos(3.0), 6.0])


def test_a_leaf_that_nothing_records_from_does_not_change() -> None:
    x = tg.Tensor(np.ones(3))  # no name, no gradient: what is computed of it alone is not recorded
    w = tg.Tensor(2.0, requires_grad=True, name="w")
    labels = tg.Tensor(np.arange(3), name="labels")
    _, recording = recorded(draw((w * x + labels).sum()))
    assert [t.name for t in recording.inputs] == ["w"]


def test_what_functions_of_the_package_ask_of_numbers_is_known() -> None:
    _, recording = recorded(draw(neuron(cost=tg.cross_entropy)))
    assert {(t.name, name) for t, name in recording.within.items()} == {("a", "cross_entropy"), ("y", "cross_entropy")}
    _, recording = recorded(draw(softmax_neurons()))
    assert [t.name for t in recording.inputs] == ["z"]  # y is one-hot, and one number after the other cannot keep it so
    z = tg.Tensor([0.0, 1.0], requires_grad=True, name="z")
    with pytest.raises(NotLive, match="looks at numbers that are computed here"):
        recorded(draw(tg.log_likelihood(tg.softmax(z), z * 1.0)))


def test_what_is_too_large_or_drawn_together_is_refused() -> None:
    large = tg.Tensor(np.ones((50, 50)), requires_grad=True, name="W")
    with pytest.raises(NotLive, match="more than 2,000 numbers"):
        recorded(draw((large * 2.0).sum()))
    with pytest.raises(NotLive, match="drawn as one box"):
        recorded(draw(layers(30)))


def test_recording_leaves_the_graph_as_it_was() -> None:
    result = neuron()
    result.backward()
    before = [(t, t.grad, t.name) for t in tg.graph(result)]
    with tg.no_grad():
        recorded(draw(result))
    assert [(t, t.grad, t.name) for t in tg.graph(result)] == before
