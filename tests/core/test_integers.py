"""Integers and booleans beside a tensor that learns: rules compute with them as with the floats of the same value."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.grouped import in_groups
from tests.helpers.samples import DOMAINS
from tests.helpers.tensors import gradient, leaf
from tinygrad_lite.core.primitives import TABLE

# What wraps around: −y and 1 − y of unsigned numbers, −y of the smallest, and the booleans, which have no minus.
INTEGERS = [
    np.array([0, 1, 200], np.uint8), np.array([0, 1, 2**40], np.uint64), np.array([-128, 0, 127], np.int8),
    np.array([np.iinfo(np.int64).min, 3, np.iinfo(np.int64).max]), np.array([True, False, True]),
]  # fmt: skip
OF_TWO = [n for n, entry in TABLE.items() if n in DOMAINS and len(DOMAINS[n]) == 2 and entry.vjps is not None]
integers = pytest.mark.parametrize("integer", INTEGERS, ids=lambda y: str(y.dtype))


def slopes(f: Callable[[Any, Any], Any], x: Any, y: Any) -> list[Any]:
    """The value, the gradient by x and the second derivative along it."""
    t = leaf(x)
    value = f(t, y)
    value.sum().backward(create_graph=True)
    first, second = t.grad, None
    assert first is not None
    if first.requires_grad:
        t.zero_grad()
        first.sum().backward()
        second = gradient(t)
    return [value.numpy(), first.numpy(), second]


@integers
@in_groups("name, place", product(OF_TWO, [0, 1]), by=lambda case: str(case[0]))
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::tinygrad_lite.NumericsWarning")
def test_an_integer_operand_gives_what_its_float_gives(name: str, place: int, integer: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        return TABLE[name](y, x) if place == 0 else TABLE[name](x, y)

    for x in (np.array([1.5, 0.25, 2.5]), np.array([1.5, 0.25, 2.5], np.float32)):
        expected = slopes(f, x, integer.astype(np.result_type(x, integer)))
        for y in (integer, tg.Tensor(integer)):
            for got, want in zip(slopes(f, x, y), expected, strict=True):
                if TABLE[name].ufunc is not None:
                    np.testing.assert_array_equal(got, want, strict=want is not None)
                elif want is not None:  # NumPy has no such function, so nobody says that the result is a float32
                    np.testing.assert_allclose(got, want, rtol=1e-6)


@integers
def test_products_of_matrices_with_integers(integer: Any) -> None:
    matrix = np.stack([integer, integer[::-1]])
    for f in (lambda x, y: x @ y.T, lambda x, y: y @ x, lambda x, y: np.einsum("i,ji->j", x, y)):
        for y in (matrix, tg.Tensor(matrix)):
            expected = slopes(f, np.array([1.5, 0.25, 2.5]), matrix.astype(float))
            for got, want in zip(slopes(f, np.array([1.5, 0.25, 2.5]), y)[:2], expected[:2], strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-15)


COSTS = [tg.quadratic_cost, tg.cross_entropy, tg.cross_entropy_with_logits]
TARGETS = [np.uint8, np.int8, np.int64, np.bool_, np.float32]


@pytest.mark.parametrize("cost", COSTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", TARGETS)
def test_targets_of_any_kind_cost_the_same(cost: Any, dtype: Any) -> None:
    a, y = np.array([0.3, 0.4, 0.9]), np.array([1.0, 0.0, 1.0])
    expected = cost(a, y)
    for target in (y.astype(dtype), tg.Tensor(y.astype(dtype)), tg.Tensor(y.astype(dtype), name="y")):
        for outputs in (a, leaf(a)):
            assert np.asarray(cost(outputs, target).item()) == expected
    np.testing.assert_array_equal(tg.grad(cost)(a, y.astype(dtype)), tg.grad(cost)(a, y))


@pytest.mark.parametrize("cost", [tg.log_likelihood, tg.log_likelihood_with_logits], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", TARGETS)
def test_one_hot_rows_of_any_kind_cost_the_same(cost: Any, dtype: Any) -> None:
    a, y = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]), tg.one_hot([0, 2], 3).numpy()
    for target in (y.astype(dtype), tg.one_hot([0, 2], 3, dtype=dtype)):
        assert cost(leaf(a), target).item() == cost(a, y).item()
    np.testing.assert_array_equal(tg.grad(cost)(a, y.astype(dtype)), tg.grad(cost)(a, y))


def test_outputs_that_are_integers_do_not_wrap_around() -> None:
    a, y = np.array([200, 3], np.uint8), np.array([0, 255], np.uint8)
    assert tg.quadratic_cost(a, y) == (200.0**2 + 252.0**2) / 4
    assert tg.log_likelihood_with_logits(a, np.array(0, np.uint8)) == 0.0


ACTIVATIONS = [
    tg.sigmoid, tg.tanh, tg.relu, tg.leaky_relu, tg.softplus, tg.softmax, tg.log_softmax, tg.logsumexp,
]  # fmt: skip


@pytest.mark.parametrize("f", ACTIVATIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("integer", [np.array([0, 1, 200], np.uint8), np.array([-128, 0, 127], np.int8)], ids=str)
def test_activations_of_integers_are_those_of_their_floats(f: Any, integer: Any) -> None:
    np.testing.assert_array_equal(f(integer), f(integer.astype(float)))
    np.testing.assert_array_equal(f(tg.Tensor(integer)).numpy(), f(integer.astype(float)))
