"""Whether two formulas are the same: proved by the normal form, or decided on random points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinygrad_lite.derivations.judging.judgement import Sameness, judge
from tinygrad_lite.derivations.judging.layouts import Layout, layout
from tinygrad_lite.derivations.judging.ranks import rankings
from tinygrad_lite.derivations.judging.sides import Side, given_facts, given_shapes
from tinygrad_lite.errors import FormulaError, TinygradLiteError

__all__ = ["Sameness", "same_formula"]


def same_formula(
    f: str | Callable[..., Any] | Any,
    g: str | Callable[..., Any] | Any,
    *,
    shapes: Mapping[str, Sequence[int]] | None = None,
    facts: Mapping[str, str | Sequence[str]] | None = None,
) -> Sameness:
    """Decide whether two formulas are the same, and say how it was decided.

    f, g: texts in NumPy's spelling or in index notation, functions of arrays (their parameters are
    the names), or formulas and steps of a derivation. shapes: the shape of each name; without it,
    capital letters are matrices, lower-case letters vectors or scalars by how both formulas use
    them. facts: what is known of a name, such as {"y": "one_hot"}, {"a": "in (0, 1)"}.

    Sizes such as m and n are never numbers: the lengths of axes are free. The answer is true where
    the formulas are equal wherever both are defined; ``domain`` then says where that is, if not
    everywhere that one of them is.
    Raises FormulaError for a text that cannot be read, for names whose shapes do not fit, and where
    the names can be read as vectors or as matrices and the answers differ: pass shapes= then.

    See also: tg.derive, tg.Derivation.check, tg.derivations.Sameness.

    >>> import tinygrad_lite as tg
    >>> print(tg.same_formula("x.T @ (a - y) / m", "sum_i x_ij (a_i - y_i) / m"))
    the same (proved): their difference has the normal form 0
    >>> bool(tg.same_formula("W.T @ delta", "W @ delta"))
    False
    >>> print(tg.same_formula("x/x", "1"))
    the same where x ≠ 0 (proved): their difference has the normal form 0
    """
    values = {*(shapes or ()), *(facts or ()), *getattr(f, "shapes", ()), *getattr(g, "shapes", ())}
    sides = [Side.of(f, values), Side.of(g, values)]
    known = given_shapes(sides, shapes)
    own = given_facts(sides, facts, known)
    trouble: Exception | None = None
    answers: list[tuple[Layout, Sameness]] = []
    for ranking in rankings(sides, known, own):
        for ranks in ranking if not answers else []:
            try:
                reading = layout(sides, ranks, known)
            except TinygradLiteError as error:
                trouble = trouble or error
                continue
            if answers and reading.squares():
                continue  # x @ x: that x is a vector is more plausible than that it is square
            for bound, answer in judge(sides, reading, own):
                answers.append((bound, answer))
                if answer.same != answers[0][1].same:
                    raise _several(answers[0], answers[-1])
    if not answers:
        raise trouble or FormulaError("no shapes were found that fit both formulas. Pass shapes={...}.")
    return _weakest([answer for _, answer in answers])


def _weakest(answers: list[Sameness]) -> Sameness:
    """One answer for all readings: proved only where it is proved in each."""
    first = answers[0]
    if first.same:
        return next((a for a in answers if a.how != "proved"), first)
    return next((a for a in answers if a.how != "shapes"), first)


def _several(one: tuple[Layout, Sameness], two: tuple[Layout, Sameness]) -> FormulaError:
    """The error that lists two readings with different answers."""
    lines = []
    for (reading, answer), (other, _) in ((one, two), (two, one)):
        parts = [f"{n} {reading.shape(n)}" for n in reading.names if len(reading.axes[n]) != len(other.axes[n])]
        bound, others = (r.bound or {} for r in (reading, other))
        for name in dict.fromkeys((*bound, *others)):
            if bound.get(name) != others.get(name):
                parts.append(f"{name} {reading.length_of(name)}")
        lines.append(f"with {' and '.join(parts) or 'one reading'} they are {answer.verdict()}")
    names = ", ".join(f"{n!r}: (...)" for n in one[0].names if n not in (one[0].bound or {}))
    return FormulaError(
        f"the formulas can be read in more than one way, and the answers differ: {'; '.join(lines)}. "
        f"Pass shapes={{{names}}}."
    )
