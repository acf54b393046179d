"""What sees the sign of a zero sees the sign that it saw before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.programs.rewriting.extremes import assert_equal, names, rewritten
from tests.programs.rewriting.test_random import EXACT, random_function
from tests.programs.rewriting.test_rules import ONE, SCALED, TWO

ZEROS = np.array([0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf])
OF_ONE = {name: (lambda x, y, f=f: f(x)) for name, (f, _) in ONE.items() if "7" not in str(f.__code__.co_consts)}
FUNCTIONS = OF_ONE | {name: f for name, (f, _) in (TWO | SCALED).items()}
SEEN: dict[str, Callable[[Any, Any], Any]] = {
    "arctan2": lambda a, x: np.arctan2(a, x),
    "copysign": lambda a, x: np.copysign(3.0, a),
    "signbit": lambda a, x: np.where(np.signbit(a), 1.0, 2.0),
    "a quotient of infinity": lambda a, x: np.inf / (a * 1.0),
    "through a product and a root": lambda a, x: np.arctan2(np.sqrt(a * 2.0), x),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_rule_keeps_the_signs_that_are_seen(function: Callable[..., Any]) -> None:
    inputs = [np.resize(x, 21 * 7) for x in np.meshgrid(ZEROS, ZEROS, indexing="ij")]
    for see in SEEN.values():

        def seen(x: Any, y: Any, see: Callable[..., Any] = see) -> Any:
            a = function(x, y)
            return see(a, y) if a.shape == y.shape else a

        program, better = rewritten(seen, inputs)
        assert_equal(program, better, inputs, ulps=16)


@pytest.mark.parametrize("seed", range(20))
def test_random_programs_keep_the_signs_that_are_seen(seed: int) -> None:
    shapes = [(3, 4), (4,), (3, 1), ()]
    function = random_function(seed, EXACT, 20)

    def seen(*inputs: Any) -> Any:
        return tuple(np.arctan2(a, -1.0) for a in function(*inputs))

    rng = np.random.default_rng(seed)
    inputs = [np.asarray(rng.choice([0.0, -0.0, 1.0, -1.0], s)) for s in shapes]
    program, better = rewritten(seen, inputs)
    for x, y in zip(program.run(*inputs), better.run(*inputs), strict=True):
        np.testing.assert_allclose(y, x, rtol=1e-12)


def test_signs_that_are_not_seen_cost_nothing() -> None:
    x = np.ones(3)
    assert names(rewritten(lambda x: np.exp(x + 0.0), [x])[1]) == ["exp"]
    assert names(rewritten(lambda x: 1.0 / (1.0 + np.exp(0.0 - x)), [x])[1]) == ["negative", "exp", "add", "divide"]
    assert names(rewritten(lambda x: np.arctan2(x + 0.0, x), [x])[1]) == ["add", "arctan2"]
