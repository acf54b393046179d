"""What np.seterr asks for is done by a compiled function as by the function itself, underflow set aside."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg

TINY, HUGE = np.array([1e-200, 1.0]), np.array([800.0, 1.0])
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "overflow": (lambda x: np.exp(x), HUGE),
    "of a Tensor": (lambda x: np.exp(x), tg.Tensor(HUGE)),
    "of a number": (lambda x: np.exp(x), np.float64(800.0)),
    "division by zero": (lambda x: 1.0 / (x - 1.0), TINY),
    "invalid": (lambda x: np.log(x - 2.0), TINY),
    "in the cost": (tg.grad(lambda x: np.exp(x).sum()), HUGE),
    "in the cost alone": (tg.grad(lambda x: np.square(x * 1e198).sum()), HUGE),
    "in the sweep": (tg.grad(lambda x: np.sqrt(x - 1.0).sum()), np.ones(2)),
    "in a step": (lambda x: x - 0.1 * tg.grad(lambda w: np.exp(w).sum())(x), HUGE),
    "underflow": (lambda x: x * x * x, TINY),
    "underflow in a sweep": (tg.grad(lambda x: np.square(x * 1e-200).sum()), TINY),
    "underflow of a composite": (tg.sigmoid, -HUGE),
}


def said(f: Callable[..., Any], x: Any) -> tuple[str, set[str]]:
    """What comes out or is raised, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = repr(f(x))
        except FloatingPointError as error:
            result = str(error)
    return result, {str(w.message) for w in caught}


@pytest.mark.parametrize("wish", ["ignore", "warn", "raise"])
@pytest.mark.parametrize(("function", "x"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_compiled_function_does_what_the_user_asks_numpy_for(function: Any, x: Any, wish: Any) -> None:
    compiled = tg.compile(function)
    for _ in range(2):
        with np.errstate(all=wish, under="ignore"):
            assert said(compiled, x) == said(function, x)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if "underflow" in name])
def test_an_underflow_is_not_reported(name: str) -> None:
    function, x = FUNCTIONS[name]
    expected = said(function, x)
    for wish in ("warn", "raise"):
        with np.errstate(under=wish):  # type: ignore[arg-type]
            assert said(tg.compile(function), x) == expected
