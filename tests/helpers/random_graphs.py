"""Random graphs for the fuzz of the derivations: 5 to 15 primitives, smooth and with cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg

Maker = Callable[[np.random.Generator], tuple[tg.Tensor, list[tg.Tensor]]]


def _leaves(rng: np.random.Generator) -> tuple[list[tg.Tensor], list[tg.Tensor]]:
    m, n, j = 3, 2, 4
    data = [
        tg.Tensor(rng.normal(size=(m, n)), name="x"),
        tg.Tensor(rng.uniform(0.1, 0.9, size=m), name="y"),
        tg.Tensor(np.eye(j)[rng.integers(j, size=m)], name="t", facts=("one_hot",)),
    ]
    parameters = [
        tg.Tensor(rng.normal(size=n), requires_grad=True, name="w"),
        tg.Tensor(rng.normal(), requires_grad=True, name="b"),
        tg.Tensor(rng.normal(size=(j, n)), requires_grad=True, name="V"),
        tg.Tensor(rng.normal(size=m), requires_grad=True, name="u"),
    ]
    return data, parameters


def _unary(rng: np.random.Generator, v: tg.Tensor) -> Any:
    choices: list[Callable[[Any], Any]] = [
        lambda v: np.exp(0.3 * v), np.tanh, tg.sigmoid, tg.relu, tg.softplus, np.square, np.negative,
        lambda v: 1 / (1 + np.exp(-v)), lambda v: np.log(1 + v * v), lambda v: np.sqrt(v * v + 1),
        np.abs, lambda v: np.maximum(v, 0), lambda v: np.where(v > 0.1, v, 0.5 * v), lambda v: v / 3,
        lambda v: v**3, lambda v: 2 - v, np.sin, lambda v: np.log(np.exp(v)), lambda v: np.exp(v) / (np.exp(v) + 1),
        np.cos, lambda v: np.reciprocal(v * v + 2), lambda v: np.minimum(v, 1.0), np.expm1, lambda v: np.log1p(v * v),
        tg.leaky_relu,
    ]  # fmt: skip
    return choices[rng.integers(len(choices))](v)


def _binary(rng: np.random.Generator, u: Any, v: Any) -> Any:
    choices: list[Callable[[Any, Any], Any]] = [
        np.add, np.subtract, np.multiply, lambda u, v: u / (v * v + 1), np.maximum, lambda u, v: np.where(u > v, u, v),
        lambda u, v: u * np.exp(-v * v), lambda u, v: np.logaddexp(u, v), lambda u, v: (u - v) ** 2,
    ]  # fmt: skip
    return choices[rng.integers(len(choices))](u, v)


def _rowwise(rng: np.random.Generator, v: tg.Tensor, t: tg.Tensor) -> Any:
    """Something for values of shape (m, J): softmax, its log, a pick, a sum."""
    choices: list[Callable[[Any], Any]] = [
        tg.softmax, tg.log_softmax, lambda v: np.exp(v) / np.sum(np.exp(v), axis=1, keepdims=True),
        lambda v: v - np.log(np.sum(np.exp(v), axis=-1, keepdims=True)), lambda v: v * t,
    ]  # fmt: skip
    return choices[rng.integers(len(choices))](v)


def random_cost(seed: int) -> tuple[tg.Tensor, list[tg.Tensor]]:
    """A scalar cost of 5 to 15 primitives or a little more, and the parameters that it depends on."""
    rng = np.random.default_rng(seed)
    data, parameters = _leaves(rng)
    cost = cost_of(rng, data, parameters)
    used = set(tg.graph(cost))
    return cost, [p for p in parameters if p in used]


def cost_of(rng: np.random.Generator, data: list[Any], parameters: list[Any]) -> Any:
    """The cost itself, of arrays or Tensors of the shapes of `_leaves`."""
    (x, y, t), (w, b, V, u) = data, parameters
    pool: list[Any] = [x @ w, u * y, u + b, x @ w + b]
    tables: list[Any] = [x @ V.T, (x @ V.T) * u[:, None]]
    for _ in range(int(rng.integers(2, 7))):
        kind = rng.integers(10)
        if kind < 4:
            pool.append(_unary(rng, pool[rng.integers(len(pool))]))
        elif kind < 7:
            pool.append(_binary(rng, pool[rng.integers(len(pool))], [*pool, y][rng.integers(len(pool) + 1)]))
        elif kind == 7:
            tables.append(_rowwise(rng, tables[rng.integers(len(tables))], t))
        elif kind == 8:
            pool.append(np.sum(tables[rng.integers(len(tables))] * t, axis=1))
        else:
            tables.append(_unary(rng, tables[rng.integers(len(tables))]))
        if rng.random() < 0.15:
            pool[-1].name = f"h{len(pool)}"
    last = [pool[-1], np.sum(tables[-1], axis=1), pool[-1] * np.sum(tables[-1], axis=-1)][rng.integers(3)]
    return [np.mean, np.sum, lambda v: np.sum(v) / 3, lambda v: np.mean((v - y) ** 2) / 2][rng.integers(4)](last)
