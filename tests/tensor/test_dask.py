"""A Dask array inside a Tensor: nothing is computed until the user asks, and the gradient is NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.repository import needed
from tinygrad_lite import Tensor
from tinygrad_lite.errors import DTypeError, ShapeError

dask, da = needed("dask"), needed("dask.array")

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((12, 4)), RNG.random((12, 3))
CLASSES = np.eye(3)[RNG.integers(3, size=12)]
W, B = RNG.standard_normal((4, 3)), RNG.standard_normal(3)


@pytest.fixture(autouse=True)
def nothing_is_computed() -> Any:
    """A scheduler that refuses to run, except inside `computed`."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("something was computed")

    with dask.config.set(scheduler=refuse):
        yield


def computed(x: Any) -> Any:
    assert isinstance(x, da.Array)
    with dask.config.set(scheduler="synchronous"):
        return x.compute()


def lazy(array: Any) -> Any:
    return da.from_array(array, chunks=(5, *array.shape[1:]) if array.ndim > 1 else -1)


MODELS: dict[str, Callable[..., Any]] = {
    "quadratic": lambda x, y, w, b: tg.quadratic_cost(tg.sigmoid(x @ w + b), y),
    "logits": lambda x, y, w, b: tg.cross_entropy_with_logits(x @ w + b, y),
    "cross-entropy": lambda x, y, w, b: tg.cross_entropy(tg.sigmoid(x @ w + b), y),
    "softmax": lambda x, y, w, b: tg.log_likelihood_with_logits(x @ w + b, CLASSES),
    "tanh, relu, l2": lambda x, y, w, b: ((tg.tanh(x @ w + b) - tg.relu(x @ w)) ** 2).mean() + tg.nn.l2([w], 0.1),
    "leaky, softplus, exp": lambda x, y, w, b: (tg.softplus(x @ w) * tg.leaky_relu(x @ w + b) + np.exp(-(b * b))).sum(),
}


@pytest.mark.parametrize("name", MODELS)
def test_forward_and_backward_stay_lazy_and_give_numpys_gradient(name: str) -> None:
    eager = [Tensor(a, requires_grad=True) for a in (X, W, B)]
    delayed = [Tensor(lazy(a), requires_grad=True) for a in (X, W, B)]
    costs = []
    for (x, w, b), y in ((eager, Y), (delayed, lazy(Y))):
        cost = MODELS[name](x, y, w, b)
        cost.backward()
        costs.append(cost.data)
    np.testing.assert_allclose(computed(costs[1]), costs[0], rtol=1e-12)
    for mine, its in zip(eager, delayed, strict=True):
        assert mine.grad is not None
        assert its.grad is not None
        assert its.grad.shape == mine.shape
        np.testing.assert_allclose(computed(its.grad.data), mine.grad.numpy(), rtol=1e-11, atol=1e-14)


def test_lazy_examples_and_weights_in_memory() -> None:
    w, b = Tensor(W, requires_grad=True), Tensor(B, requires_grad=True)
    tg.quadratic_cost(tg.sigmoid(Tensor(lazy(X)) @ w + b), lazy(Y)).backward()
    expected = tg.grad(lambda w: tg.quadratic_cost(tg.sigmoid(X @ w + B), Y))(W)
    assert w.grad is not None
    np.testing.assert_allclose(computed(w.grad.data), expected, rtol=1e-12)


def test_transforms_and_second_derivatives_stay_lazy() -> None:
    def cost(w: Any) -> Any:
        return tg.quadratic_cost(tg.sigmoid(lazy(X) @ w), lazy(Y))

    def eager(w: Any) -> Any:
        return tg.quadratic_cost(tg.sigmoid(X @ w), Y)

    value, slope = tg.value_and_grad(cost)(lazy(W))
    np.testing.assert_allclose(computed(value), eager(W), rtol=1e-12)
    np.testing.assert_allclose(computed(slope), tg.grad(eager)(W), rtol=1e-12)
    product = tg.hvp(cost, lazy(W), lazy(W))
    np.testing.assert_allclose(computed(product), tg.hvp(eager, W, W), rtol=1e-10)
    change = tg.jvp(cost, lazy(W), lazy(W))[1]
    np.testing.assert_allclose(computed(change), tg.jvp(eager, W, W)[1], rtol=1e-10)


def test_a_step_of_gradient_descent_stays_lazy() -> None:
    w = Tensor(lazy(W), requires_grad=True)
    optimiser = tg.optim.SGD([w], lr=0.5, momentum=0.9)
    expected = W
    for step in range(2):
        optimiser.zero_grad()
        (w * w).sum().backward()
        optimiser.step()
        expected = expected - 0.5 * (2 * W if step == 0 else 0.9 * 2 * W + 2 * expected)
    np.testing.assert_allclose(computed(w.data), expected, rtol=1e-12)


def test_single_precision_stays_single_and_names_and_repr_compute_nothing() -> None:
    w = Tensor(lazy(W.astype(np.float32)), requires_grad=True, name="w")
    (w * 2.5 + 1).sum().backward()
    assert w.grad is not None
    assert w.grad.dtype == np.float32
    assert "dask" in repr(w)
    assert (w.shape, w.ndim, w.size) == ((4, 3), 2, 12)


def test_construction_copies_and_refuses_as_for_numpy() -> None:
    array = da.ones(3, chunks=2)
    t = Tensor(array)
    array[0] = 7.0
    np.testing.assert_array_equal(computed(t.data), np.ones(3))
    for bad in (
        da.ones(3, dtype=complex),
        da.from_array(np.array(["a"]), chunks=1),
        da.from_array(np.array([None]), chunks=1),
    ):
        with pytest.raises(DTypeError):
            Tensor(bad)
    with pytest.raises(DTypeError):
        Tensor(da.ones(3, dtype=int), requires_grad=True)
    with pytest.raises(ShapeError):
        Tensor(lazy(X), requires_grad=True) @ Tensor(lazy(X))


def test_a_picture_shows_the_computed_numbers() -> None:
    x = Tensor(da.from_array(np.arange(4.0), chunks=2), requires_grad=True, name="x")
    with dask.config.set(scheduler="synchronous"):
        text = tg.draw(tg.sigmoid(x).sum(), grads=True).text()
    assert "[0.0, 1.0, 2.0, 3.0]" in text
    assert "v1 (1 − v1)" in text
