"""How time grows with the length of a program, the width of a layer and the size of a batch: linearly, it is hoped.

Shown are the microseconds per unit (an operation, a neuron, an example) at growing sizes, and the exponent: the slope
of the logarithm of the time by the logarithm of the size, over the upper half of the sizes. 1 is linear; below 1, fixed
costs are spread over more units.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygrad_lite as tg
from benchmarks.contenders import CONTENDERS
from benchmarks.racing import race
from benchmarks.rows.base import Row
from benchmarks.rows.networks import Network
from benchmarks.rows.scalars import Chain

__all__ = ["GROWTH", "Growth", "compile_times", "exponent", "grow"]

# The others are measured by the rows; here they would only cost time.
_CONTENDERS = ("by hand", "eager", "compiled")
_NOT_SHOWN = tuple(name for name in CONTENDERS if name not in _CONTENDERS)


@dataclass(frozen=True)
class Growth:
    """sizes: what the problem is made of, for n units. without: contenders that are left out."""

    title: str
    unit: str
    problem: Callable[..., Any]
    sizes: Callable[[int], dict[str, Any]]
    units: tuple[int, ...]
    rtol: float = 1e-9

    def row(self) -> Row:
        """What is raced at each size."""
        return Row(self.title, self.problem, rtol=self.rtol, without=_NOT_SHOWN)


def _network(sizes: list[int], m: int) -> dict[str, Any]:
    return {"sizes": sizes, "m": m, "hidden": "sigmoid", "dtype": "float32", "batches": 4}


GROWTH = {
    "depth": Growth(
        "depth: n operations on 4-vectors, a third tanh", "operation", Chain,
        lambda n: {"n": n // 3, "shape": (4,), "tanh": True}, (300, 1_200, 4_800, 19_200),
    ),
    "width": Growth(
        "width: 784-n-10 sigmoid, batch 32, float32", "neuron", Network,
        lambda n: _network([784, n, 10], 32), (64, 256, 1_024, 4_096), rtol=1e-4,
    ),
    "batch": Growth(
        "batch: 784-30-10 sigmoid, n examples, float32", "example", Network,
        lambda n: _network([784, 30, 10], n), (16, 64, 256, 1_024), rtol=1e-4,
    ),
}  # fmt: skip


def grow(growth: Growth, budget: float, threads: int = 1, contenders: Collection[str] = CONTENDERS) -> dict[str, Any]:
    """Seconds of each contender at each size, and its exponent."""
    share, times, failed = budget / len(growth.units), {}, {}
    for n in growth.units:
        result = race(growth.row(), share, threads, contenders, growth.sizes(n))
        failed.update(result["failed"])
        for name, spent in result["seconds"].items():
            times.setdefault(name, {})[n] = spent
    return {"seconds": times, "exponents": {k: exponent(v) for k, v in times.items()}, "failed": failed}


def exponent(times: dict[int, float]) -> float:
    """The slope of log time by log size between the middle and the last size."""
    sizes = sorted(times)
    low, high = sizes[len(sizes) // 2 - 1], sizes[-1]
    return float(np.log(times[high] / times[low]) / np.log(high / low))


def compile_times(units: tuple[int, ...]) -> dict[int, float]:
    """Seconds that the first call of a compiled gradient takes, for a chain of so many operations."""
    found = {}
    for n in units:
        chain = Chain(n // 3, (4,), tanh=True)
        slope = tg.compile(tg.grad(chain._function(tg.tanh, np.sum), (0, 1, 2)))
        start = time.process_time()
        slope(*chain.start)
        found[n] = time.process_time() - start
    return found
