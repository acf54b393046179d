"""Random graphs over all of NumPy's functions that Tensors have: whatever they hold, a derivation says what it can."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_lite as tg
from tests.helpers.samples import SAMPLES, Sample

NAMES = sorted(name for name, samples in SAMPLES.items() if any(s.floats for s in samples))


def _wrapped(sample: Sample, rng: np.random.Generator, named: bool) -> tuple[Any, list[tg.Tensor]]:
    """What a sample computes from Tensors: parameters, or data where a coin says so; the first is a parameter."""
    leaves = []
    for n, x in enumerate(sample.floats):
        needs = n == 0 or bool(rng.integers(3))
        x = x + rng.uniform(-0.01, 0.01, x.shape)  # off the kinks
        leaves.append(tg.Tensor(x, requires_grad=needs, name=f"x{n}" if named else None))
    return sample(*leaves), [t for t in leaves if t.requires_grad]


def _changed(value: Any, rng: np.random.Generator) -> Any:
    """Something more that is done with a value: a function, a move, a product, a sum."""
    shape = value.shape
    choices: list[Any] = [
        lambda v: v, np.tanh, lambda v: v**2, tg.sigmoid, np.ravel, np.transpose, lambda v: v.reshape(-1, 1),
        lambda v: np.flip(v), lambda v: np.concatenate([np.ravel(v), np.ravel(v)]), lambda v: np.stack([v, 2 * v]),
        lambda v: v * rng.normal(size=shape), lambda v: np.maximum(v, 0.3), lambda v: np.where(v > 0, v, 0.1 * v),
        lambda v: v - np.mean(v), lambda v: v / (1 + np.sum(v**2)), lambda v: np.max(v, axis=-1) if shape else v,
        lambda v: np.cumsum(v, axis=0) if shape else v, lambda v: v[..., :1] if shape else v,
        lambda v: v[0] if shape and shape[0] else v, lambda v: tg.softmax(v, axis=-1) if shape else v,
        lambda v: np.ravel(v)[1:] if value.size > 2 else v, lambda v: np.outer(v, rng.normal(size=2)),
        lambda v: np.ravel(v)[rng.integers(max(value.size, 1), size=(2, 2))] if value.size else v,
        lambda v: np.sum(v, axis=0, keepdims=True) if shape else v, lambda v: np.tile(v, 2), lambda v: np.exp(-v * v),
    ]  # fmt: skip
    return choices[rng.integers(len(choices))](value)


def any_cost(seed: int) -> tuple[tg.Tensor, list[tg.Tensor]] | None:
    """A scalar cost with a primitive of the table and up to three functions more; None where no gradient passes."""
    rng = np.random.default_rng(seed)
    samples = [s for s in SAMPLES[NAMES[seed % len(NAMES)]] if s.floats]
    value, leaves = _wrapped(samples[rng.integers(len(samples))], rng, named=bool(rng.integers(2)))
    if value.dtype.kind != "f":
        return None
    for _ in range(int(rng.integers(4))):
        value = _changed(value, rng)
        if rng.random() < 0.2:
            value.name = f"h{value.ndim}"
    cost = [np.sum, np.mean, lambda v: np.sum(v**2) / 2, lambda v: np.sum(v * rng.normal(size=v.shape))][
        rng.integers(4)
    ](value)
    used = set(tg.graph(cost))
    leaves = [t for t in leaves if t in used]
    return (cost, leaves) if cost.requires_grad and leaves else None
