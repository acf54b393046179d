"""Random functions of arrays, and inputs of many kinds for them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg

__all__ = ["inputs", "random_function", "sensitivity", "swept", "tolerance"]

Function = Callable[..., Any]

UNARY: list[Function] = [
    np.tanh, tg.sigmoid, tg.relu, tg.softplus, tg.leaky_relu, np.square, np.negative, np.abs, np.exp, np.log, np.log1p,
    np.sqrt, np.expm1, np.reciprocal, np.floor, np.round, tg.stop_gradient, tg.logsumexp, np.mean, np.prod, np.linalg.norm,
    lambda v: np.exp(0.3 * v), lambda v: 1 / (1 + np.exp(-v)), lambda v: np.log(1 + v * v), lambda v: np.sin(np.tanh(v)),
    lambda v: np.maximum(v, 0), lambda v: np.minimum(v, 1.0), lambda v: np.where(v > 0.1, v, 0.5 * v), lambda v: v / 3,
    lambda v: 2 - v, lambda v: 1 / v, lambda v: np.clip(v, -1, 1), lambda v: v * (v > 0), lambda v: np.sign(v) * v,
    lambda v: v**3, lambda v: v**2, lambda v: v**-1.0, lambda v: v**0.5, lambda v: v % 1.5, lambda v: np.logaddexp(v, 0.5),
    lambda v: 0 * v, lambda v: v * 1.0, lambda v: v + 0.0, lambda v: v - v, lambda v: v / v, lambda v: 1 - (1 - v),
    lambda v: v.T, lambda v: v.reshape(-1), lambda v: v[::-1], lambda v: v[..., :2], lambda v: v - v.mean(),
    lambda v: v.var(), lambda v: v.astype(np.float32), lambda v: np.broadcast_to(v, (2, *np.shape(v))),
    lambda v: np.concatenate([v.ravel(), v.ravel()]), lambda v: np.cumsum(v, axis=-1), lambda v: np.sort(v, axis=-1),
    lambda v: v.sum(axis=0, keepdims=True), lambda v: v.max(axis=-1, keepdims=True), lambda v: tg.softmax(v, axis=-1),
]  # fmt: skip
BINARY: list[Function] = [
    np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.logaddexp, np.hypot, np.arctan2, np.copysign,
    np.outer, np.dot, lambda u, v: u @ v, lambda u, v: u @ v.T, lambda u, v: u / (v * v + 1), lambda u, v: (u - v) ** 2,
    lambda u, v: np.where(u > v, u, v), lambda u, v: u * np.exp(-v * v), lambda u, v: abs(u) ** v,
    lambda u, v: np.where(v > 0, u / v, 0.0), lambda u, v: np.stack([u, v]), lambda u, v: u[:1] * v,
    lambda u, v: np.einsum("...i,...i->...", u, v),
]  # fmt: skip


def random_function(seed: int) -> Function:
    """A function of four arrays that does up to eight things; what their shapes do not allow is left out."""
    rng = np.random.default_rng(seed)
    steps: list[tuple[Function, int]] = []
    for _ in range(int(rng.integers(2, 9))):
        unary = rng.random() < 0.6
        steps.append(
            (UNARY[rng.integers(len(UNARY))], -1)
            if unary
            else (BINARY[rng.integers(len(BINARY))], int(rng.integers(99)))
        )
    squared = rng.random() < 0.3

    def function(*arrays: Any) -> Any:
        values = list(arrays)
        for step, partner in steps:
            try:
                values.append(step(values[-1]) if partner < 0 else step(values[-1], values[partner % len(values)]))
            except (ValueError, TypeError, IndexError, AttributeError):  # of shapes: the same in every call
                continue
        return (values[-1] * values[-1]).mean() if squared else values[-1].sum()

    return function


def inputs(rng: np.random.Generator, which: str, dtype: Any) -> list[Any]:
    """A scalar, a vector and two matrices, with numbers of some kind."""
    arrays = [np.asarray(rng.standard_normal(shape)) for shape in ((), (3,), (3, 3), (4, 3))]
    change: Function = {
        "normal": lambda x: x,
        "large": lambda x: 50 * x,
        "zeros": lambda x: np.where(rng.random(x.shape) < 0.3, 0.0, x),
        "not finite": lambda x: np.where(rng.random(x.shape) < 0.15, rng.choice([np.nan, np.inf, -np.inf]), x),
        "positive": abs,
        "equal": np.round,
    }[which]
    return [np.asarray(change(x), dtype)[()] for x in arrays]


def swept(function: Function, given: list[Any]) -> Any:
    """The value of a function of Tensors, and the gradients that a sweep from it brings."""
    leaves = [tg.Tensor(x, requires_grad=x.dtype.kind == "f") for x in given]
    result = function(*leaves)
    if isinstance(result, tg.Tensor) and result.requires_grad:
        result.backward()
    value = result.numpy() if isinstance(result, tg.Tensor) else result
    return value, [None if t.grad is None else t.grad.numpy() for t in leaves]


def tolerance(function: Function, given: list[Any]) -> float:
    """How far two ways of rounding may be apart, as a share of the largest number.

    A function of double precision may pass through single precision: there each of its nodes rounds once forward and once
    backward, by half an eps of that. How such a rounding grows on its way is measured: the largest seen is a few of them.
    """
    leaves = [tg.Tensor(x, requires_grad=x.dtype.kind == "f") for x in given]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            result = function(*leaves)
        except Exception:
            return 1e-10  # the error is what is compared
    if not isinstance(result, tg.Tensor):
        return 1e-10
    single = sum(node.dtype == np.float32 for node in tg.graph(result))
    return max(1e-10, single * float(np.finfo(np.float32).eps))


def sensitivity(function: Function, given: list[Any]) -> float:
    """How far value and gradients move, as a share of the largest number, where each number given moves by one rounding.

    v % 1.5 of a v of 1e145 moves by all that it is: two ways of rounding cannot agree there.
    """
    moved = [np.nextafter(x, np.inf) if x.dtype.kind == "f" else x for x in given]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        one, other = (swept(function, [np.asarray(x)[()] for x in at]) for at in (given, moved))
        pairs = zip([one[0], *one[1]], [other[0], *other[1]], strict=True)
        shares = [np.abs(a - b).max(initial=0.0) / np.abs(a).max(initial=1.0) for a, b in pairs if a is not None]
    return float(np.nanmax(shares))
