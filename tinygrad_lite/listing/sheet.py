"""The sheet that a listing is written on: its variables, in the order in which their lines run."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import TABLE
from tinygrad_lite.listing.expressions import STOP, replaced, uses
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.operands import split_index
from tinygrad_lite.transforms import grad

__all__ = ["Sheet", "Variable"]


KEY = "_key"
"""The end of each key, by which a name in a tree is told to be a variable's."""


class Variable:
    """A value of the listing: an input, or what a line computes.

    key: its name in trees. data: its numbers in the call that was recorded. label: what it should be called. code: None
    for an input. same: the variable that it is only another name for, so that it has no line of its own.
    """

    __slots__ = ("activates", "code", "data", "key", "label", "of", "parts", "passing", "rounded", "same")

    def __init__(self, key: str, data: Any, label: str, code: ast.expr | None, same: Variable | None = None) -> None:
        self.key, self.data, self.label, self.code, self.same = key, data, label, code, same
        found = () if code is None else dict.fromkeys(uses(code))
        self.parts = tuple(k for k in found if k.endswith(KEY))  # the keys that its line uses, in the order there
        self.of: Variable | None = None  # the variable that it is the cotangent of
        self.activates: Variable | None = None  # the weighted input whose number it takes: a1 of z1
        self.rounded = False  # whether its code loses digits that the engine keeps
        self.passing = False  # whether it may stand inside of the line that uses it

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return np.shape(self.data)

    def __repr__(self) -> str:
        return f"{self.key} {self.label!r} = {ast.unparse(self.code) if self.code is not None else 'input'}"


def first(variable: Variable) -> Variable:
    """Of variables that are other names for one, that one."""
    while variable.same is not None:
        variable = variable.same
    return variable


class Sheet:
    """All variables by their keys, and the functions that their lines call by name."""

    def __init__(self) -> None:
        self.variables: dict[str, Variable] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self.forms: dict[str, tuple[Any, ...]] = {}
        self.examples: dict[str, tuple[list[Any], dict[str, Any]]] = {}  # arguments that they were called with
        self.elementwise: set[str] = set()  # those of the user's that have a derivative elementwise

    def add(self, data: Any, label: str, code: ast.expr | None, same: Variable | None = None) -> Variable:
        """A new variable at the end."""
        key = f"v{len(self.variables)}{KEY}"
        found = self.variables[key] = Variable(key, data, label, code, same)
        return found

    def part(self, line: Variable, rest: Variable, parts: list[Variable]) -> None:
        """Write a line with some of its parts as lines of their own before it; rest: what is left of it."""
        keys = {u.key for u in parts}
        before: dict[str, Variable] = {}
        for key, v in self.variables.items():
            if key == line.key:
                before |= {u.key: u for u in parts}
            if key not in keys or key not in before:
                before[key] = v
        line.code, line.parts = rest.code, rest.parts
        self.variables = before

    def function(self, called: Callable[..., Any], wanted: str, form: tuple[Any, ...] = (1,)) -> str:
        """The name under which lines call a function: the one that is wanted, with a number where it is taken.

        form: how it is called; what is called in two ways is two functions, because a listing is for one of them.
        """
        for known, other in self.functions.items():
            if other.__wrapped__ is called and self.forms[known] == form:  # type: ignore[attr-defined]
                return known
        free, number = wanted, 2
        while free in self.functions:
            free, number = f"{wanted}{number}", number + 1
        self.functions[free], self.forms[free] = composite(called), form
        return free

    def slope(self, known: str) -> str:
        """The name under which lines call the derivative of an elementwise function that they call by a name."""
        wanted = f"{known}_prime"
        if wanted not in self.functions:
            own = self.functions[known].__wrapped__  # type: ignore[attr-defined]
            self.function(slope_of(own), wanted)
            self.examples[wanted] = self.examples[known]
        return wanted

    def evaluate(self, code: ast.expr, values: Mapping[str, Any]) -> Any:
        """The value of code for values of its variables: arrays, or Tensors, on which it is recorded."""
        known = {**helpers(), **self.functions, **values}
        code = replaced(code, {})  # a copy, because Python wants to know of each name that it is read
        for node in ast.walk(code):
            if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Tuple | ast.List):
                node.ctx = ast.Load()
        return eval(compile(ast.fix_missing_locations(ast.Expression(code)), "<listing>", "eval"), known)


def slope_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """The derivative of an elementwise function by its first argument."""

    @functools.wraps(function)
    def slope(z: Any, *args: Any, **kwargs: Any) -> Any:
        return grad(lambda z: np.sum(function(z, *args, **kwargs)))(z)

    slope.__doc__ = f"The derivative of {function.__name__}, elementwise."
    return slope


def helpers() -> dict[str, Any]:
    """What the code of primitives may name beside NumPy's functions."""
    return {
        "np": np,
        STOP: p.stop_gradient,
        "scatter": _scatter,
        **{name: q for name, q in TABLE.items() if not hasattr(np, name) and name != "scatter"},
    }


def _scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    template, arrays = split_index(index)
    return p.scatter(g, *arrays, index=template, shape=shape)
