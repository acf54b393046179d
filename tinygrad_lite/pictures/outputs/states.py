"""The foldings that a page can show: Graphviz lays each out beforehand, for a page has no layout of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tinygrad_lite.core.graph import Call
from tinygrad_lite.errors import DrawingError
from tinygrad_lite.pictures.outputs.story import Turn, steps
from tinygrad_lite.pictures.view.folding import Rule
from tinygrad_lite.pictures.view.model import View

__all__ = ["State", "states"]

MOST = 24  # layouts in one page; beyond, opening a box may close another
MOST_BOXES = 800  # in all of them: some three megabytes


@dataclass
class State:
    """One folding: its key (the numbers of the open calls), and what is drawn."""

    key: str
    view: View
    calls: dict[Call, int]

    @cached_property
    def turns(self) -> list[Turn]:
        """The backward pass over the view, told step by step."""
        return steps(self.view)


def states(view: Callable[[Rule], View], known: list[Call], rule: Rule) -> list[State]:
    """The drawing as the rule folds it, then the foldings that clicks lead to, those near all-folded first.

    view: what is drawn under a folding. known: the calls that can be folded.
    """
    first = view(rule)
    calls = {call: i for i, call in enumerate(known)}
    framed = {frame.call for frame in first.frames.values()}
    opened = frozenset(call for call in known if call in framed)
    found = [State(_key(opened, calls), first, calls)]
    keys = {found[0].key}
    boxes = len(first.boxes)
    for wanted in _foldings(known):
        key = _key(wanted, calls)
        if key in keys:
            continue
        if len(found) == MOST:
            break
        try:
            drawn = view(lambda call, depth, wanted=wanted: call not in wanted)  # type: ignore[misc]
        except DrawingError:
            continue  # too many boxes to be read
        boxes += len(drawn.boxes)
        if boxes > MOST_BOXES:
            break
        keys.add(key)
        found.append(State(key, drawn, calls))
    return found


def _key(opened: frozenset[Call], calls: dict[Call, int]) -> str:
    return ",".join(str(i) for i in sorted(calls[c] for c in opened))


def _around(call: Call) -> Iterator[Call]:
    inner: Call | None = call
    while inner is not None:
        yield inner
        inner = inner.parent


def _foldings(known: list[Call]) -> Iterator[frozenset[Call]]:
    """All folded, one call open (with those around it), all open, then combinations of ever more calls."""
    can = set(known)
    nothing: frozenset[Call] = frozenset()
    single = {call: frozenset(c for c in _around(call) if c in can) for call in known}
    yield nothing
    yield from single.values()
    yield frozenset(known)
    layer, seen = list(dict.fromkeys(single.values())), set(single.values())
    while layer:
        following = []
        for opened in layer:
            for call in known:
                more = opened | single[call]
                if more not in seen:
                    seen.add(more)
                    following.append(more)
                    yield more
        layer = following
