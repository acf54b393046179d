"""What an answer is if a slip was made: every slip of the table at every edge of a route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.quiet import quiet
from tinygrad_lite.exercises.slips.place import Place
from tinygrad_lite.exercises.slips.route import LOGITS, Route
from tinygrad_lite.exercises.slips.slip import Slip
from tinygrad_lite.exercises.slips.table import TABLE

EDGE = [slip for slip in TABLE if slip.scope == "edge"]
ANSWER = [slip for slip in TABLE if slip.scope == "answer"]
WHOLE = [slip for slip in TABLE if slip.scope == "whole"]


BARE = 60
"""From here on a slip only says what the numbers are, such as a factor 2 too much: less than any other reading. So does one at a part of a function that is
known by its name."""

INSIDE = 25
"""How much less natural a slip is at an edge inside a function that is known by its name."""


@dataclass(frozen=True)
class Hypothesis:
    """A slip at an edge, by the number of the edge in the backward pass; None for a slip of the whole answer."""

    slip: Slip
    number: int | None
    variant: str

    @property
    def of_logits(self) -> bool:
        """Whether the edge is one of a cost of logits, which the graph does not have."""
        return self.number is not None and self.number >= LOGITS

    def natural(self, route: Route) -> int:
        """How natural it is: what happens inside a function that was written by hand comes after the function's own."""
        if self.number not in route.inside:
            return self.slip.natural
        return self.slip.natural + (INSIDE if self.number in route.bridges else BARE)

    def said(self, route: Route) -> str:
        """The clause that tells it."""
        if self.number is None:
            return self.slip.say(route, self.variant)
        place = Place(route, self.number, route.gradients[route.edges[self.number].above])
        return self.slip.say(place, self.variant)

    def answer(self, route: Route, gradients: Any = None) -> Any:
        """The answer at a point if this slip was made; None where it cannot be made there.

        gradients: those on which it is made; the right ones by default.
        """
        if self.number is not None and self.number not in route.edges:
            return None
        gradients = gradients or route.gradients
        for hypothesis, found in _made(route, gradients, [self.slip], self.number):
            if hypothesis == self:
                return found
        return None

    def change(self, route: Route) -> Any:
        """What the slip adds to the gradient below its edge; None where it cannot be made."""
        assert self.number is not None
        place = Place(route, self.number, route.gradients[route.edges[self.number].above])
        return next((v - place.right for variant, v in self.slip.rule(place) if variant == self.variant), None)


@quiet()
def singles(route: Route) -> list[tuple[Hypothesis, Any]]:
    """Every hypothesis of one slip, with the answer that it gives; not finite where the slip divides by 0."""
    found: dict[Hypothesis, Any] = {}
    for number in (*route.edges, None):
        for hypothesis, answer in _made(route, route.gradients, WHOLE if number is None else EDGE + ANSWER, number):
            found.setdefault(hypothesis, answer)  # a slip at C, and at 2 C that is a multiple of it
    return list(found.items())


def _made(route: Route, gradients: Any, slips: list[Slip], number: int | None) -> Iterator[tuple[Hypothesis, Any]]:
    """Slips at one edge, or of the whole answer, on gradients that may have axes of several slips before them."""
    if number is None:
        for slip in slips:
            for variant, found in slip.rule(route, gradients[route.node]):
                yield Hypothesis(slip, None, variant), np.asarray(found)
        return
    place = Place(route, number, gradients[route.edges[number].above])
    carried, rest = route.carried[place.below], gradients[route.node] - place.right @ route.carried[place.below]
    for slip in slips:
        for variant, found in slip.rule(place):
            whole = found if slip.scope == "answer" else route.shaped(rest + found @ carried)
            yield Hypothesis(slip, number, variant), np.asarray(whole)


# --- two slips -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Two slips: the second is made on what the first has left."""

    first: Hypothesis
    second: Hypothesis

    def answer(self, route: Route) -> Any:
        """The answer at a point if both were made; None where they cannot be made there."""
        factor = dict(_factors(route)).get(self.second)
        if factor is not None:
            found = self.first.answer(route)
            return None if found is None else factor * found
        if self.first.number is None or self.first.slip.scope == "answer":
            return None
        if self.first.number not in route.edges:
            return None
        change = self.first.change(route)
        if change is None:
            return None
        return self.second.answer(route, _altered(route, {_below(route, self.first.number): change}))


def _factors(route: Route) -> list[tuple[Hypothesis, float]]:
    """The slips that multiply any answer, of whatever shape."""
    lengths = route.point.sizes.items()
    numbers = {"sign": {"": -1.0}, "factor 2": {"": 2.0}, "factor 1/2": {"": 0.5}} | {
        "1/m forgotten": {letter: float(n) for letter, n in lengths if letter in route.divided},
        "1/m twice": {letter: 1 / n for letter, n in lengths},
    }
    return [
        (Hypothesis(slip, None, variant), factor)
        for slip in WHOLE
        for variant, factor in numbers.get(slip.key, {}).items()
    ]


def pairs(route: Route, ones: list[tuple[Hypothesis, Any]]) -> Iterator[tuple[list[Hypothesis], Hypothesis, Any]]:
    """First slips, a second slip, and the answers that it gives with each of the first: an axis for these."""
    yield from _multiplied(route, ones)
    firsts = [h for h, _ in ones if h.slip.scope == "edge" and h.number is not None and h.slip.paired]
    if not firsts:
        return
    together: dict[Any, Any] = {}
    for k, first in enumerate(firsts):
        assert first.number is not None
        below = _below(route, first.number)
        if below not in together:
            together[below] = np.zeros((len(firsts), *route.gradients[below].shape))
        together[below][k] = first.change(route)
    altered = _altered(route, together)
    common = [slip for slip in EDGE + ANSWER if slip.paired]
    for number in route.edges:
        for second, answers in _made(route, altered, common, number):
            yield firsts, second, answers
    for second, answers in _made(route, altered, [s for s in WHOLE if s.key == "transposed"], None):
        yield firsts, second, answers


def _multiplied(route: Route, ones: list[tuple[Hypothesis, Any]]) -> Iterator[tuple[list[Hypothesis], Hypothesis, Any]]:
    """Any slip that is no factor itself, and a wrong sign or factor of the whole."""
    shapes: dict[tuple[int, ...], list[tuple[Hypothesis, Any]]] = {}
    for hypothesis, answer in ones:
        if hypothesis.number is not None or hypothesis.slip.key in MULTIPLIED:
            shapes.setdefault(answer.shape, []).append((hypothesis, answer))
    for group in shapes.values():
        answers = np.array([a for _, a in group])
        for second, factor in _factors(route):
            yield [h for h, _ in group], second, factor * answers


MULTIPLIED = ("transposed", "gradient of another cost", "gradient of another step", "a number for a parameter")
"""Slips of the whole answer that come together with a factor."""


def in_order(route: Route, first: Hypothesis, second: Hypothesis) -> bool:
    """Whether the second slip is made on what the first has left: not at the same edge, and not above it."""
    if first.number is None or second.number is None:
        return True
    start, end = _below(route, second.number), route.edges[first.number].above
    return first.number != second.number and not route.leads(start, end)


def _below(route: Route, number: int) -> Any:
    """The node of the graph below an edge."""
    below = route.edges[number].below
    return route.same.get(below, below)


def _altered(route: Route, changes: dict[Any, Any]) -> dict[Any, Any]:
    """All gradients after changes at some nodes; changes may have an axis of several slips before them."""
    found = dict(route.gradients)
    leading: dict[Any, list[Any]] = {}
    for edge in route.own.values():
        leading.setdefault(edge.below, []).append(edge)
    moved: dict[Any, Any] = {}
    for node in route.backward.nodes:
        parts = [moved[edge.above] @ edge.matrix for edge in leading.get(node, []) if edge.above in moved]
        if node in changes:
            parts.append(changes[node])
        if parts:
            moved[node] = sum(parts)
            found[node] = route.gradients[node] + moved[node]
    return found
