"""The sum of tanh(x)·σ(x) + exp(−x²) and its gradient: elementwise work on small and on large arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg
from benchmarks.rows.base import Row, Step, float64_jax

__all__ = ["ROWS", "Elementwise"]

BLOCK = 2**13  # elements: the four buffers of a block fit into the second level of cache


class Elementwise:
    """The answer is the value and the gradient, an array like x."""

    def __init__(self, n: int) -> None:
        self.x = np.random.default_rng(0).standard_normal(n)
        self.unit = self.x.nbytes

    def by_hand(self) -> Step:
        x = self.x

        def step() -> Any:
            t, s, e = np.tanh(x), 1 / (1 + np.exp(-x)), np.exp(-x * x)
            return (t * s + e).sum(), (1 - t * t) * s + t * s * (1 - s) - 2 * x * e

        return step

    def by_hand_out(self) -> Step:
        """Block by block, in buffers that stay in the cache."""
        x = self.x
        buffers: list[Any] = []  # made at the first step, so that they count as its memory

        def step() -> Any:
            if not buffers:
                buffers.extend(np.empty((4, min(len(x), BLOCK))))
            gradient, total = np.empty_like(x), 0.0
            for i in range(0, len(x), BLOCK):
                part, g = x[i : i + BLOCK], gradient[i : i + BLOCK]
                t, s, e, u = (b[: len(part)] for b in buffers)
                np.tanh(part, out=t)
                np.negative(part, out=s)
                np.exp(s, out=s)
                s += 1
                np.divide(1, s, out=s)
                np.multiply(part, part, out=e)
                np.negative(e, out=e)
                np.exp(e, out=e)
                np.multiply(t, s, out=u)
                total += np.add.reduce(u) + np.add.reduce(e)
                np.multiply(t, t, out=t)
                np.subtract(1, t, out=t)
                np.multiply(t, s, out=g)  # (1 − t²) s
                np.subtract(1, s, out=s)
                u *= s
                g += u  # + t s (1 − s)
                e *= part
                e *= 2
                g -= e  # − 2 x e
            return total, gradient

        return step

    def eager(self) -> Step:
        x = tg.Tensor(self.x, requires_grad=True)

        def step() -> Any:
            x.zero_grad()
            value = _f(x, tg.tanh, tg.sigmoid, np)
            value.backward()
            assert x.grad is not None
            return value.item(), x.grad.data

        return step

    def compiled(self) -> Step:
        slope = tg.compile(tg.value_and_grad(lambda x: _f(x, tg.tanh, tg.sigmoid, np)))
        return lambda: slope(self.x)

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import value_and_grad

        slope = value_and_grad(lambda x: _f(x, anp.tanh, lambda z: 1 / (1 + anp.exp(-z)), anp))
        return lambda: slope(self.x)

    def jax(self) -> Step:
        jax = float64_jax()
        x = jax.numpy.asarray(self.x)
        slope = jax.jit(jax.value_and_grad(lambda x: _f(x, jax.numpy.tanh, jax.nn.sigmoid, jax.numpy)))
        return lambda: jax.block_until_ready(slope(x))

    def torch(self) -> Step:
        import torch

        x = torch.tensor(self.x, requires_grad=True)

        def step() -> Any:
            x.grad = None
            value = _f(x, torch.tanh, torch.sigmoid, torch)
            value.backward()
            return value.item(), x.grad.numpy()

        return step


def _f(x: Any, tanh: Callable[[Any], Any], sigmoid: Callable[[Any], Any], xnp: Any) -> Any:
    return (tanh(x) * sigmoid(x) + xnp.exp(-(x * x))).sum()


def _row(n: int, shown: str, memory: bool = False) -> Row:
    return Row(f"tanh(x)·σ(x) + exp(−x²), {shown} elements", Elementwise, {"n": n}, {"n": 7}, memory=memory)


ROWS = {
    "elements3": _row(10**3, "10³"),
    "elements5": _row(10**5, "10⁵"),
    "elements7": _row(10**7, "10⁷", memory=True),
}
