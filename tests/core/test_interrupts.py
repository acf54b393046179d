"""Ctrl-C at every place where Python looks for signals: scopes, steps, gradients and assignments stay whole."""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import leaf
from tinygrad_lite import nn, optim
from tinygrad_lite.core.scopes import SCOPE, UNFOLDED, recorded
from tinygrad_lite.errors import StaleGraphError
from tinygrad_lite.nn import module
from tinygrad_lite.programs.folded import Folded
from tinygrad_lite.tensor import gradients
from tinygrad_lite.tensor.described import Described
from tinygrad_lite.tensor.tensor import Tensor

LOOKS = ("CALL", "CALL_KW", "CALL_FUNCTION_EX", "JUMP_BACKWARD")


def _places(code: CodeType) -> set[int]:
    """Where CPython runs signal handlers: after a call, at the start of a function, and when a loop goes round."""
    pairs = pairwise(dis.get_instructions(code))
    return {
        one.argval if one.opname == "JUMP_BACKWARD" else after.offset for one, after in pairs if one.opname in LOOKS
    }


def interrupted(work: Callable[[], Any], *codes: CodeType) -> Iterator[str]:
    """Run the work again and again, each time with Ctrl-C one place later, until it ends without one."""
    places = {code: _places(code) for code in codes}
    for count in range(10_000):
        left, where = count, ""

        def trace(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal left, where
            if frame.f_code not in places:
                return None
            frame.f_trace_opcodes = True
            if event == "call" or (event == "opcode" and frame.f_lasti in places[frame.f_code]):
                left -= 1
                if left < 0 and not where:
                    where = f"{frame.f_code.co_name} line {frame.f_lineno} {event} {frame.f_lasti}"
                    raise KeyboardInterrupt
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            work()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        if not where:
            assert count > 2, "no place was found"
            return
        yield where


def recording() -> bool:
    return (leaf(1.0) * 2.0).requires_grad


@pytest.fixture(autouse=True)
def scope_is_restored() -> Iterator[None]:
    before = UNFOLDED.get()
    UNFOLDED.set(False)
    yield
    SCOPE.set(None)
    UNFOLDED.set(before)


def test_no_grad_is_left_wherever_ctrl_c_comes() -> None:
    def block() -> None:
        with tg.no_grad():
            leaf(1.0)

    codes = tg.no_grad.__enter__.__code__, tg.no_grad.__exit__.__code__
    for where in interrupted(block, *codes):
        assert recording(), where
    with tg.no_grad():
        for where in interrupted(block, *codes):
            assert not recording(), where
    assert recording()


def test_one_no_grad_that_is_entered_twice_is_left_twice() -> None:
    off = tg.no_grad()

    def block() -> None:
        with off, off:
            assert not recording()
        assert recording()

    for _ in interrupted(block, tg.no_grad.__enter__.__code__):
        assert recording()


def test_a_composite_is_left_wherever_ctrl_c_comes() -> None:
    @tg.composite
    def swish(z: Any) -> Any:
        return z * tg.sigmoid(z)

    for where in interrupted(lambda: swish(leaf(1.0)), swish.__code__, swish.__wrapped__.__code__):  # type: ignore[attr-defined]
        assert SCOPE.get() is None, where


def test_what_a_derivative_records_under_no_grad_ends_with_it() -> None:
    def derivative() -> None:
        with recorded(unfolded=True):
            leaf(1.0)

    with tg.no_grad():
        off = SCOPE.get()
        for where in interrupted(derivative, recorded.__enter__.__code__, recorded.__exit__.__code__):
            if where.startswith("__exit__") and " call " in where:
                SCOPE.set(off)  # before __exit__ could do anything: the one place where Python allows no remedy
                UNFOLDED.set(False)
            assert (recording(), UNFOLDED.get()) == (False, False), where


def snapshot(optimizer: optim.Optimizer) -> list[bytes]:
    """Parameters and what the optimiser remembers of them."""
    state = optimizer.state_dict()
    return [np.asarray(t.numpy()).tobytes() for t in optimizer.parameters] + [
        np.asarray(v).tobytes() for v in state.values()
    ]


@pytest.mark.parametrize(
    "make", [lambda ts: optim.SGD(ts, 0.1, momentum=0.9), lambda ts: optim.Adam(ts, 0.1)], ids=["SGD", "Adam"]
)
def test_a_step_is_taken_whole_or_not_at_all(make: Callable[[Any], optim.Optimizer]) -> None:
    def fresh() -> optim.Optimizer:
        optimizer = make([leaf([1.0, 2.0]), leaf(3.0), leaf([[4.0]])])
        for t in optimizer.parameters:
            t.grad = t.detach()
        optimizer.step()
        return optimizer

    now = fresh()
    before = snapshot(now)
    now.step()
    after = snapshot(now)
    tried = [fresh() for _ in range(400)]
    turn = iter(tried)
    codes = optim.Optimizer.step.__code__, optim._write.__code__
    codes += now.direction.__func__.__code__, Described.changed.__code__  # type: ignore[attr-defined]
    ends = set()
    for optimizer, where in zip(tried, interrupted(lambda: next(turn).step(), *codes), strict=False):
        found = snapshot(optimizer)
        assert found in (before, after), where
        ends.add(found == after)
    assert ends == {False, True}


def test_a_step_that_was_interrupted_makes_older_graphs_stale_where_it_moved() -> None:
    def pair() -> tuple[Any, Any, optim.Optimizer]:
        w, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
        w.grad, b.grad = w.detach(), b.detach()
        return (w * w * b * b).sum(), w, optim.SGD([w, b], 0.5)

    tried = [pair() for _ in range(200)]
    turn = iter(tried)
    codes = optim.Optimizer.step.__code__, optim._write.__code__, Described.changed.__code__
    for (cost, w, _), where in zip(tried, interrupted(lambda: next(turn)[2].step(), *codes), strict=False):
        if w.data[0] == 1.0:
            continue
        with pytest.raises(StaleGraphError):
            cost.backward()
        assert not w.data.flags.writeable, where


def test_gradients_arrive_at_all_leaves_or_at_none() -> None:
    w, b, c = leaf([1.0, 2.0]), leaf(3.0), leaf(4.0)
    cost = (w * b * c).sum()
    ends = set()
    for where in interrupted(cost.backward, gradients.backward.__code__, gradients._assign.__code__):
        arrived = [t.grad is not None for t in (w, b, c)]
        assert len(set(arrived)) == 1, where
        ends.add(arrived[0])
        for t in (w, b, c):
            t.zero_grad()
    assert ends == {False, True}


def test_data_is_never_new_to_a_graph_that_thinks_it_old() -> None:
    tried: list[Any] = []

    def assign() -> None:
        w = leaf([1.0, 2.0])
        tried.append((w, (w * w).sum()))
        w.data = np.array([5.0, 6.0])

    setter = Tensor.data.fset.__code__  # type: ignore[attr-defined]
    for where in interrupted(assign, setter, Described.changed.__code__):
        w, cost = tried[-1]
        if w.data[0] == 5.0:
            with pytest.raises(StaleGraphError):
                cost.backward()
            assert where


def test_weights_are_loaded_whole_or_not_at_all() -> None:
    model = nn.MLP([2, 3, 1], rng=0)
    old = {name: array.copy() for name, array in model.state_dict().items()}
    new = {name: array + 1 for name, array in old.items()}
    setter = Tensor.data.fset.__code__  # type: ignore[attr-defined]
    codes = inspect.unwrap(nn.Module.load_state_dict).__code__, module._assign.__code__, setter
    for where in interrupted(lambda: model.load_state_dict(new), *codes):
        moved = {bool((array == new[name]).all()) for name, array in model.state_dict().items()}
        assert len(moved) == 1, where
        model.load_state_dict(old)


def test_a_node_that_was_being_unfolded_unfolds_at_the_next_look() -> None:
    tried: list[Any] = []

    def unfold() -> None:
        tried.append(tg.sigmoid(leaf([1.0, 2.0])))
        assert type(tried[-1]) is Folded
        _ = tried[-1].inputs

    for where in interrupted(unfold, Folded.unfold.__code__, Folded._replace.__code__, Folded._take_place_of.__code__):
        node = tried[-1]
        assert node.primitive is not None, where
        assert type(node) is Tensor
        node.backward(np.ones(2))
