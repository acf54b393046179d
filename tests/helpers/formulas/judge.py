"""The truth about a pair of formulas, and what is wrong with an answer of `same_formula`."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.helpers.formulas.exact import (
    RATIONAL,
    SIZES,
    Comparison,
    Exact,
    Shapes,
    Side,
    compare,
    lengths,
    precise,
    rational,
    shapes_of,
)
from tests.helpers.formulas.pairs import Pair
from tests.helpers.formulas.readings import Reading, readings
from tests.helpers.formulas.trees import nodes
from tinygrad_lite.derivations import same_formula
from tinygrad_lite.errors import FormulaError

SAME, DIFFERENT = "the same", "not the same"
ASK = "the readings differ"
MISFIT = "the axes do not go together"
OPEN = "nothing is said"
"""Where the truth hangs on a convention that the texts do not tell, or no point has both values."""

FEWEST = 3
"""On how many elements formulas must be equal to be the same."""


@dataclass(frozen=True)
class Truth:
    """The truth about a pair; ``partial`` where one formula is undefined at points where the other is not."""

    word: str
    partial: bool = False


def truth_of_texts(f: str, g: str, *, shapes: Shapes | None = None, facts: Mapping[str, str] | None = None) -> Truth:
    """The truth about two texts in NumPy's spelling.

    >>> truth_of_texts("W.T @ delta", "W @ delta").word
    'not the same'
    >>> truth_of_texts("sum(a*b)", "a*sum(b)").word
    'the readings differ'
    """
    return _of_numpy([f, g], precise, shapes, facts or {}, 0)


def truth(pair: Pair) -> Truth:
    """The truth about a random pair."""
    operations = {part.op for tree in pair.trees for part in nodes(tree)}
    exact = rational if operations <= RATIONAL and "rows sum to 1" not in pair.facts.values() else precise
    if pair.kind == "numpy":
        return _of_numpy(list(pair.texts), exact, pair.shapes, pair.facts, pair.seed)
    rng = random.Random(pair.seed)
    usual = [shapes_of(pair.names, lengths(rng)) for _ in range(2)]
    found = _with_indices(pair, usual, exact)
    if pair.shapes is None:
        return found
    given = _with_indices(pair, [pair.shapes] * 2, exact)
    return given if given.word in (found.word, MISFIT, DIFFERENT) else Truth(OPEN)


def _with_indices(pair: Pair, shapes: Sequence[Shapes], exact: Exact) -> Truth:
    """The truth where one formula has indices; its axes have no order of their own."""
    orders = {pair.letters, pair.letters[::-1]} if pair.kind == "mixed" and len(pair.letters) == 2 else {pair.letters}
    found = set()
    for letters in orders:
        sides = [s if isinstance(s, str) else (s[0], letters) for s in pair.sides]
        found.add(_at(sides, shapes, pair.facts, exact, pair.seed))
    words = {f.word for f in found}
    if len(words) == 1:
        return next(iter(found))
    square = pair.letters == "jl" or any(len(set(s)) < len(s) for shape in shapes for s in shape.values())
    return Truth(OPEN) if square or SAME not in words else next(f for f in found if f.word == SAME)


def _of_numpy(texts: Sequence[str], exact: Exact, shapes: Shapes | None, facts: Mapping[str, str], seed: int) -> Truth:
    """The truth about two texts in NumPy's spelling, over all their readings or for the shapes that are given."""
    known = {n: len(s) for n, s in (shapes or {}).items()}
    every = list(readings(texts, known))
    if not every:
        return Truth(MISFIT) if shapes is None else _at(texts, [shapes] * 2, facts, exact, seed)
    kept = next(k for k in ([r for r in every if r.usual], [r for r in every if r.plain], every) if k)
    found = [_of_reading(texts, r, exact, facts, seed) for r in kept]
    words = {f.word for f in found} - {OPEN}
    partial = any(f.partial for f in found)
    if shapes is not None:
        given = _at(texts, [shapes] * 2, facts, exact, seed)
        return given if given.word in (MISFIT, DIFFERENT) or {given.word} == words else Truth(OPEN)
    if not words:
        return Truth(OPEN)
    return Truth(words.pop() if len(words) == 1 else ASK, partial)


def _of_reading(texts: Sequence[str], reading: Reading, exact: Exact, facts: Mapping[str, str], seed: int) -> Truth:
    if not reading.same_shape:
        return Truth(DIFFERENT)
    if any(f in ("one_hot", "rows sum to 1") and not reading.ranks.get(n, 1) for n, f in facts.items()):
        return Truth(OPEN)
    return _at(texts, [reading.shapes(0), reading.shapes(2)], facts, exact, seed)


def _at(sides: Sequence[Side], shapes: Sequence[Shapes], facts: Mapping[str, str], exact: Exact, seed: int) -> Truth:
    """The truth for given shapes."""
    try:
        found = compare(sides, shapes, facts, exact, seed)
    except (ValueError, IndexError):
        return Truth(MISFIT)
    if found.equal:
        return Truth(SAME if found.elements >= FEWEST else OPEN, found.partial)
    return Truth(OPEN if _same_with_sizes(sides, shapes, facts, exact, seed) else DIFFERENT)


def _same_with_sizes(
    sides: Sequence[Side], shapes: Sequence[Shapes], facts: Mapping[str, str], exact: Exact, seed: int
) -> bool:
    """Whether formulas would be equal if m, n or J were the length of some axis: whether it is, is convention."""

    def equal(size: str, of: tuple[str, int]) -> bool:
        found: Comparison = compare(sides, shapes, facts, exact, seed, {size: of})
        return found.equal and found.elements >= FEWEST

    axes = [(n, k) for n, own in shapes[0].items() for k in range(len(own))]
    return any(equal(size, of) for size in SIZES if size in shapes[0] for of in axes)


@dataclass(frozen=True)
class Verdict:
    """What is wrong with an answer (nothing: None), and the answer as text."""

    wrong: str | None
    answer: str
    refused: bool = False


def verdict(pair: Pair, told: Truth | None = None) -> Verdict:
    """Ask `same_formula`, and judge its answer."""
    known = told or truth(pair)
    try:
        answer: Any = same_formula(*pair.typed, shapes=pair.shapes, facts=pair.facts or None)
    except FormulaError as error:
        return Verdict(_refusal(pair, known), f"refused: {error}", True)
    except Exception as error:
        return Verdict("crash", repr(error))
    said = SAME if answer.same else DIFFERENT
    if known.word == MISFIT:
        return Verdict("answered where the axes do not go together", str(answer))
    if known.word == OPEN or (known.word == ASK and said == DIFFERENT):
        return Verdict(None, str(answer))
    if said != known.word:
        return Verdict(f"wrong '{said}'" + (" (proved)" if answer.how == "proved" else ""), str(answer))
    if said == SAME and known.partial and not getattr(answer, "domain", ""):
        return Verdict("no word of the domain", str(answer))
    return Verdict(None, str(answer))


def _refusal(pair: Pair, known: Truth) -> str | None:
    if known.word in (MISFIT, OPEN):
        return None
    if pair.shapes is not None:
        return "refused where shapes are given"
    return None if pair.kind == "numpy" else "refused a formula with indices"


__all__ = ["ASK", "DIFFERENT", "MISFIT", "OPEN", "SAME", "Truth", "Verdict", "truth", "truth_of_texts", "verdict"]
