"""What tg.vmap does for each example: the function of one example, and a line that calls it for all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from tinygrad_lite import mapping
from tinygrad_lite.trees import flatten

__all__ = ["Mapped", "is_flat", "mapped"]


@dataclass(frozen=True)
class Mapped:
    """A function of one example, called for each. args: of the first example. along: which of them are an example's."""

    function: Callable[..., Any]
    args: list[Any]
    along: list[bool]

    def lines(self, called: str, parameters: Sequence[str], result: Any) -> list[str]:
        """The function of all examples. called: the function of one. result: what that gives, an array or a tuple."""
        along = [*self.along, *(False for _ in parameters[len(self.along) :])]
        given = [f"{own}[i]" if each else own for own, each in zip(parameters, along, strict=True)]
        first = parameters[self.along.index(True)]
        several = isinstance(result, tuple)
        return [
            f"def {called}_of_each({', '.join(parameters)}):",
            f"    found = [{called}({', '.join(given)}) for i in range(len({first}))]",
            "    return " + ("tuple(np.stack(parts) for parts in zip(*found))" if several else "np.stack(found)"),
        ]


def mapped(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Mapped | None:
    """The function of one example, where the examples lie along first axes of arrays; None for any other function."""
    if not isinstance(function, FunctionType) or function.__code__.co_filename != mapping.__file__:
        return None
    own = inspect.getclosurevars(function).nonlocals
    axes = own.get("in_axes", 1)
    axes = [axes] * len(args) if not isinstance(axes, tuple | list) else list(axes)
    arrays = all(isinstance(x, np.ndarray | np.generic | float) for x in args)
    if kwargs or not arrays or own.get("out_axes") != 0 or len(axes) != len(args) or not {0} <= {*axes} <= {0, None}:
        return None
    along = [axis == 0 for axis in axes]
    return Mapped(own["f"], [x[0] if each else x for x, each in zip(args, along, strict=True)], along)


def is_flat(result: Any) -> bool:
    """Whether a result is an array or a tuple of arrays."""
    return len(flatten(result)[0]) == (len(result) if isinstance(result, tuple) else 1) and not isinstance(
        result, dict | list
    )
