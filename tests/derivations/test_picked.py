"""Graphs with a getitem by a mask or by a table of places, and with a factor 0: derived, or refused by our error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.derivations.reading.ties import indexed

X = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("index", "whole"),
    [
        (X > 3, [None, None, None]),
        (X[..., 0] > 3, [None, None, 1]),
        ((slice(None), X[0] > 3), [0, None, None]),
        (np.array([[0, 1], [1, 0]]), [None, 2, 3]),
        ((..., np.array([0, 3])), [0, 1, None]),
        ((slice(None), np.array([[0, 1], [1, 2]])), [0, None, 3]),
    ],
)
def test_which_axes_an_index_leaves_whole(index: Any, whole: list[int | None]) -> None:
    picked = tg.Tensor(X, requires_grad=True)[index]
    assert [place and place[1] for place in indexed(picked)] == whole
    assert all(place is None or place[0] is picked for place in indexed(picked))
    for axis, place in enumerate(whole):
        assert place is None or picked.shape[place] == X.shape[axis]


def test_a_mask_of_two_axes_selects_elements() -> None:
    x = tg.Tensor(X[0], requires_grad=True, name="x")
    cost = np.sum(x[X[0] > 3] ** 2)
    cost.name = "C"
    d = tg.derive(cost, x)
    assert np.array_equal(d.evaluate(), 2 * X[0] * (X[0] > 3))
    assert d.notes[0] == "S has a 1 where an element is taken, else 0."


def test_a_sum_times_0_is_derived() -> None:
    x = tg.Tensor([1.0, 2.0, 4.0], requires_grad=True, name="x")
    cost = np.sum(x * x) * 0.0
    cost.name = "C"
    assert np.all(tg.derive(cost, x).evaluate() == 0)
