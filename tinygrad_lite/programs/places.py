"""Places where a function finds what it uses, and whether they still hold what they held when it was traced."""

from __future__ import annotations

import keyword
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.programs.fast.source import Source

__all__ = ["Cell", "Data", "Gradient", "Item", "Place", "Places", "same_text"]


class Item:
    """An item of a list, tuple or dict, or an attribute of anything else."""

    __slots__ = ("container", "key")

    def __init__(self, container: Any, key: Any) -> None:
        self.container, self.key = container, key

    def read(self) -> Any:
        """What lies here now. Raises LookupError or AttributeError where there is nothing."""
        if isinstance(self.key, str) and not hasattr(self.container, "keys"):
            return getattr(self.container, self.key)
        return self.container[self.key]

    def text(self, source: Source) -> str:
        """What reads it, as Python text."""
        container, key = source.bind("k", self.container), self.key
        if not isinstance(key, str) or hasattr(self.container, "keys"):
            return f"{container}[{repr(key) if type(key) in (int, str) else source.bind('k', key)}]"
        plain = key.isidentifier() and key.isascii() and not keyword.iskeyword(key)
        return f"{container}.{key}" if plain else f"getattr({container}, {key!r})"

    def write(self, value: Any) -> None:
        """Put something else here."""
        self.container[self.key] = value


class Cell:
    """The variable of an enclosing function."""

    __slots__ = ("cell",)

    def __init__(self, cell: Any) -> None:
        self.cell = cell

    def read(self) -> Any:
        """What the variable is now. Raises ValueError where it is not assigned."""
        return self.cell.cell_contents

    def text(self, source: Source) -> str:
        """What reads it, as Python text."""
        return f"{source.bind('k', self.cell)}.cell_contents"

    def write(self, value: Any) -> None:
        """Assign the variable."""
        self.cell.cell_contents = value


class Data:
    """The data of a Tensor that the function reaches."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def read(self) -> Any:
        """The array."""
        return self.tensor._array

    def text(self, source: Source) -> str:
        """What reads it, as Python text."""
        return f"{source.bind('k', self.tensor)}._array"

    def write(self, value: Any) -> None:
        """Another array, as `t.data = …` puts it there."""
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        self.tensor._array = value


class Gradient:
    """The gradient of a Tensor that the function reaches."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def read(self) -> Any:
        """The array. Raises AttributeError where there is no gradient."""
        return self.tensor.grad._array

    def text(self, source: Source) -> str:
        """What reads it, as Python text."""
        return f"{source.bind('k', self.tensor)}.grad._array"

    def write(self, value: Any) -> None:
        """Another gradient, or None."""
        self.tensor.note().grad = None if value is None else self.tensor.leaf(value)


Place = Item | Cell | Data | Gradient


class Places:
    """What was seen, and where: questions, of which a function is written when all are known."""

    def __init__(self) -> None:
        self._source = Source()
        self._source.reserve("hold", "x", "getattr", "len", "type")
        self._asked: list[str] = []  # expressions that are true where all is as it was
        self._hold: Callable[[], bool] | None = None

    def _ask(self, text: str) -> None:
        self._asked.append(text)

    def _bound(self, x: Any) -> str:
        return "None" if x is None else self._source.bind("k", x)

    def same(self, place: Place, x: Any) -> None:
        """This very object must lie here, or an equal number or text."""
        if isinstance(x, types.ModuleType | types.BuiltinFunctionType | np.ufunc):
            return  # who replaces a function of NumPy's means to change NumPy
        self._ask(same_text(self._source, place.text(self._source), x))

    def absent(self, container: Any, key: Any) -> None:
        """A dict must not have this key."""
        self._ask(f"{self._bound(key)} not in {self._bound(container)}")

    def twins(self, place: Place, first: Place) -> None:
        """The same object must lie in both places."""
        self._ask(f"{place.text(self._source)} is {first.text(self._source)}")

    def same_kind(self, place: Place, x: Any) -> None:
        """An array or number of this type, shape and dtype must lie here."""
        text = f"type(x := {place.text(self._source)}) is {self._bound(type(x))}"
        if hasattr(x, "dtype"):
            text += f" and x.shape == {x.shape} and x.dtype == {self._bound(x.dtype)}"
        self._ask(text)

    def equal_numbers(self, place: Place, x: Any) -> None:
        """An array of the same numbers must lie here."""
        self._ask(f"{self._source.bind('equal', _equal)}({place.text(self._source)}, {self._bound(x.copy())})")

    def as_long(self, x: Any) -> None:
        """A container must have as many items."""
        self._ask(f"len({self._bound(x)}) == {len(x)}")

    def equal(self, x: Any) -> None:
        """A set must have the elements that it has."""
        self._ask(f"{self._bound(x)} == {self._bound(x.copy())}")

    def empty(self) -> bool:
        """Whether there is nothing to look at."""
        return not self._asked

    @property
    def hold(self) -> Callable[[], bool]:
        """A function that says whether all of it is as it was seen. It is written once: each call of a program asks it."""
        if self._hold is None:
            asked = "\n        and ".join(dict.fromkeys(self._asked)) or "True"
            self._source.lines += [
                "def hold():",
                "    try:",
                f"        return ({asked})",
                f"    except {self._source.bind('gone', (LookupError, AttributeError, ValueError))}:",
                "        return False",
            ]
            self._hold = self._source.compiled("hold")
        return self._hold


_COMPARED = (bool, int, float, str, complex)


def same_text(source: Source, read: str, x: Any) -> str:
    """The expression that asks whether what is read is x, or an equal number or text."""
    seen = "None" if x is None else source.bind("k", x)
    if isinstance(x, _COMPARED):
        return f"({read} is {seen} or {source.bind('alike', _alike)}({read}, {seen}))"
    return f"{read} is {seen}"


def _equal(x: Any, seen: Any) -> bool:
    return x.dtype == seen.dtype and np.array_equal(x, seen, equal_nan=seen.dtype.kind == "f")


def _alike(x: Any, seen: Any) -> bool:
    """Whether two objects are the same number or text: 0.0 and -0.0 are not, nor are 1 and 1.0."""
    return type(x) is type(seen) and isinstance(x, _COMPARED) and repr(x) == repr(seen)
