"""The lecture's costs, in the spellings that users type: each builds (cost, wrt) from primitives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg

Spelling = Callable[[], tuple[tg.Tensor, tg.Tensor]]
M, N, J = 5, 3, 4


def normal(shape: tuple[int, ...] | int, name: str, seed: int, grad: bool = False, **more: Any) -> tg.Tensor:
    """A named tensor with numbers from the normal distribution."""
    rng = np.random.default_rng(seed)
    return tg.Tensor(rng.normal(size=shape), requires_grad=grad, name=name, **more)


def targets(shape: tuple[int, ...] | int, seed: int = 3) -> tg.Tensor:
    """Zeros and ones, named y."""
    return tg.Tensor(np.random.default_rng(seed).integers(0, 2, size=shape).astype(float), name="y")


SIGMOIDS: dict[str, Callable[[Any], Any]] = {
    "library": tg.sigmoid,
    "textbook": lambda z: 1 / (1 + np.exp(-z)),
    "other side": lambda z: np.exp(z) / (1 + np.exp(z)),
    "tanh": lambda z: (1 + np.tanh(z / 2)) / 2,
    "power": lambda z: (1 + np.exp(-z)) ** -1,
    "reciprocal": lambda z: np.reciprocal(1 + np.exp(np.negative(z))),
}

MEANS: dict[str, Callable[[Any], Any]] = {
    "mean": lambda v: -np.mean(v),
    "sum/m": lambda v: -np.sum(v) / M,
    "1/m sum": lambda v: -(1 / M) * np.sum(v),
    "method": lambda v: -v.sum() / len(v),
    "negative inside": lambda v: np.mean(-v),
}

ENTROPIES: dict[str, Callable[[Any, Any], Any]] = {
    "plain": lambda a, y: y * np.log(a) + (1 - y) * np.log(1 - a),
    "log1p": lambda a, y: y * np.log(a) + (1 - y) * np.log1p(-a),
    "expanded": lambda a, y: y * np.log(a) - y * np.log(1 - a) + np.log(1 - a),
    "turned": lambda a, y: (1 - y) * np.log(1 - a) + y * np.log(a),
    "quotient": lambda a, y: y * np.log(a / (1 - a)) + np.log(1 - a),
}


def neuron(
    activation: Callable[[Any], Any], cost: Callable[[Any, Any], Any], m: int = M
) -> tuple[tg.Tensor, tg.Tensor]:
    """One output neuron on a batch of rows."""
    x, w, b = normal((m, N), "x", 0), normal(N, "w", 1, True), normal((), "b", 2, True)
    return cost(activation(x @ w + b), targets(m)), w


def column(activation: Callable[[Any], Any], cost: Callable[[Any, Any], Any]) -> tuple[tg.Tensor, tg.Tensor]:
    """One output neuron, examples as columns: w has shape (1, n), x has shape (n, m)."""
    x, w, b = normal((N, M), "x", 0), normal((1, N), "w", 1, True), normal((1, 1), "b", 2, True)
    return cost(activation(w @ x + b), targets((1, M))), w


def entropy_spellings() -> dict[str, Spelling]:
    """Cross-entropy over a sigmoid: every spelling of each part."""
    found: dict[str, Spelling] = {}
    for s, sigmoid in SIGMOIDS.items():
        for e, entropy in ENTROPIES.items():
            found[f"{s}, {e}"] = lambda f=sigmoid, g=entropy: neuron(f, lambda a, y: -np.mean(g(a, y)))
    for s, mean in MEANS.items():
        found[f"library, {s}"] = lambda f=mean: neuron(tg.sigmoid, lambda a, y: f(ENTROPIES["plain"](a, y)))
    found["library cost"] = lambda: neuron(tg.sigmoid, tg.cross_entropy)
    found["logits"] = lambda: neuron(lambda z: z, tg.cross_entropy_with_logits)
    found["softplus"] = lambda: neuron(lambda z: z, lambda z, y: np.mean(tg.softplus(z) - y * z))
    found["logaddexp"] = lambda: neuron(lambda z: z, lambda z, y: np.mean(np.logaddexp(0, z) - y * z))
    return found


def output_layer() -> tuple[tg.Tensor, tg.Tensor, tg.Tensor]:
    """x (m, n), w (J, n) and b (J)."""
    return normal((M, N), "x", 0), normal((J, N), "w", 1, True), normal(J, "b", 2, True)


CLASSES = np.array([0, 2, 1, 3, 1])

SOFTMAXES: dict[str, Callable[[Any], Any]] = {
    "library": tg.softmax,
    "naive": lambda z: np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True),
    "shifted": lambda z: (
        np.exp(z - z.max(axis=1, keepdims=True))
        / np.sum(np.exp(z - z.max(axis=1, keepdims=True)), axis=1, keepdims=True)
    ),
    "log-sum-exp": lambda z: np.exp(z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))),
}


def hot() -> tg.Tensor:
    """One-hot rows, named y."""
    y = tg.one_hot(CLASSES, J)
    y.name = "y"
    return y


LIKELIHOODS: dict[str, Callable[[Any], Any]] = {
    "one-hot": lambda a: -np.mean(np.sum(hot() * np.log(a), axis=1)),
    "one-hot sum/m": lambda a: -np.sum(hot() * np.log(a)) / M,
    "indices": lambda a: -np.mean(np.log(a[np.arange(M), CLASSES])),
    "indices last": lambda a: -np.mean(np.log(a)[np.arange(M), CLASSES]),
    "library one-hot": lambda a: tg.log_likelihood(a, hot()),
    "library indices": lambda a: tg.log_likelihood(a, CLASSES),
    "pick": lambda a: -np.mean(np.log(np.sum(hot() * a, axis=-1))),
}

LOGIT_LIKELIHOODS: dict[str, Callable[[Any], Any]] = {
    "library indices": lambda z: tg.log_likelihood_with_logits(z, CLASSES),
    "library one-hot": lambda z: tg.log_likelihood_with_logits(z, hot()),
    "log_softmax": lambda z: -np.sum(hot() * tg.log_softmax(z)) / M,
    "log-sum-exp": lambda z: np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(M), CLASSES]),
    "logsumexp": lambda z: np.mean(tg.logsumexp(z) - np.sum(hot() * z, axis=1)),
}


def likelihood_spellings() -> dict[str, Spelling]:
    """Log-likelihood over softmax: every spelling of each part."""

    def build(f: Callable[[Any], Any], g: Callable[[Any], Any]) -> tuple[tg.Tensor, tg.Tensor]:
        x, w, b = output_layer()
        return g(f(x @ w.T + b)), w

    found: dict[str, Spelling] = {}
    for s, softmax in SOFTMAXES.items():
        for c, cost in LIKELIHOODS.items():
            found[f"{s}, {c}"] = lambda f=softmax, g=cost: build(f, g)
    for c, cost in LOGIT_LIKELIHOODS.items():
        found[f"logits, {c}"] = lambda g=cost: build(lambda z: z, g)
    return found
