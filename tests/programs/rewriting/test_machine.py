"""What the machine runs in the place of np.where is equal to it to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.programs.rewriting.extremes import DTYPES, assert_equal, names, rewritten, together
from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.rewriting import for_machine
from tinygrad_lite.programs.rewriting.machine import MANY


def signed(z: Any, q: Any) -> Any:
    return q * p.where(z > 0, z.dtype.type(-1), z.dtype.type(1))


CASES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "sigmoid": (tg.sigmoid, True),
    "one or a decay": (lambda z: p.where(z > 0, 1.0, np.exp(-np.abs(z))), True),
    "one or something larger": (lambda z: p.where(z > 0, 1.0, np.exp(np.abs(z))), False),
    "one or a decay that is nan elsewhere": (lambda z: p.where(z > 0, 1.0, np.exp(-np.abs(z - z))), False),
    "copied sign": (lambda z: signed(z, np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z)))), True),
    "sign of something of either sign": (lambda z: signed(z, z + 1.0), False),
    "sign of something that forgets nan": (lambda z: signed(z, np.exp(np.abs(np.floor(z[::-1])))), False),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "changed"), CASES.values(), ids=CASES)
def test_choices_of_many_elements(function: Callable[..., Any], changed: bool, dtype: Any) -> None:
    (z,) = together(1, dtype)
    inputs = [np.resize(np.concatenate([z, z[::-1]]), MANY)]
    _, better = rewritten(function, inputs)
    fast = for_machine(better)
    assert "where" in names(better)
    assert ("where" not in names(fast)) == changed
    with np.errstate(all="ignore"):
        (x,), (y,) = better.run(*inputs), fast.run(*inputs)
    np.testing.assert_array_equal(x, y)
    np.testing.assert_array_equal(np.signbit(x[~np.isnan(x)]), np.signbit(y[~np.isnan(x)]))
    assert_equal(better, fast, inputs)
    assert len(fast.lines) <= len(better.lines)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_small_choice_is_an_exponential_to_the_bit(dtype: Any) -> None:
    (z,) = together(1, dtype)
    inputs = [z[: MANY - 1]]
    _, better = rewritten(tg.sigmoid, inputs)
    fast = for_machine(better)
    assert "where" not in names(fast)
    assert names(fast).count("exp") == 2
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(better.run(*inputs)[0], fast.run(*inputs)[0])


def test_small_choices_of_another_exponential_stay() -> None:
    for function in (
        lambda z: p.where(z > 0, 1.0, np.exp(-np.abs(z - 1))),
        lambda z: p.where(z > 0, 1.0, np.exp(-z * z)),
    ):
        _, better = rewritten(function, [np.zeros(MANY - 1)])
        assert "where" in names(for_machine(better))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_quotient_by_few_sums_takes_the_constant_first(dtype: Any) -> None:
    """The mean of a softmax: 3 divisions in place of 21."""
    inputs = [x.reshape(3, 7) for x in together(1, dtype)]
    _, better = rewritten(lambda z: 0.2 * tg.softmax(z), inputs)
    fast = for_machine(better)
    assert [line.shape for line in better.lines][-2:] == [(3, 7), (3, 7)]
    assert [(line.primitive.name, line.shape) for line in fast.lines][-2:] == [("divide", (3, 1)), ("multiply", (3, 7))]
    assert_equal(better, fast, inputs, ulps=4)
    moderate = [np.random.default_rng(0).standard_normal((3, 7)).astype(dtype)]
    assert_equal(better, fast, moderate, ulps=4)
