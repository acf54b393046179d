"""A cost that is only watched is not computed, but for the lines of which NumPy may warn."""

from __future__ import annotations

import warnings
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


def test_a_check_stands_for_a_cost_that_is_only_watched() -> None:
    program = simplified(traced(tg.grad(lambda w: (0.5 * np.square(w)).sum()), [np.ones(50)]))
    assert program.lines == ()
    assert program.watched == ()
    (check,) = program.checks
    assert check.values == program.inputs
    assert [check.holds(x * np.ones(50)) for x in (1.0, -1e5, 1e200, np.inf, np.nan)] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_cost_is_computed_where_the_check_would_cost_more() -> None:
    program = simplified(traced(tg.grad(lambda w: np.square(w.reshape(-1, 50).sum(axis=1)).sum()), [np.ones(100)]))
    long = simplified(traced(tg.grad(lambda w: w.reshape(-1, 5000).sum(axis=0).sum()), [np.ones(50_000)]))
    assert program.watched == ()
    assert long.checks == ()
    assert long.watched


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "cost",
    [
        lambda w: np.square(w).sum(),
        lambda w: (w @ np.cos(w)) * 1e200,
        lambda w: (np.outer(w, w) - np.outer(w, w)).mean(),
        lambda w: np.concatenate([w, 2 * w]).sum() + np.log1p(np.exp(np.minimum(w, 0))).sum(),
    ],
    ids=["squares", "product of vectors", "difference of products", "joined"],
)
def test_a_cost_that_overflows_is_warned_of_though_its_gradient_is_finite(cost: Callable[..., Any], dtype: Any) -> None:
    gradient = tg.grad(lambda w: cost(w) if w.dtype == np.float64 else cost(w.astype(np.float32)))
    compiled = tg.compile(gradient)
    for size in (1.0, 1e8, float(np.finfo(dtype).max) / 4, np.inf):
        w = np.array([1.0, -0.75, 0.5], dtype) * dtype(size)
        said = []
        for f in (gradient, compiled):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                f(w)
            said.append({str(w.message) for w in caught})
        assert said[1] == said[0]


def test_a_moderate_cost_is_not_computed_eagerly() -> None:
    w = np.linspace(-1e5, 1e5, 50)
    compiled = tg.compile(tg.grad(lambda w: np.square(w).sum()))
    compiled(w)
    assert compiled.last.eager_runs == 0


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
