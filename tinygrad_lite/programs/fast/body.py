"""One function while it is written: the names of its values, and lines with `out=` into buffers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tinygrad_lite.programs.fast.buffers import Buffers, Entry
from tinygrad_lite.programs.fast.source import Source, literal
from tinygrad_lite.programs.fast.storage import Storage
from tinygrad_lite.programs.program import Constant, Line, Value

__all__ = ["BITS", "Body", "Held", "operand_dtypes", "resolved", "shown"]

BITS: dict[str, np.dtype[Any]] = {"f": np.dtype(np.int32), "d": np.dtype(np.int64)}


@dataclass(eq=False)
class Held:
    """Where a value is: its name, and the buffer that it is in, if it is in one.

    plain: the array covers its memory from the start, in C order, so that another may be written over it.
    """

    name: str
    entry: Entry | None = None
    plain: bool = False


def shown(line: Line) -> str:
    """The comment that says what a line holds."""
    return f"  # {line.dtype}{list(line.shape)}"


class Body:
    """The lines of one function, and what it knows of the values."""

    def __init__(self, source: Source, storage: Storage, shown: set[Value], prefix: str = "m") -> None:
        """shown: values whose nans and infinities reach a watched scalar. prefix: of the names of buffers."""
        self.source, self.storage, self.shown = source, storage, shown
        self.buffers = Buffers(source, prefix)
        self.lines: list[str] = []
        self.dense = False  # whether values go by the names of their buffers, because so many names are dear
        self.held: dict[Value, Held] = {}
        self.cells: dict[Value, str] = {}  # of scalars: the arrays of no axes that ufuncs read them from
        self.slots: dict[Value, int] = {}  # of roots that are in a slot
        self.targets: dict[Value, str] = {}  # of lines whose array somebody else has made
        self.taken: set[Value] = set()  # roots over which another value was written
        self.borrowed: list[int] = []  # slots that are given back at the end of an item
        self.item = 0

    # --- names ---------------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        self.lines.append(text)

    def new_name(self, x: Value) -> str:
        return self.source.fresh(x.name) if x.name else self.source.numbered("v")

    def scalar(self, x: Value) -> str:
        """A value as Python or NumPy's scalars compute with it."""
        if isinstance(x, Constant):
            text = literal(x.value)
            return self.source.bind("k", x.value) if text is None or text.startswith("-") else text
        return self.held[x].name

    def array(self, x: Value, dtype: np.dtype[Any] | None = None) -> str:
        """A value as ufuncs take it fastest: scalars lie in arrays of no axes, which costs half of a Python number.

        dtype: for a Python number, the dtype that it takes.
        """
        if isinstance(x, Constant):
            return self.source.constant(x.value, x.dtype or dtype)
        if x.shape:
            return self.held[x].name
        if x not in self.cells:
            assert x.dtype is not None
            cell = self.buffers.take((), x.dtype)
            self.cells[x] = cell.name
            self.write(f"{cell.name}[()] = {self.held[x].name}")
        return self.cells[x]

    # --- memory --------------------------------------------------------------------------------------------

    def out(self, line: Line, *operands: Value) -> tuple[str, Held, str | None]:
        """Where a line writes: the name of its value, what is held under it, and the array to write into.

        The array is None where NumPy makes a new one. operands: inputs over which the line may write.
        """
        name = self.new_name(line)
        root = self.storage.of(line)
        if line in self.targets:
            return name, Held(name), self.targets.pop(line)
        for x in operands:
            if self.overwrites(x, line):
                over = self.held[x]
                self.taken.add(self.storage.of(x))
                if over.entry is not None:
                    self.slots[root] = self.slots.pop(self.storage.of(x))
                name = over.name if self.dense and over.entry is not None else name
                return name, Held(name, over.entry, True), over.name
        if root in self.storage.given:
            return name, Held(name, plain=True), None
        entry = self.buffers.take(line.shape, line.dtype)
        self.slots[root] = entry.slot
        name = entry.name if self.dense else name
        return name, Held(name, entry, True), entry.name

    def room(self, line: Line, *operands: Value) -> tuple[str, Held]:
        """A name for the array of a line, before anything is written into it."""
        name, held, out = self.out(line, *operands)
        if out is None:
            empty = self.source.bind("empty", np.empty)
            out = f"{empty}({line.shape}, {self.source.bind(line.dtype.name, line.dtype)})"
        self.write(f"{name} = {out}{shown(line)}")
        return name, held

    def into(self, line: Line, call: str, *operands: Value) -> None:
        """A call that takes the array to write into as its last argument, which is cheaper than by keyword."""
        name, held, out = self.out(line, *operands)
        keyword = (
            "out=" if line.primitive.ufunc in (np.maximum, np.minimum) else ""
        )  # for these NumPy will want the keyword
        self.write(f"{name} = {call}{f', {keyword}{out}' if out else ''}){shown(line)}")
        self.held[line] = held

    def parameter(self, name: str, value: Any) -> str:
        """A parameter of a primitive as text."""
        return literal(value) or self.source.bind(name, value)

    def overwrites(self, x: Value, line: Line) -> bool:
        """Whether a line writes its result over the array of x, which nothing else reads any more."""
        held = self.held.get(x)
        if held is None or not held.plain or line in self.targets:
            return False
        if not self.storage.dies(x, self.item) or self.storage.of(x) in self.taken:
            return False
        if held.entry is not None and self.storage.of(line) in self.storage.given:
            return False  # a buffer is never given away; a new array may be
        return x.shape == line.shape and x.dtype == line.dtype

    def temporary(self, shape: tuple[int, ...], dtype: Any) -> Entry:
        """A buffer for use inside of one item."""
        entry = self.buffers.take(shape, np.dtype(dtype))
        self.borrowed.append(entry.slot)
        return entry

    def bits(self, name: str, entry: Entry | None, dtype: np.dtype[Any]) -> str:
        """An array of floating-point numbers, seen as integers."""
        bits = BITS[dtype.char]
        if entry is not None:
            return self.buffers.view(entry, bits, lambda a: a.view(bits)).name
        return f"{name}.view({self.source.bind(bits.name, bits)})"

    def free(self, roots: list[Value]) -> None:
        """Hand on the slots of what is not used after this item, and let go of large arrays that are in no slot."""
        while self.borrowed:
            self.buffers.release(self.borrowed.pop())
        for root in roots:
            if root in self.slots:
                self.buffers.release(self.slots.pop(root))
            elif root not in self.taken and self._is_large_and_new(root):
                names = [self.held[x].name for x in self.storage.holders[root] if x in self.held]
                if names:
                    self.write(f"del {', '.join(names)}")

    def _is_large_and_new(self, root: Value) -> bool:
        """Whether a value lies in a large array that NumPy made for it alone, and that nobody gets."""
        held = self.held.get(root)
        if held is None or held.entry is not None or not held.plain or root in self.storage.given:
            return False
        return isinstance(root, Line) and root.size > 2**13


@cache
def resolved(ufunc: np.ufunc, *dtypes: np.dtype[Any]) -> np.dtype[Any] | None:
    """The dtype that a ufunc gives for operands of these dtypes, or None where it has none."""
    try:
        return ufunc.resolve_dtypes((*dtypes, None))[-1]
    except (TypeError, ValueError):
        return None


def operand_dtypes(line: Line) -> list[np.dtype[Any]] | None:
    """The dtypes that the inputs of an elementwise line have as arrays; None where a number does not fit."""
    known = [x.dtype for x in line.inputs if x.dtype is not None]
    if not known:
        return None
    found = []
    for x in line.inputs:
        if x.dtype is not None:
            found.append(x.dtype)
            continue
        assert isinstance(x, Constant)
        try:
            dtype = np.result_type(*known, x.value)
            np.asarray(x.value, dtype)
        except (OverflowError, TypeError):
            return None
        found.append(dtype)
    return found
