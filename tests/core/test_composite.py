"""@composite marks who made a node; no_grad switches recording off. Both per thread, nested, and safe in errors."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import leaf
from tinygrad_lite import Tensor


def made(t: Tensor) -> list[str]:
    """The names of the composite calls around a node, innermost first."""
    names, call = [], t.call
    while call is not None:
        names.append(call.name)
        call = call.parent
    return names


def recording() -> bool:
    return (leaf(1.0) * 2.0).requires_grad


@tg.composite
def double(x: Any) -> Any:
    """Twice x."""
    return x + x


@tg.composite
def quadruple(x: Any) -> Any:
    return double(double(x)) * 1.0


def test_every_node_knows_its_call() -> None:
    x = leaf(3.0)
    y = quadruple(x)
    after = y + 1.0
    nodes = [t for t in tg.graph(after) if t.primitive is not None]
    assert [(t.primitive.name, made(t)) for t in nodes if t.primitive] == [
        ("add", ["double", "quadruple"]), ("add", ["double", "quadruple"]), ("multiply", ["quadruple"]), ("add", []),
    ]  # fmt: skip
    first, second, outer, _ = nodes
    assert first.call is not second.call
    assert first.call.parent is second.call.parent is outer.call
    assert x.call is after.call is None


def test_a_call_knows_its_function_inputs_and_output() -> None:
    x, w = leaf(3.0), leaf(4.0)

    @tg.composite
    def weigh(x: Any, factor: float, *, w: Any) -> Any:
        return x * w * factor

    y = weigh(x, 2.0, w=w)
    assert y.call.name == "weigh"
    assert list(map(id, y.call.inputs)) == [id(x), id(w)]
    assert y.call.output == y.serial
    assert y.call.function is weigh.__wrapped__  # type: ignore[attr-defined]
    assert "weigh" in repr(y.call)
    first, second = (weigh(x, 1.0, w=w).call for _ in range(2))
    assert first is not second


def test_the_mark_changes_no_value_no_gradient_and_no_signature() -> None:
    def plain(x: Any, power: int = 3) -> Any:
        """A power."""
        return (x**power).sum()

    marked, x = tg.composite(plain), np.array([1.0, 2.0])
    assert (marked.__name__, marked.__doc__) == ("plain", "A power.")
    assert marked(x) == plain(x)
    assert type(marked(x)) is np.float64
    np.testing.assert_array_equal(tg.grad(marked)(x, power=4), tg.grad(plain)(x, power=4))
    np.testing.assert_array_equal(tg.hessian(marked)(x), tg.hessian(plain)(x))


def test_results_of_several_tensors_and_of_none() -> None:
    @tg.composite
    def both(x: Any) -> Any:
        return x * 2, x * 3

    @tg.composite
    def nothing(x: Any) -> Any:
        return None

    first, second = both(leaf(1.0))
    assert first.call is second.call
    assert first.call.output is None
    assert nothing(leaf(1.0)) is None


def test_the_librarys_functions_are_composites() -> None:
    z = leaf([[0.5, -0.5]])
    y = np.array([[1.0, 0.0]])
    for function in (
        tg.sigmoid,
        tg.tanh,
        tg.relu,
        tg.leaky_relu,
        tg.softplus,
        tg.softmax,
        tg.log_softmax,
        tg.logsumexp,
    ):
        assert made(function(z)) == [function.__name__]
    for cost in (tg.quadratic_cost, tg.cross_entropy, tg.log_likelihood):
        assert made(cost(tg.softmax(z), y)) == [cost.__name__]
    for cost in (tg.cross_entropy_with_logits, tg.log_likelihood_with_logits):
        assert made(cost(z, y)) == [cost.__name__]
    assert made(np.tanh(z)) == ["tanh"]
    assert made(z.mean()) == ["mean"]


def test_the_nodes_of_a_recorded_gradient_belong_to_no_call_of_the_forward_pass() -> None:
    x = leaf(0.5)
    y = tg.sigmoid(x)
    y.backward(create_graph=True)
    forward = set(tg.graph(y))
    assert x.grad is not None
    assert all(t.call is not y.call for t in tg.graph(x.grad) if t not in forward)


def test_an_exception_inside_restores_the_scope() -> None:
    @tg.composite
    def fails(x: Any) -> Any:
        double(x)
        raise KeyError("mine")

    @tg.composite
    def catches(x: Any) -> Any:
        with pytest.raises(KeyError):
            fails(x)
        return x * 2.0

    assert made(catches(leaf(1.0))) == ["catches"]
    with pytest.raises(KeyError):
        fails(leaf(1.0))
    assert made(leaf(1.0) * 2.0) == []


def test_recursion() -> None:
    @tg.composite
    def power(x: Any, n: int) -> Any:
        return x if n == 1 else x * power(x, n - 1)

    y = power(leaf(2.0), 4)
    assert [len(made(t)) for t in tg.graph(y) if t.primitive] == [3, 2, 1]


# --- no_grad ---------------------------------------------------------------------------------------------------


def test_no_grad_nests_and_restores() -> None:
    off = tg.no_grad()
    assert recording()
    with off:
        assert not recording()
        with tg.no_grad(), off:
            assert not recording()
        assert not recording()
    assert recording()
    with pytest.raises(KeyError), off:
        raise KeyError
    assert recording()
    y = leaf(1.0) * 2
    with off:
        z = y * 3
    assert (z.primitive, z.inputs, z.call) == (None, (), None)


def test_no_grad_inside_a_composite_and_around_one() -> None:
    @tg.composite
    def partly(x: Any) -> Any:
        with tg.no_grad():
            scale = double(x)
        return x * scale

    x = leaf(3.0)
    y = partly(x)
    assert made(y) == ["partly"]
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == 6.0
    with tg.no_grad():
        assert not quadruple(x).requires_grad
        assert quadruple(x).call is None
    assert made(quadruple(x)) == ["quadruple"]


def test_no_grad_is_a_decorator_also_of_recursion_and_of_errors() -> None:
    @tg.no_grad()
    def countdown(n: int) -> list[bool]:
        """Counts."""
        seen = [recording()]
        return seen + (countdown(n - 1) if n else [])

    @tg.no_grad()
    def fails() -> None:
        raise KeyError

    assert countdown.__doc__ == "Counts."
    assert countdown(3) == [False] * 4
    assert recording()
    with pytest.raises(KeyError):
        fails()
    assert recording()


# --- threads -----------------------------------------------------------------------------------------------------


def in_thread(f: Callable[[], Any]) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(f()))
    thread.start()
    thread.join(30)
    assert found, "the thread failed"
    return found[0]


def test_threads_do_not_see_each_others_scope() -> None:
    with tg.no_grad():
        assert in_thread(recording)
        assert not recording()

    @tg.composite
    def outside(x: Any) -> Any:
        assert in_thread(lambda: made(double(leaf(1.0)))) == ["double"]
        return x * 2.0

    assert made(outside(leaf(1.0))) == ["outside"]


def test_a_decorated_function_in_two_threads_at_once_leaves_both_as_they_were() -> None:
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()
    waits = {"first": (first_in, second_in), "second": (second_in, first_out)}

    @tg.no_grad()
    def evaluate(who: str) -> None:
        arrived, leave = waits[who]
        arrived.set()
        assert leave.wait(30)

    found: dict[str, bool] = {}

    def first() -> None:  # records nothing itself; enters first, leaves first
        with tg.no_grad():
            evaluate("first")
            found["first"] = recording()
        first_out.set()

    def second() -> None:  # records; enters second, leaves second
        assert first_in.wait(30)
        evaluate("second")
        found["second"] = recording()

    threads = [threading.Thread(target=f) for f in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {"first": False, "second": True}


DYING_THREADS = """
import threading, tinygrad_lite as tg

def recording():
    return (tg.Tensor(1.0, requires_grad=True) * 2.0).requires_grad

def suspended():
    with tg.no_grad():
        yield

def ends_inside():
    batches = suspended()
    next(batches)
    held.append(batches)
    found.append(recording())

held, found = [], []
for target in [ends_inside, lambda: found.append(recording())] * 5:
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
for batches in held:
    batches.close()
    found.append(recording())
print(found == [False, True] * 5 + [True] * 5)
"""


def test_a_thread_that_ends_inside_no_grad_leaves_nothing_to_the_next() -> None:
    # In a process of its own: thread identifiers are used again, and what is left behind would be left to other tests.
    root = str(Path(tg.__file__).parents[1])
    command = [sys.executable, "-W", "error", "-c", DYING_THREADS]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


def test_graphs_grow_in_threads_side_by_side() -> None:
    start = threading.Barrier(4)

    def train() -> Any:
        w = leaf(np.linspace(-1, 1, 6).reshape(2, 3))
        start.wait(30)
        for _ in range(50):
            w.zero_grad()
            tg.quadratic_cost(tg.sigmoid(np.ones((4, 2)) @ w), np.zeros((4, 3))).backward()
            assert w.grad is not None
            with tg.no_grad():
                w -= 0.5 * w.grad
        return w.numpy()

    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(train())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    for weights in found[1:]:
        np.testing.assert_array_equal(weights, found[0])
