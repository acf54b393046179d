"""Which slip explains a wrong answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.quiet import quiet
from tinygrad_lite.exercises.message import Message
from tinygrad_lite.exercises.slips.hypotheses import Hypothesis, Pair, in_order, pairs, singles
from tinygrad_lite.exercises.slips.messages import one, two
from tinygrad_lite.exercises.slips.route import Route

_KNOWN: WeakKeyDictionary[Definition, dict[Any, Any]] = WeakKeyDictionary()
"""The hypotheses of steps at the first point, where the work stands on right gradients: they are needed again."""


def diagnosed(
    exercise: Definition, step: str, values: Sequence[Any], given: Mapping[str, Sequence[Any]]
) -> Message | None:
    """The slip that explains the answers of a step at all points; None where no slip of the table does.

    values: the learner's numbers at [*exercise.points, *exercise.unseen], of whatever shape. given: gradients of
    steps above, per point, that the work stands on: first only edges below the next of these are altered, then those
    below the ones after that, and at last all edges. Each slip is found at the first point and must give the same numbers at all others.
    """
    answers = [np.asarray(value) for value in values]
    if any(a.dtype.kind not in "fiub" or not np.isfinite(a).all() for a in answers):
        return None
    with quiet():
        return _found(exercise, step, answers, given)


def _found(exercise: Definition, step: str, answers: list[Any], given: Mapping[str, Sequence[Any]]) -> Message | None:
    works = [Work(exercise, step, answers, given)]
    while works[-1].given:
        works.append(Work(exercise, step, answers, works[-1].above()))
    if any(work.right() for work in works):
        return None
    return next((m for find in (Work.single, Work.pair) for work in works if (m := find(work)) is not None), None)


class Work:
    """The answers of a step at all points, and the routes that they may have gone wrong on."""

    def __init__(self, exercise: Definition, step: str, answers: list[Any], given: Mapping[str, Sequence[Any]]) -> None:
        self.exercise = exercise
        self.step = step
        self.answers = answers
        self.points = [*exercise.points, *exercise.unseen]
        self.given = given
        self._routes: dict[int, Route] = {}
        single = any(a.dtype == np.float32 for a in answers)
        self.tolerance = 1e-4 if single else TOLERANCE

    def route(self, number: int) -> Route:
        """The route at a point."""
        if number not in self._routes:
            own = {name: values[number] for name, values in self.given.items()}
            self._routes[number] = Route(self.points[number], self.step, own)
        return self._routes[number]

    def above(self) -> dict[str, Sequence[Any]]:
        """What is given but for the next gradients above the step."""
        ends = {edge.above for edge in self.route(0).own.values()}
        nodes = self.points[0].nodes
        kept = {name: values for name, values in self.given.items() if nodes[name] not in ends}
        return kept if len(kept) < len(self.given) else {}

    def right(self) -> bool:
        """Whether the answers are right, so that there is no slip."""
        routes = map(self.route, range(len(self.points)))
        return all(self.same(n, route.shaped(route.right)) for n, route in enumerate(routes))

    def same(self, number: int, hypothesis: Any) -> bool:
        """Whether the answer at a point is what a hypothesis gives."""
        answer = self.answers[number]
        return (
            hypothesis is not None
            and answer.shape == hypothesis.shape
            and bool(agreeing(answer, hypothesis[None], self.tolerance, self.floor(number))[0])
        )

    def _cancels(self) -> bool:
        """Whether the answers are 0 but for rounding: then a sum says best where that comes from."""
        sizes = [float(np.abs(answer).max(initial=0.0)) for answer in self.answers]
        return any(sizes) and all(size <= self.floor(n) for n, size in enumerate(sizes))

    def floor(self, number: int) -> float:
        """How far sums that cancel to 0 may be apart."""
        return self.tolerance * 1e-6 * float(np.abs(self.route(number).right).max(initial=0.0))

    def single(self) -> Message | None:
        """The one slip that explains the answers."""
        found = [h for h in self._matching(self._singles()) if self._elsewhere(h)]
        if self._cancels():
            found = [h for h in found if h.slip.key in SUMMED] or found
        return one(found, self.route(0)) if found else None

    def pair(self) -> Message | None:
        """The two slips that explain the answers, if there is one reading only."""
        if not any(answer.any() for answer in self.answers):
            return None  # 0 is what many pairs give
        ones = self._singles()
        classes = {h: _key(a) for h, a in ones}
        readings: dict[Any, list[Pair]] = {}
        for firsts, second, answers in pairs(self.route(0), ones):
            if answers.shape != (len(firsts), *self.answers[0].shape):
                continue  # another shape, or nothing that a first slip changes is below
            for k in np.flatnonzero(agreeing(self.answers[0], answers, self.tolerance, self.floor(0))):
                first = firsts[k]
                if not in_order(self.route(0), first, second):
                    continue
                readings.setdefault(frozenset((classes[first], classes[second])), []).append(Pair(first, second))
        verified = (next(filter(self._elsewhere, alike), None) for alike in readings.values())
        left = [pair for pair in verified if pair is not None]
        common = [pair for pair in left if pair.first.slip.paired and pair.second.slip.paired]
        left = _of_the_whole(common or left, classes)
        if len(left) != 1:
            return None
        alike = [[h for h in classes if self._alike(h, own, classes)] for own in (left[0].first, left[0].second)]
        return two(alike[0], alike[1], self.route(0))

    def _alike(self, hypothesis: Hypothesis, other: Hypothesis, classes: Mapping[Hypothesis, Any]) -> bool:
        """Whether two slips give the same numbers at all points."""
        if classes[hypothesis] != classes[other]:
            return False
        routes = [self.route(n) for n in range(1, len(self.points))]
        return all(_key(hypothesis.answer(route)) == _key(other.answer(route)) for route in routes)

    def _singles(self) -> list[tuple[Hypothesis, Any]]:
        known = _KNOWN.setdefault(self.exercise, {})
        own = {name: self.points[0].truth[name] for name in self.given}
        if not all(np.array_equal(self.given[name][0], truth) for name, truth in own.items()):
            return singles(self.route(0))
        key = (self.step, frozenset(own))
        if key not in known:
            known[key] = singles(self.route(0))
        return known[key]  # type: ignore[no-any-return]

    def _matching(self, ones: list[tuple[Hypothesis, Any]]) -> Iterator[Hypothesis]:
        alike = [(h, a) for h, a in ones if a.shape == self.answers[0].shape]
        if alike:
            same = agreeing(self.answers[0], np.array([a for _, a in alike]), self.tolerance, self.floor(0))
            yield from (h for (h, _), agrees in zip(alike, same, strict=True) if agrees)

    def _elsewhere(self, hypothesis: Hypothesis | Pair) -> bool:
        """Whether a hypothesis gives the answers at the other points, too."""
        return all(self.same(n, hypothesis.answer(self.route(n))) for n in range(1, len(self.points)))


def _of_the_whole(pairs: list[Pair], classes: Mapping[Hypothesis, Any]) -> list[Pair]:
    """Pairs without those with the wrong sign of a part, where it is that of the whole beside the same other slip."""
    signed = {classes[pair.first] for pair in pairs if pair.second.slip.key == "sign"}

    def of_a_part(pair: Pair) -> bool:
        both = ((pair.first, pair.second), (pair.second, pair.first))
        return any(h.slip.key == "sign of a part" and classes[other] in signed for h, other in both)

    return [pair for pair in pairs if not of_a_part(pair)]


TOLERANCE = 4e6 * float(np.finfo(float).eps)
SUMMED = ("summed too far", "wrong axis")
"""Slips that add up what cancels, such as Σ_j (a_j − y_j)."""

SMALL = 1e-3
"""An element this small beside the largest is compared by the largest."""


def agreeing(answer: Any, hypotheses: Any, tolerance: float, floor: float = 0.0) -> Any:
    """Which of the hypotheses, along the first axis, are the answer but for rounding."""
    rows = hypotheses.reshape(len(hypotheses), -1)
    size = np.abs(rows)
    allowed = tolerance * (size + SMALL * size.max(axis=1, keepdims=True, initial=0.0)) + floor
    return ((np.abs(rows - answer.ravel()) <= allowed) & np.isfinite(rows)).all(axis=1)


def _key(array: Any) -> tuple[Any, ...]:
    """A key that arrays have in common if they differ by rounding only, almost always."""
    if array is None:
        return ()
    if not np.isfinite(array).all():
        return (id(array),)
    largest = float(np.max(np.abs(array), initial=0.0)) or 1.0
    return (array.shape, f"{largest:.7g}", (np.round(array / largest, 7) + 0.0).tobytes())
