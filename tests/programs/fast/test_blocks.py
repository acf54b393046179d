"""Large arrays are done block by block, on several threads, and the numbers stay the same."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.fast_programs import agree, cost_with_gradients, same
from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.fast import Doubt, blocks, fast, runs
from tinygrad_lite.programs.fast.runs import Run, items_of
from tinygrad_lite.programs.program import Program
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.programs.tracing import traced


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "LARGE", 2)
    monkeypatch.setattr(runs, "BLOCK", 7)
    monkeypatch.setattr(blocks, "_SHARED", 1)


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def softmax_cost(x: Any, w: Any, b: Any, y: Any) -> Any:
    return tg.value_and_grad(lambda w, b: tg.log_likelihood_with_logits(np.tanh(x @ w + b), y), (0, 1))(w, b)


def flat(f: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        value, gradient = f(*args)
        return (value, *(gradient if isinstance(gradient, tuple) else (gradient,)))

    return call


def curve(x: Any) -> Any:
    return np.sum(np.tanh(x) * tg.sigmoid(x) + np.exp(-x * x))


FUNCTIONS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (flat(tg.value_and_grad(curve)), (numbers(40),)),
    (flat(tg.value_and_grad(curve)), (numbers(3, 5, 4),)),
    (flat(tg.value_and_grad(curve)), (numbers(7),)),
    (flat(softmax_cost), (numbers(9, 4), numbers(4, 3), numbers(3), np.array([0, 1, 2] * 3))),
    (lambda x, b, c: np.sum(np.exp(x + b) * c, axis=0), (numbers(11, 3), numbers(3), numbers(11, 1))),
    (lambda x, b: (np.sum(x * b, axis=(0, 1)), np.max(x * b, axis=0), x * b), (numbers(4, 5, 3), numbers(3))),
    (lambda x: x - np.max(x, axis=-1, keepdims=True) + np.sum(x * x, axis=0, keepdims=True), (numbers(10, 4),)),
    (lambda x: np.sum(x * 2.0, keepdims=True) + np.min(np.exp(x)), (numbers(10, 4),)),
    (lambda x, y: np.where(x > y, x * y, 0.0) + np.where(x > 0, 1.0, y) ** 3, (numbers(10, 4), numbers(10, 4, seed=1))),
    (lambda x: (np.exp(x) * x).T + np.exp(x.T * 2.0), (numbers(10, 4),)),
    (lambda x, s: (x * s + s, s * 2.0), (numbers(30), np.float64(0.3))),
    (lambda x, s: x * s + np.exp(s) * x, (numbers(10, 2), numbers(1, 1))),
    (lambda x, i: x.astype(np.float32) * 2 + np.float32(1) + (i > 1) * x.astype(np.float32), (numbers(30), np.arange(30))),
]  # fmt: skip


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_blocks_give_what_the_lines_give(number: int, threads: int) -> None:
    function, values = FUNCTIONS[number]
    for program in (made := traced(function, values), simplified(made)):
        assert any(isinstance(item, Run) for item in items_of(program.lines)) or number in (3, 5)
        blockwise = fast(program, threads)
        assert same(program, *values, function=blockwise, ulps=16)
        turned = [np.asfortranarray(x) if np.ndim(x) > 1 else x for x in values]
        assert same(program, *turned, function=blockwise, ulps=16)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("first", range(0, 60, 10))
def test_random_costs_in_blocks(first: int) -> None:
    for seed in range(first, first + 10):
        compare_in_blocks(seed)


def compare_in_blocks(seed: int) -> None:
    made = cost_with_gradients(seed)
    if made is None:
        return
    program, values = made
    same(program, *values, function=fast(program, 2), ulps=256)
    same(simplified(program), *values, function=fast(simplified(program), 2), ulps=256)


def test_the_number_of_threads_changes_nothing() -> None:
    value = numbers(300_001)
    program = simplified(traced(flat(tg.value_and_grad(curve)), (value,)))
    one, two, many = (fast(program, threads)(value) for threads in (1, 2, 7))
    for x, y, z in zip(one, two, many, strict=True):
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(x, z)
    for x, y in zip(one, program.run(value), strict=True):
        agree(x, y, 64)


def test_what_lives_inside_of_a_run_is_never_of_full_size() -> None:
    import tracemalloc

    value = numbers(2**18)
    function = fast(
        simplified(traced(flat(tg.value_and_grad(curve)), (value,))), 1
    )  # how many buffers threads hold is chance
    function(value)
    tracemalloc.start()
    try:
        function(value)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.2 * value.nbytes  # the gradient, which is the caller's


def test_flags_hold_in_all_threads() -> None:
    value = numbers(2**18)
    function = fast(traced(lambda x: np.exp(x) * 2.0 + x, (value,)), 2)
    assert function(value)
    for place in (0, -1):
        wrong = value.copy()
        wrong[place] = 1000.0
        with pytest.raises(Doubt):
            function(wrong)
    assert function(value)


def test_a_child_process_has_threads_of_its_own() -> None:
    value = numbers(2**18)
    program = traced(lambda x: np.exp(x) * 2.0 + x, (value,))
    function = fast(program, 2)
    expected = function(value)
    child = os.fork()
    if not child:
        failed = 1
        try:
            failed = int(not np.array_equal(function(value)[0], expected[0]))
        finally:
            os._exit(failed)  # whatever happens: the child must not go on with the tests
    assert os.waitpid(child, 0)[1] == 0


def test_calls_from_several_threads_share_the_workers() -> None:
    values = [numbers(2**17, seed=i) for i in range(3)]
    function = fast(traced(lambda x: np.exp(x) * 2.0 + x, (values[0],)), 2)
    expected = [function(v)[0] for v in values]
    found: dict[int, bool] = {}

    def work(i: int) -> None:
        found[i] = all(np.array_equal(function(values[i])[0], expected[i]) for _ in range(5))

    workers = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == {0: True, 1: True, 2: True}


def test_a_run_is_closed_before_what_needs_it() -> None:
    def function(x: Any, w: Any) -> Any:
        h = np.exp(x * 2.0) + x
        return np.tanh((h @ w) * 2.0) + h

    x, w = numbers(256, 256), numbers(256, 256) / 100
    program = traced(function, (x, w))
    kinds = [type(item) if isinstance(item, Run) else item.primitive for item in items_of(program.lines)]
    assert kinds == [Run, p.matmul, Run]
    assert same(program, x, w, ulps=64)


def test_small_arrays_are_done_in_one() -> None:
    program: Program = traced(lambda x: np.exp(x) * 2.0 + x, (numbers(100),))
    assert not any(isinstance(item, Run) for item in items_of(program.lines))
