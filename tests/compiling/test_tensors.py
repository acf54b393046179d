"""Compiled functions of Tensors: Tensors come out, with gradients that a program computes, until somebody looks inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import leaf
from tinygrad_lite.errors import StaleGraphError

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((5, 3)), RNG.integers(0, 2, (5, 2)).astype(float)
W, B = RNG.standard_normal((3, 2)), RNG.standard_normal(2)


def cost(w: Any, b: Any, x: Any, y: Any) -> Any:
    return tg.cross_entropy_with_logits(x @ w + b, y)


def gradients(f: Any, w: Any, b: Any) -> list[Any]:
    w.zero_grad()
    b.zero_grad()
    f(w, b, X, Y).backward()
    return [w.grad.numpy(), b.grad.numpy()]


def test_a_compiled_cost_trains_as_the_cost_does() -> None:
    def trained(f: Any) -> list[Any]:
        w, b = leaf(W), leaf(B)
        optimizer = tg.optim.SGD([w, b], lr=0.5, momentum=0.9)
        for _ in range(4):
            optimizer.zero_grad()
            f(w, b, X, Y).backward()
            optimizer.step()
        return [w.numpy(), b.numpy()]

    compiled = tg.compile(cost)
    for a, b in zip(trained(compiled), trained(cost), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert compiled.programs == 1
    assert compiled.last.eager_runs == 0


def test_what_it_was_computed_from_is_there_when_somebody_looks() -> None:
    w, b = leaf(W), leaf(B)
    compiled = tg.compile(cost)
    got, expected = compiled(w, b, X, Y), cost(w, b, X, Y)
    assert got.made_by == "cost"
    names = [[t.primitive.name for t in tg.graph(c) if t.primitive is not None] for c in (got, expected)]
    assert names[0] == names[1]
    assert [t.serial for t in tg.graph(got)] == sorted(t.serial for t in tg.graph(got))


def test_second_derivatives_and_what_is_computed_before_and_after() -> None:
    w, b = leaf(W), leaf(B)
    compiled = tg.compile(cost)

    def around(f: Any) -> Any:
        return lambda w, b, x, y: f(np.tanh(w), b, x, y) ** 2

    for a, e in zip(gradients(around(compiled), w, b), gradients(around(cost), w, b), strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-12)
    np.testing.assert_allclose(
        tg.hvp(lambda w: compiled(w, B, X, Y), W, np.ones_like(W)),
        tg.hvp(lambda w: cost(w, B, X, Y), W, np.ones_like(W)),
        rtol=1e-12,
    )


def test_data_that_changed_before_backward_is_noticed() -> None:
    w, b = leaf(W), leaf(B)
    result = tg.compile(cost)(w, b, X, Y)
    w.data = w.numpy() + 1.0
    with pytest.raises(StaleGraphError):
        result.backward()


def test_arrays_that_changed_before_backward_count_as_they_were() -> None:
    w, b, x = leaf(W), leaf(B), X.copy()
    result = tg.compile(cost)(w, b, x, Y)
    x[:] = 0.0
    result.backward()
    expected = leaf(W)
    cost(expected, leaf(B), X, Y).backward()
    np.testing.assert_allclose(w.grad.numpy(), expected.grad.numpy(), rtol=1e-12)


def test_an_array_without_axes_counts_as_it_was() -> None:
    w, x = leaf(2.0), np.array(3.0)
    result = tg.compile(lambda w, x: w * x)(w, x)
    x[...] = 7.0
    result.backward()
    assert w.grad.item() == 3.0


def test_nothing_is_recorded_without_gradients() -> None:
    compiled = tg.compile(cost)
    with tg.no_grad():
        assert not compiled(leaf(W), leaf(B), X, Y).requires_grad
    assert not compiled(tg.Tensor(W), tg.Tensor(B), X, Y).requires_grad


def test_arrays_come_out_where_eager_evaluation_gives_arrays() -> None:
    model = tg.nn.MLP([3, 4, 2], rng=0)
    slope = tg.grad(lambda x: (model(x) ** 2).sum())
    got = tg.compile(slope)(X)
    assert type(got) is np.ndarray
    np.testing.assert_allclose(got, slope(X), rtol=1e-12)
    assert isinstance(tg.compile(lambda x: model(x))(X), tg.Tensor)


def test_each_result_unfolds_into_its_own_nodes_whatever_stands_beside_it() -> None:
    def several(w: Any, x: Any) -> Any:
        square, double = (w * w).sum(), x * 2
        return w, {"double": double, "square": square}, square, (w * 3).sum()

    w = leaf([1.0, 2.0])
    same, named, again, last = tg.compile(several)(w, np.arange(2.0))
    assert same is w
    assert again is named["square"]
    assert type(named["double"]) is np.ndarray
    assert [x.primitive.name for x in tg.graph(again) if x.primitive is not None] == ["multiply", "sum"]
    assert [x.primitive.name for x in tg.graph(last) if x.primitive is not None] == ["multiply", "sum"]
    assert [x.item() for x in (again, last)] == [5.0, 9.0]


def test_a_tensor_that_is_returned_twice_is_one_tensor() -> None:
    x = leaf([1.0, 2.0])
    one, other, third = tg.compile(lambda x: (x * 2, x * 2, x * 3))(x)
    assert one is not other
    (one * other * third).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 36 * x.numpy() ** 2)
    y = leaf([1.0, 2.0])
    one, other = tg.compile(lambda x: (x * 2,) * 2)(y)
    assert one is other
    (one * other).sum().backward()
    np.testing.assert_allclose(y.grad.numpy(), 8 * y.numpy())


def test_nodes_belong_to_the_composite_in_which_the_compiled_function_was_called() -> None:
    compiled = tg.compile(lambda w: (w * 2).sum())
    outer = tg.composite(lambda w: compiled(w) + 1)
    result = outer(leaf([1.0, 2.0]))
    calls = {x.call for x in tg.graph(result) if x.primitive is not None}
    assert calls == {result.call}


class Scaled:
    """What a function reaches: a weight, and an array that is no Tensor."""

    def __init__(self) -> None:
        self.weight = leaf([3.0, 4.0])
        self.power = np.array(2.0)


def test_a_tensor_that_is_reached_is_not_taken_for_an_argument() -> None:
    scaled = Scaled()
    compiled = tg.compile(lambda x: x * scaled.weight)
    np.testing.assert_array_equal(compiled(leaf([1.0, 1.0])).numpy(), [3.0, 4.0])
    np.testing.assert_array_equal(compiled(leaf([2.0, 2.0])).numpy(), [6.0, 8.0])


@pytest.mark.parametrize("change", [
    lambda scaled, x: x.fill(0.0), lambda scaled, x: scaled.power.fill(7.0),
    lambda scaled, x: setattr(scaled, "power", np.array(5.0)), lambda scaled, x: setattr(scaled, "weight", leaf([0.0, 0.0])),
])  # fmt: skip
def test_what_changes_after_the_call_counts_as_it_was_also_where_somebody_looks_inside(change: Any) -> None:
    def gradients_of(f: Any, change: Any) -> list[Any]:
        scaled, w, x = Scaled(), leaf([0.5, -2.0]), np.array([1.0, 3.0])
        cost = f(scaled)(w, x)
        change(scaled, x)
        cost.backward(create_graph=True)
        first, w.grad = w.grad, None
        (first * first).sum().backward()
        return [first.numpy(), w.grad.numpy()]

    def function(scaled: Any) -> Any:
        return lambda w, x: (scaled.power * scaled.weight * x * w**3).sum()

    expected = gradients_of(function, lambda scaled, x: None)
    for a, e in zip(gradients_of(lambda scaled: tg.compile(function(scaled)), change), expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-12)


def test_nested_arguments_and_one_tensor_given_twice_unfold() -> None:
    def function(pair: Any, named: Any, *, power: float) -> Any:
        return (pair[0] * named["w"] * pair[1]).sum() ** power

    def slopes(f: Any) -> Any:
        w, x = leaf([1.0, 2.0]), np.array([3.0, 4.0])
        result = f([w, x], {"w": w}, power=2.0)
        names = [t.primitive.name for t in tg.graph(result) if t.primitive is not None]
        result.backward()
        return names, w.grad.numpy().tolist()

    assert slopes(tg.compile(function)) == slopes(function)


def test_a_function_that_changes_something_else_has_gradients_of_every_order() -> None:
    def steps(compiled: bool) -> list[Any]:
        mean, w = np.zeros(3), leaf(W[:, 0])

        def function(w: Any, x: Any, mean: Any) -> Any:
            mean *= 0.5
            mean += x.mean(axis=0)
            return ((x - mean) @ w**3).sum()

        f, found = tg.compile(function) if compiled else function, []
        for _ in range(2):
            cost = f(w, X, mean)
            cost.backward(create_graph=True)
            first, w.grad = w.grad, None
            (first * first).sum().backward()
            found += [first.numpy(), w.grad.numpy(), mean.copy()]
            w.zero_grad()
        return found

    for a, e in zip(steps(True), steps(False), strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-12)
