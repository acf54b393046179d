"""A picture as an image of HTML, for notebooks.

As an image it fits its cell, its ids cannot clash with those of other pictures, and it is shown where a notebook is not
trusted, too: there JupyterLab leaves SVG itself out.
"""

from __future__ import annotations

import base64
import html

__all__ = ["image"]


def image(svg: str, words: str) -> str:
    """The SVG as an `<img>` that is never wider than its place. words: what it shows, for those who cannot see it.

    >>> image("<svg/>", "a leaf")
    '<img alt="a leaf" src="data:image/svg+xml;base64,PHN2Zy8+" style="max-width:100%">'
    """
    data = base64.b64encode(svg.encode()).decode()
    alt = html.escape(words, quote=True).replace("\n", "; ")
    return f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'
