"""Calls of functions that a line shows: NumPy's, and the activations and costs of this library."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite import functions
from tinygrad_lite.core.graph import Call, Node
from tinygrad_lite.tensor.dispatch import NUMPY

__all__ = ["OF_ACTIVATIONS", "OURS", "arguments_of", "numpy_name"]


def function_of(composite: Any) -> Any:
    """What the calls of a composite have as their function."""
    inner = inspect.unwrap(composite)
    return inner if inner is not composite else None


OF_ACTIVATIONS = {
    function_of(getattr(functions, name)) for name in ("quadratic_cost", "cross_entropy", "log_likelihood")
}
"""Costs of activations: the others take weighted inputs."""

OURS = {function_of(getattr(functions, name)) for name in functions.__all__} - {None}


def numpy_name(function: Callable[..., Any]) -> str:
    """The NumPy function that a composite of this library stands for, or ""."""
    names: list[Any] = [f for f, handler in NUMPY.items() if function_of(handler) is function]
    for known in names:
        for room, text in ((np, "np"), (np.linalg, "np.linalg")):
            own = known.__name__
            if getattr(room, own, None) is known:
                return f"{text}.{own}"
    return ""


def arguments_of(call: Call) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call as they are written: settings by name, and not where they are what the function takes anyway."""
    bound = inspect.signature(call.function).bind(*call.args, **call.kwargs)
    given: list[Any] = []
    named: dict[str, Any] = {}
    for key, q in bound.signature.parameters.items():
        if key not in bound.arguments:
            continue
        x = bound.arguments[key]
        if q.kind is q.VAR_POSITIONAL:
            given += x
        elif q.kind is q.VAR_KEYWORD:
            named |= x
        elif q.default is q.empty and not named:
            given.append(x)
        elif (
            q.default is q.empty or isinstance(x, Node | np.ndarray) or type(x) is not type(q.default) or x != q.default
        ):
            named[key] = x
    return given, named
