"""Cotangents of composites as one node each: equal to those of the body, to the third derivative, whoever looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.helpers.tensors import leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core.graph import SERIAL_STEP, next_serial
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.errors import GradientError, StaleGraphError
from tinygrad_lite.generating.composites import PROGRAMS
from tinygrad_lite.nn.layers import linear

FLOATS = np.float64, np.float32
R = np.random.default_rng(7)
Z, W, B, X = R.normal(size=(4, 3)), R.normal(size=(3, 3)), R.normal(size=3), R.normal(size=(4, 3))
ROWS = tg.softmax(R.normal(size=(4, 3)))
CLASSES = np.array([0, 2, 1, 1])
TARGETS = tg.one_hot(CLASSES, 3)
FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    **{f.__name__: (f, (Z,)) for f in (tg.sigmoid, tg.tanh, tg.relu, tg.leaky_relu, tg.softplus, tg.softmax, tg.log_softmax, tg.logsumexp)},
    **{f"{f.__name__} axis 0": (lambda z, f=f: f(z, axis=0), (Z,)) for f in (tg.softmax, tg.log_softmax, tg.logsumexp)},
    "quadratic_cost": (tg.quadratic_cost, (Z, X)),
    "cross_entropy": (tg.cross_entropy, (tg.sigmoid(Z), tg.sigmoid(X))),
    "cross_entropy_with_logits": (tg.cross_entropy_with_logits, (Z, tg.sigmoid(X))),
    "log_likelihood of rows": (tg.log_likelihood, (ROWS, TARGETS)),
    "log_likelihood_with_logits of rows": (tg.log_likelihood_with_logits, (Z, TARGETS)),
    "log_likelihood of classes": (lambda a: tg.log_likelihood(a, CLASSES), (ROWS,)),
    "log_likelihood_with_logits of classes": (lambda z: tg.log_likelihood_with_logits(z, CLASSES), (Z,)),
    "linear": (linear, (X, W, B)),
    "linear without bias": (linear, (X, W)),
}  # fmt: skip
each_function = pytest.mark.parametrize("name", FUNCTIONS)


def in_both_ways(compute: Callable[[], Any]) -> tuple[Any, Any]:
    """By programs, and by the primitives of the bodies."""
    found = []
    for unfolded in (False, True):
        with recorded(unfolded=unfolded):
            found.append(compute())
    return found[0], found[1]


def slopes_by(f: Callable[..., Any], arrays: tuple[Any, ...]) -> tuple[Any, Tensor, list[Any]]:
    """Leaves, an upstream gradient that is a leaf, too, and the cotangents of the leaves, recorded."""
    leaves = [leaf(a) for a in arrays]
    out = f(*leaves)
    g = leaf(np.linspace(0.5, 1.5, max(out.size, 1)).reshape(out.shape).astype(out.dtype))
    return leaves, g, tg.pull_back([out], [g], leaves, create_graph=True)


def assert_alike(found: Any, expected: Any, dtype: Any = np.float64) -> None:
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.dtype == other.dtype
            assert one.shape == other.shape
            scale = max(1.0, float(np.max(np.abs(other))))
            np.testing.assert_allclose(
                one, other, rtol=200 * np.finfo(dtype).eps, atol=50 * scale * np.finfo(dtype).eps
            )


def test_every_generated_program_has_second_derivatives_here() -> None:
    names = {name.split(" axis")[0].replace(" ", "_") for name in FUNCTIONS}
    assert set(PROGRAMS) <= names


@each_function
@pytest.mark.parametrize("dtype", FLOATS)
def test_second_and_third_derivatives_are_those_of_the_body(name: str, dtype: Any) -> None:
    f, arrays = FUNCTIONS[name]

    def derivatives() -> Any:
        leaves, g, first = slopes_by(f, tuple(a.astype(dtype) for a in arrays))
        seeds = [np.cos(np.arange(c.size)).reshape(c.shape).astype(dtype) for c in first]
        tracked = [(c, Tensor(h)) for c, h in zip(first, seeds, strict=True) if c.requires_grad]
        asked = [g, *leaves]
        plain = tg.pull_back([c for c, _ in tracked], [h.numpy() for _, h in tracked], asked)  # by the programs
        second = tg.pull_back([c for c, _ in tracked], [h for _, h in tracked], asked, create_graph=True)
        deeper = [(c, np.sin(1 + np.arange(c.size)).reshape(c.shape).astype(dtype)) for c in second if c is not None]
        deeper = [(c, k) for c, k in deeper if c.requires_grad]
        third = tg.pull_back([c for c, _ in deeper], [k for _, k in deeper], asked) if deeper else []
        return plain, [c if c is None else c.numpy() for c in second], third

    for found, expected in zip(*in_both_ways(derivatives), strict=True):
        assert_alike(found, expected, dtype)


@programs_run
@each_function
def test_a_recorded_cotangent_is_one_node(name: str) -> None:
    f, arrays = FUNCTIONS[name]
    leaves = [leaf(a) for a in arrays]
    out = f(*leaves)
    g = Tensor(np.ones(out.shape))
    before = next_serial()
    tg.pull_back([out], [g], leaves, create_graph=True)
    made = (next_serial() - before) // SERIAL_STEP - 1
    assert made == len(leaves)


@each_function
def test_who_looks_at_a_cotangent_finds_the_nodes_of_the_body(name: str) -> None:
    f, arrays = FUNCTIONS[name]

    def names() -> list[str]:
        _, _, found = slopes_by(f, arrays)
        return [node.primitive.name for c in found for node in tg.graph(c) if node.primitive is not None]

    found, expected = in_both_ways(names)
    assert sorted(found) == sorted(expected)


@each_function
def test_a_cotangent_gives_the_same_after_somebody_has_looked(name: str) -> None:
    f, arrays = FUNCTIONS[name]
    found = []
    for look in (False, True):
        leaves, g, first = slopes_by(f, arrays)
        if look:
            for c in first:
                tg.draw(c)
        tracked = [c for c in first if c.requires_grad]
        found.append(tg.pull_back(tracked, [np.ones(c.shape) for c in tracked], [g, *leaves]))
    assert_alike(*found)


def test_one_tensor_as_two_arguments() -> None:
    def hessian() -> Any:
        return tg.hvp(lambda a: tg.cross_entropy(a, a), tg.sigmoid(Z), X)

    assert_alike(*((c,) for c in in_both_ways(hessian)))


def test_arguments_that_depend_on_each_other() -> None:
    def product() -> Any:
        return tg.hvp(lambda a: tg.quadratic_cost(a, tg.sigmoid(a * a)), Z, X)

    assert_alike(*((c,) for c in in_both_ways(product)))


def test_nets_of_two_layers_have_the_hessian_of_their_primitives() -> None:
    def cost(w: Any, v: Any, b: Any) -> Any:
        hidden = tg.tanh(linear(X, w, b))
        return tg.log_likelihood_with_logits(linear(hidden, v), CLASSES) + tg.quadratic_cost(tg.softmax(hidden), ROWS)

    def products() -> Any:
        return tg.hvp(cost, (W, W.T.copy(), B), (W.T.copy(), W, B))

    assert_alike(*in_both_ways(products))


def test_a_result_that_retains_its_gradient_gets_its_share_of_a_second_derivative() -> None:
    def shares() -> Any:
        x = leaf(B)
        a = tg.sigmoid(x)
        a.retain_grad()
        (g,) = tg.pull_back([a], [np.ones(3)], [x], create_graph=True)
        (g * g).sum().backward()
        return [a.grad.numpy(), x.grad.numpy()]  # type: ignore[union-attr]

    assert_alike(*in_both_ways(shares))


def test_by_a_node_inside_of_the_body_that_somebody_has_looked_up() -> None:
    def shares(late: bool) -> Any:
        x = leaf(B)
        a = tg.sigmoid(x)
        if not late:
            tg.graph(a)
        (g,) = tg.pull_back([a], [np.ones(3)], [x], create_graph=True)
        e = next(node for node in tg.graph(a) if node.made_by == "exp")
        return tg.pull_back([(g * g).sum()], [np.float64(1)], [e, x])

    assert_alike(shares(late=True), shares(late=False))


@programs_run
def test_a_changed_argument_is_refused_and_not_looked_into() -> None:
    w = leaf(W)
    (g,) = tg.pull_back([tg.tanh(w)], [np.ones((3, 3))], [w], create_graph=True)
    total = g.sum()
    w.data = W + 1
    with pytest.raises(StaleGraphError):
        total.backward()
    with pytest.raises(StaleGraphError):
        tg.graph(g)


@programs_run
def test_messages_name_the_derivative() -> None:
    w = leaf(W)
    (g,) = tg.pull_back([tg.tanh(w)], [np.ones((3, 3))], [w], create_graph=True)
    with pytest.raises(GradientError, match="the derivative of tanh"):
        g.data = W


def test_a_parameter_that_is_frozen_afterwards_leaves_its_cotangents_as_they_were() -> None:
    def looked() -> Any:
        w = leaf(W)
        (g,) = tg.pull_back([tg.tanh(w)], [np.ones((3, 3))], [w], create_graph=True)
        w.requires_grad = False
        return sorted(node.primitive.name for node in tg.graph(g) if node.primitive is not None)

    found, expected = in_both_ways(looked)
    assert found == expected
