"""Networks and other costs with several parameters, built from primitives as a course has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.helpers.spellings import M, normal, targets

Built = tuple[tg.Tensor, list[tg.Tensor]]

SIZES = (3, 4, 6, 2, 3)


def layered(
    depth: int,
    activation: Callable[[Any], Any] = tg.sigmoid,
    cost: str = "cross_entropy",
    named: bool = False,
    prefix: tuple[str, str] = ("W", "b"),
    columns: bool = False,
) -> Built:
    """A net of fully connected layers, its last activation σ, or softmax for the log-likelihood."""
    rng = np.random.default_rng(7)
    sizes = [SIZES[n % len(SIZES)] for n in range(depth + 1)]
    h = normal((sizes[0], M) if columns else (M, sizes[0]), "x", 0)
    parameters: list[tg.Tensor] = []
    for layer in range(1, depth + 1):
        w = tg.Tensor(rng.normal(size=(sizes[layer], sizes[layer - 1])), requires_grad=True, name=f"{prefix[0]}{layer}")
        b = tg.Tensor(rng.normal(size=(sizes[layer], 1) if columns else sizes[layer]), requires_grad=True)
        b.name = f"{prefix[1]}{layer}"
        parameters += [w, b]
        z = w @ h + b if columns else h @ w.T + b
        last = tg.softmax if cost == "log_likelihood" else tg.sigmoid
        h = last(z) if layer == depth else activation(z)
        if named:
            z.name, h.name = f"z{layer}", f"a{layer}"
    if cost == "log_likelihood":
        return tg.log_likelihood(h, rng.integers(0, sizes[-1], size=M)), parameters
    y = targets(h.shape)
    return (
        tg.quadratic_cost(h, y) if cost == "quadratic" else -np.sum(y * np.log(h) + (1 - y) * np.log(1 - h)) / M
    ), parameters


def unnamed() -> Built:
    """Two layers whose parameters have no names."""
    rng = np.random.default_rng(1)
    w, b = tg.Tensor(rng.normal(size=(4, 3)), requires_grad=True), tg.Tensor(rng.normal(size=4), requires_grad=True)
    v, c = tg.Tensor(rng.normal(size=(2, 4)), requires_grad=True), tg.Tensor(rng.normal(size=2), requires_grad=True)
    hidden = np.tanh(normal((M, 3), "x", 0) @ w.T + b)
    return tg.quadratic_cost(tg.sigmoid(hidden @ v.T + c), targets((M, 2))), [w, b, v, c]


def recurrent() -> Built:
    """Three steps of a recurrent net: one w and one u for all of them."""
    w, u = normal((), "w", 1, True), normal((), "u", 2, True)
    x = [tg.Tensor(float(n), name=f"x{n}") for n in range(1, 4)]
    h: Any = tg.Tensor(0.2, name="h0")
    for n, part in enumerate(x, 1):
        h = np.tanh(w * part + u * h)
        h.name = f"h{n}"
    return (h - 0.5) ** 2 / 2, [w, u]


def residual() -> Built:
    """x + tanh(x w + b), twice, under a mean square."""
    w, b = normal((3, 3), "w", 1, True), normal(3, "b", 2, True)
    v = normal((3, 3), "v", 4, True)
    x = normal((M, 3), "x", 0)
    h = x + np.tanh(x @ w + b)
    return np.mean((h + np.tanh(h @ v) - normal((M, 3), "y", 5)) ** 2), [w, b, v]


def decayed() -> Built:
    """Cross-entropy with a penalty on both weights."""
    cost, (w1, b1, w2, b2) = layered(2)
    return cost + 0.05 * np.sum(w1**2) + 0.05 * np.sum(w2**2), [w1, b1, w2, b2]


def two_heads() -> Built:
    """One hidden layer, two costs on it."""
    x, w = normal((M, 3), "x", 0), normal((4, 3), "w", 1, True)
    u, v = normal(4, "u", 2, True), normal(4, "v", 3, True)
    h = tg.relu(x @ w.T)
    return tg.quadratic_cost(h @ u, normal(M, "t", 5)) + tg.cross_entropy(tg.sigmoid(h @ v), targets(M)), [w, u, v]


NETS: dict[str, Callable[[], Built]] = {
    "1 layer": lambda: layered(1),
    "2 layers": lambda: layered(2),
    "2 layers, named": lambda: layered(2, named=True),
    "2 layers, tanh, softmax": lambda: layered(2, np.tanh, "log_likelihood"),
    "2 layers, relu, softmax, columns": lambda: layered(2, tg.relu, "cross_entropy", columns=True),
    "3 layers, quadratic": lambda: layered(3, cost="quadratic"),
    "3 layers, tanh, quadratic, named": lambda: layered(3, np.tanh, "quadratic", named=True),
    "3 layers, relu": lambda: layered(3, tg.relu, prefix=("v", "c")),
    "unnamed": unnamed,
    "recurrent": recurrent,
    "residual": residual,
    "decayed": decayed,
    "two heads": two_heads,
}
