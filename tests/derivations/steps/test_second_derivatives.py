"""What has several elements is derived, each by each: Jacobians, and the gradients of gradients."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.random_graphs import random_cost
from tests.helpers.slow import slow
from tinygrad_lite.derivations import Derivation, second
from tinygrad_lite.derivations.normal.algebra import multiply
from tinygrad_lite.derivations.normal.terms import const
from tinygrad_lite.derivations.steps.lines import Whole
from tinygrad_lite.errors import DerivationError
from tinygrad_lite.notation.formula import unicode
from tinygrad_lite.programs.rows import jacobian_rows

RNG = np.random.default_rng(0)
m, n, J = 5, 3, 7

Made = tuple[tg.Tensor, tg.Tensor]


def leaf(name: str, *shape: int) -> tg.Tensor:
    return tg.Tensor(RNG.normal(size=shape), requires_grad=True, name=name)


def data(name: str, *shape: int) -> tg.Tensor:
    return tg.Tensor(RNG.normal(size=shape), name=name)


def of(function: Callable[[tg.Tensor], tg.Tensor], *shape: int, name: str = "z") -> Callable[[], Made]:
    """A function of one leaf, and the leaf."""

    def made() -> Made:
        z = leaf(name, *shape)
        return function(z), z

    return made


def affine(by: str) -> Made:
    x, w, b = data("x", m, n), leaf("w", n, 2), leaf("b", 2)
    return x @ w + b, {"w": w, "b": b}[by]


def neurons(by: str) -> Made:
    x, w = data("x", m, n), leaf("w", n)
    z = x @ w
    z.name = "z"
    return tg.sigmoid(z), {"w": w, "z": z}[by]


def layers(by: str) -> Made:
    x, w, v = data("x", m, n), leaf("w", n, 4), leaf("v", 4)
    return np.tanh(x @ w) @ v, {"w": w, "v": v}[by]


def right(derived: tg.Tensor, wrt: tg.Tensor) -> Derivation:
    """The derivation; its numbers, and those of its NumPy code, are those of the engine's Jacobian."""
    d = tg.derive(derived, wrt)
    wanted = jacobian_rows(derived, [wrt])[0].reshape(derived.shape + wrt.shape)
    np.testing.assert_allclose(d.formula.evaluate(), wanted, rtol=1e-9, atol=1e-12)
    code = np.asarray(eval(d.formula.numpy(), {"np": np, **d.formula.arrays()}))
    np.testing.assert_allclose(code, wanted, rtol=1e-9, atol=1e-12)
    assert code.shape == d.formula.shape == wanted.shape
    assert not any("did not pass" in note or "stopped" in note for note in d.notes)
    return d


JACOBIANS: dict[str, tuple[Callable[[], Made], str, str]] = {
    "softmax": (of(tg.softmax, J), "∂a_j/∂z_k", "a_j ([j = k] − a_k)"),
    "softmax of a batch": (of(tg.softmax, m, J), "∂a_jk/∂z_lp", "a_jk ([k = p] − a_jp) [j = l]"),
    "log softmax": (of(tg.log_softmax, J), "∂g_j/∂z_k", "[j = k] − a_k"),
    "sigmoid": (of(tg.sigmoid, J), "∂a_i/∂z_j", "a_i (1 − a_i) [i = j]"),
    "tanh": (of(np.tanh, J), "∂a_i/∂z_j", "(1 − a_i²) [i = j]"),
    "relu": (of(tg.relu, J), "∂a_i/∂z_j", "{ [i = j] if z_i > 0; 0 otherwise }"),
    "a square": (of(np.square, J), "∂g_i/∂z_j", "2 z_i [i = j]"),
    "weights": (lambda: affine("w"), "∂g_ij/∂w_kl", "x_ik [j = l]"),
    "biases": (lambda: affine("b"), "∂g_ij/∂b_k", "[j = k]"),
    "a neuron by its weights": (lambda: neurons("w"), "∂a_i/∂w_j", "x_ij a_i (1 − a_i)"),
    "a neuron by its weighted input": (lambda: neurons("z"), "∂a_i/∂z_j", "a_i (1 − a_i) [i = j]"),
    "two layers by the last weights": (lambda: layers("v"), "∂g_i/∂v_j", "a_ij"),
    "two layers by the first weights": (lambda: layers("w"), "∂g_i/∂w_kj", "v_j x_ik (1 − a_ij²)"),
    "a square matrix": (of(lambda A: A @ A, 4, 4, name="A"), "∂z_ij/∂A_kl", "A_ik [j = l] + A_lj [i = k]"),
    "a transpose": (of(lambda A: A.T, 4, 4, name="A"), "∂g_jk/∂A_lp", "[j = p] [k = l]"),
    "a trace times a matrix": (
        of(lambda A: np.trace(A) * A, 4, 4, name="A"), "∂g_jk/∂A_lp", "[j = l] [k = p] Σ_q A_qq + A_jk [l = p]",
    ),
    "differences to a mean": (of(lambda x: x - np.mean(x), 6, name="x"), "∂g_i/∂x_j", "(m [i = j] − 1)/m"),
    "a direction": (of(lambda x: x / np.linalg.norm(x), 6, name="x"), "∂g_i/∂x_j", "[i = j]/s − x_i x_j/s³"),
    "an outer product": (of(lambda x: np.outer(x, x), 6, name="x"), "∂g_ij/∂x_k", "x_j [i = k] + x_i [j = k]"),
    "cumulative sums": (of(np.cumsum, 6, name="x"), "∂g_i/∂x_j", "L_ij"),
}  # fmt: skip


@pytest.mark.parametrize("case", JACOBIANS)
def test_a_jacobian_is_derived(case: str) -> None:
    made, left, formula = JACOBIANS[case]
    d = right(*made())
    assert (d.steps[-1].left, str(d.formula)) == (left, formula)


# --- gradients of gradients -------------------------------------------------------------------------------------


def gradient(cost: tg.Tensor, by: tg.Tensor) -> tg.Tensor:
    (found,) = tg.pull_back([cost], [np.ones(cost.shape)[()]], [by], create_graph=True)
    return found


def logistic() -> tuple[tg.Tensor, tg.Tensor, tg.Tensor]:
    x, w, b = data("x", m, n), leaf("w", n), leaf("b")
    y = tg.Tensor(RNG.integers(0, 2, size=m).astype(float), name="y")
    z = x @ w + b
    z.name = "z"
    return tg.cross_entropy(tg.sigmoid(z), y), w, b


def of_logistic(by: str, wrt: str) -> Made:
    cost, w, b = logistic()
    leaves = {"w": w, "b": b}
    return gradient(cost, leaves[by]), leaves[wrt]


def twice(function: Callable[[tg.Tensor], tg.Tensor], *shape: int, name: str = "z") -> Callable[[], Made]:
    """The gradient of a function of one leaf, and the leaf."""

    def made() -> Made:
        z = leaf(name, *shape)
        return gradient(function(z), z), z

    return made


def log_likelihood(*shape: int) -> Callable[[tg.Tensor], tg.Tensor]:
    y = tg.Tensor(np.eye(J)[RNG.integers(J, size=shape)], name="y", facts=("one_hot",))
    return lambda z: -np.mean(np.sum(y * tg.log_softmax(z), axis=-1))


def softmax_weights() -> Made:
    x, w = data("x", m, n), leaf("w", n, J)
    return gradient(log_likelihood(m)(x @ w), w), w


def least_squares(ridge: bool = False) -> Made:
    x, y, w = data("x", m, n), data("y", m), leaf("w", n)
    cost = np.sum((x @ w - y) ** 2) / 2 if ridge else np.mean((x @ w - y) ** 2)
    return gradient(cost + np.sum(w**2) / 2 if ridge else cost, w), w


def poisson() -> Made:
    x, y, w = data("x", m, n), tg.Tensor(RNG.poisson(1.0, size=m).astype(float), name="y"), leaf("w", n)
    z = x @ w
    return gradient(np.sum(np.exp(z) - y * z), w), w


def rosenbrock(by: str, wrt: str) -> Made:
    leaves = {"x": leaf("x"), "y": leaf("y")}
    x, y = leaves.values()
    return gradient((1 - x) ** 2 + 100 * (y - x**2) ** 2, leaves[by]), leaves[wrt]


def quadratic_form(x: tg.Tensor) -> tg.Tensor:
    return x @ data("A", 3, 3) @ x


def variance(x: tg.Tensor) -> tg.Tensor:
    mean = np.mean(x)
    mean.name = "mu"
    return np.mean((x - mean) ** 2)


def embedded(E: tg.Tensor) -> tg.Tensor:
    return np.sum(E[np.array([0, 2, 2])] ** 3)


HESSIANS: dict[str, tuple[Callable[[], Made], str, str]] = {
    "σ″": (twice(tg.sigmoid), "∂²a/∂z²", "a (1 − a) (1 − 2 a)"),
    "σ″ of several": (twice(lambda z: np.sum(tg.sigmoid(z)), 4), "∂²C/∂z_i∂z_j", "a_i (1 − a_i) (1 − 2 a_i) [i = j]"),
    "tanh″": (twice(np.tanh), "∂²a/∂z²", "−2 a (1 − a²)"),
    "softplus": (twice(lambda z: np.sum(tg.softplus(z)), 4), "∂²C/∂z_i∂z_j", "h_i (1 − h_i) [i = j]"),
    "log Σ exp": (twice(tg.logsumexp, J), "∂²C/∂z_j∂z_k", "a_j ([j = k] − a_k)"),
    "cross-entropy of softmax": (twice(log_likelihood(), J), "∂²C/∂z_j∂z_k", "a_j ([j = k] − a_k)"),
    "cross-entropy of a batch": (
        twice(log_likelihood(m), m, J), "∂²C/∂z_ij∂z_kl", "a_ij ([j = l] − a_il) [i = k]/m",
    ),
    "softmax regression": (softmax_weights, "∂²C/∂w_kj∂w_lp", "(1/m) Σ_i a_ij x_ik x_il ([j = p] − a_ip)"),
    "logistic regression": (
        lambda: of_logistic("w", "w"), "∂²C/∂w_j∂w_k", "(1/m) Σ_i x_ij x_ik a_i (1 − a_i)",
    ),
    "its mixed derivative": (lambda: of_logistic("w", "b"), "∂²C/∂w_j∂b", "(1/m) Σ_i x_ij a_i (1 − a_i)"),
    "the other order": (lambda: of_logistic("b", "w"), "∂²C/∂b∂w_j", "(1/m) Σ_i x_ij a_i (1 − a_i)"),
    "its bias": (lambda: of_logistic("b", "b"), "∂²C/∂b²", "(1/m) Σ_i a_i (1 − a_i)"),
    "least squares": (least_squares, "∂²C/∂w_j∂w_k", "(2/m) Σ_i x_ij x_ik"),
    "ridge regression": (lambda: least_squares(True), "∂²C/∂w_j∂w_k", "Σ_i x_ij x_ik + [j = k]"),
    "Poisson regression": (poisson, "∂²C/∂w_j∂w_k", "Σ_i e^(z_i) x_ij x_ik"),
    "Rosenbrock by x": (lambda: rosenbrock("x", "x"), "∂²C/∂x²", "2 (1 + 600 x² − 200 y)"),
    "Rosenbrock by both": (lambda: rosenbrock("x", "y"), "∂²C/∂x∂y", "−400 x"),
    "a quadratic form": (twice(quadratic_form, 3, name="x"), "∂²C/∂x_i∂x_j", "A_ij + A_ji"),
    "fourth powers": (twice(lambda x: np.sum(x**4), 3, name="x"), "∂²C/∂x_i∂x_j", "12 x_i² [i = j]"),
    "a length": (twice(np.linalg.norm, 4, name="x"), "∂²C/∂x_i∂x_j", "[i = j]/C − x_i x_j/C³"),
    "a variance": (twice(variance, 5, name="x"), "∂²C/∂x_i∂x_j", "2 (m [i = j] − 1)/m²"),
    "sines": (twice(lambda x: np.sum(np.sin(x)), 3, name="x"), "∂²C/∂x_i∂x_j", "−sin(x_i) [i = j]"),
    "squares above 0": (
        twice(lambda z: np.sum(tg.relu(z) ** 2), 4), "∂²C/∂z_i∂z_j", "{ 2 [i = j] if z_i > 0; 0 otherwise }",
    ),
    "embeddings": (twice(embedded, 6, 3, name="E"), "∂²C/∂E_kj∂E_lp", "6 [j = p] Σ_i onehot_ik onehot_il z_ij"),
}  # fmt: skip


@pytest.mark.parametrize("case", HESSIANS)
def test_a_gradient_is_derived(case: str) -> None:
    made, left, formula = HESSIANS[case]
    d = right(*made())
    shown = {str(d.formula), d.steps[-1].right}
    assert d.steps[-1].left == left
    assert formula in shown, shown


def test_the_lines_go_from_the_closed_form_down() -> None:
    d = right(*of_logistic("w", "w"))
    assert [f"{unicode(left)} = {unicode(right)}" for left, right in d.given()] == [
        "C = −(1/m) Σ_i (y_i log a_i + (1 − y_i) log(1 − a_i))",
        "∂C/∂w_j = (1/m) Σ_i x_ij (a_i − y_i)",
        "a_i = σ(z_i)",
        "z_i = Σ_j w_j x_ij + b",
    ]
    assert [str(s) for s in d.steps] == [
        "∂²C/∂w_j∂a_i = x_ij/m",
        "∂²C/∂w_j∂z_i = x_ij/m · σ′(z_i)",
        "∂²C/∂w_j∂z_i = x_ij a_i (1 − a_i)/m",
        "∂²C/∂w_j∂w_k = (1/m) Σ_i x_ij x_ik a_i (1 − a_i)",
        "∂²C/∂w_j∂w_k = (1/m) Σ_i σ′(z_i) x_ij x_ik",
    ]
    assert d.title == "∂²C/∂w²"
    assert r"\frac{\partial^{2}C}{\partial w_{j}\partial w_{k}} &=" in d.latex()
    assert d.formula.numpy() == "x.T @ (a[:, None] * (1 - a)[:, None] * x) / m"


def test_it_is_one_gradient_whoever_recorded_it() -> None:
    x, y, w = data("x", m, n), data("y", m), leaf("w", n)

    def cost(w: tg.Tensor) -> tg.Tensor:
        return np.mean((x @ w - y) ** 2)

    cost(w).backward(create_graph=True)
    assert w.grad is not None
    for found in (gradient(cost(w), w), tg.grad(cost)(w), w.grad):
        d = right(found, w)
        assert (d.steps[-1].left, str(d.formula)) == ("∂²C/∂w_j∂w_k", "(2/m) Σ_i x_ij x_ik")
    np.testing.assert_allclose(d.evaluate(), tg.hessian(lambda w: np.mean((x.numpy() @ w - y.numpy()) ** 2))(w.numpy()))


def test_a_name_of_the_gradient_is_kept() -> None:
    cost, w, _ = logistic()
    g = gradient(cost, w)
    g.name = "g"
    d = right(g, w)
    assert (d.title, d.steps[-1].left) == ("∂g/∂w", "∂g_j/∂w_k")


def test_a_third_derivative() -> None:
    z = leaf("z")
    first = gradient(tg.sigmoid(z), z)
    d = right(gradient(first, z), z)
    assert (d.steps[-1].left, str(d.formula)) == ("∂³a/∂z³", "a (1 − a) (1 + 6 a² − 6 a)")


@pytest.mark.parametrize(
    ("by", "wrt"),
    [("w", "v"), *(pytest.param(*pair, marks=pytest.mark.slow) for pair in [("w", "w"), ("v", "w"), ("v", "v")])],
)
def test_hidden_layers(by: str, wrt: str) -> None:
    x, y, w, v = data("x", m, n), data("y", m), leaf("w", n, 4), leaf("v", 4)
    leaves = {"w": w, "v": v}
    right(gradient(np.mean((tg.sigmoid(np.tanh(x @ w) @ v) - y) ** 2), leaves[by]), leaves[wrt])


def test_what_is_not_the_gradient_of_a_scalar_is_read_as_it_was_computed() -> None:
    z, v = leaf("z", 4), data("v", 4)
    a = tg.sigmoid(z)
    (pulled,) = tg.pull_back([a], [v.numpy()], [z], create_graph=True)
    w = leaf("w", 4)
    for _ in range(2):
        np.sum(w**3).backward(create_graph=True)  # adds to the gradient that is there
    assert w.grad is not None
    assert right(pulled, z).title == "∂g/∂z"
    assert right(w.grad, w).title == "∂g/∂w"
    assert right(gradient(np.sum(a * v), z) * 2, z).title == "∂g/∂z"


def test_a_closed_form_with_other_numbers_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient that was recorded decides: as a check, the closed form is made wrong here."""
    derived, w = least_squares()
    real = second._closed
    monkeypatch.setattr(second, "_closed", lambda chain, by: multiply(const(2), real(chain, by)))
    assert right(derived, w).title == "∂g/∂w"


JUDGED = (
    ("(1/m) Σ_i x_ij x_ik a_i (1 − a_i)", "", "the same (proved)"),
    ("(1/m) Σ_i x_ik x_ij σ′(z_i)", "", "the same (proved)"),
    ("x.T @ (a * (1 - a) * x.T).T / m", "", "the same (proved)"),
    ("x.T @ x / m", "", "their difference is (1/m) Σ_i x_ij x_ik (1 + a_i² − a_i)"),
    (lambda x, a: x.T @ (x * (a * (1 - a))[:, None]) / m, "", "right for m = 5 only"),
    ("x.T @ (a - y) / m", "", "the answer has the shape (3,), and ∂²C/∂w² has (3, 3)"),
    ("x_ij/m", "a", "the same (proved)"),
)


@pytest.mark.parametrize(("answer", "by", "words"), JUDGED)
def test_answers_are_judged(answer: object, by: str, words: str) -> None:
    d = tg.derive(*of_logistic("w", "w"))
    assert words in str(d.check(answer, wrt=by or None))


def test_answers_for_a_jacobian_are_judged() -> None:
    z = leaf("z", 4)
    d = tg.derive(tg.softmax(z), z)
    assert d.check("a_k ([k = j] − a_j)").how == "proved"
    assert d.check("∂a_j/∂z_k = a_j ([j = k] − a_k)")
    assert d.check("∂a_k/∂z_j = a_k ([j = k] − a_j)")
    assert not d.check("a_j ([j = k] − a_j)")
    assert not d.check("a * (1 - a)")


@pytest.mark.parametrize("seeds", [range(12), *slow(range(12, 60))], ids=str)
def test_gradients_of_random_graphs_are_derived(seeds: range) -> None:
    """The second derivative by the first parameter; some are 0, which the error says."""
    found, refused = 0, []
    for seed in seeds:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            cost, (first, *_) = random_cost(seed)
            derived = gradient(cost, first)
            try:
                d = tg.derive(derived, first)
            except DerivationError as error:
                refused.append(str(error))
                continue
            wanted = jacobian_rows(derived, [first])[0].reshape(d.formula.shape)
            fine = np.isfinite(wanted)
            scale = np.max(np.abs(wanted[fine]), initial=1.0)
            np.testing.assert_allclose(
                d.evaluate()[fine], wanted[fine], rtol=1e-5, atol=1e-7 * scale, err_msg=str(seed)
            )
            found += 1
    assert found > len(seeds) // 2
    assert [message for message in refused if "is 0" not in message] == []


def test_a_gradient_that_is_constant_says_that_its_derivative_is_0() -> None:
    x, w = data("x", n), leaf("w", n)
    with pytest.raises(DerivationError, match="the second derivative is 0"):
        tg.derive(gradient(np.sum(x * w) * leaf("v"), w), wrt=w)
    with pytest.raises(DerivationError, match="constant: the second derivative is 0"):
        tg.derive(gradient(np.sum(x * w), w), wrt=w)


# --- shapes, pages, checks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_element_is_a_cost(shape: tuple[int, ...]) -> None:
    w = leaf("w", 1)
    d = tg.derive(w.reshape(shape) ** 2, wrt=w)
    assert (d.steps[-1].left, str(d.formula), d.formula.evaluate().shape) == ("∂C/∂w", "2 w", (1,))


def test_axes_of_one_element_stay_in_the_numbers() -> None:
    x, w = data("x", m, n), leaf("w", n, 1)
    d = right(x @ w, w)
    assert (str(d.formula), d.formula.shape) == ("x_ij", (m, 1, n, 1))


def test_several_tensors_and_a_page() -> None:
    x, w, b = data("x", m, n), leaf("w", n), leaf("b")
    d = tg.derive(tg.sigmoid(x @ w + b), wrt=[w, b])
    assert d.title == "∂a/∂w, ∂a/∂b"
    assert {k: str(v) for k, v in d.formulas.items()} == {"w": "x_ij a_i (1 − a_i)", "b": "a_i (1 − a_i)"}
    assert r"\frac{\partial a_{i}}{\partial w_{j}}" in d.latex()
    assert "∂a_i/∂b" in d.text()


def test_a_wrong_line_on_the_diagonal_of_many_elements_is_noticed() -> None:
    """Lines are looked at in some places only: the diagonal is among them, and so is what is largest."""
    z = leaf("z", 300)
    d = tg.derive(z**3, wrt=z)
    board, step = d._chain, d._chain.lines[-1]
    assert board.check(step.written, z, step.order[1:]) is not None
    assert board.check(Whole(multiply(const(2), step.written.normal())), z, step.order[1:]) is None
    assert board.facts.cotangent(z).shape == (4, 300)  # one sweep for each element that is looked at


def test_a_shift_of_many_elements_is_checked_where_it_is_not_zero() -> None:
    z = leaf("z", 60)
    d = right(z[1:] ** 2 - z[:-1], z)
    assert str(d.formula) == "2 S_jk u⁽¹⁾_j − S⁽²⁾_jk"
