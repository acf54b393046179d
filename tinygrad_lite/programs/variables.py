"""Copies of variables: the names of a module, and the cells of a function."""

from __future__ import annotations

import types
from typing import Any

__all__ = ["CellView", "Globals"]


class Globals(dict[str, Any]):
    """The copy of a module's names. A function needs a real dict for them."""

    def __init__(self, space: dict[str, Any]) -> None:
        super().__init__(space)
        self.before = dict(space)
        self.seen: set[str] = set()
        self.given: dict[str, Any] = {}


class CellView:
    """A cell as a container of one item."""

    def __init__(self, cell: types.CellType) -> None:
        self.cell = cell

    def __len__(self) -> int:
        return 1

    def __getitem__(self, key: int) -> Any:
        return self.cell.cell_contents
