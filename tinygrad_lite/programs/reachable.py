"""What a function reaches besides its arguments, and what of it is the user's: questions asked of code and of objects."""

from __future__ import annotations

import dis
import enum
import functools
import sys
import types
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.programs.tracing import is_users_file
from tinygrad_lite.programs.watching import MAKERS, RANDOM

__all__ = [
    "chooses_by_class",
    "generators_in",
    "has_attributes",
    "is_library",
    "is_users",
    "is_users_class",
    "makes_generators",
    "may_reach",
    "names_in",
    "reached_by",
    "users_methods",
]

_PLAIN = {bool, int, float, complex, str, bytes, type(None), np.ndarray}


def is_users(function: types.FunctionType) -> bool:
    """Whether a function was written by the user, and not by a library."""
    return is_users_file(function.__code__.co_filename) and not (function.__module__ or "").startswith("tinygrad_lite.")


@functools.lru_cache(1024)
def names_in(code: types.CodeType) -> tuple[str, ...]:
    """The global names that a function may read, in the order in which it does; those of the functions inside it after."""
    names = [i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")]
    inside = [name for c in code.co_consts if isinstance(c, types.CodeType) for name in names_in(c)]
    return tuple(dict.fromkeys([*names, *inside]))


@functools.lru_cache(1024)
def chooses_by_class(code: types.CodeType) -> bool:
    """Whether a function has a `case` of a class in it, which stand-ins for arrays are not of."""
    inside = any(chooses_by_class(c) for c in code.co_consts if isinstance(c, types.CodeType))
    return inside or any(i.opname == "MATCH_CLASS" for i in dis.get_instructions(code))


_CALLABLE = (types.FunctionType, types.MethodType, functools.partial)


def is_library(kind: type) -> bool:
    """Whether a class comes from Python, NumPy or this package, and is no user's."""
    module = kind.__module__ or ""
    own = module.split(".")[0]
    return (own in ("numpy", "builtins") or own in sys.stdlib_module_names) and module not in ("__main__", "argparse")


def is_users_class(kind: type) -> bool:
    """Whether a class was written by the user."""
    return not is_library(kind) and kind.__module__.split(".")[0] != "tinygrad_lite"


def has_attributes(x: Any) -> bool:
    """Whether an object keeps its values in a __dict__ and object.__new__ can make one like it: a library's own is left alone."""
    made = getattr(type(x), "__new__", None)
    plain = made is object.__new__ or (isinstance(made, types.FunctionType) and not isinstance(x, enum.Enum))
    return plain and hasattr(x, "__dict__") and not is_library(type(x))


def users_methods(kind: type) -> Iterator[tuple[str, Any]]:
    """The functions of the user's in a class, those of its bases first."""
    for base in reversed(kind.__mro__):
        for key, value in vars(base).items():
            if (
                isinstance(value, types.FunctionType)
                and is_users(value)
                and key not in ("__init__", "__repr__", "__getattribute__")
            ):
                yield key, value


def may_reach(x: Any) -> bool:
    """Whether what lies in a cell of a library's function may lead to values of the user's."""
    return isinstance(x, (*_CALLABLE, Node)) or (callable(x) and hasattr(x, "__dict__") and not isinstance(x, type))


def generators_in(reached: Iterable[Any]) -> list[Any]:
    """The generators of random numbers among what a function reaches, and those whose methods are."""
    owners = ((x, getattr(x, "__self__", None)) for x in reached)
    return [g for pair in owners for g in pair if isinstance(g, RANDOM)]


_MAKERS = {x.__name__ for x in MAKERS} | {"secrets", "uuid4", "getrandom"}  # as they stand in code


def makes_generators(reached: Iterable[Any]) -> bool:
    """Whether a function may draw from a generator that it makes, which shows in no state that was there before."""
    reached = list(reached)
    codes = [x.__code__ for x in reached if isinstance(x, types.FunctionType)]
    named = any(is_users_file(code.co_filename) and not _MAKERS.isdisjoint(_names(code)) for code in codes)
    return named or any(x in MAKERS for x in reached if isinstance(x, Hashable) and callable(x))


@functools.lru_cache(1024)
def _names(code: types.CodeType) -> frozenset[str]:
    """The names of globals and attributes in a function, and in those inside it."""
    return frozenset(code.co_names).union(*(_names(c) for c in code.co_consts if isinstance(c, types.CodeType)))


def reached_by(function: Any) -> Iterator[Any]:
    """What a function reaches, itself among it: by names, in containers, in attributes, in the methods of classes.

    Of functions that are not the user's, such as tg.grad(cost), only the cells are looked at.
    """
    stack, seen = [function], set()
    while stack:
        x = stack.pop()
        if id(x) in seen or type(x) in _PLAIN:
            continue
        seen.add(id(x))
        yield x
        if isinstance(x, types.FunctionType):
            stack += map(_content, x.__closure__ or ())
            if is_users_file(x.__code__.co_filename):
                stack += [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
                stack += _by_name(x)
        elif isinstance(x, functools.partial):
            stack += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, types.MethodType):
            stack += [x.__func__, x.__self__]
        elif isinstance(x, list | tuple | set | frozenset):
            stack += x
        elif isinstance(x, dict):
            stack += x.values()
        elif hasattr(x, "__wrapped__"):  # a compiled function
            stack.append(x.__wrapped__)
        elif hasattr(x, "__dict__") and not isinstance(x, type | types.ModuleType):
            stack += vars(x).values()
            stack += _methods(type(x))


def _by_name(f: types.FunctionType) -> Iterator[Any]:
    """What a function finds by global names, in modules of the user's, too."""
    names = _names(f.__code__)
    for name in names & f.__globals__.keys():
        x = f.__globals__[name]
        if isinstance(x, types.ModuleType) and is_users_file(getattr(x, "__file__", None) or "<frozen"):
            yield from (vars(x)[key] for key in names & vars(x).keys())
        yield x


def _methods(kind: type) -> Iterator[Any]:
    """The functions and values in a class and its bases, those that Python wraps among them."""
    for base in kind.__mro__:
        users = not (base.__module__ or "").startswith(("tinygrad_lite.", "builtins"))
        for x in vars(base).values() if users else ():
            yield x.fget if isinstance(x, property) else getattr(x, "__func__", x)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # not yet assigned
