"""From a text to its signs, names and numbers: as they are typed, printed in Unicode, or written in LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tinygrad_lite.notation.styles import GREEK
from tinygrad_lite.typed.spelling import nearest
from tinygrad_lite.typed.tree import pointed

RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "₀₁₂₃₄₅₆₇₈₉"
_SMALL = "ᵢⱼₖₗₘₙₚᵣₛₜᵤᵥ"
_PARTS = {sign: unicodedata.normalize("NFKC", sign).replace("⁄", "/") for sign in "½⅓⅔¼¾⅕⅙⅛"}
"""Numbers that are quotients: ½ is 1/2."""
_ONES = "𝟙𝟏"
_APART = RAISED + LOWERED + _SMALL + "⁽⁾ᵀ" + "".join(_PARTS) + _ONES
_LETTER = rf"[^\W\d_{_APART}]"
_DIGITS = str.maketrans(RAISED + LOWERED + _SMALL, "0123456789-0123456789ijklmnprstuv")


@dataclass(frozen=True)
class Token:
    """A piece of a text; ``spaced`` says that a space stands before it.

    ``kind`` is sign, name, number, layer (⁽²⁾), low (₂), small (ᵢⱼ), raised (²), prime, ones (𝟙) or end.
    """

    kind: str
    text: str
    place: int
    spaced: bool = False
    set_apart: bool = False
    """Whether a name stands in LaTeX's braces, as in \\mathrm{dw}: then its letters are one name."""

    @property
    def nests(self) -> int:
        """1 for a bracket that opens, -1 for one that closes, 0 for anything else."""
        return 0 if self.kind != "sign" else (self.text in ("(", "[", "{")) - (self.text in (")", "]", "}"))


_TOKENS = re.compile(
    rf"(?P<number>[{''.join(_PARTS)}]|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)"
    rf"|(?P<ones>[{_ONES}])"
    rf"|(?P<name>({_LETTER}|_(?!\{{))({_LETTER}|[0-9\u0300-\u036f]|_(?!\{{))*)"
    rf"|⁽(?P<layer>[{RAISED[:-1]}]+)⁾|(?P<low>[{LOWERED}]+)|(?P<small>[{_SMALL}]+)|(?P<raised>⁻?[{RAISED[:-1]}]+)"
    r"|(?P<prime>['′’]+)"
    r"|(?P<sign>\*\*|>=|<=|==|!=|[-+*/@^()\[\],.<>=−–∗⋅·×⊙⊗∘÷|{}_√∂⊤ᵀ≥≤≠;:&])"
    r"|\\(?P<command>[A-Za-z]+|.)"
    r"|(?P<space>[\s~]+)",
    re.DOTALL,
)
_SAME = {
    "−": "-", "–": "-", "∗": "*", "⋅": "·", "⊙": "*", "∘": "*", "÷": "/", "×": "·", "≥": ">=", "≤": "<=", "≠": "!=",
    "ᵀ": "⊤",
}  # fmt: skip

_SPACES = {
    ",",
    ";",
    ":",
    "!",
    " ",
    "\n",
    "quad",
    "qquad",
    "displaystyle",
    "limits",
    "left",
    "right",
    "bigl",
    "bigr",
    "big",
}
_SIGNS = {
    "cdot": "·", "times": "·", "odot": "*", "circ": "*", "otimes": "⊗", "ge": ">=", "geq": ">=", "le": "<=", "leq": "<=", "ne": "!=",
    "neq": "!=", "top": "⊤", "partial": "∂", "lvert": "|", "rvert": "|", "vert": "|", "sqrt": "√", "frac": "frac",
    "dfrac": "frac", "tfrac": "frac", "{": "{", "}": "}", "lbrace": "{", "rbrace": "}", "\\": ";",
}  # fmt: skip
_FUNCTIONS = (
    "log",
    "ln",
    "exp",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sinh",
    "cosh",
    "max",
    "min",
    "arctan",
    "arcsin",
    "arccos",
)
_NAMES = {**{name: name for name in (*GREEK, *_FUNCTIONS)}, "sum": "Σ", "pi": "pi", "Sigma": "Sigma", "Delta": "Delta"}
_WORDS = ("mathrm", "text", "operatorname", "mathbf", "mathit", "mathsf", "textrm", "boldsymbol", "bm")
_BOLD = ("mathbb", "mathbbm", "mathds", "mathbf", "boldsymbol", "bm")
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307", "widehat": "\u0302"}
_BRACED = re.compile(r"\s*\{((?:[^{}\\]|\\.)*)\}", re.DOTALL)
_ONE = re.compile(r"\s*(\{\s*1\s*\}|1)")
_WRITTEN_OUT = {
    "‖": "sqrt(Σ_j x_j^2)",
    "≈": "==",
    "∞": "a number",
}


def scan(text: str) -> list[Token]:
    """The tokens of a text, the last one of kind end; FormulaError at a sign that has no meaning.

    >>> [(t.kind, t.text) for t in scan("z⁽²⁾_i + \\\\frac{1}{m}")][:4]
    [('name', 'z'), ('layer', '2'), ('name', '_i'), ('sign', '+')]
    """
    if re.fullmatch(r"\s*\$.+\$\s*", text, re.DOTALL):
        text = re.sub(r"^(\s*)(\$+)|(\$+)(\s*)$", lambda m: " " * len(m[0]), text)
    return [*_Scanner(text.replace("∑", "Σ")).tokens(), Token("end", "", len(text))]


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def tokens(self) -> Iterator[Token]:
        spaced = False
        while self.place < len(self.text):
            start = self.place
            match = _TOKENS.match(self.text, start)
            if match is None:
                raise self.no_meaning(start)
            self.place = match.end()
            kind = next(k for k, found in match.groupdict().items() if found is not None)
            token = self.command(match["command"], start) if kind == "command" else self.plain(kind, match[kind], start)
            if token is None:
                spaced = spaced or not (
                    kind == "command" and match["command"] in ("left", "right", "bigl", "bigr", "big")
                )
                continue
            yield Token(token.kind, token.text, start, spaced, token.set_apart)
            spaced = False

    def plain(self, kind: str, text: str, place: int) -> Token | None:
        """A token of one line of text."""
        if kind == "space":
            return None
        if kind in ("layer", "low", "small", "raised"):
            text = text.translate(_DIGITS)
        elif kind == "prime":
            text = "′" * len(text)
        elif kind == "number":
            text = _PARTS.get(text, text)
        elif kind == "ones":
            text = "1"
        elif kind == "name":
            strange = next((n for n, c in enumerate(text) if c.isnumeric() and not c.isascii()), None)
            if strange is not None:
                raise self.no_meaning(place + strange)
            text = unicodedata.normalize("NFC", text)
        return Token(kind, _SAME.get(text, text) if kind == "sign" else text, place)

    def command(self, name: str, place: int) -> Token | None:
        """A token of LaTeX: a sign, a letter, a word in braces, or only a space."""
        if name in _SPACES:
            if name == "right" and self.text.startswith(".", self.place):
                self.place += 1
                return Token("sign", "}", place)
            return None
        if name == "prime":
            return Token("prime", "′", place)
        if name in _SIGNS:
            return Token("sign", _SIGNS[name], place)
        if name in _NAMES:
            return Token("name", _NAMES[name], place)
        if name in ("begin", "end"):
            if self.braced(place, name) == "cases":
                return Token("sign", "{" if name == "begin" else "}", place)
            raise pointed(self.text, place, "of LaTeX's environments only cases is read in a formula")
        if name in _BOLD and (one := _ONE.match(self.text, self.place)):
            self.place = one.end()
            return Token("ones", "1", place)
        if name in _WORDS:
            return Token("name", self.braced(place, name), place, set_apart=True)
        if name in _ACCENTS:
            return Token("name", unicodedata.normalize("NFC", self.braced(place, name) + _ACCENTS[name]), place)
        near = nearest(name, [*_SIGNS, *_NAMES, *_WORDS, *_ACCENTS])
        hint = f"; the nearest that is read is \\{near}" if near else "; write the formula without it"
        raise pointed(self.text, place, f"\\{name} has no meaning in a formula{hint}")

    def braced(self, place: int, command: str) -> str:
        """The word in braces behind a command."""
        match = _BRACED.match(self.text, self.place)
        word = re.sub(r"\\(.)", r"\1", match[1]).strip() if match else ""
        if match is None or not word:
            raise pointed(self.text, place, f"\\{command} needs a word in braces, as in \\{command}{{relu}}")
        self.place = match.end()
        return word

    def no_meaning(self, place: int) -> Exception:
        sign = self.text[place]
        hint = f"; write {_WRITTEN_OUT[sign]}" if sign in _WRITTEN_OUT else ""
        return pointed(self.text, place, f"{sign!r} has no meaning in a formula{hint}")
