"""Each rule gives what it says, and the same numbers as before, on extreme values in both precisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.programs.rewriting.extremes import DTYPES, assert_equal, names, rewritten, together
from tinygrad_lite.core import primitives as p

# What a function computes, and the primitives that are left of it.
ONE: dict[str, tuple[Callable[[Any], Any], list[str]]] = {
    "plus zero": (lambda x: x + 0.0, []),
    "zero plus": (lambda x: 0 + x, []),
    "minus zero": (lambda x: x - 0.0, []),
    "zero minus": (lambda x: 0 - x, ["negative"]),
    "times one": (lambda x: 1 * x * np.ones(x.shape, x.dtype), []),
    "over one": (lambda x: x / 1, []),
    "times zero is kept for nan": (lambda x: 0.0 * x, ["multiply"]),
    "minus itself is kept for inf": (lambda x: x - x, ["subtract"]),
    "times minus one": (lambda x: -1 * x, ["negative"]),
    "minus minus": (lambda x: np.negative(-x), []),
    "constants joined": (lambda x: 0.5 * (0.25 * x), ["multiply"]),
    "constants of an inner overflow are kept": (lambda x: 1e-9 * (1e9 * x), ["multiply", "multiply"]),
    "minus of a constant factor": (lambda x: -(2.0 * x), ["multiply"]),
    "minus of a constant divisor": (lambda x: -(x / 3.0), ["divide"]),
    "first power": (lambda x: x**1, []),
    "second power": (lambda x: x**2, ["square"]),
    "identity": (lambda x: np.positive(+x), []),
    "copy": (lambda x: x.copy() + x, ["add"]),
    "same dtype": (lambda x: x.astype(x.dtype), []),
    "two transposes": (lambda x: x.reshape(3, 7).T.T, ["reshape"]),
    "two reshapes": (lambda x: x.reshape(3, 7).reshape(x.shape), []),
    "broadcast for a line": (lambda x: p.broadcast_to(x[:1], shape=x.shape) + x, ["getitem", "add"]),
    "broadcast before a function": (lambda x: np.exp(p.broadcast_to(x, shape=(2, *x.shape))), ["exp", "broadcast_to"]),
    "sum over axes of size one": (lambda x: x.reshape(1, -1).sum(axis=0), []),
    "kept axes": (lambda x: x.reshape(3, 7).max(axis=-1).reshape(3, 1), ["reshape", "max"]),
    "computed twice": (lambda x: np.exp(x) + np.exp(x), ["exp", "add"]),
    "computed twice in another order": (lambda x: (x + 2) * (2 + x), ["add", "multiply"]),
    "constants folded": (lambda x: x + np.exp(np.zeros(x.shape, x.dtype)), ["add"]),
    "choice of equals": (lambda x: p.where(x > 0, x, x), []),
    "rectifier": (lambda x: p.where(x <= 0, 0, x), ["maximum"]),
    "rectifier that forgets nan is kept": (lambda x: p.where(x > 0, x, 0), ["greater", "where"]),
    "own sign": (lambda x: x * p.where(x > 0, x.dtype.type(1), x.dtype.type(-1)), ["absolute"]),
    "dead lines": (lambda x: (np.exp(x), x)[1], []),
}
TWO: dict[str, tuple[Callable[[Any, Any], Any], list[str]]] = {
    "plus minus": (lambda x, y: x + (-y), ["subtract"]),
    "minus plus": (lambda x, y: (-x) + y, ["subtract"]),
    "minus minus": (lambda x, y: x - (-y), ["add"]),
    "minus of a difference": (lambda x, y: -(x - y), ["subtract"]),
    "sum of minus": (lambda x, y: -x - y, ["add", "negative"]),
    "product of minus": (lambda x, y: (-x) * (-y), ["multiply"]),
    "minus in a product": (lambda x, y: x - (-x) * y, ["multiply", "add"]),
    "minus in a quotient": (lambda x, y: x + x / (-y), ["divide", "subtract"]),
    "minus taken by a constant": (lambda x, y: -0.5 * (x - y), ["subtract", "multiply"]),
    "chosen already": (lambda x, y: p.where(x > 0, p.where(x > 0, y, 0), x), ["greater", "where"]),
    "condition as a number": (lambda x, y: p.where(x > 0, 1.0 - y, -y), ["greater", "subtract"]),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "left"), ONE.values(), ids=ONE)
def test_a_rule_for_one_value(function: Callable[..., Any], left: list[str], dtype: Any) -> None:
    inputs = together(1, dtype)
    program, better = rewritten(function, inputs)
    assert names(better) == left
    assert_equal(program, better, inputs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "left"), TWO.values(), ids=TWO)
def test_a_rule_for_two_values(function: Callable[..., Any], left: list[str], dtype: Any) -> None:
    inputs = together(2, dtype)
    program, better = rewritten(function, inputs)
    assert names(better) == left
    assert_equal(program, better, inputs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_sum_of_equal_summands_is_a_product(axis: Any, keepdims: bool, dtype: Any) -> None:
    (x,) = together(1, dtype)
    program, better = rewritten(
        lambda x: p.sum_(p.broadcast_to(x[:1].reshape(1, 1, 1), shape=(2, 3, 4)), axis=axis, keepdims=keepdims), [x]
    )
    assert "sum" not in names(better)
    for value in x:
        assert_equal(program, better, [np.full_like(x, value)], ulps=4)
