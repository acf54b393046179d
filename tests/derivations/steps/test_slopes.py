"""A slope has the name of its function only where that name says all, and every line of it can be typed back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg


@tg.composite
def bent_identity(z: Any) -> Any:
    return (np.sqrt(z**2 + 1) - 1) / 2 + z


@tg.composite
def softplus(z: Any) -> Any:
    """Another function than the library's of that name."""
    return np.log(2 + np.exp(z))


CASES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "leaky relu": (tg.leaky_relu, True),
    "another leaky relu": (lambda z: tg.leaky_relu(z, 0.2), False),
    "relu": (tg.relu, True),
    "a composite": (bent_identity, True),
    "a composite called softplus": (softplus, False),
    "clip": (lambda z: np.clip(z, -1, 1), False),
    "sine": (np.sin, True),
}


@pytest.mark.parametrize("name", CASES)
def test_every_line_can_be_typed_back(name: str) -> None:
    activation, named = CASES[name]
    rng = np.random.default_rng(0)
    x, y = tg.Tensor(rng.normal(size=(5, 3)), name="x"), tg.Tensor(rng.normal(size=5), name="y")
    w = tg.Tensor(rng.normal(size=3), requires_grad=True, name="w")
    z = x @ w
    z.name = "z"
    a = activation(z)
    a.name = "a"
    d = tg.derive(np.mean((a - y) ** 2), w)
    lines = [step for step in d.steps if step.left.startswith("∂C/∂z")]
    assert lines
    assert any("′(z_i)" in step.right for step in lines) == named
    for step in lines:
        assert d.check(step.right, "z"), step.right
