"""What eager.py measures: each problem solved by hand, by the engine, by autograd and by torch.

A problem has one method per contender. The method prepares the problem and returns a step; a step computes once and
returns numbers that must agree between all contenders.

The steps by hand are what a person writes from the lecture: closed forms such as a − y, textbook sigmoid and softmax,
no bookkeeping. They overflow where the engine does not, which is to their advantage. Scalars are np.float64 there,
because the row says what the engine adds to NumPy; Python's own floats are several times faster than both.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygrad_lite as tg

Step = Callable[[], Any]
# Large, so that a wrong gradient soon shows in the cost, which is what is checked.
LEARNING_RATE = 0.01


class Network:
    """One step of gradient descent: sigmoid with cross-entropy, or ReLU with softmax and log-likelihood.

    Every step takes the next of several batches of standard normal numbers, as training does. With one constant batch
    the processor's branch predictor would learn which neurons are active, and hide what np.where costs on masks that
    it has not seen.
    """

    def __init__(self, sizes: list[int], m: int, hidden: str, dtype: Any, batches: int) -> None:
        rng = np.random.default_rng(0)
        self.x = [rng.standard_normal((m, sizes[0])).astype(dtype) for _ in range(batches)]
        self.labels = [rng.integers(0, sizes[-1], m) for _ in range(batches)]
        self.y = [np.eye(sizes[-1], dtype=dtype)[labels] for labels in self.labels]
        self.m, self.sizes, self.dtype, self.sigmoid = m, sizes, dtype, hidden == "sigmoid"
        self.w = [(rng.standard_normal((a, b)) / np.sqrt(a)).astype(dtype) for a, b in itertools.pairwise(sizes)]
        self.b = [rng.standard_normal(b).astype(dtype) for b in sizes[1:]]

    def batches(self, array: Callable[[Any], Any] = np.asarray) -> Iterator[Any]:
        """(inputs, one-hot rows, labels) without end, each made by the contender's own `array` beforehand."""
        return itertools.cycle([tuple(map(array, b)) for b in zip(self.x, self.y, self.labels, strict=True)])

    def parameters(self) -> list[Any]:
        return [p.copy() for pair in zip(self.w, self.b, strict=True) for p in pair]

    def by_hand(self) -> Step:
        ws, bs = [w.copy() for w in self.w], [b.copy() for b in self.b]
        batches, rows = self.batches(), np.arange(self.m)

        def step() -> float:
            x, y, labels = next(batches)
            outputs = [x]
            for w, b in zip(ws[:-1], bs[:-1], strict=True):
                z = outputs[-1] @ w + b
                outputs.append(1 / (1 + np.exp(-z)) if self.sigmoid else np.maximum(z, 0))
            z = outputs[-1] @ ws[-1] + bs[-1]
            if self.sigmoid:
                a = 1 / (1 + np.exp(-z))
                cost = -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum() / self.m
            else:
                e = np.exp(z - z.max(axis=1, keepdims=True))
                a = e / e.sum(axis=1, keepdims=True)
                cost = -np.log(a[rows, labels]).sum() / self.m
            delta = (a - y) / self.m
            for i in reversed(range(len(ws))):
                gw, gb = outputs[i].T @ delta, delta.sum(axis=0)
                if i:
                    delta = delta @ ws[i].T
                    delta = delta * outputs[i] * (1 - outputs[i]) if self.sigmoid else delta * (outputs[i] > 0)
                ws[i] -= LEARNING_RATE * gw
                bs[i] -= LEARNING_RATE * gb
            return float(cost)

        return step

    def engine(self) -> Step:
        model = tg.nn.MLP(self.sizes, activation="sigmoid" if self.sigmoid else "relu", dtype=self.dtype)
        for t, start in zip(model.parameters(), self.parameters(), strict=True):
            t.data = start
        optimizer = tg.optim.SGD(model.parameters(), lr=LEARNING_RATE)
        # The inputs are Tensors beforehand, as they are for torch: an array is copied at every step that uses it.
        batches = itertools.cycle(list(zip(map(tg.Tensor, self.x), self.y, self.labels, strict=True)))

        def step() -> float:
            x, y, labels = next(batches)
            optimizer.zero_grad()
            z = model(x)
            cost = tg.cross_entropy_with_logits(z, y) if self.sigmoid else tg.log_likelihood_with_logits(z, labels)
            cost.backward()
            optimizer.step()
            return cost.item()

        return step

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import value_and_grad

        batches, rows = self.batches(), np.arange(self.m)

        def cost(parameters: list[Any], x: Any, y: Any, labels: Any) -> Any:
            a = x
            for i in range(0, len(parameters), 2):
                z = anp.dot(a, parameters[i]) + parameters[i + 1]
                a = 1 / (1 + anp.exp(-z)) if self.sigmoid else anp.maximum(z, 0)
            if self.sigmoid:
                return -anp.sum(y * anp.log(a) + (1 - y) * anp.log(1 - a)) / self.m
            shifted = z - anp.max(z, axis=1, keepdims=True)
            total = anp.log(anp.sum(anp.exp(shifted), axis=1))
            return anp.sum(total - shifted[rows, labels]) / self.m

        slope, parameters = value_and_grad(cost), self.parameters()

        def step() -> float:
            value, gradients = slope(parameters, *next(batches))
            for p, g in zip(parameters, gradients, strict=True):
                p -= LEARNING_RATE * g
            return float(value)

        return step

    def torch(self) -> Step:
        import torch
        from torch.nn import functional

        parameters = [torch.tensor(p, requires_grad=True) for p in self.parameters()]
        optimizer, batches = torch.optim.SGD(parameters, lr=LEARNING_RATE), self.batches(torch.tensor)

        def step() -> float:
            x, y, labels = next(batches)
            optimizer.zero_grad()
            a = x
            for i in range(0, len(parameters), 2):
                z = a @ parameters[i] + parameters[i + 1]
                a = torch.sigmoid(z) if self.sigmoid else torch.relu(z)
            if self.sigmoid:
                cost = functional.binary_cross_entropy_with_logits(z, y, reduction="sum") / self.m
            else:
                cost = functional.cross_entropy(z, labels)
            cost.backward()
            optimizer.step()
            return cost.item()

        return step


class Hessian:
    """The Hessian of the logistic cost, 1,000 examples by 100 inputs, times a vector v.

    a_known: whether the contender by hand has the outputs a already, as it has them where Newton's method asks for
    many products at the same weights. The others always begin with the weights.
    """

    def __init__(self, a_known: bool) -> None:
        rng = np.random.default_rng(0)
        self.m, self.a_known = 1000, a_known
        self.x, self.y = rng.standard_normal((self.m, 100)), rng.integers(0, 2, (self.m, 1)).astype(np.float64)
        self.w, self.v = 0.1 * rng.standard_normal((100, 1)), rng.standard_normal((100, 1))

    def by_hand(self) -> Step:
        x, w, v = self.x, self.w, self.v

        def outputs() -> Any:
            return 1 / (1 + np.exp(-(x @ w)))

        known = outputs()

        def step() -> Any:
            a = known if self.a_known else outputs()
            return x.T @ (a * (1 - a) * (x @ v)) / self.m

        return step

    def engine(self) -> Step:
        x = tg.Tensor(self.x)
        return lambda: tg.hvp(lambda w: tg.cross_entropy_with_logits(x @ w, self.y), self.w, self.v)

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import hessian_vector_product

        def cost(w: Any) -> Any:
            z = anp.dot(self.x, w)
            return anp.sum(anp.log(1 + anp.exp(z)) - self.y * z) / self.m

        product = hessian_vector_product(cost)
        return lambda: product(self.w, self.v)

    def torch(self) -> Step:
        import torch
        from torch.nn import functional

        x, y, v = torch.tensor(self.x), torch.tensor(self.y), torch.tensor(self.v)
        w = torch.tensor(self.w, requires_grad=True)

        def step() -> Any:
            cost = functional.binary_cross_entropy_with_logits(x @ w, y)
            (slope,) = torch.autograd.grad(cost, w, create_graph=True)
            return torch.autograd.grad(slope, w, v)[0].numpy()

        return step


class Neuron:
    """One step of gradient descent of one sigmoid neuron with cross-entropy: scalars only."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.examples = [(float(rng.standard_normal()), float(rng.integers(0, 2))) for _ in range(64)]

    def by_hand(self) -> Step:
        examples, w, b = itertools.cycle(self.examples), np.float64(2.0), np.float64(2.0)

        def step() -> float:
            nonlocal w, b
            x, y = next(examples)
            a = 1 / (1 + np.exp(-(w * x + b)))
            w -= LEARNING_RATE * (a - y) * x
            b -= LEARNING_RATE * (a - y)
            return float(-(y * np.log(a) + (1 - y) * np.log(1 - a)))

        return step

    def engine(self) -> Step:
        examples, w, b = itertools.cycle(self.examples), *(tg.Tensor(2.0, requires_grad=True) for _ in "wb")
        optimizer = tg.optim.SGD([w, b], lr=LEARNING_RATE)

        def step() -> float:
            x, y = next(examples)
            optimizer.zero_grad()
            cost = tg.cross_entropy(tg.sigmoid(w * x + b), y)
            cost.backward()
            optimizer.step()
            return cost.item()

        return step

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import value_and_grad

        def cost(w: Any, b: Any, x: float, y: float) -> Any:
            a = 1 / (1 + anp.exp(-(w * x + b)))
            return -(y * anp.log(a) + (1 - y) * anp.log(1 - a))

        examples, w, b, slope = itertools.cycle(self.examples), 2.0, 2.0, value_and_grad(cost, (0, 1))

        def step() -> float:
            nonlocal w, b
            value, (gw, gb) = slope(w, b, *next(examples))
            w, b = w - LEARNING_RATE * gw, b - LEARNING_RATE * gb
            return float(value)

        return step

    def torch(self) -> Step:
        import torch
        from torch.nn import functional

        double = torch.float64
        examples = itertools.cycle([(x, torch.tensor(y, dtype=double)) for x, y in self.examples])
        w, b = (torch.tensor(2.0, dtype=double, requires_grad=True) for _ in "wb")
        optimizer = torch.optim.SGD([w, b], lr=LEARNING_RATE)

        def step() -> float:
            x, y = next(examples)
            optimizer.zero_grad()
            cost = functional.binary_cross_entropy(torch.sigmoid(w * x + b), y)
            cost.backward()
            optimizer.step()
            return cost.item()

        return step


class Chain:
    """h ← h·w + b, n times over, and the gradient of Σ h by h, w and b: what one small operation costs."""

    def __init__(self, n: int, shape: tuple[int, ...]) -> None:
        rng = np.random.default_rng(0)
        h, noise, b = rng.standard_normal((3, *shape))
        self.n, self.start = n, (h, 1 + noise / n, b)  # n factors of about 1 + 1/n neither vanish nor explode

    def by_hand(self) -> Step:
        def step() -> float:
            h, w, b = self.start
            states = []
            for _ in range(self.n):
                states.append(h)
                h = h * w + b
            g, gw, gb = np.ones_like(h)[()], np.zeros_like(h)[()], np.zeros_like(h)[()]  # [()] makes scalars of 0-d
            for h in reversed(states):
                gb += g
                gw += g * h
                g = g * w
            return float(g.sum() + gw.sum() + gb.sum())

        return step

    def engine(self) -> Step:
        def step() -> float:
            h, w, b = leaves = [tg.Tensor(v, requires_grad=True) for v in self.start]
            for _ in range(self.n):
                h = h * w + b
            h.sum().backward()
            return float(sum(t.grad.sum().item() for t in leaves if t.grad is not None))

        return step

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import grad

        def f(h: Any, w: Any, b: Any) -> Any:
            for _ in range(self.n):
                h = h * w + b
            return anp.sum(h)

        return lambda: float(sum(np.sum(g) for g in grad(f, (0, 1, 2))(*self.start)))

    def torch(self) -> Step:
        import torch

        def step() -> float:
            h, w, b = leaves = [torch.tensor(v, requires_grad=True) for v in self.start]
            for _ in range(self.n):
                h = h * w + b
            h.sum().backward()
            return float(sum(t.grad.sum().item() for t in leaves))

        return step


@dataclass(frozen=True)
class Row:
    title: str
    problem: Callable[[], Any]
    rtol: float = 1e-9
    without: tuple[str, ...] = ()


def _network(sizes: list[int], m: int, hidden: str, dtype: str, batches: int = 64) -> Row:
    title = f"training step, {'-'.join(map(str, sizes))} {hidden}, batch {m}, {dtype}"
    rtol = 1e-5 if dtype == "float32" else 1e-9
    return Row(title, lambda: Network(sizes, m, "sigmoid" if hidden == "sigmoid" else "relu", dtype, batches), rtol)


_PRODUCT = "Hessian-vector product, logistic cost, 1000×100"
ROWS = {
    "sigmoid": _network([784, 30, 10], 10, "sigmoid", "float64"),
    "relu32": _network([784, 128, 64, 10], 128, "ReLU", "float32"),
    "relu64": _network([784, 128, 64, 10], 128, "ReLU", "float64"),
    "wide": _network([784, 1024, 1024, 10], 1024, "ReLU", "float32", batches=4),
    "hvp": Row(_PRODUCT, lambda: Hessian(a_known=False)),
    "hvp-known": Row(f"{_PRODUCT}, by hand from known outputs", lambda: Hessian(a_known=True)),
    "vectors": Row("1,000 operations on 4-vectors, and the gradient", lambda: Chain(500, (4,))),
    "neuron": Row("training step of one sigmoid neuron, scalars", lambda: Neuron()),
    # Without autograd, which takes seconds for each round of this row.
    "chain": Row("100,000 operations on scalars, and the gradient", lambda: Chain(50_000, ()), without=("autograd",)),
}
