"""Graphs with many layers, axes and parameters are derived; the work is counted, not the seconds."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.derivations import Derivation
from tinygrad_lite.derivations.normal import budgets
from tinygrad_lite.derivations.reading.axes import LETTERS
from tinygrad_lite.derivations.reading.stations import Stations

RNG = np.random.default_rng(0)


def parameter(name: str, *shape: int) -> tg.Tensor:
    return tg.Tensor(RNG.normal(size=shape), requires_grad=True, name=name)


def right(cost: tg.Tensor, tensors: list[tg.Tensor]) -> Derivation:
    """The derivation, its numbers compared with the engine's."""
    d = tg.derive(cost, tensors)
    for tensor, gradient in zip(tensors, tg.pull_back([cost], [np.ones(())[()]], tensors), strict=True):
        np.testing.assert_allclose(d.formulas[tensor.name or ""].evaluate(), gradient, rtol=1e-7, atol=1e-12)
    return d


@pytest.mark.slow
def test_20_layers() -> None:
    weights = [parameter(f"W{n}", 4, 4) for n in range(1, 21)]
    h = tg.Tensor(RNG.normal(size=4), name="x")
    for w in weights:
        h = np.tanh(w @ h)
    d = right(np.sum(h**2), weights)
    assert not any("stopped" in note or "did not pass" in note for note in d.notes)


def test_40_axes_of_different_sizes() -> None:
    weights = [parameter(f"w{n}", 2 + n % 3) for n in range(40)]
    d = right(sum(np.sum(w**2) for w in weights), weights)  # type: ignore[arg-type]
    assert {str(d.formulas[f"w{n}"])[:2] for n in range(40)} == {"2 "}


def test_axes_that_meet_in_one_line_have_different_letters() -> None:
    x = parameter("x", *[2] * 16)
    d = right(np.sum(x**2 * x.T), [x])
    letters = str(d.steps[-1].left).split("_{")[1].rstrip("}")
    assert len(letters) == len(set(letters)) == 16 > len(LETTERS)


@pytest.mark.slow
def test_60_parameters() -> None:
    x = tg.Tensor(RNG.normal(size=4), name="x")
    weights = [parameter(f"w{n}", 4) for n in range(60)]
    cost = sum(np.tanh(w @ x) for w in weights)
    right(cost, weights)  # type: ignore[arg-type]


def test_the_work_of_reading_grows_with_the_sum_and_not_with_pairs_of_stations() -> None:
    """A new station was compared with all others, each read anew: 118,000 expressions for 30 of them, not 47,000."""

    def work(count: int) -> int:
        x = tg.Tensor(RNG.normal(size=4), name="x")
        weights = [parameter(f"w{n}", 4) for n in range(count)]
        cost = sum(np.tanh(w @ x) for w in weights)
        with budgets.budget(10**7):
            before = budgets.WORK.left
            Stations(cost, weights)  # type: ignore[arg-type]
            return before - budgets.WORK.left

    assert work(30) < 60_000
