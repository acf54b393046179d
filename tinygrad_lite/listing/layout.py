"""Lines that are too long for a page, broken where a reader takes a breath."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence

from tinygrad_lite.listing.expressions import plain, printed

__all__ = ["WIDTH", "assigned", "headed"]

WIDTH = 100


def assigned(left: str, code: ast.expr, names: Mapping[str, str], note: str, wide: int) -> list[str]:
    """An assignment, with a note in a column beside it; a long sum has its terms in lines of their own.

    left: all that stands before the code: dz =
    """
    text = f"{left} {printed(code, names)}"
    terms = _terms(plain(code), names)
    if len(text) + 4 <= WIDTH or len(terms) == 1:
        return [f"{text:{wide}}  # {note}" if note else text]
    rows = [""]
    for term in terms:
        if rows[-1] and len(rows[-1]) + len(term) > WIDTH - 9:
            rows.append("")
        rows[-1] += f" {term}" if rows[-1] else term
    return [f"{left} (  # {note}" if note else f"{left} (", *(f"    {row}" for row in rows), ")"]


def _terms(code: ast.expr, names: Mapping[str, str]) -> list[str]:
    """The terms of a sum with their signs; a single one for what is no sum."""
    if isinstance(code, ast.BinOp) and isinstance(code.op, ast.Add | ast.Sub):
        sign = "+" if isinstance(code.op, ast.Add) else "-"
        last = printed(code.right, names)
        inside = isinstance(code.right, ast.BinOp) and isinstance(code.right.op, ast.Add | ast.Sub)
        return [*_terms(code.left, names), f"{sign} ({last})" if inside else f"{sign} {last}"]
    return [printed(code, names)]


def headed(name: str, parameters: Sequence[str]) -> list[str]:
    """The first line of a function; many parameters go on in further lines."""
    text = f"def {name}({', '.join(parameters)}):"
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * (len(name) + 5), break_long_words=False) or [text]
