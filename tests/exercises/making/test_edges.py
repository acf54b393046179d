"""The folded backward pass of graphs in which some values bring no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite.functions as tg
from tinygrad_lite.exercises.making.definition import Definition


def huber(x: Any, w: Any, y: Any) -> Any:
    r = x @ w - y
    return np.mean(np.where(np.abs(r) <= 1, r**2 / 2, np.abs(r) - 0.5))


def logits(x: Any, w: Any, y: Any) -> Any:
    r = x @ w
    return tg.log_likelihood_with_logits(r, y)


@pytest.mark.parametrize(
    "exercise",
    [
        Definition(huber, "r w", {"x": "m n", "w": "n", "y": "m"}),
        Definition(logits, "r w", {"x": "m n", "w": "n J", "y": "m J"}, {"y": "one_hot"}),
    ],
)
def test_a_value_that_only_a_condition_uses_brings_no_gradient(exercise: Definition) -> None:
    point = exercise.point(0)
    moved = {name: value.copy() for name, value in point.values.items() if name in exercise.parameters}
    expected = np.zeros_like(moved["w"])
    for place in np.ndindex(moved["w"].shape):
        ends = []
        for step in (1e-6, -1e-6):
            w = moved["w"].copy()
            w[place] += step
            ends.append(float(exercise.cost(**{**moved, "w": w})))
        expected[place] = (ends[0] - ends[1]) / 2e-6
    np.testing.assert_allclose(point.truth["w"], expected, atol=1e-8)
