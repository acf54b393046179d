"""Many small operations: one neuron on scalars, chains of operations on scalars and short vectors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg
from benchmarks.rows.base import LEARNING_RATE, Row, Step, float64_jax

__all__ = ["ROWS", "Chain", "Neuron"]


class Neuron:
    """Gradient descent of the lecture's neuron, from w = b = 2 with the example x = 1, y = 0 and cross-entropy.

    The answer is (w, b, cost) after all epochs. Scalars are np.float64 by hand, because the row says what the engine
    adds to NumPy; Python's own floats are several times faster than both.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs, self.x, self.y, self.start = epochs, 1.0, 0.0, 2.0

    def _run(self, descend: Callable[..., Any]) -> Step:
        """The step for a function that gives the cost and the next w and b."""

        def step() -> Any:
            w = b = np.float64(self.start)
            for _ in range(self.epochs):
                cost, w, b = descend(w, b, self.x, self.y)
            return float(w), float(b), float(cost)

        return step

    def by_hand(self) -> Step:
        def step() -> Any:
            w = b = np.float64(self.start)
            x, y = self.x, self.y
            for _ in range(self.epochs):
                a = 1 / (1 + np.exp(-(w * x + b)))
                cost = -(y * np.log(a) + (1 - y) * np.log(1 - a))
                w = w - LEARNING_RATE * (a - y) * x
                b = b - LEARNING_RATE * (a - y)
            return float(w), float(b), float(cost)

        return step

    def eager(self) -> Step:
        x, y = self.x, self.y

        def step() -> Any:
            w, b = (tg.Tensor(self.start, requires_grad=True) for _ in "wb")
            optimizer = tg.optim.SGD([w, b], lr=LEARNING_RATE)
            for _ in range(self.epochs):
                optimizer.zero_grad()
                cost = tg.cross_entropy(tg.sigmoid(w * x + b), y)
                cost.backward()
                optimizer.step()
            return w.item(), b.item(), cost.item()

        return step

    def compiled(self) -> Step:
        slope = tg.value_and_grad(lambda w, b, x, y: tg.cross_entropy(tg.sigmoid(w * x + b), y), (0, 1))

        @tg.compile
        def descend(w: Any, b: Any, x: Any, y: Any) -> Any:
            cost, (gw, gb) = slope(w, b, x, y)
            return cost, w - LEARNING_RATE * gw, b - LEARNING_RATE * gb

        return self._run(descend)

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import value_and_grad

        def cost(w: Any, b: Any, x: float, y: float) -> Any:
            a = 1 / (1 + anp.exp(-(w * x + b)))
            return -(y * anp.log(a) + (1 - y) * anp.log(1 - a))

        slope = value_and_grad(cost, (0, 1))

        def descend(w: Any, b: Any, x: float, y: float) -> Any:
            value, (gw, gb) = slope(w, b, x, y)
            return value, w - LEARNING_RATE * gw, b - LEARNING_RATE * gb

        return self._run(descend)

    def jax(self) -> Step:
        jax = float64_jax()

        def cost(w: Any, b: Any, x: Any, y: Any) -> Any:
            a = 1 / (1 + jax.numpy.exp(-(w * x + b)))
            return -(y * jax.numpy.log(a) + (1 - y) * jax.numpy.log(1 - a))

        slope = jax.value_and_grad(cost, (0, 1))

        @jax.jit
        def descend(w: Any, b: Any, x: Any, y: Any) -> Any:
            value, (gw, gb) = slope(w, b, x, y)
            return value, w - LEARNING_RATE * gw, b - LEARNING_RATE * gb

        return self._run(descend)

    def torch(self) -> Step:
        import torch
        from torch.nn import functional

        double, x = torch.float64, self.x
        y = torch.tensor(self.y, dtype=double)

        def step() -> Any:
            w, b = (torch.tensor(self.start, dtype=double, requires_grad=True) for _ in "wb")
            optimizer = torch.optim.SGD([w, b], lr=LEARNING_RATE)
            for _ in range(self.epochs):
                optimizer.zero_grad()
                cost = functional.binary_cross_entropy(torch.sigmoid(w * x + b), y)
                cost.backward()
                optimizer.step()
            return w.item(), b.item(), cost.item()

        return step


class Chain:
    """h ← h·w + b, or h ← tanh(h·w + b), n times over, and the gradient of Σ h by h, w and b, summed."""

    def __init__(self, n: int, shape: tuple[int, ...], tanh: bool = False) -> None:
        rng = np.random.default_rng(0)
        h, noise, b = rng.standard_normal((3, *shape))
        # n factors of about 1 + 1/n neither vanish nor explode; the small b keeps tanh far from its flat ends.
        self.n, self.tanh, self.start = n, tanh, (h, 1 + noise / n, b / n if tanh else b)

    def by_hand(self) -> Step:
        def step() -> float:
            h, w, b = self.start
            states = [h]
            for _ in range(self.n):
                h = np.tanh(h * w + b) if self.tanh else h * w + b
                states.append(h)
            g, gw, gb = np.ones_like(h)[()], np.zeros_like(h)[()], np.zeros_like(h)[()]  # [()] makes scalars of 0-d
            for i in reversed(range(self.n)):
                if self.tanh:
                    g = g * (1 - states[i + 1] ** 2)
                gb += g
                gw += g * states[i]
                g = g * w
            return float(g.sum() + gw.sum() + gb.sum())

        return step

    def _function(self, tanh: Callable[[Any], Any], total: Callable[[Any], Any]) -> Callable[..., Any]:
        n, squashed = self.n, self.tanh

        def f(h: Any, w: Any, b: Any) -> Any:
            for _ in range(n):
                h = tanh(h * w + b) if squashed else h * w + b
            return total(h)

        return f

    def eager(self) -> Step:
        f = self._function(tg.tanh, np.sum)

        def step() -> float:
            leaves = [tg.Tensor(v, requires_grad=True) for v in self.start]
            f(*leaves).backward()
            return float(sum(t.grad.sum().item() for t in leaves if t.grad is not None))

        return step

    def compiled(self) -> Step:
        slope = tg.compile(tg.grad(self._function(tg.tanh, np.sum), (0, 1, 2)))
        return lambda: float(sum(g.sum() for g in slope(*self.start)))

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import grad

        slope = grad(self._function(anp.tanh, anp.sum), (0, 1, 2))
        return lambda: float(sum(np.sum(g) for g in slope(*self.start)))

    def jax(self) -> Step:
        jax = float64_jax()
        slope = jax.jit(jax.grad(self._function(jax.numpy.tanh, jax.numpy.sum), (0, 1, 2)))
        return lambda: float(sum(np.asarray(g).sum() for g in slope(*self.start)))

    def torch(self) -> Step:
        import torch

        f = self._function(torch.tanh, torch.sum)

        def step() -> float:
            leaves = [torch.tensor(v, requires_grad=True) for v in self.start]
            f(*leaves).backward()
            return float(sum(t.grad.sum().item() for t in leaves))

        return step

    def micrograd(self) -> Step:
        from micrograd.engine import Value

        if self.start[0].shape or self.tanh:
            raise NotImplementedError("micrograd has scalars only, and no tanh")
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 10 * self.n))  # its backward() goes down by recursion

        def step() -> float:
            h, w, b = leaves = [Value(float(v)) for v in self.start]
            for _ in range(self.n):
                h = h * w + b
            h.backward()
            return float(sum(v.grad for v in leaves))

        return step


def _chain(title: str, n: int, shape: tuple[int, ...], tanh: bool = False, without: tuple[str, ...] = ()) -> Row:
    settings = {"shape": shape, "tanh": tanh}
    return Row(title, Chain, {"n": n, **settings}, {"n": 5, **settings}, without=without)


_NO_MICROGRAD = ("micrograd",)
ROWS = {
    "neuron": Row("300 epochs of one sigmoid neuron, scalars", Neuron, {"epochs": 300}, {"epochs": 4}),
    "tanh-chain": _chain(
        "1,000 operations on 4-vectors, a third tanh, and the gradient", 333, (4,), tanh=True, without=_NO_MICROGRAD
    ),
    "vectors": _chain("1,000 operations on 4-vectors, and the gradient", 500, (4,), without=_NO_MICROGRAD),
    "scalars": _chain("1,000 operations on scalars, and the gradient", 500, ()),
    # Without engines that take seconds for each round, and minutes to compile.
    "chain": _chain(
        "100,000 operations on scalars, and the gradient", 50_000, (), without=("autograd", "micrograd", "jax.jit")
    ),
}
