"""Which nodes are drawn together: composites as one box, and what repeats as `× 100`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Folds", "Group", "fold_rule"]

Rule = Callable[[Call, int], bool]  # whether to fold this call, nested so many levels deep


class Group:
    """Nodes that are drawn as one box: a call of a composite, or `count` repetitions of the same steps.

    members: the nodes in the order of their creation. exit: the one whose value leaves the box. steps: what is
    repeated, as units of the first time.
    """

    def __init__(self, name: str, members: list[Tensor], exit_: Tensor, call: Call | None = None) -> None:
        self.name = name
        self.members = members
        self.exit = exit_
        self.call = call
        self.count = 1
        self.steps: list[Any] = []


def fold_rule(fold: Any, known: Iterable[Folds]) -> Rule:
    """What `fold=` means: True, False, how many levels to open, or the names of what to fold.

    known: the calls of the graphs that are drawn. Raises DrawingError for anything else, and for a name of no call.
    """
    if isinstance(fold, bool):
        return lambda call, depth: fold
    if isinstance(fold, int | np.integer) and fold >= 0:
        return lambda call, depth: depth >= fold
    if isinstance(fold, str):
        fold = {fold}
    if isinstance(fold, Iterable):
        names = set(fold)
        if all(isinstance(name, str) for name in names):
            _check_names(names, {name for folds in known for name in folds.names()})
            return lambda call, depth: call.name in names
    raise DrawingError(f"fold is True, False, a number of levels to open, or a set of composites' names; got {fold!r}.")


def _check_names(names: set[str], there: set[str]) -> None:
    unknown = ", ".join(repr(name) for name in sorted(names - there))
    if unknown:
        raise DrawingError(f"fold: no composite of this graph is called {unknown}; {_listed(there)}.")


def _listed(names: set[str]) -> str:
    return f"there {'is' if len(names) == 1 else 'are'} {', '.join(sorted(names))}" if names else "it has none"


class Folds:
    """The calls in a graph: who is inside which, and which of them have one value that leaves."""

    def __init__(self, nodes: list[Tensor], result: Tensor, sources: set[Tensor]) -> None:
        self.nodes = nodes
        self.result = result
        self.sources = sources  # drawn without what is behind them: leaves, and where the drawing stops
        self._chains: dict[Call, tuple[Call, ...]] = {}
        self.exits: dict[Call, list[Tensor]] = {}
        self.consumers: dict[Any, list[Tensor]] = {}
        for t in nodes:
            if t not in sources:
                for x in t.inputs:
                    if isinstance(x, Tensor):
                        self.consumers.setdefault(x, []).append(t)
        for x in nodes:
            if x not in sources:
                outside = [self.chain(t) for t in self.consumers.get(x, [])] + ([()] if x is result else [])
                for depth, call in enumerate(self.chain(x)):
                    if any(len(c) <= depth or c[depth] is not call for c in outside):
                        self.exits.setdefault(call, []).append(x)

    def chain(self, t: Tensor) -> tuple[Call, ...]:
        """The calls around a node, outermost first."""
        if t in self.sources or t.call is None:
            return ()
        known = self._chains.get(t.call)
        if known is None:
            found = []
            call: Call | None = t.call
            while call is not None:
                found.append(call)
                call = call.parent
            known = self._chains[t.call] = tuple(reversed(found))
        return known

    def names(self) -> set[str]:
        """What the calls are called, those in others, too."""
        return {call.name for t in self.nodes for call in self.chain(t)}

    def calls(self) -> list[Call]:
        """The calls that can be folded, in the order of their exits."""
        one = [(exits[0].serial, -len(self._chains[exits[0].call]), call)
               for call, exits in self.exits.items() if len(exits) == 1 and exits[0].call is not None]  # fmt: skip
        return [call for _, _, call in sorted(one, key=lambda entry: entry[:2])]

    def units(self, rule: Rule) -> tuple[list[Any], dict[Tensor, tuple[Call, ...]]]:
        """What is drawn as one box each, by order (Tensors and Groups), and the open calls around each node."""
        groups: dict[Call, Group] = {}
        units: list[Any] = []
        around: dict[Tensor, tuple[Call, ...]] = {}
        for t in self.nodes:
            if t in self.sources:
                continue
            chain = self.chain(t)
            folded = next((i for i, c in enumerate(chain) if rule(c, i) and len(self.exits.get(c, ())) == 1), None)
            if folded is None:
                units.append(t)
                around[t] = chain
                continue
            call = chain[folded]
            group = groups.get(call)
            if group is None:
                group = groups[call] = Group(call.name, [], self.exits[call][0], call)
                units.append(group)
            group.members.append(t)
            around[group.exit] = chain[:folded]
        return sorted(units, key=lambda u: exit_of(u).serial), around


def exit_of(unit: Any) -> Tensor:
    """The tensor whose value a box shows."""
    return unit.exit if isinstance(unit, Group) else unit


def members_of(unit: Any) -> list[Tensor]:
    """The nodes that a box stands for."""
    return unit.members if isinstance(unit, Group) else [unit]


# --- repetition --------------------------------------------------------------------------------------------------


def repeats(units: Sequence[Any], result: Tensor) -> list[Any]:
    """The units with runs of equal steps (three times or more) drawn together, where one value leaves the run.

    Two steps are equal when they are the same operations on the same shapes with inputs from the same distance.
    """
    signs = _signatures(units)
    used_after = _last_use(units, result)
    found: list[Any] = []
    pending = [(0, len(units))]
    while pending:
        start, stop = pending.pop()
        run = _longest_run(signs[start:stop])
        if run is None:
            found += units[start:stop]
            continue
        first, period, count = run
        first += start
        last = first + period * count
        leaving = [u for u in range(first, last) if used_after[u] >= last]
        if len(leaving) == 1 and leaving[0] == last - 1:
            members = sorted((t for u in units[first:last] for t in members_of(u)), key=lambda t: t.serial)
            group = Group("repeat", members, exit_of(units[last - 1]))
            group.count, group.steps = count, list(units[first : first + period])
            middle = [group]
        else:
            middle = list(units[first:last])
        found += middle
        pending += [(start, first), (last, stop)]
    return sorted(found, key=lambda u: exit_of(u).serial)


def _last_use(units: Sequence[Any], result: Tensor) -> list[int]:
    place = {exit_of(u): i for i, u in enumerate(units)}
    last = [-1] * len(units)
    for i, unit in enumerate(units):
        for t in members_of(unit):
            for x in t.inputs:
                if isinstance(x, Tensor) and x in place:
                    last[place[x]] = i
    if result in place:
        last[place[result]] = len(units)
    return last


def _signatures(units: Sequence[Any]) -> Any:
    """One number per unit, equal for equal steps."""
    numbers: dict[Any, int] = {}
    touched: dict[Any, int] = {}
    signs = []
    for i, unit in enumerate(units):
        inside = set(members_of(unit))
        label: list[Any] = [unit.name if isinstance(unit, Group) else unit.primitive.name]
        for t in members_of(unit):
            label += [t.primitive.name, t.shape, str(t.dtype), repr(t.params)]  # type: ignore[union-attr]
            for x in t.inputs:
                if not isinstance(x, Tensor):
                    label.append(np.asarray(x).item() if np.size(x) == 1 else np.shape(x))
                elif x not in inside:
                    label.append((i - touched[x] if x in touched else None, x.shape, x.requires_grad))
        for t in members_of(unit):
            touched.update((x, i) for x in t.inputs if isinstance(x, Tensor) and x not in inside)
        touched[exit_of(unit)] = i
        signs.append(numbers.setdefault(tuple(label), len(numbers)))
    return np.array(signs)


def _longest_run(signs: Any, longest_period: int = 256) -> tuple[int, int, int] | None:
    """(start, period, count) of the repetition that covers most, of the smallest period; None below 3 times."""
    best: tuple[int, int, int] | None = None
    for period in range(1, min(longest_period, len(signs) // 3) + 1):
        equal = np.concatenate([[False], signs[period:] == signs[:-period], [False]])
        edges = np.flatnonzero(equal[1:] != equal[:-1])
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            count = int(stop - start) // period + 1
            if count >= 3 and (best is None or count * period > best[1] * best[2] + period):
                best = (int(stop) + period - count * period, period, count)
    return best
