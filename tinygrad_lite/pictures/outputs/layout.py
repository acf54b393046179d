"""Graphviz, which lays the pictures out: the `dot` on PATH, else the one in the pygraphviz wheel."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tinygrad_lite.errors import DrawingError, extra

__all__ = ["engine", "render", "render_many"]

PATIENCE = 60  # seconds for one layout: a picture that needs longer would not be readable either

# pygraphviz brings Graphviz as a library. It runs in a process of its own, as `dot` does, so that it can be stopped
# and that nothing it prints or breaks reaches the user's program. It takes several graphs, for importing it takes longer than they do.
_BUNDLED = """
import sys, pygraphviz
for dot in sys.stdin.buffer.read().decode().split(chr(30)):
    sys.stdout.buffer.write(pygraphviz.AGraph(string=dot).draw(format=sys.argv[1], prog="dot"))
"""
_NEITHER = (
    "drawing needs Graphviz, and there is none here. Either install the program, so that `dot` is on PATH (apt install "
    f"graphviz, brew install graphviz, or graphviz.org), or the package that brings it: {extra('draw')}. "
    "Without it, print(drawing.text()) and drawing.to_dot() work."
)


def engine() -> list[str]:
    """The command that reads DOT and writes a picture, to which the format is added.

    Raises DrawingError where there is no Graphviz, with both ways to get one.
    """
    dot = shutil.which("dot")
    if dot is not None:
        return [dot, "-T"]
    if importlib.util.find_spec("pygraphviz") is not None:
        return [sys.executable, "-c", _BUNDLED, ""]
    raise DrawingError(_NEITHER)


def render(dot: str, format_: str) -> bytes:
    """A picture of DOT source as svg, png or pdf.

    Raises DrawingError where Graphviz is missing, refuses the source, or takes more than a minute.
    """
    return _run(dot, format_)


def render_many(sources: list[str]) -> list[str]:
    """The SVG of each of several DOT sources."""
    if engine()[0] != sys.executable:
        # A process each: one `dot` (2.43) that is given several graphs carries state from one to the next.
        with ThreadPoolExecutor(max_workers=4) as pool:
            return [svg.decode() for svg in pool.map(lambda source: _run(source, "svg"), sources)]
    parts = _run(chr(30).join(sources), "svg").decode().split("<?xml")[1:]
    return ["<?xml" + part for part in parts]


def _run(text: str, format_: str) -> bytes:
    *command, flag = engine()
    try:
        done = subprocess.run(
            [*command, flag + format_], input=text.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise DrawingError(
            f"Graphviz took more than {PATIENCE} s to lay this picture out. Fold more (fold=True), or draw a part "
            "with upto=."
        ) from None
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().split("\n")[-1]
        raise DrawingError(f"Graphviz ({command[0]}) could not draw this: {said or 'it wrote nothing'}.")
    return done.stdout
