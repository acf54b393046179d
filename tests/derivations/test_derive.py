"""derive itself: wrong input, repair of nan, facts, budgets, big data."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.slow import slow
from tests.helpers.spellings import J, M, N, neuron, normal, output_layer, targets
from tests.helpers.work import counted
from tinygrad_lite.command.derive import from_expression
from tinygrad_lite.derivations import affordable as module
from tinygrad_lite.derivations import derive, derive_expression
from tinygrad_lite.derivations.normal import algebra, terms
from tinygrad_lite.derivations.pages import fragment
from tinygrad_lite.errors import DerivationError, DomainError, FormulaError


def small() -> tuple[tg.Tensor, tg.Tensor]:
    return neuron(tg.sigmoid, tg.cross_entropy)


def test_a_tensor_that_is_not_in_the_graph() -> None:
    cost, _ = small()
    other = tg.Tensor(1.0, requires_grad=True, name="other")
    with pytest.raises(DerivationError, match=r"'other' is not in the graph.*'x', 'w', 'b'"):
        derive(cost, wrt=other)


def test_an_unknown_name() -> None:
    cost, _ = small()
    with pytest.raises(DerivationError, match=r"no tensor of the graph has the name 'v'; names are: 'x', 'w', 'b'"):
        derive(cost, wrt="v")


def test_no_path() -> None:
    w = tg.Tensor(np.ones(3), requires_grad=True, name="w")
    v = tg.Tensor(np.ones(3), requires_grad=True, name="v")
    cost = np.sum(w * (v > 0.5))
    with pytest.raises(DerivationError, match="no path leads from v to C"):
        derive(cost, wrt=v)


def test_leaves_without_a_gradient() -> None:
    w = tg.Tensor(np.ones(3), requires_grad=True, name="w")
    x = tg.Tensor(np.arange(3), name="x")
    y = tg.Tensor(np.ones(3), name="y")
    cost = np.sum(w * x * y)
    with pytest.raises(DerivationError, match="'x' holds int64, which has no derivative"):
        derive(cost, wrt=x)
    with pytest.raises(DerivationError, match="'y' tracks no gradient"):
        derive(cost, wrt=y)


def test_what_is_no_cost() -> None:
    w = tg.Tensor(np.ones(3), requires_grad=True, name="w")
    for bad, words in (
        (3.0, "takes a Tensor"), (w[:0], "an empty tensor, of shape"), (tg.Tensor(1.0), "tracks no gradient"),
    ):  # fmt: skip
        with pytest.raises(DerivationError, match=words):
            derive(bad, wrt=w)  # type: ignore[arg-type]
    with pytest.raises(DerivationError, match="takes a Tensor or the name"):
        derive(np.sum(w), wrt=3)
    with pytest.raises(DerivationError, match="needs a tensor to derive by"):
        derive(np.sum(w), wrt=[])
    cost = np.sum(w)
    with pytest.raises(DerivationError, match=r"by itself is 1\. Pass"):
        derive(cost, wrt=cost)
    with pytest.raises(DerivationError, match="by itself is 1 where the indices are equal"):
        derive(double := 2 * w, wrt=double)


def test_what_has_no_formula_is_refused() -> None:
    w = tg.Tensor(np.ones(3), requires_grad=True, name="w")
    with pytest.raises(DerivationError, match="cannot derive through 'sinc'"):
        derive(np.sum(np.sinc(w) ** 2), wrt=w)


def test_several_tensors_have_several_formulas() -> None:
    cost, w = small()
    d = derive(cost, wrt=["w", "b"])
    assert set(d.formulas) == {"w", "b"}
    with pytest.raises(DerivationError, match=r"several formulas: 'w', 'b'"):
        _ = d.formula
    assert derive(cost, wrt=w).formula is not None


@pytest.mark.filterwarnings("ignore")
def test_textbook_softmax_at_800() -> None:
    z = tg.Tensor([[800.0, 0.0, -800.0], [1.0, 2.0, 3.0]], requires_grad=True, name="z")
    y = tg.Tensor(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), name="y", facts=("one_hot",))
    a = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    cost = -np.sum(y * np.log(a))
    (eager,) = tg.pull_back([cost], [np.float64(1)], [z])
    assert not np.all(np.isfinite(eager))
    d = derive(cost, wrt=z)
    assert str(d.formula) == "a_ij − y_ij"
    shifted = np.exp(z.data - z.data.max(1, keepdims=True))
    np.testing.assert_allclose(
        d.formula.evaluate(), shifted / shifted.sum(1, keepdims=True) - y.data, rtol=1e-15, atol=1e-300
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("at", [40.0, 800.0, -800.0, 1000.0])
def test_saturated_sigmoid_under_textbook_cross_entropy(at: float) -> None:
    z = tg.Tensor(np.array([at, 0.5]), requires_grad=True, name="z")
    y = tg.Tensor(np.array([0.0 if at > 0 else 1.0, 1.0]), name="y")
    a = 1 / (1 + np.exp(-z))
    d = derive(-np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)), wrt=z)
    assert str(d.formula) == "a_i − y_i"
    found = d.formula.evaluate()
    assert np.all(np.isfinite(found))
    np.testing.assert_allclose(found[0], 1.0 if at > 0 else -1.0, rtol=1e-15)


def test_slope_far_out_is_exact() -> None:
    """a (1 − a) at z = 40 is 4.2e−18 and not 0."""
    z = tg.Tensor(np.array([40.0, -700.0, 1.0]), requires_grad=True, name="z")
    d = derive(np.sum(tg.sigmoid(z)), wrt=z)
    with mpmath.workdps(50):
        wanted = [float(1 / (mpmath.exp(v) + 2 + mpmath.exp(-v))) for v in z.data]
    np.testing.assert_allclose(d.formula.evaluate(), wanted, rtol=1e-14)


def test_facts_are_checked_when_declared() -> None:
    with pytest.raises(DomainError, match="one_hot"):
        tg.Tensor([[1.0, 1.0]], facts=("one_hot",))
    assert "one_hot" in tg.one_hot([0, 1], 2).facts


def test_declared_facts_are_used() -> None:
    x = tg.Tensor(np.array([0.5, 2.0]), requires_grad=True, name="x", facts=("positive",))
    assert str(derive(np.sum(np.sqrt(x**2)), wrt=x).formula) == "1"
    free = tg.Tensor(np.array([0.5, 2.0]), requires_grad=True, name="x")
    assert str(derive(np.sum(np.sqrt(free**2)), wrt=free).formula) == "sign(x_i)"


def test_the_number_of_examples_is_m_and_others_stay_numbers() -> None:
    x, w = normal((M, N), "x", 0), normal(N, "w", 1, True)
    z = x @ w
    assert str(derive(np.sum(z * z) / M, wrt=w).formula) == "(2/m) Σ_i x_ij z_i"
    assert str(derive(np.sum(z * z) / 7, wrt=w).formula) == "(2/7) Σ_i x_ij z_i"
    two = normal((2, N), "x", 0) @ w
    assert "m" not in str(derive(np.sum(two * two) / 2, wrt=w).formula)  # 2 examples, or half of a square?
    assert "(2/m)" in str(derive(np.mean(two * two), wrt=w).formula)


@pytest.mark.parametrize("stride", [1_000, *slow(100)])
def test_a_budget_bounds_the_work(stride: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the budget is: an error that names it, or lines that are right and a note."""
    cost, w = small()
    honest = {(s.left, s.right) for s in derive(cost, wrt=w).steps}
    monkeypatch.setattr(module, "WORK", 100)
    with pytest.raises(DerivationError, match=r"outgrew the budget.*Name tensors"):
        derive(cost, wrt=w)
    stopped = 0
    for work in range(200, 6000, stride):
        monkeypatch.setattr(module, "WORK", work)
        with contextlib.suppress(DerivationError):
            d = derive(cost, wrt=w)
            plain = {(s.left, s.right) for s in d.steps if "not simplified" not in s.reason}
            assert plain <= honest
            stopped += any("outgrew the budget" in n for n in d.notes)
    assert stopped


def test_large_polynomials_cost_no_more_than_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Multiplied out, this has 2^12 powers of x: the work is bounded by the budget, not by the formula."""
    monkeypatch.setattr(module, "WORK", 20_000)
    x = tg.Tensor(np.full(3, 1e-3), requires_grad=True, name="x")
    v = x
    for k in range(12):
        v = v * v + (k + 1) * x + 0.1
    cost = np.sum(np.exp(-v))
    with warnings.catch_warnings(), counted() as work:
        warnings.simplefilter("ignore")
        with pytest.raises(DerivationError, match="outgrew the budget"):
            derive(cost, wrt=x)
    assert work.calls < 100 * module.WORK


@pytest.mark.parametrize("count", [1_200, *slow(3_000)])
def test_long_chains(count: int) -> None:
    x = tg.Tensor(0.5, requires_grad=True, name="x")
    v = x
    for _ in range(count):
        v = v + 3 / count
    assert str(derive(v * v, wrt=x).formula) in ("2 (x + 3)", "2 (3 + x)", "2 C", "6 + 2 x")


def test_large_data_take_no_more_work_than_small() -> None:
    rng = np.random.default_rng(0)
    calls = []
    for m in (20, 20_000):
        x = tg.Tensor(rng.normal(size=(m, 100)), name="x")
        w = tg.Tensor(rng.normal(size=100) * 0.1, requires_grad=True, name="w")
        cost = tg.cross_entropy(tg.sigmoid(x @ w), targets(m))
        with counted() as work:
            assert str(derive(cost, wrt=w).formula) == "(1/m) Σ_i x_ij (a_i − y_i)"
        calls.append(work.calls)
    assert calls[1] < 1.5 * calls[0]


def test_single_precision() -> None:
    x = tg.Tensor(np.random.default_rng(0).normal(size=(M, N)).astype(np.float32), name="x")
    w = tg.Tensor(np.ones(N, np.float32), requires_grad=True, name="w")
    d = derive(tg.cross_entropy(tg.sigmoid(x @ w), np.ones(M, np.float32)), wrt=w)
    assert d.formula.evaluate().dtype == np.float32
    assert d.steps


def test_a_wrong_line_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The algebra is made to lie: no line that it spoils appears."""
    from tinygrad_lite.derivations.normal.algebra import product
    from tinygrad_lite.derivations.steps import link

    cost, w = small()
    honest = {(s.left, s.right) for s in derive(cost, wrt=w).steps}
    real = link.sum_over
    twice = product(Fraction(2), {})
    monkeypatch.setattr(link, "sum_over", lambda bound, body: link.multiply(twice, real(bound, body)))
    d = derive(cost, wrt=w)
    assert {(s.left, s.right) for s in d.steps} <= honest | {
        ("∂C/∂w_j", "Σ_i x_ij δ_i"),
        ("∂C/∂z_i", "∂C/∂a_i · σ′(z_i)"),
    }
    assert any("did not pass its check" in n for n in d.notes)


def test_expressions_from_the_command_line() -> None:
    text = from_expression("(y - sigmoid(w*x + b))**2 / 2", "w", ["x=1", "y=0"]).text(lemmas=True)
    assert "∂C/∂w" in text
    assert "(a − y) σ′(z) x" in text
    assert (
        str(derive_expression("mean((y - relu(x @ w + b))**2) / 2", "w").formula)
        == "(1/m) Σ_i [z_i > 0] x_ij (a_i − y_i)"
    )
    assert (
        str(derive_expression("-(1/m) sum_i (y_i log(sigma(z_i)) + (1-y_i) log(1-sigma(z_i)))", "z").formula)
        == "(a_i − y_i)/m"
    )
    for expression, wrt, lets, words in (
        ("w*x", "q", [], "'q' is not in the expression"),
        ("w*x", "w", ["v=2"], "--let gives 'v'"),
        ("w*x", "w", ["x"], "takes NAME=VALUE"),
        ("w*x", "w", ["x=abc"], "neither a number"),
        ("softmax(z)", "z", ["z=[1,2]"], "no single number"),
        ("w*", "w", [], "ends where a value"),
    ):
        with pytest.raises(FormulaError, match=words):
            from_expression(expression, wrt, lets)


def test_unnamed_tensors_get_names() -> None:
    rng = np.random.default_rng(0)
    w, b = tg.Tensor(rng.normal(size=(J, N)), requires_grad=True), tg.Tensor(np.zeros(J), requires_grad=True)
    x, y = rng.normal(size=(M, N)), np.array([0, 1, 2, 3, 0])
    d = derive(tg.log_likelihood(tg.softmax(x @ w.T + b), y), wrt=w)
    assert str(d.formula) == "(1/m) Σ_i x_ik (a_ij − y_ij)"
    x, w, b = output_layer()
    assert derive(tg.log_likelihood(tg.softmax(x @ w.T + b), y), wrt=w).formula.latex().startswith(r"\frac{1}{m}")


def test_names_that_are_no_letters() -> None:
    for name in ("x_train", "<script>", "50%", "{w}", "sum[x]", "exp(z)", "∂C/∂w", "|m|", "w'", "^", "größe"):
        x = tg.Tensor(np.arange(6.0).reshape(3, 2), name=name)
        w = tg.Tensor(np.ones(2), requires_grad=True, name=name)
        d = derive(tg.quadratic_cost(tg.sigmoid(x @ w), np.array([0.0, 1.0, 1.0])), wrt=w)
        (gradient,) = tg.pull_back([d._chain.stations.cost], [np.float64(1)], [w])
        np.testing.assert_allclose(d.formula.evaluate(), gradient, rtol=1e-12)
        assert "<script>" not in fragment(d.contents())


def test_two_weighted_inputs_have_two_deltas() -> None:
    x, w, v = normal((M, N), "x", 0), normal(N, "w", 1, True), normal(N, "v", 2, True)
    u, q = x @ w, x @ v
    u.name, q.name = "u", "q"
    cost = np.mean((tg.sigmoid(u) * np.tanh(q) - u) ** 2)
    d = derive(cost, wrt=[w, v])
    for tensor, gradient in zip((w, v), tg.pull_back([cost], [np.float64(1)], [w, v]), strict=True):
        np.testing.assert_allclose(d.formulas[tensor.name or ""].evaluate(), gradient, rtol=1e-12)
    assert not d.notes


def test_the_same_value_computed_twice_is_one() -> None:
    x, w, y = normal((M, N), "x", 0), normal(N, "w", 1, True), targets(M)
    cost = -np.mean(y * np.log(tg.sigmoid(x @ w)) + (1 - y) * np.log(1 - tg.sigmoid(x @ w)))
    assert str(derive(cost, wrt=w).formula) == "(1/m) Σ_i x_ij (a_i − y_i)"
    elu = np.mean(np.where(x @ w > 0, x @ w, np.exp(x @ w) - 1))
    (gradient,) = tg.pull_back([elu], [np.float64(1)], [w])
    np.testing.assert_allclose(derive(elu, wrt=w).formula.evaluate(), gradient, rtol=1e-12)


def test_layers_with_the_same_names_are_numbered() -> None:
    x = normal((M, N), "x", 0)
    layers = [
        (normal((J, N), "w", 1, True), normal(J, "b", 2, True)),
        (normal((2, J), "w", 3, True), normal(2, "b", 4, True)),
    ]
    h = x
    for w, b in layers:
        h = tg.sigmoid(h @ w.T + b)
    cost = tg.cross_entropy(h, targets((M, 2)))
    d = derive(cost, wrt=[layers[0][0], layers[1][0]])
    assert set(d.formulas) == {"w1", "w2"}
    assert str(d.formulas["w2"]) == "(1/m) Σ_i a⁽¹⁾_ik (a⁽²⁾_ij − y_ij)"
    assert str(d.formulas["w1"]) == "Σ_i x_il δ⁽¹⁾_ik"
    with pytest.raises(DerivationError, match="2 tensors of the graph have the name 'w'"):
        derive(cost, wrt="w")


@pytest.mark.parametrize("count", [10, *slow(20)])
def test_examples_one_by_one(count: int) -> None:
    """A loop over examples, as a beginner writes it."""
    w, b = normal(N, "w", 1, True), normal((), "b", 2, True)
    rows, y = np.random.default_rng(0).normal(size=(count, N)), np.random.default_rng(1).integers(0, 2, size=count)
    cost = tg.Tensor(0.0)
    for row, target in zip(rows, y, strict=True):
        a = tg.sigmoid(w @ row + b)
        cost = cost - (target * np.log(a) + (1 - target) * np.log(1 - a))
    with counted() as work:
        d = derive(cost / count, wrt=w)
    assert work.calls < 8_000 * count**2
    (gradient,) = tg.pull_back([cost / count], [np.float64(1)], [w])
    np.testing.assert_allclose(d.formula.evaluate(), gradient, rtol=1e-12)


@pytest.mark.parametrize("depth", [10, 60, 150, *slow(400, 2000)])
def test_deep_nests_end(depth: int) -> None:
    """sin of sin of ...: a long line, or an error that says what to do; named on the way it works."""
    x = tg.Tensor(0.5, requires_grad=True, name="x")
    v = x
    for _ in range(depth):
        v = np.sin(v)
    (gradient,) = tg.pull_back([v], [np.float64(1)], [x])
    try:
        np.testing.assert_allclose(derive(v, wrt=x).formula.evaluate(), gradient, rtol=1e-10)
        assert depth <= 60
    except DerivationError as error:
        assert depth > 10
        assert "Name tensors on the way" in str(error)  # noqa: PT017
    if depth in (150, 400):
        v = x
        for layer in range(depth):
            v = np.sin(v)
            v.name = f"v{layer}" if layer % 5 == 4 and layer < depth - 1 else None
        found = derive(v, wrt=x)
        np.testing.assert_allclose(found.formula.evaluate(), gradient, rtol=1e-10)


def test_lemmas_and_given_lines_are_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solution that lies: neither e^z = ... nor the slope that comes from it is shown."""
    from tinygrad_lite.derivations.reading import stations

    cost, w = small()
    honest = derive(cost, wrt=w)
    assert all(step.error < 1e-14 for step in honest.lemmas()["σ'(z)"])
    assert len(honest.given()) == 3
    real = stations.solve_ratio

    def lie(*arguments: object) -> object:
        found = real(*arguments)  # type: ignore[arg-type]
        return (
            None
            if found is None
            else dataclasses.replace(found, value=stations.multiply(stations.const(2), found.value))
        )

    monkeypatch.setattr(stations, "multiply", algebra.multiply, raising=False)
    monkeypatch.setattr(stations, "const", terms.const, raising=False)
    monkeypatch.setattr(stations, "solve_ratio", lie)
    d = derive(cost, wrt=w)
    assert "e^(z_i) = 2 a_i/(1 − a_i)" not in d.text(lemmas=True)
    assert all(step.error < 1e-14 for step in d.steps)
    (gradient,) = tg.pull_back([cost], [np.float64(1)], [w])
    np.testing.assert_allclose(d.formula.evaluate(), gradient, rtol=1e-10)


@pytest.mark.parametrize("spelling", [tg.sigmoid, lambda z: 1 / (1 + np.exp(-z))])
def test_a_neuron_with_a_plain_number_as_input_reads_as_the_lecture_has_it(spelling: Any) -> None:
    w, b = (tg.Tensor(2.0, requires_grad=True, name=name) for name in "wb")
    text = derive(tg.quadratic_cost(spelling(w * 1.0 + b), 0.0), wrt=w).text()
    assert "z = w + b" in text
    assert "∂C/∂z = a · σ′(z)" in text  # (2) with x = 1, y = 0


def test_evaluate_gives_one_gradient_or_several_by_name() -> None:
    w, b = (tg.Tensor(2.0, requires_grad=True, name=name) for name in "wb")
    cost = tg.cross_entropy(tg.sigmoid(w * 1.0 + b), 0.0)
    cost.backward()
    assert w.grad is not None
    np.testing.assert_allclose(derive(cost, wrt=w).evaluate(), w.grad.numpy(), rtol=1e-12)
    assert set(derive(cost, wrt=[w, b]).evaluate()) == {"w", "b"}


def test_the_formula_of_several_paths_is_their_sum_as_the_last_line_has_it() -> None:
    rng = np.random.default_rng(0)
    w = tg.Tensor(rng.normal(size=(3, 4)), requires_grad=True, name="w")
    cost = tg.log_likelihood(tg.softmax(rng.normal(size=(10, 3)) @ w), rng.integers(0, 4, 10)) + 0.05 * (w * w).sum()
    assert str(derive(cost, wrt=w).formula) == "(1/m) Σ_i x_ij (a_ik − y_ik) + w_jk/10"
