"""What is printed is read back to the same value, as text and as LaTeX: random trees, whatever is in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_lite as tg
from tests.helpers.written import spread, value
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.notation import formula as f
from tinygrad_lite.notation.formula import latex, named, unicode
from tinygrad_lite.typed.graphs import graph_of, read
from tinygrad_lite.typed.spelling import canonical

LENGTHS = {"i": 3, "j": 4, "k": 4, "l": 2}
rng = np.random.default_rng(4)
NAMES = {
    "x": 2, "w": 2, "y": 1, "a": 1, "δ": 1, "z2": 2, "a12": 1, "m": 0, "e": 0, "σ": 0, "λ": 0, "T": 0, "L": 0, "d2": 0,
    "dx": 0, "dw": 0, "learning_rate": 0, "log": 0, "x_max": 1, "ŷ": 1, "∂C/∂w": 2, "∂C/∂b": 0, "x2": 0, "größe": 0,
}  # fmt: skip
"""Names and how many axes they have; some are meant to be mistaken."""

AXES = {
    "x": "ij",
    "w": "jk",
    "y": "i",
    "a": "j",
    "δ": "k",
    "z2": "ik",
    "a12": "k",
    "x_max": "j",
    "ŷ": "j",
    "∂C/∂w": "jk",
}
VALUES = {n: rng.uniform(0.2, 0.9, size=tuple(LENGTHS[c] for c in AXES.get(n, ""))) for n in NAMES}


VALUES["length"] = np.asarray(4)


def leaf(name: str) -> f.Notation:
    """A name at its indices, a derivative as one."""
    subs = tuple(AXES.get(name, ""))
    if name.startswith("∂"):
        top, bottom = name[1:].split("/∂")
        return f.Partial(f.Name(top), f.Name(bottom, subs))
    return named(name, subs)


def nodes(inner: st.SearchStrategy[f.Notation]) -> st.SearchStrategy[f.Notation]:
    """One level of a formula around others."""
    relation = st.builds(f.Relation, inner, st.sampled_from("><≥≤"), inner)
    words = st.sampled_from([f.Name(n) for n in ("log", "sin", "tanh", "relu", "σ")] + [f.Name("σ", (), 1)])
    terms = st.lists(st.tuples(st.sampled_from((1, -1)), inner), min_size=1, max_size=3).map(tuple)
    parts = st.lists(inner, min_size=2, max_size=4).map(tuple)
    exponents = st.sampled_from([f.Num("2"), f.Num("3"), f.Num("−1"), f.Name("T"), f.Name("L"), f.Name("m"), leaf("y")])
    return st.one_of(
        st.builds(f.Quotient, inner, inner),
        st.builds(f.Power, inner, exponents | inner),
        st.builds(f.Exponential, inner),
        st.builds(f.Root, inner),
        st.builds(f.Absolute, inner),
        st.builds(f.Applied, words, inner),
        st.builds(lambda x, y: f.Applied(f.Name("max"), x, (y,)), inner, inner),
        st.builds(f.Times, parts, st.sampled_from(("", "·"))),
        st.builds(f.Plus, terms),
        inner.map(lambda body: f.Big("".join(sorted(body.free())[:2]), body) if body.free() else body),
        st.builds(f.Iverson, relation),
        st.builds(lambda v, c, w: f.Cases(((v, c), (w, None))), inner, relation, inner),
    )


NUMBERS = st.sampled_from(["2", "3", "0.5", "10"]).map(f.Num)
OTHERS = st.sampled_from(
    [
        f.Times((f.Iverson(f.Relation(f.Name("j"), "=", f.Name("k"))), leaf("w"))),
        f.Times((leaf("a"), f.Iverson(f.Relation(f.Name("j"), "=", f.Num("2"))))),
        f.Name("x", ("0", "j")),
        f.Name("z", ("i", "1"), 0, "2"),
        f.Name("w", ("j", "j")),
    ]
)
TREES = st.recursive(st.sampled_from(sorted(NAMES)).map(leaf) | NUMBERS | OTHERS, nodes, max_leaves=8)


def read_back(text: str) -> Any:
    """The value of a text, with an axis for each letter."""
    with np.errstate(all="ignore"):
        found, letters = graph_of(read(text, VALUES), {canonical(n): v for n, v in VALUES.items()})
    return spread(found.numpy() if isinstance(found, tg.Tensor) else np.asarray(found, dtype=float), tuple(letters))


def same(tree: f.Notation) -> None:
    """Read a formula's text and its LaTeX, and compare the values."""
    with np.errstate(all="ignore"):
        wanted = value(tree, VALUES)
    for text in (unicode(tree), latex(tree)):
        try:
            found = read_back(text)
        except FormulaError as error:
            if "division by zero" not in str(error):
                raise
            return
        one, two = np.broadcast_arrays(found, wanted)
        fine = np.isfinite(two)
        np.testing.assert_allclose(one[fine], two[fine], rtol=1e-9, atol=1e-12, err_msg=text)


@given(TREES)
def test_every_tree_is_read_back(tree: f.Notation) -> None:
    same(tree)
