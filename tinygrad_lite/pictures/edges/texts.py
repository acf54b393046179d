"""Texts that remember which of their parts are numbers, so that a page can write them again when a number changes.

A page never repeats the wording: it gets the parts, and writes the figures anew by the rules of numbers.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinygrad_lite.pictures.edges.numbers import equals, factor, figure, one_line, slope_equals

__all__ = ["Figure", "Text", "said"]

STYLES = {"line": one_line, "figure": figure, "factor": factor, "equals": equals, "slopeEquals": slope_equals}


@dataclass(frozen=True, eq=False)
class Figure:
    """Numbers in a text. style: which function of numbers.py writes them. of: what they are, such as ("slope", local)."""

    style: str
    numbers: Any
    of: tuple[str, Any]

    def __str__(self) -> str:
        return STYLES[self.style](self.numbers)


class Text(str):
    """A text that knows its parts: plain strings and figures."""

    __slots__ = ("parts",)
    parts: tuple[str | Figure, ...]


def said(*parts: str | Figure) -> Text:
    """The text of these parts, one after the other; a Text among them gives its own.

    >>> text = said("slope ", Figure("factor", -0.5, ("slope", None)))
    >>> print(text, [type(part).__name__ for part in text.parts])
    slope (−0.5) ['str', 'Figure']
    """
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Text) else (part,))]
    text = Text("".join(map(str, flat)))
    text.parts = tuple(part for part in flat if part != "")
    return text
