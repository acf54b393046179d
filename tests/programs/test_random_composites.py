"""Random composites: as programs, they do what their bodies do, on inputs that they were not traced on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import body_only, fold_at_once, programs_of, programs_run
from tests.helpers.observed import alike, observed
from tests.helpers.random_functions import inputs, random_function, swept, tolerance
from tests.helpers.slow import slow

pytestmark = programs_run


def swept_twice(function: Callable[..., Any], given: list[Any]) -> Any:
    """The gradients of the squares of the gradients of a function."""
    leaves = [tg.Tensor(x, requires_grad=True) for x in given]
    result = function(*leaves)
    if not isinstance(result, tg.Tensor) or not result.requires_grad:
        return None
    slopes = tg.pull_back([result], [np.ones_like(result.numpy())[()]], leaves, create_graph=True)
    total = sum(((s * s).sum() for s in slopes if s is not None), start=tg.Tensor(0.0))
    if total.requires_grad:
        total.backward()
    return [None if t.grad is None else t.grad.numpy() for t in leaves]


def check(seed: int) -> bool:
    """Compare a random composite with its body; whether it ran as a program."""
    function, rng = random_function(seed), np.random.default_rng(10**6 + seed)
    f, reference, dtype = tg.composite(function), body_only(function), np.float32 if seed % 5 == 0 else np.float64
    for which in ("normal", "normal", "large", "zeros", "not finite", "positive", "equal", "normal"):
        given = inputs(rng, which, dtype)
        for use in (swept, swept_twice):
            one = observed(lambda use=use, given=given: use(reference, given))
            other = observed(lambda use=use, given=given: use(f, given))
            assert alike(one, other, tolerance(reference, given)), (seed, which, one, other)
    made = programs_of(f)
    for why in made.refused.values():
        assert "one Tensor with a gradient" in why or "too often" in why, (seed, why)
    return bool(made.variants)


@pytest.mark.parametrize("first", [0, 100, *slow(*range(200, 500, 100))])
def test_composites_do_as_programs_what_their_bodies_do(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fold_at_once(monkeypatch)
    folded = sum(check(seed) for seed in range(first, first + 100))
    assert folded > 60
