"""Where a parser stands in its tokens, and the errors that point there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from tinygrad_lite.errors import FormulaError
from tinygrad_lite.typed.scanning import Token, scan
from tinygrad_lite.typed.tree import ADD, COMPARE, MULTIPLY, pointed

MOST_TOKENS = 500
"""How many signs, names and numbers a formula may have."""

CASES = "cases are written { z if z > 0; 0 otherwise }, or as a factor [z > 0]"

DEEPEST = 40
"""How deep brackets may nest."""


class Cursor:
    """A place in the tokens of a text."""

    def __init__(
        self, text: str, functions: Collection[str] | None, known: Collection[str], factors: Collection[str] = ()
    ) -> None:
        self.text = text
        self.tokens = scan(text)
        if len(self.tokens) > MOST_TOKENS:
            place = self.tokens[MOST_TOKENS].place
            message = f"a formula has at most {MOST_TOKENS} signs and names; this is one too many. Split it up"
            raise self.error(place, message)
        self.functions = functions
        self.known = known
        self.factors = factors
        self.at = 0
        self.depth = 0
        self.bars = 0
        """How many | are open in the innermost brackets."""

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    @property
    def before(self) -> Token:
        """The token that was taken last."""
        return self.tokens[self.at - 1]

    def ahead(self, steps: int) -> Token:
        """A token behind this one."""
        return self.tokens[min(self.at + steps, len(self.tokens) - 1)]

    def take(self, *texts: str) -> Token | None:
        """The sign that stands here, if it is one of these; the cursor goes on."""
        token = self.now
        if token.kind == "sign" and token.text in texts:
            self.at += 1
            return token
        return None

    def follow(self, *texts: str, at: int = 0) -> bool:
        """Whether these signs stand here, one behind the other; "2" stands for any whole number."""
        for n, text in enumerate(texts):
            token = self.ahead(at + n)
            fits = token.kind == "number" and token.text.isdigit() if text == "2" else token.text == text
            if not fits or token.kind == "end":
                return False
        return True

    def attached(self, text: str) -> bool:
        """Whether a sign stands here without a space before it."""
        return self.now.kind == "sign" and self.now.text == text and not self.now.spaced

    def slices(self) -> tuple[str, ...]:
        """What stands in brackets here, where it is NumPy's [:, None] or [0]: ":", "None", numbers; () for all else."""
        if not self.attached("["):
            return ()
        parts: list[str] = []
        place = 0
        while not parts or self.ahead(place).text == ",":
            place += 1
            if self.ahead(place).text in ("np", "numpy") and self.ahead(place + 1).text == ".":
                place += 2
            text = self.ahead(place).text
            parts.append("None" if text == "newaxis" else text)
            place += 1
        known = all(part in (":", "None") or part.isdecimal() for part in parts)
        return tuple(parts) if known and self.ahead(place).text == "]" else ()

    def holds_product(self) -> bool:
        """Whether the brackets that open here hold more than one name: a sum or a product, as in a(1 − a), not y(x)."""
        depth, steps = 0, 0
        while depth or not steps:
            token = self.ahead(steps)
            if token.kind == "end":
                return False
            depth += token.nests
            if depth == 1 and steps > 0:
                if token.kind == "sign" and token.text == ",":
                    return False
                beside = steps > 1 and token.spaced and token.kind in ("name", "number")
                if beside or (token.kind == "sign" and token.text in (*ADD, *MULTIPLY, "**")):
                    return True
            steps += 1
        return False

    def holds_comparison(self, steps: int) -> bool:
        """Whether the brackets that open some tokens ahead hold a comparison, and no cases."""
        depth, found = 0, False
        while depth or not found:
            token = self.ahead(steps)
            if token.kind == "end" or token.text in ("if", "otherwise", "else", "&"):
                return False
            depth += token.nests
            found |= depth == 1 and token.kind == "sign" and token.text in (*COMPARE, "=")
            if not depth:
                return found
            steps += 1
        return found

    @contextmanager
    def deeper(self, place: int, brackets: bool = True) -> Iterator[None]:
        """Inside of brackets, or of what nests like them."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(place, f"brackets nest deeper than {DEEPEST} here")
        bars = self.bars
        self.bars = 0 if brackets else bars
        yield
        self.bars = bars
        self.depth -= 1

    def error(self, place: int, message: str) -> FormulaError:
        return pointed(self.text, place, message)

    def close(self, opened: Token, sign: str) -> None:
        """Take the sign that closes brackets."""
        if self.take(sign) is None:
            if self.now.kind == "end":
                raise self.error(opened.place, f"this {opened.text!r} is never closed")
            raise self.unexpected()

    def unexpected(self) -> FormulaError:
        """The error for a token that fits nothing."""
        token = self.now
        if token.kind == "end":
            return self.error(token.place, "the formula ends where a value is expected")
        if token.text in (")", "]", "}"):
            opening = {")": "(", "]": "[", "}": "{"}[token.text]
            return self.error(token.place, f"this {token.text!r} has no {opening!r} before it")
        if token.text == ":":
            hint = "write x[:, None] for a new axis, x[0, j] for a place, / for a quotient"
            return self.error(token.place, f"':' has no meaning here; {hint}")
        if token.text == "=":
            return self.error(token.place, "'=' is no operator here; compare with ==, or pass one side only")
        if token.kind == "name" and token.text in ("if", "else", "otherwise"):
            return self.error(token.place, CASES)
        if token.kind in ("name", "number") or token.text == "(":
            return self.error(token.place, "an operator is missing before this; write * for a product")
        if token.text == "," and self.at and self.before.kind == "number":
            return self.error(token.place, "a decimal number has a point, as in 0.5")
        if token.kind == "sign":
            return self.error(token.place, f"a value is missing before {token.text!r}")
        return self.error(token.place, f"{self.text[token.place]!r} has no meaning here; it stands behind a name")

    def written(self, first: int) -> str:
        """The text from a token up to here."""
        return self.text[self.tokens[first].place : self.now.place].strip()
