"""Which axes are one axis, and how many a name has: inferred from both formulas, refused where the answers differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tinygrad_lite.derivations import same_formula
from tinygrad_lite.derivations.judging.layouts import layout
from tinygrad_lite.derivations.judging.ranks import rankings
from tinygrad_lite.derivations.judging.sides import Side
from tinygrad_lite.errors import FormulaError

A, W, X = {"A": (4, 4), "B": (4, 4), "v": (4,)}, {"W": (3, 2), "delta": (3,)}, {"X": (5, 3), "Y": (5, 3), "w": (3,)}

EQUAL: list[tuple[str, str, dict[str, tuple[int, ...]]]] = [
    ("W.T @ delta", "delta @ W", W),
    ("(A @ B).T", "B.T @ A.T", A),
    ("A @ (B @ v)", "(A @ B) @ v", A),
    ("sum(A * B)", "sum(B.T * A.T)", A),
    ("sum(A * B)", "sum_ij A_ij B_ij", A),
    ("sum(A * B.T)", "sum_ij A_ij B_ji", A),
    ("sum(X, axis=0)", "sum_i X_ij", X),
    ("X.T @ (X @ w)", "sum_i X_ij sum_k X_ik w_k", X),
    ("sum((X @ w)**2)", "w @ X.T @ X @ w", X),
    ("(X - Y).T @ X", "(X.T @ X).T - Y.T @ X", X),
    ("X * w", "X_ij w_j", X),
    ("sum(X @ w)", "sum(X, axis=0) @ w", X),
    ("A + A.T", "A_ij + A_ji", A),
    ("sum_i A_ii", "sum_k A_kk", A),
    ("sum_k A_ik B_kj", "A @ B", A),
]


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize(("f", "g", "shapes"), EQUAL)
def test_equal_matrices_are_proved_equal(f: str, g: str, shapes: dict[str, tuple[int, ...]], given: bool) -> None:
    own = {n: s for n, s in shapes.items() if n in f or n in g}
    answer = same_formula(f, g, shapes=own if given else None)
    assert (answer.same, answer.how) == (True, "proved"), str(answer)


DIFFERENT: list[tuple[str, str, dict[str, tuple[int, ...]]]] = [
    ("W.T @ delta", "W @ delta", {"W": (3, 3), "delta": (3,)}),
    ("A @ B", "B @ A", A),
    ("A @ B @ v", "B @ A @ v", A),
    ("A", "A.T", A),
    ("A @ v", "A.T @ v", A),
    ("A @ v", "v @ A", A),
    ("A @ B", "A * B", A),
    ("A @ A", "A * A", A),
    ("(A @ B).T", "A.T @ B.T", A),
    ("A @ A.T", "A.T @ A", A),
    ("A + A.T", "2 * A", A),
    ("A - A.T", "A.T - A", A),
    ("v @ A @ v", "v @ A @ B @ v", A),
    ("sum(A @ B)", "sum(B @ A)", A),
    ("sum(A @ B)", "sum(A * B)", A),
    ("sum(A * B)", "sum(A) * sum(B)", A),
    ("A * v", "(A.T * v).T", A),
    ("A + v", "(A.T + v).T", A),
    ("A_ij + B_ji", "A_ij + B_ij", A),
    ("sum_j A_ij v_j", "sum_j A_ji v_j", A),
    ("sum_ij A_ij B_ij", "sum_ij A_ij B_ji", A),
    ("sum_i A_ii", "sum_ij A_ij", A),
    ("A_ii", "A_ii**2", A),
    ("X @ w", "X @ (2 * w)", X),
    ("X.T @ (X @ w)", "X.T @ X", X),
    ("X.T @ X", "X @ X.T", X),
    ("X.T @ Y", "Y.T @ X", X),
    ("sum(X, axis=0)", "sum(X, axis=1)", X),
    ("sum(X, axis=0)", "mean(X, axis=0)", X),
    ("sum(X - Y)", "sum(X + Y)", X),
    ("sum(X * Y, axis=1)", "sum(X, axis=1) * sum(Y, axis=1)", X),
    ("sum(X.T @ Y)", "X.T @ Y", X),
    ("X - Y", "(X - Y)**2", X),
    ("X / 5", "X / m", {**X, "m": ()}),
    ("sum(X) / 15", "sum(X) / m / 3", {**X, "m": ()}),
    ("X / 3", "X / n", {**X, "n": ()}),
]


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize(("f", "g", "shapes"), DIFFERENT)
def test_matrices_that_differ_differ(f: str, g: str, shapes: dict[str, tuple[int, ...]], given: bool) -> None:
    names = {*Side.of(f).names, *Side.of(g).names}
    assert not same_formula(f, g, shapes={n: s for n, s in shapes.items() if n in names} if given else None)


@pytest.mark.parametrize(
    ("f", "g", "words"),
    [
        ("a @ b", "b @ a", ("b a vector they are the same", "b a matrix they are not the same")),
        ("sum(x * c)", "c * sum(x)", ("c a scalar they are the same", "c a vector they are not the same")),
        ("x @ w", "sum(x * w)", ("a vector they are the same", "a matrix they are not the same")),
    ],
)
def test_readings_with_different_answers_are_named(f: str, g: str, words: tuple[str, str]) -> None:
    with pytest.raises(FormulaError, match=r"Pass shapes=\{") as caught:
        same_formula(f, g)
    assert all(w in str(caught.value) for w in words), str(caught.value)


def test_a_lower_case_name_is_no_square_matrix_where_it_can_be_a_vector() -> None:
    assert same_formula("x @ x", "sum(x**2)").how == "proved"


def test_shapes_settle_what_can_be_read_in_two_ways() -> None:
    assert same_formula("a @ b", "b @ a", shapes={"a": (3,), "b": (3,)}).how == "proved"
    assert not same_formula("a @ b", "b @ a", shapes={"a": (3, 3), "b": (3, 3)})


def test_shapes_of_some_names_leave_the_others_to_inference() -> None:
    assert same_formula("W.T @ d", "d @ W", shapes={"d": (3,)}).how == "proved"


def axes(f: str, g: str) -> dict[str, tuple[int, ...]]:
    sides = [Side.of(f), Side.of(g)]
    return dict(layout(sides, next(iter(rankings(sides, {}, {})))[0], {}).axes)


def test_an_axis_is_one_with_another_only_where_the_formulas_make_it_so() -> None:
    free = axes("W.T @ d", "d @ W")
    assert free["W"][0] == free["d"][0]
    assert free["W"][0] != free["W"][1]
    square = axes("W.T @ d", "W @ d")
    assert square["W"][0] == square["W"][1] == square["d"][0]
    letters = axes("sum_j w_kj x_j", "sum_k w_jk x_k")
    assert letters["w"][1] == letters["x"][0] != letters["w"][0]


@pytest.mark.parametrize(
    ("f", "g"),
    [
        ("sum_k y_k a_j - y_j", "a_j sum_i y_i - y_j"),
        ("sum_j w_jk x_j", "sum_k w_kj x_k"),
        ("A_ij + A_ji", "A_ji + A_ij"),
        ("sum_i delta_ik x_ij", "delta.T @ x"),
        ("a_j ([j = k] - a_k)", "a_k [j = k] - a_j a_k"),
        ("sum_k [j = k] a_k", "a_j"),
        ("sum_k y_k ([j = k] - a_j)", "y_j - a_j sum_k y_k"),
    ],
)
def test_letters_may_be_exchanged(f: str, g: str) -> None:
    assert same_formula(f, g).how == "proved"


def test_one_order_of_letters_is_another_matrix() -> None:
    assert not same_formula("A_ij", "A_ji")
    assert not same_formula("A_ij + 2 A_ji", "2 A_ij + A_ji")
    assert not same_formula("sum_i x_ij", "sum_j x_ij")


def test_m_is_the_number_of_examples_and_no_number() -> None:
    assert same_formula("mean(x)", "sum(x) / m").how == "proved"
    assert same_formula("mean(X, axis=0)", "sum_i X_ij / m").how == "proved"
    assert same_formula("mean(X, axis=1)", "sum(X, axis=1) / n").how == "proved"
    assert not same_formula("mean(X, axis=0)", "sum(X, axis=0) / n")
    assert not same_formula("mean(x)", "sum(x) / 5", shapes={"x": (5,)})
    assert not same_formula("sum_ij x_ij / 15", "sum_ij x_ij / (m n)", shapes={"x": (5, 3), "m": (), "n": ()})


CALLED: list[tuple[Callable[..., Any], Callable[..., Any] | str, bool]] = [
    (lambda W, d: W.T @ d, "d @ W", True),
    (lambda W, d: W.T @ d, lambda W, d: W @ d, False),
    (lambda A, B: A @ B, lambda A, B: B @ A, False),
    (lambda X: np.einsum("ij->j", X), "sum(X, axis=0)", True),
    (lambda z: z * (z > 0), "max(0, z)", True),
]


@pytest.mark.parametrize(("f", "g", "same"), CALLED)
def test_functions_of_arrays_are_read_by_their_graphs(f: Any, g: Any, same: bool) -> None:
    assert same_formula(f, g).same is same


def test_a_function_that_computes_on_one_shape_only_is_judged_on_that() -> None:
    answer = same_formula(lambda x: x.reshape(6).sum(), "sum(x)", shapes={"x": (2, 3)})
    assert answer


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({"W": (3, 2), "d": (2,)}, "axis 0 of 'd' has 2 places and axis 0 of 'W' has 3"),
        ({"W": (3,), "d": (4,)}, "axis 0 of 'd' has 4 places and axis 0 of 'W' has 3"),
        ({"W": (), "d": (4,)}, "cannot be computed"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shapes: dict[str, tuple[int, ...]], words: str) -> None:
    with pytest.raises(FormulaError, match=words):
        same_formula("W.T @ d", "d @ W", shapes=shapes)


def test_letters_and_shapes_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(FormulaError, match=r"'x' has the shape \(5,\) at one place and 2 indices"):
        same_formula("x_ij", "x_ij", shapes={"x": (5,)})
    with pytest.raises(FormulaError, match="'x' has 1 indices at one place and 2 indices"):
        same_formula("x_i", "sum_j x_ij")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"a": "big"}, "'big' is not one of 'positive'"),
        ({"a": ["one_hot", "positive"]}, "'a' is one_hot, so most of it is 0, and not positive"),
        ({"a": "columns sum to 1"}, r"'columns sum to 1', which takes 2 axes; its shape is \(3,\)"),
        ({"a": 3}, "a fact or a list of facts"),
        ({"q": "positive"}, "facts are given for 'q'"),
    ],
)
def test_facts_are_validated(facts: Any, words: str) -> None:
    with pytest.raises(FormulaError, match=words):
        same_formula("a", "a", shapes={"a": (3,)}, facts=facts)
    with pytest.raises(FormulaError, match="takes an axis; it has 0 indices here"):
        same_formula("c a_i", "a_i c", facts={"c": "one_hot"})


def test_a_greek_letter_and_its_name_are_one_name_in_shapes_and_facts() -> None:
    assert same_formula("W.T @ δ", "delta @ W", shapes={"W": (3, 2), "δ": (3,)})
    assert same_formula("log(δ**2)", "2 * log(delta)", facts={"δ": "positive"}).domain == ""


class Given:
    """What a step of a derivation has."""

    right = "Σ_i x_ij (a_i − y_i)/m"
    shapes = {"x": (5, 3), "a": (5,), "y": (5,), "q": (2,)}
    facts = {"a": frozenset(("positive", "sum over 0 is 1"))}


def test_formulas_and_steps_of_a_derivation_bring_their_shapes() -> None:
    assert same_formula(Given(), "x.T @ (a - y) / m").how == "proved"
    assert not same_formula(Given(), "x.T @ (y - a) / m")
    assert same_formula("x.T @ (a - y) / m", Given(), shapes={"x": (4, 2), "a": (4,), "y": (4,)}).how == "proved"


def test_the_axes_of_a_gradient_have_an_order() -> None:
    x = tg.Tensor(np.ones((5, 3)), name="x")
    y = tg.Tensor(np.ones((5, 4)), name="y")
    W = tg.Tensor(np.ones((4, 3)), requires_grad=True, name="W")
    z = x @ W.T
    z.name = "z"
    found = tg.derive(np.sum((z - y) ** 2) / 2, wrt=W).formula
    assert same_formula(found, "(z - y).T @ x").how == "proved"
    assert same_formula(found, "sum_i (z_ij - y_ij) x_ik").how == "proved"
    assert same_formula("sum_i (z_ik - y_ik) x_ij", found).how == "shapes"
    turned = same_formula(found, "x.T @ (z - y)")
    assert (turned.same, turned.how) == (False, "shapes")
    assert turned.reason == "the results have shapes (4, 3) and (3, 4)"


class Turned:
    """A square gradient whose second letter stands first in the alphabet."""

    indices = ("k", "j")
    shapes = {"A": (3, 3), "B": (3, 3)}
    facts: dict[str, frozenset[str]] = {}

    def __str__(self) -> str:
        return "A_jk + 2 B_jk"


def test_square_results_keep_their_order_in_fractions_too() -> None:
    assert same_formula(Turned(), "A.T + 2 * B.T").how == "proved"
    assert not same_formula(Turned(), "A + 2 * B")
