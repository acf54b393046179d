"""Which values share memory, how long each is needed, and which may be given away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.program import Constant, Input, Line, Program, Value

__all__ = ["MOST_FILLED", "Storage", "is_alias", "is_basic"]

MOST_FILLED = 2**15  # elements up to which a broadcast array is filled; above, it is a view with zero strides
_ALIASES = (p.identity, p.copy, p.stop_gradient)  # a program changes no array that somebody still reads


def is_basic(index: Any) -> bool:
    """Whether an index has no arrays in it, so that NumPy gives a view."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        x is None or x is Ellipsis or (isinstance(x, slice | int | np.integer) and not isinstance(x, bool))
        for x in parts
    )


def is_alias(line: Line) -> bool:
    """Whether the result of a line may share the memory of its first input."""
    if line.primitive in _ALIASES:
        return True
    if not line.shape:
        return False  # NumPy gives a scalar
    if line.primitive is p.broadcast_to:
        return line.size > MOST_FILLED
    if line.primitive is p.getitem:
        return is_basic(line.params["index"])
    return line.primitive.view


class Storage:
    """Where the values of a program lie: several may share one array, which the first of them, the root, made."""

    def __init__(self, program: Program, items: Sequence[Sequence[Line]]) -> None:
        """items: the lines in the order in which they are written; those of one item run together."""
        self.root: dict[Value, Value] = {}
        self.last: dict[Value, int] = {}  # of a root: the last item that reads it
        self.holders: dict[Value, list[Value]] = {}
        for i, item in enumerate(items):
            for line in item:
                root = self.of(line.inputs[0]) if is_alias(line) and not isinstance(line.inputs[0], Constant) else line
                self.root[line] = root
                self.holders.setdefault(root, []).append(line)
                for x in line.inputs:
                    self.last[self.of(x)] = i
                self.last.setdefault(root, i)
        self.given: dict[Value, Value] = {}  # from a root that is allocated at each call to the output that gets it
        end = len(items)
        for x in program.outputs:
            root = self.of(x)
            if isinstance(root, Line) and root not in self.given and x.shape and x.size == root.size and not _wide(x):
                self.given[root] = x
            self.last[root] = end
        for _, x in program.updates:
            self.last[self.of(x)] = end

    def of(self, x: Value) -> Value:
        """The root of a value."""
        return self.root.get(x, x)

    def read_at(self, x: Value, item: int) -> None:
        """Say that an item reads a value."""
        root = self.of(x)
        self.last[root] = max(self.last.get(root, item), item)

    def dying(self) -> dict[int, list[Value]]:
        """Under each item the roots that nothing reads after it."""
        found: dict[int, list[Value]] = defaultdict(list)
        for root, last in self.last.items():
            found[last].append(root)
        return found

    def dies(self, x: Value, item: int) -> bool:
        """Whether nothing after this item reads the memory of x."""
        root = self.of(x)
        return not isinstance(root, Constant | Input) and self.last[root] <= item


def _wide(x: Value) -> bool:
    """Whether x has come about by broadcasting without being filled: it must not be given away."""
    while isinstance(x, Line) and is_alias(x):
        if x.primitive is p.broadcast_to:
            return True
        x = x.inputs[0]
    return False
