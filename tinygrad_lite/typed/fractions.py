"""Fractions, and derivatives that look like fractions: ∂C/∂w is one name."""

from __future__ import annotations

import re

from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.scanning import Token
from tinygrad_lite.typed.spelling import canonical, split_indices
from tinygrad_lite.typed.words import Words

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
        top = self.group()
        return t.Binary(sign.place, "/", top, self.group())

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
        """∂C/∂w_j: one name, never a quotient; ``opened`` is the brace of \\frac."""
        top = self.partial()
        if opened is not None:
            self.close(opened, "}")
            opened = self.now
        if self.take("/" if opened is None else "{") is None or self.take("∂") is None:
            raise self.error(sign.place, "∂ stands in a derivative, such as ∂C/∂w_j")
        bottom = self.partial()
        if opened is not None:
            self.close(opened, "}")
        elif self.now.kind == "raised" or self.now.text in ("^", "**"):
            raise self.error(self.now.place, "write (∂C/∂w)² for the power of a derivative")
        letters = "".join(dict.fromkeys(top.letters + bottom.letters))
        return t.Variable(sign.place, f"∂{top.text}/∂{bottom.text}", letters)

    def partial(self) -> t.Variable:
        """The name behind ∂."""
        token = self.now
        if token.kind == "name":
            self.at += 1
            word = self.word(token)
            if isinstance(word, t.Variable):
                return word
        raise self.error(
            token.place, "a name is missing behind ∂; a derivative is written ∂C/∂w_j, a second one is not read"
        )


def is_differential(token: Token) -> bool:
    """Whether a name looks like the dw of dC/dw."""
    return _DIFFERENTIAL.fullmatch(token.text) is not None
