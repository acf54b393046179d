"""Composites in a trace: their generated lines, whose derivatives of every order are those of the bodies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.helpers.exact import FLOATS, POINTS
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.programs.program import IN_0_1
from tinygrad_lite.programs.tracing import traced


def nth(f: Any, order: int) -> Any:
    for _ in range(order):
        f = (lambda inner: tg.grad(lambda z: np.sum(inner(z))))(f)
    return f


def names(program: Any) -> list[str]:
    return [line.primitive.name for line in program.lines if line.primitive.name != "identity"]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "relu", "leaky_relu"])
def test_derivatives_of_a_program_are_those_of_the_body(name: str, order: int, dtype: Any) -> None:
    f, z = nth(getattr(tg, name), order), np.array(POINTS, dtype)
    (got,) = traced(f, [z]).run(z)
    with recorded(unfolded=True):
        expected = f(z)
    info = np.finfo(dtype)
    near_zero = 4 * info.eps if order > 1 else 0  # where an odd derivative crosses 0, 1e-20 is rounded away beside 1
    np.testing.assert_allclose(got, expected, rtol=300 * info.eps, atol=near_zero + info.tiny, strict=True)


@programs_run
def test_a_slope_comes_in_closed_form() -> None:
    program = traced(tg.grad(lambda z: np.sum(tg.sigmoid(z))), [np.ones(3)])
    slope = names(program)[-4:]
    assert "subtract" not in names(program)  # a (1 − a) would lose all digits where a is near 1
    assert slope.count("square") == slope.count("divide") == 1


@programs_run
def test_a_numpy_function_that_computes_the_value_is_one_line() -> None:
    assert names(traced(tg.tanh, [np.ones(3)])) == ["tanh"]
    assert names(traced(np.tanh, [np.ones(3)])) == ["tanh"]


@programs_run
def test_what_a_cost_asks_of_its_targets_is_a_check_of_the_program() -> None:
    program = traced(tg.cross_entropy_with_logits, [np.ones((2, 3)), np.zeros((2, 3))])
    (check,) = program.checks
    z, y = np.ones((2, 3)), np.zeros((2, 3))
    assert check.claim == IN_0_1
    assert check.holds(y)
    assert not check.holds(y + 2)
    program = traced(tg.log_likelihood_with_logits, [np.ones((2, 3)), np.array([0, 1])])
    (check,) = program.checks
    assert check.holds(z, np.array([2, 0]))
    assert not check.holds(z, np.array([3, 0]))


def test_nodes_of_a_call_in_a_trace_know_it() -> None:
    calls: list[Any] = []

    def f(z: Any) -> Any:
        a = tg.sigmoid(z)
        calls.append((a, a.call, (a * 2.0).call))
        return a

    traced(tg.grad(lambda z: np.sum(f(z))), [np.ones(3)])
    ((a, call, after),) = calls
    assert call.name == "sigmoid"
    assert call.output == a.serial
    assert after is None
