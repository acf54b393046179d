"""What is said of a class of slips: the natural reading first, two readings at most."""

from __future__ import annotations

from collections.abc import Iterable

from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.slips.hypotheses import BARE, Hypothesis
from tinygrad_lite.exercises.slips.route import Route
from tinygrad_lite.exercises.slips.words import Unsaid

READINGS = 2


def _readings(alike: Iterable[Hypothesis], route: Route) -> list[tuple[str, str]]:
    """The keys and clauses of slips that give the same numbers, the natural ones first, each once.

    A slip at a function that is nowhere in the cost, such as the softmax of a cost of logits, is told alone only.
    """
    found: dict[str, str] = {}
    for hypothesis in sorted(alike, key=lambda h: h.natural(route)):
        more = hypothesis.natural(route) < BARE and not hypothesis.of_logits
        if hypothesis.slip.key not in found and (more or not found):
            try:
                clause = hypothesis.said(route)
            except Unsaid:
                continue
            told = " ".join(found.values())
            if clause not in found.values() and not (clause.startswith("the factor ") and clause[11:] in told):
                found[hypothesis.slip.key] = clause
    return list(found.items())


def one(alike: Iterable[Hypothesis], route: Route) -> Message | None:
    """The message of one slip; None where it has no words."""
    readings = _readings(alike, route)[:READINGS]
    if not readings:
        return None
    text = " — or ".join(clause for _, clause in readings)
    parameters = {"step": route.step} | ({"or": readings[1][0]} if len(readings) > 1 else {})
    return Message(readings[0][0], parameters, _sentence(text))


def two(first: Iterable[Hypothesis], second: Iterable[Hypothesis], route: Route) -> Message | None:
    """The message of two slips; None where one of them has no words."""
    readings = [_readings(alike, route)[:1] for alike in (first, second)]
    if not all(readings):
        return None
    (key, clause), (also, other) = (reading[0] for reading in readings)
    return Message(f"{key} + {also}", {"step": route.step}, _sentence(f"two slips: {clause}; and {other}"))


def _sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:] + "."
