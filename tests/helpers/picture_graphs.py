"""Graphs that several of the picture tests draw, and gradients by hand: paths, labels, sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import tinygrad_lite as tg
from tinygrad_lite.pictures import Drawing
from tinygrad_lite.pictures.view.model import Box, Edge, View

Cost = Callable[[Any, Any], Any]


def neuron(
    w: float = 2.0, b: float = 2.0, cost: Cost = tg.quadratic_cost, input: float = 1.0, desired: float = 0.0
) -> Any:
    """The lecture's neuron a = σ(wx + b), at x = 1 and y = 0 if nothing else is said, and its cost C."""
    x, y = tg.Tensor(input, name="x"), tg.Tensor(desired, name="y")
    z = tg.Tensor(w, requires_grad=True, name="w") * x + tg.Tensor(b, requires_grad=True, name="b")
    z.name = "z"
    a = tg.sigmoid(z)
    a.name = "a"
    c = cost(a, y)
    c.name = "C"
    return c


def softmax_neurons() -> Any:
    """Three outputs, softmax and log-likelihood."""
    z = tg.Tensor([2.0, 1.0, 0.1], requires_grad=True, name="z")
    y = tg.Tensor([0.0, 1.0, 0.0], name="y", facts=("one_hot",))
    a = tg.softmax(z)
    a.name = "a"
    c = tg.log_likelihood(a, y)
    c.name = "C"
    return c


def network(sizes: tuple[int, ...] = (784, 30, 10), batch: int = 16) -> Any:
    """The training graph of a network of sigmoid layers with cross-entropy."""
    rng = np.random.default_rng(0)
    x = tg.Tensor(rng.random((batch, sizes[0])), name="x")
    y = tg.one_hot(rng.integers(0, sizes[-1], batch), sizes[-1])
    y.name = "y"
    c = tg.cross_entropy(tg.sigmoid(tg.nn.MLP(sizes, rng=1)(x)), y)
    c.name = "C"
    return c


def layers(count: int) -> Any:
    """So many layers of a sigmoid network, each with weights of its own."""
    h: Any = tg.Tensor(np.full((2, 4), 0.5), name="x")
    for i in range(count):
        w = tg.Tensor(np.eye(4) * (1 + 1e-3 * i), requires_grad=True, name=f"w{i}")
        b = tg.Tensor(np.zeros(4), requires_grad=True, name=f"b{i}")
        h = tg.sigmoid(h @ w + b)
    return (h * h).sum()


def loop(count: int) -> Any:
    """x ↦ 0.999 x + 0.001, so many times."""
    x: Any = tg.Tensor(1.5, requires_grad=True, name="x")
    for _ in range(count):
        x = x * 0.999 + 0.001
    return x


def operations(drawing: Drawing) -> list[str]:
    """The operations that are drawn, in order."""
    return [b.operation for b in drawing.view.boxes if b.operation]


# --- random graphs -------------------------------------------------------------------------------------------------

SHAPES = [(), (1,), (3,), (2, 1), (2, 3)]
UNARY: list[Callable[[Any], Any]] = [
    np.tanh, np.square, np.exp, tg.sigmoid, tg.softplus, tg.relu, lambda v: -v, lambda v: 1.0 / (1.5 + v * v),
    lambda v: np.log(v * v + 1.0), lambda v: np.maximum(v, 0.1), lambda v: v.sum(), lambda v: tg.stop_gradient(v) * 0.5,
    lambda v: v.reshape(-1), lambda v: np.sum(v, axis=0) if v.ndim else v, lambda v: v[0] if v.ndim else v,
    lambda v: tg.softmax(v) if v.ndim else v, lambda v: v.T, lambda v: np.max(v, axis=-1) if v.ndim else v,
]  # fmt: skip
BINARY: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (2.0 + b * b), np.maximum,
    lambda a, b: np.where(a > b, a, b * 0.5), lambda a, b: a @ b, lambda a, b: np.concatenate([a, b]),
]  # fmt: skip


def random_graph(seed: int, scalar: bool = False, ops: int = 8) -> Any:
    """A result of random operations: shared nodes, broadcasting, a node used twice by one operation."""
    rng = np.random.default_rng(seed)
    shapes = [()] if scalar else SHAPES
    pool: list[Any] = [
        tg.Tensor(rng.uniform(-1.2, 1.2, shapes[rng.integers(len(shapes))]), requires_grad=i < 3, name=f"p{i}")
        for i in range(4)
    ]
    for _ in range(ops):
        a, b = pool[rng.integers(len(pool))], pool[rng.integers(len(pool))]
        try:
            if rng.random() < 0.45:
                made = UNARY[rng.integers(len(UNARY))](a)
            else:
                made = BINARY[rng.integers(len(BINARY))](a, a if rng.random() < 0.2 else b)
        except (ValueError, TypeError, IndexError):
            continue  # these shapes do not go together
        pool.append(made)
    result: Any = sum((v.sum() for v in pool[-3:]), start=pool[0].sum())
    return result


# --- the chain rule, from what stands on the edges -----------------------------------------------------------------


def paths(view: View, start: Box) -> Iterator[list[Edge]]:
    """All paths of passing edges from the start back to the leaves."""
    stack: list[tuple[Box, list[Edge]]] = [(start, [])]
    while stack:
        box, walked = stack.pop()
        edges = [e for e in view.edges_into(box) if e.passes]
        if not edges:
            yield walked
        for edge in edges:
            stack.append((edge.source, [*walked, edge]))


def along(edge: Edge, g: Any) -> Any:
    """g times the numbers that an edge shows; a full Jacobian, which shows none, by its rules."""
    d = edge.derivative
    if d is None:
        return edge.local.carry(g)  # type: ignore[union-attr]
    shape = edge.source.tensor.shape
    if edge.kind == "elementwise":
        product = g * d
        lead = product.ndim - len(shape)
        product = product.sum(axis=tuple(range(lead)))
        return product.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True).reshape(shape)
    return g.reshape(-1)[0] * d if g.size == 1 else edge.local.carry(g)  # type: ignore[union-attr]


def gradients_by_paths(view: View) -> dict[Box, Any]:
    """For each leaf the sum, over all paths to it, of the products along the path."""
    found: dict[Box, Any] = {}
    (start,) = view.results
    for path in paths(view, start):
        if path:
            g = np.ones(start.tensor.shape)
            for edge in path:
                g = along(edge, g)
            leaf = path[-1].source
            found[leaf] = found.get(leaf, 0.0) + g
    return found
