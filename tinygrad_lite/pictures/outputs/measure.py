"""How wide a text is: by Arial's widths, so that a picture is the same on every machine, whatever fonts that has.

Helvetica and Liberation Sans have the same widths. In another font a text is set to its width here (svg.py).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

__all__ = ["width"]

# The widths of characters, in thousandths of the font's size; of an accented letter that of the letter counts.
_REGULAR = {
    191: "'′", 222: "ijlι‘’", 246: "⁽⁾", 260: "|", 278: " !,./:;I[\\]ft·", 333: "()-`r²³¹“”°ᵢⱼₗᵣ", 355: "\"{}", 389: "*τ⋅ᵀₙₛₜᵤᵥ",
    401: "⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉ⁿₖₚ", 448: "εξςζ", 469: "^", 500: "Jcksvxyzγκλν‖∂⁄", 528: "⁺⁻χυ",
    556: "#$0123456789?L_abdeghnopquüηθ–δαβρμ±÷√≈≠≤≥Γ", 584: "+<=>~×−", 611: "FTZσΣₘϑϵ", 626: "∘φϕ",
    667: "&ABEKPSVXYΥΔΛΞπ", 722: "CDHNRUwΠψ∑∞", 778: "GOQΘωΩΦ△", 838: "Mm¼½¾⅛Ψ↦↪∗⊗⊙⊞⊟⊤✓✗", 889: "%", 944: "W⅓⅔⅕⅙", 1000: "@—…→▲◐�",
}  # fmt: skip
_BOLD = {
    238: "'′", 288: "⁽⁾", 278: " ,./I\\ijlι·‘’|", 333: "!()-:;[]`ft²³¹ᵢⱼₗᵣ", 389: "*r{}τξⁿ°⋅ₛₜ", 438: "⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉ζεᵀₙₚₖᵤᵥ", 474: "\"∂",
    500: "z“”ς‖", 528: "⁺⁻⁄", 556: "#$0123456789J_aceksvxyγλν–θ±÷√≈≠≤≥κχ", 584: "+<=>^~×−υ",
    611: "?FLTZbdghnopquηüΣΓδβμαρ", 667: "EPSVXYΛΥΞσϵϑₘ∘", 722: "&ABCDHKNRUΠφΔ∑∞", 778: "GOQwΘψπϕ△", 833: "MmΦΨΩω¼½¾⅛↦↪∗⊗⊙⊞⊟⊤✓✗",
    889: "%", 944: "W", 1000: "@—…→▲◐�⅓⅔⅕⅙",
}  # fmt: skip
_OTHER, _WIDE = 650, 1000  # of a character that the tables do not have, and of one that is a square


def _by_character(table: dict[int, str]) -> dict[str, int]:
    return {character: width for width, characters in table.items() for character in characters}


_WIDTHS = {False: _by_character(_REGULAR), True: _by_character(_BOLD)}


@lru_cache(4096)  # the foldings of a page have the same texts
def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in points, which is the unit of `size`, too.

    >>> width("0.5", 12), width("é", 12) == width("e", 12)
    (16.68, True)
    """
    widths = _WIDTHS[bold]
    return size * sum(widths.get(c) or _guess(c, widths) for c in text) / 1000


def _guess(character: str, widths: dict[str, int]) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    letter = unicodedata.normalize("NFD", character)[0]
    wide = unicodedata.east_asian_width(character) in "WF"
    return widths.get(letter, _WIDE if wide else _OTHER)
