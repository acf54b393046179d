"""What data shows of itself is taken with a note, and no coincidence of numbers becomes a formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 4))
HOT = np.eye(3)[[0, 1, 2, 0, 1]]


def weights(*shape: int) -> tg.Tensor:
    return tg.Tensor(RNG.normal(size=shape), requires_grad=True, name="w")


@pytest.mark.parametrize("make", [np.array, tg.Tensor, lambda y: y.astype(int)], ids=["plain", "tensor", "integers"])
def test_rows_with_one_1_are_taken_as_one_hot_and_a_note_says_so(make: Any) -> None:
    w = weights(4, 3)
    d = tg.derive(-np.mean(np.sum(make(HOT) * np.log(tg.softmax(tg.Tensor(X, name="x") @ w)), axis=1)), w)
    assert str(d.formula) == "(1/m) Σ_i x_ik (a_ij − y_ij)"
    assert d.notes[0].startswith("y is taken as one-hot, because each row of it has one 1.")


def test_columns_too_where_the_examples_are_columns() -> None:
    w = tg.Tensor(RNG.normal(size=(3, 4)), requires_grad=True, name="w")
    a = tg.softmax(w @ tg.Tensor(X.T, name="x", axes=("n", "m")), axis=0)
    d = tg.derive(-np.sum(HOT.T * np.log(a)) / 5, w)
    assert "y_" in str(d.formula)
    assert "Σ_ik" not in str(d.formula)
    assert any("along its columns" in note for note in d.notes)


def test_two_examples_with_the_targets_1_and_0_are_no_two_classes() -> None:
    w = weights(4)
    y = np.array([1.0, 0.0])
    d = tg.derive(tg.cross_entropy(tg.sigmoid(tg.Tensor(X[:2], name="x") @ w), y), w)
    assert str(d.formula) == "(1/m) Σ_i x_ij (a_i − y_i)"
    assert not any("one-hot" in note for note in d.notes)


def test_inputs_of_zeros_and_ones_are_not_taken_as_one_hot() -> None:
    w = weights(3)
    d = tg.derive(np.sum(tg.sigmoid(HOT @ w)), w)
    assert not any("one-hot" in note for note in d.notes)


def test_a_mask_is_a_factor() -> None:
    z = tg.Tensor(RNG.normal(size=4), requires_grad=True, name="z")
    keep = np.array([True, False, True, True])
    assert "mask_i" in str(tg.derive(np.sum(np.where(keep, z, 0) ** 2), z).formula)
    # a logarithm may not be finite where it is masked: then it is no product
    positive = tg.Tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True, name="p")
    d = tg.derive(np.sum(np.where(keep, np.log(positive), 0)), positive)
    np.testing.assert_allclose(d.evaluate(), keep / positive.numpy())


def test_the_number_of_examples_is_m_with_a_note() -> None:
    w = weights(4)
    d = tg.derive(np.sum((tg.Tensor(X, name="x") @ w - tg.Tensor(X[:, 0], name="y")) ** 2) / 5, w)
    assert str(d.formula) == "(2/m) Σ_i x_ij (z_i − y_i)"
    assert d.notes == ["m is the number of examples: 5 is taken for m."]
    half = tg.derive(np.sum((tg.Tensor(X, name="x") @ w - tg.Tensor(X[:, 0], name="y")) ** 2) / 10, w)
    assert half.notes == ["m is the number of examples: 10 is taken for 2 m."]


def test_another_number_that_equals_a_size_stays_a_number() -> None:
    three = weights(3)
    assert str(tg.derive(np.sum(three**2) / 3, three).formula) == "2 w_i/3"
    two = weights(2)
    assert str(tg.derive(np.sum((two - np.array([3.0, 4.0])) ** 2) / 2, two).formula) == "w_i − y_i"
    w = weights(4)
    x = tg.Tensor(X, name="x")
    assert "/4" in str(tg.derive(np.sum(np.sum(x * w, axis=1) / 4), w).formula)


def test_a_mean_divides_by_sizes() -> None:
    w = weights(3)
    assert str(tg.derive(np.mean(w**2), w).formula) in ("2 w_i/m", "2 w_j/J")
    assert tg.derive(np.mean(w**2), w).notes == []
