"""The graph of a derivation on other numbers: random parameters and data of which the same facts are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import replay
from tinygrad_lite.derivations.judging.points import random_floats
from tinygrad_lite.derivations.normal.numbers import quiet
from tinygrad_lite.derivations.reading.nodes import data_of, key_of, one_number
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.steps.checking import Facts
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.tensor.facts import FACTS
from tinygrad_lite.tensor.tensor import Tensor

TRIES = 16
"""How often the graph is played again, at most, to find points where the gradient is finite."""


def replays(stations: Stations) -> Iterator[Facts]:
    """The graph at random points, in double precision.

    At every other point all numbers are new. At the rest, data stays near what it is, for graphs that are defined for
    such data only, and at every fourth point only the parameters change.
    """
    for seed in range(TRIES):
        with quiet():
            try:
                twin = replay(stations.nodes, _leaves(stations, seed))
            except (TinygradLiteError, ValueError):
                continue
        if all(new.shape == old.shape for old, new in twin.items()):
            yield Facts(stations, twin)


def _leaves(stations: Stations, seed: int) -> dict[Any, Any]:
    """New numbers for the leaves of a graph."""
    rng = np.random.default_rng(seed)
    found: dict[Any, Any] = {}
    for node in stations.nodes:
        if node.primitive is None and node.dtype.kind == "f":
            fixed = seed % 4 == 3 and not node.requires_grad
            data = np.array(data_of(node), dtype=float) if fixed else _numbers(stations, node, rng, seed)
            if data is not None:
                found[node] = Tensor(data, requires_grad=node.requires_grad)
    return found


def _numbers(stations: Stations, node: Tensor, rng: np.random.Generator, seed: int) -> Any:
    """Other numbers for a leaf; None where its numbers say what the graph computes."""
    symbol = stations.symbols.get(key_of(node))
    if symbol is None or one_number(node) is not None:
        return None
    facts = symbol.facts | stations.constraints.get(symbol.name, frozenset()) | node.facts
    if "binary" in facts and facts.isdisjoint(f for f in facts if " is 1" in f):
        return rng.integers(0, 2, size=node.shape).astype(float)
    if facts & FACTS.keys():
        return np.asarray(random_floats(facts, node.shape, rng, seed), dtype=float)
    if facts:
        return np.array(data_of(node), dtype=float)
    if seed % 2:
        return np.asarray(data_of(node), dtype=float) * rng.uniform(0.7, 1.3, size=node.shape)
    return rng.normal(size=node.shape) * (0.5 if node.requires_grad else 1.0)
