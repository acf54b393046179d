"""What a command prints: Unicode where the stream can carry it, else ASCII of the same meaning."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from tinygrad_lite.wrapping import wrapped

__all__ = ["Terminal"]

_ASCII = {
    "σ": "sigma", "η": "eta", "λ": "lambda", "δ": "delta", "Σ": "sum", "∂": "d", "′": "'", "ᵀ": "^T",
    "−": "-", "·": "*", "×": "x", "÷": "/", "≈": "~", "≠": "!=", "≥": ">=", "≤": "<=", "→": "->", "↦": "->",
    "…": "...", "█": "#", "├": "|", "│": "|", "└": "`", "─": "-", "▲": "!", "✓": "+", "✗": "x", "◐": "~", "↪": ">", "△": "!", "⊞": "+", "√": "sqrt",
    "—": "--", "–": "-", "“": '"', "”": '"', "‘": "'", "’": "'",
}  # fmt: skip
_ABOVE, _BELOW = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"
_ASCII |= {c: f"^{n}" for n, c in enumerate(_ABOVE)} | {c: str(n) for n, c in enumerate(_BELOW)}
_LAYER = re.compile(f"⁽([{_ABOVE}]+)⁾")
"""A layer becomes what it is typed as: W⁽²⁾ is W2."""
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Terminal:
    """Lines, tables and bars on a text stream, sys.stdout by default; nothing that is printed can fail to encode.

    >>> import io
    >>> out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    >>> Terminal(out).text("σ′(z) ≈ 0")
    "sigma'(z) ~ 0"
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = sys.stdout if stream is None else stream

    @property
    def width(self) -> int:
        """How many columns a line may have: those of the terminal or of $COLUMNS, 40 to 100; 80 where neither is known."""
        return min(max(shutil.get_terminal_size((80, 24)).columns, 40), 100)

    @property
    def colors(self) -> bool:
        """Whether colours are wanted: by a terminal that has them, where $NO_COLOR is not set."""
        return self.stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def _carries(self, text: str) -> bool:
        try:
            text.encode(self.stream.encoding or "utf-8")
        except UnicodeEncodeError:
            return False
        return True

    def text(self, text: str) -> str:
        """The text as this stream can carry it."""
        if self._carries(text):
            return text
        text = _LAYER.sub(lambda found: "".join(str(_ABOVE.index(c)) for c in found[1]), text)
        return "".join(c if self._carries(c) else _ASCII.get(c, "?") for c in text)

    def write(self, line: str = "") -> None:
        """One line, or several with line breaks in them, at once: a pipe sees progress, too."""
        print(self.text(line), file=self.stream, flush=True)

    def passing(self, line: str) -> None:
        """A line that the next one takes the place of, for what takes a while; only on a terminal."""
        if self.stream.isatty() and os.environ.get("TERM") != "dumb":
            print(f"\r\x1b[K{self.text(line)[: self.width - 1]}", end="", file=self.stream, flush=True)

    def wrapped(self, text: str, indent: int) -> None:
        """Lines, each broken at blanks where it is wider than the terminal; what goes on is indented."""
        for line in self.text(text).split("\n"):
            start = len(line) - len(line.lstrip())
            self.write("\n".join(wrapped(line, self.width, later=" " * max(indent, start))))

    def tree(self, text: str, start: str = "") -> None:
        """The text of a drawing; what goes on in a line below is indented beyond the line itself."""
        for line in text.splitlines():
            self.wrapped(start + line, len(start) + len(line) - len(line.lstrip("│├└─ ")) + 2)

    def table(self, rows: Sequence[Sequence[str]], indent: int = 3, gap: int = 3) -> None:
        """Rows of cells, the first row being the head; columns are as wide as they need, and aligned right.

        >>> Terminal().table([["w", "gradient"], ["2.0", "0.017"]])
             w   gradient
           2.0      0.017
        """
        cells = [[self.text(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            padded = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            self.write(" " * indent + (" " * gap).join(padded))

    def bar(self, share: float, width: int) -> str:
        """A bar of `width` characters, filled to the share in [0, 1].

        >>> Terminal().bar(0.5, 4)
        '██  '
        """
        eighths = round(max(0.0, min(1.0, share)) * width * 8)
        if self._carries(_EIGHTHS + "█"):
            drawn = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        else:
            drawn = "#" * ((eighths + 4) // 8)
        return drawn.ljust(width)
