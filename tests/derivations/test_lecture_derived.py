"""Every derivation of the lecture, in the lecture's form, from every spelling."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.spellings import (
    CLASSES,
    ENTROPIES,
    SOFTMAXES,
    J,
    M,
    N,
    column,
    entropy_spellings,
    hot,
    likelihood_spellings,
    neuron,
    normal,
    output_layer,
    targets,
)
from tests.helpers.work import counted
from tinygrad_lite.derivations import Derivation, derive, same_formula


def rights(derivation: Derivation) -> list[str]:
    """The right sides of all steps."""
    return [s.right for s in derivation.steps]


def in_order(found: list[str], wanted: list[str]) -> bool:
    """Whether the wanted lines occur in this order, others between them allowed."""
    rest = iter(found)
    return all(line in rest for line in wanted)


def right_values(derivation: Derivation, cost: tg.Tensor, wrt: tg.Tensor) -> None:
    """The closed form has the numbers of the engine's gradient."""
    (gradient,) = tg.pull_back([cost], [np.ones(())[()]], [wrt])
    np.testing.assert_allclose(derivation.formula.evaluate(), gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("spelling", entropy_spellings())
def test_cross_entropy(spelling: str) -> None:
    """(5) to (7): from all spellings the same last line."""
    cost, w = entropy_spellings()[spelling]()
    d = derive(cost, wrt=w)
    assert rights(d)[-1] == "(1/m) Σ_i x_ij (a_i − y_i)"
    assert d.steps[-1].left == "∂C/∂w_j"
    assert "(a_i − y_i)/m" in rights(d)
    right_values(d, cost, w)


def test_the_three_lines_of_the_lecture_in_order() -> None:
    cost, w = neuron(tg.sigmoid, lambda a, y: -np.mean(ENTROPIES["plain"](a, y)))
    d = derive(cost, wrt=w)
    assert in_order(
        rights(d),
        [
            "−(1/m) (y_i/a_i − (1 − y_i)/(1 − a_i))",  # (5)
            "(a_i − y_i)/(m a_i (1 − a_i)) · σ′(z_i)",
            "(a_i − y_i)/(m a_i (1 − a_i)) · a_i (1 − a_i)",  # (6)
            "(a_i − y_i)/m",  # (7)
            "(1/m) Σ_i x_ij (a_i − y_i)",  # (7)
        ],
    )
    reasons = " | ".join(s.reason for s in d.steps)
    for word in (
        "term by term",
        "common denominator",
        "chain rule along a = σ(z)",
        "found",
        "cancel a_i (1 − a_i) ≠ 0",
    ):
        assert word in reasons
    assert any(s.assumption == "a_i (1 − a_i) ≠ 0" for s in d.steps)
    assert max(s.error for s in d.steps) < 1e-15


def test_bias_of_cross_entropy() -> None:
    """(8)."""
    cost, _ = neuron(tg.sigmoid, tg.cross_entropy)
    assert rights(derive(cost, wrt="b"))[-1] == "(1/m) Σ_i (a_i − y_i)"


def test_columns_of_cross_entropy() -> None:
    cost, w = column(tg.sigmoid, lambda a, y: -np.sum(ENTROPIES["plain"](a, y)) / M)
    d = derive(cost, wrt=w)
    assert rights(d)[-1] == "(1/m) Σ_i x_ji (a_i − y_i)"
    right_values(d, cost, w)


def test_slope_of_sigmoid_is_found() -> None:
    """The lemma: σ′(z) = a (1 − a) comes from a = e^z/(1 + e^z), solved for e^z."""
    cost, w = neuron(tg.sigmoid, tg.cross_entropy)
    lines = [str(s) for s in derive(cost, wrt=w).lemmas()["σ'(z)"]]
    assert lines == [
        "a_i = e^(z_i)/(1 + e^(z_i))",
        "∂a_i/∂z_i = e^(z_i)/(1 + e^(z_i))²",
        "e^(z_i) = a_i/(1 − a_i)",
        "∂a_i/∂z_i = a_i (1 − a_i)",
    ]


QUADRATIC = {
    "sigmoid": (tg.sigmoid, ["(a_i − y_i)/m", "(a_i − y_i) a_i (1 − a_i)/m", "(1/m) Σ_i x_ij (a_i − y_i) a_i (1 − a_i)",
                             "(1/m) Σ_i (a_i − y_i) σ′(z_i) x_ij"]),
    "tanh": (np.tanh, ["(a_i − y_i)/m", "(1/m) Σ_i x_ij (a_i − y_i) (1 − a_i²)", "(1/m) Σ_i (a_i − y_i) tanh′(z_i) x_ij"]),
    "relu": (tg.relu, ["(a_i − y_i)/m", "{ (a_i − y_i)/m if z_i > 0; 0 otherwise }", "(1/m) Σ_i [z_i > 0] x_ij (a_i − y_i)"]),
    "max(0, z)": (lambda z: np.maximum(0, z), ["(a_i − y_i)/m", "(1/m) Σ_i [z_i > 0] x_ij (a_i − y_i)"]),
    "where": (lambda z: np.where(z > 0, z, 0), ["(1/m) Σ_i [z_i > 0] x_ij (a_i − y_i)"]),
    "linear": (lambda z: z, ["(z_i − y_i)/m", "(1/m) Σ_i x_ij (z_i − y_i)"]),
}  # fmt: skip
COSTS = {
    "plain": lambda a, y: np.mean((y - a) ** 2) / 2,
    "other side": lambda a, y: np.mean((a - y) ** 2 / 2),
    "expanded": lambda a, y: np.mean(y * y - 2 * y * a + a * a) / 2,
    "square": lambda a, y: np.sum(np.square(y - a)) / (2 * M),
    "library": tg.quadratic_cost,
}


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("activation", QUADRATIC)
def test_quadratic_cost(activation: str, cost: str) -> None:
    """(1) and (2) in batch form."""
    function, lines = QUADRATIC[activation]
    c, w = neuron(function, COSTS[cost])
    d = derive(c, wrt=w)
    assert in_order(rights(d), lines), d.text()
    assert rights(d)[-1] == lines[-1]
    right_values(d, c, w)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "linear"])
def test_quadratic_cost_of_one_example(activation: str) -> None:
    """(1) and (2) as printed: C = (y − a)²/2 of one neuron with one input."""
    x, y = tg.Tensor(1.0, name="x"), tg.Tensor(0.0, name="y")
    w, b = tg.Tensor(0.6, requires_grad=True, name="w"), tg.Tensor(0.9, requires_grad=True, name="b")
    z = w * x + b
    a = QUADRATIC[activation][0](z)
    if activation != "linear":
        a.name = "a"
    d = derive((y - a) ** 2 / 2, wrt=[w, b])
    last = {
        "sigmoid": ("(a − y) σ′(z) x", "(a − y) σ′(z)"),
        "tanh": ("(a − y) tanh′(z) x", "(a − y) tanh′(z)"),
        "relu": ("{ x (a − y) if z > 0; 0 otherwise }", "{ a − y if z > 0; 0 otherwise }"),
        "linear": ("x (z − y)", "z − y"),
    }[activation]
    assert [s.right for s in d.steps if s.left == "∂C/∂w"][-1] == last[0]
    assert [s.right for s in d.steps if s.left == "∂C/∂b"][-1] == last[1]


def test_quadratic_cost_of_a_target_that_is_0() -> None:
    """(2), its right sides: a σ′(z) x and a σ′(z)."""
    x = tg.Tensor([1.0, 2.0], name="x")
    w, b = tg.Tensor([0.6, 0.5], requires_grad=True, name="w"), tg.Tensor(0.9, requires_grad=True, name="b")
    d = derive((0.0 - tg.sigmoid(w @ x + b)) ** 2 / 2, wrt=[w, b])
    assert [s.right for s in d.steps if s.left == "∂C/∂w_j"][-1] == "a σ′(z) x_j"
    assert [s.right for s in d.steps if s.left == "∂C/∂b"][-1] == "a σ′(z)"


def test_many_outputs() -> None:
    """(9)."""
    x, w, b = output_layer()
    cost = tg.cross_entropy(tg.sigmoid(x @ w.T + b), targets((M, J)))
    d = derive(cost, wrt=[w, b])
    assert "(1/m) Σ_i x_ik (a_ij − y_ij)" in rights(d)
    assert "(1/m) Σ_i (a_ij − y_ij)" in rights(d)
    plain = -np.sum(ENTROPIES["plain"](tg.sigmoid(x @ w.T + b), targets((M, J)))) / M
    assert rights(derive(plain, wrt=w))[-1] == "(1/m) Σ_i x_ik (a_ij − y_ij)"


@pytest.mark.parametrize("spelling", likelihood_spellings())
def test_softmax(spelling: str) -> None:
    """(14), (15) in batch form, from all spellings."""
    cost, w = likelihood_spellings()[spelling]()
    d = derive(cost, wrt=w)
    assert rights(d)[-1] == "(1/m) Σ_i x_ik (a_ij − y_ij)", d.text()
    assert "(a_ij − y_ij)/m" in rights(d)
    right_values(d, cost, w)


@pytest.mark.parametrize("softmax", ["library", "naive"])
@pytest.mark.parametrize("target", ["index", "one-hot", "library"])
def test_softmax_of_one_example(softmax: str, target: str) -> None:
    """(13) to (15) as printed."""
    x, w, b = normal(N, "x", 0), normal((J, N), "w", 1, True), normal(J, "b", 2, True)
    z = w @ x + b
    a = tg.softmax(z) if softmax == "library" else np.exp(z) / np.sum(np.exp(z))
    y = tg.Tensor(np.eye(J)[2], name="y", facts=("one_hot",))
    cost = {
        "index": lambda: -np.log(a[2]),
        "one-hot": lambda: -np.sum(y * np.log(a)),
        "library": lambda: tg.log_likelihood(a, 2),
    }[target]()
    d = derive(cost, wrt=[b, w])
    assert [s.right for s in d.steps if s.left == "∂C/∂b_j"][-1] == "a_j − y_j"
    assert [s.right for s in d.steps if s.left == "∂C/∂w_jk"][-1] == "x_k (a_j − y_j)"
    assert any(s.reason == "Σ_k y_k = 1" for s in d.steps)


def test_softmax_in_columns() -> None:
    x, w, b = normal((N, M), "x", 0), normal((J, N), "w", 1, True), normal((J, 1), "b", 2, True)
    a = tg.softmax(w @ x + b, axis=0)
    d = derive(-np.sum(np.log(a[CLASSES, np.arange(M)])) / M, wrt=[w, b])
    assert "(1/m) Σ_i x_ki (a_ji − y_ij)" in rights(d)
    assert "(1/m) Σ_i (a_ji − y_ij)" in rights(d)


def test_without_one_hot_the_sum_stays() -> None:
    """What nobody declared is not used: a_i Σ_j y_j − y_i."""
    x, w, b = output_layer()
    y = tg.Tensor(0.9 * np.eye(J)[CLASSES], name="y")
    d = derive(-np.mean(np.sum(y * np.log(tg.softmax(x @ w.T + b)), axis=1)), wrt="b")
    assert "(a_ij Σ_k y_ik − y_ij)/m" in rights(d)
    assert "(a_ij − y_ij)/m" not in rights(d)


def test_tanh_and_sigmoid() -> None:
    """(16) and (17), proved."""
    assert same_formula("(exp(z) - exp(-z)) / (exp(z) + exp(-z))", "tanh(z)").how == "proved"
    assert same_formula("(1 + tanh(z/2)) / 2", "sigmoid(z)").how == "proved"
    assert same_formula("sigma'(z)", "sigma(z) * (1 - sigma(z))").how == "proved"
    assert same_formula("tanh'(z)", "1 - tanh(z)**2").how == "proved"


def test_tanh_output_with_its_own_cost() -> None:
    """Targets −1 and 1: cross-entropy of (1 + a)/2 gives a − y again."""

    x, w, b = normal((M, N), "x", 0), normal(N, "w", 1, True), normal((), "b", 2, True)
    y = tg.Tensor(np.array([1.0, -1.0, 1.0, 1.0, -1.0]), requires_grad=True, name="y")
    a = np.tanh(x @ w + b)
    d = derive(-np.mean((1 + y) / 2 * np.log((1 + a) / 2) + (1 - y) / 2 * np.log((1 - a) / 2)), wrt=w)
    assert rights(d)[-1] == "(1/m) Σ_i x_ij (a_i − y_i)", d.text()


def test_weights_times_delta() -> None:
    """(18): ∂C/∂w_jk = a_k δ_j, with δ kept as a symbol."""
    x, w, b = normal(N, "x", 0), normal((J, N), "w1", 1, True), normal(J, "b1", 2, True)
    v, c = normal((2, J), "w2", 3, True), normal(2, "b2", 4, True)
    cost = tg.quadratic_cost(tg.sigmoid(v @ tg.sigmoid(w @ x + b) + c), targets(2))
    d = derive(cost, wrt=[w, v])
    lines = [str(s) for s in d.steps]
    assert any(s.endswith("= a⁽¹⁾_k δ⁽²⁾_j") and s.startswith("∂C/∂w⁽²⁾_jk") for s in lines), lines
    assert any(s.startswith("∂C/∂w⁽¹⁾_k") and "δ⁽¹⁾_k" in s for s in lines), lines


def test_rectified_linear() -> None:
    """(19), (20) as cases."""
    x, w, b = normal(N, "x", 0), normal(N, "w", 1, True), normal((), "b", 2, True)
    d = derive(np.maximum(0, w @ x + b), wrt=w)
    assert str(d.formula) == "{ x_j if z > 0; 0 otherwise }", d.text()


def test_weight_decay() -> None:
    """L2: the paths add."""
    x, w, b = normal((M, N), "x", 0), normal(N, "w", 1, True), normal((), "b", 2, True)
    decay = tg.Tensor(0.1, name="lambda")
    cost = tg.cross_entropy(tg.sigmoid(x @ w + b), targets(M)) + decay * np.sum(w**2) / 2
    d = derive(cost, wrt=w)
    assert rights(d)[-1] == "(1/m) Σ_i x_ij (a_i − y_i) + λ w_j", d.text()
    right_values(d, cost, w)


def test_deep_network_keeps_delta() -> None:
    h = normal((6, 4), "x", 0)
    wanted = []
    for layer in range(1, 9):
        w = normal((3 + layer % 3, h.shape[1]), f"w{layer}", layer, True)
        b = normal(3 + layer % 3, f"b{layer}", layer + 20, True)
        wanted += [w, b]
        h = tg.sigmoid(h @ w.T + b)
    cost = tg.cross_entropy(h, targets(h.shape))
    with counted() as work:
        d = derive(cost, wrt=wanted)
    assert work.calls < 2_000_000
    assert max(len(r) for r in rights(d)) < 80
    assert not d.notes
    for tensor, gradient in zip(wanted, tg.pull_back([cost], [np.ones(())[()]], wanted), strict=True):
        np.testing.assert_allclose(d.formulas[tensor.name].evaluate(), gradient, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("spelling", ["library, plain", "tanh, expanded", "logits"])
def test_a_lecture_case_takes_little_work(spelling: str) -> None:
    cost, w = entropy_spellings()[spelling]()
    with counted() as work:
        derive(cost, wrt=w)
    assert work.calls < 200_000


@pytest.mark.parametrize("leaf_name", ["sigmoid", "softmax"])
def test_by_the_weighted_input_itself(leaf_name: str) -> None:
    if leaf_name == "sigmoid":
        z = normal(M, "z", 0, True)
        assert str(derive(tg.cross_entropy(tg.sigmoid(z), targets(M)), wrt=z).formula) == "(a_i − y_i)/m"
    else:
        z = normal((M, J), "z", 0, True)
        assert str(derive(tg.log_likelihood(tg.softmax(z), hot()), wrt=z).formula) == "(a_ij − y_ij)/m"


@pytest.mark.parametrize("softmax", SOFTMAXES)
def test_names_of_axes(softmax: str) -> None:
    """Sizes and letters can be given."""
    x = normal((M, N), "x", 0, axes=("batch", "n"))
    w = normal((J, N), "w", 1, True, axes=("p", "q"))
    cost = -np.mean(np.log(SOFTMAXES[softmax](x @ w.T)[np.arange(M), CLASSES]))
    assert str(derive(cost, wrt=w).formula) == "(1/batch) Σ_i x_iq (a_ip − y_ip)"


def test_no_closed_form_is_said_and_right() -> None:
    for cost_of in (
        lambda a, y: -np.mean(y * np.log(a + 1e-8)),
        lambda a, y: -np.mean(y * np.log(np.clip(a, 0.001, 0.999))),
    ):
        cost, w = neuron(tg.sigmoid, cost_of)
        d = derive(cost, wrt=w)
        right_values(d, cost, w)
        assert any("no shorter closed form" in n for n in d.notes), d.text()
