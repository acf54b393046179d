"""Path products of the edge labels, summed over paths, are the gradient; no label is a wrong number."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.grouped import in_groups
from tests.helpers.picture_graphs import gradients_by_paths, paths, random_graph
from tests.helpers.samples import SAMPLES, Sample
from tests.helpers.slow import slow
from tinygrad_lite.pictures import draw
from tinygrad_lite.pictures.edges.derivatives import Local, Values
from tinygrad_lite.pictures.outputs.story import steps


def leaf_gradients(view: Any) -> dict[Any, Any]:
    found = {b: b.tensor.grad for b in view.boxes if b.kind == "parameter"}
    return {b: np.zeros(b.tensor.shape) if g is None else g.numpy() for b, g in found.items()}


def agree(found: dict[Any, Any], expected: dict[Any, Any]) -> None:
    for box, g in expected.items():
        got = found.get(box, np.zeros(g.shape))
        assert np.shape(got) == g.shape
        np.testing.assert_allclose(got, g, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("fold", [True, False], ids=["folded", "unfolded"])
@pytest.mark.parametrize("seed", [*range(50), *slow(*range(50, 100))])
def test_path_products_sum_to_the_gradient(seed: int, fold: bool) -> None:
    result = random_graph(seed)
    result.backward()
    view = draw(result, fold=fold, repeat=False).view
    agree(gradients_by_paths(view), leaf_gradients(view))


@pytest.mark.parametrize("seed", [*range(25), *slow(*range(25, 100))])
def test_in_a_scalar_graph_the_numbers_alone_multiply_to_the_gradient(seed: int) -> None:
    result = random_graph(1000 + seed, scalar=True)
    result.backward()
    view = draw(result, fold=seed % 2 == 0, repeat=False).view
    found: dict[Any, float] = {}
    for path in paths(view, view.results[0]):
        if path and all(e.source.tensor.size == e.target.tensor.size == 1 for e in path):
            product = np.prod([np.asarray(e.derivative).item() for e in path])
            found[path[-1].source] = found.get(path[-1].source, 0.0) + product
    agree({b: np.asarray(g).reshape(b.tensor.shape) for b, g in found.items()}, leaf_gradients(view))


def test_the_random_graphs_have_what_makes_them_hard() -> None:
    shared = twice = broadcast = full = stopped = folded = 0
    for seed in range(60):
        view = draw(random_graph(seed), repeat=False).view
        for box in view.boxes:
            into = [e.source for e in view.edges_into(box)]
            twice += len(set(into)) < len(into)
            shared += len({e.target for e in view.edges if e.source is box}) > 1
            folded += box.call is not None
        broadcast += any(e.kind == "elementwise" and e.source.tensor.shape != e.target.tensor.shape for e in view.edges)
        full += any(e.kind == "full" for e in view.edges)
        stopped += any(e.kind == "stopped" for e in view.edges)
    assert min(shared, twice, broadcast, full, stopped, folded) >= 5


@pytest.mark.parametrize("seed", [*range(0, 50, 7), *slow(*range(56, 200, 7))])
def test_the_steps_end_at_the_gradients(seed: int) -> None:
    result = random_graph(seed)
    view = draw(result, grads=True, repeat=False).view
    totals = {t.edge.source: (t.total, t.complete) for s in steps(view) for t in s.terms}
    for box, (total, complete) in totals.items():
        assert complete
        assert f"{box.symbol} {total}" in draw(result, grads=True, repeat=False).text() or box.gradient.size > 1


# --- one primitive at a time ---------------------------------------------------------------------------------------

SMOOTH = [
    (sample, slot)
    for sample in itertools.chain(*SAMPLES.values())
    if sample.primitive.vjps is not None
    for slot, x in enumerate(sample.inputs)
    if x.dtype.kind == "f"
]


def recorded(sample: Sample) -> Any:
    inputs = [tg.Tensor(x, requires_grad=True) if x.dtype.kind == "f" else x for x in sample.inputs]
    return sample.primitive(*inputs, **sample.params)


def jacobian(carry: Any, t: Any) -> Any:
    """One row per element of t: what an upstream gradient of 1 there, and 0 elsewhere, brings."""
    basis = np.eye(t.size).reshape(t.size, *t.shape)
    return np.array([np.asarray(carry(e)).reshape(-1) for e in basis])


@in_groups("sample, slot", SMOOTH, by=lambda case: case[0].primitive.name)
def test_an_edges_numbers_are_the_jacobian_or_it_says_full(sample: Sample, slot: int) -> None:
    t = recorded(sample)
    local = Local([t], t, t.inputs[slot], slot, Values())
    whole = jacobian(lambda e: tg.pull_back([t], [e], [t.inputs[slot]])[0], t)
    assert local.derivative is None or local.kind != "full"
    np.testing.assert_allclose(jacobian(local.carry, t), whole, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda x, w: x @ w, "full"),
        (lambda x, w: tg.softmax(x), "full"),
        (lambda x, w: np.cumsum(x, axis=0), "full"),
        (lambda x, w: np.einsum("ij,jk->ik", x, w), "full"),
        (lambda x, w: x[[0, 0]], "full"),  # an element that goes into two has no single number
        (lambda x, w: x[[1, 0]], "reducing"),
        (lambda x, w: np.sum(x, axis=1), "reducing"),
        (lambda x, w: tg.logsumexp(x, axis=None), "reducing"),
        (lambda x, w: tg.sigmoid(x), "elementwise"),
        (lambda x, w: x * 2.0, "elementwise"),
    ],
)
def test_full_jacobians_say_so_and_show_no_number(make: Any, kind: str) -> None:
    x = tg.Tensor(np.arange(4.0).reshape(2, 2), requires_grad=True, name="x")
    w = tg.Tensor(np.ones((2, 2)), name="w")
    view = draw(make(x, w)).view
    (edge,) = [e for e in view.edges if e.source.name == "x"]
    assert edge.kind == kind
    formula, figure = edge.label()
    assert ("full" in formula) == (kind == "full")
    assert (edge.derivative is None) == (kind == "full")
    if kind == "full":
        assert figure == "" or figure.startswith("g ↦ ")


@in_groups("sample", itertools.chain(*SAMPLES.values()), by=lambda sample: sample.primitive.name)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_primitive_can_be_drawn(sample: Sample, dtype: Any) -> None:
    inputs = [tg.Tensor(x.astype(dtype), requires_grad=True) if x.dtype.kind == "f" else x for x in sample.inputs]
    if not sample.floats:  # of truths only: they come from a comparison
        inputs[0] = tg.Tensor(sample.inputs[0].astype(dtype), requires_grad=True) > 0.5
    t = sample.primitive(*inputs, **sample.params)
    drawing = draw(t, grads=True)
    assert drawing.view.results[0].operation == sample.primitive.name
    into = drawing.view.edges_into(drawing.view.results[0])
    assert len([e for e in into if e.passes or e.kind == "stopped"]) == len(sample.floats)
    tree, *_jacobians = drawing.text().split("\n\n")
    assert tree.count("\n") == len(drawing.view.edges)


def test_gradients_of_gradients_can_be_drawn() -> None:
    x = tg.Tensor(0.3, requires_grad=True, name="x")
    (tg.sigmoid(x) * x).backward(create_graph=True)
    slope = x.grad
    x.zero_grad()
    slope.backward()
    view = draw(slope, fold=False, repeat=False).view
    agree(gradients_by_paths(view), leaf_gradients(view))
