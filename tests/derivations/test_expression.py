"""Typed costs that are derived: capital letters are matrices, data has its examples, scalars stay scalars."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.derivations import derive_expression
from tinygrad_lite.errors import FormulaError

TYPED = [
    ("sum((X@w-y)**2)", "w", "2 Σ_i X_ij (z_i − y_i)"),
    ("sum((X@w+b-y)**2)/(2*m)", "w", "(1/m) Σ_i X_ij (z_i − y_i)"),
    ("sum((X@W-Y)**2)/2", "W", "Σ_i X_ik (z_ij − Y_ij)"),
    ("sum((W@x+b-y)**2)/2", "W", "x_k (z_j − y_j)"),
    ("sum((W2 @ tanh(W1 @ x + b1) + b2 - y)**2)/2", "b2", "z⁽²⁾_j − y_j"),
    ("x.T @ A @ x", "x", "Σ_j A_ij x_j + z_i"),
    ("sum_i (sum_j x_ij w_j - y_i)**2", "w", "2 Σ_i x_ij (z_i − y_i)"),
    ("(y - w*x)**2 / 2", "w", "x (z − y)"),
    ("sum((a - y)**2)", "a", "2 (a − y)"),
]


@pytest.mark.parametrize(("text", "wrt", "formula"), TYPED)
def test_a_typed_cost_is_read_by_what_is_done_with_its_names(text: str, wrt: str, formula: str) -> None:
    assert str(derive_expression(text, wrt).formula) == formula


def test_values_settle_the_shapes() -> None:
    found = derive_expression("sum((X@w-y)**2)", "w", {"X": [[1.0, 2.0]], "y": [3.0]})
    assert found.formula.evaluate().shape == (2,)


@pytest.mark.parametrize("place", [1, 3, 4, 9])
def test_a_class_or_a_place_that_is_named_is_there_however_large(place: int) -> None:
    for typed, lets in (("log_likelihood(softmax(z), y)", {"y": place}), (f"-log(softmax(z))[{place}]", {})):
        derivation = derive_expression(typed, "z", lets)
        gradient = derivation.evaluate()
        assert len(gradient) > place
        assert np.flatnonzero(gradient < 0).tolist() == [place]  # a − y is below 0 at the class alone


def test_rows_and_classes_of_log_likelihood_settle_the_shapes_of_what_they_are_targets_of() -> None:
    one = "x_k (a_j − y_j)"
    many = "(1/m) Σ_i x_ik (a_ij − y_ij)"
    for typed, formula in (("log_likelihood(softmax(x@W), y)", one), ("log_likelihood_with_logits(x@W, y)", one)):
        for y in (None, [0, 0, 1], 2):
            assert str(derive_expression(typed, "W", {} if y is None else {"y": y}).formula) == formula
    typed = "log_likelihood(softmax(x@W), y)"
    for lets in ({"y": [0, 2, 1]}, {"y": [[0, 0, 1], [1, 0, 0]]}, {"y": [0, 0, 1], "x": [[1, 2], [3, 4], [5, 6]]}):
        derivation = derive_expression(typed, "W", lets)
        assert str(derivation.formula) == many
        assert derivation.sizes["m"] == len(lets["y"])


def test_classes_that_do_not_fit_the_examples_are_refused() -> None:
    with pytest.raises(FormulaError, match="gives 'y' 3 classes, one for each example; another value has 2 examples"):
        derive_expression("log_likelihood(softmax(x@W), y)", "W", {"y": [0, 2, 1], "x": [[1, 2], [3, 4]]})
    with pytest.raises(FormulaError, match="each row of the targets must have one 1"):
        derive_expression("log_likelihood(softmax(x@W), y)", "W", {"y": [0, 0.5, 1]})


@pytest.mark.parametrize("typed", ["-log(softmax(z)) @ y", "-sum(y*log(softmax(z)))", "-y @ log(softmax(z))"])
def test_a_one_hot_vector_is_seen_however_the_sum_is_written(typed: str) -> None:
    assert str(derive_expression(typed, "z", {"y": [0, 0, 1]}).formula) == "a_j − y_j"


def test_a_sum_beside_a_given_array_is_not_of_one_number() -> None:
    derivation = derive_expression("-sum(y*log(exp(z)/sum(exp(z))))", "z", {"y": [0, 0, 1]})
    assert derivation.evaluate().shape == (3,)
    assert np.flatnonzero(derivation.evaluate() < 0).tolist() == [2]


def test_lam_is_printed_as_the_greek_letter_and_both_spellings_are_read() -> None:
    derivation = derive_expression("sum((W@x - y)**2) + lam/2*sum(W**2)", "W", {"lam": 0.5})
    assert str(derivation.formula) == "2 x_k (z_j − y_j) + λ W_jk"
    assert "lam" in derivation.formula.arrays()  # in code it is called as it was
    for spelled in ("λ", "lam", r"\lambda", "lambda"):
        assert derivation.check(f"2 x_k (z_j - y_j) + {spelled} W_jk")
        assert not derivation.check(f"2 x_k (z_j - y_j) + 2 {spelled} W_jk")
        assert tg.same_formula(f"{spelled} w_j", "lam w_j")
        assert tg.same_formula(derivation.formula, f"{spelled} W_jk + 2 x_k (z_j − y_j)")
    assert tg.same_formula(lambda lam, w: lam * w, "λ w", shapes={"lam": (), "w": (3,)})
    assert r"\lambda \, W_{jk}" in derivation.formula.latex()


def test_a_gradient_by_lam_is_asked_for_in_both_spellings() -> None:
    derivation = derive_expression("sum(lam - k*log(lam))", "lam,k", {"lam": [1.0, 2.0], "k": [2.0, 0.0]})
    assert str(derivation.formulas["lam"]) == "1 − k_i/λ_i"
    for left in ("∂C/∂λ_i = ", "∂C/∂lam_i = ", "dλ_i = ", "dlam_i = "):
        assert derivation.check(f"{left}1 - k_i/λ_i"), left
    for name in ("λ", "lam"):
        assert derivation.check("1 - k_i/λ_i", wrt=name)
