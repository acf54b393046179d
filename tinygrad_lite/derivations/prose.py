"""Sentences with formulas in them, such as "cancel a_i (1 − a_i) ≠ 0": the formulas set as formulas.

Reasons and notes are one line of text, in the terminal's notation.  Here that notation is read again,
sign by sign, and set in LaTeX or MathML; what is not read as a formula stays text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tinygrad_lite.notation.formula import split_name
from tinygrad_lite.notation.styles import Style

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
_LOWERED = str.maketrans(_RAISED, "0123456789−")
_LETTER = rf"[^\W_{_RAISED}]"
_TOKEN = re.compile(
    r"(?P<word>a sum\b|(?!(?:log|sin|cos) )[A-Za-z]{2,}(?:['-][A-Za-z]+)*(?![\w(′^'-])|[,;:.](?=\s|$))"
    rf"|(?P<sum>Σ_(?P<letters>{_LETTER}+))"
    rf"|(?P<name>(?P<base>(?!\d){_LETTER}+(?:_(?![h-q]+\b){_LETTER}{{4,}})*)(?P<layer>[{_RAISED}]*)(?P<primes>′*)(?:_(?P<subs>{_LETTER}+(?:,{_LETTER}+)*))?)"
    r"|\^(?P<exponent>[A-Za-zα-ω0-9]+)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    rf"|(?P<raised>[{_RAISED}]+)"
    r"|(?P<open>\^?\()|(?P<close>\))"
    r"|(?P<sign>[-+−·/=≠<>≤≥∂\[\]{}])"
    r"|(?P<space> )"
    r"|(?P<other>.)",
    re.DOTALL,
)


def sentence(text: str, style: Style, plain: Callable[[str], str], inline: Callable[[str], str]) -> str:
    """A sentence in a style: ``plain`` sets its text, ``inline`` encloses a formula that stands in it.

    >>> from tinygrad_lite.notation.styles import Latex
    >>> sentence("chain rule along z² = Σ_j w_j x_ij, found", Latex(), str, lambda formula: f"${formula}$")
    'chain rule along $z^{2} = \\\\sum_{j} w_{j} \\\\, x_{ij}$, found'
    """
    result, run = "", list[re.Match[str]]()
    for token in _TOKEN.finditer(text):
        if token.lastgroup in ("word", "other"):
            result += _flush(run, style, plain, inline) + plain(token[0])
            run = []
        else:
            run.append(token)
    return result + _flush(run, style, plain, inline)


def _flush(run: list[re.Match[str]], style: Style, plain: Callable[[str], str], inline: Callable[[str], str]) -> str:
    """A formula between words, the spaces at its ends outside of it."""
    whole = "".join(t[0] for t in run)
    inner = whole.strip(" ")
    if not inner:
        return plain(whole)
    before, after = whole[: len(whole) - len(whole.lstrip(" "))], whole[len(whole.rstrip(" ")) :]
    formula = _formula(run[len(before) : len(run) - len(after)], style)
    return plain(before) + (inline(formula) if formula else plain(inner)) + plain(after)


def _formula(run: list[re.Match[str]], style: Style) -> str:
    """The signs of a formula, set; "" where brackets do not match, or a power has no base."""
    levels: list[tuple[str, bool, list[str]]] = [("", False, [])]
    product, raised = False, False
    for n, token in enumerate(run):
        kind, parts = token.lastgroup, levels[-1][2]
        above = ""
        match kind:
            case "open":
                levels.append((token[0], raised, []))
            case "close":
                opened, raised, inside = levels.pop()
                if not levels or not inside:
                    return ""
                parts, inner = levels[-1][2], style.row(inside)
                if opened == "(":
                    parts.append(style.brackets(inner, "sum" in inner))
                else:
                    above = inner
            case "raised":
                above = style.number(token[0].translate(_LOWERED))
            case "exponent":
                text = token["exponent"]
                above = style.name(text, "", (), 0) if text[0].isalpha() else style.number(text)
            case "space":
                if product and n + 1 < len(run) and run[n + 1].lastgroup not in ("sign", "close"):
                    parts.append(style.times(["", ""]))
            case "sum":
                parts.append(style.total(token["letters"], ""))
            case "name":
                parts.append(_name(token, style))
            case "number":
                parts.append(style.number(token[0]))
            case _:
                parts.append(style.relation("", token[0], ""))
        if above:
            if raised or not parts:
                return ""
            parts.append(style.power(parts.pop(), above))
        product = kind not in ("sign", "sum", "open", "space")
        raised = above != "" or (kind == "name" and token["layer"] != "")
    return style.row(levels[0][2]) if len(levels) == 1 else ""


def _name(token: re.Match[str], style: Style) -> str:
    base, layer, subs = token["base"], token["layer"].translate(_LOWERED), token["subs"] or ""
    if not layer:
        base, layer = split_name(base)
    apart = subs.split(",") if "," in subs else list(subs)
    return style.name(base, layer, apart, len(token["primes"]))
