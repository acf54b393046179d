"""A textbook form that fails says at which node, and which spelling repairs it; the repair needs no warning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.exact import FLOATS


def textbook_cross_entropy(a: Any, y: Any) -> Any:
    return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / len(a)


def naive(spelling: Callable[[Any], Any], z: Any) -> Callable[[], tg.Tensor]:
    """The forward pass of a textbook form where it fails, and a function that runs backward and gives the gradient."""
    x = tg.Tensor(z, requires_grad=True)
    with np.errstate(all="ignore"):
        cost = spelling(x)

    def gradient() -> tg.Tensor:
        cost.backward()
        return x.grad  # type: ignore[return-value]

    return gradient


NAIVE: dict[str, tuple[Callable[[Any], Any], Any, str]] = {
    "cross-entropy of a saturated output": (
        lambda z: textbook_cross_entropy(tg.sigmoid(z), np.array([0.0])), [800.0],
        r"made by log.*tg\.cross_entropy_with_logits",
    ),
    "our cross-entropy of a saturated output": (
        lambda z: tg.cross_entropy(tg.sigmoid(z), np.array([0.0])), [800.0],
        r"inside cross_entropy.*tg\.cross_entropy_with_logits",
    ),
    "our log-likelihood of a saturated output": (
        lambda z: tg.log_likelihood(tg.softmax(z), np.array([0])), [[-800.0, 800.0]],
        r"inside log_likelihood.*tg\.log_likelihood_with_logits",
    ),
    "log of softmax": (
        lambda z: np.log(tg.softmax(z)).sum(), [-800.0, 0.0], r"made by log.*tg\.log_softmax",
    ),
    "softmax of large numbers": (
        lambda z: (np.exp(z) / np.exp(z).sum())[0], [800.0, 0.0], r"made by (exp|divide).*tg\.softmax",
    ),
    "sigmoid of a large negative number": (
        lambda z: (1 / (1 + np.exp(-z))).sum(), [-800.0], r"made by exp.*tg\.sigmoid",
    ),
    "softplus of a large number": (lambda z: np.log(1 + np.exp(z)).sum(), [800.0], r"made by exp"),
    "tanh of a large number": (
        lambda z: ((np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))).sum(), [800.0], r"made by (exp|divide)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NAIVE)
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_naive_spelling_warns_with_the_node_and_the_repair(case: str, dtype: Any) -> None:
    spelling, z, message = NAIVE[case]
    gradient = naive(spelling, np.array(z, dtype))
    with pytest.warns(tg.NumericsWarning, match=message) as caught:
        g = gradient()
    assert len(caught) == 1
    assert not np.isfinite(g.numpy()).all()
    with np.errstate(all="ignore"), pytest.warns(tg.NumericsWarning, match=message):
        tg.grad(spelling)(np.array(z, dtype))


REPAIRED: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "cross-entropy": (lambda z: tg.cross_entropy_with_logits(z, np.array([0.0])), [800.0]),
    "log-likelihood": (lambda z: tg.log_likelihood_with_logits(z, np.array([0])), [[-800.0, 800.0]]),
    "log of softmax": (lambda z: tg.log_softmax(z).sum(), [-800.0, 0.0]),
    "softmax": (lambda z: tg.softmax(z)[0], [800.0, 0.0]),
    "sigmoid": (lambda z: tg.sigmoid(z).sum(), [-800.0]),
    "softplus": (lambda z: tg.softplus(z).sum(), [800.0]),
    "tanh": (lambda z: tg.tanh(z).sum(), [800.0]),
}


@pytest.mark.parametrize("case", REPAIRED)
def test_the_repair_needs_no_warning(case: str) -> None:
    spelling, z = REPAIRED[case]
    assert np.isfinite(tg.grad(spelling)(np.array(z))).all()
