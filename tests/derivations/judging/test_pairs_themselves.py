"""The judge of `same_formula` is judged: identities keep a value, mistakes are noticed, readings are found."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.helpers.formulas.changes import IDENTITIES, MISTAKES, Change
from tests.helpers.formulas.exact import compare, index_value, lengths, numpy_value, precise, shapes_of
from tests.helpers.formulas.judge import ASK, DIFFERENT, MISFIT, SAME, truth_of_texts
from tests.helpers.formulas.pairs import index_tree, names_in, numpy_tree
from tests.helpers.formulas.trees import (
    AXES,
    FACTS,
    LETTERS,
    NoLetters,
    Tree,
    changed,
    free,
    index_sum,
    indexed,
    name,
    nodes,
    number,
    pair,
    sums_are_sound,
    text,
)


def changed_trees(change: Change, most: int) -> list[tuple[int, str | None, Tree, Tree]]:
    """Random formulas before and after one change: with their seed, and the letters of their result."""
    found: list[tuple[int, str | None, Tree, Tree]] = []
    for seed in range(2_000):
        if len(found) == most:
            break
        rng = random.Random(f"{seed} {change.__name__}")
        has_indices = rng.random() < 0.5
        axes = rng.choice(("", "m", "n", "J", "mn", "mJ", "nn"))
        tree = index_tree(rng, rng.choice(("", "i", "jk", "jl")), 3) if has_indices else numpy_tree(rng, axes, 2)
        for place in range(sum(1 for _ in nodes(tree))):
            new = changed(tree, place, lambda part: change(part, rng))  # noqa: B023
            if new is not None and sums_are_sound(new):
                found.append((seed, free(tree) if has_indices else None, tree, new))
                break
    return found


def agree(seed: int, letters: str | None, one: Tree, two: Tree) -> bool:
    names = names_in(one, two)
    shapes = [shapes_of(names, lengths(random.Random(seed)))]
    sides = [text(t) if letters is None else (t, letters) for t in (one, two)]
    return compare(sides, shapes, {n: FACTS[n] for n in names if n in FACTS}, precise).equal


@pytest.mark.slow
@pytest.mark.parametrize("change", dict.fromkeys(IDENTITIES), ids=lambda c: c.__name__)
def test_an_identity_keeps_the_value(change: Change) -> None:
    found = changed_trees(change, 40)
    assert len(found) >= 5
    for seed, letters, one, two in found:
        assert agree(seed, letters, one, two), f"{text(one)} is not {text(two)}"


@pytest.mark.parametrize("change", dict.fromkeys(MISTAKES), ids=lambda c: c.__name__)
def test_a_mistake_is_noticed(change: Change) -> None:
    found = [f for f in changed_trees(change, 40) if f[1] is None or f[1] == free(f[3])]
    noticed = 0
    for seed, letters, one, two in found:
        try:
            noticed += not agree(seed, letters, one, two)
        except (ValueError, AttributeError):
            noticed += 1
    assert noticed > max(4, 0.3 * len(found))


@pytest.mark.parametrize("seed", range(40))
def test_both_spellings_have_one_value(seed: int) -> None:
    rng = random.Random(seed)
    axes = rng.choice(("", "m", "n", "mn", "Jn"))
    tree, letters = numpy_tree(rng, axes, 3), "".join(LETTERS[a][0] for a in axes)
    try:
        with_indices = indexed(tree, letters)
    except NoLetters:
        return
    point = {
        n: np.random.default_rng(seed).uniform(1, 2, tuple("mnJ".index(a) + 2 for a in AXES[n])) for n in names_in(tree)
    }
    np.testing.assert_allclose(
        np.asarray(numpy_value(text(tree), point, precise), dtype=float),
        np.asarray(index_value(with_indices, point, precise, letters), dtype=float),
    )


def test_texts_of_trees() -> None:
    x, w = name("X", "ij"), name("w", "j")
    product = index_sum("j", pair("*", x, w))
    assert text(product, star=False) == "sum_j X_ij w_j"
    assert text(pair("*", product, number(2)), star=False) == "(sum_j X_ij w_j) * 2"
    assert text(pair("-", w, pair("+", w, number(-1)))) == "w_j - (w_j + -1)"
    assert text(pair("/", w, pair("*", w, w))) == "w_j / (w_j * w_j)"


@pytest.mark.parametrize(
    ("f", "g", "word"),
    [
        ("W.T @ delta", "W @ delta", DIFFERENT),
        ("A @ B", "B @ A", DIFFERENT),
        ("(A @ B).T", "B.T @ A.T", SAME),
        ("sum(x.T @ (a - y))", "x.T @ (a - y)", DIFFERENT),
        ("a * b", "b * a", SAME),
        ("sum(a * b)", "a @ b", SAME),
        ("sum(a * b)", "a * sum(b)", ASK),
        ("log(x * y)", "log(x) + log(y)", SAME),
        ("sqrt(x**2)", "x", DIFFERENT),
        ("x / 5", "x / m", DIFFERENT),
        ("A @ B + W", "A @ 2", MISFIT),
    ],
)
def test_truths_about_texts(f: str, g: str, word: str) -> None:
    assert truth_of_texts(f, g).word == word


def test_domains_and_facts() -> None:
    assert truth_of_texts("log(x)", "log(abs(x))").partial
    assert not truth_of_texts("log(x)", "log(abs(x))", facts={"x": "positive"}).partial
    assert truth_of_texts("sqrt(x**2)", "x", facts={"x": "positive"}).word == SAME
    assert truth_of_texts("y * y", "y", shapes={"y": (3,)}, facts={"y": "one_hot"}).word == SAME
    assert truth_of_texts("sum(y)", "1", shapes={"y": (3,)}, facts={"y": "rows sum to 1"}).word == SAME
    assert truth_of_texts("x @ x", "x.T @ x", shapes={"x": (3, 3)}).word == DIFFERENT
    assert truth_of_texts("x @ x", "x.T @ x", shapes={"x": (3, 2)}).word == MISFIT
