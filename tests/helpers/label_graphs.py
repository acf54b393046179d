"""Random graphs with what makes labels hard: odd names, names that occur twice, bounds, axes, parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg

# Some are what formulas use themselves: Euler's e, indices, sizes, g for an upstream gradient, T for a transpose.
NAMES = ["u", "v", "w", "w", "x", "g", "e", "i", "m", "C", "y", "z2", "W1", "σ", "T", "n", "h", "j"]
SHAPES = [(), (), (3,), (2, 1), (2, 3), (3, 2), (2, 3, 2)]


@tg.composite
def twice(a: Any, b: Any) -> Any:
    """Both inputs are used twice inside."""
    return a * b + np.tanh(a) - b * 0.3


UNARY: list[Callable[[Any], Any]] = [
    np.tanh,
    np.square,
    np.exp,
    tg.sigmoid,
    tg.softplus,
    tg.relu,
    tg.leaky_relu,
    np.abs,
    np.sign,
    np.sqrt,
    np.cbrt,
    np.log1p,
    lambda v: -v,
    lambda v: 1.0 / (1.5 + v * v),
    lambda v: np.log(v * v + 1.0),
    lambda v: np.maximum(v, 0.5),
    lambda v: np.minimum(v, 1.0001),
    lambda v: np.clip(v, -0.5, 1.0),
    lambda v: v * 1.0001,
    lambda v: v / 3,
    lambda v: v**3,
    lambda v: v**1.5,
    lambda v: v.sum(),
    lambda v: np.sum(v, axis=-1) if v.ndim else v,
    lambda v: np.mean(v, axis=0) if v.ndim else v,
    lambda v: np.mean(v),
    lambda v: np.var(v),
    lambda v: np.std(v, axis=-1) if v.ndim else v,
    lambda v: np.prod(v),
    lambda v: np.max(v, axis=-1) if v.ndim else v,
    np.min,
    lambda v: v.reshape(-1),
    lambda v: v[0] if v.ndim else v,
    lambda v: v[..., ::-1] if v.ndim else v,
    lambda v: v.T,
    lambda v: np.transpose(v, (1, 2, 0)) if v.ndim == 3 else v,
    lambda v: tg.softmax(v) if v.ndim else v,
    lambda v: np.cumsum(v),
    lambda v: np.sort(v, axis=-1) if v.ndim else v,
    lambda v: np.linalg.norm(v.reshape(-1)),
    lambda v: tg.logsumexp(v, axis=None),
    lambda v: tg.stop_gradient(v) * 0.5,
    lambda v: np.diff(v) if v.ndim else v,
    lambda v: np.einsum("i...->...", v) if v.ndim else v,
    np.sin,
    np.arctan,
    np.expm1,
    np.reciprocal,
]
BINARY: list[Callable[[Any, Any], Any]] = [
    *[
        lambda a, b: a @ b,
        lambda a, b: a @ b.T,
        lambda a, b: a.reshape(-1, 1) @ b.reshape(1, -1),
        lambda a, b: np.var(a),
        lambda a, b: np.linalg.norm(a.reshape(-1)),
    ]
    * 4,
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (2.0 + b * b),
    np.maximum,
    np.minimum,
    np.hypot,
    np.logaddexp,
    np.arctan2,
    lambda a, b: np.where(a > b, a, b * 0.5),
    lambda a, b: a @ b,
    lambda a, b: a @ b.T,
    lambda a, b: np.concatenate([a, b]),
    lambda a, b: np.stack([a, b]),
    lambda a, b: (a * a + 0.1) ** b,
    lambda a, b: tg.quadratic_cost(a, b),
    lambda a, b: tg.cross_entropy(tg.sigmoid(a), tg.sigmoid(b)),
    lambda a, b: np.einsum("...i,...i->...", a, b),
    lambda a, b: np.dot(a, b),
    lambda a, b: np.outer(a, b),
    lambda a, b: tg.log_likelihood(tg.softmax(a), tg.softmax(b)),
    lambda a, b: twice(a, b),
    lambda a, b: np.tensordot(a, b, 1),
    lambda a, b: np.cross(a, b),
    lambda a, b: np.copysign(a, b),
    lambda a, b: np.fmax(a, b),
    lambda a, b: np.arctan2(a, b),
]


def label_graph(seed: int, ops: int = 8) -> Any:
    """A result of random operations; every third is of scalars, every seventh may have several elements."""
    rng = np.random.default_rng(seed)
    scalar = seed % 3 == 0
    names = rng.permutation(NAMES)
    pool: list[Any] = []
    for i in range(4):
        shape = () if scalar else SHAPES[rng.integers(len(SHAPES))]
        data = (
            rng.integers(-2, 3, shape) * 0.5 if seed % 4 == 1 else rng.uniform(-1.2, 1.2, shape)
        )  # the first meet bounds
        dtype = np.float32 if seed % 5 == 2 else np.float64
        pool.append(tg.Tensor(np.asarray(data, dtype=dtype), requires_grad=i < 3, name=str(names[i])))
    with np.errstate(all="ignore"):
        for _ in range(ops):
            a, b = pool[rng.integers(len(pool))], pool[rng.integers(len(pool))]
            try:
                made = (
                    UNARY[rng.integers(len(UNARY))](a)
                    if rng.random() < 0.5
                    else BINARY[rng.integers(len(BINARY))](a, a if rng.random() < 0.2 else b)
                )
            except (ValueError, TypeError, IndexError, AttributeError, tg.TinygradLiteError):
                continue
            if not isinstance(made, tg.Tensor):
                continue  # of what tracks nothing NumPy makes an array
            if rng.random() < 0.2 and made.primitive is not None and made.name is None:
                made.name = str(NAMES[rng.integers(len(NAMES))])
            pool.append(made)
        if seed % 7 == 0:
            return next((v for v in reversed(pool) if v.requires_grad), pool[0])
        return sum((v.sum() for v in pool[-3:]), start=pool[0].sum())
