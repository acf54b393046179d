"""Words in Markdown."""

from __future__ import annotations

import re


def plain(words: str) -> str:
    r"""Words for Markdown: signs that have a meaning there are escaped.

    >>> print(plain("a_j, *b* and $c"))
    a_j, \*b\* and \$c
    """
    return re.sub(r"([\\`*$\[\]<>#|~]|(?<!\w)_|_(?!\w))", r"\\\1", words)
