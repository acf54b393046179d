"""What has several elements is derived, each by each: Jacobians, and the gradients of gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.derivations import Derivation
from tinygrad_lite.transforms import jacobian_rows

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
    code = eval(d.formula.numpy(), {"np": np, **d.formula.arrays()})
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
    from tinygrad_lite.derivations.normal.algebra import multiply
    from tinygrad_lite.derivations.normal.terms import const
    from tinygrad_lite.derivations.steps.lines import Whole

    assert board.check(step.written, z, step.order[1:]) is not None
    assert board.check(Whole(multiply(const(2), step.written.normal())), z, step.order[1:]) is None
    assert board.facts.cotangent(z).shape == (4, 300)  # one sweep for each element that is looked at


def test_a_shift_of_many_elements_is_checked_where_it_is_not_zero() -> None:
    z = leaf("z", 60)
    d = right(z[1:] ** 2 - z[:-1], z)
    assert str(d.formula) == "2 S_jk u⁽¹⁾_j − S⁽²⁾_jk"
