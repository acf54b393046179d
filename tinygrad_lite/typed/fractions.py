"""Fractions, and derivatives that look like fractions: ∂C/∂w is one name."""

from __future__ import annotations

import re
from dataclasses import replace

from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.scanning import Token
from tinygrad_lite.typed.spelling import canonical, split_indices
from tinygrad_lite.typed.words import Words

MOST_DERIVATIVES = 9
"""How often a derivative may be taken, as in ∂²C/∂w²."""

_DIFFERENTIAL = re.compile(r"d([^\W\d_]\d*(_[^\W\d_]+)?)")


class Fractions(Words):
    """Reads \\frac{a}{b}, ∂C/∂w_j and dC/dw."""

    def sum(self) -> t.Syntax:
        raise NotImplementedError

    def group(self) -> t.Syntax:
        """LaTeX's {…}."""
        opened = self.now
        if self.take("{") is None:
            raise self.error(opened.place, "braces are missing, as in \\frac{a}{b}")
        with self.deeper(opened.place):
            inner = self.sum()
            self.close(opened, "}")
        return inner

    def fraction(self, sign: Token) -> t.Syntax:
        """\\frac{a}{b}, or a derivative as a fraction."""
        if self.follow("{", "∂"):
            opened = self.now
            self.at += 2
            return self.derivative(sign, opened)
        first = self.at + 1
        if self.differential(0) and self.follow("}", "{", at=2) and self.differential(3):
            self.at += 6
            return self.differentials(sign, self.tokens[first], self.tokens[first + 3])
        top = self.part()
        return t.Binary(sign.place, "/", top, self.part())

    def part(self) -> t.Syntax:
        """{…}, or the one sign that LaTeX takes without braces: \\frac12 is ½, and \\frac1mx is x/m."""
        token = self.now
        plain = token.text.isdecimal() if token.kind == "number" else token.kind == "name" and token.text.isalpha()
        if not plain:
            return self.group()
        command = self.text[token.place] == "\\"
        if not command and len(token.text) > 1:
            rest = replace(token, text=token.text[1:], place=token.place + 1, spaced=False)
            self.tokens[self.at : self.at + 1] = [replace(token, text=token.text[0]), rest]
        token = self.now
        self.at += 1
        behind = self.now
        if not behind.spaced and (behind.kind in ("small", "low", "raised", "prime") or behind.text in ("_", "^", "(")):
            raise self.error(token.place, "braces are missing, as in \\frac{a}{b}")
        if token.kind == "number":
            return t.Number(token.place, float(token.text))
        return t.Variable(token.place, canonical(token.text))

    def differential(self, steps: int) -> bool:
        """Whether dC or dw stands some tokens ahead, behind its brace."""
        token = self.ahead(steps + 1)
        return token.kind == "name" and not token.set_apart and is_differential(token) and not self.is_known(token.text)

    def differentials(self, place: Token, top: Token, bottom: Token) -> t.Syntax:
        """dC/dw as one name."""
        above, below = (split_indices(token.text[1:]) for token in (top, bottom))
        text = f"∂{canonical(above[0])}/∂{canonical(below[0])}"
        return t.Variable(place.place, text, "".join(dict.fromkeys(above[1] + below[1])))

    def derivative(self, sign: Token, opened: Token | None = None) -> t.Syntax:
        """∂C/∂w_j, or ∂²C/∂v_j∂w_k: one name, never a quotient; ``opened`` is the brace of \\frac."""
        order = self.order()
        top = self.partial()
        if opened is not None:
            self.close(opened, "}")
            opened = self.now
        below: list[t.Variable] = []
        wrong = self.error(sign.place, "∂ stands in a derivative, such as ∂C/∂w_j, ∂²C/∂w² or ∂²C/∂v_j∂w_k")
        if self.take("/" if opened is None else "{") is None:
            raise wrong
        while len(below) < order:
            if self.take("∂") is None:
                raise wrong
            name = self.partial()
            below += [name] * (self.order() if order > 1 else 1)
        if len(below) != order:
            raise wrong
        if opened is not None:
            self.close(opened, "}")
        elif self.now.kind == "raised" or self.now.text in ("^", "**"):
            raise self.error(self.now.place, "write (∂C/∂w)² for the power of a derivative")
        letters = "".join(dict.fromkeys("".join(v.letters for v in (top, *below))))
        text = top.text
        for name in below:
            text = f"∂{text}/∂{name.text}"
        return t.Variable(sign.place, text, letters)

    def order(self) -> int:
        """The 2 of ∂² and of ∂w², which may be ^2 or ^{2}; 1 where nothing is raised."""
        length = next((n for n, signs in ((4, ("^", "{", "2", "}")), (2, ("^", "2"))) if self.follow(*signs)), 0)
        number = self.ahead(length // 2) if length else self.now
        if not length and number.kind != "raised":
            return 1
        if not 1 <= float(number.text) <= MOST_DERIVATIVES:
            raise self.error(number.place, f"a derivative is taken 1 to {MOST_DERIVATIVES} times; got {number.text}")
        self.at += length or 1
        return int(number.text)

    def partial(self) -> t.Variable:
        """The name behind ∂."""
        token = self.now
        if token.kind == "name":
            self.at += 1
            word = self.word(token)
            if isinstance(word, t.Variable):
                return word
        raise self.error(
            token.place, "a name is missing behind ∂; a derivative is written ∂C/∂w_j, a second one ∂²C/∂v_j∂w_k"
        )


def is_differential(token: Token) -> bool:
    """Whether a name looks like the dw of dC/dw."""
    return _DIFFERENTIAL.fullmatch(token.text) is not None
