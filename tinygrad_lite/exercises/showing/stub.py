"""The file that a learner fills in: the statement as comments, and a line for each step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.showing.axes import axes_of_gradient, said
from tinygrad_lite.exercises.showing.statement import allowed, given
from tinygrad_lite.notation.formula import unicode
from tinygrad_lite.wrapping import wrapped

WIDTH = 79
"""How wide a line of the file is at most."""

_INSIDE = WIDTH - len("# ")
_ID = re.compile(r"^# Exercise: (\S+)$", re.MULTILINE)


def stub(exercise: Definition, check: str = "") -> str:
    """The text of an answer file in which nothing is answered yet: Python, at most 79 columns wide.

    check: the command that checks it, which is named in the file; "" for none.

    >>> from tinygrad_lite.exercises import load
    >>> print(stub(load("one-neuron")).splitlines()[-1])
    db = ""  # ∂C/∂b, a number
    """
    comments = [f"# {line}".rstrip() for line in _header(exercise, check)]
    return "\n".join([*comments, "", *_lines(exercise)]) + "\n"


def id_of(text: str) -> str | None:
    """The exercise that an answer file says it answers; None where it does not say so.

    >>> id_of("# Exercise: one-neuron\\n")
    'one-neuron'
    """
    found = _ID.search(text)
    return found[1] if found else None


def _header(exercise: Definition, check: str) -> Iterator[str]:
    yield f"Exercise: {exercise.id}"
    yield from wrapped(exercise.title, _INSIDE)
    for paragraph in exercise.paragraphs:
        yield from ("", *wrapped(paragraph, _INSIDE))
    yield from ("", "Given:", *given(exercise, _INSIDE))
    if exercise.source:
        yield from ("", "The same in NumPy:")
        for line in exercise.source.splitlines():
            yield from wrapped(line, _INSIDE, "  ", "          ")
    yield from allowed(exercise, _INSIDE)
    u, v = _example(exercise)
    yield from ("", f"Fill in a formula in quotes, or NumPy code. For C = {u} {v}² it would be one of")
    yield f'  d{v} = "2 {u} {v}"'
    yield f"  d{v} = 2 * {u} * {v}"
    yield f"A line may use the gradients above it. Letters fix the order of axes: d{v}_ij."
    if check:
        yield from ("", *wrapped(f"Check it: {check}", _INSIDE))


def _example(exercise: Definition) -> tuple[str, str]:
    """Two letters that mean nothing in this exercise."""
    taken = {*exercise.points[0].values, *exercise.points[0].sizes}
    u, v = [letter for letter in "uvpqrstcdefg" if letter not in taken][:2]
    return u, v


def _lines(exercise: Definition) -> Iterator[str]:
    """A line for each step, with what is asked for at its end, or above it where there is no room."""
    titles = exercise.derivation.titles
    lines = [f'd{step} = ""' for step in exercise.steps]
    longest = max(map(len, lines))
    for step, line in zip(exercise.steps, lines, strict=True):
        asked = f"# {unicode(titles[step])}, {said(axes_of_gradient(exercise.points, step))}"
        beside = f"{line:{longest}}  {asked}"
        yield from [beside] if len(beside) <= WIDTH else [asked, line]
