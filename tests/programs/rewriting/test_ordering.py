"""Lines stand after their inputs, and elementwise lines of one shape together."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.programs.rewriting.extremes import names, rewritten
from tests.programs.rewriting.test_random import EXACT, random_program
from tests.programs.rewriting.test_simplified import PROGRAMS
from tinygrad_lite.programs.program import Line, Program
from tinygrad_lite.programs.rewriting.ordering import ordered


def stands_after_its_inputs(program: Program) -> bool:
    places = {line: i for i, line in enumerate(program.lines)}
    return all(places[x] < i for line, i in places.items() for x in line.inputs if isinstance(x, Line))


@pytest.mark.parametrize("seed", range(20))
def test_a_line_stands_after_its_inputs(seed: int) -> None:
    program = random_program(seed, EXACT, np.float64)
    better = ordered(program)
    assert stands_after_its_inputs(better)
    assert set(better.lines) == set(program.lines)


def runs(program: Program, shape: tuple[int, ...]) -> int:
    """How often elementwise lines of a shape begin."""
    kinds = [line.primitive.kind == "elementwise" and line.shape == shape for line in program.lines]
    return sum(together for together, _ in groupby(kinds))


def test_the_cost_and_its_gradient_are_one_run_of_elementwise_lines() -> None:
    function, inputs = PROGRAMS["sigmoid and cross-entropy"]
    program, better = rewritten(function, inputs)
    assert runs(better, (5, 3)) == 1
    assert runs(program, (5, 3)) > 1


def test_a_chain_of_elementwise_lines_is_one_run() -> None:
    function, inputs = PROGRAMS["chain"]
    assert runs(rewritten(function, inputs)[1], inputs[0].shape) == 1


def test_what_is_computed_from_inputs_waits() -> None:
    def step(w: tg.Tensor, x: np.ndarray) -> tg.Tensor:
        decay = 0.9 * w
        return decay - tg.sigmoid(x @ w).sum(axis=0)

    program, better = rewritten(step, [np.ones(2), np.ones((5, 2))])
    assert names(program)[0] == "multiply"
    assert names(better)[-2:] == ["multiply", "subtract"]
