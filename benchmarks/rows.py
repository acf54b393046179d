"""What eager.py measures: each problem solved by hand, by the engine, by autograd and by torch."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg

Step = Callable[[], float]
LEARNING_RATE = 1e-3


class Network:
    """One step of gradient descent: sigmoid with cross-entropy, or ReLU with softmax and log-likelihood."""

    def __init__(self, sizes: list[int], m: int, hidden: str) -> None:
        rng = np.random.default_rng(0)
        self.x = rng.random((m, sizes[0]))
        self.labels = rng.integers(0, sizes[-1], m)
        self.y = np.eye(sizes[-1])[self.labels]
        self.hidden, self.m, self.sizes = hidden, m, sizes
        self.w = [rng.normal(size=(a, b)) / np.sqrt(a) for a, b in itertools.pairwise(sizes)]
        self.b = [rng.normal(size=b) for b in sizes[1:]]

    def copies(self) -> tuple[list[Any], list[Any]]:
        return [w.copy() for w in self.w], [b.copy() for b in self.b]

    def by_hand(self) -> Step:
        ws, bs = self.copies()
        sigmoid = self.hidden == "sigmoid"

        def step() -> float:
            outputs = [self.x]
            for w, b in zip(ws[:-1], bs[:-1], strict=True):
                z = outputs[-1] @ w + b
                outputs.append(1 / (1 + np.exp(-z)) if sigmoid else np.maximum(z, 0))
            z = outputs[-1] @ ws[-1] + bs[-1]
            if sigmoid:
                a = 1 / (1 + np.exp(-z))
                cost = -(self.y * np.log(a) + (1 - self.y) * np.log(1 - a)).sum() / self.m
            else:
                e = np.exp(z - z.max(axis=1, keepdims=True))
                a = e / e.sum(axis=1, keepdims=True)
                cost = -np.log(a[np.arange(self.m), self.labels]).sum() / self.m
            delta = (a - self.y) / self.m
            for i in reversed(range(len(ws))):
                gw, gb = outputs[i].T @ delta, delta.sum(axis=0)
                if i:
                    delta = delta @ ws[i].T
                    delta = delta * outputs[i] * (1 - outputs[i]) if sigmoid else delta * (outputs[i] > 0)
                ws[i] -= LEARNING_RATE * gw
                bs[i] -= LEARNING_RATE * gb
            return float(cost)

        return step

    def engine(self) -> Step:
        model = tg.nn.MLP(self.sizes, activation=self.hidden)
        for t, start in zip(model.parameters(), self.interleaved(), strict=True):
            t.data = start
        optimizer = tg.optim.SGD(model.parameters(), lr=LEARNING_RATE)
        x, sigmoid = tg.Tensor(self.x), self.hidden == "sigmoid"

        def step() -> float:
            optimizer.zero_grad()
            z = model(x)
            cost = tg.cross_entropy_with_logits(z, self.y) if sigmoid else tg.log_likelihood_with_logits(z, self.labels)
            cost.backward()
            optimizer.step()
            return cost.item()

        return step

    def interleaved(self) -> list[Any]:
        ws, bs = self.copies()
        return [p for pair in zip(ws, bs, strict=True) for p in pair]

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import value_and_grad

        def cost(parameters: list[Any]) -> Any:
            a = self.x
            for i in range(0, len(parameters), 2):
                z = anp.dot(a, parameters[i]) + parameters[i + 1]
                a = 1 / (1 + anp.exp(-z)) if self.hidden == "sigmoid" else anp.maximum(z, 0)
            if self.hidden == "sigmoid":
                return -anp.sum(self.y * anp.log(a) + (1 - self.y) * anp.log(1 - a)) / self.m
            shifted = z - anp.max(z, axis=1, keepdims=True)
            total = anp.log(anp.sum(anp.exp(shifted), axis=1))
            return anp.sum(total - shifted[np.arange(self.m), self.labels]) / self.m

        slope, parameters = value_and_grad(cost), self.interleaved()

        def step() -> float:
            value, gradients = slope(parameters)
            for p, g in zip(parameters, gradients, strict=True):
                p -= LEARNING_RATE * g
            return float(value)

        return step

    def torch(self) -> Step:
        import torch
        from torch.nn import functional

        parameters = [torch.tensor(p, requires_grad=True) for p in self.interleaved()]
        x, y, labels = torch.tensor(self.x), torch.tensor(self.y), torch.tensor(self.labels)
        optimizer = torch.optim.SGD(parameters, lr=LEARNING_RATE)

        def step() -> float:
            optimizer.zero_grad()
            a = x
            for i in range(0, len(parameters), 2):
                z = a @ parameters[i] + parameters[i + 1]
                a = torch.sigmoid(z) if self.hidden == "sigmoid" else torch.relu(z)
            if self.hidden == "sigmoid":
                cost = functional.binary_cross_entropy_with_logits(z, y, reduction="sum") / self.m
            else:
                cost = functional.cross_entropy(z, labels)
            cost.backward()
            optimizer.step()
            return cost.item()

        return step


class Chain:
    """h ← h·w + b many times over, and the gradient of Σ h by h, w and b: what one small operation costs."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        self.n = n
        self.h, self.w, self.b = rng.normal(size=4), 1 + 0.01 * rng.normal(size=4), rng.normal(size=4)

    def by_hand(self) -> float:
        h, w, b = self.h, self.w, self.b
        states = []
        for _ in range(self.n):
            states.append(h)
            h = h * w + b
        g, gw, gb = np.ones(4), np.zeros(4), np.zeros(4)
        for h in reversed(states):
            gb += g
            gw += g * h
            g = g * w
        return float(g.sum() + gw.sum() + gb.sum())

    def engine(self) -> float:
        h, w, b = leaves = [tg.Tensor(v, requires_grad=True) for v in (self.h, self.w, self.b)]
        for _ in range(self.n):
            h = h * w + b
        h.sum().backward()
        return float(sum(t.grad.sum().item() for t in leaves if t.grad is not None))

    def autograd(self) -> float:
        import autograd.numpy as anp
        from autograd import grad

        def f(h: Any, w: Any, b: Any) -> Any:
            for _ in range(self.n):
                h = h * w + b
            return anp.sum(h)

        return float(sum(g.sum() for g in grad(f, (0, 1, 2))(self.h, self.w, self.b)))

    def torch(self) -> float:
        import torch

        h, w, b = leaves = [torch.tensor(v, requires_grad=True) for v in (self.h, self.w, self.b)]
        for _ in range(self.n):
            h = h * w + b
        h.sum().backward()
        return float(sum(t.grad.sum().item() for t in leaves))
