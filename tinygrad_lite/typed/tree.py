"""What typed expressions are made of: the signs and names of a text, and the nodes of its tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from tinygrad_lite.errors import FormulaError


@dataclass(frozen=True)
class Syntax:
    """A piece of an expression; ``place`` is where it begins in the text."""

    place: int


@dataclass(frozen=True)
class Number(Syntax):
    """A number that is written out."""

    value: float


@dataclass(frozen=True)
class Variable(Syntax):
    """A name and its index letters: w, x with ij, delta2; ∂C/∂w with j is one name, too.

    ``places`` are all its indices where some are numbers, as in x[0, j]: ("0", "j").
    """

    text: str
    letters: str = ""
    places: tuple[str, ...] = ()

    @property
    def indices(self) -> tuple[str, ...]:
        """One for each axis: a letter, or the number of a place."""
        return self.places or tuple(self.letters)


@dataclass(frozen=True)
class Negative(Syntax):
    """-x."""

    inner: Syntax


@dataclass(frozen=True)
class Binary(Syntax):
    """Two operands and a sign: + - * / ** @, · for a product of numbers, " " for one without a sign."""

    sign: str
    left: Syntax
    right: Syntax


@dataclass(frozen=True)
class Compare(Syntax):
    """A comparison: > < >= <= == !=."""

    sign: str
    left: Syntax
    right: Syntax


@dataclass(frozen=True)
class Indicator(Syntax):
    """[z > 0]: 1 where the condition holds, else 0."""

    condition: Compare


@dataclass(frozen=True)
class Kronecker(Syntax):
    """[j = k]: 1 where two index letters have the same value, else 0; [j = 0] at one place."""

    left: str
    right: str


@dataclass(frozen=True)
class Cases(Syntax):
    """{ z if z > 0; 0 otherwise }: values and their conditions, the last one without."""

    sides: tuple[tuple[Syntax, Syntax | None], ...]


@dataclass(frozen=True)
class FunctionCall(Syntax):
    """A function of arguments, some by keyword; primes mean its derivative: sigma'(z)."""

    function: str
    primes: int
    arguments: tuple[Syntax, ...]
    keywords: tuple[tuple[str, Syntax], ...]


@dataclass(frozen=True)
class Attribute(Syntax):
    """x.T, or another attribute."""

    inner: Syntax
    text: str


@dataclass(frozen=True)
class Slices(Syntax):
    """x[:, None]: whole axes, new ones, and places; the parts are ":", "None" and numbers."""

    inner: Syntax
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Item(Syntax):
    """A tuple of values, as in axis=(0, 1)."""

    items: tuple[Syntax, ...]


@dataclass(frozen=True)
class IndexSum(Syntax):
    """sum_i or sum_ij in front of a product; upto: the m of sum_{i=1}^m, which must be the length of the axis."""

    letters: str
    body: Syntax
    upto: Variable | None = None


@dataclass(frozen=True)
class Definitions(Syntax):
    """z = w*x + b; a = sigmoid(z); a**2: names with their formulas, each behind those that it uses, and the value."""

    definitions: tuple[tuple[Variable, Syntax], ...]
    result: Syntax

    def names(self) -> set[str]:
        """The names that have a formula."""
        return {name.text for name, _ in self.definitions}


def children(node: Syntax) -> list[Syntax]:
    """The pieces that a node is made of.

    >>> children(Negative(0, Number(1, 2.0)))
    [Number(place=1, value=2.0)]
    """

    def pieces(value: object) -> list[Syntax]:
        if isinstance(value, tuple):
            return [piece for part in value for piece in pieces(part)]
        return [value] if isinstance(value, Syntax) else []

    return [piece for field in fields(node) for piece in pieces(getattr(node, field.name))]


def changed(node: Syntax, change: Callable[[Syntax], Syntax | None]) -> Syntax:
    """The tree with some pieces changed: ``change`` gives what stands for a piece, None for one that stays."""

    def at(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(map(at, value))
        return changed(value, change) if isinstance(value, Syntax) else value

    parts: dict[str, Any] = {field.name: at(getattr(node, field.name)) for field in fields(node)}
    return change(node) or replace(node, **parts)


def variables(node: Syntax) -> Iterator[Variable]:
    """The names of a tree where they stand, in the order of the text."""
    if isinstance(node, Variable):
        yield node
    for child in children(node):
        yield from variables(child)


def is_indexed(node: Syntax) -> bool:
    """Whether index letters stand anywhere in a tree."""
    own = isinstance(node, IndexSum | Kronecker) or (isinstance(node, Variable) and node.indices != ())
    return own or any(map(is_indexed, children(node)))


def free_letters(node: Syntax) -> set[str]:
    """The index letters of a tree that no sum inside of it runs over."""
    found = set().union(*map(free_letters, children(node)))
    match node:
        case Variable(letters=letters):
            found.update(letters)
        case Kronecker(left=left, right=right):
            found |= {place for place in (left, right) if place.isalpha()}
        case IndexSum(letters=letters):
            found -= set(letters)
    return found


class Misfit(FormulaError):
    """A formula that is read and cannot be computed: its operands do not fit."""


ADD, MULTIPLY = ("+", "-"), ("*", "/", "@", "·", "⊗")
COMPARE = (">", "<", ">=", "<=", "==", "!=")


def pointed(text: str, place: int, message: str, kind: type[FormulaError] = FormulaError) -> FormulaError:
    """An error that shows where in the text it is.

    >>> print(pointed("a + * b", 4, "a value is missing here"))
    a value is missing here:
      a + * b
          ^
    """
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    line = text[start : end if end >= 0 else len(text)]
    column = place - start
    if len(line) > 72:
        left = max(0, column - 36)
        line, column = line[left : left + 72], column - left
    return kind(f"{message}:\n  {line}\n  {' ' * column}^")
