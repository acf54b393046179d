"""The functions that are written for a call: what they ask, and what becomes of what goes wrong."""

from __future__ import annotations

import gc
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.compiling import effects
from tinygrad_lite.compiling.calls import OTHER
from tinygrad_lite.programs.entrance import Entrance
from tinygrad_lite.programs.fast import Doubt
from tinygrad_lite.programs.fast.source import Source

W = np.ones((2, 3))
T = tg.Tensor(W, requires_grad=True)
Pair = namedtuple("Pair", ["w", "b"])


def fits(args: tuple[Any, ...], others: tuple[Any, ...], floats: bool = True) -> bool:
    """Whether others enter where args did when the program was made."""
    source = Source()
    entrance = Entrance(source, args, floats)
    names = dict(zip(entrance.names, others, strict=False))
    return len(names) == len(others) and bool(eval(" and ".join(entrance.asked), source.space, names))


SAME = {
    "an array": ((W,), (W + 1,)),
    "a Python float": ((1.0,), (2.0,)),
    "a list of arrays": (([W, W[0]], 3), ([W * 2, W[1]], 3)),
    "a dict": (({"w": W, "b": 1.0},), ({"w": W - 1, "b": 5.0},)),
    "a Tensor": ((T,), (tg.Tensor(W + 1, requires_grad=True),)),
    "the same Tensor twice": ((T, T), (tg.Tensor(W, requires_grad=True),) * 2),
    "a named tuple": ((Pair(W, 1.0),), (Pair(W + 1, 2.0),)),
    "a text": ((W, "relu"), (W, "".join(["re", "lu"]))),
    "None": ((None,), (None,)),
}


@pytest.mark.parametrize("what", SAME)
def test_arguments_of_the_signature_enter(what: str) -> None:
    args, others = SAME[what]
    assert fits(args, others)


DIFFERENT = {
    "a shape": ((W,), (W.T,)),
    "a dtype": ((W,), (W.astype("float32"),)),
    "a view that is no array of numpy": ((W,), (np.ma.masked_array(W),)),
    "one argument more": ((W,), (W, W)),
    "a Python float in the place of NumPy's": ((np.float64(1),), (1.0,)),
    "a whole number": ((3,), (4,)),
    "True in the place of 1": ((1,), (True,)),
    "minus zero, where floats count": ((0.0,), (-0.0,)),
    "a longer list": (([W],), ([W, W],)),
    "a list in the place of a tuple": (([W],), ((W,),)),
    "another order of keys": (({"a": W, "b": W},), ({"b": W, "a": W},)),
    "a Tensor without gradient": ((T,), (tg.Tensor(W),)),
    "two Tensors in the place of one": ((T, T), (T, tg.Tensor(W, requires_grad=True))),
    "one Tensor in the place of two": ((T, tg.Tensor(W, requires_grad=True)), (T, T)),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_other_arguments_do_not_enter(what: str) -> None:
    args, others = DIFFERENT[what]
    assert not fits(args, others, floats="floats" not in what)


def test_a_tensor_does_not_enter_while_a_trace_runs() -> None:
    inner = tg.compile(lambda t: (t * t).sum())
    outer = tg.compile(lambda t: 2.0 * inner(t))
    t = tg.Tensor([1.0, 2.0], requires_grad=True)
    assert inner(t).item() == 5.0
    outer(t).backward()
    np.testing.assert_array_equal(t.grad.data, [4.0, 8.0])  # type: ignore[union-attr]


def test_a_call_of_the_signature_asks_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = tg.compile(lambda parameters, x: (x @ parameters["w"]).sum())
    compiled({"w": W.T}, W)
    monkeypatch.setattr("tinygrad_lite.compiling.compiled.signature", None)
    assert compiled({"w": W.T + 1}, W) == 24.0


def test_a_mistake_in_a_program_comes_out() -> None:
    compiled = tg.compile(lambda x: (x * x).sum())
    compiled(W)
    compiled.last.run.__globals__["call"] = lambda *inputs: undefined  # type: ignore[name-defined]  # noqa: F821
    with pytest.raises(NameError):
        compiled(W)


def test_an_error_that_eager_evaluation_does_not_raise_is_a_mistake() -> None:
    def program(*inputs: Any) -> Any:
        raise Doubt("no") from IndexError("no")

    compiled = tg.compile(lambda x: (x * x).sum())
    compiled(W)
    compiled.last.run.__globals__["call"] = program
    with pytest.raises(AssertionError, match="IndexError"):
        compiled(W)


def test_a_step_that_overflows_late_is_made_once(recwarn: pytest.WarningsRecorder) -> None:
    w = tg.Tensor(np.full(3, 1e308), requires_grad=True)
    optimizer = tg.optim.SGD([w], lr=1e308)

    @tg.compile
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        cost = (w * x).sum()
        cost.backward()
        optimizer.step()
        return cost

    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        step(np.array([-1.0, 0.0, 0.0]))
    np.testing.assert_array_equal(w.data, [np.inf, 1e308, 1e308])
    assert not w.data.flags.writeable
    assert w.grad is not None


def test_other_surroundings_do_not_enter() -> None:
    scale = 2.0
    compiled = tg.compile(lambda x: scale * x.sum())
    assert compiled(W) == 12.0
    enter = compiled.last.enter
    scale = 3.0
    assert enter((W,)) is OTHER
    assert compiled(W) == 18.0


DATA = np.zeros((6, 4))
FOREIGN = np.frombuffer(bytearray(48))
APART = {
    "owners": ([W.copy(), W.copy()], True),
    "the same twice": ([DATA, DATA], False),
    "a view of what changes": ([DATA, DATA[1:]], False),
    "views that overlap": ([DATA[1:], DATA[:2]], False),
    "views of one array without a common number": ([DATA[:2], DATA[2:]], True),
    "views of others": ([W.copy(), DATA[:2], DATA[2:]], True),
    "memory of a bytearray": ([FOREIGN, W], True),
    "views of a bytearray": ([FOREIGN, FOREIGN[1:]], False),
    "a bytearray seen twice": ([np.frombuffer(FOREIGN.base), FOREIGN], False),
    "a number": ([W, 1.0, np.float64(1)], True),
}


@pytest.mark.parametrize("what", APART)
def test_arrays_that_share_memory_are_found(what: str) -> None:
    inputs, apart = APART[what]
    assert effects._apart((0,), inputs) == apart


def test_a_step_on_arrays_that_share_memory_is_that_of_eager_evaluation() -> None:
    def step(w: Any, x: Any) -> Any:
        w -= 0.5 * tg.grad(lambda w: (w * x).sum())(w)
        return w

    compiled = tg.compile(step)
    for start, stop in ((4, 8), (1, 5), (0, 4)):
        one, other = np.arange(8.0), np.arange(8.0)
        step(one[:4], one[start:stop])
        compiled(other[:4], other[start:stop])
        np.testing.assert_array_equal(one, other)


def test_a_trace_leaves_no_arrays_to_the_garbage_collector() -> None:
    def nodes() -> int:
        return sum(isinstance(x, tg.Tensor) and x.size == 12345 for x in gc.get_objects())

    gc.collect()
    before = nodes()
    gc.disable()
    try:
        tg.compile(tg.value_and_grad(lambda x: (np.tanh(x) * tg.sigmoid(x)).sum()))(np.ones(12345))
        assert nodes() == before
    finally:
        gc.enable()
