"""What hostile readers found about nodes that a program computed: looking at one, freezing, drawing, differentiating."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.helpers.tensors import gradient, leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.errors import GradientError, StaleGraphError
from tinygrad_lite.nn.layers import linear

X = np.ones((3, 2))


def test_a_second_derivative_that_is_zero_is_not_an_array_of_the_program() -> None:
    def hessian_of_sum() -> Any:
        return tg.grad(lambda w: tg.grad(lambda w: linear(X, w).sum())(w).sum())(np.ones((2, 2)))

    first = hessian_of_sum()
    first += 1
    np.testing.assert_array_equal(hessian_of_sum(), np.zeros((2, 2)))


def test_a_parameter_that_is_frozen_afterwards_leaves_the_graph_as_it_was() -> None:
    w = leaf(np.ones((2, 2)))
    z = linear(X, w)
    out = (z * z).sum()
    w.requires_grad = False
    assert z.primitive is not None
    assert z.primitive.name == "matmul"
    out.backward()
    assert w.grad is None
    assert z.grad is None


@pytest.mark.parametrize("f", [tg.sigmoid, tg.relu, tg.softmax], ids=lambda f: f.__name__)
def test_within_no_grad_gradients_are_not_recorded(f: Any) -> None:
    for unfolded in (False, True):
        with recorded(unfolded=unfolded):
            x = leaf([1.0, 2.0])
            y = f(x)
            with tg.no_grad():
                (g,) = tg.pull_back([y], [np.array([1.0, 2.0])], [x], create_graph=True)
        assert not g.requires_grad
        assert g.primitive is None
        tg.draw(g)


@programs_run
def test_after_a_step_a_node_can_be_printed_and_asked_but_not_looked_into() -> None:
    w = leaf(np.ones((2, 2)))
    z = linear(X, w)
    z.sum().backward()
    tg.optim.SGD([w], 0.1).step()
    assert "primitive=linear" in repr(z)
    z += 1
    assert z.shape == (3, 2)
    y = linear(X, w)
    tg.optim.SGD([w], 0.1).step()
    with pytest.raises(GradientError, match="linear"):
        y.data = X
    with pytest.raises(GradientError):
        y.requires_grad = False
    with pytest.raises(StaleGraphError):
        tg.graph(y)


def test_a_stale_branch_that_is_not_asked_for_refuses_nothing() -> None:
    x, w, old = leaf([1.0, 2.0]), leaf([1.0, 2.0]), leaf([1.0, 1.0])
    out = (tg.sigmoid(w) * x).sum() + (tg.sigmoid(old) * old).sum()
    old.data = [3.0, 3.0]
    (slope,) = tg.pull_back([out], [np.float64(1)], [x])
    np.testing.assert_array_equal(slope, tg.sigmoid(w.numpy()))


def test_what_is_wanted_itself_may_be_newer_than_its_inputs_data() -> None:
    w = leaf([1.0, 2.0])
    z = (w * 2.0) * w
    out = (z * z).sum()
    before = z.numpy()
    w.data = [3.0, 4.0]
    np.testing.assert_array_equal(tg.pull_back([out], [np.float64(1)], [z])[0], 2 * before)


@pytest.mark.parametrize("f", [tg.leaky_relu, tg.relu, lambda z: linear(X, Tensor(np.ones((2, 2))), z)])
def test_a_gradient_that_depends_on_no_number_is_a_constant(f: Any) -> None:
    z = leaf(np.ones(2))
    out = f(z)
    (g,) = tg.pull_back([out], [np.ones(out.shape)], [z], create_graph=True)
    repr(g)
    tg.graph(g)
    if g.requires_grad:
        assert tg.pull_back([(g * 2.0).sum()], [np.float64(1)], [z]) == [None]


def test_third_derivatives_through_kinks_and_smooth_functions() -> None:
    def f(z: Any) -> Any:
        return (tg.relu(tg.sigmoid(z)) ** 2).sum()

    z, v = np.array([0.3, -0.4]), np.array([1.0, 2.0])

    def third() -> Any:
        return tg.grad(lambda z: (tg.hvp(f, z, v) * v).sum())(z)

    got = third()
    with recorded(unfolded=True):
        expected = third()
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_gradients_by_a_part_of_a_functions_arguments_are_those_of_its_primitives() -> None:
    a, y, w = leaf(np.full((3, 2), 0.3)), leaf(np.full((3, 2), 0.6)), leaf(np.ones((2, 2)))
    for create_graph in (False, True):
        for wanted in ([a], [y], [w], [a, w]):
            slopes = []
            for unfolded in (False, True):
                with recorded(unfolded=unfolded):
                    out = tg.quadratic_cost(linear(a, w), y) + tg.cross_entropy(tg.sigmoid(a), y)
                    found = tg.pull_back([out], [np.float64(1)], wanted, create_graph=create_graph)
                slopes.append([np.asarray(c.detach() if isinstance(c, Tensor) else c) for c in found])
            for one, other in zip(*slopes, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-14)


def test_a_folded_node_keeps_its_name_and_gradient_when_it_is_looked_into() -> None:
    w = leaf(np.ones((2, 2)))
    z = linear(X, w)
    z.name = "z"
    z.retain_grad()
    (z * z).sum().backward()
    tg.graph(z)
    assert z.name == "z"
    np.testing.assert_array_equal(gradient(z), np.full((3, 2), 4.0))


@pytest.mark.parametrize("f", [tg.sigmoid, tg.tanh, tg.softmax, tg.softplus, tg.relu], ids=lambda f: f.__name__)
def test_second_derivatives_by_a_computed_node_do_not_depend_on_who_has_looked(f: Any) -> None:
    found = []
    for look in (False, True):
        x = leaf([0.3, 1.0])
        a = f(x)
        if look:
            tg.graph(a)
        (g,) = tg.pull_back([a], [np.array([1.0, 2.0])], [x], create_graph=True)
        if g.requires_grad:
            found.append(tg.pull_back([(g * g).sum()], [np.float64(1)], [a, x]))
        else:
            found.append([None, None])
    for one, other in zip(*found, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=1e-13)
