"""Random functions: compiled, they give what they give eagerly, on inputs that they were not traced on."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.observed import alike, observed, same
from tests.helpers.random_functions import inputs, random_function, sensitivity, swept, tolerance
from tests.helpers.slow import slow


def check(seed: int) -> None:
    """Compare a random function, its gradient, or both, on inputs of every kind."""
    function, rng = random_function(seed), np.random.default_rng(10**6 + seed)
    eager = [function, tg.value_and_grad(function, (0, 1, 2, 3)), tg.grad(function, (0, 3))][seed % 3]
    compiled, dtype = tg.compile(eager), np.float32 if seed % 5 == 0 else np.float64
    for which in ("normal", "normal", "large", "zeros", "not finite", "positive", "equal", "normal"):
        given = inputs(rng, which, dtype)
        one, other = observed(lambda given=given: eager(*given)), observed(lambda given=given: compiled(*given))
        if seed % 3 < 2:
            assert alike(one, other, 1e-10), (which, one, other)
        else:  # a gradient needs less than the value does: what is not computed does not warn
            assert one.error == other.error
            assert other.warned <= one.warned, (which, one, other)
            assert same(one.results, other.results, 1e-10), (which, one, other)


@pytest.mark.parametrize("first", [0, *slow(*range(100, 1000, 100))])
def test_compiled_functions_equal_eager_ones_on_inputs_of_every_kind(first: int) -> None:
    for seed in range(first, first + 100):
        check(seed)


def check_tensors(seed: int) -> None:
    """Compare the gradients that a sweep brings to the arguments of a random function."""
    function, rng = random_function(seed), np.random.default_rng(10**6 + seed)
    compiled, dtype = tg.compile(function), np.float32 if seed % 5 == 0 else np.float64
    for which in ("normal", "large", "zeros", "not finite", "equal", "normal"):
        given = inputs(rng, which, dtype)
        one = observed(lambda given=given: swept(function, given))
        other = observed(lambda given=given: swept(compiled, given))
        near = alike(one, other, tolerance(function, given))
        assert near or alike(one, other, 4 * sensitivity(function, given)), (seed, which, one, other)


@pytest.mark.parametrize("first", [0, *slow(*range(100, 1000, 150))])
def test_tensors_from_compiled_functions_have_the_gradients_of_eager_ones(first: int) -> None:
    seeds = range(100) if first == 0 else [seed for seed in range(first, first + 150) if seed % 3 != 1]  # a sample
    for seed in seeds:
        check_tensors(seed)
