"""Lines that repeat with a shift, written as a loop: a recurrent network forwards, and backwards through time.

A listing is a list of lines, so a loop of the user's comes as the lines of its turns. They are compared by structure:
their trees are alike, and what differs is a count (xs[0], xs[1], …), what the same turn computed, what the turn before
computed (h), or what another loop computed in a turn (hs[t]). Whatever else differs is no loop, and stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinygrad_lite.listing.expressions import replaced
from tinygrad_lite.listing.sheet import KEY, Sheet

__all__ = ["TURNS", "Hole", "Line", "Place", "Run", "filled", "found_runs", "with_holes"]

TURNS = 3
"""A body that comes less often is not written as a loop."""

LINES = 6
"""Fewer lines are not written as a loop."""

PERIOD = 100
"""A longer body is not looked for."""


@dataclass(frozen=True)
class Place:
    """Where a variable is computed: in which run, by which line of its body, in which turn; -1 before the first."""

    run: Run
    line: int
    turn: int


@dataclass(frozen=True)
class Hole:
    """What stands at one place of a line in each turn.

    kind: "same" (value: what), "here" (line: of the same turn), "before" (line: of the turn before; value: in the first
    turn), "count" (first + step · turn), "then" (a line of another run, in its turn first + step · turn).
    """

    kind: str
    value: Any = None
    line: int = 0
    run: Run | None = None
    first: int = 0
    step: int = 0


class Line:
    """A line as a tree with holes.

    key: the variable that it computes. values: what stands in the holes: keys and numbers, in the order of the tree.
    """

    def __init__(self, key: str, code: ast.expr, label: str = "") -> None:
        self.key, self.code = key, code
        self.values: list[Any] = []

        def hole(node: ast.expr) -> ast.expr | None:
            if isinstance(node, ast.Name) and node.id.endswith(KEY):
                self.values.append(node.id)
                return ast.Name("_")
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                self.values.append(node.value)
                return ast.Name("_")
            return None

        self.form = label, ast.dump(filled(code, hole))


def filled(tree: Any, put: Any) -> Any:
    """A copy of a tree, with what put gives in the place of parts, from left to right."""
    if isinstance(tree, list):
        return [filled(x, put) for x in tree]
    if not isinstance(tree, ast.expr | ast.keyword | ast.Slice):
        return tree
    found = put(tree)
    if found is not None:
        return found
    return type(tree)(*(filled(getattr(tree, field, None), put) for field in tree._fields))


class Run:
    """Lines that are the turns of a loop.

    lines: those of the first turn, which is the body. holes: of each of them. turns: how many there are.
    last: how many lines the last turn has; a loop computes the others in vain.
    """

    def __init__(self, lines: Sequence[Line], start: int, period: int, places: Mapping[str, Place]) -> None:
        self.start, self.period = start, period
        self.lines = lines[start : start + period]
        self.all = lines
        self.turns = self._alike()
        self.last = period
        self.holes: list[list[Hole]] = []
        if self.turns >= TURNS:
            own = {self.at(k, t).key: Place(self, k, t) for t in range(self.turns) for k in range(period)}
            self._fit({**places, **own})

    def _alike(self) -> int:
        forms = [line.form for line in self.lines]
        turn = 1
        while [line.form for line in self.all[self.start + turn * self.period :][: self.period]] == forms:
            turn += 1
        return turn

    def at(self, line: int, turn: int) -> Line:
        """A line in one of the turns."""
        return self.all[self.start + turn * self.period + line]

    def key(self, line: int) -> str:
        """The variable that a line of the body computes in the last turn, and that stands for it in all turns."""
        return self.at(line, self.turns - 1 if line < self.last else self.turns - 2).key

    @property
    def count(self) -> int:
        """How many lines all turns have."""
        return (self.turns - 1) * self.period + self.last if self.turns >= TURNS else 0

    @property
    def end(self) -> int:
        """The line after the last turn."""
        return self.start + self.count

    def _fit(self, places: Mapping[str, Place]) -> None:
        """Find what stands in the holes, for as many turns as it is regular."""
        for k, line in enumerate(self.lines):
            found = []
            for n in range(len(line.values)):
                hole, turns = self.hole([self.at(k, t).values[n] for t in range(self.turns)], k, places)
                self.turns = min(self.turns, turns)
                if self.turns < TURNS:
                    return
                found.append(hole)
            self.holes.append(found)
        if len({hole.line: hole.value for hole in self.carried}) < len(
            {(hole.line, hole.value) for hole in self.carried}
        ):
            self.turns = 0  # two values before the first turn
            return
        self._begin_one_more(places)

    @property
    def carried(self) -> list[Hole]:
        """The holes in which a value of the turn before stands."""
        return [hole for holes in self.holes for hole in holes if hole.kind == "before"]

    @property
    def backwards(self) -> bool:
        """Whether the loop is read from the last turn of another to the first."""
        return sum(hole.step > 0 or -(hole.step < 0) for holes in self.holes for hole in holes) < 0

    def hole(self, values: Sequence[Any], line: int, places: Mapping[str, Place]) -> tuple[Hole, int]:
        """What these are, the values of one hole turn by turn, and for how many turns; 0 where they are nothing regular.

        line: the number of the line that they stand in; a value of the turn before has to be there still.
        """
        first, second = (places.get(v) if isinstance(v, str) else None for v in values[:2])
        if second is not None and second.run is self:
            own = second.line
            if second.turn == 1:
                return Hole("here", line=own), self._regular(values, lambda t: Place(self, own, t), places)
            if (first is not None and first.run is self) or second.turn != 0 or own < line:
                return Hole("same"), 0
            hole = Hole("before", values[0], own)
            return hole, 1 + self._regular(values[1:], lambda t: Place(self, own, t), places)
        if values[0] == values[1]:
            fixed = next(
                (t for t, v in enumerate(values) if v != values[0] or type(v) is not type(values[0])), len(values)
            )
            return Hole("same", values[0]), 0 if first is not None and first.run is self else fixed
        if type(values[0]) is int and type(values[1]) is int:
            step = values[1] - values[0]
            right = [v == values[0] + step * t and type(v) is int for t, v in enumerate(values)]
            return Hole("count", first=values[0], step=step), right.index(False) if False in right else len(right)
        if first is not None and second is not None and first.run is second.run and first.line == second.line:
            run, own, start, step = first.run, first.line, first.turn, second.turn - first.turn
            hole = Hole("then", line=own, run=run, first=start, step=step)
            return hole, self._regular(values, lambda t: Place(run, own, start + step * t), places)
        return Hole("same"), 0

    @staticmethod
    def _regular(values: Sequence[Any], wanted: Any, places: Mapping[str, Place]) -> int:
        """In how many turns a value is what is wanted there."""
        for t, v in enumerate(values):
            if not isinstance(v, str) or places.get(v) != wanted(t):
                return t
        return len(values)

    def _begin_one_more(self, places: Mapping[str, Place]) -> None:
        """Take the first lines of one more turn to the loop, where the rest of it can be computed in vain."""
        more = self.all[self.start + self.turns * self.period :][: self.period]
        own = {line.key: Place(self, k, self.turns) for k, line in enumerate(more)}
        known = {**places, **own}
        fitting = 0
        while fitting < len(more) and self._continues(more[fitting], fitting, known):
            fitting += 1
        rest = [hole for holes in self.holes[fitting:] for hole in holes]
        if 0 < fitting < self.period and not any(hole.kind in ("count", "then") for hole in rest):
            self.turns, self.last = self.turns + 1, fitting

    def _continues(self, line: Line, number: int, places: Mapping[str, Place]) -> bool:
        if line.form != self.lines[number].form:
            return False
        return all(
            self.hole([*(self.at(number, t).values[n] for t in range(self.turns)), value], number, places)[1]
            > self.turns
            for n, value in enumerate(line.values)
        )

    def given_up(self, keys: set[str]) -> None:
        """Leave the turn that has only begun, where something else needs what it would compute in vain."""
        if self.last < self.period and not keys.isdisjoint(self.key(k) for k in range(self.last, self.period)):
            self.turns, self.last = self.turns - 1, self.period


def found_runs(
    sheet: Sheet, code: Mapping[str, ast.expr], results: set[str]
) -> tuple[list[Line], list[Run], dict[str, Place]]:
    """The lines of a listing, those of them that are the turns of loops, in order, and which variable is where in these.

    results: what is used beside the lines.
    """
    lines = [Line(key, x, sheet.variables[key].label) for key, x in code.items()]
    runs: list[Run] = []
    places: dict[str, Place] = {}
    place = 0
    while place < len(lines):
        run = _longest(lines, place, places)
        if run is None:
            place += 1
            continue
        inside = lines[run.start : run.end]
        others = [v for line in (*lines[: run.start], *lines[run.end :]) for v in line.values if isinstance(v, str)]
        run.given_up(results | set(others))
        places |= {line.key: Place(run, n % run.period, n // run.period) for n, line in enumerate(inside[: run.count])}
        firsts = {hole.value: hole.line for hole in run.carried if isinstance(hole.value, str)}
        places |= {key: Place(run, own, -1) for key, own in firsts.items() if key not in places}
        runs.append(run)
        place = run.end
    return lines, runs, places


def _longest(lines: Sequence[Line], start: int, places: Mapping[str, Place]) -> Run | None:
    """The run that begins with a line and has most lines; of those, that with the shortest body."""
    best: Run | None = None
    for period in range(1, min(PERIOD, (len(lines) - start) // TURNS) + 1):
        if lines[start].form != lines[start + period].form or (best is not None and period % best.period == 0):
            continue
        run = Run(lines, start, period, places)
        if run.count >= LINES and (best is None or run.count > best.count):
            best = run
    return None if best is None else _to_the_end(best, lines, places)


def _to_the_end(run: Run, lines: Sequence[Line], places: Mapping[str, Place]) -> Run:
    """The same loop, begun so much later that no line of its last turn is left over."""
    later = (Run(lines, run.start + n, run.period, places) for n in range(1, min(run.period, 20)))
    return max([run, *(other for other in later if other.count)], key=lambda other: other.end)


def with_holes(line: Line, by: Sequence[ast.expr]) -> ast.expr:
    """The code of a line with other code in its holes."""
    rest = iter(by)

    def put(node: ast.expr) -> ast.expr | None:
        name = isinstance(node, ast.Name) and node.id.endswith(KEY)
        return next(rest) if name or (isinstance(node, ast.Constant) and type(node.value) in (int, float)) else None

    found: ast.expr = replaced(filled(line.code, put), {})
    return found
