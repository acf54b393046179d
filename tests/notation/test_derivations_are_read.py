"""Every formula and every side of every step of the lecture's derivations is read back, as text and as LaTeX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from examples.lecture import SECTIONS
from tests.helpers.slow import slow
from tests.helpers.spellings import entropy_spellings, likelihood_spellings
from tests.helpers.written import key, spread, value
from tinygrad_lite.derivations import Derivation, derive
from tinygrad_lite.notation import formula as f
from tinygrad_lite.notation.formula import latex, unicode
from tinygrad_lite.typed.graphs import graph_of, read
from tinygrad_lite.typed.spelling import canonical

SPELLINGS = {**entropy_spellings(), **likelihood_spellings()}
FEW = ["library, plain", "textbook, quotient", "naive, indices", "logits, log_softmax"]
LENGTH = 3


def formulas(derivation: Derivation) -> Iterator[f.Notation]:
    """What a derivation shows."""
    for step in [*derivation.steps, *(s for lines in derivation.lemmas().values() for s in lines)]:
        yield from step.nodes
    for formula in derivation.formulas.values():
        yield formula.node
    for pair in derivation.given():
        yield from pair


def axes(node: f.Notation) -> dict[str, int]:
    """The names in a formula and how many axes each has."""
    match node:
        case f.Partial(bottom=f.Name(subs=subs)) | f.Name(subs=subs):
            return {key(node): len(subs)}
        case f.Iverson(condition=f.Relation(symbol="=")):
            return {}
        case f.Applied(argument=argument, more=more):
            inside: list[f.Notation] = [argument, *more]
        case _:
            inside = node.inside()
    return {name: number for part in inside for name, number in axes(part).items()}


def read_back(node: f.Notation) -> None:
    """Read the text and the LaTeX of a formula; both have the formula's value at a random point."""
    rng = np.random.default_rng(4)
    values: dict[str, Any] = {n: rng.uniform(0.2, 0.9, size=(LENGTH,) * axes) for n, axes in axes(node).items()}
    wanted = value(node, {**values, "length": LENGTH})
    for text in (unicode(node), latex(node)):
        found, letters = graph_of(read(text, values), {canonical(n): v for n, v in values.items()})
        data = found.numpy() if isinstance(found, tg.Tensor) else found
        one, two = np.broadcast_arrays(spread(data, tuple(letters)), wanted)
        np.testing.assert_allclose(one, two, rtol=1e-9, err_msg=text)


@pytest.mark.parametrize("title", [title for title, _ in SECTIONS])
def test_the_lecture_page_is_read_back(title: str) -> None:
    made = dict(SECTIONS)[title]()
    if not isinstance(made, Derivation):
        assert "proved" in made
        return
    found = list(dict.fromkeys(formulas(made)))
    for node in found:
        read_back(node)
    assert len(found) > 4


@pytest.mark.parametrize("spelling", FEW + slow(*(s for s in SPELLINGS if s not in FEW)))
def test_every_spelling_is_read_back(spelling: str) -> None:
    for node in dict.fromkeys(formulas(derive(*SPELLINGS[spelling]()))):
        read_back(node)
