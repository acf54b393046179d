"""Formulas as they are written: a small tree, and the ways to set it.

``latex`` sets a formula in LaTeX (a subset that TeX, KaTeX and matplotlib's mathtext all read),
``unicode`` in one line of text for a terminal, ``compact`` for a picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tinygrad_lite.notation.node import FUNCTION_WORDS, Notation, rebuilt
from tinygrad_lite.notation.styles import FACTOR, GREEK, IN_CODE, INDEX_LETTERS, LOOSE, SUM, TERM, Compact, Latex, Style

__all__ = [
    "Absolute", "Applied", "Big", "Cases", "Exponential", "FUNCTION_WORDS", "Iverson", "Name", "Notation",
    "Num", "Partial", "Plus", "Power", "Quotient", "Relation", "Root", "Times", "compact", "latex", "named",
    "rebuilt", "split_name", "unicode",
]  # fmt: skip


@dataclass(frozen=True)
class Num(Notation):
    """A number that is not negative."""

    text: str

    def begins_with_number(self) -> bool:
        return True

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

    def named(self) -> bool:
        return True

    def differential(self) -> bool:
        """Whether the name looks like the dw of dC/dw."""
        return len(self.text) == 2 and self.text[0] == "d"

    def free(self) -> frozenset[str]:
        return frozenset(s for s in self.subs if not s.isdigit())

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

    def tall(self) -> bool:
        return True

    @property
    def level(self) -> int:
        return TERM

    def set(self, style: Style) -> str:
        sides = (self.top, self.bottom)
        if not style.inline_fractions:
            return style.fraction(self.top.set(style), self.bottom.set(style), self.top.level, self.bottom.level)
        apart = self.top.open() & self.bottom.free() or all(isinstance(x, Name) and x.differential() for x in sides)
        top, bottom = (
            style.brackets(x.set(style), False) if apart or isinstance(x, Partial) else x.closed().set(style)
            for x in sides
        )
        levels = (FACTOR, FACTOR) if apart else (self.top.level, self.bottom.level)
        return style.fraction(top, bottom, *levels)


@dataclass(frozen=True)
class Power(Notation):
    """A power; ``exponent`` is set small."""

    base: Notation
    exponent: Notation

    def begins_with_number(self) -> bool:
        return self.base.begins_with_number()

    def set(self, style: Style) -> str:
        named = isinstance(self.base, Name) and (self.base.layer != "" or self.base == Name("e"))
        base = self.base.within(style, FACTOR)
        if named or isinstance(self.base, Power | Applied | Exponential | Partial):
            base = style.brackets(base, False)
        exponent = self.exponent.set(style)
        if isinstance(self.exponent, Name) and self.exponent.text in _NO_EXPONENTS:
            exponent = style.brackets(exponent, False)
        return style.power(base, exponent)


_NO_EXPONENTS = ("T", "L", "l")  # the letters of a transpose and of a layer: in brackets where they are values


@dataclass(frozen=True)
class Exponential(Notation):
    """e^z; Euler's number with a plain number above is exp(2), so that e² is never a power of a value e."""

    exponent: Notation

    def set(self, style: Style) -> str:
        if not self.exponent.named():
            return style.call(style.name("exp", "", (), 0, ""), self.exponent.set(style), False)
        return style.power(style.name("e", "", (), 0, ""), self.exponent.set(style))


@dataclass(frozen=True)
class Applied(Notation):
    """A function at its arguments: log(1 − a), σ(z)."""

    name: Notation
    argument: Notation
    more: tuple[Notation, ...] = ()
    bracketed: bool = False
    """Whether its argument stands in brackets in any case, because more follows."""

    def named(self) -> bool:
        return any(part.named() for part in (self.argument, *self.more))

    def closed(self) -> Notation:
        return replace(self, bracketed=True)

    def set(self, style: Style) -> str:
        short = isinstance(self.argument, Name | Num) and self.name in _BARE and not self.more
        bare = short and not self.bracketed
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

    def open(self) -> frozenset[str]:
        return self.parts[-1].open()

    def closed(self) -> Notation:
        return replace(self, parts=(*self.parts[:-1], self.parts[-1].closed()))

    def begins_with_number(self) -> bool:
        return self.parts[0].begins_with_number()

    def set(self, style: Style) -> str:
        texts: list[str] = []
        for n, part in enumerate(self.parts):
            following = self.parts[n + 1] if n + 1 < len(self.parts) else None
            text = self.part(style, part, following)
            if n and not self.sign and self._needs_dot(self.parts[n - 1], part):
                texts[-1] = style.row([texts[-1], style.between("·"), text])
            else:
                texts.append(text)
        if self.sign:
            return style.row([x for t in texts for x in (style.between(self.sign), t)][1:])
        return style.times(texts)

    def part(self, style: Style, part: Notation, following: Notation | None) -> str:
        """A factor, in brackets where it would run into the next one."""
        if following is not None and not isinstance(following, Applied | Big):
            part = part.closed()
        text = part.set(style)
        loose = self.sign == "·" or (isinstance(part, Quotient) and not self.sign)
        if isinstance(part, Big):
            return text if following is None else style.brackets(text, True)
        if part.level < (TERM if loose else FACTOR) and not (isinstance(part, Cases) and style.closed_cases):
            return style.brackets(text, True)
        return style.inline(text) if isinstance(part, Quotient) and not self.sign else text

    def _needs_dot(self, before: Notation, part: Notation) -> bool:
        """Whether two factors side by side would read as something else: x 2, or σ (z) where σ is a value."""
        if isinstance(before, Name) and not before.subs and before.text in FUNCTION_WORDS:
            return True
        return part.begins_with_number() and not isinstance(before, Iverson)


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
            behind = frozenset[str]().union(*(t.free() for _, t in self.terms[n + 1 :]))
            clash = term.open() & behind
            parts.append(style.brackets(term.set(style), True) if clash else term.within(style, TERM))
        return style.row(parts)


@dataclass(frozen=True)
class Big(Notation):
    """A sum over index letters."""

    letters: str
    body: Notation

    @property
    def level(self) -> int:
        return TERM

    def tall(self) -> bool:
        return True

    def free(self) -> frozenset[str]:
        return self.body.free() - frozenset(self.letters)

    def open(self) -> frozenset[str]:
        return frozenset(self.letters) | self.body.open()

    def closed(self) -> Notation:
        return replace(self, body=self.body.closed())

    def set(self, style: Style) -> str:
        return style.total(self.letters, self.body.within(style, TERM))


@dataclass(frozen=True)
class Cases(Notation):
    """Values and their conditions; the last one has none."""

    sides: tuple[tuple[Notation, Notation | None], ...]

    @property
    def level(self) -> int:
        return LOOSE

    def within(self, style: Style, level: int) -> str:
        return self.set(style) if style.closed_cases and level <= TERM else super().within(style, level)

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

    def free(self) -> frozenset[str]:
        match self.condition:
            case Relation(left=Name(text=left, subs=()), symbol="=" | "≠", right=right) if left in INDEX_LETTERS:
                other = right.text if isinstance(right, Name) else ""
                return frozenset((left, other) if other in INDEX_LETTERS else (left,))  # [j = k]
        return self.condition.free()

    def set(self, style: Style) -> str:
        return style.iverson(self.condition.set(style))


@dataclass(frozen=True)
class Root(Notation):
    """A square root: √(x + 1)."""

    inner: Notation

    def set(self, style: Style) -> str:
        return style.root(self.inner.set(style), bare=isinstance(self.inner, Num | Name))


@dataclass(frozen=True)
class Absolute(Notation):
    """|x|."""

    inner: Notation

    def set(self, style: Style) -> str:
        return style.absolute(self.inner.set(style), big=self.inner.tall())


@dataclass(frozen=True)
class Partial(Notation):
    """∂C/∂w; where the top is one, too, a second derivative: ∂²C/∂v∂w."""

    top: Notation
    bottom: Notation

    def tall(self) -> bool:
        return True

    def set(self, style: Style) -> str:
        innermost: Partial = self
        bottoms = [self.bottom]
        while isinstance(innermost.top, Partial):
            innermost = innermost.top
            bottoms.insert(0, innermost.bottom)
        order, written = len(bottoms), [bottom.set(style) for bottom in bottoms]
        same = (
            len(set(bottoms)) == 1 and isinstance(self.bottom, Name) and not self.bottom.layer
        )  # w₂² would be a power
        return style.partial(
            innermost.top.set(style), [style.power(written[0], str(order))] if same and order > 1 else written, order
        )


def split_name(name: str) -> tuple[str, str]:
    """A name as letter and layer: W2 is the W of layer 2.

    >>> split_name("W2"), split_name("loss"), split_name("z^1")
    (('W', '2'), ('loss', ''), ('z', '1'))
    """
    match = re.fullmatch(r"([^\W\d_]+?)[\^_]?(\d+)", name)
    return (match[1], match[2]) if match else (name, "")


def named(name: str, subs: tuple[str, ...] = (), primes: int = 0, raised: bool = False) -> Name:
    """A name as a lecture writes it: W2 is the W of layer 2, sigma is σ.

    >>> unicode(named("W2", ("i", "j"))), unicode(named("z2")), unicode(named("sigma", (), 1)), unicode(named("lam"))
    ('W⁽²⁾_ij', 'z₂', 'σ′', 'λ')
    """
    base, layer = split_name(name)
    return Name(GREEK.get(base) or IN_CODE.get(base, base), subs, primes, layer, raised)


def latex(node: Notation, displayed: bool = False) -> str:
    """The formula in LaTeX; displayed: each case has a line, which takes amsmath or MathJax.

    >>> latex(Quotient(Plus(((1, Name("a", ("i",))), (-1, Name("y", ("i",))))), Name("m")))
    '\\\\frac{a_{i} - y_{i}}{m}'
    """
    return node.set(Latex(displayed))


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
