"""What typed expressions are made of: the signs and names of a text, and the nodes of its tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tinygrad_lite.errors import FormulaError


@dataclass(frozen=True)
class Node:
    """A piece of an expression; ``place`` is where it begins in the text."""

    place: int


@dataclass(frozen=True)
class Number(Node):
    """A number that is written out."""

    value: float


@dataclass(frozen=True)
class Name(Node):
    """A name, with its primes: w, x_ij, δ."""

    text: str


@dataclass(frozen=True)
class Negative(Node):
    """-x."""

    inner: Node


@dataclass(frozen=True)
class Binary(Node):
    """Two operands and a sign: + - * / ** @."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Compare(Node):
    """A comparison: > < >= <= == !=."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Call(Node):
    """A function of arguments, some by keyword; primes mean its derivative: sigma'(z)."""

    function: str
    primes: int
    arguments: tuple[Node, ...]
    keywords: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Attribute(Node):
    """x.T, or another attribute."""

    inner: Node
    text: str


@dataclass(frozen=True)
class Item(Node):
    """A tuple of values, as in axis=(0, 1)."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class IndexSum(Node):
    """sum_i or sum_ij in front of a product."""

    letters: str
    body: Node


def children(node: Node) -> tuple[Node, ...]:
    """The pieces that a node is made of."""
    match node:
        case Negative(inner=inner) | Attribute(inner=inner):
            return (inner,)
        case Binary(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Call(arguments=arguments, keywords=keywords):
            return (*arguments, *(value for _, value in keywords))
        case Item(items=items):
            return items
        case IndexSum(body=body):
            return (body,)
        case _:
            return ()


@dataclass(frozen=True)
class Token:
    """A sign, a name or a number; ``kind`` is sign, name, number or end."""

    kind: str
    text: str
    place: int


_TOKENS = re.compile(
    r"(?P<number>(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*(\^\d+_[^\W\d]+)?['′]*)"
    r"|(?P<sign>\*\*|>=|<=|==|!=|[-+*/@^()\[\],.<>=−·×])"
    r"|(?P<space>\s+)"
)
_SAME = {"−": "-", "·": "*", "×": "*", "^": "**"}
ADD, MULTIPLY = ("+", "-"), ("*", "/", "@")
COMPARE = (">", "<", ">=", "<=", "==", "!=")


def pointed(text: str, place: int, message: str) -> FormulaError:
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
    return FormulaError(f"{message}:\n  {line}\n  {' ' * column}^")


def scan(text: str) -> Iterator[Token]:
    """The tokens of a text, the last one of kind end; FormulaError at a sign that has no meaning."""
    place = 0
    while place < len(text):
        match = _TOKENS.match(text, place)
        if match is None:
            raise pointed(text, place, f"{text[place]!r} has no meaning in a formula")
        kind = match.lastgroup or ""
        if kind not in ("name", "number", "sign", "space"):
            kind = next(k for k in ("number", "name", "sign", "space") if match[k] is not None)
        if kind != "space":
            yield Token(kind, _SAME.get(match[kind], match[kind]), place)
        place = match.end()
    yield Token("end", "", len(text))
