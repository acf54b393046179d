"""Buffers are used again inside and never handed out; what comes in is not changed, but by updates."""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np
import pytest

from tests.helpers.fast_programs import cost_with_gradients, same
from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.fast import Doubt, Fast, fast
from tinygrad_lite.programs.program import IN_0_1, Check, Constant, Input, Line, Program, Value

F8 = np.dtype(np.float64)


def line(primitive: Any, *inputs: Value, shape: tuple[int, ...] = (4, 3), dtype: Any = F8, **params: Any) -> Line:
    return Line(primitive, inputs, params, shape, np.dtype(dtype))


def inputs(*shapes: tuple[int, ...]) -> list[Input]:
    return [Input(shape, F8) for shape in shapes]


def chain(length: int = 5) -> Program:
    (x,) = inputs((4, 3))
    lines = [line(p.exp, x)]
    for _ in range(length):
        lines.append(line(p.multiply, lines[-1], x))
        lines.append(line(p.add, lines[-1], Constant(0.5)))
    return Program((x,), tuple(lines), (lines[-1], lines[3]))


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def test_a_result_is_not_changed_by_a_later_call() -> None:
    function = fast(chain())
    first = function(numbers(4, 3))
    kept = [x.copy() for x in first]
    second = function(numbers(4, 3, seed=1))
    for x, copy, other in zip(first, kept, second, strict=True):
        np.testing.assert_array_equal(x, copy)
        assert not np.shares_memory(x, other)
        assert x.flags.writeable


def test_a_chain_needs_one_buffer_however_long_it_is() -> None:
    assert fast(chain(5)).source.count("m1") == 0
    assert fast(chain(50)).source.count("m1") == 0


def test_views_inputs_and_constants_come_out_as_copies() -> None:
    (x,) = inputs((4, 3))
    turned = line(p.transpose, x, shape=(3, 4), axes=(1, 0))
    doubled = line(p.add, x, x)
    again = line(p.transpose, doubled, shape=(3, 4), axes=(1, 0))
    constant = Constant(np.ones((2, 2)))
    wide = Line(p.broadcast_to, (x,), {"shape": (5000, 4, 3)}, (5000, 4, 3), F8)
    program = Program((x,), (turned, doubled, again, wide), (x, turned, doubled, again, doubled, constant, wide, x))
    value = numbers(4, 3)
    assert same(program, value)
    found = fast(program)(value)
    for i, one in enumerate(found):
        assert one.flags.writeable
        assert not any(np.shares_memory(one, other) for other in [value, constant.value, *found[:i]])


@pytest.mark.parametrize("make", [
    lambda: np.asfortranarray(numbers(4, 3)), lambda: numbers(8, 6)[::2, ::-2], lambda: numbers(3, 4).T,
    lambda: np.broadcast_to(numbers(3), (4, 3)),
])  # fmt: skip
def test_inputs_lie_in_memory_as_they_like(make: Any) -> None:
    value = make()
    value.flags.writeable = False
    assert same(chain(), value)


def test_one_array_may_come_in_twice() -> None:
    x, y = inputs((4, 4), (4, 4))
    total = line(p.add, line_of := line(p.multiply, x, y, shape=(4, 4)), x, shape=(4, 4))
    value = numbers(4, 4)
    assert same(Program((x, y), (line_of, total), (total,)), value, value.T)


def test_updates_are_written_last_and_only_if_all_went_well() -> None:
    w, g = inputs((4, 3), (4, 3))
    step = line(p.multiply, g, Constant(0.1))
    new = line(p.subtract, w, step)
    root = line(p.sqrt, g)
    program = Program((w, g), (step, new, root), (w, new, root), updates=((w, new), (g, w)))
    function = fast(program)
    a, b = numbers(4, 3), abs(numbers(4, 3, seed=1))
    before, other = a.copy(), b.copy()
    old, updated, _ = function(a, b)
    np.testing.assert_array_equal(old, before)
    np.testing.assert_array_equal(a, before - other * 0.1)
    np.testing.assert_array_equal(updated, a)
    np.testing.assert_array_equal(b, before)
    assert not np.shares_memory(a, updated)
    kept = a.copy()
    with pytest.raises(Doubt):
        function(a, -other)
    np.testing.assert_array_equal(a, kept)


def test_an_update_of_a_scalar_that_is_an_array() -> None:
    w, g = inputs((), ())
    new = line(p.subtract, w, g, shape=())
    function = fast(Program((w, g), (new,), (new,), updates=((w, new),)))
    a = np.array(3.0)
    (found,) = function(a, np.float64(1.0))
    assert found == a == 2.0
    assert isinstance(found, np.float64)


def test_a_check_that_does_not_hold_is_a_doubt() -> None:
    (x,) = inputs((4, 3))
    doubled = line(p.add, x, x)
    program = Program((x,), (doubled,), (doubled,), checks=(Check(lambda v: bool((v < 9).all()), (doubled,)),))
    function = fast(program)
    assert function(np.ones((4, 3)))[0][0, 0] == 2
    with pytest.raises(Doubt):
        function(np.full((4, 3), 5.0))


def test_a_watched_scalar_that_is_not_finite_is_a_doubt() -> None:
    (x,) = inputs((4, 3))
    total = line(p.sum_, x, shape=(), axis=None, keepdims=False)
    kept = line(p.less, total, Constant(0.0), shape=(), dtype=bool)
    function = fast(Program((x,), (total, kept), (kept,), watched=(total,)))
    assert not function(np.ones((4, 3)))[0]
    with pytest.raises(Doubt):
        function(np.full((4, 3), np.nan))


def test_threads_do_not_meet_in_the_buffers() -> None:
    function = fast(chain(40))
    values = [numbers(4, 3, seed=i) for i in range(4)]
    expected = [function(v)[0].copy() for v in values]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(300):
            if not np.array_equal(function(values[i])[0], expected[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_program_may_run_inside_of_itself() -> None:
    inner: list[Any] = []
    value, other = numbers(4, 3), numbers(4, 3, seed=1)

    def look(v: Any) -> bool:
        if not inner:
            inner.append(None)
            inner.append(function(other)[0])
        return True

    program = chain()
    checked = Program(program.inputs, program.lines, program.outputs, checks=(Check(look, (program.lines[2],)),))
    function = fast(checked)
    (found, _), (expected, _) = function(value), program.run(value)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(inner[1], program.run(other)[0])


def descent(count: int = 2) -> Program:
    """Weights less their steps, one after the other."""
    xs = inputs(*[(4, 3)] * (2 * count))
    steps = [line(p.multiply, g, Constant(0.1)) for g in xs[count:]]
    new = [line(p.subtract, w, step) for w, step in zip(xs[:count], steps, strict=True)]
    return Program(tuple(xs), (*steps, *new), (steps[0],), updates=tuple(zip(xs[:count], new, strict=True)))


def test_an_update_is_computed_into_its_input() -> None:
    function = fast(descent())
    assert function.source.count("[...]") == 0
    values = [numbers(4, 3, seed=i) for i in range(4)]
    expected = [values[i] - values[i + 2] * 0.1 for i in range(2)]
    function(*values)
    np.testing.assert_array_equal(values[:2], expected)


def test_an_update_that_overflows_is_done_and_warned_of() -> None:
    function = fast(descent())
    values = [np.full((4, 3), x) for x in (1.7e308, 1.0, -1.7e308, 1.0)]
    with pytest.warns(RuntimeWarning, match="overflow encountered in subtract"):
        (step,) = function(*values)
    np.testing.assert_array_equal(step, np.full((4, 3), -1.7e308 * 0.1))
    assert np.isinf(values[0]).all()
    np.testing.assert_array_equal(values[1], np.full((4, 3), 0.9))
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
        function(np.full((4, 3), 1.7e308), *values[1:2], np.full((4, 3), -1.7e308), values[3])


def test_nothing_is_changed_where_an_input_is_read_only() -> None:
    function = fast(descent())
    values = [numbers(4, 3, seed=i) for i in range(4)]
    values[1].flags.writeable = False
    before = [x.copy() for x in values]
    with pytest.raises(Doubt):
        function(*values)
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("number", "holds"), [(0.5, True), (1.0, True), (-0.0, True), (1.1, False), (-0.1, False)])
def test_a_claim_to_lie_in_0_1_is_asked_cheaply(number: float, holds: bool, dtype: Any) -> None:
    asked = []

    def ask(values: Any) -> bool:
        asked.append(values)
        return bool(((values >= 0) & (values <= 1)).all())

    x = Input((4, 3), np.dtype(dtype))
    doubled = line(p.add, x, x, dtype=dtype)
    function = fast(Program((x,), (doubled,), (doubled,), checks=(Check(ask, (x,), IN_0_1),)))
    value = np.full((4, 3), 0.25, dtype)
    value[3, 2] = number
    if holds:
        function(value)
        assert bool(asked) == bool(np.signbit(number))  # only what the bits do not show is asked
    else:
        with pytest.raises(Doubt):
            function(value)


def test_a_buffer_for_one_line_is_not_the_result_of_that_line() -> None:
    small = np.dtype(np.int8)
    x, y = Input((4, 3), small), Input((4, 3), small)
    where = [line(p.greater, x, y, dtype=bool), line(p.add, x, y, dtype=small)]
    chosen = line(p.where, where[0], where[1], Constant(np.int8(7)), dtype=small)
    more = line(p.add, chosen, where[1], dtype=small)
    values = np.arange(12, dtype=small).reshape(4, 3), np.full((4, 3), 5, small)
    assert same(Program((x, y), (*where, chosen, more), (more,)), *values)


def test_a_small_matrix_that_is_turned() -> None:
    x, w = inputs((70, 5), (6, 5))
    turned = line(p.transpose, w, shape=(5, 6), axes=(1, 0))
    product = line(p.matmul, x, turned, shape=(70, 6))
    again = line(p.matmul, product, w, shape=(70, 5))
    assert same(Program((x, w), (turned, product, again), (again, product)), numbers(70, 5), numbers(6, 5), ulps=64)


@pytest.mark.parametrize("seed", range(20))
def test_values_of_long_programs_go_by_the_names_of_their_buffers(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[Fast.__module__], "_MANY_LINES", -1)
    made = cost_with_gradients(seed)
    if made is not None:
        program, values = made
        same(program, *values, ulps=64)
    assert "    v1 = " not in fast(chain()).source
