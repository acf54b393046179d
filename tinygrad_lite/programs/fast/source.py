"""The text of a function while it is written, and what its names stand for."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.programs.fast.guards import Doubt, Late

__all__ = ["Source", "literal"]


class Source:
    """Lines of Python, and the objects that their names are bound to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.space: dict[str, Any] = {"Doubt": Doubt, "Late": Late}
        self._bound: dict[tuple[str, Any], str] = {}
        self._constants: dict[Any, Any] = {}
        self._counts: dict[str, int] = {}
        self._names: set[str] = {"Doubt", "Late", "warning", "trouble", "program", "pool", "make", "workspace"}

    def bind(self, name: str, thing: Any, key: Any = None) -> str:
        """The name of an object: the same one where it was bound before. key: what tells it from others of the name."""
        key = name, id(thing) if key is None else key
        if key not in self._bound:
            self._bound[key] = fresh = self.numbered(name) if name == "k" else self.fresh(name)
            self.space[fresh] = thing  # this also keeps the object alive, so that no other can have its id
        return self._bound[key]

    def constant(self, value: Any, dtype: np.dtype[Any] | None) -> str:
        """The name of an array that never changes. Numbers become arrays of no axes, one for each value and dtype."""
        if isinstance(value, np.ndarray) and value.ndim:
            return self.bind("k", value)
        array = np.asarray(value, dtype)
        return self.bind("k", self._constants.setdefault((array.dtype, array.tobytes()), array))

    def fresh(self, wanted: str) -> str:
        """A name that nothing has yet, as near to the wanted one as Python allows."""
        name = unicodedata.normalize("NFKC", wanted)  # as Python reads it
        if not name.isidentifier() or keyword.iskeyword(name):
            name = "v"
        if name in self._names:
            name = self.numbered(f"{name}_")
        self._names.add(name)
        return name

    def reserve(self, *names: str) -> None:
        """Keep names from being given to anything else."""
        self._names.update(names)

    def numbered(self, prefix: str) -> str:
        """The next free name with a number: b0, b1, …"""
        number = self._counts.get(prefix, 0)
        while f"{prefix}{number}" in self._names:
            number += 1
        self._counts[prefix] = number + 1
        name = f"{prefix}{number}"
        self._names.add(name)
        return name

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines) + "\n"

    def compiled(self, name: str = "program") -> Callable[..., Any]:
        """The function of this name, made from the lines."""
        exec(compile(self.text, "<fast program>", "exec"), self.space)  # lines of this package, of names bound above
        return self.space[name]  # type: ignore[no-any-return]


def literal(x: Any) -> str | None:
    """A number, truth, None or tuple of these as Python writes it; None for anything that needs a name."""
    if x is None or isinstance(x, bool | int | np.bool_ | np.integer):
        return repr(x if x is None else x.__index__() if not isinstance(x, bool | np.bool_) else bool(x))
    if type(x) is float and x - x == 0:
        return repr(x)
    if type(x) is tuple:
        parts = [literal(part) for part in x]
        if None not in parts:
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"  # type: ignore[arg-type]
    return None
