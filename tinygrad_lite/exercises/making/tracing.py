"""The names of the variables of a function, given to the Tensors that it computed."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any

from tinygrad_lite.tensor.tensor import Tensor


def traced(function: Callable[..., Any], arguments: Mapping[str, Any]) -> tuple[Any, dict[str, Tensor]]:
    """The result of a function, and the Tensors that its variables held when it returned, by their names.

    These Tensors are given the names of their variables. A Tensor that has a name already keeps it, and so does one
    that two variables hold: the first gives the name.
    """
    code = code_of(function)
    held: dict[str, Any] = {}

    def watch(frame: FrameType, event: str, result: Any) -> None:
        if event == "return" and frame.f_code is code:
            held.clear()  # a function that calls itself returns several times; the outermost call returns last
            held.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        result = function(**arguments)
    finally:
        _restore(before)
    found = {name: value for name, value in held.items() if isinstance(value, Tensor)}
    for name, value in found.items():
        if value.name is None and value.made_by is not None:
            value.name = name
    return result, {value.name: value for value in found.values() if value.name is not None}


def _restore(profiler: Any) -> None:
    if profiler is None or callable(profiler):
        sys.setprofile(profiler)
    else:
        profiler.enable()  # a cProfile.Profile is installed by itself only


def code_of(function: Any) -> CodeType | None:
    """The code whose variables give the names: that of the function under decorators; None for what has none.

    >>> code_of(functools.partial(code_of, None)).co_name
    'code_of'
    """
    inner = inspect.unwrap(function)
    while isinstance(inner, functools.partial):
        inner = inspect.unwrap(inner.func)
    inner = getattr(inner, "__func__", inner)  # a method
    if not hasattr(inner, "__code__"):
        inner = getattr(type(inner).__call__, "__func__", type(inner).__call__)  # an object that is called
    found = getattr(inner, "__code__", None)
    return found if isinstance(found, CodeType) else None
