"""A derivation for a terminal: lines that are wrapped, reasons at the right or below."""

from __future__ import annotations

from collections.abc import Iterable

from tinygrad_lite.wrapping import wrapped

WIDTH = 80
GAP = 0.55
"""The share of the width where reasons begin, where the lines leave room."""


def block(rows: Iterable[tuple[str, str, str]], width: int = WIDTH) -> list[str]:
    """The rows of a derivation: a left side ("" where it is the one before), a right side, a reason.

    >>> print("\\n".join(block([("∂C/∂w", "2 x", "differentiate"), ("", "6", "")])))
    ∂C/∂w = 2 x                                 differentiate
          = 6
    """
    lines: list[str] = []
    indent = 0
    for left, right, reason in rows:
        indent = len(left) or indent
        lines += row(left.rjust(indent) + " = ", right, reason, width)
    return lines


def row(head: str, body: str, reason: str, width: int = WIDTH) -> list[str]:
    """One row, in as many lines as it needs."""
    indent = " " * len(head)
    lines = wrapped(body, width, head, indent + "  ") or [head]
    if not reason:
        return lines
    gap = max(round(GAP * width), len(lines[-1]) + 3)
    if gap + len(reason) <= width:
        lines[-1] = lines[-1].ljust(gap) + reason
        return lines
    more = wrapped(reason, width - 8)
    longest = max(len(x) for x in more)
    return lines + [" " * (width - longest) + x for x in more]
