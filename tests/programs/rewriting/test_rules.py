"""Each rule gives what it says, and the same numbers as before, on extreme values in both precisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.programs.rewriting.extremes import DTYPES, assert_equal, names, rewritten, together, warned
from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.program import Constant
from tinygrad_lite.programs.rewriting.constants import key_of

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
}


def sign(x: Any) -> Any:
    return p.where(x > 0.0, x.dtype.type(-1), x.dtype.type(1))


TWO |= {}


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


SCALED: dict[str, tuple[Callable[[Any, Any], Any], list[str]]] = {
    "out of a product": (lambda x, y: (0.2 * x) * y, ["multiply", "multiply"]),
    "out of a quotient": (
        lambda x, y: x / (0.2 * y) + (0.2 * x) / y,
        ["multiply", "divide", "divide", "multiply", "add"],
    ),
    "out of a sum": (lambda x, y: 0.2 * x + 0.2 * y, ["add", "multiply"]),
    "out of a difference": (lambda x, y: 0.2 * x - 0.2 * y, ["subtract", "multiply"]),
    "out of a sum with a minus": (lambda x, y: -0.2 * x + 0.2 * y, ["subtract", "multiply"]),
    "out of a difference with a minus": (lambda x, y: 0.2 * x - (-0.2 * y), ["add", "multiply"]),
    "minus out of both": (lambda x, y: -0.2 * x - 0.2 * y, ["add", "multiply"]),
    "a large factor is kept": (lambda x, y: 5.0 * x + 5.0 * y, ["multiply", "multiply", "add"]),
    "different factors are kept": (lambda x, y: 0.2 * x + 0.3 * y, ["multiply", "multiply", "add"]),
    "over and times": (lambda x, y: 0.2 / (1 + np.abs(x)) * y, ["absolute", "add", "divide", "multiply"]),
    "a common factor that may be 0 is kept": (
        lambda x, y: x * np.exp(-np.abs(y)) - np.exp(-np.abs(y)) * y,
        ["absolute", "negative", "exp", "multiply", "multiply", "subtract"],
    ),
    "a common divisor that may be infinite is kept": (
        lambda x, y: x / (1 + np.abs(x)) + y / (1 + np.abs(x)),
        ["absolute", "add", "divide", "divide", "add"],
    ),
    "a common factor that may be larger is kept": (
        lambda x, y: x * np.abs(y) - y * np.abs(y),
        ["absolute", "multiply", "multiply", "subtract"],
    ),
    "over and times of a small divisor are kept": (
        lambda x, y: 0.2 / np.abs(x) * y,
        ["absolute", "divide", "multiply"],
    ),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "left"), SCALED.values(), ids=SCALED)
def test_a_factor_moves_outwards(function: Callable[..., Any], left: list[str], dtype: Any) -> None:
    """To 4 ulps of the larger summand. The values are moderate: float32 has no number for 10⁻²⁰ · 10⁻²⁰."""
    rng = np.random.default_rng(0)
    x, y = (rng.choice([-1.0, 1.0], 500) * 10.0 ** rng.uniform(-9, 9, 500) for _ in range(2))
    inputs = [v.astype(dtype) for v in (x, y)]
    program, better = rewritten(function, inputs)
    assert names(better) == left
    (a,), (b,) = program.run(*inputs), better.run(*inputs)
    scale = np.abs(a) + (0 if names(better)[-1] == "multiply" and "divide" in left else np.maximum(*np.abs(inputs)))
    assert np.all(np.abs(a - b) <= 4 * np.finfo(dtype).eps * scale)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [f for f, _ in SCALED.values()], ids=SCALED)
def test_a_factor_that_moves_takes_no_warning_away(function: Callable[..., Any], dtype: Any) -> None:
    inputs = [x for x in together(2, dtype)]
    program, better = rewritten(function, inputs)
    for x, y in zip(*inputs, strict=True):
        (a,), old = warned(program, [x, y])
        (b,), new = warned(better, [x, y])
        assert old <= new
        assert new or (np.isnan(a) == np.isnan(b) and (np.isinf(a) == np.isinf(b)))


def test_a_factor_is_taken_out_of_a_matrix_product_that_is_smaller() -> None:
    x, w = np.arange(12.0).reshape(3, 4), np.ones(4)
    program, better = rewritten(lambda x, w: (0.5 * x) @ w, [x, w])
    assert names(better) == ["matmul", "multiply"]
    assert_equal(program, better, [x, w])
    assert names(rewritten(lambda x, w: x @ (0.5 * w)[:1].T, [np.ones((3, 1)), w])[1])[-1] == "matmul"


EXPONENTIALS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "twice as far down": (lambda x: np.exp(-np.abs(x)) - np.exp(-2 * np.abs(x)), lambda x: np.exp(-np.abs(x))),
    "twice as far up": (lambda x: np.exp(x) - np.exp(2 * x), lambda x: np.exp(x) + np.exp(2 * x)),
}


@pytest.mark.parametrize(("function", "size"), EXPONENTIALS.values(), ids=EXPONENTIALS)
def test_an_exponential_of_twice_a_number_is_a_square(function: Callable[..., Any], size: Callable[[Any], Any]) -> None:
    rng = np.random.default_rng(0)
    for inputs in (together(1, np.float64), [rng.uniform(-40, 40, 1000)], [rng.uniform(1e-3, 1e-2, 1000)]):
        program, better = rewritten(function, inputs)
        assert names(better).count("exp") == names(better).count("square") == 1
        exact = inputs[0].astype(np.longdouble)
        with np.errstate(all="ignore"):
            (x,), (y,), right, scale = program.run(*inputs), better.run(*inputs), function(exact), size(exact)
            error = np.abs(y - right)
        np.testing.assert_array_equal(np.isfinite(x), np.isfinite(y))
        assert np.all((error <= 3 * np.finfo(float).eps * scale + 1e-320)[np.isfinite(x)])


def test_other_exponentials_stay() -> None:
    for function in (lambda x: np.exp(2 * x), lambda x: np.exp(x) - np.exp(3 * x)):
        assert "square" not in names(rewritten(function, together(1, np.float64))[1])


def test_single_precision_keeps_its_exponential() -> None:
    """NumPy's own is off by up to 2.5 ulps there, and a square by twice that."""
    function, _ = EXPONENTIALS["twice as far up"]
    assert names(rewritten(function, together(1, np.float32))[1]).count("exp") == 2


INTEGERS: dict[str, Callable[[Any, Any], Any]] = {
    "minus in a quotient": lambda x, y: (-x) / y,
    "minus in a sum": lambda x, y: y + (-x),
    "minus in a difference": lambda x, y: y - (-x),
    "minus of a difference": lambda x, y: y * (-(x - x * 2)),
    "times minus one": lambda x, y: y * (-1 * x),
    "nothing minus": lambda x, y: y * (0 - x),
    "square": lambda x, y: y * x**2,
    "own sign": lambda x, y: y * (x * p.where(x > 0, np.int8(-1), np.int8(1))),
    "plus and times nothing": lambda x, y: y * (0 + x * 1),
}


@pytest.mark.parametrize("function", INTEGERS.values(), ids=INTEGERS)
def test_integers_wrap_around_as_they_did(function: Callable[[Any, Any], Any]) -> None:
    x = np.array([-128, -1, 0, 1, 127], np.int8)
    y = np.array([0.5, 1.0, 2.0, 3.0, -1.0])
    program, better = rewritten(function, [x, y])
    assert_equal(program, better, [x, y])


@pytest.mark.parametrize("function", [f for f, _ in (*TWO.values(), *SCALED.values())], ids=[*TWO, *SCALED])
def test_half_precision_is_rewritten_without_harm(function: Callable[[Any, Any], Any]) -> None:
    x, y = (np.random.default_rng(seed).standard_normal(50).astype(np.float16) for seed in range(2))
    program, better = rewritten(function, [x, y])
    (a,), (b,) = program.run(x, y), better.run(x, y)
    assert a.dtype == b.dtype == np.float16
    np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-2)


def test_a_masked_constant_is_not_taken_for_another_one() -> None:
    numbers = np.arange(3.0)
    one, other = (Constant(np.ma.masked_array(numbers, mask)) for mask in ([0, 0, 1], [1, 0, 0]))
    assert key_of(one.value) != key_of(other.value)
    assert key_of(numbers) == key_of(numbers.copy())


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x * 0.1 + 0.1 * y,
        lambda x, y: 0.1 * x - 0.1 * y,
        lambda x, y: (0.1 * x) * y,
        lambda x, y: (0.1 * x) / y,
        lambda x, y: (0.1 * x) @ y,
    ],
)
def test_a_factor_is_rounded_in_the_precision_of_what_it_multiplies(function: Callable[..., Any]) -> None:
    """0.1 in single precision is another number than in double precision, in which the result is."""
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(4).astype(np.float32), rng.standard_normal(4)]
    program, better = rewritten(function, inputs)
    for x, y in zip(program.run(*inputs), better.run(*inputs), strict=True):
        np.testing.assert_allclose(y, x, rtol=1e-14)
