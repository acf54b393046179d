"""tg.gradcheck on many functions that a generator makes: each right one passes, and 1 % in one element is found.

The gradients have sizes from 1 to 1e-9, in one function and side by side, on values with and without an offset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.slow import slow
from tinygrad_lite import errors

SMOOTH: list[Callable[[Any], Any]] = [
    np.sin, np.cos, np.tanh, np.arctan, tg.sigmoid, tg.softplus, lambda z: z * z, lambda z: 0.5 * z + 0.3,
    lambda z: np.log(1 + z * z), lambda z: 1 / (2 + z * z), lambda z: np.sqrt(1 + z * z), lambda z: np.exp(-z * z),
    lambda z: np.exp(np.sin(z)), lambda z: (1.2 + np.sin(z)) ** 1.5,
]  # fmt: skip
KINKED: list[Callable[[Any], Any]] = [tg.relu, np.abs, lambda z: np.maximum(z, 0.3), lambda z: np.clip(z, -0.7, 0.9)]
COUNTS = [10, *slow(300)]


def generated(seed: int, dtype: Any) -> tuple[Callable[[Any], Any], Any]:
    """A function and an input: scalar or vector, steep or flat, of small and large numbers, maybe on an offset."""
    rng = np.random.default_rng([seed, np.dtype(dtype).itemsize])
    n = int(rng.integers(1, 5))
    unit = 10.0 ** rng.uniform(-8, 8) if rng.random() < 0.3 else 1.0  # of the input, and of the result
    w = rng.standard_normal((n, n)).astype(dtype if rng.random() < 0.5 else np.float64)
    factor = 10.0 ** rng.uniform(-1, 1) / unit
    offset, lowest = [(0.0, -9), (1.0, -9), (1e3, -9), (1e6, -6)][rng.integers(0, 4)]
    size = 10.0 ** (rng.uniform(lowest, 0, n) if rng.random() < 0.5 else np.full(n, rng.uniform(lowest, 0)))
    mixed, scalar = rng.random(2) < 0.5
    slopes = np.array(0.0)
    while np.abs(slopes).min() < 1e-2:  # a flat place would make the gradient smaller than its size says
        x = (unit * rng.uniform(0.2, 2.0, n) * rng.choice([-1, 1], n)).astype(dtype)
        layers = [SMOOTH[i] for i in rng.integers(0, len(SMOOTH), int(rng.integers(1, 4)))]
        if rng.random() < 0.3:
            layers.append(KINKED[rng.integers(0, len(KINKED))])
        slopes = tg.grad(lambda x: np.sum(chain(factor * x, layers)))(x.astype(np.float64)) * unit  # noqa: B023

    def f(x: Any) -> Any:
        z = chain(factor * x, layers)
        z = size * (z / np.abs(slopes) + w @ (x / unit)) if mixed else size * z / np.abs(slopes)
        return (np.sum(z) if scalar else z) * unit + offset * unit

    return f, x


def chain(z: Any, layers: list[Callable[[Any], Any]]) -> Any:
    for layer in layers:
        z = layer(z)
    return z


def with_one_wrong(f: Callable[[Any], Any], x: Any, seed: int, share: float) -> tuple[Callable[[Any], Any], str, str]:
    """The same values, one element of the derivative off by a share of itself; and where that is."""
    jacobian = np.asarray(tg.jacobian(f)(x), dtype=np.float64)
    places = np.argwhere(np.abs(jacobian) >= min(0.9e-9, np.abs(jacobian).max()))
    *k, j = (int(i) for i in np.random.default_rng(seed).permutation(places)[0])
    error = np.zeros(jacobian.shape[:-1])
    error[tuple(k)] = share * jacobian[(*k, j)]
    return lambda x: f(x) + error * (x[j] - tg.stop_gradient(x[j])), f"result{k or ''} by", f"input 0[{j}]"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", COUNTS)
def test_every_right_function_passes(count: int, dtype: Any) -> None:
    alarms = {}
    for seed in range(count):
        f, x = generated(seed, dtype)
        try:
            assert tg.gradcheck(f, x) is True
        except errors.TinygradLiteError as error:
            alarms[seed] = str(error)
    assert alarms == {}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("share", [0.01, -2.0], ids=["one hundredth", "the sign"])
def test_every_wrong_element_is_found_and_named(share: float, count: int, dtype: Any) -> None:
    for seed in range(count):
        f, x = generated(seed, dtype)
        wrong, result, place = with_one_wrong(f, x, seed, share)
        with pytest.raises(errors.GradcheckError) as caught:
            tg.gradcheck(wrong, x)
        assert result in str(caught.value), seed
        assert place in str(caught.value), seed
