"""The gallery: the lecture's graphs as pictures, and one page that steps through the backward pass.

python examples/gallery.py            writes examples/gallery/
python examples/gallery.py FOLDER     writes there (continuous integration does this)
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_lite as tg
from tinygrad_lite.errors import TinygradLiteError, WriteError
from tinygrad_lite.files import make_directory
from tinygrad_lite.optim import SGD
from tinygrad_lite.pictures import Curves, Drawing, compare, curve, draw, learning_curves

HERE = Path(__file__).resolve().parent


def neuron(w: float, b: float, cost: Callable[[Any, Any], Any] = tg.quadratic_cost) -> Any:
    """The lecture's neuron a = σ(wx + b) at x = 1, y = 0, and its cost C."""
    x, y = tg.Tensor(1.0, name="x"), tg.Tensor(0.0, name="y")
    z = tg.Tensor(w, requires_grad=True, name="w") * x + tg.Tensor(b, requires_grad=True, name="b")
    a = tg.sigmoid(z)
    c = cost(a, y)
    z.name, a.name, c.name = "z", "a", "C"
    return c


def softmax_outputs() -> Any:
    """Three output neurons with softmax and log-likelihood, the second of them right."""
    z = tg.Tensor([2.0, 1.0, 0.1], requires_grad=True, name="z")
    a = tg.softmax(z)
    c = tg.log_likelihood(a, tg.Tensor([0.0, 1.0, 0.0], name="y", facts=("one_hot",)))
    a.name, c.name = "a", "C"
    return c


def network() -> Any:
    """Nielsen's network, 784-30-10, on a mini-batch of ten made-up images."""
    rng = np.random.default_rng(0)
    x, y = tg.Tensor(rng.random((10, 784)), name="x"), tg.one_hot(rng.integers(0, 10, 10), 10)
    first, second = tg.nn.Linear(784, 30, rng=rng), tg.nn.Linear(30, 10, rng=rng)
    first.weight.name, first.bias.name, second.weight.name, second.bias.name = "w²", "b²", "w³", "b³"
    z2 = first(x)
    a2 = tg.sigmoid(z2)
    z3 = second(a2)
    a3 = tg.sigmoid(z3)
    c = tg.cross_entropy(a3, y)
    y.name, z2.name, a2.name, z3.name, a3.name, c.name = "y", "z²", "a²", "z³", "a³", "C"
    return c


def hundred_layers() -> Any:
    """A hundred sigmoid layers: the gradient that reaches the first of them is next to nothing."""
    rng = np.random.default_rng(0)
    h: Any = tg.Tensor(rng.random((10, 8)), name="x")
    for i in range(1, 101):
        w = tg.Tensor(rng.standard_normal((8, 8)) / np.sqrt(8), requires_grad=True, name=f"w{i}")
        h = tg.sigmoid(h @ w + tg.Tensor(np.zeros(8), requires_grad=True, name=f"b{i}"))
    c = (h * h).sum()
    c.name = "C"
    return c


def costs_compared(widths: bool = False) -> Drawing:
    """The same saturated neuron under both costs. widths: edges as wide as the gradient is large that goes back there."""
    costs = {"quadratic cost": neuron(2.0, 2.0), "cross-entropy": neuron(2.0, 2.0, tg.cross_entropy)}
    return compare(costs, widths=widths)


def slow_learning() -> Curves:
    """The saturated neuron learns under both costs, at the same rate: the quadratic cost hardly moves it at first."""
    costs = {"quadratic": tg.quadratic_cost, "cross-entropy": tg.cross_entropy}
    found: dict[str, dict[str, list[float]]] = {"output a": {}, "gradient ∂C/∂w": {}}
    for title, cost in costs.items():
        numbers: dict[str, list[float]] = {quantity: found[quantity].setdefault(title, []) for quantity in found}
        w, b = (tg.Tensor(2.0, requires_grad=True) for _ in range(2))
        optimiser = SGD([w, b], lr=0.15)
        for _ in range(301):
            a = tg.sigmoid(w * 1.0 + b)
            optimiser.zero_grad()
            cost(a, 0.0).backward()
            numbers["output a"].append(a.item())
            numbers["gradient ∂C/∂w"].append(w.grad.item())
            optimiser.step()
    return learning_curves(found)


GALLERY: dict[str, Callable[[], Drawing | Curves]] = {
    "neuron.svg": lambda: draw(neuron(2.0, 2.0), grads=True),
    "neuron-before-backward.svg": lambda: draw(neuron(0.6, 0.9)),
    "neuron-unfolded.svg": lambda: draw(neuron(2.0, 2.0), grads=True, fold=False, direction="TB"),
    "cross-entropy-unfolded.svg": lambda: draw(neuron(2.0, 2.0, tg.cross_entropy), grads=True, fold={"sigmoid"}, direction="TB"),
    "softmax.svg": lambda: draw(softmax_outputs(), grads=True),
    "softmax-unfolded.svg": lambda: draw(softmax_outputs(), grads=True, fold={"log_likelihood"}, direction="TB"),
    "network.svg": lambda: draw(network(), grads=True, direction="TB"),
    "hundred-layers.svg": lambda: draw(hundred_layers(), grads=True),
    "costs-compared.svg": costs_compared,
    "costs-compared-widths.svg": lambda: costs_compared(widths=True),
    "activations.svg": lambda: curve(tg.sigmoid, tg.tanh, tg.relu, tg.softplus),
    "slow-learning.svg": slow_learning,
    "neuron.html": lambda: draw(neuron(2.0, 2.0)),
    "costs-compared.html": lambda: costs_compared(widths=True),
}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Write every picture of the gallery into a folder; the exit status."""
    parser = argparse.ArgumentParser(description="Draw the lecture's graphs, and pages that step through them.")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=HERE / "gallery", help="where to (default: %(default)s)"
    )
    folder = parser.parse_args(argv).folder
    try:
        make_directory(folder)
        for name, make in GALLERY.items():
            make().save(folder / name)
            print(folder / name)
    except WriteError as error:
        print(f"gallery.py: {error} Name another folder: gallery.py FOLDER.", file=sys.stderr)
        return 1
    except TinygradLiteError as error:  # no Graphviz, no matplotlib
        print(f"gallery.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
