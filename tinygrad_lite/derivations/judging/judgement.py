"""The judgement in one reading: normal form first, then what refutes it, then points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.derivations.judging import domains
from tinygrad_lite.derivations.judging.forms import (
    Forms,
    forms,
    lengths,
    numbers_of,
    shortest,
    tensors,
)
from tinygrad_lite.derivations.judging.layouts import Layout
from tinygrad_lite.derivations.judging.points import (
    POINTS,
    Difference,
    exact_difference,
    float_difference,
    random_data,
    random_lengths,
)
from tinygrad_lite.derivations.judging.sides import Facts, Side
from tinygrad_lite.derivations.judging.zero import WORK, is_zero, never_zero
from tinygrad_lite.derivations.normal.budgets import BudgetError, budget
from tinygrad_lite.derivations.normal.terms import ZERO, Value
from tinygrad_lite.derivations.writing.display import Writer
from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.notation.formula import unicode

EXACT = 6
"""On how many points of fractions rational formulas are compared that were proved equal."""

SEEDS = 6
"""On how many data a function of arrays is read, to see whether its graph depends on them."""

LONGEST = 120
"""How many signs a difference has at most that is shown."""


@dataclass(frozen=True)
class Sameness:
    """The answer of `same_formula`: true or false as a condition, ``how`` it was decided, and why.

    It is true where the formulas are equal wherever both are defined. ``domain`` says where that is,
    such as "x > 0", where one of them is defined on more. In a false answer it says where the formulas
    are equal all the same, where that is known. Else it is "".
    ``how`` is "proved", "random points" or "shapes". A false answer has the ``difference`` of the
    formulas, where it is short, a ``point`` where they differ, and the ``element`` of the result that
    differs there, with both ``values``.

    See also: tg.same_formula, tg.Derivation.check.

    >>> from tinygrad_lite import same_formula
    >>> answer = same_formula("2 * x", "x**2")
    >>> bool(answer), answer.how, answer.difference
    (False, 'proved', 'x (2 − x)')
    """

    same: bool
    how: str
    reason: str
    point: dict[str, Any] | None = None
    domain: str = ""
    difference: str = ""
    element: tuple[int, ...] = ()
    values: tuple[float, float] | None = None

    def __bool__(self) -> bool:
        return self.same

    def verdict(self) -> str:
        """the same, not the same, or the same where x > 0."""
        if not self.same:
            return "not the same"
        return f"the same where {self.domain}" if self.domain else "the same"

    def __str__(self) -> str:
        return f"{self.verdict()} ({self.how}): {self.reason}"


def judge(sides: Sequence[Side], reading: Layout, facts: Facts) -> Iterator[tuple[Layout, Sameness]]:
    """The answer in a reading; one for each way in which m, n, J may be lengths, where these matter."""
    if reading.order is None:
        shown = f"the results have shapes {reading.shown(0)} and {reading.shown(1)}"
        yield reading, Sameness(False, "shapes", shown)
        return
    found = _read(sides, reading, facts)
    if found is not None and not found.sizes():
        yield reading, _judged(sides, reading, facts, found)
        return
    for bound in reading.bindings():
        again = _read(sides, bound, facts) if bound.bound else found
        yield bound, _judged(sides, bound, facts, again)


def _read(sides: Sequence[Side], reading: Layout, facts: Facts) -> Forms | None:
    """The normal forms, read on axes of lengths that no number of the formulas could be taken for."""
    try:
        long = random_lengths(reading, 0)
        point = tensors(reading, random_data(reading, facts, long, 0))
        numbers = numbers_of(sides, point)
    except TinygradLiteError:
        return None
    long = lengths(reading, numbers)
    found = forms(sides, reading, facts, random_data(reading, facts, long, 0))
    if any(s.function is not None for s in sides):  # it may look at its numbers, as z.numpy() > 0 does
        for seed in range(1, SEEDS):
            again = forms(sides, reading, facts, random_data(reading, facts, long, seed))
            if again is None or found is None or again.difference != found.difference:
                return None
    return found


def _judged(sides: Sequence[Side], reading: Layout, facts: Facts, found: Forms | None) -> Sameness:
    if found is None or found.opaque & found.difference.names:
        return _by_points(sides, reading, facts, None if found is None or found.opaque else found)
    wanted = [domains.conditions(found, n) for n in (0, 1)]
    domain = domains.one_sided(*wanted)
    text = " and ".join(c.text(found.writer()) for c in domain)
    difference = found.difference
    if difference != ZERO and (wanted[0] or wanted[1]):
        try:
            with budget(WORK):
                difference = domains.under(difference, [*wanted[0], *wanted[1]])
        except BudgetError:
            pass
    if is_zero(difference):
        apart, _ = exact_difference(sides, reading, facts, EXACT)
        if apart is not None:
            return differs(apart, "random points", "", "")
        return Sameness(True, "proved", "their difference has the normal form 0", domain=text)
    return _by_points(sides, reading, facts, None if found.opaque else found, text)


def _by_points(
    sides: Sequence[Side], reading: Layout, facts: Facts, form: Forms | None, domain: str = ""
) -> Sameness:  # fmt: skip
    apart, compared = exact_difference(sides, reading, facts, POINTS)
    if apart is None and compared < POINTS:
        apart, floats = float_difference(sides, reading, facts, form)
        compared = max(compared, floats)
    if apart is None:
        if not compared:
            raise FormulaError(
                "the formulas are finite at no random point; give facts such as {'a': 'in (0, 1)'}, or other shapes."
            )
        reason = (
            f"equal on {compared} random point{'' if compared == 1 else 's'}; the normal form proves it neither way"
        )
        return Sameness(True, "random points", reason, domain=domain)
    if form is None:
        return differs(apart, "random points", "", "")
    where = domains.vanishes_where(form.difference, form.writer())
    return differs(apart, "proved" if never_zero(form.difference) else "random points", _text(form), where)


def differs(apart: Difference, how: str, text: str, where: str) -> Sameness:
    """A false answer: the difference, and a point where one element shows it."""
    place = f"element {list(apart.element)} is" if apart.element else "they are"
    digits = next((n for n in (6, 9, 12) if f"{apart.one:.{n}g}" != f"{apart.two:.{n}g}"), 17)
    point = f"at a random point {place} {apart.one:.{digits}g} and {apart.two:.{digits}g}"
    scalars = {n: float(v) for n, v in apart.point.items() if np.ndim(v) == 0}
    if len(scalars) == len(apart.point) and 0 < len(scalars) <= 4:
        point += " (" + ", ".join(f"{n} = {v:.6g}" for n, v in scalars.items()) + ")"
    reason = f"their difference is {text}; {point}" if text else point
    if where:
        reason += f"; they are the same where {where}"
    return Sameness(False, how, reason, apart.point, where, text, apart.element, (apart.one, apart.two))


def _text(form: Forms) -> str:
    """The difference as it is read, where it is short."""
    return "" if form.opaque & form.difference.names else shown(form.difference, form.writer())


def shown(difference: Value, writer: Writer) -> str:
    """A difference as it is read, "" where it is long."""
    text = unicode(writer(shortest(difference)))
    return text if len(text) <= LONGEST else ""


__all__ = ["Sameness", "judge"]
