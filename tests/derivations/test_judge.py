"""SymPy, on small explicit shapes, judges the closed forms; it is told the costs, not the gradients."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.repository import needed
from tests.helpers.spellings import CLASSES, J, M, N, hot, normal, targets
from tinygrad_lite.derivations import derive

sympy = needed("sympy")


def symbols(name: str, *shape: int) -> np.ndarray:
    """An array of symbols."""
    return np.array([sympy.Symbol(f"{name}{k}") for k in np.ndindex(*shape)]).reshape(shape)


def agrees(cost: object, by: np.ndarray, closed: np.ndarray, values: dict[object, float]) -> None:
    """SymPy's derivative of an explicit cost has the numbers of the closed form, to 30 digits of SymPy's."""
    for place in np.ndindex(*by.shape):
        wanted = sympy.diff(cost, by[place]).evalf(30, subs=values)
        assert abs(float(wanted) - closed[place]) < 1e-12


def bound(names: np.ndarray, data: np.ndarray) -> dict[object, float]:
    """Numbers for an array of symbols."""
    return {s: sympy.Float(float(v), 30) for s, v in zip(names.ravel(), np.ravel(data), strict=True)}


def test_cross_entropy_is_a_minus_y() -> None:
    x, w, b, y = normal((M, N), "x", 0), normal(N, "w", 1, True), normal((), "b", 2, True), targets(M)
    d = derive(tg.cross_entropy(tg.sigmoid(x @ w + b), y), wrt=[w, b])
    W, B = symbols("w", N), sympy.Symbol("b")
    cost = 0
    for i in range(M):
        a = 1 / (1 + sympy.exp(-(sum(W[j] * sympy.Float(x.data[i, j], 30) for j in range(N)) + B)))
        cost -= (y.data[i] * sympy.log(a) + (1 - y.data[i]) * sympy.log(1 - a)) / M
    values = bound(W, w.data) | {B: sympy.Float(float(b.data), 30)}
    agrees(cost, W, d.formulas["w"].evaluate(), values)
    agrees(cost, np.array([B]), d.formulas["b"].evaluate().reshape(1), values)


def test_softmax_is_a_minus_y() -> None:
    x, w = normal((M, N), "x", 0), normal((J, N), "w", 1, True)
    d = derive(-np.mean(np.sum(hot() * np.log(tg.softmax(x @ w.T)), axis=1)), wrt=w)
    W = symbols("w", J, N)
    cost = 0
    for i in range(M):
        z = [sum(W[j, k] * sympy.Float(x.data[i, k], 30) for k in range(N)) for j in range(J)]
        cost -= (z[CLASSES[i]] - sympy.log(sum(sympy.exp(t) for t in z))) / M
    agrees(cost, W, d.formula.evaluate(), bound(W, w.data))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_slopes_symbolically(activation: str) -> None:
    """a (1 − a) and 1 − a² as SymPy simplifies them: the difference is 0, not only small."""
    z = sympy.Symbol("z", real=True)
    a = {"sigmoid": 1 / (1 + sympy.exp(-z)), "tanh": sympy.tanh(z)}[activation]
    x = normal(M, "z", 0, True)
    lemmas = derive(np.sum({"sigmoid": tg.sigmoid, "tanh": np.tanh}[activation](x) ** 2), wrt=x).lemmas()
    last = next(iter(lemmas.values()))[-1].right
    closed = {"a_i (1 − a_i)": a * (1 - a), "1 − a_i²": 1 - a**2}[last]
    assert sympy.simplify(sympy.diff(a, z) - closed) == 0
