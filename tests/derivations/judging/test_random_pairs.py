"""Pairs of formulas against exact arithmetic: `same_formula` is never wrong."""

from __future__ import annotations

import pytest

from tests.helpers.formulas.judge import DIFFERENT, SAME, truth, truth_of_texts, verdict
from tests.helpers.formulas.pairs import random_pair
from tests.helpers.slow import slow
from tinygrad_lite.derivations import same_formula
from tinygrad_lite.errors import FormulaError

KINDS = [(kind, given) for kind in ("numpy", "index", "mixed") for given in (False, True)]
"""Both in NumPy's spelling, both with indices, or one of each; without shapes and with them."""

SEEDS = [range(6), *slow(range(6, 25), *(range(start, start + 70) for start in range(25, 165, 70)))]
"""36 pairs in a fast run, 990 in a full one."""


def wrong_answers(kind: str, given: bool, seeds: range) -> list[str]:
    """What is wrong with the answers about some pairs."""
    pairs = [random_pair(seed, kind, given) for seed in seeds]
    found = [(pair, verdict(pair)) for pair in pairs]
    return [f"{v.wrong}: {pair}\n    {v.answer}" for pair, v in found if v.wrong is not None]


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
@pytest.mark.parametrize(("kind", "given"), KINDS)
def test_no_answer_about_random_pairs_is_wrong(kind: str, given: bool, seeds: range) -> None:
    wrong = wrong_answers(kind, given, seeds)
    assert not wrong, f"{len(wrong)} of {len(seeds)}\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("kind", "given", "seed"),
    [
        ("numpy", False, 630),
        ("mixed", True, 509),
        ("numpy", True, 779),
        ("index", True, 841),
        ("index", False, 617),
        ("mixed", True, 541),
    ],
)
def test_pairs_that_once_were_judged_wrong(kind: str, given: bool, seed: int) -> None:
    """The first three by the product; the others by these tests, which took too few points and negative sizes."""
    found = verdict(pair := random_pair(seed, kind, given))
    assert found.wrong is None, f"{found.wrong}: {pair}\n    {found.answer}"


@pytest.mark.slow
def test_it_seldom_asks_for_shapes_where_all_readings_agree() -> None:
    pairs = [pair for seed in range(60) if truth(pair := random_pair(seed, "numpy", False)).word in (SAME, DIFFERENT)]
    refused = [pair for pair in pairs if verdict(pair).refused]
    assert len(refused) <= 0.1 * len(pairs), "\n".join(map(str, refused))


DIFFERENT_MATRICES = [
    ("W.T @ delta", "W @ delta"), ("A @ B", "B @ A"), ("x @ (a - y) / m", "x.T @ (a - y) / m"),
    ("sum(x.T @ (a - y))", "x.T @ (a - y)"), ("A", "A.T"), ("A @ A.T", "A.T @ A"), ("A @ B.T", "A.T @ B"),
    ("(A @ B).T", "A.T @ B.T"), ("X - u", "(X - u).T"), ("A @ v", "v @ A"), ("A @ v", "A.T @ v"),
    ("sum(X, axis=0)", "sum(X, axis=1)"), ("sum(X, axis=0)", "sum(X)"), ("X @ W.T", "X @ W"),
    ("X.T @ (A - Y)", "(A - Y).T @ X"), ("sum(A * B)", "sum(A @ B)"), ("A @ B", "A * B"), ("A**2", "A @ A"),
    ("X.T @ X @ w", "X @ X.T @ w"), ("mean(X, axis=0)", "mean(X, axis=1)"), ("A @ B @ C", "A @ C @ B"),
    ("abs(u) @ (W.T + t)", "abs(u) @ (W.T + t).T"), ("D.T @ X", "X.T @ D"), ("exp(X)", "exp(X.T)"),
    ("v @ A @ v", "v @ A"), ("W @ delta", "delta @ W"), ("sum(A) * B", "A * B"), ("A - A.T", "A.T - A"),
    ("sum(A @ B)", "sum(B @ A)"), ("A.T @ A @ v", "A @ A @ v"), ("X @ w - y", "w @ X - y"),
    ("sum(X * Z, axis=1)", "X @ Z.T"), ("m", "5"),
]  # fmt: skip
"""What a student may confuse: in every reading the two differ."""


def judged_the_same(f: str, g: str) -> bool:
    """Whether the answer is 'the same'; a question for shapes is no answer."""
    try:
        return bool(same_formula(f, g))
    except FormulaError:
        return False


@pytest.mark.parametrize(("f", "g"), DIFFERENT_MATRICES)
def test_the_pairs_of_matrices_differ(f: str, g: str) -> None:
    assert truth_of_texts(f, g).word == DIFFERENT


def test_matrices_that_differ_are_not_called_the_same() -> None:
    assert [(f, g) for f, g in DIFFERENT_MATRICES if judged_the_same(f, g)] == []


PROVED = [
    ("sum_k y_k a_j − y_j", "a_j sum_k y_k − y_j"), ("A_ij + A_ji", "A_ji + A_ij"), ("sum_i A_ii", "sum_j A_jj"),
    ("sum_k w_jk x_k", "sum_j w_kj x_j"), ("(x+1e9)-1e9", "x"), ("a_k delta_j", "delta_j a_k"),
    ("mean(a - y)", "sum_i (a_i - y_i) / m"),
]  # fmt: skip
DIFFERENT_INDICES = [
    ("x_i / 5", "x_i / m"), ("sum_ij x_ij / 15", "sum_ij x_ij / m / 3"), ("sum_ij x_ij / 15", "sum_ij x_ij / m / n"),
    ("A_ij + A_ji", "2 A_ij"), ("sum_k w_jk x_k", "sum_k w_kj x_k"), ("sum_k y_k a_j − y_j", "a_j − y_j"),
]  # fmt: skip


def test_letters_are_exchanged_and_numbers_are_no_sizes() -> None:
    for f, g in PROVED:
        answer = same_formula(f, g)
        assert (answer.same, answer.how) == (True, "proved"), f"{f} | {g}: {answer}"
    for f, g in DIFFERENT_INDICES:
        assert not same_formula(f, g), f"{f} | {g}"


@pytest.mark.parametrize(
    ("f", "g", "same"),
    [
        ("log(x)", "log(abs(x))", True),
        ("x / x", "1", True),
        ("log(x * y)", "log(x) + log(y)", True),
        ("sqrt(x**2)", "x", False),
        ("abs(x)", "x", False),
    ],
)
def test_the_answer_says_where_formulas_are_the_same(f: str, g: str, same: bool) -> None:
    answer = same_formula(f, g)
    assert answer.same is same
    assert "the same where x" in str(answer)
