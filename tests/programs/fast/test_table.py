"""Every primitive of the table, written for the machine, gives what NumPy gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.helpers.fast_programs import EXTREMES, cost_with_gradients, same
from tests.helpers.samples import SAMPLES, Sample
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.programs.fast import fast
from tinygrad_lite.programs.program import Input, Line, Program

FLOATS = [np.float64, np.float32]
ALL = [sample for samples in SAMPLES.values() for sample in samples]


def of_sample(sample: Sample, dtype: Any) -> tuple[Program, list[Any]]:
    """The line of a sample, and twice its first number added, so that what it gives is used again."""
    values = [x.astype(dtype) if x.dtype.kind == "f" else x for x in sample.inputs]
    inputs = [Input(x.shape, x.dtype) for x in values]
    out = sample.primitive.value(*values, **sample.params)
    line = Line(sample.primitive, inputs, sample.params, out.shape, out.dtype)
    more = Line(TABLE["add"], [line, line], {}, out.shape, out.dtype)
    return Program(tuple(inputs), (line, more), (more, line)), values


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_a_primitive_gives_what_numpy_gives(sample: Sample) -> None:
    for dtype in FLOATS:
        program, values = of_sample(sample, dtype)
        assert same(program, *values), dtype


ELEMENTWISE = [n for n, e in TABLE.items() if e.kind == "elementwise" and SAMPLES[n][0].floats and n != "broadcast_to"]


@pytest.mark.parametrize("name", sorted(ELEMENTWISE))
def test_extreme_numbers_give_what_numpy_gives_or_a_doubt(name: str) -> None:
    for dtype in FLOATS:
        compare_extremes(SAMPLES[name][0], dtype)


def compare_extremes(sample: Sample, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    with np.errstate(over="ignore"):
        numbers = np.array(EXTREMES).astype(dtype)
    floats = [np.resize(rng.permutation(numbers), (4, 8)) for _ in sample.floats]
    others = [np.resize(x, (4, 8)) for x in sample.inputs if x.dtype.kind != "f"]
    rest, more = iter(floats), iter(others)
    values = [next(rest if x.dtype.kind == "f" else more) for x in sample.inputs]
    with np.errstate(all="ignore"):
        program, _ = of_sample(Sample(sample.primitive, tuple(values), sample.reference, sample.params), dtype)
    function = fast(program)
    same(program, *values, function=function)
    for place in range(32):  # one number at a time, because one that makes NumPy warn hides the others
        one = [np.full((4, 8), x.flat[place]) for x in values]
        same(program, *one, function=function)


@pytest.mark.parametrize("first", range(0, 100, 10))
def test_random_costs_with_their_gradients(first: int) -> None:
    for seed in range(first, first + 10):
        compare_cost(seed)


def compare_cost(seed: int) -> None:
    made = cost_with_gradients(seed)
    if made is None:
        return
    program, values = made
    same(program, *values, ulps=64)
    same(program, *[x + 0.01 for x in values], ulps=64)
