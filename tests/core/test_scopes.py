"""Scopes belong to their context: threads, tasks, generators that are closed elsewhere, errors."""

from __future__ import annotations

import asyncio
import contextvars
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import gradient, leaf
from tests.helpers.threads import THREADS, in_threads
from tinygrad_lite import Tensor
from tinygrad_lite.core.scopes import SCOPE
from tinygrad_lite.errors import UnsupportedError


def recording() -> bool:
    return (leaf(1.0) * 2.0).requires_grad


def around() -> list[str]:
    """The composite calls around a node that is made here."""
    call, names = (leaf(1.0) * 2.0).call, []
    while call is not None:
        names.append(call.name)
        call = call.parent
    return names


@pytest.fixture(autouse=True)
def scope_is_restored() -> Iterator[None]:
    assert recording()
    yield
    left = recording(), around()
    SCOPE.set(None)
    assert left == (True, []), "the test left a scope behind"


def suspended(log: list[bool] | None = None) -> Iterator[bool]:
    """A generator that stops twice inside no_grad."""
    with tg.no_grad():
        yield recording()
        yield recording()
    if log is not None:
        log.append(recording())


# --- threads -------------------------------------------------------------------------------------------------------


def test_a_thread_sees_neither_no_grad_nor_the_composite_around_its_start() -> None:
    seen: list[Any] = []

    @tg.composite
    def outer(x: Any) -> Any:
        with tg.no_grad():
            seen.extend(in_threads(lambda i: (recording(), around()), 2))
        return x * 2.0

    outer(leaf(1.0))
    assert seen == [(True, [])] * 2


# --- tasks ----------------------------------------------------------------------------------------------------------


def test_tasks_do_not_see_each_others_no_grad() -> None:
    order: list[str] = []

    async def quiet() -> None:
        with tg.no_grad():
            for _ in range(3):
                order.append("quiet")
                assert not recording()
                await asyncio.sleep(0)
        assert recording()

    async def loud() -> None:
        for _ in range(3):
            order.append("loud")
            assert recording()
            w = leaf(3.0)
            y = w * w
            await asyncio.sleep(0)
            (y * w).backward()  # recorded before and after the other's turn
            assert gradient(w) == 27.0

    async def main() -> None:
        await asyncio.gather(quiet(), loud())
        assert recording()

    asyncio.run(main())
    assert order == ["quiet", "loud"] * 3  # they did take turns


def test_a_task_inherits_the_scope_of_its_start_and_keeps_it() -> None:
    async def look(turns: int) -> list[bool]:
        seen = []
        for _ in range(turns):
            seen.append(recording())
            await asyncio.sleep(0)
        return seen

    async def main() -> None:
        with tg.no_grad():
            inside = asyncio.ensure_future(look(4))
            await asyncio.sleep(0)
            assert not recording()
        outside = asyncio.ensure_future(look(4))
        assert await inside == [False] * 4  # though main has left the block meanwhile
        assert await outside == [True] * 4
        assert recording()

    asyncio.run(main())


def test_tasks_in_composites_name_their_own_nodes() -> None:
    async def work(name: str) -> list[list[str]]:
        seen = []

        def named(x: Any) -> Any:
            seen.append(around())
            return x * 2.0

        named.__name__ = name
        for _ in range(3):
            tg.composite(named)(leaf(1.0))
            await asyncio.sleep(0)
        assert around() == []
        return seen

    async def main() -> list[Any]:
        return await asyncio.gather(work("first"), work("second"))

    assert asyncio.run(main()) == [[["first"]] * 3, [["second"]] * 3]


def test_a_cancelled_task_leaves_its_scope_and_no_other() -> None:
    async def stuck() -> None:
        with tg.no_grad():
            await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.ensure_future(stuck())
        await asyncio.sleep(0)
        assert recording()
        with tg.no_grad():
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not recording()
        assert recording()

    asyncio.run(main())


# --- generators -------------------------------------------------------------------------------------------------------


def test_a_generator_that_ends_where_it_began_restores_the_scope() -> None:
    log: list[bool] = []
    assert list(suspended(log)) == [False, False]
    assert log == [True]
    assert recording()


@pytest.mark.parametrize("end", ["close", "throw", "exhaust", "drop"])
def test_a_generator_that_is_ended_in_another_context_changes_nothing_there(end: str) -> None:
    def finish(batches: Any) -> None:
        if end == "close":
            batches.close()
        elif end == "throw":
            with pytest.raises(KeyError):
                batches.throw(KeyError)
        elif end == "exhaust":
            list(batches)

    for inside in (False, True):
        held: list[Any] = []

        def begin(held: list[Any] = held) -> None:
            held.append(suspended())
            next(held[0])

        contextvars.Context().run(begin)
        assert recording()

        def elsewhere(held: list[Any] = held, inside: bool = inside) -> list[bool]:
            def ended() -> bool:
                finish(held.pop())
                gc.collect()
                return recording()

            if not inside:
                return [recording(), ended(), recording()]
            with tg.no_grad():
                seen = [recording(), ended(), recording()]
            return [*seen, recording()]

        got = contextvars.Context().run(elsewhere)
        assert got == ([False, False, False, True] if inside else [True, True, True])


def test_a_generator_that_is_closed_inside_a_later_block_does_not_open_that_block() -> None:
    batches = suspended()
    next(batches)
    with tg.no_grad():
        batches.close()
        assert not recording()
    assert recording()


def test_a_generator_that_is_begun_inside_a_block_and_outlives_it() -> None:
    with tg.no_grad():
        batches = suspended()
        next(batches)
    batches.close()
    assert recording()


def test_generators_that_end_in_the_order_in_which_they_began() -> None:
    first, second = suspended(), suspended()
    next(first)
    next(second)
    first.close()
    assert not recording()  # the second still stands in its block
    second.close()
    assert recording()


def test_a_generator_begun_inside_a_composite_and_closed_after_it() -> None:
    held = []

    @tg.composite
    def careless(x: Any) -> Any:
        held.append(suspended())
        next(held[0])
        return x

    careless(leaf(1.0))
    assert recording()  # the composite restores what was around it
    assert around() == []
    held[0].close()
    assert recording()

    @tg.composite
    def closing(x: Any) -> Any:
        batches = suspended()
        next(batches)
        batches.close()
        return x * 2.0

    assert closing(leaf(1.0)).call.name == "closing"


# --- errors -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit, StopIteration])
def test_whatever_is_raised_inside_scopes_they_are_left(error: type[BaseException]) -> None:
    @tg.composite
    def inner(x: Any) -> Any:
        with tg.no_grad():
            assert not recording()
            raise error

    @tg.composite
    def outer(x: Any) -> Any:
        with pytest.raises(error):
            inner(x)
        assert around() == ["outer"]
        return x * 2.0

    assert outer(leaf(1.0)).requires_grad
    with pytest.raises(error):
        inner(leaf(1.0))
    with tg.no_grad():
        with pytest.raises(error):
            inner(leaf(1.0))
        assert not recording()
    assert recording()


def test_an_error_while_a_derivative_is_taken_under_no_grad_restores_no_grad() -> None:
    def fails(x: Any) -> Any:
        assert recording()  # a derivative records, also within no_grad
        raise KeyError

    with tg.no_grad():
        for take in (tg.grad(fails), tg.value_and_grad(fails), lambda x: tg.vjp(fails, x), tg.hessian(fails)):
            with pytest.raises(KeyError):
                take(1.0)
            assert not recording()
        assert tg.grad(lambda x: x * x)(3.0) == 6.0
        assert not recording()


def test_a_failing_operation_leaves_no_scope_and_no_node_behind() -> None:
    x = leaf(np.ones(3))

    @tg.composite
    def misfit(x: Any) -> Any:
        return x * 2.0 + np.ones(4)

    with pytest.raises(tg.errors.ShapeError):
        misfit(x)
    assert around() == []
    (x * 3.0).sum().backward()
    np.testing.assert_array_equal(gradient(x), [3.0, 3.0, 3.0])


def test_a_decorated_function_and_one_instance_nest_in_themselves_across_threads() -> None:
    off = tg.no_grad()

    @off
    def countdown(n: int) -> list[bool]:
        return [recording(), *(countdown(n - 1) if n else []), recording()]

    def work(i: int) -> Any:
        seen = countdown(5)
        with off, off:
            seen.append(recording())
        return seen, recording()

    assert in_threads(work) == [([False] * 13, True)] * THREADS


def test_no_grad_gives_plain_leaves_that_learn_nothing() -> None:
    w = leaf([1.0, 2.0], name="w")
    with tg.no_grad():
        y = tg.sigmoid(w) * w + Tensor([1.0, 1.0], name="c")
    assert (y.primitive, y.inputs, y.call, y.needs_grad, y.in_graph) == (None, (), None, False, False)
    assert dict(y.params) == {}


def test_a_body_that_runs_later_is_not_decorated_without_effect() -> None:
    async def task() -> None: ...

    def steps() -> Iterator[None]:
        yield

    async def stream() -> AsyncIterator[None]:
        yield

    for function in (task, steps, stream):
        with pytest.raises(UnsupportedError, match=f"{function.__name__}.*inside"):
            tg.no_grad()(function)
