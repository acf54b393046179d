"""Cases as they are written, |r| < d and one factor before the brace, have the numbers of the cases that they came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.slow import slow
from tinygrad_lite.derivations import derive
from tinygrad_lite.derivations.normal.algebra import (
    absolute,
    add,
    choose,
    leaves,
    multiply,
    negative,
    positive,
    power,
    subtract,
)
from tinygrad_lite.derivations.normal.contents import has_function
from tinygrad_lite.derivations.normal.numbers import Setting, number
from tinygrad_lite.derivations.normal.terms import ONE, ZERO, Case, Index, Value, const, sym
from tinygrad_lite.derivations.writing import bands
from tinygrad_lite.derivations.writing.bands import common_factor, with_bands

ROW = Index("i", "m")
R, D, X = sym("r", ROW), sym("d", ROW), sym("x", ROW)


def tree(rng: np.random.Generator, depth: int = 3) -> Value:
    """Nested cases of r, d and numbers, with any signs; some are put together from |r| and d."""
    sides: list[Value] = [R, D, negative(D), ZERO, X, multiply(X, D), const(2), absolute(R)]
    if not depth:
        return sides[rng.integers(len(sides))]
    tests = [
        R,
        subtract(D, R),
        add(D, R),
        subtract(ONE, R),
        add(ONE, R),
        add(const(2), multiply(const(3), R)),
        subtract(R, const(2)),
    ]
    yes, no = tree(rng, depth - 1), tree(rng, depth - 1)
    test = tests[rng.integers(len(tests))]
    if rng.integers(3) == 0:  # |r| < d, or |r| < 1
        width = (D, ONE)[rng.integers(2)]
        inner = choose(positive(subtract(width, negative(R))), yes, no)  # type: ignore[arg-type]
        return choose(positive(subtract(width, R)), inner, no)  # type: ignore[arg-type]
    return choose(positive(test), yes, no)  # type: ignore[arg-type]


def numbers(value: Value, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    at = Setting({name: rng.normal(size=60) * 2 for name in "rdx"}, {"m": 60})
    return np.broadcast_to(number(value, at, (ROW,)).value(), (60,))


def holds(seed: int, written: Callable[[Value], Value]) -> bool:
    value = tree(np.random.default_rng(seed))
    one, two = (numbers(v, np.random.default_rng(seed)) for v in (value, written(value)))
    return np.allclose(one, two, equal_nan=True)


def factored(value: Value) -> Value:
    """The factor that comes out, times the cases."""
    if not isinstance(value, Case) or set(leaves(value)) == {ZERO}:
        return value
    shared, rest = common_factor(value, least=1)
    return multiply(shared, rest)


@pytest.mark.parametrize("seeds", [range(8), *slow(range(8, 60))], ids=str)
@pytest.mark.parametrize("written", [with_bands, bands.reachable, factored])
def test_numbers_stay(written: Callable[[Value], Value], seeds: range) -> None:
    assert [seed for seed in seeds if not holds(seed, written)] == []


@pytest.mark.slow
def test_bands_are_found() -> None:
    trees = [tree(np.random.default_rng(seed)) for seed in range(100)]
    assert sum(has_function(with_bands(v), "absolute") for v in trees) > 4


@pytest.mark.parametrize(
    ("name", "broken"),
    [("impossible", lambda conditions: len(conditions) > 1), ("subtract", lambda one, other: ZERO)],
)
def test_a_broken_rule_is_noticed(name: str, broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands, name, broken)
    assert not all(holds(seed, with_bands) for seed in range(300))


def test_a_factor_that_may_be_infinite_stays_where_a_side_is_0() -> None:
    over = multiply(X, sym("s", ROW))
    case = Case(positive(R), over, multiply(const(2), over))  # type: ignore[arg-type]
    assert common_factor(case)[0] == over

    guarded = Case(positive(R), multiply(X, power(R, -1)), ZERO)  # type: ignore[arg-type]
    assert common_factor(guarded, least=1)[0] == X


COSTS: dict[str, tuple[Callable[[tg.Tensor, tg.Tensor], Any], str, str]] = {
    "leaky relu": (
        lambda z, d: np.sum(np.where(z > 0, z, 0.01 * z) * tg.Tensor(np.arange(1.0, 5.0), name="t")),
        "t_i { 1 if z_i > 0; 0.01 otherwise }",
        "np.where(z > 0, t, 0.01 * t)",
    ),
    "huber of any width": (
        lambda z, d: np.sum(np.where(np.abs(z) <= d, z**2 / 2, d * (np.abs(z) - d / 2))),
        "{ z_i if d > |z_i|; d sign(z_i) otherwise }",
        "np.where(d > np.abs(z), z, d * np.sign(z))",
    ),
    "epsilon insensitive": (
        lambda z, d: np.sum(np.maximum(0, np.abs(z) - d)),
        "{ 0 if d > |z_i|; sign(z_i) otherwise }",
        "np.where(d > np.abs(z), 0, np.sign(z))",
    ),
    "clip": (
        lambda z, d: np.sum(np.clip(z, -2, 2)),
        "{ 1 if |z_i| < 2; 0 otherwise }",
        "np.where(np.abs(z) < 2, 1, 0)",
    ),
}


@pytest.mark.parametrize("name", COSTS)
def test_read_as_a_textbook_has_them(name: str) -> None:
    cost, text, code = COSTS[name]
    z = tg.Tensor(np.array([0.3, -0.4, 3.0, -5.0]), requires_grad=True, name="z")
    formula = derive(cost(z, tg.Tensor(1.5, name="d")), wrt=z).formula
    assert (str(formula), formula.numpy()) == (text, code)
    assert np.allclose(eval(code, {"np": np, **formula.arrays()}), formula.evaluate())
