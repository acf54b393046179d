"""Gradients have their tensor's dtype, and every cotangent on the way has its graph's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.tensors import gradient, leaf
from tinygrad_lite import Tensor
from tinygrad_lite.core.backprop import sweep
from tinygrad_lite.tensor import troubles


@pytest.fixture
def cotangents(monkeypatch: pytest.MonkeyPatch) -> set[Any]:
    """The dtypes of all upstream gradients that reach a node, whatever way its rules are called."""
    seen: set[Any] = set()

    def spied(seeds: Any, wanted: Any = None, pull: Any = None) -> Any:
        def look(g: Any, node: Any) -> Any:
            seen.add(g.dtype)
            return node.pull(g, node) if pull is None else pull(g, node)

        return sweep(seeds, wanted, look)

    monkeypatch.setattr(troubles, "sweep", spied)
    return seen


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("create_graph", [False, True])
def test_every_cotangent_has_the_graphs_dtype(dtype: Any, create_graph: bool, cotangents: set[Any]) -> None:
    rng = np.random.default_rng(1)
    w, b, x = (leaf(rng.standard_normal(s).astype(dtype)) for s in ((3, 2), (2,), (4, 3)))
    z = x @ w + b
    costs = [
        tg.cross_entropy(tg.sigmoid(z), np.zeros((4, 2), dtype)),
        tg.quadratic_cost(tg.tanh(z), np.zeros((4, 2), dtype)),
        tg.log_likelihood(tg.softmax(z), np.array([0, 1, 0, 1])),
        tg.log_likelihood_with_logits(z, np.array([0, 1, 0, 1])),
        tg.cross_entropy_with_logits(z, np.zeros((4, 2), dtype)),
        tg.logsumexp(tg.softplus(z) * 0.5 + 1, axis=None) + tg.leaky_relu(z).mean() + z.var() + np.linalg.norm(z),
        np.clip(z, -1, 1).max() + (z[[0, 0]] ** 3).sum() + (2**z).prod() + np.logaddexp(z, 0.0).std(),
    ]
    for cost in costs:
        assert cost.dtype == dtype
        cost.backward(create_graph=create_graph)
    for t in (w, b, x):
        assert t.grad is not None
        assert t.grad.dtype == dtype
    assert cotangents == {np.dtype(dtype)}


def test_a_graph_of_two_precisions_gives_each_leaf_its_own() -> None:
    single, double = leaf(np.array([1.1, 2.2], np.float32)), leaf(np.array([3.3, 4.4]))
    for create_graph in (False, True):
        single.zero_grad()
        double.zero_grad()
        out = (single * double + single.astype(np.float64) * 2).sum()
        assert out.dtype == np.float64
        out.backward(create_graph=create_graph)
        for t, expected in ((single, (double.numpy() + 2).astype(np.float32)), (double, single.numpy().astype(float))):
            assert gradient(t).dtype == t.dtype
            np.testing.assert_allclose(gradient(t), expected, rtol=1e-7 if t is single else 1e-15)


def test_half_precision_and_integers_on_the_way() -> None:
    x = leaf(np.array([1.0, 2.0], np.float16))
    (x * np.array([2, 3], np.int8)).sum().backward()
    np.testing.assert_array_equal(gradient(x), np.array([2, 3], np.float16))
    assert gradient(x).dtype == np.float16
    y = leaf([1.5, 2.5])
    (y.astype(int) * y).sum().backward()
    np.testing.assert_array_equal(gradient(y), [1.0, 2.0])


@pytest.mark.parametrize(
    "upstream", [np.ones(2), np.ones(2, int), [1, 1], Tensor(np.ones(2))], ids=lambda u: str(type(u))
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_an_upstream_gradient_takes_the_graphs_dtype_first(
    upstream: Any, create_graph: bool, cotangents: set[Any]
) -> None:
    x = leaf(np.array([1.0, 2.0], np.float32))
    np.exp(x * x).backward(upstream, create_graph=create_graph)
    assert cotangents == {np.dtype(np.float32)}
    tg.vjp(lambda x: np.exp(x * x), x.numpy())[1](upstream)
    tg.jvp(lambda x: np.exp(x * x), x.numpy(), upstream)
    assert cotangents == {np.dtype(np.float32)}


def test_scalars_of_two_precisions_have_second_derivatives() -> None:
    x, y = tg.Tensor(np.float32(2.0), requires_grad=True), tg.Tensor(np.float64(3.0), requires_grad=True)
    (x * x * y * x).backward(create_graph=True)
    slope = x.grad
    assert slope is not None
    x.zero_grad()
    slope.backward()
    assert (x.grad.item(), x.grad.dtype) == (36.0, np.float32)  # 6 x y


def test_a_scalar_summed_over_an_axis_that_numpy_allows_has_a_gradient() -> None:
    x = tg.Tensor(2.0, requires_grad=True)
    (np.sum(x * x, axis=0) * 3.0).backward()
    assert x.grad.item() == 12.0
