"""The values of formulas, exactly: as fractions, or with 50 digits where there is an exp.

A text in NumPy's spelling is read by Python itself and computed on arrays of exact numbers; a formula
in index notation is computed from its tree, one element at a time.
"""

from __future__ import annotations

import ast
import itertools
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from tests.helpers.formulas.trees import AXES, POSITIVE, Tree, free

mp = mpmath.MPContext()
mp.dps = 50

Shapes = Mapping[str, tuple[int, ...]]

Exact = Callable[[str], Any]
"""From the text of a number to the number."""

RATIONAL = {"number", "name", "neg", "+", "-", "*", "/", "**", "@", "T", "sum", "mean", "index sum", "abs", "relu"}
"""What can be computed on fractions."""

TURNS, ELEMENTS, MOST_TURNS = 4, 24, 40
"""For each choice of shapes formulas are compared on 4 points, and on up to 40 until 24 elements were compared:
a scalar has one element a point, and a few points may all lie on one side of a kink."""

SIZES = ("m", "n", "J")
"""Names that are sizes without shapes of their own: whole numbers from 1."""


def rational(text: str) -> Fraction:
    """An exact number."""
    return Fraction(text)


def precise(text: str) -> Any:
    """A number with 50 digits."""
    value = Fraction(text)
    return mp.mpf(value.numerator) / value.denominator


def _real(compute: Callable[[Any], Any], allowed: Callable[[Any], bool] = lambda x: True) -> Callable[[Any], Any]:
    """A function of exact numbers that is nan where it is not defined."""
    return lambda x: compute(x) if not mp.isnan(x) and allowed(x) else mp.nan


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


SCALAR: dict[str, Callable[[Any], Any]] = {
    "exp": _real(mp.exp), "log": _real(mp.log, lambda x: x > 0), "sqrt": _real(mp.sqrt, lambda x: x >= 0),
    "sigmoid": _real(_sigmoid), "tanh": _real(mp.tanh), "abs": abs, "relu": lambda x: (x + abs(x)) / 2,
    "sigmoid'": _real(lambda x: mp.exp(-x) * _sigmoid(x) ** 2), "tanh'": _real(lambda x: mp.sech(x) ** 2),
}  # fmt: skip


def _reduce(compute: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axis=None: compute(np.asarray(x, dtype=object), axis=axis)


def python_name(function: str) -> str:
    """A function's name as Python can read it."""
    return function.replace("'", "_slope")


ARRAY: dict[str, Callable[..., Any]] = {
    **{python_name(key): np.frompyfunc(one, 1, 1) for key, one in SCALAR.items()},
    "sum": _reduce(np.sum),
    "mean": _reduce(lambda x, axis: np.sum(x, axis=axis) / (x.size if axis is None else x.shape[axis])),
}


class _Exact(ast.NodeTransformer):
    """Python's tree of a text with every number replaced by an exact one."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        exact = ast.Call(ast.Name("number", ast.Load()), [ast.Constant(repr(node.value))], [])
        return ast.copy_location(exact, node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return node  # an axis stays a whole number


def names_of(text: str) -> list[str]:
    """The names of a text in NumPy's spelling."""
    tree = ast.parse(python_name(text), mode="eval")
    found = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]
    return [n for n in dict.fromkeys(found) if n not in ARRAY]


def numpy_value(text: str, point: Mapping[str, Any], exact: Exact) -> Any:
    """The value of a text in NumPy's spelling, by Python's own reading of it."""
    tree = ast.fix_missing_locations(_Exact().visit(ast.parse(python_name(text), mode="eval")))
    return eval(compile(tree, text, "eval"), {"__builtins__": {}}, {**ARRAY, **point, "number": exact})


def index_value(tree: Tree, point: Mapping[str, Any], exact: Exact, letters: str) -> Any:
    """The array of a formula in index notation; its axes are those of ``letters``."""

    def length(part: Tree, letter: str) -> int:
        if part.op == "name":
            return int(point[str(part.what)].shape[part.letters.index(letter)])
        return length(next(a for a in part.args if letter in free(a)), letter)

    def at(part: Tree, places: dict[str, int]) -> Any:
        match part.op:
            case "number":
                return exact(str(part.what))
            case "name":
                value = point[str(part.what)]
                return value[tuple(places[c] for c in part.letters)] if part.letters else value
            case "neg":
                return -at(part.args[0], places)
            case "**":
                return at(part.args[0], places) ** int(str(part.what))
            case "index sum":
                bound, body = str(part.what), part.args[0]
                spots = itertools.product(*(range(length(body, c)) for c in bound))
                terms = [at(body, {**places, **dict(zip(bound, s, strict=True))}) for s in spots]
                return sum(terms[1:], terms[0])
            case "+" | "-" | "*" | "/":
                left, right = (at(a, places) for a in part.args)
                match part.op:
                    case "+":
                        return left + right
                    case "-":
                        return left - right
                    case "*":
                        return left * right
                return left / right
        return SCALAR[part.op](at(part.args[0], places))

    result = np.empty(tuple(length(tree, c) for c in letters), dtype=object)
    for spot in np.ndindex(*result.shape):
        result[spot] = at(tree, dict(zip(letters, spot, strict=True)))
    return result


def lengths(rng: random.Random) -> dict[str, int]:
    """A length for every axis, all of them different."""
    return dict(zip("mnJ", rng.sample((2, 3, 4, 5), 3), strict=True))


def shapes_of(names: Iterable[str], sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """The shapes of names whose axes are known."""
    return {n: tuple(sizes[a] for a in AXES[n]) for n in names}


def _array(rng: random.Random, shape: tuple[int, ...], fact: str | None, exact: Exact) -> Any:
    """Random numbers, none of them 0 (but in a one-hot row), of which a fact holds."""
    array = np.empty(shape, dtype=object)
    for spot in np.ndindex(*shape):
        size = Fraction(rng.randint(1, 96 if fact == "in (0, 1)" else 300), 97)
        sign = 1 if fact in (*POSITIVE, "rows sum to 1") else rng.choice((-1, 1))
        array[spot] = exact(str(sign * size))
    if fact == "rows sum to 1":
        array = array / array.sum(axis=-1, keepdims=True)
    if fact == "one_hot":
        for row in np.ndindex(*shape[:-1]):
            hot = rng.randrange(shape[-1])
            array[row] = [exact(str(int(k == hot))) for k in range(shape[-1])]
    return array if shape else array[()]


Side = str | tuple[Tree, str]
"""A formula: a text in NumPy's spelling, or a tree of index notation with the letters of its result."""


def value(side: Side, point: Mapping[str, Any], exact: Exact) -> Any:
    """The value of a formula at a point."""
    return numpy_value(side, point, exact) if isinstance(side, str) else index_value(side[0], point, exact, side[1])


@dataclass
class Comparison:
    """What points say of two formulas: equal where both are defined, on how many elements, and whether
    somewhere only one of them is defined."""

    equal: bool = True
    elements: int = 0
    partial: bool = False

    def take(self, one: Any, two: Any) -> None:
        """Compare two values."""
        left, right = (np.asarray(v, dtype=object) for v in (one, two))
        if left.shape != right.shape:
            self.equal = False
            return
        for p, q in zip(left.ravel(), right.ravel(), strict=True):
            fractions = isinstance(p, Fraction) and isinstance(q, Fraction)
            defined = (True, True) if fractions else (bool(mp.isfinite(p)), bool(mp.isfinite(q)))
            self.partial |= defined[0] != defined[1]
            if all(defined):
                self.elements += 1
                near = mp.mpf(10) ** -25
                self.equal &= p == q if fractions else bool(abs(mp.mpf(1) * p - q) <= near * (1 + abs(p) + abs(q)))


def compare(
    sides: Sequence[Side],
    shapes: Sequence[Shapes],
    facts: Mapping[str, str],
    exact: Exact,
    seed: int = 0,
    sizes: Mapping[str, tuple[str, int]] | None = None,
) -> Comparison:
    """Compare two formulas at random points of several shapes.

    sizes: names that stand for the length of an axis of another name.
    """
    rng = random.Random(seed)
    found = Comparison()
    for shape in shapes:
        begun = found.elements
        for turn in range(MOST_TURNS):
            if not found.equal or (turn >= TURNS and found.elements - begun >= ELEMENTS):
                break
            point = {n: _array(rng, own, facts.get(n), exact) for n, own in shape.items()}
            point |= {n: exact(str(rng.randint(1, 9))) for n in SIZES if shape.get(n) == ()}
            for key, (other, axis) in (sizes or {}).items():
                point[key] = exact(str(shape[other][axis]))
            try:
                found.take(*(value(s, point, exact) for s in sides))
            except ZeroDivisionError:
                continue
    return found
