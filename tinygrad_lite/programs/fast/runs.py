"""Runs: elementwise lines over one large shape, which are done block by block, so that a block stays in the cache.

The leading axes of the shape become one axis of rows. An operand either has all of the rows, or none of these axes, as
a bias has none of the axis of examples. A block is some rows. Reductions along the other axes stay inside of the run;
those over the rows end in it: each block gives its part, and the parts are combined in order afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tinygrad_lite.core import primitives as p
from tinygrad_lite.programs.fast.storage import is_alias
from tinygrad_lite.programs.program import Line, Value

__all__ = ["BLOCK", "LARGE", "Run", "items_of"]

LARGE = 2**15  # elements from which a shape is done in blocks; smaller arrays stay in the cache as they are
BLOCK = 2**14  # elements of a block: half a dozen arrays of this size fit into the second level of cache
_ALIGNED = 64  # rows of which a block has a multiple, so that blocks begin on cache lines
_REDUCTIONS = (p.sum_, p.max_, p.min_)


@dataclass(eq=False)
class Run:
    """Lines that are done block by block.

    shape: what the arrays of the run have. leading: how many axes in front make the rows. ending: the lines that reduce
    over the rows; no other line of the run uses them.
    """

    shape: tuple[int, ...]
    leading: int
    lines: list[Line] = field(default_factory=list)
    ending: set[Value] = field(default_factory=set)
    made: set[Value] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return math.prod(self.shape[: self.leading])

    @property
    def step(self) -> int:
        """Rows of a block: the same whatever the number of threads, and such that two threads get as much to do."""
        blocks = -(-math.prod(self.shape) // BLOCK)
        step = -(-self.rows // (blocks + blocks % 2))
        return step + -step % _ALIGNED if step > 4 * _ALIGNED else step

    def takes(self, line: Line) -> bool:
        """Add a line, if it can be done block by block with the others."""
        if not self.ending.isdisjoint(line.inputs) or is_alias(line) or line.dtype is None:
            return False
        if line.primitive in _REDUCTIONS:
            return self._takes_reduction(line)
        if line.primitive.kind != "elementwise" or line.primitive is p.broadcast_to:
            return False
        for leading in range(self.leading, 0, -1):
            if line.shape[:leading] != self.shape[:leading] or len(line.shape) < leading:
                continue
            if all(self._fits(x, line.shape, leading) for x in line.inputs):
                return self._added(line, leading)
        return False

    def _fits(self, x: Value, shape: tuple[int, ...], leading: int) -> bool:
        wide = (1,) * (len(shape) - len(x.shape)) + x.shape
        if wide[:leading] == shape[:leading]:
            return True
        return x not in self.made and all(n == 1 for n in wide[:leading])

    def _takes_reduction(self, line: Line) -> bool:
        (x,) = line.inputs
        if x not in self.made or x.dtype != line.dtype or line.dtype.kind != "f":
            return False
        axes = reduced_axes(line)
        if axes and min(axes) > 0:
            return self._added(line, min(min(axes), self.leading))
        leading = next((i for i in range(len(x.shape)) if i not in axes), len(x.shape))  # the axes in front that go
        rest = math.prod(line.shape)
        if not axes or rest * 8 > BLOCK:  # the parts of all blocks would be as large as an array of the run
            return False
        leading = min(leading, self.leading)
        if self._added(line, leading):
            self.ending.add(line)
            return True
        return False

    def _added(self, line: Line, leading: int) -> bool:
        if leading < 1 or math.prod(self.shape[leading:]) > BLOCK:
            return False
        self.leading = leading
        self.lines.append(line)
        self.made.add(line)
        return True


def reduced_axes(line: Line) -> tuple[int, ...]:
    """The axes over which a reduction goes, counted from the front."""
    axis, ndim = line.params.get("axis"), len(line.inputs[0].shape)
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))))


def items_of(lines: Sequence[Line]) -> list[Run | Line]:
    """The lines in an order in which they can be written, with what can be done in blocks put together."""
    items: list[Run | Line] = []
    run: Run | None = None
    waiting: list[Line] = []  # lines that need something of the run, and are no part of it
    later: set[Value] = set()
    for line in lines:
        if run is not None and later.isdisjoint(line.inputs) and run.takes(line):
            continue
        depends = run is not None and not (run.made.isdisjoint(line.inputs) and later.isdisjoint(line.inputs))
        if _begins(line):
            items += _closed(run, waiting)
            run, waiting, later = Run(line.shape, len(line.shape)), [], set()
            if not run.takes(line):
                run = None
                items.append(line)
        elif depends:
            waiting.append(line)
            later.add(line)
        else:
            items.append(line)
    return items + _closed(run, waiting)


def _begins(line: Line) -> bool:
    return line.size >= LARGE and line.primitive.kind == "elementwise" and not is_alias(line)


def _closed(run: Run | None, waiting: Iterable[Line]) -> list[Run | Line]:
    if run is None:
        return [*waiting]
    return [run if len(run.lines) > 1 else run.lines[0], *waiting]
