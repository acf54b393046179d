"""Memory that a program uses again at every call: slots, and arrays over them that are made beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.programs.fast.source import Source

__all__ = ["Buffers", "Entry"]

_LINE = 64  # bytes of a cache line: where arrays begin on one, no vector is read from two


@dataclass(frozen=True, eq=False)
class Entry:
    """An array over a slot, under a name. view: how it is made of another entry, `parent`."""

    name: str
    slot: int
    array: Any
    parent: int | None = None
    view: Callable[[Any], Any] | None = None


class Buffers:
    """The slots of one function. A slot is handed on when what it holds is no longer used."""

    def __init__(self, source: Source, prefix: str = "m") -> None:
        self.source, self.prefix = source, prefix
        self.sizes: list[int] = []
        self.entries: list[Entry] = []
        self._places: dict[Entry, int] = {}
        self._arrays: dict[tuple[int, tuple[int, ...], Any], Entry] = {}
        self._views: dict[Any, Entry] = {}
        self._free: dict[int, list[int]] = {}

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any], slot: int | None = None) -> Entry:
        """An array of this shape over a free slot, or over the slot that is given."""
        size = math.prod(shape) * dtype.itemsize
        if slot is None:
            free = self._free.get(size)
            slot = free.pop() if free else len(self.sizes)
            if slot == len(self.sizes):
                self.sizes.append(size)
        key = slot, shape, dtype
        if key not in self._arrays:
            array = _over(_memory(size), shape, dtype)
            self._arrays[key] = self._added(Entry(self.source.numbered(self.prefix), slot, array))
        return self._arrays[key]

    def view(self, entry: Entry, key: Any, view: Callable[[Any], Any]) -> Entry:
        """A view of an entry, made beforehand. key: says which view, and is the same for the same one."""
        whole = entry, key
        if whole not in self._views:
            self._views[whole] = self._added(
                Entry(self.source.numbered(self.prefix), entry.slot, view(entry.array), self._places[entry], view)
            )
        return self._views[whole]

    def release(self, slot: int) -> None:
        """Say that what the slot holds is not used any more."""
        self._free.setdefault(self.sizes[slot], []).append(slot)

    def _added(self, entry: Entry) -> Entry:
        self._places[entry] = len(self.entries)
        self.entries.append(entry)
        return entry

    def make(self) -> tuple[Any, ...]:
        """The arrays of all entries over new memory."""
        slots = [_memory(size) for size in self.sizes]
        arrays: list[Any] = []
        for entry in self.entries:
            if entry.parent is None:
                arrays.append(_over(slots[entry.slot], entry.array.shape, entry.array.dtype))
            else:
                arrays.append(entry.view(arrays[entry.parent]))  # type: ignore[misc]
        return tuple(arrays)

    @property
    def names(self) -> list[str]:
        """The names of all entries, in the order of `make`."""
        return [entry.name for entry in self.entries]


def _memory(size: int) -> Any:
    """So many bytes that begin on a cache line."""
    raw = np.empty(size + _LINE, np.uint8)
    start = -raw.__array_interface__["data"][0] % _LINE
    return raw[start : start + size]


def _over(memory: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return np.ndarray(shape, dtype, memory)
