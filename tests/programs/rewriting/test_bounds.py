"""Bounds are never passed, and say what checks ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.samples import SAMPLES
from tests.programs.rewriting.extremes import DTYPES, rewritten, together
from tinygrad_lite.programs.program import IN_0_1, ONE_HOT, Check, Constant, Program, Value
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.programs.rewriting.bounds import RULES, UNKNOWN, bounds

ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], tuple[float, float]]] = {
    "sigmoid": (tg.sigmoid, (0.0, 1.0)),
    "softmax": (lambda z: tg.softmax(z.reshape(3, 7)), (0.0, 1.0)),
    "relu": (tg.relu, (0.0, np.inf)),
    "minus a square": (lambda z: np.exp(-(z**2)), (0.0, 1.0)),
    "one more than a size": (lambda z: 1 / (1 + np.abs(z)), (0.0, 1.0)),
    "sizes": (lambda z: np.sqrt(z * z), (0.0, np.inf)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "expected"), ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_the_bounds_of_a_function(function: Callable[..., Any], expected: tuple[float, float], dtype: Any) -> None:
    _, program = rewritten(function, together(1, dtype))
    assert bounds(program)[program.outputs[0]] == expected


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_no_value_passes_its_bounds(name: str, dtype: Any) -> None:
    """Inputs are put between bounds by maximum and minimum, so that there is something to compute with."""
    for sample in SAMPLES[name]:
        floats = [x for x in sample.inputs if x.dtype.kind == "f"]
        for seed in range(8):
            rng = np.random.default_rng(seed)
            inputs = [(rng.standard_normal(x.shape) * 10.0 ** rng.integers(-3, 3)).astype(dtype) for x in floats]
            between = rng.integers(-3, 3, (len(floats), 2))

            def function(*xs: Any, sample: Any = sample, between: Any = between) -> Any:
                ends = [(float(a), float(a + abs(b))) for a, b in between]
                clipped = (np.minimum(np.maximum(x, low), high) for x, (low, high) in zip(xs, ends, strict=True))
                return sample(*clipped)

            with np.errstate(all="ignore"):
                program, _ = rewritten(function, inputs)
                values: dict[Value, Any] = dict(zip(program.inputs, inputs, strict=True))
                known = bounds(program)
                for line in program.lines:
                    given = [x.value if isinstance(x, Constant) else values[x] for x in line.inputs]
                    low, high = known[line]
                    silent = np.isfinite([low, high, *(end for x in line.inputs for end in known[x])]).all()
                    with np.errstate(all="raise" if silent else "ignore", under="ignore"):
                        value = values[line] = line.primitive.value(*given, **line.params)
                    assert not np.any((value < low) | (value > high)), line
                    assert not silent or np.isfinite(value).all(), line


def holds(x: Any) -> bool:
    return bool(np.all((x >= 0) & (x <= 1)))


def checked(program: Program, claim: str) -> Program:
    """The program with a check of its output."""
    return replace(program, checks=(Check(holds, program.outputs, claim), Check(holds, program.outputs, claim)))


def test_a_check_that_the_lines_prove_is_left_out() -> None:
    program, _ = rewritten(tg.sigmoid, [np.zeros(3)])
    assert simplified(checked(program, IN_0_1)).checks == ()
    assert len(simplified(checked(program, "")).checks) == 1  # equal checks are one


def test_a_check_that_is_not_proved_stays() -> None:
    program, _ = rewritten(lambda x: 2.0 * tg.sigmoid(x), [np.zeros(3)])
    better = simplified(checked(program, IN_0_1))
    assert [c.claim for c in better.checks] == [IN_0_1]
    assert better.checks[0].values == better.outputs


def test_what_a_check_claims_is_relied_on_below() -> None:
    program, _ = rewritten(lambda y: 1.0 - y, [np.zeros(3)])
    for claim in (IN_0_1, ONE_HOT):
        given, found = Check(holds, program.inputs, claim), Check(holds, program.outputs, IN_0_1)
        assert [c.values for c in simplified(replace(program, checks=(given, found))).checks] == [program.inputs]
    assert len(simplified(replace(program, checks=(found,))).checks) == 1


def test_the_share_of_another_sum_has_no_bounds() -> None:
    program, _ = rewritten(lambda x: np.exp(x) / np.exp(x).sum(axis=1), [np.zeros((3, 3))])
    assert bounds(program)[program.outputs[0]] == UNKNOWN
