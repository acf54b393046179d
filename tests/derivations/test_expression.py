"""Typed costs that are derived: capital letters are matrices, data has its examples, scalars stay scalars."""

from __future__ import annotations

import numpy as np
import pytest

from tinygrad_lite.derivations import derive_expression

TYPED = [
    ("sum((X@w-y)**2)", "w", "2 Σ_i X_ij (z_i − y_i)"),
    ("sum((X@w+b-y)**2)/(2*m)", "w", "(1/m) Σ_i X_ij (z_i − y_i)"),
    ("sum((X@W-Y)**2)/2", "W", "Σ_i X_ik (z_ij − Y_ij)"),
    ("sum((W@x+b-y)**2)/2", "W", "x_k (z_j − y_j)"),
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
