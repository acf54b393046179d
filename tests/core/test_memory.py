"""Gradients share their memory with nobody, graphs go when dropped without the collector, training keeps memory flat."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.helpers.slow import slow
from tests.helpers.tensors import leaf
from tinygrad_lite import Tensor
from tinygrad_lite.errors import StaleGraphError

# --- gradients are shared with nobody --------------------------------------------------------------------------------

GRAPHS: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "add twice": lambda x, y: x + y + x + y,
    "subtract": lambda x, y: x - y,
    "views": lambda x, y: x.T.T + y.reshape(-1).reshape(y.shape),
    "same view": lambda x, y: (x + y).T,
    "indexed": lambda x, y: (x + y)[::-1],
    "copies": lambda x, y: x.copy() + np.positive(y),
    "concatenated": lambda x, y: np.concatenate([x, y, x])[:3] + np.stack([x, y])[0],
    "broadcast": lambda x, y: np.broadcast_to(x + y, (2, 3, 3))[0],
    "product": lambda x, y: x * y,
    "matmul": lambda x, y: x @ y,
    "identity": lambda x, y: x @ np.eye(3) + np.eye(3) @ y,
    "sums": lambda x, y: np.broadcast_to(x.sum() + y.sum(), (3, 3)),
    "kept": lambda x, y: x.sum(axis=0, keepdims=True) + y.sum(axis=1, keepdims=True),
    "where": lambda x, y: np.where(x > 0, x, y),
    "einsum": lambda x, y: np.einsum("ij->ji", x) + np.einsum("ij->ij", y),
    "cast": lambda x, y: x.astype(np.float64) + y,
    "one of them": lambda x, y: x + tg.stop_gradient(y),
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("as_seed", [np.array, Tensor])
def test_gradients_share_memory_with_nobody(name: str, create_graph: bool, as_seed: Any) -> None:
    rng = np.random.default_rng(0)
    x, y = leaf(rng.standard_normal((3, 3))), leaf(rng.standard_normal((3, 3)))
    middle = GRAPHS[name](x, y)
    out = middle + 0.0
    for t in (middle, out):
        if t.requires_grad:
            t.retain_grad()
    seed = as_seed(np.ones((3, 3)))
    out.backward(seed, create_graph=create_graph)
    plain_seed = seed._array if isinstance(seed, Tensor) else seed
    tensors = [t for t in (x, y, middle, out) if t.grad is not None]
    grads = [t.grad for t in tensors if t.grad is not None]
    assert len({id(g) for g in grads}) == len(grads)
    assert all(g is not seed for g in grads)
    arrays = [g.data for g in grads]
    for a, b in combinations([*arrays, *(t.data for t in tensors), plain_seed], 2):
        if any(a is g or b is g for g in arrays):
            assert not np.shares_memory(a, b)
    if not create_graph:
        values = [a.copy() for a in arrays]
        for i, (grad, value) in enumerate(zip(grads, values, strict=True)):
            with pytest.raises(ValueError, match="read-only"):
                grad.data[...] = 77.0
            grad.data = value * 77.0
            np.testing.assert_array_equal(grad.numpy(), value * 77.0)
            for other, kept in list(zip(grads, values, strict=True))[i + 1 :]:
                np.testing.assert_array_equal(other.numpy(), kept)
        np.testing.assert_array_equal(plain_seed, 1.0)


def test_accumulating_leaves_the_gradient_that_somebody_holds_alone() -> None:
    w = leaf([1.0, 2.0])
    (w * 3).sum().backward()
    held, array = w.grad, w.grad.data  # type: ignore[union-attr]
    (w * 3).sum().backward()
    np.testing.assert_array_equal(array, [3.0, 3.0])
    np.testing.assert_array_equal(held.numpy(), [3.0, 3.0])  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="read-only"):
        w.grad.data[:] = 0  # type: ignore[union-attr]
    w.grad.data = [0.0, 0.0]  # type: ignore[union-attr]
    (w * 3).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), [3.0, 3.0])  # type: ignore[union-attr]


@pytest.mark.parametrize("name", GRAPHS)
def test_the_gradients_of_transforms_are_the_callers_own(name: str) -> None:
    x, y, seed, f = np.ones((3, 3)), np.ones((3, 3)), np.ones((3, 3)), GRAPHS[name]
    slopes = tg.grad(lambda x, y: f(x, y).sum(), argnums=(0, 1))(x, y)
    value, pullback = tg.vjp(f, x, y)
    _, change = tg.jvp(f, (x, y), (seed, seed))
    found = [*slopes, *pullback(seed), *pullback(seed), change]
    for a, b in combinations([*found, value, x, y, seed], 2):
        if any(a is g or b is g for g in found):
            assert not np.shares_memory(a, b)
    assert all(g.flags.writeable for g in found)


# --- graphs go with their last result, without the garbage collector ---------------------------------------------------


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def network(x: Tensor, w: Tensor) -> tuple[Tensor, list[Any]]:
    hidden = tg.sigmoid(x @ w)
    cost = tg.cross_entropy(tg.softmax(hidden + np.tanh(hidden).mean()), np.full((3, 3), 0.5))
    return cost, [weakref.ref(t) for t in tg.graph(cost) if t.primitive is not None]


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("after", ["forward", "backward", "retained", "create_graph", "pull_back", "vjp", "error"])
def test_a_graph_goes_with_its_last_result(after: str) -> None:
    x, w = leaf(np.full((3, 2), 0.5)), leaf(np.full((2, 3), 0.5))
    cost, nodes = network(x, w)
    if after == "backward":
        cost.backward()
    elif after == "retained":
        for t in tg.graph(cost):
            if t.requires_grad:
                t.retain_grad()
        del t
        cost.backward()
    elif after == "create_graph":
        cost.backward(create_graph=True)
        nodes += [weakref.ref(t) for g in (x.grad, w.grad) for t in tg.graph(g) if t.primitive is not None]  # type: ignore[arg-type]
        (x.grad * x.grad).sum().backward()  # type: ignore[operator, union-attr]
        x.zero_grad()
        w.zero_grad()
    elif after == "pull_back":
        slopes = tg.pull_back([cost], [Tensor(1.0)], [x], create_graph=True)
        nodes += [weakref.ref(t) for t in tg.graph(*slopes) if t.primitive is not None]
        del slopes
    elif after == "vjp":

        def f(w: Tensor) -> Tensor:
            cost, made = network(x, w)
            nodes.extend(made)
            return cost

        value, pullback = tg.vjp(f, w)
        pullback(1.0)
        del value, pullback
    elif after == "error":
        x.data = np.zeros((3, 2))
        with pytest.raises(StaleGraphError):
            cost.backward()
    assert nodes[0]() is not None
    del cost
    assert [ref() for ref in nodes if ref() is not None] == []


@pytest.mark.usefixtures("no_collector")
def test_leaves_go_too_and_a_part_that_is_still_held_stays() -> None:
    x, w = leaf(np.full((3, 2), 0.5)), leaf(np.full((2, 3), 0.5))
    cost, nodes = network(x, w)
    cost.backward()
    leaves = [weakref.ref(t) for t in (x, w)]
    part = tg.graph(cost)[3]
    below = len(tg.graph(part))
    del x, w, cost
    assert sum(ref() is not None for ref in leaves + nodes) == below
    del part
    assert all(ref() is None for ref in leaves + nodes)


# --- flat memory ---------------------------------------------------------------------------------------------------


def tensors_alive() -> int:
    return sum(isinstance(x, Tensor) for x in gc.get_objects())


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("steps", [500, *slow(4000)])
@pytest.mark.parametrize("optimiser", ["plain", "SGD", "Adam"])
def test_training_keeps_memory_flat(optimiser: str, steps: int) -> None:
    rng = np.random.default_rng(0)
    model = tg.nn.MLP([3, 4, 2], rng=0)
    x, y = rng.standard_normal((5, 3)), rng.random((5, 2))
    parameters = model.parameters()
    stepper = {"SGD": tg.optim.SGD(parameters, 0.1, momentum=0.5), "Adam": tg.optim.Adam(parameters)}.get(optimiser)

    def train(count: int, start: int) -> None:
        for step in range(start, start + count):
            model.zero_grad()
            cost = tg.cross_entropy_with_logits(model(x), y) * (1.0 + step * 1e-9)  # a constant that is always new
            cost.backward()
            if stepper is not None:
                stepper.lr = 0.1 / (1 + step)  # a rate that is always new, too
                stepper.step()
            else:
                for t in parameters:
                    t.data = t.data - 0.1 / (1 + step) * t.grad.data  # type: ignore[union-attr]

    gc.collect()
    train(600, 0)
    alive = tensors_alive()
    tracemalloc.start()
    try:
        train(100, 600)
        early = tracemalloc.get_traced_memory()[0]
        train(steps, 700)
        late = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert tensors_alive() == alive
    assert late - early < 30_000


@programs_run
def test_a_sweep_frees_a_cotangent_before_it_adds_others() -> None:
    """Beside the graph it needs four arrays at once: tanh, sigmoid and a product meet in one x."""
    x = leaf(np.linspace(-2, 2, 2**15))
    for _ in range(2):  # the first time, tables and constants are made, too
        out = (np.tanh(x) * tg.sigmoid(x) + np.exp(-(x**2))).sum()
        x.zero_grad()
        tracemalloc.start()
        try:
            out.backward()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 4.2 * x._array.nbytes
