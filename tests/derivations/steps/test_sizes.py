"""Sizes are put in where they cancel against a number, in a line of its own that says so, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.derivations import derive
from tinygrad_lite.derivations.normal import algebra
from tinygrad_lite.derivations.normal.numbers import Setting, number
from tinygrad_lite.derivations.normal.terms import Index, Value, const, size, sym
from tinygrad_lite.derivations.steps import sizes
from tinygrad_lite.derivations.writing.display import Writer

ROW = Index("i", "m")


def smoothed(classes: int, m: int = 6) -> tuple[tg.Tensor, tg.Tensor]:
    rng = np.random.default_rng(0)
    x = tg.Tensor(rng.normal(size=(m, 3)), name="x")
    y = tg.Tensor(np.eye(classes)[rng.integers(classes, size=m)], name="y", facts="one_hot")
    W = tg.Tensor(rng.normal(size=(3, classes)), requires_grad=True, name="W")
    s = tg.Tensor(0.3, name="s")
    a = tg.softmax(x @ W)
    return -np.mean(np.sum(((1 - s) * y + s / classes) * np.log(a), axis=1)), W


def test_label_smoothing_closes() -> None:
    cost, W = smoothed(4)
    d = derive(cost, wrt=W)
    assert "put in J = 4" in [str(step.reason) for step in d.steps]
    assert str(d.formula) == "(1/m) Σ_i x_ik (y_ij (s − 1) + a_ij − s/4)"


def test_a_size_stays_where_nothing_cancels() -> None:
    x = tg.Tensor(np.arange(20.0).reshape(5, 4), name="x")
    w = tg.Tensor(np.ones(4), requires_grad=True, name="w")
    for cost in (np.mean((x @ w) ** 2), 7 * np.mean((x @ w) ** 2), np.var(w), np.mean((x @ w) ** 2) / 10):
        assert "put in" not in [step.rule for step in derive(cost, wrt=w).steps if "=" in str(step.reason)]


def some_value(rng: np.random.Generator) -> Value:
    """Terms with the size m, with 5 and with other numbers before them."""
    numbers = [size("m"), const(5), const(int(rng.integers(-4, 5)) or 1), algebra.power(size("m"), -1)]
    terms = [
        algebra.multiply(numbers[rng.integers(4)], numbers[rng.integers(4)], sym("xyz"[rng.integers(3)], ROW))
        for _ in range(3)
    ]
    return algebra.multiply(algebra.add(*terms), numbers[rng.integers(4)])


def holds(seed: int) -> bool:
    rng = np.random.default_rng(seed)
    value = some_value(rng)
    found = sizes.with_sizes(value, {"m": 5}, Writer({}, [ROW]))
    at = Setting({name: rng.normal(size=5) for name in "xyz"}, {"m": 5})
    values = [number(v, at, (ROW,)).value() for v in (value, value if found is None else found[2])]
    return np.allclose(*(np.broadcast_to(v, (5,)) for v in values))


def test_the_value_stays() -> None:
    assert all(holds(seed) for seed in range(200))
    assert (
        sum(
            sizes.with_sizes(some_value(np.random.default_rng(s)), {"m": 5}, Writer({}, [ROW])) is not None
            for s in range(200)
        )
        > 20
    )


def test_a_wrong_size_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "const", lambda n: const(n + 1))
    assert not all(holds(seed) for seed in range(200))
