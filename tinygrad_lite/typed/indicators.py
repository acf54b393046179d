"""Conditions as factors: [z > 0], [j = k], 1[z > 0]; and the 1 that is a vector of ones."""

from __future__ import annotations

from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.fractions import Fractions
from tinygrad_lite.typed.scanning import Token
from tinygrad_lite.typed.spelling import INDEX_LETTERS

_ONES = (
    "1 is no vector here: write the sum over the examples as Σ_i dz_i, as dz.sum(axis=0) or as 1⊤ dz; "
    "a condition is written 1[z > 0]"
)


class Indicators(Fractions):
    """Reads [z > 0], 1[z > 0], 1_{z > 0} and 1⊤ v."""

    def comparison(self, equality: bool = False) -> t.Syntax:
        raise NotImplementedError

    def power(self) -> t.Syntax:
        raise NotImplementedError

    def transposed(self) -> bool:
        raise NotImplementedError

    def indicator(self, opened: Token) -> t.Syntax:
        """[z > 0] and [j = k]; brackets around anything else only hold together."""
        return self.condition(opened, "]")

    def condition(self, opened: Token, closing: str) -> t.Syntax:
        """What stands in the brackets of an indicator."""
        with self.deeper(opened.place):
            inner = self.comparison(equality=True)
            self.close(opened, closing)
        if not isinstance(inner, t.Compare):
            return inner
        match inner.left, inner.right:
            case t.Variable(text=left, letters=""), t.Variable(text=right, letters="") if (
                left in INDEX_LETTERS and right in INDEX_LETTERS and left != right and inner.sign in ("==", "!=")
            ):
                return self.kronecker(opened, inner.sign, left, right)
            case t.Variable(text=left, letters=""), t.Number(value=place) if (
                left in INDEX_LETTERS and inner.sign in ("==", "!=") and place >= 0 and place.is_integer()
            ):
                return self.kronecker(opened, inner.sign, left, str(int(place)))
        return t.Indicator(opened.place, inner)

    def kronecker(self, opened: Token, sign: str, left: str, right: str) -> t.Syntax:
        """[j = k], [j = 0], or 1 minus it for [j ≠ k]."""
        same = t.Kronecker(opened.place, left, right)
        return same if sign == "==" else t.Binary(opened.place, "-", t.Number(opened.place, 1.0), same)

    def is_one(self) -> bool:
        """Whether a 1 stands here that is no number, by what stands behind it."""
        if self.now.kind == "ones":
            return True
        following = self.ahead(1)
        if self.now.kind != "number" or self.now.text != "1" or following.spaced:
            return False
        if following.text in ("[", "{"):
            return self.holds_comparison(1)
        raised = any(self.follow("^", *signs, at=1) for signs in (("T",), ("⊤",), ("{", "T", "}"), ("{", "⊤", "}")))
        return following.text in ("_", "⊤") or following.text.startswith("_") or raised

    def one(self) -> t.Syntax:
        """1[z > 0], 1_{z > 0}, 𝟙(z > 0): the condition as a factor; 1⊤ v: the sum of v over its first axis."""
        token = self.now
        self.at += 1
        lowered = self.take("_") is not None
        if (opened := self.take("{") or (None if lowered else self.take("[", "("))) is not None:
            self.at -= 1
            if not self.holds_comparison(0):
                raise self.error(opened.place, "a condition stands behind this 1, as in 1[z > 0] and 1[i = j]")
            self.at += 1
            return self.condition(opened, {"{": "}", "[": "]", "(": ")"}[opened.text])
        if not lowered and (self.take("⊤") or (self.take("^") and self.transposed())):
            return self.summed(token)
        raise self.error(token.place, _ONES)

    def summed(self, token: Token) -> t.Syntax:
        """The v of 1⊤ v."""
        self.take("@", "·")
        with self.deeper(token.place, brackets=False):
            body = self.power()
        if t.is_indexed(body):
            raise self.error(token.place, "beside indices write the sum with its letter, as in Σ_i dz_i")
        if self.now.text == "*":
            raise self.error(self.now.place, "does 1⊤ stand before the whole product? Write it in brackets")
        return t.FunctionCall(token.place, "sum", 0, (body,), (("axis", t.Number(token.place, 0.0)),))
