"""Threads that share a leaf or a graph: no gradient is lost, no serial is drawn twice, all see one graph."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.repository import ROOT
from tests.helpers.tensors import gradient, leaf
from tests.helpers.threads import THREADS, in_threads


@pytest.fixture
def hasty_switches() -> Iterator[None]:
    """Threads take turns as often as the interpreter lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_switches")
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("shape", [(), (3,), (40, 40)])
def test_eight_threads_lose_no_update_of_a_leaf_that_they_share(shape: Any, create_graph: bool) -> None:
    w, rounds = leaf(np.ones(shape)), 150

    def add(i: int) -> None:
        for k in range(rounds):
            (w * float(2**i) + w * float(k % 2)).sum().backward(create_graph=create_graph)

    in_threads(add)
    total = rounds * (2**THREADS - 1) + THREADS * (rounds // 2)
    np.testing.assert_array_equal(gradient(w), np.full(shape, float(total)))  # whole numbers: exact in any order


@pytest.mark.usefixtures("hasty_switches")
def test_threads_that_sweep_one_graph_at_once_add_all_of_it() -> None:
    x, w = leaf(np.arange(6.0).reshape(2, 3)), leaf(np.ones((3, 2)))
    hidden = x @ w
    cost = (hidden * hidden + hidden).sum()
    cost.backward()
    once = gradient(x), gradient(w)
    x.zero_grad()
    w.zero_grad()
    in_threads(lambda i: [cost.backward() for _ in range(50)])
    np.testing.assert_array_equal(gradient(x), 50 * THREADS * once[0])
    np.testing.assert_array_equal(gradient(w), 50 * THREADS * once[1])


@pytest.mark.usefixtures("hasty_switches")
def test_serials_are_drawn_once_in_all_threads_together() -> None:
    made = in_threads(lambda i: [leaf(1.0) * 2.0 for _ in range(300)])
    serials = [t.serial for row in made for t in row]
    assert len(set(serials)) == len(serials)
    for row in made:
        assert all(t.serial > t.inputs[0].serial for t in row)
        assert [t.serial for t in row] == sorted(t.serial for t in row)


@pytest.mark.usefixtures("hasty_switches")
def test_threads_that_walk_one_graph_of_composites_see_one_graph() -> None:
    for _ in range(60):
        h: Any = leaf(np.linspace(-1, 1, 5))
        for _ in range(20):
            h = tg.sigmoid(h) * 1.5
        found = in_threads(lambda i, h=h: tg.graph(h))
        first = list(map(id, tg.graph(h)))
        assert all(list(map(id, nodes)) == first for nodes in found)


@pytest.mark.usefixtures("hasty_switches")
def test_threads_that_call_a_function_for_the_first_time_together_get_the_same_bits() -> None:
    def cost(size: int) -> Any:
        w = leaf(np.linspace(-1, 1, 3 * size).reshape(3, size))
        c = tg.cross_entropy(tg.sigmoid(np.ones((2, 3)) @ tg.tanh(w) + tg.softplus(w).mean()), np.full((2, size), 0.3))
        c.backward()
        return c.item(), gradient(w).tobytes()

    for size in range(71, 91):  # shapes that nobody has used before
        found = in_threads(lambda i, size=size: cost(size))
        assert set(found) == {cost(size)}


@pytest.mark.usefixtures("hasty_switches")
def test_threads_that_unfold_one_node_see_one_graph_and_lose_no_gradient() -> None:
    def look(i: int, rows: Any, turns: threading.Barrier) -> list[Any]:
        found = []
        for cost, hidden in rows:
            turns.wait(60)
            if i < 4:
                found.append((id(hidden.primitive), tuple(map(id, hidden.inputs)), tuple(hidden.params)))
            elif i < 6:
                found.append(tuple(map(id, tg.graph(cost))))
            else:
                cost.backward()
        return found

    rows, leaves = [], []
    for _ in range(100):
        w: Any = leaf(np.linspace(-1, 1, 5))
        hidden = tg.sigmoid(w)
        rows.append((tg.cross_entropy(hidden, np.full(5, 0.25)), hidden))
        leaves.append(w)
    turns = threading.Barrier(THREADS)
    seen = in_threads(lambda i: look(i, rows, turns))
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert seen[4] == seen[5]
    assert len({gradient(w).tobytes() for w in leaves}) <= 3  # the folded and the unfolded sum differ in the last bit
    np.testing.assert_allclose(gradient(leaves[0]), 2 * (1 / (1 + np.exp(-np.linspace(-1, 1, 5))) - 0.25) / 5)


def test_threads_that_are_the_first_to_ask_for_a_numpy_function_all_get_it() -> None:
    code = """
        import sys, threading, numpy as np, tinygrad_lite as tg
        t, start, errors = tg.Tensor(np.ones(3), requires_grad=True), threading.Barrier(8), []
        def work():
            start.wait(60)
            try:
                np.mean(t)
            except Exception as error:
                errors.append(error)
        sys.setswitchinterval(1e-6)
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join(60)
        sys.exit(len(errors))
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, cwd=ROOT)
