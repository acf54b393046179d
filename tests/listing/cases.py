"""The functions whose sources are looked at: the lecture's networks and what else people write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg

RNG = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape)


X = normal(10, 7)
YES_OR_NO = RNG.integers(0, 2, (10, 3)).astype(float)
CLASSES = RNG.integers(0, 3, 10)
ONE_HOT = np.eye(3)[CLASSES]
W1, B1, W2, B2, W3, B3 = normal(7, 4), normal(4), normal(4, 5), normal(5), normal(5, 3), normal(3)
TWO = (W1, B1, normal(4, 3), B3)
THREE = (W1, B1, W2, B2, W3, B3)


def gradients(f: Callable[..., Any], n: int) -> Callable[..., Any]:
    return tg.value_and_grad(f, tuple(range(n)))


def neuron(w, b, x, y):
    a = tg.sigmoid(w * x + b)
    C = (y - a) ** 2 / 2
    return C


def quadratic(W1, b1, W2, b2, x, y):
    z1 = x @ W1 + b1
    a1 = tg.sigmoid(z1)
    z2 = a1 @ W2 + b2
    a2 = tg.sigmoid(z2)
    C = tg.quadratic_cost(a2, y)
    return C


def cross_entropy(W1, b1, W2, b2, x, y):
    a1 = tg.sigmoid(x @ W1 + b1)
    a2 = tg.sigmoid(a1 @ W2 + b2)
    return tg.cross_entropy(a2, y)


def three_layers(W1, b1, W2, b2, W3, b3, x, y):
    a1 = np.tanh(x @ W1 + b1)
    a2 = tg.relu(a1 @ W2 + b2)
    a3 = tg.softmax(a2 @ W3 + b3)
    C = tg.log_likelihood(a3, y)
    return C


def with_logits(W, b, x, y):
    return tg.log_likelihood_with_logits(x @ W + b, y)


def binary_logits(W, b, x, y):
    z = x @ W + b
    return tg.cross_entropy_with_logits(z, y)


def penalised(W1, b1, W2, b2, x, y, lmbda):
    a1 = tg.sigmoid(x @ W1 + b1)
    a2 = tg.sigmoid(a1 @ W2 + b2)
    return tg.cross_entropy(a2, y) + lmbda / 2 * ((W1**2).sum() + (W2**2).sum())


def step(W1, b1, W2, b2, x, y, lr):
    C, (dW1, db1, dW2, db2) = gradients(cross_entropy, 4)(W1, b1, W2, b2, x, y)
    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
    b2 -= lr * db2
    return C


def layers(params, x, y):
    a = x
    for W, b in params:
        a = tg.sigmoid(a @ W + b)
    return tg.cross_entropy(a, y)


def by_names(params, x, y):
    h = np.tanh(x @ params["W"] + params["b"])
    return np.sum((h - y) ** 2) / len(x)


def regression(w, x, y):
    return np.mean((x @ w - y) ** 2)


def logistic(w, x, y):
    return tg.cross_entropy(tg.sigmoid(x @ w), y)


def curvature(w, v, x, y):
    return tg.hvp(lambda w: logistic(w, x, y), w, v)


def recurrent(Wx, Wh, b, xs, y):
    h = np.zeros(4)
    for t in range(len(xs)):
        h = np.tanh(xs[t] @ Wx + h @ Wh + b)
    return ((h - y) ** 2).sum() / 2


@tg.composite
def swish(z):
    s = tg.sigmoid(z)
    return z * s


def own_activation(w, x):
    return (swish(x @ w) ** 2).sum()


def batch_norm(x, g):
    return (((x - x.mean(axis=0)) / x.std(axis=0)) * g).sum()


def swapped(a, b):
    a -= b
    b *= 2 * a
    return a + b


def single(*arrays: Any) -> tuple[Any, ...]:
    return tuple(np.float32(a) for a in arrays)


def one_layer(W, b, x, y):
    a = tg.sigmoid(x @ W + b)
    return tg.quadratic_cost(a, y)


def many_layers(params, x, y):
    a = x
    for W, b in params[:-1]:
        a = tg.leaky_relu(a @ W + b)
    W, b = params[-1]
    return tg.cross_entropy_with_logits(a @ W + b, y)


def by_default(W1, b1, W2, b2, x, y, lmbda=0.1):
    a1 = tg.sigmoid(x @ W1 + b1)
    a2 = tg.softmax(a1 @ W2 + b2)
    return tg.log_likelihood(a2, y) + lmbda / 2 * (np.sum(W1**2) + np.sum(W2**2))


def tanh_classes(W1, b1, W2, b2, x, y):
    a1 = np.tanh(x @ W1 + b1)
    return tg.log_likelihood_with_logits(a1 @ W2 + b2, y)


def line_fit(w, b, x, y):
    r = x @ w + b - y
    return np.mean(r**2)


def logits(w, x, y):
    return tg.cross_entropy_with_logits(x @ w, y)


def curvature_of_logits(w, v, x, y):
    return tg.hvp(lambda w: logits(w, x, y), w, v)


def autoencoder(W, b, V, c, x):
    h = tg.sigmoid(x @ W + b)
    xr = h @ V + c
    return ((xr - x) ** 2).sum() / (2 * len(x))


def tied_autoencoder(W, b, c, x):
    h = np.tanh(x @ W + b)
    xr = h @ W.T + c
    return ((xr - x) ** 2).sum() / (2 * len(x))


@tg.composite
def huber(r, delta=1.0):
    return np.sum(np.where(np.abs(r) < delta, r**2 / 2, delta * (np.abs(r) - delta / 2)))


def robust(w, x, y):
    return huber(x @ w - y, delta=0.5) / len(x)


def elu(W, x, y):
    z = x @ W
    return ((np.where(z > 0, z, np.exp(z) - 1) - y) ** 2).sum()


def hinge(w, x, y):
    return np.maximum(0, 1 - y * (x @ w)).mean() + 0.01 * (w @ w)


def dropped(W1, b1, W2, b2, x, y, mask):
    a1 = tg.relu(x @ W1 + b1) * mask / 0.5
    return tg.cross_entropy_with_logits(a1 @ W2 + b2, y)


def new_params(params, x, y, lr):
    C, g = tg.value_and_grad(by_names)(params, x, y)
    return {k: params[k] - lr * g[k] for k in params}, C


def softmax_by_hand(W, x, y):
    p = tg.softmax(x @ W)
    return -np.mean(np.log(p[np.arange(len(x)), y]))


def gaussian(mu, s, x):
    return (0.5 * ((x - mu) / s) ** 2 + np.log(s)).sum()


def powers(w, x, y, power=3, kind="sum"):
    r = x @ w - y
    return (r**power).sum() if kind == "sum" else (r**power).mean()


Case = tuple[Callable[..., Any], tuple[Any, ...]]
LECTURE: dict[str, Case] = {
    "neuron": (gradients(neuron, 2), (0.6, 0.9, 1.0, 0.0)),
    "quadratic": (gradients(quadratic, 4), (*TWO, X, YES_OR_NO)),
    "cross_entropy": (gradients(cross_entropy, 4), (*TWO, X, YES_OR_NO)),
    "three_layers": (gradients(three_layers, 6), (*THREE, X, ONE_HOT)),
    "penalised": (gradients(penalised, 4), (*TWO, X, YES_OR_NO, 0.1)),
    "step": (step, (*TWO, X, YES_OR_NO, 0.5)),
    "with_logits": (gradients(with_logits, 2), (normal(7, 3), B3, X, CLASSES)),
    "curvature": (curvature, (normal(7), normal(7), X, YES_OR_NO[:, 0])),
}
OTHERS: dict[str, Case] = {
    "classes": (gradients(three_layers, 6), (*THREE, X, CLASSES)),
    "binary logits": (gradients(binary_logits, 2), (normal(7, 3), B3, X, YES_OR_NO)),
    "logits of one-hot rows": (gradients(with_logits, 2), (normal(7, 3), B3, X, ONE_HOT)),
    "a list of layers": (tg.value_and_grad(layers), ([(W1, B1), (W2, B2), (W3, B3)], X, YES_OR_NO)),
    "a dict": (tg.value_and_grad(by_names), ({"W": normal(7, 3), "b": B3}, X, YES_OR_NO)),
    "regression": (tg.value_and_grad(regression), (normal(7), X, normal(10))),
    "recurrent": (gradients(recurrent, 3), (normal(2, 4), normal(4, 4), normal(4), normal(3, 2), normal(4))),
    "single precision": (gradients(penalised, 4), (*single(*TWO, X, YES_OR_NO), 0.1)),
    "own activation": (tg.grad(own_activation), (normal(7), X)),
    "batch norm": (tg.grad(batch_norm), (normal(5, 3), normal(5, 3))),
    "two in place": (swapped, (normal(3), normal(3))),
    "forward": (lambda x: {"a": np.tanh(x) * tg.sigmoid(x) + np.exp(-(x**2)), "b": [x, x.copy()]}, (normal(4),)),
    "largest": (tg.grad(lambda x: x.max() * x.sum()), (normal(4),)),
    "norm": (tg.grad(lambda x: np.linalg.norm(x)), (normal(4),)),
    "slices": (tg.grad(lambda x: (x[1:] * x[:-1]).sum()), (normal(4),)),
    "places": (tg.grad(lambda x: (x[np.array([0, 0, 2])] ** 2).sum()), (normal(4),)),
    "third derivative": (tg.grad(tg.grad(tg.grad(lambda x: np.sin(x) * x**3))), (np.float64(0.7),)),
    "direction": (lambda x, v: tg.jvp(lambda x: np.tanh(x) * x, x, v), (normal(4), normal(4))),
    "one layer": (gradients(one_layer, 2), (normal(7, 3), B3, X, YES_OR_NO)),
    "many layers": (tg.value_and_grad(many_layers), ([(W1, B1), (W2, B2), (normal(5, 5), normal(5)), (W3, B3)], X, YES_OR_NO)),
    "a default": (gradients(by_default, 4), (*TWO, X, ONE_HOT)),
    "classes in single precision": (gradients(tanh_classes, 4), (*single(*TWO, X), CLASSES)),
    "line": (gradients(line_fit, 2), (normal(7), np.float64(0.3), X, normal(10))),
    "logits": (tg.value_and_grad(logits), (normal(7), X, YES_OR_NO[:, 0])),
    "curvature of logits": (curvature_of_logits, (normal(7), normal(7), X, YES_OR_NO[:, 0])),
    "autoencoder": (gradients(autoencoder, 4), (W1, B1, normal(4, 7), normal(7), X)),
    "tied autoencoder": (gradients(tied_autoencoder, 3), (W1, B1, normal(7), X)),
    "robust": (tg.value_and_grad(robust), (normal(7), X, normal(10))),
    "elu": (tg.grad(elu), (normal(7, 3), X, YES_OR_NO)),
    "hinge": (tg.value_and_grad(hinge), (normal(7), X, np.sign(normal(10)))),
    "dropped": (gradients(dropped, 4), (*TWO, X, YES_OR_NO, np.sign(normal(10, 4)) / 2 + 0.5)),
    "new params": (new_params, ({"W": normal(7, 3), "b": B3}, X, YES_OR_NO, 0.1)),
    "softmax by hand": (tg.value_and_grad(softmax_by_hand), (normal(7, 3), X, CLASSES)),
    "gaussian": (gradients(gaussian, 2), (np.float64(0.2), np.float64(1.4), normal(10))),
    "powers": (tg.grad(powers), (normal(7), X, normal(10))),
    "quadratic form": (tg.grad(lambda A, x: x @ A @ x / 2, 1), (normal(4, 4), normal(4))),
    "einsum": (tg.grad(lambda a, b: np.einsum("ij,kj->ik", a, b).sum()), (normal(5, 3), normal(2, 3))),
}  # fmt: skip
