"""The values of a formula: numbers, names, calls, brackets, fractions, derivatives."""

from __future__ import annotations

import contextlib
import math
import re

from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.cursor import CASES
from tinygrad_lite.typed.fractions import is_differential
from tinygrad_lite.typed.indicators import Indicators
from tinygrad_lite.typed.scanning import Token
from tinygrad_lite.typed.spelling import INDEX_LETTERS, SPELLED, canonical, nearest, split_indices

MOST_PRIMES = 4
"""How often a function may be differentiated: each prime doubles the graph, or worse."""

TOO_LARGE = "the number is too large: floats end at 1.8e308"

BARE = frozenset(("log", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan"))
"""Functions that may stand before a value without brackets: log a_i."""

_GREEK = frozenset(SPELLED.values())


class Operands(Indicators):
    """Reads the values between operators."""

    bare_end = -1
    """Where the last function without brackets ended: after log a_i."""

    open_sum = (-1, frozenset[str]())
    """Where the last Σ ended, and the letters that it runs over."""

    def comparison(self, equality: bool = False) -> t.Syntax:
        raise NotImplementedError

    def product(self) -> t.Syntax:
        raise NotImplementedError

    def power(self) -> t.Syntax:
        raise NotImplementedError

    def exponent(self, sign: Token) -> t.Syntax:
        raise NotImplementedError

    def value(self) -> t.Syntax:
        token = self.now
        if self.is_one():
            return self.one()
        if token.kind == "number":
            self.at += 1
            top, *below = (t.Number(token.place, self.number(token, text)) for text in token.text.split("/"))
            return t.Binary(token.place, "/", top, below[0]) if below else top
        if token.kind == "name":
            self.at += 1
            return self.named(token)
        if (opened := self.take("(")) is not None:
            return self.brackets(opened)
        if (opened := self.take("[")) is not None:
            return self.indicator(opened)
        if (opened := self.take("{")) is not None:
            return self.braces(opened)
        if (opened := self.take("|")) is not None:
            return self.absolute(opened)
        if (opened := self.take("√")) is not None:
            return self.root(opened)
        if (opened := self.take("frac")) is not None:
            return self.fraction(opened)
        if (opened := self.take("∂")) is not None:
            return self.derivative(opened)
        raise self.unexpected()

    def number(self, token: Token, text: str) -> float:
        value = float(text)
        if math.isinf(value):
            raise self.error(token.place, TOO_LARGE)
        if value == 0 and any(c in "123456789" for c in text.lower().partition("e")[0]):
            raise self.error(token.place, "the number is too small: below 4.9e-324 floats are 0")
        return value

    # --- brackets ----------------------------------------------------------------------------------

    def brackets(self, opened: Token) -> t.Syntax:
        """(…), or a tuple."""
        with self.deeper(opened.place):
            inner = self.comparison()
            if self.now.text == ",":
                items = [inner]
                while self.take(",") and self.now.text != ")":
                    items.append(self.comparison())
                inner = t.Item(opened.place, tuple(items))
            self.close(opened, ")")
        return inner

    def braces(self, opened: Token) -> t.Syntax:
        """{ z if z > 0; 0 otherwise }, or LaTeX's braces around a value."""
        sides: list[tuple[t.Syntax, t.Syntax | None]] = []
        with self.deeper(opened.place):
            while True:
                value = self.sum()
                apart = self.take("&") is not None
                if self.word_is("otherwise", "else"):
                    sides.append((value, None))
                    self.take(";")
                    break
                if not self.word_is("if") and not apart:
                    if sides:
                        raise self.error(self.now.place, CASES)
                    self.close(opened, "}")
                    return value
                sides.append((value, self.comparison(equality=True)))
                if self.take(";", ",") is None:
                    raise self.error(self.now.place, "the last case is missing, as in { z if z > 0; 0 otherwise }")
            self.close(opened, "}")
        return t.Cases(opened.place, tuple(sides))

    def word_is(self, *words: str) -> bool:
        """Take one of these words, if it stands here."""
        found = self.now.kind == "name" and self.now.text in words
        self.at += found
        return found

    def absolute(self, opened: Token) -> t.Syntax:
        """|x|."""
        with self.deeper(opened.place):
            self.bars = 1
            inner = self.sum()
            self.close(opened, "|")
        return t.FunctionCall(opened.place, "abs", 0, (inner,), ())

    def opens_bar(self) -> bool:
        """Whether | begins a value here, behind another value: inside |…| only with a space before it and none behind."""
        following = self.ahead(1)
        return self.bars == 0 or (self.now.spaced and not following.spaced and following.kind != "end")

    def root(self, sign: Token) -> t.Syntax:
        """√x, √(x + 1), \\sqrt{x}."""
        inner = self.group() if self.now.text == "{" else self.value()
        return t.FunctionCall(sign.place, "sqrt", 0, (inner,), ())

    # --- names and calls -----------------------------------------------------------------------------

    def named(self, token: Token) -> t.Syntax:
        """What a name begins: a sum, a call, a derivative, or a value."""
        bare = token.text in BARE and self.begins_value()  # a product with a value of this name has a sign
        if self.is_known(token.text) and not self.called() and not bare:
            return self.word(token)
        summed = re.fullmatch(r"(sum|Σ)(?:_([^\W\d_]+))?", token.text)
        if summed is not None and not (token.text == "sum" and self.now.text in ("(", ",", "=", ")")):
            return self.index_sum(token, summed[2] or "")
        if is_differential(token) and self.attached("/") and not self.ahead(1).spaced and self.differential(0):
            bottom = self.ahead(1)
            self.at += 2
            return self.differentials(token, token, bottom)
        base = canonical(split_indices(token.text)[0])
        if (
            self.functions is not None
            and base in self.functions
            and base not in _GREEK
            and base != canonical(token.text)
        ):
            raise self.error(token.place, f"{token.text} is not read; write {base}(…) with its argument in brackets")
        if self.is_function(canonical(token.text)):
            return self.function(token, canonical(token.text))
        node = self.word(token)
        if token.text in ("if", "otherwise", "else"):
            raise self.error(token.place, CASES)
        if isinstance(node, t.Variable) and not node.letters:
            if self.functions is None and self.attached("("):
                return self.call(token, node.text.rstrip("′"), node.text.count("′"))
            called = self.attached("(") or (node.text.endswith("′") and self.now.text == "(")
            value = self.is_known(node.text) or node.text in self.factors
            if called and not (value and self.holds_product()):
                raise self.no_function(token, node.text)
        return node

    def called(self) -> bool:
        """Whether brackets follow a name without a space, behind its primes."""
        primes = 0
        while self.ahead(primes).kind == "prime":
            primes += 1
        return self.ahead(primes).text == "(" and not self.ahead(primes).spaced

    def is_function(self, name: str) -> bool:
        """Whether a name may be called."""
        name = "log" if name == "ln" else name
        return self.functions is not None and name in self.functions

    def function(self, token: Token, name: str) -> t.Syntax:
        """A function with its argument: sigma(z), sigma'(z), log a_i, sin²(x); or a greek letter that is a value."""
        name = "log" if name == "ln" else name
        start, primes, sign = self.at, 0, None
        while self.now.kind == "prime" or self.follow("^", "{", "′") or self.follow("^", "′"):
            self.at += 0 if self.now.kind == "prime" else 1 + self.follow("^", "{")
            primes += len(self.now.text)
            self.at += 1
            self.take("}")
        if not primes and (self.now.kind == "raised" or (self.follow("^") and self.ahead(1).text != "-")):
            sign = self.now
            self.at += 1
            if name in BARE or (self.now.text == "(" and sign.kind == "raised"):
                return self.power_of(token, name, sign)
            self.at, sign = start, None
        if self.now.text == "(" and self.now.kind == "sign":
            return self.call(token, name, primes)
        if not primes and name in BARE and self.begins_value():
            return self.bare(token, name)
        if name in _GREEK:
            self.at = start
            return self.greek(token)
        raise self.error(token.place, f"{token.text} is a function: write {token.text}{'′' * primes}(…)")

    def power_of(self, token: Token, name: str, sign: Token) -> t.Syntax:
        """sin²(x), log² a."""
        exponent = t.Number(sign.place, float(sign.text)) if sign.kind == "raised" else self.exponent(sign)
        if isinstance(exponent, t.Number) and exponent.value < 0:
            raise self.error(sign.place, f"write 1/{token.text}(…) or the inverse function's name")
        whole = self.call(token, name, 0) if self.now.text == "(" else self.bare(token, name)
        return t.Binary(sign.place, "**", whole, exponent)

    def bare(self, token: Token, name: str) -> t.Syntax:
        """log a_i: the value behind the name, with its power."""
        with self.deeper(token.place, brackets=False):
            argument = self.power()
        self.bare_end = self.at
        return t.FunctionCall(token.place, name, 0, (argument,), ())

    def greek(self, token: Token) -> t.Syntax:
        """σ as the name of a value, where no brackets follow."""
        node = self.word(token)
        if self.now.kind in ("name", "number") and not self.word_ahead():
            shown = self.text[token.place : self.now.place].strip()
            raise self.error(token.place, f"write {shown}(…) for the function, {shown} * … for a value with this name")
        return node

    def word_ahead(self) -> bool:
        """Whether a word stands here that is no name: if, otherwise."""
        return self.now.kind == "name" and self.now.text in ("if", "otherwise", "else")

    def begins_value(self) -> bool:
        """Whether a value begins here."""
        token = self.now
        if token.kind == "name":
            return not self.word_ahead()
        if token.kind != "sign":
            return token.kind in ("number", "ones")
        return token.text in ("(", "[", "{", "√", "frac", "∂") or (token.text == "|" and self.opens_bar())

    def index_sum(self, token: Token, letters: str) -> t.Syntax:
        """Σ_ij body, sum_ij body, Σ_{ij} body, Σ_{i=1}^m body."""
        upto: t.Variable | None = None
        unequal: t.Syntax | None = None
        if not letters and (found := self.limits()):
            letters, upto = found
        elif not letters and (pair := self.all_but()):
            letters, unequal = pair[0], self.kronecker(token, "!=", *pair)
        letters = letters or self.lowered(token)
        if not letters:
            raise self.no_letters(token)
        if any(c not in INDEX_LETTERS and self.is_known(c) for c in letters):
            message = "a sum runs over letters such as i, j, k: the sum over all examples x is written Σ_i x_ij (…)"
            raise self.error(token.place, message)
        if self.now.text == "^":
            raise self.error(self.now.place, f"a sum runs over the whole axis here: write Σ_{letters}, without limits")
        if len(set(letters)) < len(letters):
            raise self.error(token.place, f"a letter stands twice under the sum: {letters}")
        with self.deeper(token.place, brackets=False):
            body = self.product()
        body = body if unequal is None else t.Binary(token.place, " ", unequal, body)
        inner = self.open_sum[1] if self.open_sum[0] == self.at else frozenset[str]()
        self.open_sum = (self.at, inner | set(letters))
        return t.IndexSum(token.place, letters, body, upto)

    def lowered(self, token: Token) -> str:
        """The letters of \\sum_x, Σ_{ij} and Σᵢ; "" where there are none."""
        if self.now.spaced:
            return ""
        if plain := re.fullmatch(r"_([^\W\d_]+)", self.now.text):
            self.at += 1
            return plain[1]
        if self.now.kind != "small" and not self.now.text.startswith("_"):
            return ""
        word = self.word(Token("name", "Σ", token.place, set_apart=True))
        return word.letters if isinstance(word, t.Variable) else ""

    def all_but(self) -> tuple[str, str] | None:
        """_{k ≠ j}: both letters. Another condition under a sum is refused."""
        sign = self.ahead(3)
        if not self.follow("_", "{") or sign.kind != "sign" or sign.text not in t.COMPARE:
            return None
        left, right = self.ahead(2).text, self.ahead(4).text
        if sign.text != "!=" or left == right or not {left, right} <= set(INDEX_LETTERS) or self.ahead(5).text != "}":
            message = "a sum runs over a whole axis; a condition is a factor, as in Σ_k [k ≠ j] y_k"
            raise self.error(sign.place, message)
        self.at += 6
        return left, right

    def limits(self) -> tuple[str, t.Variable] | None:
        """_{i=1}^m or _{i=1}^{m}: the letter, and the name of the length of its axis. A sum begins at 1, as on paper."""
        letter, braces = self.ahead(2), self.follow("^", "{", at=6)
        upto = self.ahead(8 if braces else 7)
        begins = self.follow("_", "{", letter.text, "=", "1", "}", "^")
        if (
            not begins
            or letter.text not in INDEX_LETTERS
            or upto.kind != "name"
            or (braces and self.ahead(9).text != "}")
        ):
            return None
        self.at += 10 if braces else 8
        return letter.text, t.Variable(upto.place, upto.text, "")

    def no_letters(self, token: Token) -> FormulaError:
        """The error for Σ x_i, with the letters that are meant."""
        letters = "i"
        if self.begins_value():
            with contextlib.suppress(FormulaError):
                letters = "".join(sorted(t.free_letters(self.product()))) or "i"
        return self.error(
            token.place, f"what does the sum run over? Write {token.text}_{letters} with its index letters"
        )

    def no_function(self, token: Token, name: str) -> FormulaError:
        """The error for x(a − y) and for f(x)."""
        bare = name.rstrip("′")
        shown = token.text + "′" * (len(name) - len(bare))
        hints = [] if bare != name else [f"for a product write {shown} * (…) or {shown} (…)"]
        if near := nearest(bare, self.functions or ()):
            hints.append(f"the nearest function is {near}")
        elif bare != name:
            hints.append("write its derivative out, or ∂a/∂z")
        return self.error(token.place, f"{shown} is not a function here: {'; '.join(hints)}")

    def call(self, token: Token, name: str, primes: int) -> t.FunctionCall:
        """A function's arguments, from the opening bracket on."""
        if primes > MOST_PRIMES:
            message = (
                f"a function has at most {MOST_PRIMES} primes; {name} has {primes:,} here. Write its derivative out"
            )
            raise self.error(token.place, message)
        opened = self.now
        self.at += 1
        arguments: list[t.Syntax] = []
        keywords: list[tuple[str, t.Syntax]] = []
        with self.deeper(opened.place):
            while self.now.text != ")":
                if self.now.kind == "end":
                    raise self.error(opened.place, "this '(' is never closed")
                if self.now.kind == "name" and self.ahead(1).text == "=" and self.ahead(1).kind == "sign":
                    keyword = self.now.text
                    self.at += 2
                    keywords.append((keyword, self.comparison()))
                else:
                    arguments.append(self.comparison())
                if self.take(",") is None:
                    break
            self.close(opened, ")")
        return t.FunctionCall(token.place, name, primes, tuple(arguments), tuple(keywords))
