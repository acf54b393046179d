"""Expressions typed as text: a small grammar of our own, parsed and never evaluated by Python.

`parse` gives a tree whose nodes know their place in the text; `evaluate` computes it on arrays or
Tensors with the functions that it is given.  Two spellings are read: NumPy's (``x.T @ (a - y) / m``)
and index notation (``sum_i x_ij (a_i - y_i) / m``), where a product may be written without a sign.
An error shows the text with a caret at the place.

>>> tree = parse("sigmoid(w * x + b)")
>>> evaluate(tree, {"w": 2.0, "x": 1.0, "b": -2.0}, {"sigmoid": lambda z: 1 / (1 + 2.718281828 ** -z)})
0.5
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.tree import Token, pointed, scan

__all__ = ["choice", "evaluate", "names", "parse"]

LONGEST = 10_000
"""How long a text may be."""

MOST_TOKENS = 500
"""How many signs, names and numbers it may have."""

DEEPEST = 40
"""How deep brackets may nest."""

MOST_PRIMES = 4
"""How often a function may be differentiated: each prime doubles the graph, or worse."""

TOO_LARGE = "the number is too large: floats end at 1.8e308"


def parse(text: str, functions: Mapping[str, Any] | None = None, juxtaposed: bool | None = None) -> t.Syntax:
    """The tree of a text.

    functions: the names that may be called; others before a bracket are factors (in index notation)
    or errors. juxtaposed: whether a product may be written without a sign; None: where the text has
    indices (x_ij) or ``sum_i``.
    Raises FormulaError, which points at the place.
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a text; got {type(text).__name__}. Put it in quotes.")
    if len(text) > LONGEST:
        raise FormulaError(f"a formula has at most {LONGEST:,} characters; got {len(text):,}. Split it up.")
    if juxtaposed is None:
        juxtaposed = re.search(r"\bsum_[a-z]|[^\W_]_[a-z]{1,3}\b", text) is not None
    return _Parser(text, functions, juxtaposed).whole()


class _Parser:
    """Recursive descent; every level of precedence is a method."""

    def __init__(self, text: str, functions: Mapping[str, Any] | None, juxtaposed: bool) -> None:
        self.text = text
        self.tokens = list(scan(text))
        if len(self.tokens) > MOST_TOKENS:
            place = self.tokens[MOST_TOKENS].place
            raise pointed(
                text, place, f"a formula has at most {MOST_TOKENS} signs and names; this is one too many. Split it up"
            )
        self.at = 0
        self.depth = 0
        self.functions = functions
        self.juxtaposed = juxtaposed

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> Token | None:
        token = self.now
        if token.kind == "sign" and token.text in texts:
            self.at += 1
            return token
        return None

    def whole(self) -> t.Syntax:
        if self.now.kind == "end":
            raise pointed(self.text, 0, "the formula is empty; write one such as (a - y) * x")
        node = self.comparison()
        if self.now.kind != "end":
            raise self.unexpected()
        return node

    def unexpected(self) -> FormulaError:
        token = self.now
        if token.kind == "end":
            return pointed(self.text, token.place, "the formula ends where a value is expected")
        if token.text == ")":
            return pointed(self.text, token.place, "this ')' has no '(' before it")
        if token.text == "=":
            return pointed(self.text, token.place, "'=' is no operator here; compare with ==, or pass one side only")
        if token.kind in ("name", "number") or token.text == "(":
            return pointed(self.text, token.place, "an operator is missing before this; write * for a product")
        return pointed(self.text, token.place, f"a value is missing before {token.text!r}")

    def comparison(self) -> t.Syntax:
        self.depth += 1
        if self.depth > DEEPEST:
            raise pointed(self.text, self.now.place, f"brackets nest deeper than {DEEPEST} here")
        left = self.sum()
        token = self.take(*t.COMPARE)
        if token is not None:
            left = t.Compare(token.place, token.text, left, self.sum())
        self.depth -= 1
        return left

    def sum(self) -> t.Syntax:
        left = self.product()
        while (token := self.take(*t.ADD)) is not None:
            left = t.Binary(token.place, token.text, left, self.product())
        return left

    def product(self) -> t.Syntax:
        left = self.signed()
        while True:
            token = self.take(*t.MULTIPLY)
            if token is not None:
                left = t.Binary(token.place, token.text, left, self.signed())
            elif self.juxtaposed and (self.now.kind in ("name", "number") or self.now.text == "("):
                left = t.Binary(self.now.place, "*", left, self.power())
            else:
                return left

    def signed(self) -> t.Syntax:
        token = self.take("-", "+")
        if token is None:
            return self.power()
        self.depth += 1
        if self.depth > DEEPEST:
            raise pointed(self.text, token.place, f"more than {DEEPEST} signs here")
        inner = self.signed()
        self.depth -= 1
        return t.Negative(token.place, inner) if token.text == "-" else inner

    def power(self) -> t.Syntax:
        base = self.postfix()
        token = self.take("**")
        return base if token is None else t.Binary(token.place, "**", base, self.signed())

    def postfix(self) -> t.Syntax:
        node = self.value()
        while self.now.text == "." and self.now.kind == "sign":
            self.at += 1
            token = self.now
            if token.kind != "name":
                raise pointed(self.text, token.place, "a name is missing after the dot, such as T")
            self.at += 1
            if self.take("("):
                call = self.call(token)
                if isinstance(node, t.Variable) and node.text in ("np", "numpy", "tg"):
                    if self.functions is not None and token.text not in self.functions:
                        raise self.no_function(token)
                    node = call
                    continue
                node = t.FunctionCall(call.place, call.function, 0, (node, *call.arguments), call.keywords)
            else:
                node = t.Attribute(token.place, node, token.text)
        return node

    def value(self) -> t.Syntax:
        token = self.now
        if token.kind == "number":
            self.at += 1
            return t.Number(token.place, self.number(token))
        if token.kind == "name":
            self.at += 1
            return self.named(token)
        if self.take("("):
            inner = self.comparison()
            if self.now.text == ",":
                items = [inner]
                while self.take(",") and self.now.text != ")":
                    items.append(self.comparison())
                inner = t.Item(token.place, tuple(items))
            self.close(token)
            return inner
        raise self.unexpected()

    def number(self, token: Token) -> float:
        value = float(token.text)
        if math.isinf(value):
            raise pointed(self.text, token.place, TOO_LARGE)
        if value == 0 and any(c in "123456789" for c in token.text.lower().partition("e")[0]):
            raise pointed(self.text, token.place, "the number is too small: below 4.9e-324 floats are 0")
        return value

    def close(self, opened: Token) -> None:
        if self.take(")") is None:
            if self.now.kind == "end":
                raise pointed(self.text, opened.place, "this '(' is never closed")
            raise self.unexpected()

    def named(self, token: Token) -> t.Syntax:
        summed = re.fullmatch(r"(?:sum|Σ)_([^\W\d_]+)", token.text)
        if summed is not None and self.juxtaposed:
            return t.IndexSum(token.place, summed[1], self.product())
        bare = token.text.rstrip("'′")
        known = self.functions is None or bare in self.functions
        if (
            known
            and self.now.text == "("
            and self.now.kind == "sign"
            and (self.functions is not None or not self.juxtaposed)
        ):
            self.at += 1
            return self.call(token)
        if self.now.text == "(" and not self.juxtaposed:
            raise self.no_function(token)
        return t.Variable(token.place, *t.split_indices(token.text))

    def no_function(self, token: Token) -> FormulaError:
        known = ", ".join(sorted(self.functions or ()))
        name = token.text.rstrip("'′")
        message = f"{name!r} is not a function here (write * for a product); functions are {known}"
        return pointed(self.text, token.place, message)

    def call(self, token: Token) -> t.FunctionCall:
        """What follows a name and its opening bracket."""
        bare = token.text.rstrip("'′")
        primes = len(token.text) - len(bare)
        if primes > MOST_PRIMES:
            message = (
                f"a function has at most {MOST_PRIMES} primes; {bare} has {primes:,} here. Write its derivative out"
            )
            raise pointed(self.text, token.place, message)
        opened = self.tokens[self.at - 1]
        arguments: list[t.Syntax] = []
        keywords: list[tuple[str, t.Syntax]] = []
        while self.now.text != ")":
            if self.now.kind == "end":
                raise pointed(self.text, opened.place, "this '(' is never closed")
            following = self.tokens[self.at + 1]
            if self.now.kind == "name" and following.text == "=" and following.kind == "sign":
                keyword = self.now.text
                self.at += 2
                keywords.append((keyword, self.comparison()))
            else:
                arguments.append(self.comparison())
            if self.take(",") is None:
                break
        self.close(opened)
        return t.FunctionCall(token.place, bare, primes, tuple(arguments), tuple(keywords))


def _of_numbers(left: Any, right: Any) -> Any:
    """A product without indices and without a sign of NumPy's: of arrays, it may mean more than one thing."""
    if getattr(left, "ndim", 0) and getattr(right, "ndim", 0):
        raise TypeError("for arrays write * (element by element) or @ (matrix product)")
    return left * right


_CONSTANTS = {"True": True, "False": False, "None": None, "pi": 3.141592653589793, "π": 3.141592653589793}
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


def names(node: t.Syntax) -> list[str]:
    """The names of a tree that are no functions and no constants, without indices, in the order of the text.

    >>> names(parse("sigmoid(w * x + b)"))
    ['w', 'x', 'b']
    """
    return list(dict.fromkeys(v.text for v in t.variables(node) if v.text not in _CONSTANTS))


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

    def error(self, node: t.Syntax, shown: str, message: str) -> FormulaError:
        return pointed(self.text or shown, node.place if self.text else 0, message)

    def at(self, node: t.Syntax) -> Any:
        match node:
            case t.Number(value=value):
                return value
            case t.Variable(text=text):
                return self.name(node, text)
            case t.Negative(inner=inner):
                return self.guarded(node, operator.neg, self.at(inner))
            case t.Binary(sign=sign, left=left, right=right) | t.Compare(sign=sign, left=left, right=right):
                return self.guarded(node, OPERATORS[sign], self.at(left), self.at(right))
            case t.Attribute(inner=inner, text="T"):
                return self.at(inner).T
            case t.Item(items=items):
                return tuple(self.at(i) for i in items)
            case t.Indicator(condition=condition):
                return np.where(self.at(condition), 1.0, 0.0)
            case t.Cases(sides=sides):
                return self.guarded(node, choice, [(self.at(v), None if c is None else self.at(c)) for v, c in sides])
            case t.FunctionCall(primes=primes) if not primes or self.derivative:
                return self.call(node)
        raise self.error(node, "?", "this has no value here (index notation and primes are for formulas only)")

    def name(self, node: t.Syntax, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        known = ", ".join(self.values) or "none"
        raise self.error(node, name, f"unknown name {name!r}; names are: {known}")

    def call(self, node: t.FunctionCall) -> Any:
        if node.function not in self.functions:
            listed = ", ".join(sorted(self.functions))
            raise self.error(node, node.function, f"unknown function {node.function!r}; functions are {listed}")
        called = self.functions[node.function]
        for _ in range(node.primes):
            assert self.derivative is not None
            called = self.derivative(called)
        keywords = {k: _whole(self.at(v)) for k, v in node.keywords}
        return self.guarded(node, called, *map(self.at, node.arguments), **keywords)

    def guarded(self, node: t.Syntax, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        try:
            value = function(*arguments, **keywords)
            if isinstance(value, complex):
                raise ValueError("a power of a negative number that is not real")
            return value
        except FormulaError:
            raise
        except (MemoryError, OverflowError) as error:
            large = isinstance(error, OverflowError) and not keywords
            raise self.error(node, "?", TOO_LARGE if large else f"this cannot be computed ({error})") from None
        except (ValueError, TypeError, IndexError, AttributeError, ZeroDivisionError) as error:
            raise self.error(node, "?", f"this cannot be computed ({error})") from None
