"""The page's engine: each primitive of the table and each number that is written, as Python has them."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.live_pages import asked, in_browser, run_in_page
from tests.helpers.samples import SAMPLES, Sample
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.core.slots import SLOT
from tinygrad_lite.pictures.edges.numbers import number, one_line
from tinygrad_lite.pictures.edges.saturation import judged
from tinygrad_lite.pictures.live.lowering import Lowered, NotLive, lowered, numbers
from tinygrad_lite.pictures.live.spelling import javascript
from tinygrad_lite.programs.program import Constant, Input, Line, Program

EXTREMES = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, 30.0, -30.0, 709.0, -745.0, 1e-300, 1e300, -1e300,
    np.inf, -np.inf, np.nan,
]  # fmt: skip

# What a page does not compute: it then has no sliders, and says so.
NOT_IN_PAGES = {
    "gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "invert",  # of integers
    "round", "angle", "sinc_slope",  # with parameters of their own
    "convolve", "inv", "solve", "det", "cofactors", "logabsdet", "det_sign", "cholesky", "eigenvalues", "eigenvectors",
    "singular_values", "singular_vectors", "qr", "pinv", "lstsq",
}  # fmt: skip


def program_of_one(name: str, inputs: Any, params: Any) -> tuple[Program, Any]:
    """A program of this primitive alone, whose inputs are the floating-point numbers, and its value."""
    with np.errstate(all="ignore"):
        out = np.asarray(TABLE[name].value(*inputs, **params))
    values = [Input(x.shape, x.dtype) if x.dtype.kind == "f" else Constant(x) for x in inputs]
    line = Line(TABLE[name], values, params, out.shape, out.dtype)
    return Program(tuple(x for x in values if isinstance(x, Input)), (line,), (line,)), out


def compared(cases: list[tuple[str, Any, Any]], folder: Path, rtol: float) -> None:
    """Each case, a primitive with inputs and parameters, in the page and in NumPy."""
    programs = [program_of_one(*case) for case in cases]
    jobs = [(lowered(program), [x for x in inputs if x.dtype.kind == "f"])
            for (program, _), (_, inputs, _) in zip(programs, cases, strict=True)]  # fmt: skip
    for case, (program, out), (job, _), found in zip(cases, programs, jobs, run_in_page(jobs, folder), strict=True):
        got = found[job.number[program.outputs[0]]].reshape(out.shape)
        np.testing.assert_allclose(got, out.astype(float), rtol=rtol, atol=1e-15, err_msg=str(case))


def samples() -> list[Sample]:
    found = [s for every in SAMPLES.values() for s in every]
    return [s for s in found if all(x.size for x in (*s.inputs, np.asarray(s.primitive.value(*s.inputs, **s.params))))]


def test_every_primitive_of_the_table_is_in_pages_or_known_not_to_be() -> None:
    refused = set()
    for s in samples():
        try:
            lowered(program_of_one(s.primitive.name, s.inputs, s.params)[0])
        except NotLive:
            refused.add(s.primitive.name)
    assert refused == NOT_IN_PAGES & set(SAMPLES)


@in_browser
def test_the_samples_of_the_table_are_computed_as_in_numpy(tmp_path: Path) -> None:
    compared([(s.primitive.name, s.inputs, s.params) for s in samples() if s.primitive.name not in NOT_IN_PAGES],
             tmp_path, 1e-13)  # fmt: skip


@in_browser
def test_elementwise_primitives_are_right_at_zeros_infinities_and_nan(tmp_path: Path) -> None:
    cases: list[tuple[str, Any, Any]] = []
    for name, primitive in TABLE.items():
        if javascript(primitive) is None or primitive.name in ("astype", "astype_integer", "broadcast_to", "where"):
            continue  # they take parameters, or a condition
        columns = zip(*product(EXTREMES, repeat=len(SAMPLES[name][0].inputs)), strict=True)
        cases.append((name, [np.array(column) for column in columns], {}))
    assert len(cases) > 60
    compared(cases, tmp_path, 1e-12)


@in_browser
def test_single_precision_is_rounded_after_each_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pairs = [rng.normal(size=50).astype(np.float32) for _ in range(2)]
    compared([(name, pairs, {}) for name in ("add", "subtract", "multiply", "divide")], tmp_path, 0)


# --- numbers ---------------------------------------------------------------------------------------------------------


def written_numbers() -> Any:
    rng = np.random.default_rng(0)
    few_digits = rng.integers(-(10**6), 10**6, 3000) / rng.choice([1, 2, 4, 8, 16, 100], 3000)  # ties among them
    return np.concatenate([
        rng.normal(size=4000) * 10.0 ** rng.integers(-320, 308, 4000).astype(float),
        rng.normal(size=3000) * 10.0 ** rng.integers(-6, 7, 3000), few_digits, EXTREMES,
        [1e-5, 1e-4, 9999.5, 99995.0, 9999.4, 12345.0, 12355.0, 999.95, 9.9995, 5e-324],
    ])  # fmt: skip


@in_browser
def test_numbers_are_written_as_in_python(tmp_path: Path) -> None:
    xs = written_numbers()
    assert len(xs) > 10_000
    question = f"return {json.dumps(numbers(xs))}.map((x) => page.numbers.number(Number(x)));"
    assert asked(question, ["numbers.js"], tmp_path) == [number(x) for x in xs]


@in_browser
def test_arrays_are_written_as_in_python(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    shapes = [(), (1,), (3,), (2, 2), (2, 3), (6,), (7,), (2, 2, 2)] * 20
    arrays = [rng.normal(size=s) * 10.0 ** rng.integers(-5, 6) for s in shapes]
    arrays += [np.ones(9), np.full(8, np.nan), np.array([np.inf] * 3), np.array([True, False]), np.arange(12) > 4]
    arrays += [np.arange(-2, 3), np.arange(20), np.array(7), np.zeros((2, 0))]
    arrays += [np.array([1e300] * 6 + [-1e300, 2e150]), np.linspace(-0.7e308, 1e308, 11)]
    arrays += [np.array([0.1 + 0.2, 0.3] * 8), np.linspace(-1, 1, 21) + 1e-17, np.array([1.0, 1.0 + 1e-9] * 8)]
    kinds = {"f": "float", "i": "integer", "b": "bool"}
    given = json.dumps([[numbers(a), a.shape, kinds[a.dtype.kind]] for a in arrays])
    question = f"return {given}.map(([xs, shape, kind]) => page.numbers.line(xs.map(Number), shape, kind));"
    assert asked(question, ["numbers.js"], tmp_path) == [one_line(a) for a in arrays]


@in_browser
def test_saturation_is_judged_as_in_python(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    cases = [(rng.uniform(0, 1, size) ** power, 1.0, bool(two)) for size in (1, 2, 8) for power in (1, 4, 40)
             for two in (0, 1) for _ in range(40)]  # fmt: skip
    cases += [(np.array([0.0, 1.0, 0.0]), 1.0, True), (np.array([0.5, 0.045, 0.125]) / 100, 1.0, False)]
    cases += [(np.array([np.nan]), 1.0, False), (np.array([0.125, -0.25]), 0.25, False)]
    given = json.dumps([[numbers(slopes), largest, two] for slopes, largest, two in cases])
    question = f"return {given}.map(([s, largest, two]) => page.saturation.judged(s.map(Number), largest, two));"
    found = asked(question, ["numbers.js", "saturation.js"], tmp_path)
    for case, got in zip(cases, found, strict=True):
        wanted = judged(*case)
        assert got == (None if wanted is None else {"level": wanted[0], "parts": list(wanted[1])}), case


def test_values_that_a_page_cannot_hold_are_refused() -> None:
    half = Input((2,), np.dtype(np.float16))
    with pytest.raises(NotLive, match="dtype float16"):
        lowered(Program((half,), (), (half,)))
    empty = Input((0,), np.dtype(float))
    with pytest.raises(NotLive, match="no elements"):
        lowered(Program((empty,), (), (empty,)))


def test_places_that_depend_on_the_numbers_are_refused() -> None:
    x = Input((3,), np.dtype(float))
    best = Line(TABLE["argmax"], [x], {"axis": None, "keepdims": False}, (), np.dtype(int))
    taken = Line(TABLE["getitem"], [x, best], {"index": (SLOT,)}, (), np.dtype(float))
    with pytest.raises(NotLive, match="places depend on the numbers"):
        lowered(Program((x,), (best, taken), (taken,)))


def test_a_program_of_too_many_places_is_refused() -> None:
    x = Input((400, 400), np.dtype(float))
    turned = Line(TABLE["transpose"], [x], {"axes": (1, 0)}, (400, 400), np.dtype(float))
    with pytest.raises(NotLive, match="too large"):
        lowered(Program((x,), (turned,), (turned,)))


def test_what_is_lowered_is_json() -> None:
    program, _ = program_of_one("add", [np.ones((2, 3)), np.ones(3)], {})
    job: Lowered = lowered(program)
    assert json.loads(json.dumps(job.data, allow_nan=False)) == {
        "inputs": 2, "constants": [], "lines": [["map", "add", [0, 1], [None, 3], 6]],
    }  # fmt: skip
