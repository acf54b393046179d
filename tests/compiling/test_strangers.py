"""What a stranger does with tg.compile: layouts, kinds of numbers, memory, updates of arrays that overlap, threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.observed import alike, observed, same

Function = Callable[..., Any]
V = np.random.default_rng(0).standard_normal((4, 3))
V.flags.writeable = False
_WIDE = np.random.default_rng(1).standard_normal((8, 6))
inf, nan = np.inf, np.nan


def check(function: Function, *calls: tuple[Any, ...], rtol: float = 1e-12) -> None:
    """One compiled function does at each of these calls what the function does eagerly."""
    compiled = tg.compile(function)
    for given in calls:
        one, other = observed(lambda given=given: function(*given)), observed(lambda given=given: compiled(*given))
        assert alike(one, other, rtol), (given, one, other)


@pytest.mark.parametrize(("function", "inputs"), [
    (lambda x: np.where(x > 0, np.sqrt(np.abs(x)), x).sum(), (V, -V, V * 0, V * nan)),
    (tg.value_and_grad(lambda x: np.where(x > 0, np.sqrt(x), x * x).sum()), (abs(V), V, V * 0, V * nan)),
    (tg.value_and_grad(lambda x: np.max(x, axis=1).sum() + x.min()), (V, -V, V * 0, V * nan, V[::-1])),
    (tg.value_and_grad(lambda x: np.log(x).sum()), (abs(V), V, V * 0)),
    (lambda x: np.exp(x) / (1 + np.exp(x)), (V, V * 1000, V.astype(np.float32) * 100)),
    (tg.value_and_grad(lambda x: (tg.softmax(x, axis=1) * V).sum() + tg.logsumexp(x)), (V, V * 1e3, V * nan, V * inf)),
    (tg.value_and_grad(lambda x: (tg.relu(x) * 2 + tg.leaky_relu(x) + tg.softplus(x) + tg.tanh(x) * tg.sigmoid(x)).sum()),
     (V, V * 1e3, V * 0, -0.0 * V, V * nan, V * inf, V * 1e-300)),
    (tg.value_and_grad(lambda x: 1 / x + np.log(x) + np.sqrt(x)), (2.0, 0.0, -1.0, inf, nan, 1e-320, np.float64(0))),
    (tg.value_and_grad(lambda x: (np.sort(x, axis=0) * V).sum() + np.median(x)), (V, -V, V * 0, V * nan)),
    (lambda x: (np.argmax(x, axis=1), np.argsort(x, axis=0), x > 0, np.isnan(x)), (V, -V, V * nan)),
    (tg.value_and_grad(lambda x: np.std(x) + np.var(x, axis=0).sum() + np.mean(x)), (V, V * 0, V * 1e200, V * nan)),
    (tg.value_and_grad(lambda x: np.prod(x, axis=0).sum() + np.cumprod(x, axis=1).sum()), (V, V * 0, V * nan)),
    (tg.value_and_grad(lambda x: np.sqrt(x).sum()), (abs(V), V * 0, V)),
    (lambda x: x * x, (np.array([100, 3], np.int8), np.array([1, 3], np.int8))),
])  # fmt: skip
def test_other_numbers_of_one_signature_take_their_own_way(function: Function, inputs: tuple[Any, ...]) -> None:
    check(function, *((x,) for x in inputs))


@pytest.mark.parametrize("targets", [(V > 0) * 1.0, (V > 0) * 2.0, (V > 0) * -1.0, V * nan, V * 0 + 0.5])
@pytest.mark.parametrize("scale", [1.0, 1e4, inf, nan])
def test_targets_are_looked_at_in_every_call(targets: Any, scale: float) -> None:
    check(tg.value_and_grad(tg.cross_entropy_with_logits), (V, (V > 0) * 1.0), (V * scale, targets))


@pytest.mark.parametrize("labels", [[2, 2, 2, 2], [0, 1, 3, 0], [0, -1, 2, 1]])
def test_labels_are_looked_at_in_every_call(labels: list[int]) -> None:
    check(tg.value_and_grad(tg.log_likelihood_with_logits), (V, np.array([0, 1, 2, 0])), (V, np.array(labels)))


def test_an_array_may_lie_in_memory_as_it_likes() -> None:
    read_only = V.copy()
    read_only.flags.writeable = False
    arrays = (
        V, np.asfortranarray(V), _WIDE[::2, ::2], V[::-1], V[:, ::-1], read_only, np.broadcast_to(V[0], (4, 3)),
        np.zeros((0, 3)), V.astype(">f8"), V.astype(np.float32), V.astype(np.float16), V > 0, V.astype(int),
    )  # fmt: skip
    check(lambda x: ((x * 2 - 1) ** 2).sum() + np.exp(-x).sum(axis=0).mean(), *((x,) for x in arrays))


def test_numbers_of_every_kind_keep_their_dtypes() -> None:
    numbers = (2, 2.0, True, np.float32(2), np.float64(2), np.int8(2), np.array(2.0), np.array([2.0]), np.bool_(True))
    check(lambda x, k: x * k + k, *((x, k) for k in numbers for x in (V, V.astype(np.float32), 3.0)))


def test_zeros_that_differ_in_sign_only_are_not_one_number() -> None:
    check(lambda x, k: np.copysign(x, k), (V, 0.0), (V, -0.0), (V, nan))


def test_equal_keys_of_other_types_are_other_signatures() -> None:
    check(
        lambda x, k: x * 2 if isinstance(k, bool) else x * k, *((V, k) for k in (1, True, 0, False, 1.0, np.int64(1)))
    )


class Layer(NamedTuple):
    """Arguments may be nested in a class of the user's."""

    w: Any
    b: Any


def test_arguments_and_results_keep_their_nesting() -> None:
    check(lambda p: Layer(p.w * 2, [p.b, {"sum": p.b.sum()}]), (Layer(V, V[0]),))
    check(lambda d: {k: v * 2 for k, v in d.items()}, ({"a": V, "b": V[0]},), ({"b": V[0], "a": V},))
    check(lambda d: type(d)(d), (OrderedDict(a=V),))


def test_errors_are_those_of_the_function_at_every_call() -> None:
    def named(x: Any, n: int) -> Any:
        if x.shape[0] != n:
            raise KeyError(f"n is {n}")
        return x.sum()

    check(named, (V, 4), (V, 5), (V, 4))
    check(lambda x, w: (x @ w).sum(), (V, V.T), (V, V), (V, V[0]), (V, V[:, 0]))
    check(tg.grad(lambda x: x * 2), (V,), (1.0,), (3,), (np.array([1, 2]),))
    check(lambda x: x, (), (V, V), (V,))


def test_an_error_of_the_values_that_the_function_catches_is_no_way_for_all_values() -> None:
    def inverse(x: Any) -> Any:
        try:
            return np.linalg.inv(x).sum()
        except ValueError:
            return x.sum()

    def logarithm(x: Any) -> Any:
        with np.errstate(invalid="raise"):
            try:
                return np.log(x).sum()
            except FloatingPointError:
                return x.sum()

    for function, good, bad in ((inverse, V[:3], np.ones((3, 3))), (logarithm, abs(V), -abs(V))):
        check(function, (good,), (bad,), (good,))  # the program gives up on the bad one
        compiled = tg.compile(function)
        with pytest.raises(tg.errors.CompileError, match=r"test_strangers.py, line .* the function catches"):
            compiled(bad)
        assert same(compiled(good), function(good), 1e-12)


def test_a_slice_is_an_argument() -> None:
    check(lambda x, part: x[part] * 2, (V, slice(0, 2)), (V, slice(1, 3)), (V, slice(None, None, -1)), (V, np.s_[::2]))


def test_results_belong_to_the_caller() -> None:
    slope = tg.compile(tg.value_and_grad(lambda w, x: np.tanh(x @ w).sum()))
    w = np.ones((3, 2))
    _, first = slope(w, V)
    kept = first.copy()
    first[...] = 7
    _, second = slope(w, V)
    _, third = slope(2 * w, V)
    assert np.array_equal(kept, second)
    assert not np.shares_memory(second, third)
    given = V.copy()
    for result in tg.compile(lambda x: (x * 1, x + 0, np.ravel(x) + 0, x.sum(axis=0)))(given):
        result[...] = 0
    assert np.array_equal(given, V)


def _descended(make: Callable[[], tuple[Any, ...]], step: Function, compiled: Function) -> None:
    """Both change the arrays that they are given alike, which may share memory."""
    for function in (step, compiled):
        function(V.copy(), V.copy())
    own, others = make(), make()
    one, other = observed(lambda: step(*own)), observed(lambda: compiled(*others))
    assert alike(one, other)
    assert same(own, others, 1e-12)


def _overlapping() -> tuple[Any, ...]:
    memory = np.arange(20.0)
    return memory[:12].reshape(4, 3), memory[5:17].reshape(4, 3)


def _one_array_twice() -> tuple[Any, ...]:
    w = V.copy()
    return w, w


def _read_only() -> tuple[Any, ...]:
    w = V.copy()
    w.flags.writeable = False
    return w, V.copy()


@pytest.mark.parametrize("make", [
    _overlapping, _one_array_twice, _read_only, lambda: (V[::-1].copy()[::-1], V.copy()),
    lambda: (np.asfortranarray(V), V.copy()), lambda: (V.astype(np.float32), V.astype(np.float32)),
    lambda: (V.astype(np.float32), V.copy()), lambda: (V.copy(), V[0].copy()), lambda: (V.astype(int), V.copy()),
    lambda: (V.copy(), np.ones((5, 4, 3))), lambda: (2.0, V.copy()), lambda: (np.array(2.0), 3.0),
])  # fmt: skip
def test_updates_in_place_reach_the_arrays_of_the_caller(make: Callable[[], tuple[Any, ...]]) -> None:
    def one(w: Any, x: Any) -> Any:
        w -= 0.1 * x
        return (w * x).sum()

    def two(a: Any, b: Any) -> Any:
        a += b
        b *= a
        return a * b

    _descended(make, one, tg.compile(one))
    if make is not _read_only:
        _descended(make, two, tg.compile(two))


def test_nothing_is_updated_where_a_step_fails() -> None:
    def step(w: Any, x: Any) -> Any:
        w -= x
        return np.log(w).sum()

    compiled, w = tg.compile(step), abs(V) + 5
    compiled(w.copy(), V)
    expected, found = w - 9, w.copy()
    with pytest.warns(RuntimeWarning, match="invalid value encountered in log"):
        assert np.isnan(compiled(found, np.full((4, 3), 9.0)))
    assert np.array_equal(found, expected)  # once, although the program gave up and eager evaluation began again


def test_compiled_functions_can_be_nested_and_differentiated() -> None:
    f = tg.compile(lambda x: np.tanh(x) * x)
    g = tg.compile(lambda x: f(x).sum() + f(2 * x).sum())

    def plain(x: Any) -> Any:
        return (np.tanh(x) * x).sum() + (np.tanh(2 * x) * (2 * x)).sum()

    for compiled, eager in ((g, plain), (tg.grad(g), tg.grad(plain)), (tg.compile(tg.grad(g)), tg.grad(plain))):
        assert same(compiled(V), eager(V), 1e-12)
    assert same(tg.hessian(g)(V[0]), tg.hessian(plain)(V[0]), 1e-12)
    assert same(tg.hvp(g, V, V), tg.hvp(plain, V, V), 1e-12)


def test_threads_may_call_one_compiled_function() -> None:
    eager = tg.value_and_grad(lambda w, x: np.tanh(x @ w).sum())
    compiled, wrong = tg.compile(eager), []

    def work(i: int) -> None:
        w, x = np.full((3, 2), 0.1 * i), np.random.default_rng(i).standard_normal((4 + i % 3, 3))
        right = eager(w, x)
        wrong.extend(i for _ in range(30) if not same(compiled(w, x), right, 1e-12))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.parametrize("function", [
    lambda x: float(x.sum()), lambda x: x.sum().item(), lambda x: x if x.sum() > 0 else -x, lambda x: x.tolist(),
    lambda x: x[int(abs(x).sum()) % 4], lambda x: f"{x.sum():.2f}", lambda x: str(x), lambda x: bool((x > 0).all()),
    lambda x: round(x.sum()), lambda x: not x.sum(), lambda x: x[x > 0].sum(), lambda x: np.unique(x),
    lambda x: x * np.random.rand(), print,
])  # fmt: skip
def test_what_takes_a_value_out_or_draws_one_is_refused_or_done_right(function: Function) -> None:
    compiled = tg.compile(function)
    for x in (V, -V):
        other = observed(lambda x=x: compiled(x))
        assert other.refused or alike(observed(lambda x=x: function(x)), other), other


def _squared_gradient(f: Function) -> Any:
    w = tg.Tensor(np.ones((3, 2)), requires_grad=True)
    f(w, V).backward(create_graph=True)
    assert w.grad is not None
    norm = (w.grad * w.grad).sum()
    w.zero_grad()
    norm.backward()
    return w.grad


def _used_twice(f: Function) -> Any:
    w = tg.Tensor(np.ones((3, 2)), requires_grad=True)
    cost = f(w, V) * f(w, tg.Tensor(2 * V)) + w.sum()
    cost.backward()
    cost.backward()
    return cost, w.grad


def _infinite(f: Function) -> Any:
    w = tg.Tensor(np.full((3, 2), np.inf), requires_grad=True)
    cost = f(w, V)
    cost.backward()
    return cost, w.grad


def _per_example(f: Function) -> Any:
    return tg.vmap(tg.grad(lambda w, x: f(w, x)), in_axes=(None, 0))(np.ones(3), V)


@pytest.mark.parametrize("use", [_squared_gradient, _used_twice, _infinite, _per_example])
def test_a_compiled_function_takes_part_in_graphs(use: Callable[[Function], Any]) -> None:
    def f(w: Any, x: Any) -> Any:
        return (np.sqrt(np.tanh(x @ w) + 2) * 3).sum()

    compiled = tg.compile(f)
    for _ in range(2):
        assert alike(observed(lambda: use(f)), observed(lambda: use(compiled)))
