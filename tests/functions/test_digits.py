"""Activations and their derivatives have all digits at every size of z, as SymPy differentiates the textbook's form."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.exact import FLOATS, POINTS
from tests.helpers.repository import needed
from tests.helpers.slow import slow

sympy = needed("sympy")
exp, log = sympy.exp, sympy.log

DIGITS = 50

Z = sympy.Symbol("z", real=True)

SCALAR = {  # the textbook's forms of functions of one number
    "sigmoid": 1 / (1 + exp(-Z)),
    "tanh": (exp(Z) - exp(-Z)) / (exp(Z) + exp(-Z)),
    "softplus": log(1 + exp(Z)),
}


@functools.cache
def _formula(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...]) -> Callable[..., Any]:
    return sympy.lambdify(symbols, expression, "mpmath")  # type: ignore[no-any-return]


def exactly(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...], values: tuple[float, ...]) -> Any:
    """The expression at the values to 50 digits after all cancellation: e^z spans 0.87 |z| digits."""
    with mpmath.workdps(DIGITS + 40 + int(2 * max(map(abs, values)))):
        return _formula(expression, symbols)(*map(mpmath.mpf, values))


def nth(f: Callable[..., Any], order: int) -> Callable[..., Any]:
    """The derivative of the given order by the first argument."""
    for _ in range(order):
        f = tg.grad(f)
    return f


def error(got: Any, true: Any) -> float:
    with mpmath.workdps(DIGITS):
        return float(abs(mpmath.mpf(float(got)) - true))


def ulps(dtype: Any, true: Any, count: float = 300) -> float:
    """A few hundred roundings of the true value, or the smallest normal number where the value is below it."""
    info = np.finfo(dtype)
    return max(count * float(info.eps) * abs(float(true)), float(info.tiny))


# --- functions of one number --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCALAR)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("z", POINTS)
def test_value_and_derivatives_are_right_at_every_size(name: str, dtype: Any, z: float) -> None:
    z = dtype(z)
    for order in range(4):
        got = nth(getattr(tg, name), order)(z)
        derivative = sympy.diff(SCALAR[name], Z, order)
        true = exactly(derivative, (Z,), (float(z),))
        bound = ulps(dtype, true)
        if abs(z) == dtype(1e-20):
            # An odd derivative crosses zero at z = 0: there 1 − 2σ (or tanh) rounds away z itself beside 1, which is
            # an error of less than one eps in z. It is judged as that, for no finite formula of σ does better.
            steepness = abs(exactly(sympy.diff(derivative, Z), (Z,), (float(z),)))
            bound = max(bound, float(np.finfo(dtype).eps * steepness))
        assert got.dtype == dtype
        assert error(got, true) <= bound, f"{name} derivative {order} at {z}: got {got}, true {float(true)}"


# --- functions of several numbers -----------------------------------------------------------------------------------

VARIABLES = sympy.symbols("z0:3", real=True)
TOTAL = sum(map(exp, VARIABLES))
ROWS = [
    row for z in POINTS for row in ((z, 0.0, 0.5), (z, -z, 0.5), (z, z, -z), (0.25, z, z + 1.0), (z, z, z))
]  # fmt: skip
SEVERAL = {
    "softmax": [exp(v) / TOTAL for v in VARIABLES],
    "log_softmax": [log(exp(v) / TOTAL) for v in VARIABLES],
    "logsumexp": [log(TOTAL)],
}


@functools.cache
def _derivatives(name: str, order: int) -> list[sympy.Expr]:
    """All derivatives of all elements, in the order in which tg.jacobian lays them out."""
    found = SEVERAL[name]
    for _ in range(order):
        found = [sympy.diff(f, v) for f in found for v in VARIABLES]
    return found


def _jacobians(f: Callable[..., Any], order: int) -> Callable[..., Any]:
    for _ in range(order):
        f = tg.jacobian(f)
    return f


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("order", [0, 1, *slow(2)])
def test_softmax_and_its_relatives_are_right_at_every_size(name: str, dtype: Any, order: int) -> None:
    eps = float(np.finfo(dtype).eps)
    for row in np.array(ROWS, dtype):
        point = tuple(map(float, row))
        shares = [float(exactly(share, VARIABLES, point)) for share in SEVERAL["softmax"]]
        got = _jacobians(getattr(tg, name), order)(row)
        assert got.dtype == dtype
        expressions = np.reshape(np.array(_derivatives(name, order)), np.shape(got))
        for place in np.ndindex(np.shape(got)):
            true = exactly(expressions[place], VARIABLES, point)
            bound = max(ulps(dtype, true), 30 * eps * natural_size(name, place, order, shares))
            assert error(got[place], true) <= bound, f"{list(place)} at {row}: got {got[place]}, true {float(true)}"


def natural_size(name: str, place: tuple[int, ...], order: int, shares: list[float]) -> float:
    """How large the parts are that make up this element, so that roundings are roundings of that.

    A derivative of softmax is a product of one share a for each index in it and of factors like 1 − a. Where a is
    within eps of 1 that factor cancels: it is right to eps, not to eps of itself. A small share makes no such trouble,
    so derivatives by or of a losing class must be right relative to their own size, however small.
    """
    if order == 0:  # log a = −4e-18 is a difference of logits and logs near 1
        return 0.0 if name == "softmax" else 1.0
    by = place[len(place) - order :]
    if name == "log_softmax" and order == 1 and place[0] == by[0]:
        return 1.0  # 1 − a
    return float(np.prod([shares[k] if shares[k] <= 0.5 else 1.0 for k in set(place if name == "softmax" else by)]))
