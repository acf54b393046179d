"""The published numbers that the engine reproduces: Nielsen's slow neuron, to 1e-6, and his MNIST run, exactly."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.repository import MNIST, needs_mnist
from tests.helpers.slow import slow
from tinygrad_lite import Tensor
from tinygrad_lite.nn import Linear, Sequential
from tinygrad_lite.optim import SGD

# --- one sigmoid neuron, x = 1, y = 0 -----------------------------------------------------------------------------

Cost = Callable[[Any, Any], Any]
UPDATES = 301


def descend(cost: Cost, start: tuple[float, float], lr: float) -> Iterator[tuple[float, float, float, float]]:
    """C, a, w, b before each of the 301 updates, and after the last."""
    w, b = (Tensor(v, requires_grad=True) for v in start)
    optimiser = SGD([w, b], lr)
    for update in range(UPDATES + 1):
        a = tg.sigmoid(w * 1.0 + b)
        result = cost(a, 0.0)
        yield result.item(), a.item(), w.item(), b.item()
        if update < UPDATES:
            optimiser.zero_grad()
            result.backward()
            optimiser.step()


# cost, start, η; {epoch: (C, a)}, None where no C was published; w, b, a after 301 updates, to 4 places
TABLE: list[tuple[Cost, tuple[float, float], float, dict[int, tuple[float | None, float]], tuple[float, ...]]] = [
    (
        tg.quadratic_cost, (0.6, 0.9), 0.15,
        {0: (0.334214, 0.817574), 50: (0.074889, 0.387010), 100: (None, 0.210996), 150: (None, 0.152740),
         200: (0.007657, 0.123747)},
        (-1.2843, -0.9843, 0.0938),
    ),
    (
        tg.quadratic_cost, (2.0, 2.0), 0.15,
        {0: (0.482176, 0.982014), 50: (0.476223, 0.975933), 100: (None, 0.964131), 150: (None, 0.933417),
         200: (0.311052, 0.788736)},
        (-0.6892, -0.6892, 0.2013),
    ),
    (
        tg.cross_entropy, (0.6, 0.9), 0.005,
        {0: (1.701413, 0.817574), 50: (1.392591, 0.751569), 100: (None, 0.678928), 150: (None, 0.605277),
         200: (0.766773, 0.535490)},
        (-0.3182, -0.0182, 0.4167),
    ),
    (
        tg.cross_entropy, (2.0, 2.0), 0.005,
        {0: (4.018150, 0.982014), 50: (3.540897, 0.971013), 100: (None, 0.953905), 150: (None, 0.928163),
         200: (2.218423, 0.891219)},
        (0.6277, 0.6277, 0.7782),
    ),
    (
        tg.cross_entropy, (2.0, 2.0), 0.15,
        {0: (4.018150, 0.982014), 50: (0.103700, 0.098504), 100: (None, 0.041072), 150: (None, 0.025685),
         200: (0.018814, 0.018638)},
        (-2.2068, -2.2068, 0.0120),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cost", "start", "lr", "epochs", "end"), TABLE, ids=[f"{c.__name__}-{s[0]}-{r}" for c, s, r, *_ in TABLE]
)
def test_the_neuron_goes_through_the_published_table(
    cost: Cost, start: tuple[float, float], lr: float, epochs: Any, end: Any
) -> None:
    states = list(descend(cost, start, lr))
    for epoch, (c, a) in epochs.items():
        assert states[epoch][1] == pytest.approx(a, abs=1e-6, rel=0)
        if c is not None:
            assert states[epoch][0] == pytest.approx(c, abs=1e-6, rel=0)
    _, a, w, b = states[-1]
    assert (w, b, a) == pytest.approx(end, abs=5.1e-5, rel=0)


def first_gradient(cost: Cost, start: tuple[float, float]) -> float:
    return float(tg.grad(lambda w, b: cost(tg.sigmoid(w * 1.0 + b), 0.0))(*start))


def test_first_gradients_and_the_factor_between_them() -> None:
    assert first_gradient(tg.quadratic_cost, (0.6, 0.9)) == pytest.approx(0.121938, abs=1e-6, rel=0)
    assert first_gradient(tg.quadratic_cost, (2.0, 2.0)) == pytest.approx(0.017345, abs=1e-6, rel=0)
    assert first_gradient(tg.cross_entropy, (0.6, 0.9)) == pytest.approx(0.817574, abs=1e-6, rel=0)
    assert first_gradient(tg.cross_entropy, (2.0, 2.0)) == pytest.approx(0.982014, abs=1e-6, rel=0)
    factor = first_gradient(tg.cross_entropy, (2.0, 2.0)) / first_gradient(tg.quadratic_cost, (2.0, 2.0))
    assert round(factor, 1) == 56.6


def test_the_books_interactive_figure_steps_by_the_derivative_by_a_and_lacks_sigma_prime() -> None:
    w, b, steps = 2.0, 2.0, []
    for _ in range(UPDATES):
        a = tg.sigmoid(w * 1.0 + b)
        steps.append(float(tg.grad(tg.cross_entropy)(a, 0.0)))  # ∂C/∂a, not ∂C/∂w
        assert steps[-1] == pytest.approx(1 / (1 - a), rel=1e-13)
        w, b = w - 0.005 * steps[-1], b - 0.005 * steps[-1]
    assert (w, b) == pytest.approx((-1.50, -1.50), abs=5e-3, rel=0)
    assert tg.sigmoid(w + b) == pytest.approx(0.047, abs=5e-4, rel=0)
    missing = first_gradient(tg.cross_entropy, (2.0, 2.0)) / steps[0]
    assert missing == pytest.approx(float(tg.grad(tg.sigmoid)(4.0)), rel=1e-12)


# --- MNIST: 784-30-10 on the first 1,000 images, 400 epochs ------------------------------------------------------------

SEED = 12345678


def nielsens_network() -> Sequential:
    """Drawn as his program draws: the default initialisation, then the large one, which replaces it."""
    draw = np.random.RandomState(SEED).randn
    sizes = [(784, 30), (30, 10)]
    for _ in ("default", "large"):
        biases = [draw(n_out, 1) for _, n_out in sizes]
        weights = [draw(n_out, n_in) for n_in, n_out in sizes]
    layers = [Linear(n_in, n_out, rng=0) for n_in, n_out in sizes]
    for layer, weight, bias in zip(layers, weights, biases, strict=True):
        layer.weight.data, layer.bias.data = weight.T, bias[:, 0]
    return Sequential(layers[0], tg.sigmoid, layers[1], tg.sigmoid)


def shuffle_as_python_2(items: list[int], uniform: Callable[[], float]) -> None:
    for i in reversed(range(1, len(items))):
        j = int(uniform() * (i + 1))
        items[i], items[j] = items[j], items[i]


def nielsens_pixels(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return x.astype(np.float64)  # bytes/256 in float32, then float64


@needs_mnist
@pytest.mark.parametrize("epochs", [5, *slow(400)])
def test_mnist_run_meets_every_published_count(epochs: int) -> None:
    images, labels, test_images, test_labels = tg.data.mnist(MNIST, scale=256, dtype=np.float32)
    x, x_test = nielsens_pixels(images[:1000]), nielsens_pixels(test_images)
    y = np.eye(10)[labels[:1000]]
    model = nielsens_network()
    optimiser = SGD(model.parameters(), lr=0.5)
    order, uniform = list(range(len(x))), random.Random(SEED).random
    counts = []
    for _ in range(epochs):
        shuffle_as_python_2(order, uniform)
        for start in range(0, len(order), 10):
            batch = order[start : start + 10]
            optimiser.zero_grad()
            tg.cross_entropy(model(x[batch]), y[batch]).backward()
            optimiser.step()
        with tg.no_grad():
            counts.append(int((model(x_test).argmax(axis=1).numpy() == test_labels).sum()))
    assert counts[:5] == [5887, 6505, 6970, 7271, 7433]
    if epochs == 400:
        assert (max(counts), counts[-1]) == (8227, 8223)
