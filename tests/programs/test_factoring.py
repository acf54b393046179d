"""Programs that are linear in an input: factors are multiplied first, and the values stay what they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinygrad_lite.core.graph import TABLE
from tinygrad_lite.programs.factoring import factored
from tinygrad_lite.programs.program import Line, Program
from tinygrad_lite.programs.running import run_or_none
from tinygrad_lite.programs.tracing import traced

RNG = np.random.default_rng(0)
C, D = RNG.normal(size=(2, 4))
A = RNG.normal(size=(4, 4))
MASK = np.array([True, False, True, True])
COUNTS = np.array([2**62, 3, 5, 7])


def depend(program: Program) -> list[Line]:
    """The lines that are computed from the first input."""
    found: set[Any] = {program.inputs[0]}
    for line in program.lines:
        if not found.isdisjoint(line.inputs):
            found.add(line)
    return [line for line in program.lines if line in found]


# A linear function of g, and how many lines that depend on g are left.
FUNCTIONS: list[tuple[Callable[[Any], Any], int]] = [
    (lambda g: g * C * D / (1 + C * C), 1), (lambda g: -(2.0 * g) * C, 1), (lambda g: g * C + g * D - g, 1),
    (lambda g: np.where(MASK, g * C, 0) + np.where(MASK, 0, g), 1), (lambda g: A @ (g * C * D) * C * D, 3),
    (lambda g: (A @ g) * C + g * D, 4), (lambda g: g * 3 * 4 * C, 1), (lambda g: np.sum(g * C * D) * C, 3),
    (lambda g: g[:, None] * A * A, 3), (lambda g: g * A, 1), (lambda g: g * MASK * MASK + g * MASK, 1),
    (lambda g: g * COUNTS * COUNTS, 1), (lambda g: np.where(MASK, C, 0.0) * g, 1), (lambda g: np.where(MASK, g, g * C), 1),
    (lambda g: g, 0), (lambda g: g.copy() * 1.5, 1),
]  # fmt: skip


@pytest.mark.parametrize(("f", "left"), FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_stay_and_few_lines_depend_on_the_seed(f: Callable[[Any], Any], left: int, dtype: Any) -> None:
    g = RNG.normal(size=4).astype(dtype)
    program = traced(f, [g])
    shorter = factored(program, program.inputs[0])
    for x, y in zip(program.run(g), shorter.run(g), strict=True):
        assert np.shape(x) == np.shape(y)
        if dtype is np.float64:
            assert np.asarray(x).dtype == np.asarray(y).dtype
            assert len(depend(shorter)) <= left
        np.testing.assert_allclose(y, x, rtol=40 * np.finfo(dtype).eps, atol=0)


def test_a_factor_that_underflows_is_noticed() -> None:
    g = np.full(4, 1e200)
    program = traced(lambda g: (g * np.full(4, 1e-200)) * np.full(4, 1e-200), [g])
    shorter = factored(program, program.inputs[0])
    assert run_or_none(program, [g], underflow=False) is not None
    assert run_or_none(shorter, [g], underflow=False) is None


def test_several_outputs_share_what_is_computed_for_both() -> None:
    program = traced(lambda g: (g * C * D, g * C * D + g), [np.ones(4)])
    shorter = factored(program, program.inputs[0])
    assert [line.primitive for line in depend(shorter)] == [TABLE["multiply"]] * 2
