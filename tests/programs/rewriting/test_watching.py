"""A cost that is only watched is not computed, but for the lines of which NumPy may warn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.programs.tracing import traced

X = np.array([[0.5, -1.0], [2.0, 0.3], [1.5, -0.2]])


def primitives(f: Callable[..., Any], *values: Any) -> set[str]:
    return {line.primitive.name for line in simplified(traced(f, values)).lines}


def test_a_cost_whose_lines_are_silent_is_not_computed() -> None:
    def product(w: Any, v: Any) -> Any:
        return tg.hvp(lambda w: tg.cross_entropy_with_logits(X @ w, np.ones(3)), w, v)

    assert "log1p" not in primitives(product, np.ones(2), np.ones(2))


@pytest.mark.parametrize(
    ("f", "name"),
    [(np.log, "log"), (np.arcsin, "arcsin"), (lambda x: 1 / x, "divide"), (np.sqrt, "sqrt")],
    ids=["log", "arcsin", "divide", "sqrt"],
)
def test_a_line_that_may_warn_is_computed(f: Callable[[Any], Any], name: str) -> None:
    assert name in primitives(tg.grad(lambda x: f(x).sum()), X)


def test_a_line_that_cannot_warn_by_its_bounds_is_not_computed() -> None:
    assert "log" in primitives(tg.grad(lambda x: (3.0 * np.log(x)).sum()), X)
    assert "log" not in primitives(tg.grad(lambda x: (3.0 * np.log(np.abs(x) + 1.0)).sum()), X)


def test_a_compiled_gradient_warns_of_its_cost_at_every_call() -> None:
    gradient = tg.compile(tg.grad(lambda x: np.log(x).sum()))
    for _ in range(3):
        with pytest.warns(RuntimeWarning, match="invalid value encountered in log"):
            gradient(-np.ones(3))
