"""A picture as an image of HTML, for notebooks.

As an image it fits its cell, its ids cannot clash with those of other pictures, and it is shown where a notebook is not
trusted, too: there JupyterLab leaves SVG itself out. It has a ground of its own, so that it can be read on any other. It
is dark where the notebook says that it is: by CSS's color-scheme, which an image takes from what it stands in, or by the
marks of JupyterLab, VS Code and Colab, for which a rule is needed that a notebook that is not trusted leaves out.
"""

from __future__ import annotations

import base64
import html

from tinygrad_lite.pictures.outputs.svg import themed

__all__ = ["CLASS", "DARK_NOTEBOOKS", "image"]

CLASS = "tinygrad-lite"
DARK_NOTEBOOKS = (
    f"<style>:is([data-jp-theme-light=false],.vscode-dark,html[theme=dark]) .{CLASS}{{color-scheme:dark}}</style>"
)


def image(svg: str, words: str) -> str:
    """The SVG as an `<img>` that is never wider than its place. words: what it shows, for those who cannot see it.

    >>> image("<svg/>", "a leaf").endswith('" style="max-width:100%">')
    True
    """
    data = base64.b64encode(themed(svg).encode()).decode()
    alt = html.escape(words, quote=True).replace("\n", "; ")
    return f'{DARK_NOTEBOOKS}<img class="{CLASS}" alt="{alt}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'
