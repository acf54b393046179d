"""A training step as an expert writes it: every array is allocated once, and NumPy writes into it by `out=`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.rows.base import LEARNING_RATE

__all__ = ["NetworkBuffers"]


class NetworkBuffers:
    """The parameters of a network, the memory of one step, and the step. parameters: w, b of each layer in turn."""

    def __init__(self, sizes: Sequence[int], m: int, hidden: str, dtype: str, parameters: list[Any]) -> None:
        self.m, self.hidden, self.rows = m, hidden, np.arange(m)
        self.ws, self.bs = parameters[::2], parameters[1::2]
        self.outputs = [np.empty((m, n), dtype) for n in sizes[1:]]
        self.deltas = [np.empty((m, n), dtype) for n in sizes[1:]]
        self.gws, self.gbs = [np.empty_like(w) for w in self.ws], [np.empty_like(b) for b in self.bs]
        self.masks = [np.empty((m, n), bool) for n in sizes[1:-1]]
        self.rest, self.column = np.empty((m, sizes[-1]), dtype), np.empty((m, 1), dtype)

    def step(self, x: Any, y: Any, labels: Any) -> float:
        """One step of gradient descent; its cost."""
        self._forward(x)
        cost = self._cost(y, labels)
        self._backward(x, y)
        for p, g in itertools.chain(zip(self.ws, self.gws, strict=True), zip(self.bs, self.gbs, strict=True)):
            g *= LEARNING_RATE
            p -= g
        return cost

    def _forward(self, x: Any) -> None:
        a = x
        for i, z in enumerate(self.outputs):
            np.matmul(a, self.ws[i], out=z)
            z += self.bs[i]
            if i + 1 == len(self.outputs):
                break
            if self.hidden == "relu":
                np.maximum(z, 0, out=z)
            elif self.hidden == "tanh":
                np.tanh(z, out=z)
            else:
                _sigmoid(z)
            a = z

    def _cost(self, y: Any, labels: Any) -> float:
        """The cost; the last output becomes the activation a."""
        a, rest = self.outputs[-1], self.rest
        if self.hidden == "relu":
            np.max(a, axis=1, keepdims=True, out=self.column)
            a -= self.column
            np.exp(a, out=a)
            np.sum(a, axis=1, keepdims=True, out=self.column)
            a /= self.column
            return -float(np.log(a[self.rows, labels]).sum()) / self.m
        _sigmoid(a)
        delta = self.deltas[-1]
        np.log(a, out=delta)
        delta *= y
        total = delta.sum()
        np.subtract(1, a, out=rest)
        np.log(rest, out=rest)
        np.subtract(1, y, out=delta)
        rest *= delta
        return -float(total + rest.sum()) / self.m

    def _backward(self, x: Any, y: Any) -> None:
        delta = self.deltas[-1]
        np.subtract(self.outputs[-1], y, out=delta)
        delta /= self.m
        for i in reversed(range(len(self.ws))):
            a = self.outputs[i - 1] if i else x
            np.matmul(a.T, delta, out=self.gws[i])
            np.add.reduce(delta, axis=0, out=self.gbs[i])
            if i:
                below = self.deltas[i - 1]
                np.matmul(delta, self.ws[i].T, out=below)
                self._times_slope(below, a, self.masks[i - 1])
                delta = below

    def _times_slope(self, delta: Any, a: Any, mask: Any) -> None:
        """Times the derivative of the activation whose output is a; a is not needed afterwards."""
        if self.hidden == "relu":
            np.greater(a, 0, out=mask)
            delta *= mask
        elif self.hidden == "tanh":
            a *= a
            np.subtract(1, a, out=a)
            delta *= a
        else:
            delta *= a
            np.subtract(1, a, out=a)
            delta *= a


def _sigmoid(z: Any) -> None:
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1
    np.divide(1, z, out=z)
