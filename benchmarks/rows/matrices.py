"""Derivatives that are matrices, and second derivatives: Hessians, Jacobians, gradients of each example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_lite as tg
from benchmarks.rows.base import Row, Step, float64_jax

__all__ = ["ROWS", "Hessian", "HessianVector", "Jacobian", "PerExample"]


class HessianVector:
    """The Hessian of the logistic cost by the weights, times a vector v.

    a_known: whether the contenders by hand have the outputs a already, as they have them where Newton's method asks for
    many products at the same weights. The others always begin with the weights.
    """

    def __init__(self, m: int, n: int, a_known: bool) -> None:
        rng = np.random.default_rng(0)
        self.m, self.a_known = m, a_known
        self.x, self.y = rng.standard_normal((m, n)), rng.integers(0, 2, (m, 1)).astype(np.float64)
        self.w, self.v = 0.1 * rng.standard_normal((n, 1)), rng.standard_normal((n, 1))

    def by_hand(self) -> Step:
        x, w, v = self.x, self.w, self.v

        def outputs() -> Any:
            return 1 / (1 + np.exp(-(x @ w)))

        known = outputs()

        def step() -> Any:
            a = known if self.a_known else outputs()
            return x.T @ (a * (1 - a) * (x @ v)) / self.m

        return step

    def by_hand_out(self) -> Step:
        x, w, v = self.x, self.w, self.v
        a, u, result = np.empty((self.m, 1)), np.empty((self.m, 1)), np.empty_like(w)

        def outputs(out: Any) -> None:
            np.matmul(x, w, out=out)
            np.negative(out, out=out)
            np.exp(out, out=out)
            out += 1
            np.divide(1, out, out=out)

        outputs(a)
        slopes = a * (1 - a)

        def step() -> Any:
            np.matmul(x, v, out=u)
            if self.a_known:
                np.multiply(u, slopes, out=u)
            else:
                outputs(a)
                np.multiply(u, a, out=u)
                np.subtract(1, a, out=a)
                np.multiply(u, a, out=u)
            np.matmul(x.T, u, out=result)
            np.divide(result, self.m, out=result)
            return result

        return step

    def _product(self, x: Any, y: Any) -> Callable[[Any, Any], Any]:
        return lambda w, v: tg.hvp(lambda w: tg.cross_entropy_with_logits(x @ w, y), w, v)

    def eager(self) -> Step:
        product = self._product(tg.Tensor(self.x), self.y)
        return lambda: product(self.w, self.v)

    def compiled(self) -> Step:
        product = tg.compile(self._product(self.x, self.y))
        return lambda: product(self.w, self.v)

    def _cost(self, xnp: Any) -> Callable[[Any], Any]:
        def cost(w: Any) -> Any:
            z = xnp.dot(self.x, w)
            return xnp.sum(xnp.log(1 + xnp.exp(z)) - self.y * z) / self.m

        return cost

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import hessian_vector_product

        product = hessian_vector_product(self._cost(anp))
        return lambda: product(self.w, self.v)

    def jax(self) -> Step:
        jax = float64_jax()
        slope = jax.grad(self._cost(jax.numpy))
        product = jax.jit(lambda w, v: jax.jvp(slope, (w,), (v,))[1])
        w, v = jax.numpy.asarray(self.w), jax.numpy.asarray(self.v)
        return lambda: jax.block_until_ready(product(w, v))

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


class _Tanh:
    """A matrix A and a vector x: the function is made of tanh(A x)."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        self.matrix, self.x = rng.standard_normal((n, n)) / np.sqrt(n), rng.standard_normal(n)

    def _tensors(self) -> Any:
        import torch

        return torch.tensor(self.matrix), torch.tensor(self.x)


class Hessian(_Tanh):
    """The Hessian of Σ tanh(A x)² by x."""

    def by_hand(self) -> Step:
        matrix, x = self.matrix, self.x

        def step() -> Any:
            t = np.tanh(matrix @ x)
            d = 2 * (1 - t * t) * (1 - 3 * t * t)  # the second derivative of tanh(z)² by z
            return (matrix.T * d) @ matrix

        return step

    def eager(self) -> Step:
        matrix = tg.Tensor(self.matrix)
        hessian = tg.hessian(lambda x: (np.tanh(matrix @ x) ** 2).sum())
        return lambda: hessian(self.x)

    def compiled(self) -> Step:
        matrix = self.matrix
        hessian = tg.compile(tg.hessian(lambda x: (np.tanh(matrix @ x) ** 2).sum()))
        return lambda: hessian(self.x)

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import hessian

        # A function of autograd's is no ufunc, so that matrix @ x needs its own matmul.
        found = hessian(lambda x: anp.sum(anp.tanh(anp.dot(self.matrix, x)) ** 2))
        return lambda: found(self.x)

    def jax(self) -> Step:
        jax = float64_jax()
        matrix, x = jax.numpy.asarray(self.matrix), jax.numpy.asarray(self.x)
        hessian = jax.jit(jax.hessian(lambda x: (jax.numpy.tanh(matrix @ x) ** 2).sum()))
        return lambda: jax.block_until_ready(hessian(x))

    def torch(self) -> Step:
        import torch

        matrix, x = self._tensors()
        hessian = torch.func.hessian(lambda x: (torch.tanh(matrix @ x) ** 2).sum())
        return lambda: hessian(x).numpy()


class Jacobian(_Tanh):
    """The Jacobian of tanh(A x) by x."""

    def by_hand(self) -> Step:
        matrix, x = self.matrix, self.x

        def step() -> Any:
            t = np.tanh(matrix @ x)
            return (1 - t * t)[:, None] * matrix

        return step

    def by_hand_out(self) -> Step:
        matrix, x = self.matrix, self.x
        t, result = np.empty_like(x), np.empty_like(matrix)

        def step() -> Any:
            np.matmul(matrix, x, out=t)
            np.tanh(t, out=t)
            np.multiply(t, t, out=t)
            np.subtract(1, t, out=t)
            return np.multiply(t[:, None], matrix, out=result)

        return step

    def eager(self) -> Step:
        matrix = tg.Tensor(self.matrix)
        jacobian = tg.jacobian(lambda x: np.tanh(matrix @ x))
        return lambda: jacobian(self.x)

    def compiled(self) -> Step:
        matrix = self.matrix
        jacobian = tg.compile(tg.jacobian(lambda x: np.tanh(matrix @ x)))
        return lambda: jacobian(self.x)

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import jacobian

        found = jacobian(lambda x: anp.tanh(anp.dot(self.matrix, x)))
        return lambda: found(self.x)

    def jax(self) -> Step:
        jax = float64_jax()
        matrix, x = jax.numpy.asarray(self.matrix), jax.numpy.asarray(self.x)
        jacobian = jax.jit(jax.jacrev(lambda x: jax.numpy.tanh(matrix @ x)))
        return lambda: jax.block_until_ready(jacobian(x))

    def torch(self) -> Step:
        import torch

        matrix, x = self._tensors()
        jacobian = torch.func.jacrev(lambda x: torch.tanh(matrix @ x))
        return lambda: jacobian(x).numpy()


class PerExample:
    """The gradients of a network's cost for each example by itself: four arrays with the examples in front."""

    def __init__(self, m: int, sizes: tuple[int, int, int]) -> None:
        rng = np.random.default_rng(0)
        inputs, hidden, outputs = sizes
        self.x, self.y = rng.standard_normal((m, inputs)), rng.integers(0, 2, (m, outputs)).astype(np.float64)
        self.parameters = (
            rng.standard_normal((inputs, hidden)) / np.sqrt(inputs), rng.standard_normal(hidden),
            rng.standard_normal((hidden, outputs)) / np.sqrt(hidden), rng.standard_normal(outputs),
        )  # fmt: skip

    def by_hand(self) -> Step:
        x, y, (w1, b1, w2, b2) = self.x, self.y, self.parameters

        def step() -> Any:
            h = np.tanh(x @ w1 + b1)
            a = 1 / (1 + np.exp(-(h @ w2 + b2)))
            d2 = a - y
            d1 = (d2 @ w2.T) * (1 - h * h)
            return x[:, :, None] * d1[:, None, :], d1, h[:, :, None] * d2[:, None, :], d2

        return step

    def _slope(self) -> Callable[..., Any]:
        def cost(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, y: Any) -> Any:
            z = tg.tanh(x @ w1 + b1) @ w2 + b2
            return tg.cross_entropy_with_logits(z, y)

        return tg.grad(cost, (0, 1, 2, 3))

    def eager(self) -> Step:
        of_all = tg.vmap(self._slope(), in_axes=(None, None, None, None, 0, 0))
        return lambda: of_all(*self.parameters, self.x, self.y)

    def compiled(self) -> Step:
        of_all = tg.compile(tg.vmap(self._slope(), in_axes=(None, None, None, None, 0, 0)))
        return lambda: of_all(*self.parameters, self.x, self.y)

    def _cost(self, xnp: Any) -> Callable[..., Any]:
        def cost(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, y: Any) -> Any:
            a = 1 / (1 + xnp.exp(-(xnp.matmul(xnp.tanh(xnp.matmul(x, w1) + b1), w2) + b2)))
            return -xnp.sum(y * xnp.log(a) + (1 - y) * xnp.log(1 - a))

        return cost

    def autograd(self) -> Step:
        import autograd.numpy as anp
        from autograd import grad

        slope = grad(self._cost(anp), (0, 1, 2, 3))

        def step() -> Any:
            found = [slope(*self.parameters, x, y) for x, y in zip(self.x, self.y, strict=True)]
            return tuple(np.stack(g) for g in zip(*found, strict=True))

        return step

    def jax(self) -> Step:
        jax = float64_jax()
        slope = jax.grad(self._cost(jax.numpy), (0, 1, 2, 3))
        of_all = jax.jit(jax.vmap(slope, in_axes=(None, None, None, None, 0, 0)))
        given = [jax.numpy.asarray(v) for v in (*self.parameters, self.x, self.y)]
        return lambda: jax.block_until_ready(of_all(*given))

    def torch(self) -> Step:
        import torch

        slope = torch.func.grad(self._cost(torch), (0, 1, 2, 3))
        of_all = torch.func.vmap(slope, in_dims=(None, None, None, None, 0, 0))
        given = [torch.tensor(v) for v in (*self.parameters, self.x, self.y)]
        return lambda: tuple(g.numpy() for g in of_all(*given))


_PRODUCT = "Hessian-vector product, logistic cost, 1000×100"
_TINY = {"m": 7, "n": 3}
ROWS = {
    "hvp": Row(_PRODUCT, HessianVector, {"m": 1000, "n": 100, "a_known": False}, {**_TINY, "a_known": False}),
    "hvp-known": Row(
        f"{_PRODUCT}, by hand from known outputs",
        HessianVector,
        {"m": 1000, "n": 100, "a_known": True},
        {**_TINY, "a_known": True},
    ),
    "hessian": Row("Hessian of Σ tanh(A x)², 200×200", Hessian, {"n": 200}, {"n": 3}),
    "jacobian": Row("Jacobian of tanh(A x), 200×200", Jacobian, {"n": 200}, {"n": 3}),
    "per-example": Row(
        "gradients of each of 64 examples, MLP 20-16-1",
        PerExample,
        {"m": 64, "sizes": (20, 16, 1)},
        {"m": 3, "sizes": (4, 3, 1)},
    ),
}
