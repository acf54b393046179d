"""The values of typed trees on arrays or Tensors.

>>> evaluate(parse("sigmoid(w * x + b)"), {"w": 2.0, "x": 1.0, "b": -2.0}, {"sigmoid": lambda z: 1 / (1 + 2.718281828 ** -z)})
0.5
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.errors import FormulaError
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.operands import TOO_LARGE
from tinygrad_lite.typed.parser import parse
from tinygrad_lite.typed.room import room, size_of, too_large
from tinygrad_lite.typed.spelling import nearest
from tinygrad_lite.typed.tree import pointed
from tinygrad_lite.typed.unfit import ERRORS, Unfit, why

__all__ = ["choice", "defined", "evaluate", "named", "names", "parse"]


def _of_numbers(left: Any, right: Any) -> Any:
    """A product without indices and without a sign of NumPy's: of arrays, it may mean more than one thing."""
    if getattr(left, "ndim", 0) and getattr(right, "ndim", 0):
        raise Unfit("for arrays write * (element by element) or @ (matrix product)")
    return left * right


CONSTANTS = {
    "True": True,
    "False": False,
    "None": None,
    "pi": math.pi,
}
OVER_LAST = ("softmax", "log_softmax")
"""Functions of an axis that keep it: the last one, where nothing else is said."""

WHOLE_BEHIND = dict.fromkeys(("eye", "ones", "zeros", "full"), 0) | dict.fromkeys(
    ("sum", "mean", "transpose", "softmax", "log_softmax", "logsumexp", "broadcast_to"), 1
)
"""Functions that take axes and lengths, which are whole numbers, and the place of the first of these arguments."""

NO_SLOPE = "a prime is for functions that work element by element"

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "@": operator.matmul,
    "·": _of_numbers, " ": _of_numbers,
    "**": operator.pow, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def choice(sides: Sequence[tuple[Any, Any]]) -> Any:
    """Of values and their conditions the first whose condition holds; the last one has no condition."""
    result = sides[-1][0]
    for value, condition in sides[-2::-1]:
        result = np.where(condition, value, result)
    return result


def _whole(value: Any) -> Any:
    """A keyword's value: axes are whole numbers."""
    if isinstance(value, tuple):
        return tuple(_whole(v) for v in value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _part(text: str) -> Any:
    """A part of x[:, None, 0] as NumPy takes it."""
    return {":": slice(None), "None": None}[text] if not text.isdecimal() else int(text)


def names(node: t.Syntax) -> list[str]:
    """The names of a tree that are no functions and no constants, without indices, in the order of the text.

    >>> names(parse("sigmoid(w * x + b)"))
    ['w', 'x', 'b']
    """
    fixed = {*CONSTANTS, *defined(node)}
    found = sorted(t.variables(node), key=lambda v: v.place)
    return list(dict.fromkeys(v.text for v in found if v.text not in fixed))


def defined(node: t.Syntax) -> set[str]:
    """The names that have a formula of their own in a text of several."""
    return node.names() if isinstance(node, t.Definitions) else set()


def named(name: str, value: Any) -> Any:
    """A value under the name of its formula; what only passes another value on keeps that one's name."""
    if isinstance(value, Tensor) and value.primitive is not None and value.name is None:
        value.name = name
    return value


def evaluate(
    node: t.Syntax,
    values: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]],
    text: str = "",
    derivative: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
) -> Any:
    """The value of a tree; on Tensors this builds their graph.

    values: what the names mean. functions: what may be called. text: for errors that point at a place.
    derivative: what a prime does to a function, as in sigmoid'(z).
    Raises FormulaError for a name or a function that is not there, and for operands that do not fit.
    """

    return _Evaluator(values, functions, text, derivative).at(node)


@dataclass(frozen=True)
class _Evaluator:
    values: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]
    text: str
    derivative: Callable[[Callable[..., Any]], Callable[..., Any]] | None

    @cached_property
    def room(self) -> int:
        return room(self.values)

    def error(self, node: t.Syntax, shown: str, message: str, kind: type[FormulaError] = FormulaError) -> FormulaError:
        return pointed(self.text or shown, node.place if self.text else 0, message, kind)

    def at(self, node: t.Syntax) -> Any:
        match node:
            case t.Number(value=value):
                return value
            case t.Definitions(definitions=definitions, result=result):
                inside = dict(self.values)
                for name, body in definitions:
                    inside[name.text] = named(name.text, replace(self, values=inside).at(body))
                return replace(self, values=inside).at(result)
            case t.Variable(text=text):
                return self.name(node, text)
            case t.Negative(inner=inner):
                return self.guarded(node, operator.neg, self.at(inner))
            case t.Binary(sign=sign, left=left, right=right) | t.Compare(sign=sign, left=left, right=right):
                sides = self.at(left), self.at(right)
                self.check(node, sign, sides)
                return self.guarded(node, OPERATORS[sign], *sides)
            case t.Attribute(inner=inner, text="T"):
                return self.guarded(node, operator.attrgetter("T"), self.at(inner))
            case t.Slices(inner=t.Attribute(inner=inner, text="shape"), parts=(place,)):
                return self.guarded(node, lambda value: np.shape(value)[_part(place)], self.at(inner))
            case t.Slices(inner=inner, parts=parts):
                return self.guarded(node, operator.getitem, self.at(inner), tuple(map(_part, parts)))
            case t.Item(items=items):
                return tuple(self.at(i) for i in items)
            case t.Indicator(condition=condition):
                return np.where(self.at(condition), 1.0, 0.0)
            case t.Cases(sides=sides):
                found = [(self.at(v), None if c is None else self.at(c)) for v, c in sides]
                self.check(node, "where", [part for side in found for part in side if part is not None])
                return self.guarded(node, choice, found)
            case t.FunctionCall(primes=primes) if not primes or self.derivative:
                return self.call(node)
        raise self.error(node, "?", "this has no value here (index notation and primes are for formulas only)")

    def name(self, node: t.Syntax, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        known = ", ".join(self.values) or "none"
        raise self.error(node, name, f"unknown name {name!r}; names are: {known}")

    def call(self, node: t.FunctionCall) -> Any:
        if node.function not in self.functions:
            near = nearest(node.function, self.functions)
            hint = f"; the nearest is {near}" if near else ""
            raise self.error(node, node.function, f"unknown function {node.function!r}{hint}")
        if node.primes and node.function in OVER_LAST:
            raise self.error(node, node.function, NO_SLOPE)
        called = self.functions[node.function]
        for _ in range(node.primes):
            assert self.derivative is not None
            called = self.derivative(called)
        keywords = {k: _whole(self.at(v)) for k, v in node.keywords}
        arguments = [self.at(argument) for argument in node.arguments]
        if node.function in WHOLE_BEHIND:  # np.sum(x, 0), np.eye(3)
            first = WHOLE_BEHIND[node.function]
            arguments[first:] = map(_whole, arguments[first:])
        self.check(node, node.function, arguments, keywords)
        return self.guarded(node, called, *arguments, **keywords)

    def check(
        self, node: t.Syntax, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any] | None = None
    ) -> None:
        """Refuse what would be too large."""
        try:
            size = size_of(name, arguments, keywords)
        except (*ERRORS, OverflowError) as error:
            raise self.misfit(node, error, arguments, keywords) from None
        if size > self.room:
            raise self.error(node, "?", too_large(size, self.room))

    def guarded(self, node: t.Syntax, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        try:
            value = function(*arguments, **keywords)
            if isinstance(value, complex):
                raise Unfit("a power of a negative number that is not real")
            return value
        except FormulaError:
            raise
        except (MemoryError, OverflowError) as error:
            large = isinstance(error, OverflowError) and not keywords
            said = TOO_LARGE if large else "this cannot be computed (a number or an axis is too large)"
            raise self.error(node, "?", said) from None
        except ERRORS as error:
            raise self.misfit(node, error, arguments, keywords) from None

    def misfit(
        self, node: t.Syntax, error: Exception, operands: Sequence[Any], keywords: Mapping[str, Any] | None = None
    ) -> FormulaError:
        return self.error(node, "?", f"this cannot be computed ({why(error, node, operands, keywords)})", t.Misfit)
