"""programs/generated.py and generated_slopes.py are made from the bodies, and their closed forms are as exact as their rules at every size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.helpers.exact import FLOATS, POINTS
from tests.helpers.tensors import gradient, leaf
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.functions import activations
from tinygrad_lite.generating.composites import PROGRAMS, texts
from tinygrad_lite.programs import generated


def test_the_files_are_what_the_bodies_give() -> None:
    for module, made in texts().items():
        path = Path(generated.__file__).with_stem(module)
        assert made == path.read_text(encoding="utf-8"), "run python -m tinygrad_lite.generating"
        compile(made, module, "exec")
    assert all(hasattr(generated, name) for name in PROGRAMS)


SLOPES = {
    "sigmoid": lambda z: mpmath.exp(-abs(z)) / (1 + mpmath.exp(-abs(z))) ** 2,
    "tanh": lambda z: mpmath.sech(z) ** 2,
    "softplus": lambda z: 1 / (1 + mpmath.exp(-z)),
}
SECOND_SLOPES = {
    "sigmoid": lambda z: -SLOPES["sigmoid"](z) * mpmath.tanh(z / 2),
    "tanh": lambda z: -2 * mpmath.tanh(z) * mpmath.sech(z) ** 2,
    "softplus": SLOPES["sigmoid"],
}


def ulps_off(got: Any, true: Any, dtype: Any) -> float:
    """The error in units of the last place of the true value, or of the smallest normal number."""
    info = np.finfo(dtype)
    return float(abs(mpmath.mpf(float(got)) - true) / max(float(info.eps) * abs(true), float(info.tiny)))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", SLOPES)
def test_a_closed_form_is_no_less_exact_than_the_rules_of_the_body(name: str, dtype: Any) -> None:
    f, points = getattr(tg, name), np.array([*POINTS, 0.3, -0.3, 5.0, -88.0, 700.0, -700.0], dtype)
    slopes = []
    for bodies in (False, True):
        x = leaf(points)
        with recorded(unfolded=bodies):
            f(x).sum().backward()
        slopes.append(gradient(x))
    with mpmath.workdps(400):
        for z, program, rules in zip(points, *slopes, strict=True):
            true = SLOPES[name](mpmath.mpf(float(z)))
            ours, theirs = (ulps_off(c, true, dtype) for c in (program, rules))
            assert ours <= max(4, theirs), f"{name}′({z}) = {program}, by the rules {rules}, true {float(true)}"


@programs_run  # bodies lose the digits of σ″ and tanh″ near 0
@pytest.mark.parametrize("how", ["eager", "compiled"])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", SECOND_SLOPES)
def test_a_second_derivative_is_right_to_a_few_roundings(name: str, dtype: Any, how: str) -> None:
    f, points = getattr(tg, name), np.array([*POINTS, 1e-3, 0.3, -0.3, 5.0, -88.0, 700.0, -700.0], dtype)

    def product(z: Any, v: Any) -> Any:
        return tg.hvp(lambda z: f(z).sum(), z, v)

    found = (tg.compile(product) if how == "compiled" else product)(points, np.ones_like(points))
    with mpmath.workdps(400):
        for z, c in zip(points, found, strict=True):
            true = SECOND_SLOPES[name](mpmath.mpf(float(z)))
            assert ulps_off(c, true, dtype) <= 8, f"{name}″({z}) = {c}, true {float(true)}"


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_kernel_has_the_value_of_its_body(dtype: Any) -> None:
    info = np.finfo(dtype)
    z = np.concatenate([np.linspace(-30, 30, 10_001), np.logspace(-300, 2.9, 10_001), POINTS]).astype(dtype)
    body = activations.tanh.__wrapped__  # type: ignore[attr-defined]
    for sign in (dtype(1), dtype(-1)):
        got, expected = np.tanh(sign * z), body(sign * z)
        assert np.all(abs(got - expected) <= 4 * info.eps * abs(expected) + info.tiny)
