"""What type checkers are told of the public names. test_types.py has mypy and pyright read it, and runs it, too.

Nothing runs at import: each function takes a Tensor and an array of two numbers, and models take rows of two.
"""

from __future__ import annotations

from typing import Any, TypeAlias, assert_type

import numpy as np

import tinygrad_lite as tg
from tinygrad_lite import Tensor
from tinygrad_lite.nn import MLP, Linear, Module, Sequential
from tinygrad_lite.optim import SGD, Adam

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


def operators(w: Tensor, x: Array) -> None:
    assert_type(w + x, Tensor)
    assert_type(w - x, Tensor)
    assert_type(w * x, Tensor)
    assert_type(w / x, Tensor)
    assert_type(w**x, Tensor)
    assert_type(w @ x, Tensor)
    assert_type(w * w, Tensor)
    assert_type(w @ w, Tensor)
    assert_type(w * [1.0, 2.0], Tensor)
    assert_type(w * np.float32(2), Tensor)
    assert_type(w + 2, Tensor)
    assert_type(w - 2, Tensor)
    assert_type(w * 2, Tensor)
    assert_type(w / 2, Tensor)
    assert_type(w**2, Tensor)
    assert_type(2 + w, Tensor)
    assert_type(2 - w, Tensor)
    assert_type(2 * w, Tensor)
    assert_type(2 / w, Tensor)
    assert_type(2**w, Tensor)
    assert_type(np.float64(2) * w, Tensor)
    assert_type(w > 0, Tensor)
    assert_type(w <= x, Tensor)
    assert_type(w < 1, Tensor)
    assert_type(w == 0, Tensor)
    assert_type(w != w, Tensor)
    assert_type((w > 0) & (w < 1) | ~(w > 0), Tensor)
    assert_type((w > 0) ^ True, Tensor)
    assert_type(w % 2, Tensor)
    assert_type(2 % w, Tensor)
    assert_type(w // w, Tensor)
    assert_type(divmod(w, 2), tuple[Tensor, Tensor])
    assert_type(divmod(2.0, w), tuple[Tensor, Tensor])
    assert_type((w > 0).astype(int) << 1 >> 1, Tensor)
    assert_type(-w, Tensor)
    assert_type(+w, Tensor)
    assert_type(abs(w), Tensor)
    assert_type(w[0], Tensor)
    assert_type(w[:, None], Tensor)
    assert_type(list(w), list[Tensor])
    step = w.detach()
    step -= x
    assert_type(step, Tensor)


def methods(w: Tensor, x: Array) -> None:
    assert_type(w.sum(), Tensor)
    assert_type(w.sum(axis=0, keepdims=True), Tensor)
    assert_type(w.max(), Tensor)
    assert_type(w.min(axis=0), Tensor)
    assert_type(w.mean(), Tensor)
    assert_type(w.mean(axis=0), Tensor)
    assert_type(w.var(), Tensor)
    assert_type(w.std(), Tensor)
    assert_type(w.prod(), Tensor)
    assert_type(w.cumsum(), Tensor)
    assert_type(w.argmax(), Tensor)
    assert_type(w.argmin(), Tensor)
    assert_type((w > 0).any(), Tensor)
    assert_type((w > 0).all(), Tensor)
    assert_type(w.clip(0, 1), Tensor)
    assert_type(w.dot(x), Tensor)
    assert_type(w.squeeze(), Tensor)
    assert_type(w[None].swapaxes(0, 1), Tensor)
    assert_type(w.ravel(), Tensor)
    assert_type(w.flatten(), Tensor)
    assert_type(w.repeat(2), Tensor)
    assert_type(w.take([0]), Tensor)
    assert_type(w[None].trace(), Tensor)
    assert_type(w[None].diagonal(), Tensor)
    assert_type(w.round(), Tensor)
    assert_type(w.copy(), Tensor)
    assert_type(w.astype(np.float32), Tensor)
    assert_type(w.T, Tensor)
    assert_type(w.reshape(2, 1), Tensor)
    assert_type(w.transpose(), Tensor)
    assert_type(w.detach(), Tensor)
    assert_type(w.sum().item(), float)
    assert_type(w.shape, tuple[int, ...])
    assert_type(w.numpy(), np.ndarray[Any, Any])
    w.sum().backward()
    assert_type(w.grad, Tensor | Any)
    assert_type(tg.sigmoid(w.grad), Tensor)
    print(w.grad.item() if w.size == 1 else w.grad.sum() * 2)  # nobody has to rule None out


def activations(w: Tensor, x: Array) -> None:
    assert_type(tg.sigmoid(w), Tensor)
    assert_type(tg.sigmoid(x), np.ndarray)
    assert_type(tg.sigmoid([0.0, 1.0]), np.ndarray)
    assert_type(tg.sigmoid(0.5), np.floating)
    assert_type(tg.tanh(w), Tensor)
    assert_type(tg.tanh(x), np.ndarray)
    assert_type(tg.relu(w), Tensor)
    assert_type(tg.relu(x), np.ndarray)
    assert_type(tg.relu(2.0), np.ndarray)
    assert_type(tg.leaky_relu(2.0), np.ndarray)
    assert_type(tg.softplus(2.0), np.floating)
    assert_type(tg.tanh(2.0), np.floating)
    assert_type(tg.leaky_relu(w, 0.1), Tensor)
    assert_type(tg.leaky_relu(x), np.ndarray)
    assert_type(tg.softplus(w), Tensor)
    assert_type(tg.softplus(x), np.ndarray)
    assert_type(tg.softmax(w, axis=0), Tensor)
    assert_type(tg.softmax(x), np.ndarray)
    assert_type(tg.log_softmax(w), Tensor)
    assert_type(tg.log_softmax(x), np.ndarray)
    assert_type(tg.logsumexp(w), Tensor)
    assert_type(tg.stop_gradient(w), Tensor)


def costs(w: Tensor, x: Array) -> None:
    a, b = tg.sigmoid(w), tg.sigmoid(x)
    assert_type(tg.quadratic_cost(w, x), Tensor)
    assert_type(tg.quadratic_cost(x, w), Tensor)
    assert_type(tg.quadratic_cost(x, x), np.floating)
    assert_type(tg.cross_entropy(a, 1.0), Tensor)
    assert_type(tg.cross_entropy(b, 1.0), np.floating)
    assert_type(tg.cross_entropy_with_logits(w, [0.0, 1.0]), Tensor)
    assert_type(tg.cross_entropy_with_logits(x, [0.0, 1.0]), np.floating)
    assert_type(tg.log_likelihood(a[None], [1]), Tensor)
    assert_type(tg.log_likelihood(b[None], [1]), np.floating)
    assert_type(tg.log_likelihood_with_logits(w[None], tg.one_hot([1], 2)), Tensor)
    assert_type(tg.log_likelihood_with_logits(x[None], [1]), np.floating)
    assert_type(tg.one_hot([1], 2), Tensor)


def derivatives(w: Tensor, x: Array) -> None:
    def f(t: Tensor, k: Tensor | Array | float = 1.0) -> Tensor:
        return (t * t * k).sum()

    def g(t: dict[str, Tensor]) -> Tensor:
        return f(t["a"])

    assert_type(tg.grad(f)(w), Tensor)
    assert_type(tg.grad(f)(w, x), Tensor)
    assert_type(tg.grad(f)(x, x), Array)
    assert_type(tg.grad(f)(2.0), np.float64)
    assert_type(tg.grad(tg.grad(f))(2.0), np.float64)
    assert_type(tg.grad(g)({"a": x}), dict[str, Array])
    assert_type(tg.grad(g)({"a": w}), dict[str, Tensor])
    assert_type(tg.grad(f, (0, 1))(x, x), tuple[Any, ...])
    assert_type(tg.grad(f)(x, w), Any)  # a Tensor: one of the arguments decides for all
    assert_type(tg.value_and_grad(f)(w), tuple[Tensor, Tensor])
    assert_type(tg.value_and_grad(f)(x), tuple[np.floating, Array])
    assert_type(tg.value_and_grad(f)(2.0), tuple[np.float64, np.float64])
    assert_type(tg.jacobian(tg.sigmoid)(w), Tensor)
    assert_type(tg.jacobian(tg.sigmoid)(x), np.ndarray[Any, Any])
    assert_type(tg.hessian(f)(w), Tensor)
    assert_type(tg.hessian(f)(x), np.ndarray[Any, Any])
    assert_type(tg.hvp(f, w, w), Tensor)
    assert_type(tg.hvp(f, x, x), Array)
    assert_type(tg.hvp(f, 2.0, 1.0), np.float64)
    assert_type(tg.jvp(f, w, w), tuple[Tensor, Tensor])
    assert_type(tg.jvp(f, x, x), tuple[Any, Any])  # numbers or arrays, as f decides
    value, pullback = tg.vjp(f, w)
    assert_type(value, Tensor)
    assert_type(pullback(1.0), tuple[Tensor, ...])
    assert_type(tg.gradcheck(f, x), bool)


class Net(Module):
    def __init__(self) -> None:
        self.first, self.last = Linear(2, 3, rng=0), Linear(3, 2, rng=0)

    def __call__(self, x: Array) -> Tensor:
        return self.last(tg.relu(self.first(x)))


def models(w: Tensor, x: Array) -> None:
    model = MLP([2, 3, 2], rng=0)
    assert_type(model(x), Tensor)
    assert_type(model(w), Tensor)
    assert_type(Linear(2, 3, rng=0)(x), Tensor)
    assert_type(Sequential(Linear(2, 3, rng=0), tg.sigmoid)(x), Tensor)
    assert_type(Net()(x), Tensor)
    assert_type(model[:2], Sequential)
    assert_type(len(model), int)
    assert_type(model.parameters(), list[Tensor])
    assert_type(tg.nn.l2(model, 0.1), Tensor)
    for optimiser in (SGD(model.parameters(), lr=0.1, momentum=0.9), Adam(model.parameters())):
        tg.cross_entropy_with_logits(model(x), [0.0, 1.0]).backward()
        optimiser.step()
        optimiser.zero_grad()
    with tg.no_grad():
        assert_type(model(x).argmax().numpy(), np.ndarray[Any, Any])


@tg.no_grad()
def evaluated(t: Tensor, *, factor: int = 1) -> Tensor:
    return t * factor


@tg.composite
def swish(t: Tensor, *, factor: int = 1) -> Tensor:
    return factor * t * tg.sigmoid(t)


@tg.composite(repair="swish")
def repaired(t: Tensor, *, factor: int = 1) -> Tensor:
    return factor * t * tg.sigmoid(t)


def readers(w: Tensor, x: Array) -> None:
    for decorated in (evaluated, swish, repaired):
        assert_type(decorated(w, factor=2), Tensor)
    assert_type(tg.draw(swish(w).sum()), tg.Drawing)
    assert_type(tg.draw(swish(w).sum()).text(), str)
    assert_type(tg.derive((w * x).sum(), wrt=w), tg.Derivation)
    assert_type(tg.derive((w * x).sum(), wrt=w).text(), str)
    assert_type(tg.supported(), list[str])


@tg.compile
def scaled(t: Array, k: float = 2.0, *, shift: float = 0.0) -> Array:
    return t * k + shift


@tg.compile(most=2)
def halved(t: Tensor) -> Tensor:
    return t / 2


class Scale:
    @tg.compile
    def times(self, t: Array, k: float = 3.0) -> Array:
        return t * k


def programs(w: Tensor, x: Array) -> None:
    def f(t: Tensor, k: Tensor | Array | float = 1.0) -> Tensor:
        return (t * t * k).sum()

    assert_type(scaled(x, 3.0, shift=1.0), Array)
    assert_type(scaled.source, str)
    assert_type(halved(w), Tensor)
    assert_type(Scale().times(x, k=2.0), Array)
    assert_type(tg.compile(tg.sigmoid)(w), Tensor)
    assert_type(tg.compile(tg.sigmoid)(x), np.ndarray)
    assert_type(tg.compile(tg.grad(f))(x, x), Array)
    assert_type(tg.compile(tg.grad(f))(2.0), np.float64)
    assert_type(tg.compile(tg.value_and_grad(f))(x), tuple[np.floating, Array])
    assert_type(tg.compile(MLP([2, 1], rng=0))(x), Tensor)


def datasets(w: Tensor, x: Array) -> None:
    digits = tg.data.digits()
    assert_type(digits, tg.data.Dataset)
    for rows, labels in tg.data.batches(digits.x_train, digits.y_train, 500, np.random.default_rng(0)):
        assert_type(rows, np.ndarray[tuple[Any, ...], np.dtype[Any]])
        assert_type(labels, np.ndarray[tuple[Any, ...], np.dtype[Any]])


def numpys_stubs(w: Tensor, x: Array) -> None:
    """What NumPy's stubs make of a Tensor, which is not ours to say. These are Tensors."""
    assert_type(np.exp(w), np.ndarray)
    assert_type(np.mean(w), Any)
    assert_type(x * w, Any)
    assert_type(x @ w, Any)
