"""A listing with its loops: what stands before each, what a turn does, and what later lines read of the turns."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_lite.listing.expressions import called, name, uses
from tinygrad_lite.listing.loops import TURNS, Hole, Line, Place, Run, filled, found_runs, with_holes
from tinygrad_lite.listing.sheet import KEY, Sheet, Variable, first

__all__ = ["Loop", "Rolled", "Statement", "rolled"]


@dataclass
class Statement:
    """What a line does: sign "=" gives a variable the value of code, "+=" adds it, "append" appends it to a list."""

    key: str
    code: ast.expr
    sign: str = "="


@dataclass
class Loop:
    """A loop: statements before it, `for index in over:`, and its body."""

    index: str
    over: ast.expr
    before: list[Statement] = field(default_factory=list)
    body: list[Statement] = field(default_factory=list)

    @property
    def statements(self) -> list[Statement]:
        """Those before it and those of its body."""
        return [*self.before, *self.body]

    @property
    def keys(self) -> list[str]:
        """The variables that it gives values to."""
        return list(dict.fromkeys([self.index, *(s.key for s in self.statements)]))


@dataclass
class Rolled:
    """A listing with loops. results: the code of its results. alike: for each variable that a turn computes, the one that
    stands for all turns.
    """

    items: list[Statement | Loop]
    results: list[ast.expr]
    alike: dict[str, str] = field(default_factory=dict)


def rolled(sheet: Sheet, code: Mapping[str, ast.expr], results: Sequence[ast.expr]) -> Rolled:
    """The statements of a listing, with loops where lines repeat."""
    code = {**_constant(code), **code}  # h = np.zeros(4) would stand between the lines of the first turn
    sums = {key: terms for key, x in code.items() if len(terms := _terms(x)) >= TURNS and _alike(terms)}
    while True:
        rest = {key: x for key, x in code.items() if key not in sums}
        used = {k for x in (*results, *(code[key] for key in sums)) for k in uses(x)}
        lines, runs, places = found_runs(sheet, rest, used)
        if not runs:
            return Rolled([Statement(key, x) for key, x in code.items()], list(results))
        found = {key: _added(terms, runs, places) for key, terms in sums.items()}
        if all(x is not None for x in found.values()):
            return _Rolling(sheet, lines, runs, places, {key: x for key, x in found.items() if x}).written(results)
        sums = {key: terms for key, terms in sums.items() if found[key] is not None}


def _constant(code: Mapping[str, ast.expr]) -> dict[str, ast.expr]:
    """The lines of constants that are none of a row of constants, such as np.eye(4)[0], np.eye(4)[1], …"""
    found = {key: x for key, x in code.items() if not any(k.endswith(KEY) for k in uses(x))}
    forms = Counter(Line("", x).form for x in found.values())
    return {key: x for key, x in found.items() if forms[Line("", x).form] < TURNS}


def _terms(code: ast.expr) -> list[ast.expr]:
    """The terms of a sum."""
    if isinstance(code, ast.BinOp) and isinstance(code.op, ast.Add):
        return [*_terms(code.left), code.right]
    return [code]


def _alike(terms: Sequence[ast.expr]) -> bool:
    return len({Line("", x).form for x in terms}) == 1


@dataclass
class _Added:
    """A sum whose terms the turns of a run add. start: what it is before."""

    run: Run
    line: Line
    holes: list[Hole]
    start: ast.expr | None


def _added(terms: Sequence[ast.expr], runs: Sequence[Run], places: Mapping[str, Place]) -> _Added | None:
    """The run whose turns have the terms of a sum, one each, perhaps after a first; None where there is none."""
    for run in reversed(runs):
        more = len(terms) - run.turns
        if more not in (0, 1):
            continue
        lines = [Line("", x) for x in terms[more:]]
        found = [run.hole([line.values[n] for line in lines], run.period, places) for n in range(len(lines[0].values))]
        own = [hole.line for hole, _ in found if hole.kind == "here"]
        before = terms[0] if more else None
        early = before is None or not any(
            k in places and places[k].run is run and places[k].turn >= 0 for k in uses(before)
        )
        if own and max(own) < run.last and early and all(turns >= run.turns for _, turns in found):
            return _Added(run, lines[0], [hole for hole, _ in found], before)
    return None


class _Rolling:
    def __init__(
        self, sheet: Sheet, lines: list[Line], runs: list[Run], places: dict[str, Place], sums: dict[str, _Added]
    ) -> None:
        self.sheet, self.lines, self.runs, self.places, self.sums = sheet, lines, runs, places, sums
        self.lists: dict[tuple[Run, int], Variable] = {}
        labels = {sheet.variables[line.key].label for line in lines}
        self.index = sheet.add(0, "t" if labels.isdisjoint(("", "t")) else "i", ast.Constant(0)).key

    def written(self, results: Sequence[ast.expr]) -> Rolled:
        """The statements, and the code of the results."""
        found: list[Statement | Loop] = []
        starts = {run.start: run for run in self.runs}
        bodies: dict[Run, Loop] = {}
        n = 0
        while n < len(self.lines):
            run = starts.get(n)
            if run is None:
                found.append(Statement(self.lines[n].key, self.outside(self.lines[n].code)))
            else:
                found.append(self.loop(run))
                bodies[run] = found[-1]  # type: ignore[assignment]
            n = n + 1 if run is None else run.end
        changed = [self.outside(x) for x in results]
        for run, loop in bodies.items():
            self.gather(run, loop)
        alike = {key: place.run.key(place.line) for key, place in self.places.items() if place.turn >= 0}
        items = self.started(found, changed)
        return Rolled(items, changed, alike | self.first_turns(items, changed))

    # --- loops ---------------------------------------------------------------------------------------------------

    def loop(self, run: Run) -> Loop:
        """A run as a loop, with no lists yet."""
        loop = Loop(self.index, ast.Constant(run.turns))
        firsts = {hole.line: hole.value for hole in run.carried}
        loop.before = [Statement(run.key(k), self.first(run.key(k), value)) for k, value in firsts.items()]
        for k, line in enumerate(run.lines):
            loop.body.append(Statement(run.key(k), self.turn(run, line, run.holes[k])))
        own = {key: added for key, added in self.sums.items() if added.run is run}
        starts = {key: self.zeros(key) if x.start is None else self.outside(x.start) for key, x in own.items()}
        loop.before += [Statement(key, start) for key, start in starts.items()]
        for key, added in reversed(own.items()):
            code, sign = self.turn(run, added.line, added.holes), "+="
            if isinstance(starts[key], ast.Name):  # another variable holds the same array
                code, sign = ast.BinOp(name(key), ast.Add(), code), "="
            needed = run.key(max(hole.line for hole in added.holes if hole.kind == "here"))
            place = next(n for n, s in enumerate(loop.body) if s.key == needed)
            loop.body.insert(place + 1, Statement(key, code, sign))
        loop.over = self.over(run, loop.body)
        return loop

    def first(self, key: str, value: Any) -> ast.expr:
        """What a variable is before the first turn; an array of zeros, where a line had a 0 in its place."""
        return self.zeros(key) if value == 0 else self.outside(_code(value))

    def zeros(self, key: str) -> ast.expr:
        """Zeros of the shape of a variable, such as what a sum is before its first term."""
        v = self.sheet.variables[key]
        of = None if v.of is None else first(v.of)
        if of is not None and of.code is None and of.shape:
            return called("np.zeros_like", name(of.key))
        dtype = np.asarray(v.data).dtype
        single = {} if dtype.char == "d" else {"dtype": ast.parse(f"np.{dtype.name}", mode="eval").body}
        shape = ast.parse(repr(v.shape if len(v.shape) > 1 else v.shape[0]), mode="eval").body if v.shape else None
        return ast.Constant(0) if shape is None else called("np.zeros", shape, **single)

    def turn(self, run: Run, line: Line, holes: Sequence[Hole]) -> ast.expr:
        """The code of a line as it is in each turn."""
        return with_holes(line, [self.in_turn(run, hole) for hole in holes])

    def in_turn(self, run: Run, hole: Hole) -> ast.expr:
        if hole.kind == "same":
            return self.outside(_code(hole.value))
        if hole.kind == "count":
            return self.number(run, hole.first, hole.step)
        if hole.kind == "then":
            assert hole.run is not None
            return self.read(hole.run, hole.line, lambda first, step: self.number(
                run, first + step * hole.first, step * hole.step
            ))  # fmt: skip
        return name(run.key(hole.line))

    def number(self, run: Run, first: int, step: int) -> ast.expr:
        """first + step · turn, in terms of the index of the loop."""
        if run.backwards:
            first, step = first + step * (run.turns - 1), -step
        if step == 1:
            return _shifted(name(self.index), first)
        if step == -1:
            return ast.BinOp(ast.Constant(first), ast.Sub(), name(self.index))
        return _shifted(ast.BinOp(ast.Constant(step), ast.Mult(), name(self.index)), first)

    def over(self, run: Run, body: Sequence[Statement]) -> ast.expr:
        """What the index runs over: range(len(xs)), where the body takes xs[t]."""
        length: ast.expr = ast.Constant(run.turns)
        for node in (node for s in body for node in ast.walk(s.code)):
            match node:
                case ast.Subscript(value=ast.Name(id=key), slice=ast.Name(id=self.index)):
                    whole = self.sheet.variables[key]
                    rest = whole.shape[0] - run.turns if whole.code is None else -1
                    if rest in (0, 1):
                        length = _shifted(self.known(called("len", name(key))), -rest)
                        break
        turns = called("range", length)
        return called("reversed", turns) if run.backwards else turns

    def known(self, length: ast.expr) -> ast.expr:
        """A length by the name that a line gives to it."""
        dump = ast.dump(length)
        return next((name(line.key) for line in self.lines if ast.dump(line.code) == dump), length)

    # --- what is read of a loop ----------------------------------------------------------------------------------

    def outside(self, code: ast.expr) -> ast.expr:
        """Code that stands in no loop, or is the same in all turns."""

        def put(node: ast.expr) -> ast.expr | None:
            if isinstance(node, ast.Tuple | ast.List):
                return self.whole(node.elts)
            place = self.places.get(node.id) if isinstance(node, ast.Name) else None
            if place is None or place.turn < 0:
                return None
            if place.run.key(place.line) == node.id:  # type: ignore[attr-defined]
                return None
            return self.read(place.run, place.line, lambda first, step: ast.Constant(first + step * place.turn))

        found: ast.expr = filled(code, put)
        return found

    def whole(self, parts: Sequence[ast.expr]) -> ast.expr | None:
        """The list of what all turns computed, where these are its parts."""
        places = [self.places.get(x.id) if isinstance(x, ast.Name) else None for x in parts]
        start = places[0] if places else None
        if start is None or places != [Place(start.run, start.line, t) for t in range(start.run.turns)]:
            return None
        listed = name(self.listed(start.run, start.line))
        return ast.Subscript(listed, ast.Slice(ast.Constant(1))) if self.begins(start.run, start.line) else listed

    def read(self, run: Run, line: int, number: Any) -> ast.expr:
        """What a line of a loop computed in another turn; number: of a count that goes with the turn, its code."""
        holes = run.holes[line]
        part = isinstance(run.lines[line].code, ast.Subscript) and all(h.kind in ("same", "count") for h in holes)
        if part:
            parts = [self.outside(_code(h.value)) if h.kind == "same" else number(h.first, h.step) for h in holes]
            return with_holes(run.lines[line], parts)
        return ast.Subscript(name(self.listed(run, line)), number(int(self.begins(run, line)), 1))

    def begins(self, run: Run, line: int) -> bool:
        """Whether the list of what a line computed begins with what was there before the first turn."""
        return any(hole.line == line for hole in run.carried)

    def listed(self, run: Run, line: int) -> str:
        """The list of what a line computes, turn by turn."""
        if (run, line) not in self.lists:
            label = self.sheet.variables[run.key(line)].label or "t"
            self.lists[run, line] = self.sheet.add(0, f"{label}s", ast.List([], ast.Load()))
        return self.lists[run, line].key

    def gather(self, run: Run, loop: Loop) -> None:
        """Fill the lists of a loop."""
        for (other, line), listed in self.lists.items():
            if other is not run:
                continue
            key = run.key(line)
            start: list[ast.expr] = [name(key)] if self.begins(run, line) else []
            loop.before.append(Statement(listed.key, ast.List(start, ast.Load())))
            place = max(n for n, s in enumerate(loop.body) if s.key == key)
            loop.body.insert(place + 1, Statement(listed.key, name(key), "append"))

    def started(self, items: list[Statement | Loop], results: Sequence[ast.expr]) -> list[Statement | Loop]:
        """The same, where a line that only begins a loop stands as that: h = np.zeros(4)."""
        codes = [s.code for x in items for s in (x.statements if isinstance(x, Loop) else [x])]
        counts = Counter(k for code in (*codes, *results) for k in uses(code))
        alone = {x.key: x for x in items if isinstance(x, Statement) and counts[x.key] == 1}
        moved: set[str] = set()
        for loop in items:
            for s in loop.before if isinstance(loop, Loop) else ():
                if isinstance(s.code, ast.Name) and s.code.id in alone:
                    moved.add(s.code.id)
                    s.code = alone[s.code.id].code
        return [x for x in items if isinstance(x, Loop) or x.key not in moved]

    def first_turns(self, items: list[Statement | Loop], results: Sequence[ast.expr]) -> dict[str, str]:
        """Variables before a loop that may have the names of its own: they belong to a turn that was not quite like the others."""
        found: dict[str, str] = {}
        later = {k for code in results for k in uses(code)}
        for place in range(len(items) - 1, -1, -1):
            loop = items[place]
            if isinstance(loop, Statement):
                later |= set(uses(loop.code))
                continue
            later |= {k for s in loop.body for k in uses(s.code)}
            last = next((n for n in range(place - 1, -1, -1) if isinstance(items[n], Loop)), -1)
            near = {self.described(s.key): s.key for s in items[last + 1 : place] if isinstance(s, Statement)}
            starts = {s.key: s.code.id if isinstance(s.code, ast.Name) else "" for s in loop.before}
            for key in loop.keys:
                first = near.get(self.described(key))
                if first is not None and first not in later and starts.get(key, first) == first:
                    found[first] = key
            later |= {k for s in loop.before for k in uses(s.code)}
        return found

    def described(self, key: str) -> tuple[str, tuple[int, ...]]:
        v = self.sheet.variables[key]
        return v.label, v.shape


def _code(value: Any) -> ast.expr:
    return name(value) if isinstance(value, str) else ast.Constant(value)


def _shifted(code: ast.expr, by: int) -> ast.expr:
    if not by:
        return code
    return ast.BinOp(code, ast.Add() if by > 0 else ast.Sub(), ast.Constant(abs(by)))
