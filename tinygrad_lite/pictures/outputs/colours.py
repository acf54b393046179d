"""The colours of pictures and of the pages around them, on light paper and on dark.

Those that tell something apart are Okabe and Ito's, darkened or lightened until text in them can be read
(tests/pictures/test_colours.py computes the contrasts).
"""

from __future__ import annotations

__all__ = ["LIGHT", "in_dark", "in_page", "variables"]

LIGHT = {
    "ink": "#1a1a1a", "grey": "#5f5f5f", "blue": "#0072b2", "orange": "#9a5b00", "red": "#b03a00", "green": "#00704f",  # texts and arrows
    "border": "#4d4d4d", "pale": "#7a7a7a", "line": "#b5b5b5",  # borders
    "paper": "#ffffff", "frame": "#fafafa", "wash": "#f4f4f4", "sky": "#e8f3fb", "sand": "#fff6db", "rose": "#fdece3",
    "mint": "#eaf6f0",
}  # fmt: skip
DARK = {
    "ink": "#ececec", "grey": "#b4b4b4", "blue": "#6cbcf2", "orange": "#e9ae52", "red": "#ff9c70", "green": "#5fcf9f",
    "border": "#b8b8b8", "pale": "#8e8e8e", "line": "#565b61",
    "paper": "#16181b", "frame": "#1c1f22", "wash": "#25282c", "sky": "#14304a", "sand": "#383014", "rose": "#431f12",
    "mint": "#10332a",
}  # fmt: skip
_NAMES = {colour: name for name, colour in LIGHT.items()}


def in_dark(colour: str) -> str:
    """A colour as it is on dark paper; one that is not of these stays as it is.

    >>> in_dark("#1A1A1A"), in_dark("none")
    ('#ececec', 'none')
    """
    name = _NAMES.get(colour.lower())
    return colour if name is None else DARK[name]


def in_page(colour: str) -> str:
    """A colour as a variable of the page's style, which is light or dark as the reader's system is.

    >>> in_page("#1A1A1A"), in_page("none")
    ('var(--ink)', 'none')
    """
    name = _NAMES.get(colour.lower())
    return colour if name is None else f"var(--{name})"


def variables(dark: bool = False) -> str:
    """The style that gives the variables their colours.

    >>> "color-scheme: light; --ink: #1a1a1a;" in variables(), "color-scheme: dark; --ink: #ececec;" in variables(dark=True)
    (True, True)
    """
    scheme, table = ("dark", DARK) if dark else ("light", LIGHT)
    return f":root {{ color-scheme: {scheme}; {' '.join(f'--{name}: {colour};' for name, colour in table.items())} }}"
