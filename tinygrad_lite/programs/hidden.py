"""What keeps values where no program can see that they change. A function that reaches it is refused: nothing is guessed."""

from __future__ import annotations

import enum
import functools
import logging
import types
import weakref
from collections.abc import MutableMapping, MutableSequence, MutableSet
from contextvars import ContextVar
from typing import Any

import numpy as np

from tinygrad_lite.programs.reachable import has_attributes, is_library, is_users_class

__all__ = ["hidden_in", "is_steady"]

_CACHED = type(functools.lru_cache(len))
_HIDDEN = {
    weakref.ReferenceType, *weakref.ProxyTypes, ContextVar, memoryview, types.MappingProxyType, type({}.keys()),
    type({}.values()), type({}.items()),
}  # fmt: skip
# Of Python's and NumPy's library what has attributes and yet is the same always, or is copied as objects of the user's are.
_SEEN = (type, type(np.sum), np.finfo, np.iinfo, logging.Logger, types.SimpleNamespace)


def hidden_in(x: Any) -> str:
    """Why a function that reaches x is refused, as the end of a sentence about it; "" where a program can keep an eye on x."""
    kind = type(x)
    if kind in _HIDDEN or (isinstance(x, MutableSequence | MutableSet | MutableMapping) and not has_attributes(x)):
        return "which no program can keep an eye on. Pass what the function needs of it as arguments."
    if kind is _CACHED:
        return (
            "which keeps its results: no program can tell when they are made anew. Call it outside of the function, and pass "
            "its result, or leave the cache out."
        )
    if hasattr(x, "__next__") or isinstance(x, np.ndarray) or hasattr(x, "__array_function__"):
        return "of which no program can tell what it gives."
    if isinstance(x, frozenset) and not is_steady(x):
        return "with more in it than numbers and texts, which no program can keep an eye on. Make it a list."
    if isinstance(x, type):
        return ""
    if any(vars(base).get("__slots__") for base in kind.__mro__ if is_users_class(base)):
        return (
            "with __slots__, of which no program can tell whether they change. Leave __slots__ out, or pass what the function "
            "needs of it as arguments."
        )
    if is_library(kind) and hasattr(x, "__dict__") and not isinstance(x, _SEEN) and kind.__module__ != "typing":
        return "whose state no program can keep an eye on. Pass what the function needs of it as arguments."
    return ""


def is_steady(x: Any) -> bool:
    """Whether x is a number, a text, or the like: equal to another, it cannot become different."""
    if isinstance(x, tuple | frozenset):
        return all(map(is_steady, x))
    return isinstance(x, bool | int | float | complex | str | bytes | None | np.generic | np.dtype | enum.Enum | type)
