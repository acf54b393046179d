"""Places where a function finds what it uses, and whether they still hold what they held when it was traced."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["Cell", "Data", "Gradient", "Item", "Place", "Places"]


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

    def write(self, value: Any) -> None:
        """Another gradient, or None."""
        self.tensor.note().grad = None if value is None else self.tensor.leaf(value)


Place = Item | Cell | Data | Gradient


class Places:
    """What was seen, and where."""

    def __init__(self) -> None:
        self._items: list[tuple[Any, Any, Any]] = []
        self._absent: list[tuple[Any, Any]] = []
        self._same: list[tuple[Callable[[], Any], Any]] = []
        self._kinds: list[tuple[Callable[[], Any], type, Any, Any]] = []
        self._twins: list[tuple[Callable[[], Any], Callable[[], Any]]] = []
        self._numbers: list[tuple[Callable[[], Any], Any]] = []
        self._lengths: list[tuple[Any, int]] = []
        self._contents: list[tuple[Any, Any]] = []

    def same(self, place: Place, x: Any) -> None:
        """This very object must lie here, or an equal number or text."""
        if isinstance(x, types.ModuleType | types.BuiltinFunctionType | np.ufunc):
            return  # who replaces a function of NumPy's means to change NumPy
        if isinstance(place, Item) and hasattr(place.container, "keys"):
            self._items.append((place.container, place.key, x))
        else:
            self._same.append((place.read, x))

    def absent(self, container: Any, key: Any) -> None:
        """A dict must not have this key."""
        self._absent.append((container, key))

    def twins(self, place: Place, first: Place) -> None:
        """The same object must lie in both places."""
        self._twins.append((place.read, first.read))

    def same_kind(self, place: Place, x: Any) -> None:
        """An array or number of this type, shape and dtype must lie here."""
        self._kinds.append((place.read, type(x), np.shape(x), getattr(x, "dtype", None)))

    def equal_numbers(self, place: Place, x: Any) -> None:
        """An array of the same numbers must lie here."""
        self._numbers.append((place.read, x.copy()))

    def as_long(self, x: Any) -> None:
        """A container must have as many items."""
        self._lengths.append((x, len(x)))

    def equal(self, x: Any) -> None:
        """A set must have the elements that it has."""
        self._contents.append((x, x.copy()))

    def empty(self) -> bool:
        """Whether there is nothing to look at."""
        return not (
            self._items
            or self._absent
            or self._same
            or self._kinds
            or self._twins
            or self._numbers
            or self._lengths
            or self._contents
        )

    def hold(self) -> bool:
        """Whether all of it is as it was seen."""
        try:
            for container, key, seen in self._items:
                x = container[key]
                if x is not seen and not _alike(x, seen):
                    return False
            for read, seen in self._same:
                x = read()
                if x is not seen and not _alike(x, seen):
                    return False
            if not all(_of_kind(read(), *kind) for read, *kind in self._kinds):
                return False
            if any(read() is not first() for read, first in self._twins):
                return False
            if not all(_equal(read(), seen) for read, seen in self._numbers):
                return False
        except (LookupError, AttributeError, ValueError):
            return False
        if any(key in container for container, key in self._absent):
            return False
        return all(len(x) == n for x, n in self._lengths) and all(x == seen for x, seen in self._contents)


def _equal(x: Any, seen: Any) -> bool:
    return x.dtype == seen.dtype and np.array_equal(x, seen, equal_nan=seen.dtype.kind == "f")


def _of_kind(x: Any, kind: Any, shape: Any, dtype: Any) -> bool:
    return type(x) is kind and (dtype is None or (x.shape == shape and x.dtype == dtype))


def _alike(x: Any, seen: Any) -> bool:
    """Whether two objects are the same number or text: 0.0 and -0.0 are not, nor are 1 and 1.0."""
    return type(x) is type(seen) and isinstance(x, bool | int | float | str | complex) and repr(x) == repr(seen)
