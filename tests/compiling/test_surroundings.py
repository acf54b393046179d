"""What a compiled function reaches besides its arguments is never stale, and what it changes is changed."""

from __future__ import annotations

import datetime
import importlib
import importlib.resources
import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.errors import CompileError

Array = np.ndarray[Any, Any]
X = np.arange(6.0).reshape(3, 2)
FACTOR: Any = 2.0


def scaled(x: Any) -> Any:
    return x * FACTOR


def test_a_global_that_changes_is_seen_also_in_a_function_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = tg.compile(lambda x: scaled(x).sum())
    for factor in (2.0, 3.0, np.ones(2), 2, -0.0):
        monkeypatch.setitem(globals(), "FACTOR", factor)
        assert compiled(X) == (X * factor).sum()


def test_an_array_that_is_changed_in_place_is_read_anew() -> None:
    weights = np.ones(2)
    compiled = tg.compile(lambda x: (x @ np.sqrt(weights)).sum())
    assert compiled(X) == X.sum()
    weights[:] = 4.0
    assert compiled(X) == 2 * X.sum()
    assert compiled.programs == 1


def test_an_attribute_and_an_item_that_change_are_seen() -> None:
    class Model:
        def __init__(self) -> None:
            self.w, self.options = np.ones(2), {"scale": 1.0}

        def cost(self, x: Array) -> Any:
            return (x @ self.w).sum() * self.options["scale"]

    model = Model()
    compiled = tg.compile(model.cost)
    for scale in (1.0, 5.0):
        model.options["scale"] = scale
        model.w = model.w + 1.0
        assert compiled(X) == model.cost(X)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: tg.optim.SGD(p, lr=0.1),
        lambda p: tg.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
        lambda p: tg.optim.Adam(p, lr=0.1),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_training_step_changes_what_the_step_changes(make: Callable[[Any], Any], dtype: Any) -> None:
    y = np.eye(2)[[0, 1, 0]].astype(dtype)
    x = X.astype(dtype)

    def trained(wrap: Callable[[Any], Any]) -> Any:
        model = tg.nn.MLP([2, 3, 2], rng=0, dtype=dtype)
        optimizer = make(model.parameters())

        def step(x: Array, y: Array) -> Any:
            optimizer.zero_grad()
            cost = tg.cross_entropy_with_logits(model(x), y)
            cost.backward()
            optimizer.step()
            return cost

        run, costs = wrap(step), []
        for lr in (0.1, 0.1, 0.5):
            optimizer.lr = lr
            costs.append(float(run(x, y).item()))
        grads = [t.grad.numpy() for t in model.parameters()]
        return run, costs, [*(t.numpy() for t in model.parameters()), *grads], optimizer.state_dict()

    run, costs, arrays, state = trained(tg.compile)
    _, expected_costs, expected, expected_state = trained(lambda f: f)
    np.testing.assert_allclose(costs, expected_costs, rtol=1e-5 if dtype is np.float32 else 1e-12)
    for a, b in zip([*arrays, *state.values()], [*expected, *expected_state.values()], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4 if dtype is np.float32 else 1e-11, atol=1e-6)
        assert np.asarray(a).dtype == np.asarray(b).dtype
    assert run.programs == 1
    assert run.last.eager_runs == 0


def test_gradients_accumulate_as_they_do_in_eager_evaluation() -> None:
    w = tg.Tensor([1.0, 2.0], requires_grad=True)

    @tg.compile
    def add(x: Array) -> None:
        (x @ w).sum().backward()

    for count in (1, 2, 3):
        add(X)
        np.testing.assert_array_equal(w.grad.numpy(), count * X.sum(axis=0))


def test_a_list_that_grows_is_refused() -> None:
    kept: list[Any] = []

    def f(x: Array) -> Any:
        kept.append(x * 2.0)
        return x

    with pytest.raises(CompileError, match="stores a value outside of itself, in kept"):
        tg.compile(f)(X)
    assert kept == []


@pytest.mark.parametrize("ask", [
    time.time, time.process_time_ns, time.thread_time, lambda: time.localtime().tm_sec,
    lambda: datetime.datetime.now().microsecond, lambda: datetime.date.today().day,
])  # fmt: skip
def test_asking_for_the_time_is_refused(ask: Callable[[], float]) -> None:
    with pytest.raises(CompileError, match="asks for the time"):
        tg.compile(lambda x: x * ask())(X)


_BITS = np.random.PCG64DXSM(0)


@pytest.mark.parametrize("draw", [
    np.random.rand, random.random, np.random.default_rng(0).random, lambda: np.random.Generator(_BITS).random(),
    lambda: os.getrandom(1)[0] if hasattr(os, "getrandom") else random.random(),
])  # fmt: skip
def test_random_numbers_are_refused_and_none_is_lost(draw: Callable[[], float]) -> None:
    random.seed(0)
    np.random.seed(0)
    expected = draw()
    random.seed(0)
    np.random.seed(0)
    with pytest.raises(CompileError, match="draws"):
        tg.compile(lambda x: x * draw())(X)
    if draw in (np.random.rand, random.random):
        assert draw() == expected


def _noise(x: Any, rng: Any) -> Any:
    scale = 2.0
    drawn = rng.normal(size=x.shape)  # the line that draws
    return scale * drawn


@pytest.mark.skipif(sys.gettrace() is not None, reason="a debugger looks at the lines")
@pytest.mark.parametrize("rng", [np.random.default_rng(0), np.random.RandomState(0), np.random])
def test_the_refusal_names_the_line_inside_that_draws(rng: Any) -> None:
    def noisy(x: Any) -> Any:
        y = 2 * x
        return y + _noise(x, rng)

    with pytest.raises(CompileError, match="the line that draws"):
        tg.compile(noisy)(np.ones(3))


def test_printing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Array) -> Any:
        print("here")
        return x

    with pytest.raises(CompileError, match=r'print\("here"\)\): the function prints'):
        tg.compile(f)(X)
    assert capsys.readouterr().out == ""


def test_a_refusal_that_the_function_catches_is_one_all_the_same() -> None:
    def f(x: Array) -> Any:
        try:
            return x * float(x.sum())
        except Exception:
            return x

    with pytest.raises(CompileError, match="float"):
        tg.compile(f)(X)


def test_arrays_that_share_memory_with_what_changes_are_read_as_eager_reads_them() -> None:
    def step(w: Array, v: Array) -> Any:
        w -= 1.0
        return v.sum()

    compiled = tg.compile(step)
    compiled(np.ones(3), np.ones(3))
    w = np.ones(3)
    assert compiled(w, w) == 0.0
    assert compiled(w, w[1:]) == -2.0


def test_isinstance_says_what_it_says_in_eager_evaluation() -> None:
    def kinds(x: Any, lr: Any) -> Any:
        inside = []

        def cost(w: Any) -> Any:
            inside.append(isinstance(w, tg.Tensor))
            return (w * x).sum()

        tg.grad(cost)(x)
        return [isinstance(v, np.ndarray) for v in (x, x * 2.0, x.sum(), lr)], isinstance(lr, float), inside

    assert tg.compile(kinds)(X, 0.5) == kinds(X, 0.5)


def test_a_value_in_a_module_of_the_users_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "knobs.py").write_text("alpha = 2.0\n\n\ndef scaled(x):\n    return alpha * x\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    knobs = importlib.import_module("knobs")
    f = tg.compile(lambda x: knobs.scaled(x) + knobs.alpha)
    assert f(np.float64(1.0)) == 4.0
    monkeypatch.setattr(knobs, "alpha", 3.0)
    assert f(np.float64(1.0)) == 6.0


def test_a_value_stored_in_a_module_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stored.py").write_text("last = None\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    stored = importlib.import_module("stored")

    def f(x: Any) -> Any:
        stored.last = x * 2.0
        return x

    with pytest.raises(CompileError, match="stores a value outside of itself, in stored"):
        tg.compile(f)(np.ones(2))
    assert stored.last is None


@pytest.mark.parametrize("find", [lambda: globals()["ALPHA"], lambda: eval("ALPHA")])
def test_a_value_that_is_found_by_a_text_is_refused(find: Callable[[], float]) -> None:
    with pytest.raises(CompileError, match="finds values by names that no program knows of"):
        tg.compile(lambda x: find() * x)(np.ones(2))


ALPHA = 2.0


def test_logging_is_refused() -> None:
    def logs(x: Any) -> Any:
        logging.getLogger("tests").debug("called")
        return x * 2.0

    with pytest.raises(CompileError, match="the function logs"):
        tg.compile(logs)(np.ones(2))


FIRST_TRACE = """
import os, sys
import numpy as np
import tinygrad_lite as tg

class Finder:  # as that of pytest, which asks the operating system
    def find_spec(self, name, path=None, target=None):
        os.getcwd()

sys.meta_path.insert(0, Finder())
assert tg.compile(lambda z: tg.sigmoid(z).sum())(np.zeros(4)) == 2.0
"""


def test_an_import_in_a_trace_may_ask_for_files() -> None:
    """What is loaded at its first use asks whatever finders there are, which are no part of the function."""
    done = subprocess.run([sys.executable, "-c", FIRST_TRACE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_file_that_is_read_by_importlib_is_refused() -> None:
    def scaled(x: Any) -> Any:
        return x * len(importlib.resources.files("json").joinpath("__init__.py").read_text(encoding="utf-8"))

    with pytest.raises(CompileError, match=r"opens a file|operating system"):
        tg.compile(scaled)(np.ones(2))
