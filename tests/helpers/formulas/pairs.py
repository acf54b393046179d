"""Random formulas, and random pairs of them: equal ones, and ones that differ in one thing."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tests.helpers.formulas.changes import IDENTITIES, MISTAKES, change
from tests.helpers.formulas.exact import Side, lengths, numpy_value, shapes_of
from tests.helpers.formulas.trees import (
    AXES,
    FACTS,
    FUNCTIONS,
    LETTERS,
    NoLetters,
    Tree,
    all_letters,
    free,
    function,
    index_sum,
    indexed,
    matmul,
    name,
    nodes,
    number,
    pair,
    power,
    rebuilt,
    reduced,
    text,
    transposed,
)

LOWER = {"X": "x", "Z": "z", "D": "delta"}
"""Matrices as a student writes them, where shapes are given or indices tell."""

SPELLINGS = {
    "**": ("**", "^"), "*": ("*", "·", "×"), "-": ("-", "−"), "sigmoid": ("σ", "sigma"), "sum_": ("sum_", "Σ_"),
}  # fmt: skip
"""Other ways to type a sign or a name."""

HAS_INDICES = {"numpy": (False, False), "mixed": (False, True), "index": (True, True)}
"""Which of the two formulas of a kind have indices."""


def numpy_tree(rng: random.Random, axes: str, depth: int) -> Tree:
    """A random formula of NumPy's spelling, with these axes."""
    leaves = [name(n) for n, own in AXES.items() if own == axes and n not in LOWER.values()]
    if len(axes) == 2:
        leaves += [transposed(name(n)) for n, own in AXES.items() if own == axes[::-1] and n not in LOWER.values()]
    if leaves and (depth <= 0 or rng.random() < 0.1):
        return rng.choice(leaves) if axes or rng.random() < 0.7 else number(rng.choice((1, 2, 3)))
    deeper = depth - 1
    match rng.choice(("elementwise", "elementwise", "product", "product", "function", "power")) if depth > 0 else "":
        case "function":
            return function(rng.choice(FUNCTIONS), numpy_tree(rng, axes, min(deeper, 1)))
        case "power":
            return power(numpy_tree(rng, axes, deeper), rng.choice((2, 2, 3)))
        case "elementwise":
            other = rng.choice((axes, axes, axes[-1:], ""))
            op = rng.choice(("+", "-", "*", "*", "/"))
            left, right = numpy_tree(rng, axes, deeper), numpy_tree(rng, other, deeper if op != "/" else 0)
            return pair(op, left, right) if op == "/" or rng.random() < 0.7 else pair(op, right, left)
    axis = rng.choice("mnJ")
    if axes == "" and rng.random() < 0.5:
        return matmul(numpy_tree(rng, axis, deeper), numpy_tree(rng, axis, deeper))
    if axes == "":
        inner = numpy_tree(rng, rng.choice((axis, "mn", "mJ", "Jn")), deeper)
        return reduced(rng.choice(("sum", "sum", "mean")), inner, None)
    if len(axes) == 2:
        return matmul(numpy_tree(rng, axes[0] + axis, deeper), numpy_tree(rng, axis + axes[1], deeper))
    kind, place = rng.choice(("sum", "mean", "@", "@")), rng.choice((0, 1))
    matrix = numpy_tree(rng, axis + axes if place == 0 else axes + axis, deeper)
    if kind != "@":
        return reduced(kind, matrix, place)
    vector = numpy_tree(rng, axis, deeper)
    return matmul(vector, matrix) if place == 0 else matmul(matrix, vector)


def index_tree(rng: random.Random, letters: str, depth: int) -> Tree:
    """A random formula of index notation whose free letters are among these."""
    along = {c: a for a, own in LETTERS.items() for c in own}

    def leaf() -> Tree:
        there = {along[c] for c in letters}
        wanted = rng.choice([n for n, own in AXES.items() if set(own) <= there and n not in LOWER.values()])
        return name(wanted, "".join(rng.choice([c for c in letters if along[c] == a]) for a in AXES[wanted]))

    if depth <= 0:
        return leaf() if rng.random() < 0.85 else number(rng.choice((2, 3, 1)))
    kind = rng.choice(("+", "-", "*", "*", "/", "power", "function", "sum", "sum", "leaf"))
    deeper = depth - 1
    if kind == "leaf":
        return leaf()
    if kind == "power":
        return power(index_tree(rng, letters, deeper), 2)
    if kind == "function":
        return function(rng.choice(FUNCTIONS), index_tree(rng, letters, min(deeper, 1)))
    if kind == "sum":
        bound = rng.choice([c for c in along if c not in letters] or [""])
        body = index_tree(rng, letters + bound, deeper)
        return index_sum(bound, body) if bound and bound in free(body) else body
    left = index_tree(rng, letters, deeper)
    return pair(kind, left, index_tree(rng, letters, 0 if kind == "/" else deeper))


@dataclass(frozen=True)
class Pair:
    """Two formulas and what is told of them.

    kind: "numpy" (both in NumPy's spelling), "index" (both with indices) or "mixed" (the second has indices).
    letters: those of the result. texts: in ASCII. typed: as a student may type it, with σ, Σ, − and ·.
    """

    seed: int
    kind: str
    trees: tuple[Tree, Tree]
    letters: str
    texts: tuple[str, str]
    typed: tuple[str, str]
    shapes: dict[str, tuple[int, ...]] | None
    facts: dict[str, str]

    @property
    def names(self) -> list[str]:
        """The names that stand in them."""
        return names_in(*self.trees)

    @property
    def sides(self) -> list[Side]:
        """The formulas as `compare` takes them."""
        parts = zip(self.trees, self.texts, HAS_INDICES[self.kind], strict=True)
        return [(tree, self.letters) if letters else plain for tree, plain, letters in parts]

    def __str__(self) -> str:
        told = "".join(f", {k}={v}" for k, v in (("shapes", self.shapes), ("facts", self.facts)) if v)
        return f"{self.seed}: same_formula({self.typed[0]!r}, {self.typed[1]!r}{told})"


def names_in(*trees: Tree) -> list[str]:
    """The names that stand in trees."""
    return list(dict.fromkeys(str(p.what) for t in trees for p in nodes(t) if p.op == "name"))


def random_pair(seed: int, wanted: str, given: bool) -> Pair:
    """A pair of formulas: half of the pairs are equal by construction, in the others one thing is changed.

    wanted: the kind; where a formula has no spelling with indices, the kind is "numpy". given: whether
    the shapes are told.
    """
    rng = random.Random(f"{seed} {wanted} {given}")
    kind, letters, one = _one(rng, wanted)
    two = _mistaken(one, rng, kind) if rng.random() < 0.5 else one
    two = change(two, rng, IDENTITIES, rng.choice((1, 2, 3, 4)))
    if kind == "mixed":
        try:
            with_indices = indexed(two, letters)
            kind, two = ("mixed", with_indices) if all_letters(with_indices) else ("numpy", two)
        except NoLetters:
            kind = "numpy"
    if kind == "index":
        if free(two) != letters:
            two = change(one, rng, IDENTITIES, 2)
        if not (all_letters(one) and all_letters(two)):
            kind = "numpy"
    if given or kind == "mixed":
        one, two = _with_names(one, LOWER), _with_names(two, LOWER)
    shapes = shapes_of(names_in(one, two), _sizes(rng)) if given else None
    star = rng.random() < 0.5 and kind != "numpy"
    texts = (text(one, kind != "index" or star), text(two, kind == "numpy" or star))
    known = {n: FACTS[n] for n in names_in(one, two) if n in FACTS}
    return Pair(
        seed,
        kind,
        (one, two),
        letters,
        texts,
        _spelled(texts, HAS_INDICES[kind], rng),
        shapes,
        known if rng.random() < 0.9 else {},
    )


def _one(rng: random.Random, kind: str) -> tuple[str, str, Tree]:
    """The kind of a pair, the letters of its results, and the first formula."""
    depth = rng.choice((1, 2, 2, 3, 3))
    if kind == "index":
        tree = index_tree(rng, rng.choice(("", "i", "j", "k", "ij", "jk", "ik", "jl", "l", "ijk")), depth)
        return kind, free(tree), tree
    axes = rng.choice(("", "m", "n", "J", "mn", "mJ", "Jn", "nn"))
    letters = "jl" if axes == "nn" else "".join(LETTERS[a][0] for a in axes)
    return kind, letters, numpy_tree(rng, axes, depth)


def _sizes(rng: random.Random) -> dict[str, int]:
    """Lengths of axes: all different, or as luck has it."""
    return lengths(rng) if rng.random() < 0.7 else {a: rng.choice((1, 2, 3)) for a in "mnJ"}


def _spelled(texts: tuple[str, str], has_indices: tuple[bool, bool], rng: random.Random) -> tuple[str, str]:
    """The texts in one of the spellings that mean the same; between arrays · and × may mean another product."""
    chosen = {plain: rng.choice(ways) for plain, ways in SPELLINGS.items()} if rng.random() < 0.5 else {}

    def spelled(plain: str, numbers: bool) -> str:
        ways = chosen if numbers else {**chosen, "*": "*"}
        return re.sub(r"\*\*|\*|(?<!\de)-|sigmoid|sum_", lambda found: ways.get(found[0], found[0]), plain)

    return spelled(texts[0], has_indices[0]), spelled(texts[1], has_indices[1])


def _with_names(tree: Tree, names: Mapping[str, str]) -> Tree:
    what = names.get(str(tree.what), tree.what) if tree.op == "name" else tree.what
    return replace(tree, what=what, args=tuple(_with_names(a, names) for a in tree.args))


def _mistaken(tree: Tree, rng: random.Random, kind: str) -> Tree:
    """A tree with a mistake in it."""
    new = change(tree, rng, MISTAKES, 1)
    if kind == "index":
        return new
    new = rebuilt(new)
    if any(p.op in ("T", "sum", "mean") and p.args[0].axes == "" for p in nodes(new)):
        return tree
    return tree if kind == "mixed" and not _computes(new) else new


def _computes(tree: Tree) -> bool:
    """Whether the axes of a formula in NumPy's spelling go together."""
    ones = {n: np.ones(tuple("mnJ".index(a) + 2 for a in own)) for n, own in AXES.items()}
    try:
        numpy_value(text(tree), ones, float)
    except ValueError:
        return False
    return True
