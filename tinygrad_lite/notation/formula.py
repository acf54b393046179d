"""Formulas as they are written: a small tree, and three ways to set it.

``latex`` sets a formula in LaTeX (a subset that TeX, KaTeX and matplotlib's mathtext all read),
``unicode`` in one line of text for a terminal, ``mathml`` for a web page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tinygrad_lite.notation.styles import FACTOR, GREEK, SUM, TERM, Latex, MathML, Style, Unicode


@dataclass(frozen=True)
class Node:
    """A formula; ``level`` says where it needs brackets."""

    @property
    def level(self) -> int:
        """SUM, TERM or FACTOR."""
        return FACTOR

    def set(self, style: Style) -> str:
        """The formula in a style."""
        raise NotImplementedError

    def within(self, style: Style, level: int) -> str:
        """The formula, in brackets where it holds together less than ``level``."""
        text = self.set(style)
        return style.brackets(text, big="frac" in text or "\\sum" in text) if self.level < level else text


@dataclass(frozen=True)
class Num(Node):
    """A number that is not negative."""

    text: str

    def set(self, style: Style) -> str:
        return style.number(self.text)


@dataclass(frozen=True)
class Name(Node):
    """A letter with a layer, indices and primes: a²_ij, σ′."""

    text: str
    subs: tuple[str, ...] = ()
    primes: int = 0

    def set(self, style: Style) -> str:
        base, layer = split_name(self.text)
        return style.name(base, layer, self.subs, self.primes)


@dataclass(frozen=True)
class Fraction_(Node):
    """A fraction."""

    top: Node
    bottom: Node

    @property
    def level(self) -> int:
        return TERM

    def set(self, style: Style) -> str:
        return style.fraction(self.top.set(style), self.bottom.set(style), self.top.level, self.bottom.level)


@dataclass(frozen=True)
class Power(Node):
    """A power; ``exponent`` is set small."""

    base: Node
    exponent: Node

    def set(self, style: Style) -> str:
        layered = isinstance(self.base, Name) and split_name(self.base.text)[1] != ""
        base = self.base.within(style, FACTOR)
        if layered or isinstance(self.base, Power | Call):
            base = style.brackets(base, False)
        return style.power(base, self.exponent.set(style))


@dataclass(frozen=True)
class Call(Node):
    """A function at its argument: log(1 − a), σ(z)."""

    name: Node
    argument: Node

    def set(self, style: Style) -> str:
        bare = isinstance(self.argument, Name | Num) and _is_log(self.name)
        return style.call(self.name.set(style), self.argument.set(style), bare)


def _is_log(name: Node) -> bool:
    return isinstance(name, Name) and name.text in ("log", "sin", "cos")


@dataclass(frozen=True)
class Times(Node):
    """A product; ``dotted`` shows the dots between its factors."""

    parts: tuple[Node, ...]
    dotted: bool = False

    @property
    def level(self) -> int:
        return TERM

    def set(self, style: Style) -> str:
        last = len(self.parts) - 1
        texts = []
        for n, part in enumerate(self.parts):
            text = part.set(style)
            loose = self.dotted or isinstance(part, Fraction_)
            if (isinstance(part, Big) and n != last) or part.level < (TERM if loose else FACTOR):
                text = text if isinstance(part, Big) and n == last else style.brackets(text, True)
            elif isinstance(part, Fraction_) and not self.dotted:
                text = style.inline(text)
            texts.append(text)
        if self.dotted:
            return style.row([x for t in texts for x in (style.dot(), t)][1:])
        return style.times(texts)


@dataclass(frozen=True)
class Plus(Node):
    """Terms with signs: +1 or -1."""

    terms: tuple[tuple[int, Node], ...]

    @property
    def level(self) -> int:
        return SUM

    def set(self, style: Style) -> str:
        parts: list[str] = []
        for n, (sign, term) in enumerate(self.terms):
            if sign < 0:
                parts.append(style.sign("−" if n else "−1"))
            elif n:
                parts.append(style.sign("+"))
            parts.append(term.within(style, TERM))
        return style.row(parts)


@dataclass(frozen=True)
class Big(Node):
    """A sum over index letters."""

    letters: str
    body: Node

    @property
    def level(self) -> int:
        return TERM

    def set(self, style: Style) -> str:
        return style.total(self.letters, self.body.within(style, TERM))


@dataclass(frozen=True)
class Cases(Node):
    """Values and their conditions; the last one has none."""

    sides: tuple[tuple[Node, Node | None], ...]

    @property
    def level(self) -> int:
        return SUM

    def set(self, style: Style) -> str:
        return style.cases([(v.set(style), "" if c is None else c.set(style)) for v, c in self.sides])


@dataclass(frozen=True)
class Relation(Node):
    """left = right, or another relation."""

    left: Node
    symbol: str
    right: Node

    @property
    def level(self) -> int:
        return 0

    def set(self, style: Style) -> str:
        return style.relation(self.left.set(style), self.symbol, self.right.set(style))


@dataclass(frozen=True)
class Iverson(Node):
    """1 where the condition holds, else 0."""

    condition: Node

    def set(self, style: Style) -> str:
        return style.iverson(self.condition.set(style))


@dataclass(frozen=True)
class Partial(Node):
    """∂C/∂w."""

    top: Node
    bottom: Node

    @property
    def level(self) -> int:
        return FACTOR

    def set(self, style: Style) -> str:
        return style.partial(self.top.set(style), self.bottom.set(style))


def split_name(name: str) -> tuple[str, str]:
    """A name as letter and layer: W2 is the W of layer 2.

    >>> split_name("W2"), split_name("loss"), split_name("z^1")
    (('W', '2'), ('loss', ''), ('z', '1'))
    """
    match = re.fullmatch(r"([^\W\d_]+?)[\^_]?(\d+)", name)
    return (match[1], match[2]) if match else (name, "")


def latex(node: Node) -> str:
    """The formula in LaTeX.

    >>> latex(Fraction_(Plus(((1, Name("a", ("i",))), (-1, Name("y", ("i",))))), Name("m")))
    '\\\\frac{a_{i} - y_{i}}{m}'
    """
    return node.set(Latex())


def unicode(node: Node) -> str:
    """The formula in one line of text.

    >>> unicode(Fraction_(Plus(((1, Name("a", ("i",))), (-1, Name("y", ("i",))))), Name("m")))
    '(a_i − y_i)/m'
    """
    return node.set(Unicode())


def mathml(node: Node) -> str:
    """The formula as a MathML element."""
    return f'<math display="block">{node.set(MathML())}</math>'


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def short(name: str) -> str:
    """A name as it is written in a sentence: a², δ¹."""
    if "(" in name:
        function, _, argument = name[:-1].partition("(")
        return f"{function.replace(chr(39), '′')}({short(argument)})"
    base, layer = split_name(name)
    return GREEK.get(base, base) + layer.translate(_RAISED)
