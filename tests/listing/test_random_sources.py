"""Sources of random costs: they run where only numpy is known, and give what eager evaluation gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.random_graphs import cost_of
from tests.listing.test_source import assert_same
from tinygrad_lite.listing import source

SEEDS = 50
FIRST = 6  # sources of the fast run


def cost(seed: int) -> Callable[..., Any]:
    def random_cost(w, b, V, u, x, y, t):
        return cost_of(np.random.default_rng(seed), [x, y, t], [w, b, V, u])

    return tg.value_and_grad(random_cost, (0, 1, 2, 3))


def arguments(rng: np.random.Generator, m: int = 3) -> tuple[Any, ...]:
    """Parameters and data of the shapes that the costs take."""
    parameters = rng.normal(size=2), rng.normal(), rng.normal(size=(4, 2)), rng.normal(size=m)
    return *parameters, rng.normal(size=(m, 2)), rng.uniform(0.1, 0.9, size=m), np.eye(4)[rng.integers(4, size=m)]


@pytest.mark.parametrize(
    "seed", [*range(FIRST), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(FIRST, SEEDS))]
)
def test_the_source_of_a_random_cost_runs_alone_and_equals_eager_evaluation(seed: int) -> None:
    function, rng = cost(seed), np.random.default_rng(seed)
    args = arguments(rng)
    text = source(function, args)
    assert_same(text, function, args)
    assert_same(text, function, arguments(rng))
