"""What is said of a class of slips: the natural reading first, two readings at most."""

from __future__ import annotations

from collections.abc import Iterable

from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.slips.hypotheses import Hypothesis
from tinygrad_lite.exercises.slips.route import Route

READINGS = 2

BARE = 60
"""From here on a slip only says what the numbers are, such as a factor 2 too much: less than any other reading."""


def _readings(alike: Iterable[Hypothesis], route: Route) -> list[tuple[str, str]]:
    """The keys and clauses of slips that give the same numbers, the natural ones first, each once."""
    found: dict[str, str] = {}
    for hypothesis in sorted(alike, key=lambda h: h.slip.natural):
        if hypothesis.slip.key not in found and (hypothesis.slip.natural < BARE or not found):
            clause = hypothesis.said(route)
            told = " ".join(found.values())
            if clause not in found.values() and not (clause.startswith("the factor ") and clause[11:] in told):
                found[hypothesis.slip.key] = clause
    return list(found.items())


def one(alike: Iterable[Hypothesis], route: Route) -> Message:
    """The message of one slip."""
    readings = _readings(alike, route)[:READINGS]
    text = " — or ".join(clause for _, clause in readings)
    parameters = {"step": route.step} | ({"or": readings[1][0]} if len(readings) > 1 else {})
    return Message(readings[0][0], parameters, _sentence(text))


def two(first: Iterable[Hypothesis], second: Iterable[Hypothesis], route: Route) -> Message:
    """The message of two slips."""
    (key, clause), (also, other) = _readings(first, route)[0], _readings(second, route)[0]
    return Message(f"{key} + {also}", {"step": route.step}, _sentence(f"two slips: {clause}; and {other}"))


def _sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:] + "."
