"""Expressions typed as text: a small grammar of our own, parsed and never evaluated by Python.

`parse` gives a tree whose nodes know their place in the text. What derivations print is read, in Unicode and in LaTeX,
and so is NumPy's spelling: `x.T @ (a - y) / m`, `(1/m) Σ_i x_ij (a_i − y_i)`, `\\frac{1}{m} \\sum_{i} x_{ij}` and
`sum_i x_ij (a_i - y_i) / m`. A formula that may be read in two ways is refused: an error shows the text with a caret at
the place, and the spellings that are meant.

>>> parse("2 x") == parse("2x")
False
>>> parse("a^2_i").sign, parse("a_i²").sign, parse("e^z").function
('**', '**', 'exp')
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.beside import apart
from tinygrad_lite.typed.cursor import DEEPEST
from tinygrad_lite.typed.operands import Operands
from tinygrad_lite.typed.scanning import Token

__all__ = ["Parser", "parse"]

_NUMBER_OF_EULER = "write exp(…) for Euler's number with a number above, (e)^… for a value e"

FLOATS = ("float", "float64", "float32")

LONGEST = 10_000
"""How long a text may be."""


def parse(
    text: str,
    functions: Collection[str] | None = None,
    known: Collection[str] = (),
    factors: Collection[str] = (),
    beside: bool = False,
) -> t.Syntax:
    """The tree of a text.

    functions: the names that may be called; None: any name before a bracket. known: names that are values, even where
    they would mean something else, such as e, sigma or h_t. factors: more names that are values, so that a(1 - a) is a
    product, as it is of the known ones. beside: names may stand side by side without a space: wx is w x.
    Raises FormulaError, which points at the place.
    """
    parser = Parser(text, functions, known, factors)
    if beside:
        parser.tokens = apart(parser.tokens, {*known, *factors}, functions or ())
    return parser.whole()


def _over_number(node: t.Syntax) -> bool:
    """Whether this is a quotient of a number, such as 1/m or -1/m."""
    top = node.left if isinstance(node, t.Binary) else None
    return isinstance(top.inner if isinstance(top, t.Negative) else top, t.Number)


def _with_axis(call: t.FunctionCall) -> t.FunctionCall:
    """NumPy's x.max(0) and np.max(x, 0) with the axis by its name: max(0, z) has none, as the lecture writes it."""
    match call:
        case t.FunctionCall(function="max" | "min", arguments=(value, t.Number() | t.Item() as axis), keywords=()):
            return replace(call, arguments=(value,), keywords=(("axis", axis),))
    return call


class Parser(Operands):
    """Recursive descent; every level of precedence is a method."""

    def __init__(
        self, text: str, functions: Collection[str] | None, known: Collection[str], factors: Collection[str] = ()
    ) -> None:
        if not isinstance(text, str):
            raise FormulaError(f"a formula is a text; got {type(text).__name__}. Put it in quotes.")
        if len(text) > LONGEST:
            raise FormulaError(f"a formula has at most {LONGEST:,} characters; got {len(text):,}. Split it up.")
        super().__init__(text, functions, known, factors)

    euler: Token | None = None
    """Where e stands with an exponent."""

    def whole(self) -> t.Syntax:
        if self.now.kind == "end":
            raise self.error(0, "the formula is empty; write one such as (a - y) * x")
        node = self.comparison()
        if self.now.kind != "end":
            raise self.unexpected()
        lone = next((v for v in t.variables(node) if v.text == "e" and not v.letters), None)
        if lone is not None and self.euler is not None and "e" not in self.known:
            raise self.error(
                lone.place,
                "e has an exponent elsewhere and is Euler's number there: call this value err, or write exp(1)",
            )
        return node

    def comparison(self, equality: bool = False) -> t.Syntax:
        left = self.sum()
        token = self.take(*t.COMPARE, "=") if equality else self.take(*t.COMPARE)
        if token is None:
            return left
        return t.Compare(token.place, "==" if token.text == "=" else token.text, left, self.sum())

    def sum(self) -> t.Syntax:
        left = self.product()
        over: set[str] = set()
        while True:
            over |= self.open_sum[1] if self.open_sum[0] == self.at else set()
            token = self.take(*t.ADD)
            if token is None:
                return left
            right = self.product()
            if over and (both := over & t.free_letters(right)):
                letter = min(both)
                message = f"does the sum over {letter} end here? {letter} stands behind it, too: write Σ_{letter} (…) with brackets"
                raise self.error(token.place, message)
            left = t.Binary(token.place, token.text, left, right)

    def product(self) -> t.Syntax:
        left = self.signed()
        quotient: Token | None = None
        while True:
            token = self.take(*t.MULTIPLY)
            if token is not None:
                if token.text == "/" and self.bare_end == self.at - 1 and not token.spaced:
                    raise self.error(token.place, "is this inside the function? Write its argument in brackets")
                left = self.times(token, left, self.signed())
                quotient = token if token.text == "/" else None
            elif self.begins_value():
                self.refuse_beside(left, quotient)
                left = t.Binary(self.now.place, " ", left, self.power())
                quotient = None
            else:
                return left

    def times(self, token: Token, left: t.Syntax, right: t.Syntax) -> t.Syntax:
        """A product or a quotient with its sign."""
        if token.text != "⊗":
            return t.Binary(token.place, token.text, left, right)
        if t.is_indexed(left) or t.is_indexed(right):
            raise self.error(token.place, "beside indices a product has no ⊗: write a_j b_k")
        return t.FunctionCall(token.place, "⊗", 0, (left, right), ())

    def refuse_beside(self, left: t.Syntax, quotient: Token | None) -> None:
        """Raise where a product without a sign may be read in two ways."""
        token = self.now
        part = "/" in token.text and self.before.kind != "number"  # x ½
        indexed = token.spaced and t.is_indexed(left)
        if token.kind == "number" and self.before.text != "]" and not (indexed or part or self.is_one()):
            raise self.unexpected()
        function = token.kind == "name" and (self.is_function(token.text) or token.text.startswith(("Σ", "sum_")))
        if self.bare_end == self.at and not function:
            raise self.error(token.place, "is this inside the function? Write its argument in brackets, as in log(a) b")
        if (
            quotient is not None
            and not (_over_number(left) and token.spaced)
            and not token.text.startswith(("Σ", "sum_"))
        ):
            raise self.error(token.place, "is this below the line? Write (a/b) c or a/(b c)")

    def signed(self) -> t.Syntax:
        signs: list[Token] = []
        while (token := self.take("-", "+")) is not None:
            signs.append(token)
            if len(signs) > DEEPEST:
                raise self.error(token.place, f"more than {DEEPEST} signs here")
        node = self.power()
        for token in reversed(signs):
            node = t.Negative(token.place, node) if token.text == "-" else node
        return node

    def power(self) -> t.Syntax:
        with self.deeper(self.now.place, brackets=False):
            base = self.postfix()
            token = self.take("**", "^")
            return base if token is None else self.raised(base, token)

    def raised(self, base: t.Syntax, sign: Token) -> t.Syntax:
        """A base with an exponent: a power, a transpose, or e^z."""
        euler = self.tokens[self.at - 2].kind == "name" and self.tokens[self.at - 2].text == "e"
        if not euler and sign.text == "^" and self.transposed():
            return t.Attribute(sign.place, base, "T")
        opening = self.now.text
        plain = self.now.kind == "name" or (opening == "{" and self.ahead(1).kind == "name")
        exponent = self.exponent(sign)
        if euler:
            self.euler = sign
            if not any(t.variables(exponent)):
                raise self.error(sign.place, _NUMBER_OF_EULER)
            return t.FunctionCall(base.place, "exp", 0, (exponent,), ())
        if plain and sign.text == "^" and isinstance(exponent, t.Variable):
            if exponent.text in ("L", "l"):
                raise self.error(sign.place, "is this a layer? Layers are numbers here, as in z⁽²⁾_j")
            if exponent.letters and opening != "{":
                inside = f"{exponent.text}_{exponent.letters}"
                raise self.error(sign.place, f"write ({inside}) in brackets for an exponent with indices")
        return t.Binary(sign.place, "**", base, exponent)

    def transposed(self) -> bool:
        """Take T or ⊤ as an exponent."""
        for spelling in (("T",), ("⊤",), ("{", "T", "}"), ("{", "⊤", "}")):
            if self.follow(*spelling) and "T" not in self.known:
                self.at += len(spelling)
                return True
        return False

    def exponent(self, sign: Token) -> t.Syntax:
        if sign.text == "^" and self.now.text == "{":
            return self.group()
        return self.signed()

    def postfix(self) -> t.Syntax:
        node = self.value()
        while True:
            token = self.now
            if token.kind == "raised":
                self.at += 1
                if self.tokens[self.at - 2].kind == "name" and self.tokens[self.at - 2].text == "e":
                    raise self.error(token.place, _NUMBER_OF_EULER)
                node = t.Binary(token.place, "**", node, t.Number(token.place, float(token.text)))
            elif self.take("⊤") is not None:
                node = t.Attribute(token.place, node, "T")
            elif self.take(".") is not None:
                node = self.attribute(node)
            elif parts := self.slices():
                while self.take("]") is None:
                    self.at += 1
                node = t.Slices(token.place, node, parts)
            else:
                return node

    def as_float(self, node: t.Syntax, call: t.FunctionCall) -> t.Syntax:
        """(z > 0).astype(float): a product with 1, as numbers are floats here."""
        match call.arguments:
            case (t.Variable(text=kind) | t.Attribute(text=kind),) if kind in FLOATS or isinstance(node, t.Compare):
                return t.Binary(call.place, "*", node, t.Number(call.place, 1.0))
        raise self.error(call.place, "numbers are of float64 here: astype has no meaning but for float")

    def attribute(self, node: t.Syntax) -> t.Syntax:
        """x.T, x.sum(axis=0), np.exp(x)."""
        token = self.now
        if token.kind != "name":
            raise self.error(token.place, "a name is missing after the dot, such as T")
        self.at += 1
        if self.now.text != "(" or self.now.kind != "sign" or token.text == "T":
            return t.Attribute(token.place, node, token.text)
        call = self.call(token, token.text, 0)
        if token.text == "astype":
            return self.as_float(node, call)
        if not isinstance(node, t.Variable) or node.text not in ("np", "numpy", "tg"):
            call = replace(call, arguments=(node, *call.arguments))
        elif self.functions is not None and token.text not in self.functions:
            raise self.error(token.place, f"np.{token.text} is not read in a formula")
        return _with_axis(call)
