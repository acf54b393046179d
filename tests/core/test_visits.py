"""What a sweep visits: each node once and complete, nothing that is not asked for, always in the same order."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import gradient, leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core.backprop import sweep
from tinygrad_lite.core.graph import Node, pull_any
from tinygrad_lite.core.walks import replay
from tinygrad_lite.errors import StaleGraphError
from tinygrad_lite.tensor import troubles


class Watch:
    """Every visit of the sweeps that run, in order: the node and its cotangent."""

    def __init__(self) -> None:
        self.visits: list[tuple[Node, Any]] = []

    def sweep(self, seeds: Any, wanted: Any = None, pull: Any = None) -> Any:
        def look(g: Any, node: Any) -> Any:
            self.visits.append((node, g))
            return node.pull(g, node) if pull is None else pull(g, node)

        return sweep(seeds, wanted, look)

    @property
    def nodes(self) -> list[Node]:
        return [node for node, _ in self.visits]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watching = Watch()
    monkeypatch.setattr(troubles, "sweep", watching.sweep)
    return watching


def random_dag(seed: int, size: int = 60) -> tuple[list[Tensor], Tensor]:
    """Leaves, and a result of sums and products of whole numbers: floating-point arithmetic is exact on them."""
    rng = np.random.default_rng(seed)
    leaves = [leaf(rng.integers(-2, 3, (3,)).astype(float), name=f"w{i}") for i in range(5)]
    pool: list[Any] = [*leaves, Tensor(np.ones(3), name="c")]
    for _ in range(size):
        a, b = (pool[rng.integers(max(0, len(pool) - 12), len(pool))] for _ in range(2))
        small = np.abs(a.numpy()).max() * np.abs(b.numpy()).max() < 1e3
        pool.append(a * b if small and rng.random() < 0.4 else a + b if rng.random() < 0.6 else a - b)
        if np.abs(pool[-1].numpy()).max() > 1e4:
            pool.pop()
    return leaves, sum((t.sum() for t in pool[-6:]), start=leaf(0.0))  # type: ignore[return-value]


def by_definition(result: Tensor) -> dict[Node, Any]:
    """Cotangents of all nodes, newest to oldest, each complete before it is carried on."""
    found: dict[Node, Any] = {result: np.ones(result.shape)}
    for node in reversed(tg.graph(result)):
        if node.primitive is not None and node in found:
            for x, c in pull_any(found[node], node):
                found[x] = found[x] + c if x in found else c
    return found


@pytest.mark.parametrize("seed", range(30))
def test_each_node_is_visited_once_newest_first_with_all_of_its_cotangent(seed: int, watch: Watch) -> None:
    leaves, result = random_dag(seed)
    expected = by_definition(result)
    result.backward()
    assert max(Counter(watch.nodes).values()) == 1
    serials = [node.serial for node in watch.nodes]
    assert serials == sorted(serials, reverse=True)
    assert set(watch.nodes) == {n for n in expected if n.primitive is not None}
    for node, g in watch.visits:
        np.testing.assert_array_equal(g, expected[node])
    for w in leaves:
        if w in expected:
            np.testing.assert_array_equal(gradient(w), expected[w])
        else:
            assert w.grad is None


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_visited_that_does_not_lead_to_what_is_wanted(seed: int, watch: Watch) -> None:
    _, result = random_dag(seed)
    expected = by_definition(result)
    computed = [n for n in expected if n.primitive is not None]
    rng = np.random.default_rng(seed)
    for count in (1, 2, 5):
        wanted = [list(expected)[i] for i in rng.choice(len(expected), count, replace=False)]
        above = {n for n in computed if set(wanted) & set(tg.graph(*inputs_of(n)))}
        watch.visits.clear()
        found = tg.pull_back([result], [np.float64(1.0)], wanted)
        assert set(watch.nodes) - set(wanted) <= above
        assert max(Counter(watch.nodes).values(), default=1) == 1
        for w, c in zip(wanted, found, strict=True):
            np.testing.assert_array_equal(c, expected[w])


def inputs_of(node: Any) -> list[Node]:
    return [x for x in node.inputs if isinstance(x, Node)]


def test_a_network_pulled_back_to_its_input_multiplies_no_weight_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    x = leaf(np.ones((4, 3)))
    weights = [leaf(np.full((3, 3), 0.1)) for _ in range(3)]  # newer than x
    h: Any = x
    for w in weights:
        h = tg.sigmoid(h @ w)
    calls: list[tuple[int, ...]] = []
    plain = np.matmul
    monkeypatch.setattr(np, "matmul", lambda a, b: calls.append((*np.shape(a), *np.shape(b))) or plain(a, b))
    (slope,) = tg.pull_back([h.sum()], [np.float64(1.0)], [x])
    assert slope.shape == (4, 3)
    assert calls == [(4, 3, 3, 3)] * 3  # one product a layer: g Wᵀ, and no xᵀ g


def test_leaves_and_constants_that_need_nothing_are_never_reached(watch: Watch) -> None:
    x, constant = leaf([1.0, 2.0]), Tensor([3.0, 4.0], name="c")
    aside = np.exp(constant * 2.0) + 1.0  # recorded, because c has a name
    (x * aside + (x > constant) * x).sum().backward()
    assert aside not in set(watch.nodes)
    assert all(node.needs_grad for node in watch.nodes)


def test_several_results_share_one_sweep(watch: Watch) -> None:
    x = leaf(2.0)
    shared = x * x
    a, b = shared * 3.0, shared * shared
    (slope,) = tg.pull_back([a, b, a], [np.float64(1.0), np.float64(10.0), np.float64(100.0)], [x])
    assert slope == 101 * 3 * 4 + 10 * 32
    assert Counter(watch.nodes) == Counter([a, b, shared])


def test_one_seed_may_lie_below_another_and_what_is_wanted_above_a_third() -> None:
    x = leaf(2.0)
    low = x * 3.0
    high = low * low
    seeds = [np.float64(1.0), np.float64(7.0), np.float64(2.0)]
    to_high, to_low, to_x = tg.pull_back([high, low, x], seeds, [high, low, x])
    assert (to_high, to_low, to_x) == (1.0, 7.0 + 12.0, 2.0 + 3 * 19.0)


@pytest.mark.parametrize(
    "make", [lambda x, w: x * w, lambda x, w: x @ w, np.maximum, lambda x, w: np.where(x > w, x, w * x)]
)
def test_a_graph_from_before_a_leaf_began_to_learn_is_stale_in_every_way(make: Any) -> None:
    x, w = Tensor([1.0, 2.0]), leaf([3.0, 1.0])
    loss = make(x, w).sum()
    x.requires_grad = True  # the graph has noted who needs a cotangent, and x was not among them
    for create_graph in (False, True):
        with pytest.raises(StaleGraphError, match="requires_grad"):
            loss.backward(create_graph=create_graph)
        for wanted in ([x], [x, w], [w, x]):
            with pytest.raises(StaleGraphError, match="requires_grad"):
                tg.pull_back([loss], [np.float64(1.0)], wanted, create_graph=create_graph)
    assert x.grad is w.grad is None
    loss = make(x, w).sum()
    loss.backward()
    expected = tg.grad(lambda x, w: make(x, w).sum(), argnums=(0, 1))(x.numpy(), w.numpy())
    np.testing.assert_array_equal(gradient(x), expected[0])
    np.testing.assert_array_equal(gradient(w), expected[1])


def test_saying_again_that_a_leaf_learns_makes_no_graph_stale() -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    loss = (x * w).sum()
    x.requires_grad = True
    loss.backward()
    np.testing.assert_array_equal(gradient(x), [3.0, 4.0])


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_leaf_that_stopped_learning_gets_nothing_in_any_way(create_graph: bool) -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    loss = (x * w + np.exp(x)).sum()
    x.requires_grad = False
    loss.backward(create_graph=create_graph)
    assert x.grad is None
    np.testing.assert_array_equal(gradient(w), [1.0, 2.0])
    to_x, to_w = tg.pull_back([loss], [np.float64(1.0)], [x, w], create_graph=create_graph)
    assert to_x is None
    np.testing.assert_array_equal(to_w.detach().numpy() if create_graph else to_w, [1.0, 2.0])


# --- determinism -------------------------------------------------------------------------------------------------------


def rough(seed: int = 0) -> tuple[list[Tensor], Tensor]:
    """A graph whose sums round, with many uses of each node."""
    rng = np.random.default_rng(seed)
    leaves = [leaf(rng.standard_normal((4, 4))) for _ in range(6)]
    pool: list[Any] = list(leaves)
    for _ in range(120):
        a, b = (pool[i] for i in rng.integers(len(pool), size=2))
        pool.append(
            [lambda a, b: tg.tanh(a @ b), lambda a, b: a * 0.3 + b, lambda a, b: np.sin(a) * b][rng.integers(3)](a, b)
        )
    return leaves, sum(((t / 7.0).sum() for t in pool), start=leaf(0.0))  # type: ignore[return-value]


def test_twenty_runs_give_the_same_bits() -> None:
    added, handed_out = set(), set()  # each way has an order of summing of its own
    for run in range(20):
        leaves, result = rough()
        result.backward()
        added.add(b"".join(gradient(w).tobytes() for w in leaves))
        order = np.random.default_rng(run).permutation(len(leaves)).tolist()  # in whatever order they are asked for
        found = tg.pull_back([result], [np.float64(1.0)], [leaves[i] for i in order])
        handed_out.add(b"".join(found[order.index(i)].tobytes() for i in range(len(leaves))))
        garbage = [Tensor(0.0) for _ in range(17)]  # other addresses, other hashes
        del garbage[::2]
    assert (len(added), len(handed_out)) == (1, 1)


def test_recorded_gradients_and_their_gradients_are_the_same_in_twenty_runs() -> None:
    seen = set()
    for _ in range(20):
        leaves, result = rough(1)
        result.backward(create_graph=True)
        total = sum(((w.grad * w.grad).sum() for w in leaves), start=leaf(0.0))  # type: ignore[operator, union-attr]
        seen.add(b"".join(c.tobytes() for c in tg.pull_back([total], [np.float64(1.0)], leaves)))
    assert len(seen) == 1


@pytest.mark.slow
def test_hash_seeds_change_no_bit() -> None:
    script = (
        "import hashlib\nfrom tests.core.test_visits import rough, gradient\nleaves, result = rough(2)\n"
        "result.backward()\nprint(hashlib.sha256(b''.join(gradient(w).tobytes() for w in leaves)).hexdigest())"
    )
    root = str(Path(__file__).parents[2])
    seen = set()
    for seed in ("0", "1", "77", "4294967295"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": root}
        command = [sys.executable, "-c", script]
        seen.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=root).stdout)
    assert len(seen) == 1
    assert len(seen.pop().strip()) == 64


# --- cotangents that share memory ----------------------------------------------------------------------------------------

SHARING: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda x, y: x + y, "twice": lambda x, y: x + x + y + y, "chain of sums": lambda x, y: ((x + y) + x) + (y + x),
    "views": lambda x, y: x.T + y.reshape(-1).reshape(3, 3), "parts": lambda x, y: np.concatenate([x[:1], y[1:]]),
    "whole and part": lambda x, y: x + np.concatenate([y[:1], x[1:]]), "broadcast": lambda x, y: x + y[0] + y[:, :1],
    "differences": lambda x, y: x - y + (y - x) + x, "copies": lambda x, y: x.copy() + y.astype(float),
}  # fmt: skip


@pytest.mark.parametrize("name", SHARING)
@pytest.mark.parametrize("retain", [False, True])
def test_sums_in_place_reach_no_array_that_somebody_else_has(name: str, retain: bool) -> None:
    x, y = leaf(np.arange(9.0).reshape(3, 3)), leaf(np.ones((3, 3)))
    middle = SHARING[name](x, y)
    out = (middle + middle) * 1.0 + middle + x
    seed = np.random.default_rng(0).integers(1, 9, (3, 3)).astype(float)
    kept = seed.copy()
    if retain:
        for t in tg.graph(out):
            if t.needs_grad:
                t.retain_grad()
    expected: dict[Node, Any] = {}
    for node in reversed(tg.graph(out)):
        g = expected.setdefault(node, kept) if node is out else expected.get(node)
        if node.primitive is not None and g is not None:
            for t, c in pull_any(g, node):
                expected[t] = expected[t] + c if t in expected else np.array(c)
    for times in (1, 2):
        out.backward(seed)
        np.testing.assert_array_equal(seed, kept)
        for t, g in expected.items():
            if t.primitive is None:
                np.testing.assert_array_equal(gradient(t), times * g)  # type: ignore[arg-type]
            elif retain:
                np.testing.assert_array_equal(gradient(t), g)  # type: ignore[arg-type]
    found = tg.pull_back([out], [seed], [x, y, middle, out])
    for i, a in enumerate(found):
        assert not np.shares_memory(a, seed)
        assert all(not np.shares_memory(a, b) for b in found[:i])


# --- long chains, replay ------------------------------------------------------------------------------------------------


def test_a_chain_of_100_000_operations_goes_without_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        x = y = leaf(np.ones(2))
        refs = []
        for i in range(100_000):
            y = y + 1.0 if i % 2 else -y
            if i % 20_000 == 0:
                refs.append(weakref.ref(y))
        y.sum().backward()
        assert all(ref() is not None for ref in refs)
        np.testing.assert_array_equal(gradient(x), np.ones(2))  # 50,000 signs
        assert len(tg.graph(y)) == 100_001
        del y
        assert all(ref() is None for ref in refs)
    finally:
        gc.enable()


def test_replay_computes_a_graph_again_from_other_values() -> None:
    leaves, result = random_dag(3)
    nodes = tg.graph(result)
    again = replay(nodes, {w: w.numpy() for w in leaves if w in set(nodes)})
    for node in nodes:
        if node.primitive is not None and node in again:
            value = again[node]
            np.testing.assert_array_equal(value.numpy() if isinstance(value, Tensor) else value, node.detach().numpy())
    changed = replay(nodes, {w: w.numpy() * 0 for w in leaves if w in set(nodes)})
    assert any(
        np.any(np.asarray(getattr(changed[n], "_array", changed[n])) != n._array) for n in changed if n.primitive
    )
    assert all(n._array is m._array for n, m in zip(nodes, tg.graph(result), strict=True))  # the graph is as it was


def test_what_was_added_up_is_freed_before_the_next_pull() -> None:
    h = leaf(np.ones(3)) * 2.0
    square = h * h
    parts: list[weakref.ref[Any]] = []
    alive: list[int] = []

    def pull(g: Any, node: Any) -> Any:
        alive.append(sum(part() is not None for part in parts))
        pairs = node.pull(g, node)
        if node is square:
            parts.extend(weakref.ref(c) for _, c in pairs)
        return pairs

    sweep([(square, np.ones(3))], pull=pull)
    assert len(parts) == 2
    assert alive == [0, 0]
