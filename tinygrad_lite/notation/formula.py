"""Formulas as they are written: a small tree, and the ways to set it.

``latex`` sets a formula in LaTeX (a subset that TeX, KaTeX and matplotlib's mathtext all read),
``unicode`` in one line of text for a terminal, ``compact`` for a picture.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from tinygrad_lite.notation.styles import FACTOR, GREEK, LOOSE, SUM, TERM, Compact, Latex, Style


@dataclass(frozen=True)
class Notation:
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
        return style.brackets(text, big=_is_tall(self)) if self.level < level else text


@dataclass(frozen=True)
class Num(Notation):
    """A number that is not negative."""

    text: str

    def set(self, style: Style) -> str:
        return style.number(self.text)


@dataclass(frozen=True)
class Name(Notation):
    """A name as it stands, with a layer, indices and primes: a⁽²⁾_ij, a₂, σ′; see `named`.

    The layer stands above where indices follow, and where ``raised`` says that the value has some: a power is
    never written there. Where an index is the number of a place, all stand in brackets, as in NumPy: x[0, j].
    """

    text: str
    subs: tuple[str, ...] = ()
    primes: int = 0
    layer: str = ""
    raised: bool = False

    def set(self, style: Style) -> str:
        high = self.raised or self.subs != ()
        if any(s.isdigit() for s in self.subs):
            indices = [style.number(s) if s.isdigit() else style.name(s, "", (), 0, "") for s in self.subs]
            return style.at(style.name(self.text, self.layer, (), self.primes, ""), style.listed(indices))
        return style.name(self.text, self.layer if high else "", self.subs, self.primes, "" if high else self.layer)


@dataclass(frozen=True)
class Quotient(Notation):
    """A fraction."""

    top: Notation
    bottom: Notation

    @property
    def level(self) -> int:
        return TERM

    def set(self, style: Style) -> str:
        return style.fraction(self.top.set(style), self.bottom.set(style), self.top.level, self.bottom.level)


@dataclass(frozen=True)
class Power(Notation):
    """A power; ``exponent`` is set small."""

    base: Notation
    exponent: Notation

    def set(self, style: Style) -> str:
        layered = isinstance(self.base, Name) and self.base.layer != ""
        base = self.base.within(style, FACTOR)
        if layered or isinstance(self.base, Power | Applied):
            base = style.brackets(base, False)
        return style.power(base, self.exponent.set(style))


@dataclass(frozen=True)
class Applied(Notation):
    """A function at its arguments: log(1 − a), σ(z)."""

    name: Notation
    argument: Notation
    more: tuple[Notation, ...] = ()

    def set(self, style: Style) -> str:
        bare = isinstance(self.argument, Name | Num) and self.name in _BARE and not self.more
        return style.call(self.name.set(style), style.listed([x.set(style) for x in (self.argument, *self.more)]), bare)


_BARE = (Name("log"), Name("sin"), Name("cos"))  # stand before a single letter without brackets: log a


@dataclass(frozen=True)
class Times(Notation):
    """A product; ``sign`` stands between its factors: nothing, "·", or "@" for a product of matrices."""

    parts: tuple[Notation, ...]
    sign: str = ""

    @property
    def level(self) -> int:
        return TERM

    def set(self, style: Style) -> str:
        last = len(self.parts) - 1
        texts = []
        for n, part in enumerate(self.parts):
            text = part.set(style)
            loose = self.sign == "·" or (isinstance(part, Quotient) and not self.sign)
            if (isinstance(part, Big) and n != last) or part.level < (TERM if loose else FACTOR):
                text = text if isinstance(part, Big) and n == last else style.brackets(text, True)
            elif isinstance(part, Quotient) and not self.sign:
                text = style.inline(text)
            texts.append(text)
        if self.sign:
            return style.row([x for t in texts for x in (style.between(self.sign), t)][1:])
        return style.times(texts)


@dataclass(frozen=True)
class Plus(Notation):
    """Terms with signs: +1 or -1."""

    terms: tuple[tuple[int, Notation], ...]

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
class Big(Notation):
    """A sum over index letters."""

    letters: str
    body: Notation

    @property
    def level(self) -> int:
        return TERM

    def set(self, style: Style) -> str:
        return style.total(self.letters, self.body.within(style, TERM))


@dataclass(frozen=True)
class Cases(Notation):
    """Values and their conditions; the last one has none."""

    sides: tuple[tuple[Notation, Notation | None], ...]

    @property
    def level(self) -> int:
        return LOOSE

    def set(self, style: Style) -> str:
        return style.cases([(v.within(style, SUM), "" if c is None else c.set(style)) for v, c in self.sides])


@dataclass(frozen=True)
class Relation(Notation):
    """left = right, or another relation."""

    left: Notation
    symbol: str
    right: Notation

    @property
    def level(self) -> int:
        return LOOSE

    def set(self, style: Style) -> str:
        cases = isinstance(self.right, Cases)  # nothing follows them: they need no brackets
        right = self.right.set(style) if cases else self.right.within(style, SUM)
        return style.relation(self.left.within(style, SUM), self.symbol, right)


@dataclass(frozen=True)
class Iverson(Notation):
    """1 where the condition holds, else 0."""

    condition: Notation

    def set(self, style: Style) -> str:
        return style.iverson(self.condition.set(style))


@dataclass(frozen=True)
class Root(Notation):
    """A square root: √(x + 1)."""

    inner: Notation

    def set(self, style: Style) -> str:
        return style.root(self.inner.set(style), bare=isinstance(self.inner, Num))


@dataclass(frozen=True)
class Absolute(Notation):
    """|x|."""

    inner: Notation

    def set(self, style: Style) -> str:
        return style.absolute(self.inner.set(style), big=_is_tall(self.inner))


@dataclass(frozen=True)
class Partial(Notation):
    """∂C/∂w."""

    top: Notation
    bottom: Notation

    def set(self, style: Style) -> str:
        return style.partial(self.top.set(style), self.bottom.set(style))


def split_name(name: str) -> tuple[str, str]:
    """A name as letter and layer: W2 is the W of layer 2.

    >>> split_name("W2"), split_name("loss"), split_name("z^1")
    (('W', '2'), ('loss', ''), ('z', '1'))
    """
    match = re.fullmatch(r"([^\W\d_]+?)[\^_]?(\d+)", name)
    return (match[1], match[2]) if match else (name, "")


def named(name: str, subs: tuple[str, ...] = (), primes: int = 0, raised: bool = False) -> Name:
    """A name as a lecture writes it: W2 is the W of layer 2, sigma is σ.

    >>> unicode(named("W2", ("i", "j"))), unicode(named("z2")), unicode(named("sigma", (), 1))
    ('W⁽²⁾_ij', 'z₂', 'σ′')
    """
    base, layer = split_name(name)
    return Name(GREEK.get(base, base), subs, primes, layer, raised)


def rebuilt(node: Notation, change: Callable[[Notation], Notation | None]) -> Notation:
    """The formula with some parts changed; ``change`` gives a part's new form, or None to go on inside it.

    >>> unicode(rebuilt(Plus(((1, Name("x")), (-1, Name("y")))), lambda n: Name("z") if n == Name("y") else None))
    'x − z'
    """

    def inside(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(inside, value))
        return rebuilt(value, change) if isinstance(value, Notation) else value

    changed = change(node)
    return (
        replace(node, **{f.name: inside(getattr(node, f.name)) for f in fields(node)}) if changed is None else changed
    )


def _is_tall(value: Any) -> bool:
    """Whether brackets around this must grow: a fraction or a sum is somewhere inside."""
    if isinstance(value, tuple):
        return any(map(_is_tall, value))
    if isinstance(value, Quotient | Partial | Big):
        return True
    return isinstance(value, Notation) and any(_is_tall(getattr(value, f.name)) for f in fields(value))


def latex(node: Notation) -> str:
    """The formula in LaTeX.

    >>> latex(Quotient(Plus(((1, Name("a", ("i",))), (-1, Name("y", ("i",))))), Name("m")))
    '\\\\frac{a_{i} - y_{i}}{m}'
    """
    return node.set(Latex())


def unicode(node: Notation) -> str:
    """The formula in one line of text.

    >>> unicode(Quotient(Plus(((1, Name("a", ("i",))), (-1, Name("y", ("i",))))), Name("m")))
    '(a_i − y_i)/m'
    """
    return node.set(Style())


def compact(node: Notation) -> str:
    """The formula in one line of text for the edge of a picture.

    >>> compact(Times((Name("a"), Plus(((1, Num("1")), (-1, Name("a"))))), "·"))
    'a·(1 − a)'
    """
    return node.set(Compact())
