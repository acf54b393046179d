"""The ways to set a formula: Unicode text, LaTeX, and MathML.

LaTeX is the subset that TeX, KaTeX and matplotlib's mathtext all read: no environments, but for cases where a formula is
displayed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "nu": "ν", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "omega": "ω",
}  # fmt: skip
ENGLISH = {letter: name for name, letter in GREEK.items()}
"""Letters that are one name with their spelling in English."""

IN_CODE = {"lam": "λ"}
"""What λ is called in Python, where lambda is a word of the language."""

_MORE_GREEK = {
    "zeta": "ζ", "iota": "ι", "kappa": "κ", "xi": "ξ", "pi": "π", "varsigma": "ς", "upsilon": "υ", "chi": "χ",
    "psi": "ψ", "vartheta": "ϑ", "phi": "ϕ", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
"""Letters that may be typed as a name, but have no spelling in English here."""

_TO_LATEX = {letter: "\\" + name for names in (GREEK, _MORE_GREEK) for name, letter in names.items()}


_SUPER = str.maketrans("0123456789−⊤()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ⁽⁾")
_SUB = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


INDEX_LETTERS = tuple("ijklpqrstuvn")
"""The letters that are an index where one stands alone at a name."""


def reads_as_indices(letters: str) -> bool:
    """Whether letters behind a name's underscore are indices without braces: x_ij, h_t, but not W_in or x_max."""
    if len(letters) == 1:
        return letters in INDEX_LETTERS
    return 0 < len(letters) <= 3 and all(c in "ijklpq" for c in letters)


LOOSE, SUM, TERM, FACTOR = range(4)
"""How tightly a formula holds together: a relation, a sum, a product, something that needs no brackets."""


class Style:
    """One line of text, as a terminal shows it: x_ij (a_i − y_i)/m. Every method gets parts that are set already.

    The other styles set in their own way what is not the same in them.
    """

    inline_fractions = True
    """Whether a fraction stands in one line, so that what follows could be read as a part of it."""

    closed_cases = True
    """Whether cases end with a brace, so that they need no brackets where more stands around them."""

    def number(self, text: str) -> str:
        return text

    def name(self, base: str, layer: str, subs: Sequence[str], primes: int, low: str) -> str:
        """A name with its layer above (or ``low``, at its foot), its index letters and its primes."""
        letters = "".join(subs)
        if subs:
            letters = f"_{letters}" if reads_as_indices(letters) else f"_{{{letters}}}"
        above = f"({layer})".translate(_SUPER) if layer else ""
        return base + above + low.translate(_SUB) + "′" * primes + letters

    def fraction(self, top: str, bottom: str, top_level: int, bottom_level: int) -> str:
        top = f"({top})" if top_level < TERM else top
        return f"{top}/{bottom}" if bottom_level == FACTOR else f"{top}/({bottom})"

    def power(self, base: str, exponent: str) -> str:
        if re.fullmatch(r"−?\d+|⊤", exponent):
            return base + exponent.translate(_SUPER)
        return f"{base}^{exponent}" if re.fullmatch(r"[A-Za-zα-ω0-9.]+", exponent) else f"{base}^({exponent})"

    def inline(self, fraction: str) -> str:
        return f"({fraction})"

    def brackets(self, inner: str, big: bool) -> str:
        return f"({inner})"

    def absolute(self, inner: str, big: bool) -> str:
        return f"|{inner}|"

    def root(self, inner: str, bare: bool) -> str:
        return f"√{inner}" if bare else f"√({inner})"

    def sign(self, sign: str) -> str:
        return "−" if sign == "−1" else f" {sign} "

    def times(self, parts: Sequence[str]) -> str:
        return " ".join(parts)

    def between(self, sign: str) -> str:
        return f" {sign} "

    def listed(self, parts: Sequence[str]) -> str:
        return ", ".join(parts)

    def call(self, name: str, argument: str, bare: bool) -> str:
        return f"{name} {argument}" if bare else f"{name}({argument})"

    def total(self, letters: str, body: str) -> str:
        return f"Σ_{letters} {body}"

    def cases(self, sides: Sequence[tuple[str, str]]) -> str:
        return "{ " + "; ".join(f"{v} if {c}" if c else f"{v} otherwise" for v, c in sides) + " }"

    def relation(self, left: str, symbol: str, right: str) -> str:
        return f"{left}{self.between(symbol)}{right}"

    def iverson(self, condition: str) -> str:
        return f"[{condition}]"

    def at(self, name: str, indices: str) -> str:
        return f"{name}{self.iverson(indices)}"

    round = "∂"

    def partial(self, top: str, bottoms: Sequence[str], order: int) -> str:
        """∂C/∂w, ∂²C/∂v∂w, and ∂²C/∂w²."""
        return "/".join(self.partials(top, bottoms, order))

    def partials(self, top: str, bottoms: Sequence[str], order: int) -> tuple[str, str]:
        """What stands above and below the line of a derivative."""
        above = self.power(self.round.strip(), str(order)) if order > 1 else self.round
        return self.row([above, top]), self.row([part for bottom in bottoms for part in (self.round, bottom)])

    def row(self, parts: Sequence[str]) -> str:
        return "".join(parts)


class Compact(Style):
    """One line of text for the edge of a picture, without what takes room: 2x·(1 − a), y if z > 0 else 0."""

    closed_cases = False

    def times(self, parts: Sequence[str]) -> str:
        return "".join(parts)

    def between(self, sign: str) -> str:
        return sign if sign == "·" else super().between(sign)

    def call(self, name: str, argument: str, bare: bool) -> str:
        return f"{name}({argument})"

    def cases(self, sides: Sequence[tuple[str, str]]) -> str:
        return " else ".join(f"{v} if {c}" if c else v for v, c in sides)


_LATEX_SIGNS = {
    "≠": r"\neq", "≥": r"\geq", "≤": r"\leq", "→": r"\rightarrow", "−": "-", "·": r"\cdot", "∂": r"\partial",
    "{": r"\{", "}": r"\}",
}  # fmt: skip


def _plain(name: str) -> str:
    """A long name as LaTeX text: signs with a meaning are escaped or left out."""
    return "".join(rf"\{c}" if c in "_#%$" else c for c in name if c.isalnum() or c in "_#%$.-/<>=") or "x"


class Latex(Style):
    """LaTeX, without environments, so that mathtext reads it too; displayed: with a line for each case."""

    inline_fractions = False
    closed_cases = False

    def __init__(self, displayed: bool = False) -> None:
        self.displayed = displayed

    def number(self, text: str) -> str:
        return text.replace("−", "-")

    def name(self, base: str, layer: str, subs: Sequence[str], primes: int, low: str) -> str:
        letter = _TO_LATEX.get(base, base)
        if len(base) > 1 or not base.isalnum():
            known = base in ("log", "sin", "cos", "tanh", "max", "exp", "arctan", "arcsin", "arccos")
            letter = "\\" + base if known else r"\mathrm{" + _plain(base) + "}"
        raised = "'" * primes if not layer else f"^{{({layer})" + r"\prime" * primes + "}"
        foot = low or "".join(subs)
        return letter + raised + (f"_{{{foot}}}" if foot else "")

    def fraction(self, top: str, bottom: str, top_level: int, bottom_level: int) -> str:
        return rf"\frac{{{top}}}{{{bottom}}}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def inline(self, fraction: str) -> str:
        return fraction

    def brackets(self, inner: str, big: bool) -> str:
        return rf"\left({inner}\right)" if big else f"({inner})"

    def absolute(self, inner: str, big: bool) -> str:
        return rf"\left|{inner}\right|" if big else f"|{inner}|"

    def root(self, inner: str, bare: bool) -> str:
        return rf"\sqrt{{{inner}}}"

    def sign(self, sign: str) -> str:
        return "-" if sign == "−1" else f" {sign} ".replace("−", "-")

    def times(self, parts: Sequence[str]) -> str:
        return r" \, ".join(parts)

    def between(self, sign: str) -> str:
        return f" {_LATEX_SIGNS.get(sign, sign)} "

    def call(self, name: str, argument: str, bare: bool) -> str:
        return f"{name} {argument}" if bare else rf"{name}\left({argument}\right)"

    def total(self, letters: str, body: str) -> str:
        return rf"\sum_{{{letters}}} {body}"

    def cases(self, sides: Sequence[tuple[str, str]]) -> str:
        if self.displayed:
            rows = [rf"{v} & \text{{if }} {c}" if c else rf"{v} & \text{{otherwise}}" for v, c in sides]
            return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
        lines = [rf"{v} \; \mathrm{{if}} \; {c}" if c else rf"{v} \; \mathrm{{otherwise}}" for v, c in sides]
        return r"\left\{ " + r", \;\; ".join(lines) + r" \right."

    round = r"\partial "

    def partial(self, top: str, bottoms: Sequence[str], order: int) -> str:
        return r"\frac{{{}}}{{{}}}".format(*self.partials(top, bottoms, order))


class MathML(Style):
    """Presentation MathML, which browsers set without any script."""

    inline_fractions = False
    closed_cases = False

    def number(self, text: str) -> str:
        return f"<mn>{text}</mn>"

    def name(self, base: str, layer: str, subs: Sequence[str], primes: int, low: str) -> str:
        letter = f"<mi>{escape(base)}</mi>"
        foot = f"<mn>{low}</mn>" if low else "".join(f"<mi>{escape(s)}</mi>" for s in subs)
        high = (f"<mo>(</mo><mn>{layer}</mn><mo>)</mo>" if layer else "") + "<mo>′</mo>" * primes
        if high and foot:
            return f"<msubsup>{letter}<mrow>{foot}</mrow><mrow>{high}</mrow></msubsup>"
        if high:
            return f"<msup>{letter}<mrow>{high}</mrow></msup>"
        return f"<msub>{letter}<mrow>{foot}</mrow></msub>" if foot else letter

    def fraction(self, top: str, bottom: str, top_level: int, bottom_level: int) -> str:
        return f"<mfrac><mrow>{top}</mrow><mrow>{bottom}</mrow></mfrac>"

    def power(self, base: str, exponent: str) -> str:
        return f"<msup><mrow>{base}</mrow><mrow>{exponent}</mrow></msup>"

    def inline(self, fraction: str) -> str:
        return fraction

    def brackets(self, inner: str, big: bool) -> str:
        return f"<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>"

    def absolute(self, inner: str, big: bool) -> str:
        return f"<mrow><mo>|</mo>{inner}<mo>|</mo></mrow>"

    def root(self, inner: str, bare: bool) -> str:
        return f"<msqrt>{inner}</msqrt>"

    def sign(self, sign: str) -> str:
        return '<mo form="prefix">−</mo>' if sign == "−1" else f"<mo>{sign}</mo>"

    def times(self, parts: Sequence[str]) -> str:
        return '<mspace width="0.17em"/>'.join(parts)

    def between(self, sign: str) -> str:
        return f"<mo>{escape(sign)}</mo>"

    def listed(self, parts: Sequence[str]) -> str:
        return "<mo>,</mo>".join(parts)

    def call(self, name: str, argument: str, bare: bool) -> str:
        if bare:
            return f'{name}<mspace width="0.17em"/>{argument}'
        return f"{name}<mo>&#x2061;</mo><mrow><mo>(</mo>{argument}<mo>)</mo></mrow>"

    def total(self, letters: str, body: str) -> str:
        low = "".join(f"<mi>{escape(c)}</mi>" for c in letters)
        return f"<munder><mo>∑</mo><mrow>{low}</mrow></munder><mrow>{body}</mrow>"

    def cases(self, sides: Sequence[tuple[str, str]]) -> str:
        rows = ""
        for value, condition in sides:
            when = f"<mtext>if&#xa0;</mtext>{condition}" if condition else "<mtext>otherwise</mtext>"
            rows += f"<mtr><mtd>{value}</mtd><mtd>{when}</mtd></mtr>"
        return f'<mrow><mo>{{</mo><mtable columnalign="left">{rows}</mtable></mrow>'

    def iverson(self, condition: str) -> str:
        return f"<mrow><mo>[</mo>{condition}<mo>]</mo></mrow>"

    round = "<mo>∂</mo>"

    def partial(self, top: str, bottoms: Sequence[str], order: int) -> str:
        return "<mfrac>{}{}</mfrac>".format(*self.partials(top, bottoms, order))

    def row(self, parts: Sequence[str]) -> str:
        return "<mrow>" + "".join(parts) + "</mrow>"
