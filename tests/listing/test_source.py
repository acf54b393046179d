"""The source of a function for people: what it looks like, and that it computes what the function computes."""

from __future__ import annotations

import copy
import cProfile
import functools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.composites import programs_run
from tests.listing import cases
from tinygrad_lite.listing import local, source
from tinygrad_lite.trees import flatten

TEXTS = Path(__file__).parent / "texts"
ALL = cases.LECTURE | cases.OTHERS
SLOW = {
    "a list of layers", "many layers", "batch norm", "single precision", "recurrent", "dropped", "a dict", "new params",
    "penalised", "autoencoder", "tied autoencoder", "third derivative", "direction", "classes", "classes in single precision",
}  # fmt: skip
MARKED = [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in ALL]


def ran(text: str, args: Any) -> Any:
    """The last function of a source, run in a room where only numpy is known."""
    space: dict[str, Any] = {}
    exec(text, space)
    functions = [f for f in space.values() if callable(f) and getattr(f, "__module__", "") is None]
    functions = functions or [f for name, f in space.items() if callable(f) and name != "np"]
    return functions[-1](*args)


@functools.cache
def source_of(name: str) -> str:
    return source(*ALL[name])


def fresh(x: Any, rng: np.random.Generator, draw: Any) -> Any:
    """Another value of the same kind: floats are drawn, and what is 0 or 1 or counts is put in another order."""
    if not isinstance(x, float | np.ndarray | np.generic):
        return x
    array = np.asarray(x)
    if array.ndim and (array.dtype.kind in "iu" or np.isin(array, [0, 1]).all()):
        return rng.permutation(array)
    drawn = draw(rng, array.shape)
    return float(drawn) if type(x) is float else drawn.astype(array.dtype)[()]


DRAWS = {
    "usual": lambda rng, shape: np.asarray(rng.standard_normal(shape)),
    "small": lambda rng, shape: np.asarray(rng.standard_normal(shape) / 100),
    "whole": lambda rng, shape: np.asarray(np.round(rng.standard_normal(shape))),  # so that there are ties and zeros
    "ones": lambda rng, shape: np.ones(shape),
}


def assert_same(text: str, function: Any, args: Any) -> None:
    """The source computes what the function computes, and changes what it changes, wherever that is finite."""
    own, others = copy.deepcopy(args), copy.deepcopy(args)
    with np.errstate(all="ignore"):
        want, got = flatten(function(*own))[0], flatten(ran(text, others))[0]
    for a, b in zip([*want, *flatten(own)[0]], [*got, *flatten(others)[0]], strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        if not isinstance(a, float | np.ndarray | np.generic):
            continue
        rounding, finite = 1e-4 if np.asarray(a).dtype == np.float32 else 1e-10, np.isfinite(a)
        size = max(1.0, float(np.max(np.abs(np.asarray(a)[finite]), initial=0.0)))
        np.testing.assert_allclose(
            np.asarray(b)[finite], np.asarray(a)[finite], rtol=rounding, atol=rounding / 100 * size
        )


@pytest.mark.filterwarnings("ignore")  # some numbers lie where functions are not finite: eager evaluation says so
@pytest.mark.parametrize("name", MARKED)
def test_the_source_computes_what_the_function_computes(name: str) -> None:
    function, args = ALL[name]
    assert_same(source_of(name), function, args)
    for draw in DRAWS.values():
        leaves, rebuild = flatten(list(args))
        rng = np.random.default_rng(1)
        assert_same(source_of(name), function, rebuild([fresh(x, rng, draw) for x in leaves]))


@programs_run  # bodies are listed line by line
@pytest.mark.parametrize("name", cases.LECTURE)
def test_the_lectures_networks_read_as_a_lecturer_writes_them(name: str) -> None:
    assert source_of(name) == (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


def test_the_source_needs_numpy_alone(tmp_path: Path) -> None:
    file = tmp_path / "step.py"
    check = "import sys; assert not [m for m in sys.modules if m.startswith('tinygrad')]; print(step.__name__)"
    file.write_text(source_of("step") + "\n\n" + check + "\n", encoding="utf-8")
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
    assert "# dz2 and dz1 lose digits where a unit saturates" in source_of("quadratic")
    assert "lose" not in source_of("with_logits")


@pytest.mark.slow
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
    cost = ran(text, (cases.X, cases.YES_OR_NO, *before, 0.1, *momenta))
    want = step(cases.X, cases.YES_OR_NO)
    np.testing.assert_allclose(cost, want.item(), rtol=1e-12)
    for t, changed in zip(model.parameters(), before, strict=True):
        np.testing.assert_allclose(changed, t.data, rtol=1e-12)


def test_the_lines_of_an_optimisers_step_are_the_lectures() -> None:
    step, _, _ = trained(lambda ps: tg.optim.SGD(ps, lr=0.1))
    text = source(step, (cases.X, cases.YES_OR_NO))
    assert "    dz2 = (sigmoid(z2) - y) / m" in text
    assert "    w1 -= lr * dw1\n" in text


def test_a_gradient_of_backward_is_written_as_one_of_tg_grad() -> None:
    def f(w, x):
        t = tg.Tensor(w, requires_grad=True)
        C = ((x @ t) ** 2).sum()
        C.backward()
        return t.grad

    assert "dz = 2 * z " in source(f, (cases.normal(7), cases.X))


@pytest.mark.slow
def test_a_long_sum_has_several_lines_and_runs() -> None:
    args = (cases.normal(2, 4), cases.normal(4, 4) * 0.3, cases.normal(4), cases.normal(12, 2), cases.normal(4))
    function = cases.gradients(cases.recurrent, 3)
    text = source(function, args)
    assert all(len(line) <= 100 for line in text.splitlines())
    for a, b in zip(flatten(ran(text, args))[0], flatten(function(*args))[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_a_number_that_is_taken_by_default_is_a_parameter_with_this_default() -> None:
    text = source_of("a default")
    assert "def by_default_and_gradient(W1, b1, W2, b2, x, y, lmbda=0.1):" in text
    assert "dW2 = lmbda * W2 + a1.T @ dz2" in text


def test_parameters_that_are_passed_by_name_stay_so() -> None:
    def f(x, *, w, b=0.5):
        return x @ w + b

    text = source(f, (cases.X,), {"w": cases.normal(7)})
    assert "def f(x, *, w, b=0.5):" in text


def test_what_the_source_fixes_is_said() -> None:
    assert "# It holds for power = 3 and kind = 'sum' alone." in source_of("powers")


def test_parts_that_the_derivation_names_are_written_as_the_user_wrote_them() -> None:
    assert "dz = (x @ v) * sigmoid(z) * (1 - sigmoid(z)) / m" in source_of("curvature of logits")
    assert "np.where(z > 0, " in source_of("elu")


def test_a_line_with_a_tie_is_parted_and_keeps_the_engines_slope_there() -> None:
    text = source_of("hinge")
    assert "dw = 0.02 * w + x.T @ dz" in text
    assert "C = np.mean(np.maximum(0, t)) + 0.01 * (w @ w)" in text
    assert "np.where(t == 0, " in text


def test_a_step_of_adam_reads_as_its_definition() -> None:
    step, _, _ = trained(lambda ps: tg.optim.Adam(ps, lr=0.01))
    text = source(step, (cases.X, cases.YES_OR_NO))
    assert "    m_w1[...] = 0.9 * m_w1 + (1 - 0.9) * dw1\n    t_w1 += 1\n" in text
    assert "    w1 -= lr * (m_w1 / (1 - 0.9**t_w1) / (np.sqrt(v_w1 / (1 - 0.999**t_w1)) + 1e-08))\n" in text


def test_velocities_are_changed_in_place_before_they_are_used() -> None:
    step, _, _ = trained(lambda ps: tg.optim.SGD(ps, lr=0.1, momentum=0.9))
    text = source(step, (cases.X, cases.YES_OR_NO))
    assert "    v_b1[...] = 0.9 * v_b1 + db1\n    b1 -= lr * v_b1\n" in text


def test_long_axes_are_made_short_where_only_the_axes_count() -> None:
    """What tells axes apart and tries derivatives computes on few numbers; the last comparison is at the call."""
    sizes = []
    run = local.Local.run

    def counted(self, data):
        sizes.append(max(np.size(x) for x in data.values()))
        return run(self, data)

    w, x, y = cases.normal(300), cases.normal(500, 300), np.zeros(500)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local.Local, "run", counted)
        text = source(tg.value_and_grad(cases.logits), (w, x, y))
    assert "m = len(x)" in text
    assert "# (500,)" in text
    assert max(sizes) < 500


def test_a_source_is_made_in_a_program_that_is_profiled() -> None:
    profile = cProfile.Profile()
    profile.enable()
    before = sys.getprofile()  # from Python 3.12 on None: cProfile listens to sys.monitoring
    try:
        text = source(*cases.LECTURE["neuron"])
        still = sys.getprofile()
    finally:
        profile.disable()
    assert "dw = dz * x" in text
    assert still is before


@programs_run  # bodies are listed line by line
def test_factors_that_are_one_are_not_written() -> None:
    def cost(w: Any, x: Any, y: Any) -> Any:
        return tg.cross_entropy(tg.sigmoid(x @ w), y)

    x, y = np.arange(6.0).reshape(3, 2) / 10, np.ones(3)
    gradients = tg.vmap(tg.grad(cost), in_axes=(None, 0, 0))
    text = source(lambda *args: gradients(*args), (np.ones(2), x, y))  # inside of a function it is recorded
    body = text.split("def f(")[1]
    assert "1 / 1" not in body
    assert "(xdivy(" in body  # and not 1 * xdivy(
    np.testing.assert_allclose(ran(text, (np.ones(2), x, y)), tg.vmap(tg.grad(cost), (None, 0, 0))(np.ones(2), x, y))


def test_a_gradient_is_as_derived_at_a_minimum_too_where_it_is_rounding_alone() -> None:
    x = np.linspace(-2, 2, 20)
    y = 0.8 * x + 0.5 + 0.1 * np.sin(7 * x)

    def gradient(w: Any, b: Any) -> Any:
        r = w * x + b - y
        s = np.sqrt(1 + r**2)
        return tg.grad(lambda w, b: np.mean(np.sqrt(1 + (w * x + b - y) ** 2) - 1), (0, 1))(w, b), np.mean(s)

    w, b = np.array(0.0), np.array(0.0)
    for _ in range(400):
        (dw, db), _ = gradient(w, b)
        w, b = w - 0.5 * dw, b - 0.5 * db
    assert abs(dw) < 1e-13
    assert "broadcast_to" not in source(gradient, (w, b))
    assert source(gradient, (w, b)) == source(gradient, (np.array(0.0), np.array(0.0)))


OUTER = {name: np.arange(3.0) + i for i, name in enumerate("dacbe")}
d, a, c, b, e = OUTER.values()


def test_values_from_outside_are_parameters_in_the_order_in_which_the_function_reads_them() -> None:
    # The order of a set of strings changes from one run of Python to the next.
    text = source(lambda w: np.sum(((w * d + a) * c + b) * e), (np.ones(3),))
    assert "(w, d, a, c, b, e):" in text
