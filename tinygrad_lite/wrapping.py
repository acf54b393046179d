"""Texts in lines of a width, for terminals."""

from __future__ import annotations

import textwrap

__all__ = ["wrapped"]


def wrapped(text: str, width: int = 80, first: str = "", later: str = "") -> list[str]:
    """The lines of a text, broken at blanks alone: a file's name and a number stay whole, though they be too long.

    first, later: what the first line and the others begin with.

    >>> wrapped("see out/slow-learning.svg", 20, later="  ")
    ['see', '  out/slow-learning.svg']
    """
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
