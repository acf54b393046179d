"""Derivation.check: typed answers and functions, right and wrong ones, judged as the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.derivations.course import CASES
from tests.derivations.course.judging import derived
from tests.derivations.course.writing import Case, bits, data, hot, leaf, m, n, named
from tests.helpers.grouped import in_groups
from tinygrad_lite.derivations import Derivation, derive
from tinygrad_lite.errors import DerivationError, FormulaError

J, K = 4, 6


@pytest.fixture(name="batch", scope="module")
def cross_entropy() -> Derivation:
    """The lecture's (4): one output, m examples."""
    x, y, w, b = data("x", m, n), bits("y", m), leaf("w", n), leaf("b")
    a = named("a", tg.sigmoid(named("z", x @ w + b)))
    return derive(tg.cross_entropy(a, y), [w, b])


@pytest.fixture(name="softmax", scope="module")
def log_likelihood() -> Derivation:
    """The lecture's (13), over a batch: J outputs."""
    x, y, w, b = data("x", m, n), hot("y"), leaf("w", n, J), leaf("b", J)
    a = named("a", tg.softmax(named("z", x @ w + b)))
    return derive(tg.log_likelihood(a, y), [w, b])


@pytest.fixture(name="deep", scope="module")
def two_layers() -> Derivation:
    """The four equations: hidden σ, softmax above."""
    x, y, W1, W2, b2 = data("x", m, n), hot("y"), leaf("W1", n, K), leaf("W2", K, J), leaf("b2", J)
    a1 = named("a1", tg.sigmoid(named("z1", x @ W1)))
    a2 = named("a2", tg.softmax(named("z2", a1 @ W2 + b2)))
    return derive(tg.log_likelihood(a2, y), [W2, b2])  # W1, z1 ... can be asked for all the same


@pytest.fixture(name="neuron", scope="module")
def quadratic() -> Derivation:
    """The lecture's (1): one number each."""
    x, y, w, b = data("x"), data("y"), leaf("w"), leaf("b")
    a = named("a", tg.sigmoid(named("z", w * x + b)))
    return derive((y - a) ** 2 / 2, [w, b])


RIGHT: dict[str, dict[str, tuple[Any, ...]]] = {
    "batch": {
        "w": (
            "x.T @ (a - y) / m",
            "(a - y) @ x / m",
            "(1/m) * (x.T @ (a - y))",
            "np.mean(x * (a - y)[:, None], axis=0)",
            "sum((a - y)[:, np.newaxis] * x, axis=0) / m",
            "((a - y)[None] @ x)[0] / m",
            "x.T @ (sigmoid(z) - y) / m",
            "x.T @ (sigmoid(x @ w + b) - y) / m",
            "x.T @ (1/(1 + exp(-z)) - y) / m",
            "x.T @ (1/(1 + np.exp(-(x @ w + b))) - y) / m",
            "x.T @ delta",
            "x.T @ (dC_da * a * (1 - a))",
            "sum_i x_ij (a_i - y_i) / m",
            "Σ_i x_ij (a_i − y_i)/m",
            "(1/m) Σ_k x_kl (a_k − y_k)",
            "(1/m) Σ_i x_ij (σ(z_i) − y_i)",
            "−(1/m) Σ_i (y_i/a_i − (1 − y_i)/(1 − a_i)) σ′(z_i) x_ij",
            "Σ_i x_ij δ_i",
            "Σ_i ∂C/∂a_i a_i (1 − a_i) x_ij",
            "∂C/∂w_j = (1/m) Σ_i x_ij (a_i − y_i)",
            "dw_j = (1/m) sum_i x_ij (a_i - y_i)",
            "dw = x.T @ (a - y) / m",
            r"\frac{1}{m} \sum_i x_{ij} (a_i - y_i)",
            r"\frac{\partial C}{\partial w_j} = \frac{1}{m} \sum_i x_{ij} (\sigma(z_i) - y_i)",
            lambda x, a, y, m: x.T @ (a - y) / m,
            lambda x, z, y: np.mean((1 / (1 + np.exp(-z)) - y)[:, None] * x, axis=0),
        ),
        "b": ("np.mean(a - y)", "sum(a - y) / m", "(1/m) Σ_i (a_i − y_i)", "Σ_i δ_i", lambda a, y: (a - y).mean()),
        "z": ("(a - y) / m", "(a_i - y_i) / m", "delta", "dC/da_i * sigma'(z_i)", "dC_da * a * (1 - a)"),
        "a": ("(a - y) / (m * a * (1 - a))", "-(y/a - (1 - y)/(1 - a)) / m", "-(1/m) (y_i/a_i - (1 - y_i)/(1 - a_i))"),
    },
    "softmax": {
        "w": (
            "x.T @ (a - y) / m",
            "x.T @ (softmax(z) - y) / m",
            "x.T @ (softmax(x @ w + b) - y) / m",
            "x.T @ delta",
            "(1/m) Σ_i x_ik (a_ij − y_ij)",
            "dw_kj = (1/m) Σ_i x_ik (a_ij − y_ij)",
            "∂C/∂w_kj = (1/m) Σ_i x_ik (e^(z_ij)/(Σ_l e^(z_il)) − y_ij)",
            lambda x, a, y, m: np.einsum("ik,ij->kj", x, a - y) / m,
        ),
        "b": ("np.mean(a - y, axis=0)", "sum(a - y, axis=0) / m", "(1/m) Σ_i (a_ij − y_ij)"),
        "z": ("(a - y)/m", "(a * sum(y, axis=1, keepdims=True) - y)/m", "Σ_k (−y_ik/(m a_ik)) a_ik ([j = k] − a_ij)"),
    },
    "deep": {
        "W2": ("a1.T @ delta2", "a1.T @ (a2 - y) / m", "dW2_kj = Σ_i a⁽¹⁾_ik δ⁽²⁾_ij", "sigmoid(z1).T @ (a2 - y)/m"),
        "b2": ("np.sum(delta2, axis=0)", "Σ_i δ⁽²⁾_ij", "np.mean(softmax(a1 @ W2 + b2) - y, axis=0)"),
        "W1": (
            "x.T @ delta1",
            "x.T @ ((delta2 @ W2.T) * a1 * (1 - a1))",
            "x.T @ (((a2 - y) @ W2.T) * sigmoid'(z1)) / m",
            "dW1_lk = Σ_i x_il δ⁽¹⁾_ik",
            "Σ_ij x_il W⁽²⁾_kj δ⁽²⁾_ij σ′(z⁽¹⁾_ik)",
        ),
        "a1": ("delta2 @ W2.T", "Σ_j W⁽²⁾_kj δ⁽²⁾_ij"),
        "z1": ("dC_da1 * a1 * (1 - a1)", "δ⁽¹⁾_ik = ∂C/∂a⁽¹⁾_ik σ′(z⁽¹⁾_ik)"),
    },
    "neuron": {
        "w": ("(a - y) * a * (1 - a) * x", "(a − y) σ′(z) x", "x (sigma(w x + b) - y) sigma'(w x + b)", "dC/dw = x δ"),
        "b": ("(a - y) a (1 - a)", "δ", "dC/da * sigma'(z)", lambda a, y: (a - y) * a * (1 - a)),
    },
}

WRONG: dict[str, dict[str, tuple[Any, ...]]] = {
    "batch": {
        "w": (
            "x.T @ (y - a) / m",
            "x.T @ (a - y)",
            "x.T @ (a + y) / m",
            "x.T @ a / m",
            "x.T @ (z - y) / m",
            "x.T @ (a - y) / 5",
            "x.T @ (a - y) * m",
            "x.T @ (a - y) / m**2",
            "x.T @ ((a - y) * a * (1 - a)) / m",
            "x.T @ dC_da",
            "x @ (a - y) / m",
            "x * (a - y) / m",
            "x / m",
            "x.T / m",
            "sum(x.T @ (a - y)) / m",
            "np.sum(x, axis=0) / m",
            "np.mean(a - y)",
            "np.mean(x, axis=0) * np.mean(a - y)",
            "w",
            "0",
            "0 * w",
            "x.T @ (a - y) / m + 0.001",
            "x.T @ (a - y) / m + 1e-9",
            "1.0001 * (x.T @ (a - y)) / m",
            "(1/m) Σ_i x_ij (y_i − a_i)",
            "Σ_i x_ij (a_i − y_i)",
            "(1/m) Σ_j x_ij (a_i − y_i)",
            "(1/m) Σ_ij x_ij (a_i − y_i)",
            "(1/m) x_ij (a_i − y_i)",
            "(1/m) Σ_i x_ij a_i",
            "(1/m) Σ_i x_ij (a_j − y_j)",
            "(1/m) Σ_i x_ji (a_i − y_i)",
            "(1/m) Σ_i x_ij (a_i − y_i) w_j",
            r"\frac{1}{m} \sum_i x_{ij} (y_i - a_i)",
            lambda x, a, y, m: x.T @ (a - y),
            lambda x, a, y, m: x @ (a - y) / m,
            lambda x, a, y: (x.T @ (a - y))[:2],
            lambda x, a, y: np.nan * x[0],
        ),
        "b": ("np.mean(y - a)", "sum(a - y)", "(a - y) / m", "np.mean(a)", "(1/m) Σ_i a_i", "Σ_i ∂C/∂a_i", "b", "0"),
        "z": (
            "a - y",
            "(y - a) / m",
            "dC_da",
            "sigma'(z)",
            "a (1 − a)",
            "a_i - y_i",
            "np.mean(a - y)",
            "x.T @ (a - y)",
        ),
        "a": ("(a - y) / m", "(a - y) / (a * (1 - a))", "-(y/a + (1 - y)/(1 - a)) / m", "-y/(m a)", "-y/(m*a)"),
    },
    "softmax": {
        "w": (
            "(a - y).T @ x / m",
            "x.T @ (y - a) / m",
            "x.T @ (a - y)",
            "x.T @ a / m",
            "x.T @ (sigmoid(z) - y) / m",
            "dw_jk = (1/m) Σ_i x_ik (a_ij − y_ij)",
            "(1/m) Σ_i x_ik a_ij",
            "(1/m) Σ_ij x_ik (a_ij − y_ij)",
            "x.T @ (a * (1 - a)) / m",
        ),
        "b": ("np.mean(a - y, axis=1)", "np.mean(a - y)", "np.sum(a - y, axis=0)", "(1/m) Σ_j (a_ij − y_ij)", "0 * b"),
        "z": ("a - y", "(a - y)/m/J", "-y/(m*a) * a * (1 - a)", "Σ_k (−y_ik/(m a_ik)) a_ik (1 − a_ij)"),
    },
    "deep": {
        "W2": ("a1.T @ delta1", "delta2.T @ a1", "x.T @ delta2", "W2 * 0", "dW2_jk = Σ_i a⁽¹⁾_ik δ⁽²⁾_ij"),
        "W1": (
            "x.T @ (delta2 @ W2.T)",
            "x.T @ (delta2 @ W2)",
            "x.T @ ((delta2 @ W2.T) * a1)",
            "x.T @ ((delta2 @ W2.T) * a2 * (1 - a2))",
            "dW1_lk = Σ_i x_il δ⁽²⁾_ik",
        ),
        "z1": ("delta2 @ W2.T", "(1 − a⁽¹⁾_ik) Σ_j W⁽²⁾_kj δ⁽²⁾_ij"),
    },
    "neuron": {
        "w": ("(a - y) x", "(y - a) * a * (1 - a) * x", "(a - y) * a * (1 + a) * x", "(a − y) σ′(z)", "(a − y) σ(z) x"),
        "b": ("a - y", "σ′(z)", "(a − y) σ′(z) x", "(a − y) σ′(a)"),
    },
}


def spelled(answers: dict[str, dict[str, tuple[Any, ...]]]) -> list[tuple[str, str, Any]]:
    return [(graph, wrt, a) for graph, each in answers.items() for wrt, several in each.items() for a in several]


@pytest.mark.parametrize(("graph", "wrt", "answer"), spelled(RIGHT))
def test_right_answers(graph: str, wrt: str, answer: Any, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(graph).check(answer, wrt)
    assert found, str(found)
    assert found.how == "proved" or (callable(answer) and found.how == "random points")


@pytest.mark.parametrize(("graph", "wrt", "answer"), spelled(WRONG))
def test_wrong_answers(graph: str, wrt: str, answer: Any, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(graph).check(answer, wrt)
    assert not found
    if found.how == "shapes":
        assert found.reason.strip()
    elif "only: " not in found.reason:
        one, two = found.values or (0.0, 0.0)
        assert not np.isclose(one, two, rtol=1e-12, atol=0)
        assert "at a random point" in found.reason


def test_there_are_enough_of_each() -> None:
    assert len(spelled(RIGHT)) >= 60
    assert len(spelled(WRONG)) >= 90


def test_both_shapes_are_said(batch: Derivation) -> None:
    found = batch.check("x @ (a - y) / m", "w")
    assert found.how == "shapes"
    found = batch.check("np.mean(a - y)", "w")
    assert (found.how, found.same) == ("shapes", False)
    assert "()" in found.reason
    assert "(3,)" in found.reason
    assert batch.check("(1/m) Σ_j x_ij (a_i − y_i)", "w").how == "shapes"


def test_a_false_answer_has_its_difference_and_the_element(softmax: Derivation) -> None:
    found = softmax.check("x.T @ a / m", "w")
    assert found.difference == "(1/m) Σ_i x_ik y_ij"
    assert len(found.element) == 2
    assert found.point is not None
    x, a, y = (found.point[name] for name in ("x", "a", "m"))
    assert found.values is not None
    assert np.isclose((x.T @ a / y)[found.element], found.values[0])


def test_a_size_is_no_number(batch: Derivation) -> None:
    found = batch.check("x.T @ (a - y) / 5", "w")
    assert not found
    assert "right for m = 5 only: write m" in found.reason


def test_what_is_asked_for(batch: Derivation, neuron: Derivation) -> None:
    with pytest.raises(DerivationError, match="several gradients"):
        batch.check("x.T @ (a - y) / m")
    assert batch.check("dw = x.T @ (a - y) / m")
    with pytest.raises(DerivationError, match=r"no 'q'.*'w', 'b', 'z', 'a'"):
        batch.check("a", "q")
    with pytest.raises(DerivationError, match="no gradient reaches 'w'"):
        neuron.check("w", leaf("w"))
    with pytest.raises(DerivationError, match="takes a Tensor or a name; got int"):
        neuron.check("w", 3)
    with pytest.raises(FormulaError, match="the left side is the gradient by 'b', and wrt is 'w'"):
        batch.check("db = np.mean(a - y)", "w")
    with pytest.raises(FormulaError, match="2 indices"):
        batch.check("dw_ij = Σ_i x_ij", "w")


def test_what_cannot_be_read(batch: Derivation) -> None:
    with pytest.raises(FormulaError, match="this derivation has no 'q'; its names are: x, y, w, b") as error:
        batch.check("x.T @ (q - y)", "w")
    assert str(error.value).splitlines()[-1].index("^") == str(error.value).splitlines()[-2].index("q")
    with pytest.raises(FormulaError, match="no 'q'"):
        batch.check(lambda q: q, "w")
    with pytest.raises(FormulaError, match="2 indices"):
        batch.check("Σ_i x_i (a_i − y_i)", "w")
    with pytest.raises(FormulaError):
        batch.check("x.T @ (a - ", "w")
    with pytest.raises(FormulaError, match="text or a function"):
        batch.check(3, "w")


def test_the_letters_of_a_square_say_which_axis_is_which() -> None:
    """Both axes of W are the axis of the hidden values: only letters tell them apart."""
    W, h, v = leaf("W", 3, 3), data("h", 3), data("v", 3)
    d = derive(np.sum(v * (W @ (W @ h))), W)
    one, other = d.formula.indices
    assert d.check(str(d.formula))
    assert d.check("np.outer(v, W @ h) + np.outer(W.T @ v, h)")
    assert not d.check("np.outer(W @ h, v) + np.outer(h, W.T @ v)")
    body = "v_p sum_l W_ql h_l + h_q sum_l v_l W_lp"
    assert d.check(f"dW_pq = {body}")
    assert not d.check(f"dW_qp = {body}")
    with pytest.raises(FormulaError, match="which one is 'p'"):
        d.check(body)
    assert d.check(body.replace("q", "@").replace("p", one).replace("@", other))


def test_float32_and_a_kink() -> None:
    x = tg.Tensor(np.random.default_rng(0).normal(size=(m, n)).astype(np.float32), name="x")
    w = tg.Tensor(np.random.default_rng(1).normal(size=n).astype(np.float32), requires_grad=True, name="w")
    d = derive(np.sum(np.maximum(named("z", x @ w), 0) ** 2), w)
    for right in ("2 * x.T @ (z * (z > 0))", "2 * x.T @ relu(z)", "2 Σ_i x_ij z_i [z_i > 0]"):
        assert d.check(right), right
    for wrong in ("2 * x.T @ z", "x.T @ relu(z)", "2 * x.T @ (z > 0)", "2 * x.T @ abs(z)", "2.0001 * x.T @ relu(z)"):
        assert not d.check(wrong), wrong


def test_a_gradient_without_a_formula_is_judged_at_points() -> None:
    A, v = leaf("A", 3, 3), leaf("v", 3)
    d = derive(np.sum(named("B", np.linalg.inv(A)) @ v), v)
    assert d.check("np.sum(B, axis=0)")
    found = d.check(lambda B: -B.T @ np.outer(np.ones(3), np.ones(3)) @ B.T, "A")
    assert (found.same, found.how) == (False, "random points")
    found = d.check(lambda B, v: -np.outer(B.T @ np.ones(3), B @ v), "A")
    assert (found.same, found.how) == (True, "random points")


CHECKED = [
    Case(e.name, e, tuple(e.textbook)) for e in {case.entry.name: case.entry for case in CASES.values()}.values()
]


@in_groups("case", CHECKED[::24], by=lambda case: case.name.partition(":")[0])
def test_every_formula_of_the_course_is_right(case: Case) -> None:
    every_formula_is_right(case)


@pytest.mark.slow
@in_groups("case", CHECKED, by=lambda case: case.name.partition(":")[0])
def test_every_formula_of_the_whole_course_is_right(case: Case) -> None:
    every_formula_is_right(case)


def every_formula_is_right(case: Case) -> None:
    """What a derivation prints is the gradient that it says it is: as text, LaTeX, NumPy code and objects."""
    try:
        derivation = derived(case)[0]
    except DerivationError:  # the course has graphs that are refused; its own test counts them
        return
    for name, formula in derivation.formulas.items():
        code = formula.numpy()
        function = eval(f"lambda {', '.join(formula.arrays())}: {code}", {"np": np})
        for answer in (str(formula), formula.latex(), formula, function):
            found = derivation.check(answer, name)
            assert found, (name, code, str(found))
    for step in derivation.steps:
        for answer, wrt in ((step.right, step.between[-1]), (str(step), None), (step, step.between[-1])):
            if step.rule != "name":
                found = derivation.check(answer, wrt)
                assert found, (str(step), str(found))


def test_a_jacobian_is_judged_with_the_axes_of_what_is_derived_first() -> None:
    z = leaf("z", J)
    d = derive(named("a", tg.softmax(z)), z)
    for right in (
        d.formula,
        str(d.formula),
        d.formula.latex(),
        *map(str, d.steps),
        lambda a: np.diag(a) - np.outer(a, a),
    ):
        assert d.check(right), right
    assert d.check("∂a_p/∂z_q = a_q ([p = q] − a_p)")
    for wrong in ("a_j ([j = k] − a_j)", "a_j (1 − a_k)", "∂a_p/∂z_q = a_p ([p = q] + a_q)", lambda a: np.diag(a)):
        assert not d.check(wrong), wrong
    found = d.check("a * (1 - a)")
    assert (found.how, "(4,)" in found.reason, "(4, 4)" in found.reason) == ("shapes", True, True)


def test_a_jacobian_over_a_layer() -> None:
    x, w = data("x", m, n), leaf("w", n)
    d = derive(tg.sigmoid(named("z", x @ w)), w)
    for right in (str(d.formula), *map(str, d.steps), "x * (a * (1 - a))[:, None]", "x_ij σ′(z_i)"):
        assert d.check(right), right
    for wrong in ("x * a[:, None]", "(x * (a * (1 - a))[:, None]).T", "x_ij a_i (1 − a_j)", "x_ij"):
        assert not d.check(wrong), wrong


@pytest.mark.slow
def test_small_gradients_of_a_deep_net_are_no_zeros() -> None:
    """Through 20 layers of σ, gradients are of size 1e-13: a wrong answer is as small."""
    h, y = data("x", m, J), hot("y")
    weights = [leaf(f"W{layer}", J, J) for layer in range(1, 21)]
    for w in weights:
        h = tg.sigmoid(h @ (w / 2))
    d = derive(tg.log_likelihood(tg.softmax(h), y), weights[0])
    assert d.check("x.T @ delta1 / 2")
    for wrong in ("x.T @ (delta2 @ W2)", "x.T @ delta2", "0 * W1", "x.T @ delta1"):
        assert not d.check(wrong, "W1"), wrong


def test_a_number_for_a_size_is_right_where_the_derivation_writes_it_so() -> None:
    """s/4 is s/J for J = 4 classes: the derivation puts this size in, and not m."""
    z, s = leaf("z", m, J), leaf("s")
    smooth = (1 - s) * hot("y") + s / J
    d = derive(-np.mean(np.sum(smooth * tg.log_softmax(z), axis=1)), z)
    assert any(step.rule == "put in" and "J = " in step.reason for step in d.steps)
    for step in d.steps:
        if step.left.startswith("∂C/∂z"):
            assert d.check(step.right, "z"), str(step)
    assert not d.check(str(d.formula).replace("m", str(m)), "z")
