"""Arrays in an index: they are inputs of the primitive, and the index that it keeps has slots in their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["SLOT", "Slot", "fill_slots"]


class Slot:
    """Marks, in the index that a node keeps as a parameter, the place of an array: the array itself is an input."""

    def __repr__(self) -> str:
        return "…"


SLOT = Slot()


def fill_slots(index: Any, arrays: Sequence[Any]) -> Any:
    """The index as NumPy takes it: the recorded template with its arrays put back."""
    if not arrays:
        return index
    rest = iter(arrays)
    return tuple(next(rest) if part is SLOT else part for part in index)
