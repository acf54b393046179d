"""A learning rate moves from all gradients to where they come from, if all of them go into steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.programs.rewriting.extremes import names, rewritten
from tinygrad_lite.programs.program import Program
from tinygrad_lite.programs.rewriting.constants import number
from tinygrad_lite.programs.rewriting.rates import with_rates_first

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((8, 20)), RNG.random((8, 3))
INPUTS = [X, RNG.standard_normal((20, 5)), np.zeros(5), RNG.standard_normal((5, 3)), np.zeros(3)]


def cost(x: Any, w: Any, b: Any, v: Any, c: Any) -> Any:
    return tg.cross_entropy_with_logits(tg.sigmoid(x @ w + b) @ v + c, Y)


def steps(*rates: float) -> Callable[..., Any]:
    """A step of gradient descent, with a rate for each parameter."""

    def step(*given: Any) -> Any:
        gradients = tg.grad(cost, (1, 2, 3, 4))(*given)
        return tuple(p - r * g for p, r, g in zip(given[1:], rates, gradients, strict=True))

    return step


def factors(program: Program) -> list[float]:
    """The constants that arrays are multiplied by."""
    return [
        c for line in program.lines if line.primitive.name == "multiply" and (c := number(line.inputs[0])) is not None
    ]


@programs_run
def test_one_rate_for_all_is_multiplied_once() -> None:
    _, program = rewritten(steps(*[0.5] * 4), INPUTS)
    better = with_rates_first(program)
    assert factors(program).count(0.5) == 4
    assert factors(better).count(0.5) == 0
    assert len(better.lines) == len(program.lines) - 4  # the mean has a constant already
    for x, y in zip(program.run(*INPUTS), better.run(*INPUTS), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-14, atol=1e-15)


def test_without_a_constant_at_the_root_one_multiplication_is_made() -> None:
    def step(x: Any, w: Any, b: Any) -> Any:
        gradients = tg.grad(lambda w, b: np.sin(x @ w + b).sum(), (0, 1))(w, b)
        return tuple(p - 0.25 * g for p, g in zip((w, b), gradients, strict=True))

    inputs = [X[:2] / 9, INPUTS[1], INPUTS[2]]
    _, program = rewritten(step, inputs)
    better = with_rates_first(program)
    assert (factors(program), factors(better)) == ([0.25] * 2, [0.25])
    for x, y in zip(program.run(*inputs), better.run(*inputs), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-15)


def also_a_gradient(*given: Any) -> Any:
    gradients = tg.grad(cost, (1, 2, 3, 4))(*given)
    return (*(p - 0.5 * g for p, g in zip(given[1:], gradients, strict=True)), gradients[1])


def decay(*given: Any) -> Any:
    gradients = tg.grad(cost, (1, 2, 3, 4))(*given)
    return tuple(p - 0.5 * (g + 0.1 * p) for p, g in zip(given[1:], gradients, strict=True))


def adam(*given: Any) -> Any:
    gradients = tg.grad(cost, (1, 2, 3, 4))(*given)
    return tuple(p - 0.5 * g / np.sqrt(g * g + 1e-8) for p, g in zip(given[1:], gradients, strict=True))


STAY = {
    "rates that differ": steps(0.5, 0.25, 0.5, 0.25),
    "a gradient that is a result": also_a_gradient,
    "weight decay": decay,
    "a step that is not linear in the gradient": adam,
    "a rate that makes numbers tiny": steps(*[1e-6] * 4),
    "a rate that makes numbers large": steps(*[2.0] * 4),
}


@pytest.mark.parametrize("what", STAY)
def test_rates_stay_with(what: str) -> None:
    _, program = rewritten(STAY[what], INPUTS)
    assert names(with_rates_first(program)) == names(program)
    assert factors(with_rates_first(program)) == factors(program)


def test_compiled_training_is_eager_training() -> None:
    step = steps(*[0.1] * 4)
    compiled, one, other = tg.compile(step), INPUTS[1:], INPUTS[1:]
    for _ in range(20):
        one, other = list(step(X, *one)), list(compiled(X, *other))
    for x, y in zip(one, other, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-14)


def test_the_cotangent_of_a_saturated_neuron_keeps_its_digits() -> None:
    """In single precision it is about 1e-38, and large inputs make a step of it that counts."""
    x, w, b = 1e22 * X[:, :3], 1e-23 * X[0, :3], np.array(-87.0)

    def step(w: Any, b: Any, x: Any) -> Any:
        gradients = tg.grad(lambda w, b: tg.cross_entropy_with_logits(x @ w + b, np.zeros(8, x.dtype)), (0, 1))(w, b)
        return tuple(p - 1e-4 * g for p, g in zip((w, b), gradients, strict=True))

    for dtype, rtol in ((np.float32, 1e-2), (np.float64, 1e-13)):
        inputs = [v.astype(dtype) for v in (w, b, x)]
        _, program = rewritten(step, inputs)
        exact, _ = step(w, b, x)
        found, _ = with_rates_first(program).run(*inputs)
        np.testing.assert_allclose(found, exact, rtol=rtol)
