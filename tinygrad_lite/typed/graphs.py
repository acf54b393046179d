"""Formulas typed as text, as graphs: NumPy's spelling and index notation alike.

A typed formula becomes a graph of Tensors, so whatever reads graphs reads it, too.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_lite import functions as library
from tinygrad_lite.errors import FormulaError
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.evaluating import (
    CONSTANTS,
    NO_SLOPE,
    OPERATORS,
    OVER_LAST,
    choice,
    defined,
    evaluate,
    named,
    names,
)
from tinygrad_lite.typed.operands import TOO_LARGE
from tinygrad_lite.typed.parser import parse
from tinygrad_lite.typed.room import room, size_of, too_large
from tinygrad_lite.typed.several import parse_several
from tinygrad_lite.typed.unfit import ERRORS, Unfit, why


def derivative(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The derivative of an elementwise function, as a graph."""

    def slope(z: Any) -> Any:
        z = z if isinstance(z, Tensor) else Tensor(z)
        inner = z if z.requires_grad else Tensor(z.numpy(), requires_grad=True)
        outer = function(inner)
        if outer.shape != inner.shape:
            raise Unfit(NO_SLOPE)
        one = 0 * inner + 1  # part of the graph, so that what the rules do with it is, too
        found = pull_back([outer], [one], [inner], create_graph=True)[0]
        return 0 * inner if found is None else found

    return slope


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "log": np.log, "log1p": np.log1p, "expm1": np.expm1, "sqrt": np.sqrt, "abs": np.abs,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "square": np.square, "sign": np.sign,
    "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan, "arcsinh": np.arcsinh, "arccosh": np.arccosh,
    "arctanh": np.arctanh, "cbrt": np.cbrt,
    "maximum": np.maximum, "minimum": np.minimum, "where": np.where, "sum": np.sum, "mean": np.mean,
    "dot": np.dot, "outer": np.outer, "transpose": np.transpose, "eye": np.eye, "full": np.full,
    "ones": np.ones, "zeros": np.zeros, "broadcast_to": np.broadcast_to,
    "multiply": np.multiply, "divide": np.divide, "add": np.add, "subtract": np.subtract, "matmul": np.matmul,
    "sigmoid": library.sigmoid, "σ": library.sigmoid, "sigma": library.sigmoid, "tanh": np.tanh,
    "relu": library.relu, "softmax": library.softmax, "log_softmax": library.log_softmax,
    "softplus": library.softplus, "logsumexp": library.logsumexp, "leaky_relu": library.leaky_relu,
    "quadratic_cost": library.quadratic_cost, "cross_entropy": library.cross_entropy,
    "cross_entropy_with_logits": library.cross_entropy_with_logits, "log_likelihood": library.log_likelihood,
    "log_likelihood_with_logits": library.log_likelihood_with_logits, "clip": np.clip,
    "power": np.power, "len": len,
}  # fmt: skip


def extreme(reduce: Callable[..., Any], pair: Callable[..., Any]) -> Callable[..., Any]:
    """max(0, z) as the lecture writes it, max(z, axis=1) as NumPy does."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        return pair(*arguments) if len(arguments) == 2 else reduce(*arguments, **keywords)

    return call


def diag(value: Any) -> Any:
    """The matrix with a vector on its diagonal, or the diagonal of a matrix."""
    if np.ndim(value) != 1:
        return np.diagonal(value)
    return np.where(np.eye(np.shape(value)[0]) == 1, value, 0.0)


def tensor_product(left: Any, right: Any) -> Any:
    """The outer product of two vectors, which the sign ⊗ means."""
    if np.ndim(left) != 1 or np.ndim(right) != 1:
        raise Unfit("⊗ stands between two vectors; write * or ⊙ for element by element, @ for a matrix product")
    return np.outer(left, right)


FUNCTIONS["⊗"] = tensor_product
FUNCTIONS["diag"] = diag
FUNCTIONS["max"] = extreme(np.max, np.maximum)
FUNCTIONS["min"] = extreme(np.min, np.minimum)


@dataclass(frozen=True)
class Typed:
    """A formula that was typed: its text, its tree, and whether it has indices."""

    text: str
    tree: t.Syntax
    indexed: bool
    bound: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """Values of names that are fixed: these are names of the formula no more."""

    def letters(self) -> dict[str, str]:
        """The index letters of each name, in index notation: {"x": "ij"}; "_" is the number of a place."""
        found: dict[str, str] = {}
        if not self.indexed:
            return found
        for name in t.variables(self.tree):
            own = "".join(i if i.isalpha() else "_" for i in name.indices)
            if name.text in found and len(found[name.text]) != len(own):
                raise FormulaError(
                    f"{name.text!r} has {len(found[name.text])} indices at one place and {len(own)} at another in {self.text!r}."
                )
            found.setdefault(name.text, own)
        return {name: own for name, own in found.items() if name not in self.defined()}

    def defined(self) -> set[str]:
        """The names that have a formula of their own."""
        return defined(self.tree)

    def names(self) -> list[str]:
        """The names of the formula without their indices."""
        return [name for name in names(self.tree) if name not in self.bound]


def read(
    text: str,
    known: Collection[str] = (),
    functions: Collection[str] = (),
    factors: Collection[str] = (),
    beside: bool = False,
) -> Typed:
    """A typed formula; FormulaError points at the place where it cannot be read.

    known: names that are values, even where they would mean something else, such as e, sigma or h_t.
    functions: more functions that may stand in it. factors: more names that are values before brackets: dz (1 - a).
    beside: names may stand side by side without a space: wx is w x.

    >>> read("sum_i x_ij (a_i - y_i) / m").letters()
    {'x': 'ij', 'a': 'i', 'y': 'i', 'm': ''}
    """
    tree = parse(text, {*FUNCTIONS, *functions}, known, factors, beside)
    return Typed(text, tree, t.is_indexed(tree))


def read_several(text: str) -> Typed:
    """Formulas that were typed: one, or several with names, as in z = w*x + b; a = sigmoid(z).

    >>> read_several("z = w*x + b; a = sigmoid(z)").names()
    ['w', 'x', 'b']
    """
    tree = parse_several(text, FUNCTIONS)
    return Typed(text, tree, t.is_indexed(tree))


def graph_of(typed: Typed, values: Mapping[str, Any], kept: bool = False) -> tuple[Any, str]:
    """The graph of a formula on Tensors, and the index letters of its result (index notation only).

    kept: functions of numbers are in the graph, too: exp(1) is no rounded 2.718281828459045.
    """
    functions, values = KEPT if kept else FUNCTIONS, {**values, **typed.bound}
    if typed.indexed:
        return _Indexed(typed, values, functions, derivative).at(typed.tree)
    return evaluate(typed.tree, values, functions, typed.text, derivative), ""


def _kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes numbers as Tensors where it is given nothing else."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        if all(type(x) in (int, float) for x in arguments):
            arguments = tuple(Tensor(float(x), requires_grad=True) for x in arguments)
        return function(*arguments, **keywords)

    return call


KEPT = {name: _kept(function) for name, function in FUNCTIONS.items()}


def value_of(typed: Typed, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> tuple[Any, str]:
    """The value of a formula with other functions, such as those of fractions, and its letters; no primes."""
    if typed.indexed:
        return _Indexed(typed, values, functions, None).at(typed.tree)
    return evaluate(typed.tree, values, functions, typed.text), ""


class _Indexed:
    """Index notation: every value goes with its letters, in alphabetical order."""

    def __init__(
        self, typed: Typed, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]],
        derivative: Callable[[Callable[..., Any]], Callable[..., Any]] | None,
    ) -> None:  # fmt: skip
        self.typed = typed
        self.values = dict(values)
        self.functions = functions
        self.derivative = derivative
        self.room = room(values)

    def error(self, node: t.Syntax, message: str) -> FormulaError:
        return t.pointed(self.typed.text, node.place, message)

    def at(self, node: t.Syntax) -> tuple[Any, str]:
        match node:
            case t.Number(value=value):
                return value, ""
            case t.Definitions(definitions=definitions, result=result):
                for name, body in definitions:
                    self.values[name.text] = named(name.text, self.defined(name, *self.at(body)))
                return self.at(result)
            case t.Variable():
                return self.name(node)
            case t.Negative(inner=inner):
                value, letters = self.at(inner)
                return self.guarded(node, operator.neg, value), letters
            case t.Binary(sign=sign, left=left, right=right) | t.Compare(sign=sign, left=left, right=right):
                if sign == "@":
                    raise self.error(node, "'@' and indices do not go together; write a sum such as sum_k w_jk x_k")
                return self.pair(node, sign, self.at(left), self.at(right))
            case t.IndexSum(letters=bound, body=t.Binary(sign="/", left=left, right=right), upto=upto) if (
                t.free_letters(right).isdisjoint(bound)
            ):
                top = t.IndexSum(node.place, bound, left, upto)
                return self.pair(node, "/", self.at(top), self.at(right))
            case t.IndexSum(letters=bound, body=body, upto=upto):
                value, letters = self.at(body)
                missing = [c for c in bound if c not in letters]
                if missing:
                    raise self.error(node, f"the sum runs over {missing[0]!r}, which is no index of what follows")
                axes = tuple(letters.index(c) for c in bound)
                if upto is not None and np.shape(value)[axes[0]] != self.at(upto)[0]:
                    raise self.error(
                        upto, f"the sum runs over the whole axis of {bound}: write Σ_{bound}, without limits"
                    )
                return np.sum(value, axis=axes), "".join(c for c in letters if c not in bound)
            case t.Kronecker():
                return self.kronecker(node)
            case t.Indicator(condition=condition):
                value, letters = self.at(condition)
                return np.where(value, 1.0, 0.0), letters
            case t.Cases():
                return self.cases(node)
            case t.FunctionCall():
                return self.call(node)
        raise self.error(node, "this has no meaning beside indices")

    def defined(self, name: t.Variable, value: Any, letters: str) -> Any:
        """The value of a name's formula, with its axes in the order of the name's letters."""
        if sorted(name.letters) != list(letters):
            own, seen = (", ".join(found) or "none" for found in (name.letters, letters))
            raise self.error(name, f"{name.text!r} has as indices here: {own}; and its formula: {seen}. Write the same")
        order = [letters.index(c) for c in name.letters]
        return value if order == sorted(order) else np.transpose(value, order)

    def name(self, node: t.Variable) -> tuple[Any, str]:
        base, indices = node.text, node.indices
        value = self.values.get(base, CONSTANTS.get(base))
        if value is None:
            known = ", ".join(self.values)
            raise self.error(node, f"unknown name {base!r}; names are: {known}")
        shape = np.shape(value)
        if len(shape) != len(indices):
            raise self.error(node, f"{base!r} has {len(shape)} axes and {len(indices)} indices here")
        for axis, (place, size) in enumerate(zip(indices, shape, strict=True)):
            if place.isdigit() and int(place) >= size:
                raise self.error(node, f"axis {axis} of {base!r} has {size} places, 0 to {size - 1}; got {place}")
        if node.places:
            value = value[tuple(int(p) if p.isdigit() else slice(None) for p in indices)]
        letters, own = node.letters, "".join(sorted(set(node.letters)))
        if len(own) != len(letters):  # a diagonal: x_ii
            places = "".join("abcdefgh"[own.index(c)] for c in letters)
            return np.einsum(f"{places}->{''.join(sorted(set(places)))}", value), own
        order = [letters.index(c) for c in own]
        return (value if own == letters else np.transpose(value, order)), own

    def kronecker(self, node: t.Kronecker) -> tuple[Any, str]:
        """[j = k] as a matrix with 1 on its diagonal; each letter is as long as at the names that have it."""
        lengths: dict[str, int] = {}
        for name in t.variables(self.typed.tree):
            lengths.update(zip(name.indices, np.shape(self.values.get(name.text, ())), strict=False))
        known = [lengths[c] for c in (node.left, node.right) if c in lengths]
        if not known or node.left == node.right:
            raise self.error(
                node, "a letter in the brackets must be an index of a name in the formula, and both differ"
            )
        if node.right.isdigit():
            return (np.arange(known[0]) == int(node.right)).astype(float), node.left
        if known[0] != known[-1]:
            raise self.error(node, f"{node.left} runs to {known[0]} and {node.right} to {known[-1]} here")
        letters = "".join(sorted((node.left, node.right)))
        if not any(isinstance(value, Tensor) for value in self.values.values()):
            return np.eye(known[0], dtype=int), letters
        ones = Tensor(np.eye(known[0]), name="I")
        return ones @ ones, letters  # the product says that both axes are one axis

    def cases(self, node: t.Cases) -> tuple[Any, str]:
        sides = [(self.at(v), None if c is None else self.at(c)) for v, c in node.sides]
        letters = "".join(sorted({c for side in sides for part in side if part is not None for c in part[1]}))
        self.spread(node, "where", [part for side in sides for part in side if part is not None], letters)
        return choice([(_spread(v, letters), c and _spread(c, letters)) for v, c in sides]), letters

    def pair(self, node: t.Syntax, sign: str, left: tuple[Any, str], right: tuple[Any, str]) -> tuple[Any, str]:
        letters = "".join(sorted(set(left[1]) | set(right[1])))
        sign = "*" if sign in ("·", " ") else sign
        return self.guarded(node, OPERATORS[sign], *self.spread(node, sign, (left, right), letters)), letters

    def guarded(self, node: t.Syntax, function: Callable[..., Any], *operands: Any) -> Any:
        try:
            return function(*operands)
        except FormulaError:
            raise
        except OverflowError:
            raise self.error(node, TOO_LARGE) from None
        except ERRORS as error:
            raise self.error(node, f"this cannot be computed ({why(error, node, operands)})") from None

    def spread(self, node: t.Syntax, name: str, parts: Sequence[tuple[Any, str]], letters: str) -> list[Any]:
        """The parts with the same axes; FormulaError where what is made of them would be too large."""
        spread = [_spread(part, letters) for part in parts]
        size = size_of(name, spread)
        if size > self.room:
            raise self.error(node, too_large(size, self.room))
        return spread

    def last_letter(self, node: t.FunctionCall) -> str:
        """The letter that softmax(z_ij) runs over: the last one of the names in it."""
        free = t.free_letters(node)
        lasts = {own[-1] for name in t.variables(node) if (own := [c for c in name.letters if c in free])}
        if len(lasts) != 1:
            shown = f"{node.function}(z_ij)"
            raise self.error(node, f"which letter does it run over? In {shown} it is the last one; write its sum out")
        return lasts.pop()

    def call(self, node: t.FunctionCall) -> tuple[Any, str]:
        function = self.functions.get(node.function)
        if function is None or node.keywords:
            raise self.error(
                node, f"{node.function!r} has no meaning here; elementwise functions such as exp, log, sigma do"
            )
        parts = [self.at(a) for a in node.arguments]
        letters = "".join(sorted({c for _, own in parts for c in own}))
        if not node.primes and node.function in OVER_LAST and len(parts) == 1:
            return function(parts[0][0], axis=letters.index(self.last_letter(node))), letters
        if node.primes and node.function in OVER_LAST:
            raise self.error(node, NO_SLOPE)
        if node.primes == 1 and len(parts) == 1 and self.derivative is not None:
            return self.guarded(node, self.derivative(function), parts[0][0]), parts[0][1]
        if node.primes or node.function in (*OVER_LAST, "sum", "mean", "logsumexp", "dot", "outer", "diag", "len"):
            raise self.error(node, f"{node.function!r} has no meaning beside indices; write it with sum_k")
        return self.guarded(node, function, *self.spread(node, node.function, parts, letters)), letters


def _spread(part: tuple[Any, str], letters: str) -> Any:
    """A value with an axis of size 1 for each letter that it does not have."""
    value, own = part
    if own == letters or not own:
        return value
    sizes = iter(value.shape)
    return np.reshape(value, tuple(next(sizes) if c in own else 1 for c in letters))
