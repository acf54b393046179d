"""Training steps of networks: sigmoid or tanh with cross-entropy, ReLU with softmax and log-likelihood."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import tinygrad_lite as tg
from benchmarks.rows.base import LEARNING_RATE, Row, Step, float64_jax
from benchmarks.rows.buffers import NetworkBuffers

__all__ = ["ROWS", "CompiledCost", "Network"]


class Network:
    """One step of gradient descent.

    Every step takes the next of several batches of standard normal numbers, as training does. With one constant batch
    the processor's branch predictor would learn which neurons are active, and hide what np.where costs on masks that
    it has not seen.

    The steps by hand are what a person writes from the lecture: closed forms such as a − y, textbook sigmoid and
    softmax, no bookkeeping. They overflow where the engine does not, which is to their advantage.
    """

    def __init__(self, sizes: Sequence[int], m: int, hidden: str, dtype: str, batches: int = 64) -> None:
        rng = np.random.default_rng(0)
        outputs = sizes[-1]
        self.x = [rng.standard_normal((m, sizes[0])).astype(dtype) for _ in range(batches)]
        self.labels = [rng.integers(0, max(outputs, 2), m) for _ in range(batches)]
        one_hot = np.eye(outputs, dtype=dtype) if outputs > 1 else np.array([[0], [1]], dtype=dtype)
        self.y = [one_hot[labels] for labels in self.labels]
        self.m, self.sizes, self.dtype, self.hidden = m, list(sizes), dtype, hidden
        self.w = [(rng.standard_normal((a, b)) / np.sqrt(a)).astype(dtype) for a, b in itertools.pairwise(sizes)]
        self.b = [rng.standard_normal(b).astype(dtype) for b in sizes[1:]]

    def batches(self, array: Callable[[Any], Any] = np.asarray) -> Iterator[Any]:
        """(inputs, rows y, labels) without end, each made by the contender's own `array` beforehand."""
        return itertools.cycle([tuple(map(array, b)) for b in zip(self.x, self.y, self.labels, strict=True)])

    def parameters(self) -> list[Any]:
        """A copy of the first weights and biases: w, b of each layer."""
        return [p.copy() for pair in zip(self.w, self.b, strict=True) for p in pair]

    def by_hand(self) -> Step:
        ws, bs = [w.copy() for w in self.w], [b.copy() for b in self.b]
        batches, rows = self.batches(), np.arange(self.m)
        hidden = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}
        slope = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a * a, "relu": lambda a: a > 0}
        activation, slope_of = hidden[self.hidden], slope[self.hidden]

        def step() -> float:
            x, y, labels = next(batches)
            outputs = [x]
            for w, b in zip(ws[:-1], bs[:-1], strict=True):
                outputs.append(activation(outputs[-1] @ w + b))
            z = outputs[-1] @ ws[-1] + bs[-1]
            if self.hidden == "relu":
                e = np.exp(z - z.max(axis=1, keepdims=True))
                a = e / e.sum(axis=1, keepdims=True)
                cost = -np.log(a[rows, labels]).sum() / self.m
            else:
                a = 1 / (1 + np.exp(-z))
                cost = -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum() / self.m
            delta = (a - y) / self.m
            for i in reversed(range(len(ws))):
                gw, gb = outputs[i].T @ delta, delta.sum(axis=0)
                if i:
                    delta = (delta @ ws[i].T) * slope_of(outputs[i])
                ws[i] -= LEARNING_RATE * gw
                bs[i] -= LEARNING_RATE * gb
            return float(cost)

        return step

    def by_hand_out(self) -> Step:
        buffers = NetworkBuffers(self.sizes, self.m, self.hidden, self.dtype, self.parameters())
        batches = self.batches()
        return lambda: buffers.step(*next(batches))

    def eager(self) -> Step:
        model = tg.nn.MLP(self.sizes, activation=self.hidden, dtype=self.dtype)
        for t, start in zip(model.parameters(), self.parameters(), strict=True):
            t.data = start
        optimizer = tg.optim.SGD(model.parameters(), lr=LEARNING_RATE)
        # The inputs are Tensors beforehand, as they are for torch: an array is copied at every step that uses it.
        batches = itertools.cycle(list(zip(map(tg.Tensor, self.x), self.y, self.labels, strict=True)))

        def step() -> float:
            x, y, labels = next(batches)
            optimizer.zero_grad()
            z = model(x)
            if self.hidden == "relu":
                cost = tg.log_likelihood_with_logits(z, labels)
            else:
                cost = tg.cross_entropy_with_logits(z, y)
            cost.backward()
            optimizer.step()
            return cost.item()

        return step

    def cost_of_ours(self) -> Callable[..., Any]:
        """The cost of parameters and a batch for the two modes of the engine that take one."""
        activation, relu = tg.nn.ACTIVATIONS[self.hidden], self.hidden == "relu"

        def cost(*given: Any) -> Any:
            *parameters, x, y, labels = given
            a = x
            for i in range(0, len(parameters), 2):
                z = a @ parameters[i] + parameters[i + 1]
                a = activation(z)
            if relu:
                return tg.log_likelihood_with_logits(z, labels)
            return tg.cross_entropy_with_logits(z, y)

        return cost

    def compiled(self) -> Step:
        parameters, batches = self.parameters(), self.batches()
        slope = tg.value_and_grad(self.cost_of_ours(), tuple(range(len(parameters))))

        @tg.compile
        def descend(*given: Any) -> Any:
            value, gradients = slope(*given)
            for p, g in zip(given, gradients, strict=False):  # behind the parameters stands the batch
                p -= LEARNING_RATE * g
            return value

        return lambda: float(descend(*parameters, *next(batches)))

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import value_and_grad

        slope, parameters = value_and_grad(self._cost(anp)), self.parameters()
        batches = self.batches()

        def step() -> float:
            value, gradients = slope(parameters, *next(batches))
            for p, g in zip(parameters, gradients, strict=True):
                p -= LEARNING_RATE * g
            return float(value)

        return step

    def jax(self) -> Step:
        jax = float64_jax()
        slope, batches = jax.value_and_grad(self._cost(jax.numpy)), self.batches(jax.numpy.asarray)
        parameters = [jax.numpy.asarray(p) for p in self.parameters()]

        @jax.jit
        def descend(parameters: list[Any], x: Any, y: Any, labels: Any) -> Any:
            value, gradients = slope(parameters, x, y, labels)
            return value, [p - LEARNING_RATE * g for p, g in zip(parameters, gradients, strict=True)]

        def step() -> float:
            nonlocal parameters
            value, parameters = jax.block_until_ready(descend(parameters, *next(batches)))
            return float(value)

        return step

    def _cost(self, xnp: Any) -> Callable[..., Any]:
        """The cost in the words of a copy of NumPy's namespace; shifted exponentials, no closed forms."""
        rows = np.arange(self.m)
        hidden = {"sigmoid": lambda z: 1 / (1 + xnp.exp(-z)), "tanh": xnp.tanh, "relu": lambda z: xnp.maximum(z, 0)}
        activation = hidden[self.hidden]

        def cost(parameters: list[Any], x: Any, y: Any, labels: Any) -> Any:
            a = x
            for i in range(0, len(parameters), 2):
                z = xnp.dot(a, parameters[i]) + parameters[i + 1]
                a = activation(z)
            if self.hidden == "relu":
                shifted = z - xnp.max(z, axis=1, keepdims=True)
                total = xnp.log(xnp.sum(xnp.exp(shifted), axis=1))
                return xnp.sum(total - shifted[rows, labels]) / self.m
            a = 1 / (1 + xnp.exp(-z))
            return -xnp.sum(y * xnp.log(a) + (1 - y) * xnp.log(1 - a)) / self.m

        return cost

    def torch(self) -> Step:
        import torch
        from torch.nn import functional

        parameters = [torch.tensor(p, requires_grad=True) for p in self.parameters()]
        optimizer, batches = torch.optim.SGD(parameters, lr=LEARNING_RATE), self.batches(torch.tensor)
        activation = getattr(torch, self.hidden)

        def step() -> float:
            x, y, labels = next(batches)
            optimizer.zero_grad()
            a = x
            for i in range(0, len(parameters), 2):
                z = a @ parameters[i] + parameters[i + 1]
                a = activation(z)
            if self.hidden == "relu":
                cost = functional.cross_entropy(z, labels)
            else:
                cost = functional.binary_cross_entropy_with_logits(z, y, reduction="sum") / self.m
            cost.backward()
            optimizer.step()
            return float(cost.item())

        return step


class CompiledCost(Network):
    """The same step where only the cost is compiled: its result is swept by backward(), and an optimiser does the rest."""

    def compiled(self) -> Step:
        parameters, batches = [tg.Tensor(p, requires_grad=True) for p in self.parameters()], self.batches()
        optimizer, cost = tg.optim.SGD(parameters, lr=LEARNING_RATE), tg.compile(self.cost_of_ours())

        def step() -> float:
            optimizer.zero_grad()
            loss = cost(*parameters, *next(batches))
            loss.backward()
            optimizer.step()
            return float(loss.item())

        return step


def _row(
    sizes: list[int],
    m: int,
    hidden: str,
    dtype: str,
    batches: int = 64,
    problem: type[Network] = Network,
    more: str = "",
) -> Row:
    shown = {"relu": "ReLU"}.get(hidden, hidden)
    title = f"training step, {'-'.join(map(str, sizes))} {shown}, batch {m}, {dtype}{more}"
    settings = {"hidden": hidden, "dtype": dtype}
    tiny = {"sizes": [5, 4, 3, sizes[-1]], "m": 6, "batches": 3, **settings}
    return Row(
        title,
        problem,
        {"sizes": sizes, "m": m, "batches": batches, **settings},
        tiny,
        rtol=1e-5 if dtype == "float32" else 1e-9,
    )


ROWS = {
    # All points of the two moons at each step, as a first network on them is trained.
    "moons": _row([2, 16, 16, 1], 100, "tanh", "float64"),
    "sigmoid32": _row([784, 30, 10], 10, "sigmoid", "float32"),
    "sigmoid64": _row([784, 30, 10], 10, "sigmoid", "float64"),
    "cost32": _row([784, 30, 10], 10, "sigmoid", "float32", problem=CompiledCost, more=", only the cost compiled"),
    "relu32": _row([784, 128, 64, 10], 128, "relu", "float32"),
    "relu64": _row([784, 128, 64, 10], 128, "relu", "float64"),
    "wide": _row([784, 1024, 1024, 10], 1024, "relu", "float32", batches=4),
}
