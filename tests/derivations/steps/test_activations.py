"""Activations without a name of their own: their derivative is ∂a/∂z, and never f′(z) of an f that nobody defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.spellings import M, normal
from tinygrad_lite.derivations import Derivation, derive

UNKNOWN: dict[str, Callable[[Any], Any]] = {
    "steep": lambda z: 1 / (1 + np.exp(-2 * z)),
    "bump": lambda z: np.exp(-(z**2)),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "cube": lambda z: z**3,
}


def neuron(activation: Callable[[Any], Any]) -> Derivation:
    z = normal((M, 3), "x", 0) @ normal(3, "w", 1, True)
    a = activation(z)
    z.name, a.name = "z", "a"
    return derive(np.mean((a - normal(M, "y", 2)) ** 2) / 2, wrt="w")


@pytest.mark.parametrize("activation", UNKNOWN)
def test_the_slope_of_an_unknown_activation_is_a_derivative(activation: str) -> None:
    derivation = neuron(UNKNOWN[activation])
    lines = [(s.left, s.right) for s in derivation.steps]
    assert ("∂C/∂z_i", "(a_i − y_i)/m · ∂a_i/∂z_i") in lines
    assert any(str(s.reason).startswith("∂a/∂z = ") for s in derivation.steps)
    assert "f′" not in derivation.text(lemmas=True)
    assert r"\frac{\partial a_{i}}{\partial z_{i}}" in derivation.latex()


def test_a_composite_of_the_user_s_gives_its_name() -> None:
    @tg.composite
    def bump(z: Any) -> Any:
        return np.exp(-(z**2))

    assert "bump′(z_i)" in neuron(bump).text()


def test_a_function_without_a_name_is_unknown() -> None:
    assert "∂a_i/∂z_i" in neuron(tg.composite(lambda z: np.exp(-(z**2)))).text()


def test_a_slope_that_is_a_known_function_is_written_as_one() -> None:
    """softplus′ is σ, found: where a is taken, it is written σ(z)."""
    derivation = neuron(tg.softplus)
    assert str(derivation.formula) == "(1/m) Σ_i x_ij (a_i − y_i) σ(z_i)"
    assert any(str(s.reason) == "softplus′(z) = σ(z_i), found" for s in derivation.steps)
    (gradient,) = tg.pull_back([derivation._chain.stations.cost], [np.float64(1)], derivation._chain.stations.wrt)
    np.testing.assert_allclose(derivation.evaluate(), gradient, rtol=1e-12)


def test_solving_for_an_exponential_divides_by_nothing_new() -> None:
    """a = z σ(2 z) gives e^(2 z) = a/(z − a), which is 0/0 at z = 0: the slope is finite there."""
    z = tg.Tensor(np.array([0.0, 0.5, -1.0]), requires_grad=True, name="z")
    a = z / (1 + np.exp(-2 * z))
    a.name = "a"
    np.testing.assert_allclose(derive(np.sum(a), wrt=z).evaluate()[0], 0.5, rtol=1e-15)
