"""A derivation for a terminal of 80 columns: lines that are wrapped, reasons at the right or below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

WIDTH = 80
GAP = 44
"""The column where reasons begin, where the lines leave room."""


def block(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """The rows of a derivation: a left side ("" where it is the one before), a right side, a reason.

    >>> print("\\n".join(block([("∂C/∂w", "2 x", "differentiate"), ("", "6", "")])))
    ∂C/∂w = 2 x                                 differentiate
          = 6
    """
    lines: list[str] = []
    indent = 0
    for left, right, reason in rows:
        indent = len(left) or indent
        lines += wrapped(left.rjust(indent) + " = ", right, reason)
    return lines


def wrapped(head: str, body: str, reason: str) -> list[str]:
    """One row, in as many lines as it needs."""
    indent = " " * len(head)
    lines = textwrap.wrap(
        body, WIDTH, initial_indent=head, subsequent_indent=indent + "  ", break_long_words=False
    ) or [head]
    if not reason:
        return lines
    gap = max(GAP, len(lines[-1]) + 3)
    if gap + len(reason) <= WIDTH:
        lines[-1] = lines[-1].ljust(gap) + reason
        return lines
    more = textwrap.wrap(reason, WIDTH - 8, break_long_words=False)
    width = max(len(x) for x in more)
    return lines + [" " * (WIDTH - width) + x for x in more]
