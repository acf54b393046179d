"""Characters that no output can hold, and lines that are one line."""

from __future__ import annotations

import re

__all__ = ["single_line", "visible"]


def visible(text: str) -> str:
    """The text with what XML cannot hold (control characters, lone surrogates) made visible.

    >>> visible("a" + chr(0) + "b")
    'a\ufffdb'
    """
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


def single_line(text: str) -> str:
    """The text with all its space, line breaks too, as single spaces."""
    return " ".join(visible(text).split())
