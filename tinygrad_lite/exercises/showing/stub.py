"""The file that a learner fills in: the statement as comments, and a line for each step."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tinygrad_lite.exercises.showing.axes import axes_of_gradient, axes_of_value, listed, said
from tinygrad_lite.exercises.showing.statement import Derived
from tinygrad_lite.notation.formula import unicode

WIDTH = 79
"""How wide a line of the file is at most."""


def stub(exercise: Derived, check: str = "") -> str:
    """The text of an answer file in which nothing is answered yet: Python, at most 79 columns wide.

    check: the command that checks it, which is named in the file; "" for none.

    >>> from tinygrad_lite.exercises import load
    >>> print(stub(load("one-neuron")).splitlines()[-1])
    db = ""  # ∂C/∂b, a number
    """
    comments = [f"# {line}".rstrip() for line in _header(exercise, check)]
    return "\n".join([*comments, "", *_lines(exercise)]) + "\n"


def _header(exercise: Derived, check: str) -> Iterator[str]:
    yield from _wrapped(exercise.title)
    for paragraph in exercise.text.split("\n\n"):
        if paragraph.strip():
            yield ""
            yield from _wrapped(paragraph)
    yield from ("", "Given:")
    for left, right in exercise.derivation.given():
        yield from _wrapped(f"{unicode(left)} = {unicode(right)}", "  ", "      ")
    yield from ("", "Names that you may use, with their shapes:")
    whole = ", ".join(name.replace(" ", _KEPT) for name in names(exercise))
    yield from (line.replace(_KEPT, " ") for line in _wrapped(whole, "  ", "  "))
    if sizes := exercise.points[0].sizes:
        yield from _wrapped(f"and the sizes {', '.join(sizes)}.", "  ", "  ")
    u, v = _example(exercise)
    yield from ("", f"Fill in a formula in quotes, or NumPy code. For C = {u} {v}² it would be one of")
    yield f'  d{v} = "2 {u} {v}"'
    yield f"  d{v} = 2 * {u} * {v}"
    yield from _wrapped(f"A line may use the gradients above it. Letters fix the order of axes: d{v}_ij.")
    if check:
        yield from ("", f"Check it: {check}")


_KEPT = "\N{NO-BREAK SPACE}"


def names(exercise: Derived) -> list[str]:
    """The values that an answer may use, with their axes: x (m, n)."""
    points = exercise.points
    axes = {name: axes_of_value(points, name) for name in points[0].values}
    return [f"{name} {listed(own)}" if own else name for name, own in axes.items()]


def _example(exercise: Derived) -> tuple[str, str]:
    """Two letters that mean nothing in this exercise."""
    taken = {*exercise.points[0].values, *exercise.points[0].sizes}
    u, v = [letter for letter in "uvpqrstcdefg" if letter not in taken][:2]
    return u, v


def _lines(exercise: Derived) -> Iterator[str]:
    """A line for each step, with what is asked for at its end, or above it where there is no room."""
    titles = exercise.derivation.titles
    lines = [f'd{step} = ""' for step in exercise.steps]
    longest = max(map(len, lines))
    for step, line in zip(exercise.steps, lines, strict=True):
        asked = f"# {unicode(titles[step])}, {said(axes_of_gradient(exercise.points, step))}"
        beside = f"{line:{longest}}  {asked}"
        yield from [beside] if len(beside) <= WIDTH else [asked, line]


def _wrapped(text: str, first: str = "", later: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH - 2, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
