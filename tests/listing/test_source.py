"""The source of a function for people: what it looks like, and that it computes what the function computes."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.listing import cases
from tinygrad_lite.listing import local, source
from tinygrad_lite.trees import flatten

TEXTS = Path(__file__).parent / "texts"
ALL = cases.LECTURE | cases.OTHERS


def ran(text: str, args: Any) -> Any:
    """The last function of a source, run in a room where only numpy is known."""
    space: dict[str, Any] = {}
    exec(text, space)
    functions = [f for f in space.values() if callable(f) and getattr(f, "__module__", "") is None]
    functions = functions or [f for name, f in space.items() if callable(f) and name != "np"]
    return functions[-1](*args)


@pytest.mark.parametrize("name", ALL)
def test_the_source_computes_what_the_function_computes(name: str) -> None:
    function, args = ALL[name]
    text = source(function, args)
    own, others = copy.deepcopy(args), copy.deepcopy(args)
    want, got = flatten(function(*own))[0], flatten(ran(text, others))[0]
    assert len(want) == len(got)
    for a, b in zip([*want, *flatten(own)[0]], [*got, *flatten(others)[0]], strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        rounding = 1e-4 if np.asarray(a).dtype == np.float32 else 1e-10
        np.testing.assert_allclose(b, a, rtol=rounding, atol=rounding / 100)


@pytest.mark.parametrize("name", cases.LECTURE)
def test_the_lectures_networks_read_as_a_lecturer_writes_them(name: str) -> None:
    function, args = cases.LECTURE[name]
    assert source(function, args) == (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


def test_the_source_needs_numpy_alone(tmp_path: Path) -> None:
    function, args = cases.LECTURE["step"]
    file = tmp_path / "step.py"
    check = "import sys; assert not [m for m in sys.modules if m.startswith('tinygrad')]; print(step.__name__)"
    file.write_text(source(function, args) + "\n\n" + check + "\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, check=True)
    assert done.stdout == "step\n"


def test_arrays_from_outside_are_further_parameters_by_their_names() -> None:
    data, targets = cases.X, cases.YES_OR_NO[:, 0]

    def cost(w):
        return tg.cross_entropy(tg.sigmoid(data @ w), targets)

    w = cases.normal(7)
    text = source(tg.grad(cost), (w,))
    assert "def cost_gradient(w, data, targets):" in text
    assert "# data and targets: values that the function takes from outside; pass them, too." in text
    np.testing.assert_allclose(ran(text, (w, data, targets)), tg.grad(cost)(w), rtol=1e-12)


def test_names_become_words_that_python_takes() -> None:
    def f(λ, in_, np_):
        δ = λ * in_
        print_ = δ + np_
        return δ * print_

    text = source(f, (np.ones(3), np.ones(3), np.ones(3)))
    assert "def f(lambda_, in_, np_):" in text
    assert "delta = lambda_ * in_" in text
    compile(text, "f", "exec")


def test_numbers_are_written_exactly() -> None:
    def f(x):
        return x * (0.1 + 0.2) + x * np.array([1 / 3, 2 / 3, 1e-300])

    x = cases.normal(3)
    assert (ran(source(f, (x,)), (x,)) == f(x)).all()


def test_lines_that_lose_digits_are_named() -> None:
    function, args = cases.LECTURE["quadratic"]
    assert "# dz2 and dz1 lose digits where a unit saturates" in source(function, args)
    function, args = cases.LECTURE["with_logits"]
    assert "lose" not in source(function, args)


def test_a_loop_costs_time_by_its_length() -> None:
    """Each line is derived once, whatever the length: the counted work grows by lines that are alike."""
    counts = []
    derive = local.derive
    calls: list[int] = []

    def counted(*args):
        calls.append(1)
        return derive(*args)

    for steps in (3, 9):
        calls.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(local, "derive", counted)
            args = (cases.normal(2, 4), cases.normal(4, 4), cases.normal(4), cases.normal(steps, 2), cases.normal(4))
            source(cases.gradients(cases.recurrent, 3), args)
        counts.append(len(calls))
    assert counts[1] <= counts[0] + 1


def trained(optimiser: Any) -> tuple[Any, Any, Any]:
    model = tg.nn.MLP([7, 4, 3], rng=0)
    opt = optimiser(model.parameters())

    def step(x, y):
        opt.zero_grad()
        C = tg.cross_entropy_with_logits(model(x), y)
        C.backward()
        opt.step()
        return C

    return step, model, opt


@pytest.mark.parametrize(
    "optimiser", [lambda ps: tg.optim.SGD(ps, lr=0.1), lambda ps: tg.optim.SGD(ps, lr=0.1, momentum=0.9)]
)
def test_a_step_of_an_optimiser_changes_what_is_passed_and_nothing_of_the_callers(optimiser: Any) -> None:
    step, model, opt = trained(optimiser)
    before = [t.numpy() for t in model.parameters()]
    text = source(step, (cases.X, cases.YES_OR_NO))
    assert all((t.data == b).all() for t, b in zip(model.parameters(), before, strict=True))
    assert all(t.grad is None for t in model.parameters())
    momenta = [np.zeros_like(b) for b in before] if opt.momentum else []
    cost = ran(text, (cases.X, cases.YES_OR_NO, 0.1, *momenta, *before))
    want = step(cases.X, cases.YES_OR_NO)
    np.testing.assert_allclose(cost, want.item(), rtol=1e-12)
    for t, changed in zip(model.parameters(), before, strict=True):
        np.testing.assert_allclose(changed, t.data, rtol=1e-12)


def test_the_lines_of_an_optimisers_step_are_the_lectures() -> None:
    step, _, _ = trained(lambda ps: tg.optim.SGD(ps, lr=0.1))
    text = source(step, (cases.X, cases.YES_OR_NO))
    assert "    dz2 = (sigmoid(z2) - y) / m" in text
    assert "    w -= lr * dw\n" in text


def test_a_gradient_of_backward_is_written_as_one_of_tg_grad() -> None:
    def f(w, x):
        t = tg.Tensor(w, requires_grad=True)
        C = ((x @ t) ** 2).sum()
        C.backward()
        return t.grad

    assert "dz = 2 * z " in source(f, (cases.normal(7), cases.X))


def test_a_long_sum_has_several_lines_and_runs() -> None:
    args = (cases.normal(2, 4), cases.normal(4, 4) * 0.3, cases.normal(4), cases.normal(12, 2), cases.normal(4))
    function = cases.gradients(cases.recurrent, 3)
    text = source(function, args)
    assert all(len(line) <= 100 for line in text.splitlines())
    for a, b in zip(flatten(ran(text, args))[0], flatten(function(*args))[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
