"""Every equation of the lecture, by its number (Schönhuth, Deep Learning, lecture 4).

The right-hand sides are written as on the slides and evaluated on 400-digit numbers, so that they are right at
saturation, too; the left-hand sides are what the engine's graph gives, in float64 and in float32. Where a sum over
examples cancels, "relative" means relative to the sizes of its terms.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.exact import agree, agree_mean, exact, exp, log, outer, sigma, sigma_prime, softmax
from tests.helpers.tensors import leaf
from tinygrad_lite import Tensor
from tinygrad_lite.nn import MLP, Linear
from tinygrad_lite.optim import SGD

# --- what is computed ----------------------------------------------------------------------------------------------


@pytest.fixture(params=[np.float64, np.float32], ids=["float64", "float32"])
def dtype(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2019)


def saturated(dtype: Any) -> Any:
    """Inputs at which σ(z) is 0, 1 or within rounding of them, and the middle."""
    sizes = [1e-20, 1.0, 20.0, 40.0, 80.0] + [700.0, 800.0] * (dtype is np.float64)
    return np.array([-z for z in sizes] + [0.0] + sizes, dtype)


class Neuron:
    """A batch for one neuron of the lecture: x (m, n), y (m,), w (n,), b; z = Σ_j w_j x_j + b stays moderate."""

    def __init__(self, rng: np.random.Generator, dtype: Any, y: Any = None, m: int = 7, n: int = 3) -> None:
        self.x = rng.uniform(-1, 1, (m, n)).astype(dtype)
        self.y = (rng.integers(0, 2, m) if y is None else np.broadcast_to(y, m)).astype(dtype)
        self.w, self.b = leaf(rng.uniform(-1, 1, n), dtype=dtype), leaf(rng.uniform(-0.5, 0.5), dtype=dtype)

    @property
    def z(self) -> Tensor:
        return self.x @ self.w + self.b

    def exactly(self) -> tuple[Any, Any, Any]:
        """x, y, z as 400-digit numbers."""
        x, y = exact(self.x), exact(self.y)
        return x, y, x @ exact(self.w.numpy()) + exact(self.b.numpy())


# --- (1), (2): the quadratic cost of one sigmoid neuron ------------------------------------------------------------

QUADRATIC: dict[str, Callable[[Tensor, Any], Any]] = {
    "library": lambda z, y: tg.quadratic_cost(tg.sigmoid(z), y),
    "textbook": lambda z, y: (y - 1 / (1 + np.exp(-z))) ** 2 / 2,
    "exp(z)/(1+exp(z))": lambda z, y: np.square(y - np.exp(z) / (1 + np.exp(z))) / 2,
    "tanh": lambda z, y: 0.5 * (y - (1 + np.tanh(z / 2)) / 2) ** 2,
}


@pytest.mark.parametrize("cost", QUADRATIC.values(), ids=QUADRATIC)
@pytest.mark.parametrize(("x", "y"), [(1.0, 0.0), (1.0, 1.0), (-0.75, 0.25), (2.5, 1.0)])
def test_1_2_quadratic_cost_of_one_neuron_and_its_gradients(dtype: Any, cost: Any, x: float, y: float) -> None:
    w, b = leaf(0.6, dtype=dtype), leaf(0.9, dtype=dtype)
    result = cost(w * x + b, y)
    assert result.dtype == dtype
    result.backward()
    z = exact(w.numpy()) * exact(x) + exact(b.numpy())
    a, yy = sigma(z), exact(y)
    agree(result, (yy - a) ** 2 / 2)
    agree(w.grad, (a - yy) * sigma_prime(z) * exact(x))
    agree(b.grad, (a - yy) * sigma_prime(z))


def test_2_with_x_1_and_y_0_both_gradients_are_a_times_sigma_prime_also_at_saturation(dtype: Any) -> None:
    for start in saturated(dtype):
        w, b = leaf(start, dtype=dtype), leaf(0.0, dtype=dtype)
        tg.quadratic_cost(tg.sigmoid(w * 1.0 + b), 0.0).backward()
        expected = sigma(exact(start)) * sigma_prime(exact(start))
        agree(w.grad, expected)
        agree(b.grad, expected)


def test_2_learning_slows_down_where_the_neuron_saturates_even_when_it_is_wrong(dtype: Any) -> None:
    slope = tg.grad(lambda z: tg.quadratic_cost(tg.sigmoid(z), 0.0))
    slopes = [float(slope(dtype(z))) for z in (1.0, 2.0, 4.0, 8.0, 16.0)]  # ever more wrong: y is 0
    assert all(b < a for a, b in itertools.pairwise(slopes))
    assert slopes[-1] < 1e-6 * slopes[0]


# --- (3), (4): cross-entropy and its remarks ------------------------------------------------------------------------


def test_3_cross_entropy_of_a_batch(dtype: Any, rng: np.random.Generator) -> None:
    a, y = rng.uniform(0.01, 0.99, 9).astype(dtype), rng.uniform(0, 1, 9).astype(dtype)
    aa, yy = exact(a), exact(y)
    agree_mean(tg.cross_entropy(a, y), -(yy * log(aa) + (1 - yy) * log(1 - aa)))


def test_4_remark_cross_entropy_is_never_negative(dtype: Any) -> None:
    grid = np.linspace(0, 1, 41).astype(dtype)
    with np.errstate(divide="ignore"):  # log 0, on the wrong side, is inf
        assert all(tg.cross_entropy(a, y) >= 0 for a, y in itertools.product(grid, grid))


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_4_remark_cross_entropy_is_small_near_the_target_and_zero_on_it(dtype: Any, y: float) -> None:
    near = [tg.cross_entropy(dtype(abs(y - distance)), dtype(y)) for distance in (0.1, 0.01, 0.001, 0.0)]
    assert all(b < a for a, b in itertools.pairwise(near))
    for cost, distance in zip(near, (0.1, 0.01, 0.001, 0.0), strict=True):
        assert distance <= float(cost) <= 1.1 * distance
    far = tg.cross_entropy(dtype(abs(y - 0.999)), dtype(y))
    assert far > 6


@pytest.mark.parametrize("y", [0.0, 0.125, 0.3, 0.5, 0.75, 1.0])
def test_4_remark_cross_entropy_is_minimal_exactly_where_a_equals_y(dtype: Any, y: float) -> None:
    target = dtype(y)
    least = tg.cross_entropy(target, target)
    others = [a for a in np.linspace(0, 1, 201).astype(dtype) if abs(a - target) > 1e-3]
    with np.errstate(divide="ignore"):  # log 0, on the wrong side, is inf: larger than any minimum
        assert all(tg.cross_entropy(a, target) > least for a in others)
    if 0 < y < 1:
        slope = tg.grad(tg.cross_entropy)
        assert abs(slope(target, target)) < 4 * np.finfo(dtype).eps
        assert slope(dtype(y - 0.1), target) < 0 < slope(dtype(y + 0.1), target)
        agree(tg.grad(slope)(target, target), 1 / (exact(target) * (1 - exact(target))))  # curved upwards


# --- (5) to (8): the gradient of cross-entropy under σ ----------------------------------------------------------------


def textbook(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


CROSS_ENTROPY: dict[str, Callable[[Tensor, Any], Any]] = {
    "activations": lambda z, y: tg.cross_entropy(tg.sigmoid(z), y),
    "logits": tg.cross_entropy_with_logits,
    "textbook": lambda z, y: -np.mean(y * np.log(textbook(z)) + (1 - y) * np.log(1 - textbook(z))),
    "log1p, sum/m": lambda z, y: -np.sum(y * np.log(textbook(z)) + (1 - y) * np.log1p(-textbook(z))) / len(y),
    "tanh": lambda z, y: tg.cross_entropy((1 + np.tanh(z / 2)) / 2, y),
    "softplus": lambda z, y: np.mean(tg.softplus(z) - y * z),
    "logaddexp": lambda z, y: np.mean(np.logaddexp(0, z) - y * z),
}
EVERY_SPELLING = pytest.mark.parametrize("cost", CROSS_ENTROPY.values(), ids=CROSS_ENTROPY)


@EVERY_SPELLING
@pytest.mark.parametrize("y", [None, 0.0, 1.0, 0.3], ids=["0 and 1", "0", "1", "soft"])
def test_3_5_6_7_8_every_spelling_has_the_value_and_all_forms_of_the_gradient(
    dtype: Any, rng: np.random.Generator, cost: Any, y: Any
) -> None:
    neuron = Neuron(rng, dtype, y)
    result = cost(neuron.z, neuron.y)
    result.backward()
    x, y, z = neuron.exactly()
    a, xj = sigma(z), x.T
    agree_mean(result, -(y * log(a) + (1 - y) * log(1 - a)))  # (3)
    agree_mean(neuron.w.grad, (-(y / sigma(z) - (1 - y) / (1 - sigma(z))) * sigma_prime(z) * xj).T)  # (5)
    agree_mean(neuron.w.grad, (sigma_prime(z) * xj / (sigma(z) * (1 - sigma(z))) * (sigma(z) - y)).T)  # (6)
    agree_mean(neuron.w.grad, (xj * (sigma(z) - y)).T)  # (7)
    agree_mean(neuron.b.grad, sigma(z) - y)  # (8)


def test_5_the_factors_of_the_chain_rule_as_the_graph_holds_them(dtype: Any, rng: np.random.Generator) -> None:
    neuron = Neuron(rng, dtype)
    z = neuron.z
    a = tg.sigmoid(z)
    z.retain_grad(), a.retain_grad()
    tg.cross_entropy(a, neuron.y).backward()
    x, y, zz = neuron.exactly()
    by_activation = -(y / sigma(zz) - (1 - y) / (1 - sigma(zz))) / len(y)
    agree(a.grad, by_activation)
    agree(z.grad, by_activation * sigma_prime(zz))
    by_weights = tg.jacobian(lambda w: tg.sigmoid(neuron.x @ w + neuron.b.detach()))(neuron.w.numpy())
    agree(by_weights, sigma_prime(zz)[:, None] * x)  # ∂σ/∂w_j = σ′(z) x_j: line one to line two


def test_6_7_sigma_prime_is_sigma_times_one_minus_sigma_also_at_saturation(dtype: Any) -> None:
    z = saturated(dtype)
    slopes = np.diagonal(tg.jacobian(tg.sigmoid)(z))
    agree(slopes, sigma_prime(exact(z)))
    agree(slopes, sigma(exact(z)) * (1 - sigma(exact(z))))


@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
def test_7_8_from_logits_the_gradient_is_sigma_minus_y_at_saturation_too(dtype: Any, y: float) -> None:
    z = leaf(saturated(dtype), dtype=dtype)
    m = len(z)
    tg.cross_entropy_with_logits(z, np.full(m, y, dtype)).backward()
    agree(z.grad, (sigma(exact(z.numpy())) - exact(y)) / m)


def test_7_from_activations_it_holds_where_they_saturate_on_the_right_side(dtype: Any) -> None:
    z = leaf([40.0, -40.0], dtype=dtype)
    y = np.array([1, 0], dtype)
    tg.cross_entropy(tg.sigmoid(z), y).backward()
    agree(z.grad, (sigma(exact(z.numpy())) - exact(y)) / 2)


def test_7_from_activations_saturated_on_the_wrong_side_a_warning_names_the_other_spelling(dtype: Any) -> None:
    z = leaf([40.0], dtype=dtype)
    with np.errstate(divide="ignore"), pytest.warns(tg.NumericsWarning, match="cross_entropy_with_logits"):
        tg.cross_entropy(tg.sigmoid(z), np.array([0.0], dtype)).backward()


# --- (9): several outputs ---------------------------------------------------------------------------------------


@EVERY_SPELLING
def test_9_cross_entropy_over_d_outputs_and_its_gradients(dtype: Any, rng: np.random.Generator, cost: Any) -> None:
    m, n, d = 6, 4, 3
    x, y = rng.uniform(-1, 1, (m, n)).astype(dtype), rng.integers(0, 2, (m, d)).astype(dtype)
    w, b = leaf(rng.uniform(-0.8, 0.8, (n, d)), dtype=dtype), leaf(rng.uniform(-0.5, 0.5, d), dtype=dtype)
    result = cost(x @ w + b, y)
    if cost in (CROSS_ENTROPY[k] for k in ("textbook", "softplus", "logaddexp")):
        result = result * d  # np.mean also divides by the number of outputs, over which (9) sums
    result.backward()
    xx, yy = exact(x), exact(y)
    a = sigma(xx @ exact(w.numpy()) + exact(b.numpy()))
    agree_mean(result, -(yy * log(a) + (1 - yy) * log(1 - a)).sum(axis=1))
    agree_mean(w.grad, outer(xx, a - yy))
    agree_mean(b.grad, a - yy)


# --- (10) to (12): softmax ----------------------------------------------------------------------------------------


def test_10_weighted_inputs_of_the_output_layer(dtype: Any, rng: np.random.Generator) -> None:
    layer = Linear(4, 3, rng=rng, dtype=dtype)
    a = rng.uniform(0, 1, (5, 4)).astype(dtype)
    w_jk, b, activations = exact(layer.weight.numpy().T), exact(layer.bias.numpy()), exact(a)
    z, scale = np.empty((2, 5, 3), object)
    for x, j in np.ndindex(5, 3):
        z[x, j] = sum(w_jk[j, k] * activations[x, k] for k in range(4)) + b[j]
        scale[x, j] = sum(abs(w_jk[j, k] * activations[x, k]) for k in range(4)) + abs(b[j])
    agree(layer(a), z, scale)


def wide_logits(rng: np.random.Generator, dtype: Any, m: int = 4, classes: int = 5) -> Any:
    """Rows of logits: moderate ones, and rows in which one class has (nearly) all the probability."""
    z = rng.normal(size=(m, classes))
    z[0] *= 10
    z[1, 2] = 60 if dtype is np.float32 else 500
    return z.astype(dtype)


SOFTMAX: dict[str, Callable[[Any], Any]] = {
    "library": tg.softmax,
    "exp(log_softmax)": lambda z: np.exp(tg.log_softmax(z)),
    "textbook": lambda z: np.exp(z) / np.sum(np.exp(z), axis=-1, keepdims=True),
    "through logsumexp": lambda z: np.exp(z - tg.logsumexp(z, keepdims=True)),
}
EVERY_SOFTMAX = pytest.mark.parametrize("spelling", SOFTMAX.values(), ids=SOFTMAX)


@EVERY_SOFTMAX
def test_11_12_softmax_and_its_full_jacobian(dtype: Any, rng: np.random.Generator, spelling: Any) -> None:
    z = rng.normal(size=5).astype(dtype)
    a = softmax(exact(z))
    agree(spelling(z), a)
    agree(tg.jacobian(spelling)(z), a[:, None] * (np.eye(5, dtype=int) - a), a[:, None] * (np.eye(5, dtype=int) + a))


def test_11_softmax_where_one_class_has_nearly_all(dtype: Any, rng: np.random.Generator) -> None:
    for z in wide_logits(rng, dtype):
        a = softmax(exact(z))
        agree(tg.softmax(z), a)
        delta = np.eye(5, dtype=int)
        agree(tg.jacobian(tg.softmax)(z), a[:, None] * (delta - a), a[:, None] * (delta + a))


def test_12_softmax_sums_to_one_and_is_positive(dtype: Any, rng: np.random.Generator) -> None:
    z = rng.normal(scale=5, size=(50, 10)).astype(dtype)
    a = tg.softmax(z)
    agree(a.sum(axis=1), exact(np.ones(50)))
    assert np.all(a > 0)
    assert np.all(a <= 1)


def test_12_remark_each_output_depends_on_the_inputs_of_all_neurons(dtype: Any, rng: np.random.Generator) -> None:
    slopes = tg.jacobian(tg.softmax)(rng.normal(size=6).astype(dtype))
    own = np.eye(6, dtype=bool)
    assert np.all(slopes[own] > 0)  # more input, more of the probability
    assert np.all(slopes[~own] < 0)  # which the others lose
    assert np.all(np.abs(slopes.sum(axis=0)) < 4 * np.finfo(dtype).eps)


# --- (13) to (15): the log-likelihood cost under softmax ---------------------------------------------------------------

LOG_LIKELIHOOD: dict[str, Callable[[Tensor, Any], Any]] = {
    "activations, indices": lambda z, y: tg.log_likelihood(tg.softmax(z), y),
    "activations, one-hot": lambda z, y: tg.log_likelihood(tg.softmax(z), np.eye(z.shape[1], dtype=z.dtype)[y]),
    "logits, indices": tg.log_likelihood_with_logits,
    "logits, one-hot": lambda z, y: tg.log_likelihood_with_logits(z, tg.one_hot(y, z.shape[1], z.dtype)),
    "textbook": lambda z, y: -np.mean(np.log(SOFTMAX["textbook"](z))[np.arange(len(y)), y]),
    "one-hot times log-softmax": lambda z, y: -np.sum(tg.one_hot(y, z.shape[1], z.dtype) * tg.log_softmax(z)) / len(y),
    "logsumexp": lambda z, y: np.mean(tg.logsumexp(z) - z[np.arange(len(y)), y]),
}


class OutputLayer:
    """m examples of K activations a^(L−1), J softmax outputs, classes y; weights w (K, J) and biases b (J,)."""

    def __init__(self, rng: np.random.Generator, dtype: Any, m: int) -> None:
        self.below = rng.uniform(0, 1, (m, 4)).astype(dtype)
        self.y = rng.integers(0, 3, m)
        self.w, self.b = leaf(rng.normal(size=(4, 3)), dtype=dtype), leaf(rng.normal(size=3), dtype=dtype)

    def exactly(self) -> tuple[Any, Any, Any]:
        """a^(L−1), a^L and the one-hot y_j."""
        below = exact(self.below)
        a = softmax(below @ exact(self.w.numpy()) + exact(self.b.numpy()))
        return below, a, exact(np.eye(3)[self.y])


@pytest.mark.parametrize("cost", LOG_LIKELIHOOD.values(), ids=LOG_LIKELIHOOD)
@pytest.mark.parametrize("m", [1, 6], ids=["one example", "batch"])
def test_13_14_15_log_likelihood_and_its_gradients(dtype: Any, rng: np.random.Generator, cost: Any, m: int) -> None:
    layer = OutputLayer(rng, dtype, m)
    result = cost(layer.below @ layer.w + layer.b, layer.y)
    result.backward()
    below, a, y = layer.exactly()
    agree_mean(result, -log(a[np.arange(m), layer.y]))  # (13)
    agree_mean(layer.b.grad, a - y)  # (14)
    agree_mean(layer.w.grad, outer(below, a - y))  # (15), stored as w_kj


def test_14_from_logits_the_gradient_is_a_minus_y_where_softmax_saturates(dtype: Any, rng: np.random.Generator) -> None:
    z = wide_logits(rng, dtype)
    for target in range(z.shape[1]):
        y = np.full(len(z), target)
        a = softmax(exact(z))
        slopes = tg.grad(tg.log_likelihood_with_logits)(z, y)
        hot = exact(np.eye(z.shape[1])[y])
        agree(slopes, (a - hot) / len(z), (a + hot) / len(z))


def test_14_15_are_7_and_8_without_the_sum_over_examples(dtype: Any, rng: np.random.Generator) -> None:
    layer = OutputLayer(rng, dtype, m=5)
    one_by_one = []
    for below, y in zip(layer.below, layer.y, strict=True):
        tg.log_likelihood_with_logits(below[None] @ layer.w + layer.b, y[None]).backward()
        one_by_one.append((layer.w.grad.numpy(), layer.b.grad.numpy()))
        layer.w.zero_grad(), layer.b.zero_grad()
    below, a, y = layer.exactly()
    for i, (by_w, by_b) in enumerate(one_by_one):
        agree(by_b, a[i] - y[i])
        agree(by_w, outer(below, a - y)[i])
    tg.log_likelihood_with_logits(layer.below @ layer.w + layer.b, layer.y).backward()
    agree_mean(layer.w.grad, exact(np.array([w for w, _ in one_by_one])))
    agree_mean(layer.b.grad, exact(np.array([b for _, b in one_by_one])))


def test_14_with_two_classes_softmax_is_the_sigmoid_neuron_of_7_and_8(dtype: Any, rng: np.random.Generator) -> None:
    neuron = Neuron(rng, dtype)
    logits = np.stack([np.zeros(len(neuron.y), dtype), neuron.z], axis=1)
    cost = tg.log_likelihood_with_logits(logits, neuron.y.astype(int))
    cost.backward()
    x, y, z = neuron.exactly()
    agree_mean(cost, -(y * log(sigma(z)) + (1 - y) * log(1 - sigma(z))))
    agree_mean(neuron.w.grad, (x.T * (sigma(z) - y)).T)
    agree_mean(neuron.b.grad, sigma(z) - y)


# --- (16), (17): tanh --------------------------------------------------------------------------------------------------

TANH: dict[str, Callable[[Any], Any]] = {
    "library": tg.tanh,
    "np.tanh": np.tanh,
    "textbook": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
}


@pytest.mark.parametrize("spelling", TANH.values(), ids=TANH)
def test_16_tanh_and_its_slope(dtype: Any, spelling: Any) -> None:
    sizes = np.array([0.5, 0.75, 1.0, 2.0, 3.0], dtype)
    for z in (*-sizes, *sizes):
        zz = exact(z)
        tanh = (exp(zz) - exp(-zz)) / (exp(zz) + exp(-zz))
        value, slope = tg.value_and_grad(spelling)(z)
        agree(value, tanh)
        agree(slope, 1 - tanh**2, 1)


def test_16_tanh_at_saturation_and_near_zero(dtype: Any) -> None:
    for z in saturated(dtype):
        zz = exact(z / 2)
        value, slope = tg.value_and_grad(tg.tanh)(z / dtype(2))
        agree(value, (exp(zz) - exp(-zz)) / (exp(zz) + exp(-zz)))
        agree(slope, 4 / (exp(zz) + exp(-zz)) ** 2)


def test_17_sigma_is_tanh_shifted_and_scaled(dtype: Any) -> None:
    z = np.concatenate([saturated(dtype), np.linspace(-5, 5, 41, dtype=dtype)])
    half = exact(z) / 2
    tanh = (exp(half) - exp(-half)) / (exp(half) + exp(-half))
    agree(tg.sigmoid(z), (1 + tanh) / 2)
    agree((1 + np.tanh(Tensor(z) / 2)) / 2, sigma(exact(z)), 1)  # spelled so, digits below 1 are lost
    slopes = np.diagonal(tg.jacobian(tg.sigmoid)(z))
    agree(slopes, (1 - tanh**2) / 4)


# --- (18): why tanh ------------------------------------------------------------------------------------------------------


def hidden_layer(activation: str, dtype: Any, seed: int) -> tuple[Any, Any, Tensor, Any]:
    """One example through a 6-5-4-3 network: a^l, δ^(l+1), the weights w^(l+1), and a step down their gradient."""
    model = MLP([6, 5, 4, 3], activation, rng=seed, dtype=dtype)
    first, act, second, _, last = model.layers
    rng = np.random.default_rng(seed)
    a = act(first(rng.normal(size=(1, 6)).astype(dtype)))
    z = second(a)
    z.retain_grad()
    tg.cross_entropy_with_logits(last(act(z)), np.array([[1, 0, 0]], dtype)).backward()
    before = second.weight.numpy()
    gradient = second.weight.grad
    SGD(model.parameters(), lr=0.1).step()
    return a.numpy(), z.grad.numpy(), gradient, second.weight.numpy() - before


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_18_the_gradient_of_a_weight_is_activation_times_delta(dtype: Any, activation: str) -> None:
    a, delta, gradient, _ = hidden_layer(activation, dtype, seed=1)
    assert np.any(delta)
    agree(gradient, outer(exact(a), exact(delta))[0])


def directions(activation: str, dtype: Any) -> list[tuple[float, set[float]]]:
    """For neurons of ten networks: the sign of δ, and the signs in which its weights move."""
    found = []
    for seed in range(10):
        _, delta, _, moved = hidden_layer(activation, dtype, seed)
        found += [(float(np.sign(d)), set(np.sign(w).tolist())) for d, w in zip(delta[0], moved.T, strict=True)]
    return found


def test_18_remark_all_weights_of_a_neuron_move_one_way_above_sigmoid_neurons(dtype: Any) -> None:
    found = directions("sigmoid", dtype)
    assert {d for d, _ in found} == {-1.0, 1.0}
    assert all(signs == {-d} for d, signs in found)


def test_18_remark_weights_of_a_neuron_may_move_both_ways_above_tanh_neurons(dtype: Any) -> None:
    found = directions("tanh", dtype)
    assert {-1.0, 1.0} in [signs for d, signs in found if d > 0]
    assert {-1.0, 1.0} in [signs for d, signs in found if d < 0]


# --- (19), (20): rectified linear units --------------------------------------------------------------------------------

RELU: dict[str, Callable[[Any], Any]] = {
    "library": tg.relu,
    "np.maximum(0, z)": lambda z: np.maximum(0, z),
    "np.maximum(z, 0)": lambda z: np.maximum(z, 0),
    "np.where": lambda z: np.where(z > 0, z, 0),
    "z * (z > 0)": lambda z: z * (z > 0),
}
EVERY_RELU = pytest.mark.parametrize("relu", RELU.values(), ids=RELU)


@EVERY_RELU
def test_19_relu_is_the_larger_of_0_and_z_with_slope_0_or_1(dtype: Any, relu: Any) -> None:
    z = leaf([-800.0, -3.0, -1e-20, 1e-20, 0.5, 800.0], dtype=dtype)
    a = relu(z)
    assert a.numpy().tolist() == [max(0.0, v) for v in z.tolist()]
    a.sum().backward()
    assert z.grad.tolist() == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    assert z.grad.dtype == dtype


@EVERY_RELU
def test_20_a_rectified_linear_neuron_and_its_gradients(dtype: Any, rng: np.random.Generator, relu: Any) -> None:
    neuron = Neuron(rng, dtype, m=12)
    a = relu(neuron.z)
    cost = tg.quadratic_cost(a, neuron.y)
    cost.backward()
    x, y, z = neuron.exactly()
    on = z > 0
    assert 0 < on.sum() < len(z)
    aa = np.where(on, z, exact(0.0))
    agree_mean(cost, (y - aa) ** 2 / 2)
    agree_mean(neuron.w.grad, ((aa - y) * on * x.T).T)
    agree_mean(neuron.b.grad, (aa - y) * on)


@EVERY_RELU
def test_20_no_slowdown_on_positive_input_where_sigma_stands_still(dtype: Any, relu: Any) -> None:
    for size in (1.0, 20.0, 800.0):
        w = leaf(size, dtype=dtype)
        tg.quadratic_cost(relu(w * 1.0), 0.0).backward()
        assert w.grad.item() == size  # (a − y) · 1: the more wrong, the faster
    assert tg.grad(tg.sigmoid)(dtype(20.0)) < 1e-8


@EVERY_RELU
def test_20_nothing_is_learnt_on_negative_input(dtype: Any, relu: Any) -> None:
    w, b = leaf([2.0, -3.0], dtype=dtype), leaf(-1.0, dtype=dtype)
    optimiser = SGD([w, b], lr=10.0)
    for _ in range(5):
        optimiser.zero_grad()
        tg.quadratic_cost(relu(np.array([[1.0, 2.0]], dtype) @ w + b), np.array([5.0], dtype)).backward()
        optimiser.step()
    assert (w.tolist(), b.item()) == ([2.0, -3.0], -1.0)
