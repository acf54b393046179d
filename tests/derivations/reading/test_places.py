"""What moves or picks elements has an index formula: slices, places, embeddings, joins, reshapes, maxima."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg

RNG = np.random.default_rng(0)
Cost = Callable[[tg.Tensor], Any]

V = RNG.normal(size=12)
IDS = np.array([2, 0, 2])

# the shape of x, the cost, and the closed form where it is short
CLOSED: dict[str, tuple[tuple[int, ...], Cost, str]] = {
    "trace": ((3, 3), lambda x: np.trace(x @ x), "2 x_kj"),
    "diagonal": ((3, 3), lambda x: np.sum(np.diagonal(x) ** 2), "2 x_jj [j = k]"),
    "x[i, i]": ((3, 3), lambda x: np.sum(x[np.arange(3), np.arange(3)] ** 2), "2 x_jj [j = k]"),
    "a diagonal matrix": ((3,), lambda x: np.sum(np.diag(x) ** 2), "2 x_j"),
    "einsum ii": ((3, 3), lambda x: np.einsum("ii->", x @ x), "2 x_ji"),
    "max": ((3, 4), lambda x: np.sum(np.max(x, axis=1)), "M_jk"),
    "max squared": ((3, 4), lambda x: np.sum(np.max(x, axis=1) ** 2), "2 M_jk Σ_l M_jl x_jl"),
    "min, all": ((3, 4), lambda x: np.min(x), "M_jk"),
    "a slice": ((3, 5), lambda x: np.sum(x[:, 1:] * V[:4]), "Σ_i S_ik y_i"),
    "flip": ((4,), lambda x: np.sum(np.flip(x) * V[:4]), "Σ_i S_ij y_i"),
    "cumsum": ((4,), lambda x: np.sum(np.cumsum(x) * V[:4]), "Σ_j L_ji y_j"),
    "stack": ((4,), lambda x: np.sum(np.stack([x, 2 * x]) ** 2), "10 x_k"),
    "places": ((4,), lambda x: x[0] * x[3], ""),
    "one place of two axes": ((2, 4), lambda x: x[1, 2] ** 2, ""),
    "an embedding": ((4, 3), lambda x: np.sum(x[IDS] @ V[:3]), ""),
}


@pytest.mark.parametrize("name", CLOSED)
def test_the_formula_of(name: str) -> None:
    shape, cost, closed = CLOSED[name]
    x = tg.Tensor(RNG.normal(size=shape), requires_grad=True, name="x")
    c = cost(x)
    derivation = tg.derive(c, x)
    (gradient,) = tg.pull_back([c], [np.ones(())[()]], [x])
    np.testing.assert_allclose(derivation.evaluate(), gradient, rtol=1e-9, atol=1e-12)
    assert closed in ("", str(derivation.formula))
    assert not any("did not pass" in note for note in derivation.notes)


# what has no short form is right, and says what its symbols are
LONG: dict[str, tuple[tuple[int, ...], Cost]] = {
    "differences": ((6,), lambda x: np.sum((x[1:] - x[:-1]) ** 2)),
    "every other": ((6, 2), lambda x: np.sum(x[::-2] ** 3)),
    "last": ((6, 2), lambda x: np.sum(x[-1] ** 2 * x[0])),
    "a table of places": ((4, 3), lambda x: np.sum(np.tanh(x[np.array([[0, 1], [1, 3]])]))),
    "a mask": ((4, 3), lambda x: np.sum(x[V.reshape(4, 3) > 0] ** 2)),
    "a mask of rows": ((4, 3), lambda x: np.sum(x[np.array([True, False, True, True])] ** 2)),
    "take_along_axis": ((3, 4), lambda x: np.sum(np.take_along_axis(x, IDS[:, None], 1) ** 2)),
    "off the diagonal": ((3, 3), lambda x: np.sum(np.diagonal(x, 1) ** 2)),
    "concatenate": ((3, 2), lambda x: np.sum(np.concatenate([x, x**2], axis=1) @ V[:4])),
    "a bias column": ((3, 2), lambda x: np.sum(np.tanh(np.column_stack([np.ones(3), x]) @ V[:3]))),
    "pad": ((3, 2), lambda x: np.sum(np.pad(x, 1) ** 2 @ V[:4])),
    "split": ((6,), lambda x: np.sum(np.split(x, 3)[0] * np.split(x, 3)[2])),
    "tile": ((3,), lambda x: np.sum(np.tile(x, 2) * V[:6])),
    "repeat": ((3,), lambda x: np.sum(np.repeat(x, 2) * V[:6])),
    "roll": ((4,), lambda x: np.sum(np.roll(x, 1) * x)),
    "flatten": ((2, 2, 3), lambda x: np.sum(np.tanh(x.reshape(2, 6) @ V[:6]))),
    "pooling": ((2, 6), lambda x: np.sum(np.max(x.reshape(2, 3, 2), axis=2) ** 2)),
    "pooling in two axes": ((4, 6), lambda x: np.sum(np.max(x.reshape(2, 2, 3, 2), axis=(1, 3)) ** 2)),
    "moved and merged": ((2, 3, 2), lambda x: np.sum(np.moveaxis(x, 0, 2).reshape(3, 4) ** 2 @ V[:4])),
    "sorted": ((2, 4), lambda x: np.sum(np.sort(x, axis=1) @ V[:4])),
    "tensordot": ((3, 4), lambda x: np.tensordot(x, V.reshape(4, 3), axes=([0, 1], [1, 0]))),
    "a max of relu, with ties at 0": ((3, 4), lambda x: np.sum(np.max(np.maximum(x - 9, 0) * 2 + x * 0, axis=1))),
    "second derivatives of a pick": ((4,), lambda x: np.sum(tg.grad(lambda t: np.sum(t[1:] ** 3))(x) ** 2)),
}


@pytest.mark.parametrize("name", LONG)
def test_the_value_of(name: str) -> None:
    shape, cost = LONG[name]
    x = tg.Tensor(RNG.normal(size=shape), requires_grad=True, name="x")
    c = cost(x)
    derivation = tg.derive(c, x)
    (gradient,) = tg.pull_back([c], [np.ones(())[()]], [x])
    np.testing.assert_allclose(derivation.evaluate(), gradient, rtol=1e-9, atol=1e-12)
    assert not any("did not pass" in note for note in derivation.notes)


def test_a_symbol_that_picks_is_explained_where_it_is_used_and_only_there() -> None:
    z = tg.Tensor(RNG.normal(size=(3, 4)), requires_grad=True, name="z")
    assert tg.derive(np.sum(np.max(z, axis=1)), z).notes == ["M has a 1 where an element is the largest, else 0."]
    w = tg.Tensor(RNG.normal(size=(4, 4)), requires_grad=True, name="w")
    assert not any(note.startswith("M ") for note in tg.derive(np.sum(tg.softmax(z @ w) ** 2), w).notes)


def test_elements_that_tie_for_the_maximum_share_it() -> None:
    z = tg.Tensor([[1.0, 1.0, 0.0]], requires_grad=True, name="z")
    d = tg.derive(np.sum(np.max(z, axis=1) ** 2), z)
    assert d.evaluate().tolist() == [[1.0, 1.0, 0.0]]
    assert "elements that tie share the 1" in d.notes[0]


def test_a_selection_with_too_many_places_is_refused() -> None:
    x = tg.Tensor(np.ones(5000), requires_grad=True, name="x")
    with pytest.raises(tg.errors.DerivationError, match="cannot derive through 'getitem'"):
        tg.derive(np.sum(x[1:] ** 2), x)


def test_a_place_is_written_as_in_numpy() -> None:
    x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")
    d = tg.derive(x[0] ** 2 * x[2], x)
    assert d.text().splitlines()[0] == "C = x[0]² x[2]"
    assert str(d.formula) == "x[0] (2 x[2] [j = 0] + x[0] [j = 2])"
    a = tg.Tensor(np.ones((2, 3)), name="A2")
    w = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="w")
    assert str(tg.derive(np.sum(a[1] * w), w).formula) == "A⁽²⁾[1, j]"
