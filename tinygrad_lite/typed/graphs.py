"""Formulas typed as text, as graphs: NumPy's spelling and index notation alike.

A typed formula becomes a graph of Tensors, so whatever reads graphs reads it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite import functions as library
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.parser import OPERATORS, evaluate, names, parse

SIZES = {"m": 5, "n": 3, "J": 4, "K": 6, "P": 7, "Q": 2}
"""The lengths that axes get where a formula is tried out: all different, so axes cannot be mixed up."""

LETTER_AXES = {"i": "m", "j": "n", "k": "J", "l": "K", "p": "P", "q": "Q"}


def derivative(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The derivative of an elementwise function, as a graph."""

    def slope(z: Any) -> Any:
        z = z if isinstance(z, Tensor) else Tensor(z)
        inner = z if z.requires_grad else Tensor(z.numpy(), requires_grad=True)
        outer = function(inner)
        return pull_back([outer], [Tensor(np.ones(outer.shape, outer.dtype))], [inner], create_graph=True)[0]

    return slope


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "log": np.log, "log1p": np.log1p, "expm1": np.expm1, "sqrt": np.sqrt, "abs": np.abs,
    "sin": np.sin, "cos": np.cos, "sinh": np.sinh, "cosh": np.cosh, "square": np.square, "sign": np.sign,
    "maximum": np.maximum, "minimum": np.minimum, "where": np.where, "sum": np.sum, "mean": np.mean,
    "dot": np.dot, "outer": np.outer, "transpose": np.transpose,
    "sigmoid": library.sigmoid, "σ": library.sigmoid, "sigma": library.sigmoid, "tanh": np.tanh,
    "relu": library.relu, "softmax": library.softmax, "log_softmax": library.log_softmax,
    "softplus": library.softplus, "logsumexp": library.logsumexp, "leaky_relu": library.leaky_relu,
    "quadratic_cost": library.quadratic_cost, "cross_entropy": library.cross_entropy,
    "cross_entropy_with_logits": library.cross_entropy_with_logits, "log_likelihood": library.log_likelihood,
    "log_likelihood_with_logits": library.log_likelihood_with_logits, "clip": np.clip,
}  # fmt: skip


def _extreme(reduce: Callable[..., Any], pair: Callable[..., Any]) -> Callable[..., Any]:
    """max(0, z) as the lecture writes it, max(z, axis=1) as NumPy does."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        return pair(*arguments) if len(arguments) == 2 else reduce(*arguments, **keywords)

    return call


FUNCTIONS["max"] = _extreme(np.max, np.maximum)
FUNCTIONS["min"] = _extreme(np.min, np.minimum)


@dataclass(frozen=True)
class Typed:
    """A formula that was typed: its text, its tree, and whether it has indices."""

    text: str
    tree: t.Syntax
    indexed: bool

    def letters(self) -> dict[str, str]:
        """The index letters of each name, in index notation: {"x": "ij"}."""
        found: dict[str, str] = {}
        if not self.indexed:
            return found
        for name in names(self.tree):
            base, letters = split_indices(name)
            if base in found and len(found[base]) != len(letters):
                raise FormulaError(
                    f"{base!r} has {len(found[base])} indices at one place and {len(letters)} at another in {self.text!r}."
                )
            found.setdefault(base, letters)
        return found

    def names(self) -> list[str]:
        """The names of the formula without their indices."""
        return list(dict.fromkeys(split_indices(n)[0] if self.indexed else n for n in names(self.tree)))


def read(text: str) -> Typed:
    """A typed formula; FormulaError points at the place where it cannot be read.

    >>> read("sum_i x_ij (a_i - y_i) / m").letters()
    {'x': 'ij', 'a': 'i', 'y': 'i', 'm': ''}
    """
    tree = parse(text, FUNCTIONS)
    indexed = _is_indexed(tree)
    return Typed(text, tree, indexed)


def _is_indexed(node: t.Syntax) -> bool:
    if isinstance(node, t.IndexSum) or (isinstance(node, t.Variable) and split_indices(node.text)[1] != ""):
        return True
    return any(_is_indexed(child) for child in t.children(node))


def split_indices(name: str) -> tuple[str, str]:
    """A name and its index letters.

    >>> split_indices("x_ij"), split_indices("loss"), split_indices("a2_ik")
    (('x', 'ij'), ('loss', ''), ('a2', 'ik'))
    """
    base, _, letters = name.rpartition("_")
    if base and 0 < len(letters) <= 3 and all(c in "ijklpq" for c in letters):
        return base, letters
    return name, ""


def graph_of(typed: Typed, values: Mapping[str, Any]) -> tuple[Any, str]:
    """The graph of a formula on Tensors, and the index letters of its result (index notation only)."""
    if typed.indexed:
        return _Indexed(typed, values).at(typed.tree)
    return evaluate(typed.tree, values, FUNCTIONS, typed.text, derivative), ""


class _Indexed:
    """Index notation: every value goes with its letters, in alphabetical order."""

    def __init__(self, typed: Typed, values: Mapping[str, Any]) -> None:
        self.typed = typed
        self.values = values

    def error(self, node: t.Syntax, message: str) -> FormulaError:
        return t.pointed(self.typed.text, node.place, message)

    def at(self, node: t.Syntax) -> tuple[Any, str]:
        match node:
            case t.Number(value=value):
                return value, ""
            case t.Variable(text=text):
                return self.name(node, text)
            case t.Negative(inner=inner):
                value, letters = self.at(inner)
                return -value, letters
            case t.Binary(sign=sign, left=left, right=right) | t.Compare(sign=sign, left=left, right=right):
                if sign == "@":
                    raise self.error(node, "'@' and indices do not go together; write a sum such as sum_k w_jk x_k")
                return self.pair(sign, self.at(left), self.at(right))
            case t.IndexSum(letters=bound, body=t.Binary(sign="/", left=left, right=right)) if self.free_of(
                right, bound
            ):
                top = t.IndexSum(node.place, bound, left)
                return self.pair("/", self.at(top), self.at(right))
            case t.IndexSum(letters=bound, body=body):
                value, letters = self.at(body)
                missing = [c for c in bound if c not in letters]
                if missing:
                    raise self.error(node, f"the sum runs over {missing[0]!r}, which is no index of what follows")
                axes = tuple(letters.index(c) for c in bound)
                return np.sum(value, axis=axes), "".join(c for c in letters if c not in bound)
            case t.FunctionCall():
                return self.call(node)
        raise self.error(node, "this has no meaning beside indices")

    def free_of(self, node: t.Syntax, letters: str) -> bool:
        """Whether none of these letters is an index of a name in a piece."""
        used = {c for name in names(node) for c in split_indices(name)[1]}
        return used.isdisjoint(letters)

    def name(self, node: t.Syntax, text: str) -> tuple[Any, str]:
        base, letters = split_indices(text)
        if base not in self.values:
            known = ", ".join(self.values)
            raise self.error(node, f"unknown name {base!r}; names are: {known}")
        value = self.values[base]
        if len(set(letters)) != len(letters):
            raise self.error(node, "an index may stand only once at a name")
        order = sorted(range(len(letters)), key=lambda n: letters[n])
        if getattr(value, "ndim", 0) != len(letters):
            raise self.error(node, f"{base!r} has {getattr(value, 'ndim', 0)} axes and {len(letters)} indices here")
        if order != list(range(len(letters))):
            value = np.transpose(value, order)
        return value, "".join(sorted(letters))

    def pair(self, sign: str, left: tuple[Any, str], right: tuple[Any, str]) -> tuple[Any, str]:
        letters = "".join(sorted(set(left[1]) | set(right[1])))
        return OPERATORS[sign](_spread(left, letters), _spread(right, letters)), letters

    def call(self, node: t.FunctionCall) -> tuple[Any, str]:
        function = FUNCTIONS.get(node.function)
        if function is None or node.keywords:
            raise self.error(
                node, f"{node.function!r} has no meaning here; elementwise functions such as exp, log, sigma do"
            )
        parts = [self.at(a) for a in node.arguments]
        letters = "".join(sorted({c for _, own in parts for c in own}))
        if node.primes == 1 and len(parts) == 1:
            return derivative(function)(parts[0][0]), parts[0][1]
        if node.primes or node.function in ("sum", "mean", "softmax", "log_softmax", "logsumexp", "dot", "outer"):
            raise self.error(node, f"{node.function!r} has no meaning beside indices; write it with sum_k")
        return function(*(_spread(p, letters) for p in parts)), letters


def _spread(part: tuple[Any, str], letters: str) -> Any:
    """A value with an axis of size 1 for each letter that it does not have."""
    value, own = part
    if own == letters or not own:
        return value
    sizes = iter(value.shape)
    return np.reshape(value, tuple(next(sizes) if c in own else 1 for c in letters))


_ONE_OUTPUT = {"x": "mn", "w": "n", "b": ""}
_MANY = {"x": "mn", "w": "Jn", "W": "Jn", "b": "J"}
_EXAMPLE = {"x": "n", "w": "Jn", "W": "Jn", "b": "J"}
LAYOUTS: list[tuple[dict[str, str], str]] = [
    (_ONE_OUTPUT, "m"), (_MANY, "mJ"), ({}, ""), (_EXAMPLE, "J"), ({}, "m"), ({"x": "m"}, "m"),
]  # fmt: skip
"""Shapes of x, w and b, and of every other name, in the lecture's settings; tried in this order."""


def layouts(names: Sequence[str], fixed: Mapping[str, str]) -> list[dict[str, str]]:
    """Which axes each name may have, best guess first; ``fixed`` are known."""
    found: list[dict[str, str]] = []
    for special, other in LAYOUTS:
        layout = {
            n: fixed.get(n, "" if n in ("m", "n", "lambda", "λ", "eta", "η") else special.get(n, other)) for n in names
        }
        if layout not in found:
            found.append(layout)
    return found
