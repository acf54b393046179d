"""What is measured of primitives, and what is declared: each held against samples of every entry of the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.helpers.samples import SAMPLES, Sample
from tinygrad_lite.core.graph import TABLE, Primitive
from tinygrad_lite.programs.program import Constant, Line
from tinygrad_lite.programs.rewriting.measured import Facts, facts

ZEROS = np.array([0.0, -0.0, 1.0, -0.0, 0.0, -2.0, np.inf, -np.inf])


def about(sample: Sample) -> Facts:
    line = Line(sample.primitive, [Constant(x) for x in sample.inputs], sample.params, (), np.dtype(float))
    return facts(line)


def with_zeros(sample: Sample, seed: int) -> list[Any]:
    """Inputs of the sample's shapes, with many zeros of both signs."""
    rng = np.random.default_rng(seed)
    return [rng.choice(ZEROS, x.shape) if x.dtype.kind == "f" else x for x in sample.inputs]


def value(sample: Sample, inputs: list[Any]) -> Any:
    """What the primitive gives, or None where NumPy warns or refuses: eager evaluation has the word there."""
    try:
        with np.errstate(all="raise", under="ignore"):
            return np.asarray(sample.primitive.value(*inputs, **sample.params))
    except (FloatingPointError, np.linalg.LinAlgError, ValueError):
        return None


@pytest.mark.parametrize("name", SAMPLES)
def test_the_sign_of_a_zero_changes_no_more_than_is_said(name: str) -> None:
    for sample in SAMPLES[name]:
        found = about(sample)
        for seed in range(60):
            inputs = with_zeros(sample, seed)
            for i, x in enumerate(sample.inputs):
                if x.dtype.kind != "f" or i in found.sees:
                    continue
                other = [*inputs[:i], np.where(inputs[i] == 0, -inputs[i], inputs[i]), *inputs[i + 1 :]]
                before, after = value(sample, inputs), value(sample, other)
                if before is None or after is None:
                    continue
                np.testing.assert_array_equal(after, before)
                if found.same and before.dtype.kind == "f":
                    np.testing.assert_array_equal(np.signbit(after), np.signbit(before))


@pytest.mark.parametrize("name", SAMPLES)
def test_nan_is_passed_on_where_this_is_said(name: str) -> None:
    for sample in SAMPLES[name]:
        if about(sample).passes_nan:
            for i, x in enumerate(sample.inputs):
                for seed in range(10):
                    inputs = with_zeros(sample, seed)
                    inputs[i] = np.full(x.shape, np.nan)
                    with np.errstate(all="ignore"):
                        assert np.isnan(sample.primitive.value(*inputs, **sample.params)).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("arctan2", Facts((0, 1), same=False, passes_nan=True)),
        ("power", Facts((), same=False, passes_nan=False)),
        ("exp", Facts((), same=True, passes_nan=True)),
        ("greater", Facts((), same=True, passes_nan=False)),
        ("argmax", Facts((), same=True, passes_nan=False)),
        ("gcd", Facts((0, 1), same=False, passes_nan=False)),  # of integers nothing is measured
        ("inv", Facts((0,), same=False, passes_nan=False)),
    ],
)
def test_the_facts_about_a_primitive(name: str, expected: Facts) -> None:
    assert about(SAMPLES[name][0]) == expected


def test_a_primitive_that_nobody_has_listed_is_measured() -> None:
    inverse = Primitive("over", lambda x, y: np.where(np.signbit(x), y, 1.0), None, kind="elementwise", listed=False)
    product = Primitive("unknown", lambda x: x, None, kind="product", listed=False)
    x = Constant(np.ones(3))
    assert facts(Line(inverse, [x, x], {}, (3,), np.dtype(float))).sees == (0,)
    assert facts(Line(product, [x], {}, (3,), np.dtype(float))).sees == (0,)


def is_linear(sample: Sample) -> bool:
    """Whether f(…, a x + b d, …) is a f(…, x, …) + b f(…, d, …) for each input of floating-point numbers."""
    rng = np.random.default_rng(0)

    def f(i: int, x: Any) -> Any:
        with np.errstate(all="ignore"):
            try:
                return np.asarray(
                    sample.primitive.value(*sample.inputs[:i], x, *sample.inputs[i + 1 :], **sample.params)
                )
            except (np.linalg.LinAlgError, TypeError):
                return np.array(np.nan)

    for i, x in enumerate(sample.inputs):
        if x.dtype.kind == "f":
            d = rng.standard_normal(x.shape)
            combined, parts = f(i, 3.0 * x - 0.7 * d), 3.0 * f(i, x) - 0.7 * f(i, d)
            if combined.dtype.kind != "f" or not np.allclose(combined, parts, rtol=1e-9, atol=1e-9):
                return False
    return any(x.dtype.kind == "f" for x in sample.inputs)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_declared_linear_is_and_nothing_else(name: str) -> None:
    """So a new primitive that is linear cannot forget to say so."""
    to_floats = [s for s in SAMPLES[name] if np.dtype(s.params.get("dtype", float)) == float]
    assert TABLE[name].linear == (to_floats != [] and all(map(is_linear, to_floats)))
