"""What is given and what is asked: as text, as Markdown for notebooks, as HTML for pages, as LaTeX for paper."""

from __future__ import annotations

import html as web
from collections.abc import Iterator

from tinygrad_lite.derivations.pages import aligned_equations, equations, tex_equations, tex_text
from tinygrad_lite.exercises.making.axes import listed
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.showing.axes import axes_of_gradient, axes_of_value, said
from tinygrad_lite.exercises.showing.escaping import plain
from tinygrad_lite.notation.formula import Name, Notation, latex, named, unicode
from tinygrad_lite.notation.styles import ENGLISH
from tinygrad_lite.wrapping import wrapped


def names(exercise: Definition) -> list[str]:
    """The values that an answer is likely to use, with their axes: x (m, n)."""
    return [f"{name} {listed(axes)}" if axes else name for name, axes in _useful(exercise).items()]


def sizes(exercise: Definition) -> list[str]:
    """The lengths of the axes of these values, by their letters."""
    used = {axis for axes in _useful(exercise).values() for axis in axes}
    return [letter for letter in exercise.points[0].sizes if letter in used]


def _useful(exercise: Definition) -> dict[str, tuple[str, ...]]:
    """The axes, by name, of the values that what is given is computed from, and of those that the gradients need."""
    derivation, points = exercise.derivation, exercise.points
    inside = {part for _, right in exercise.given() for part in _parts(right)}
    written = {name for line in derivation.steps for name in line.shapes}
    found = {}
    for name, value in points[0].values.items():
        own = named(name, raised=value.shape != ())
        if name in written or any(isinstance(p, Name) and (p.text, p.layer) == (own.text, own.layer) for p in inside):
            found[name] = axes_of_value(points, name)
    return found


def _parts(node: Notation) -> Iterator[Notation]:
    yield node
    for part in node.inside():
        yield from _parts(part)


# --- as text --------------------------------------------------------------------------------------------------------


def text(exercise: Definition, width: int = 80) -> str:
    """The statement for a terminal."""
    lines = wrapped(exercise.title, width)
    for paragraph in exercise.paragraphs:
        lines += ["", *wrapped(paragraph, width)]
    lines += ["", "Given:", *given(exercise, width), *allowed(exercise, width), "", "Derive:"]
    titles = exercise.derivation.titles
    for step in exercise.steps:
        axes = said(axes_of_gradient(exercise.points, step))
        lines += wrapped(f"d{step} = {unicode(titles[step])}, {axes}", width, "  ", "      ")
    return "\n".join(lines)


def given(exercise: Definition, width: int) -> Iterator[str]:
    """The equations of the cost, wrapped."""
    for left, right in exercise.given():
        yield from wrapped(f"{unicode(left)} = {unicode(right)}", width, "  ", "      ")


def allowed(exercise: Definition, width: int) -> list[str]:
    """The names that an answer may use, wrapped; a name stays with its axes."""
    kept = "\N{NO-BREAK SPACE}"
    together = ", ".join(name.replace(" ", kept) for name in names(exercise))
    lines = ["", *wrapped("Names that you may use, with their shapes:", width)]
    lines += [line.replace(kept, " ") for line in wrapped(together, width, "  ", "  ")]
    if letters := sizes(exercise):
        word = "size" if len(letters) == 1 else "sizes"
        lines += wrapped(f"and the {word} {', '.join(letters)}.", width, "  ", "  ")
    return lines


# --- as Markdown and as HTML ----------------------------------------------------------------------------------------


def markdown(exercise: Definition, picture: str = "") -> str:
    """The statement in Markdown with LaTeX, which a notebook shows the same whether it is trusted or not.

    picture: Markdown that is put in below the text.
    """
    titles = exercise.derivation.titles
    formulas = " ".join(aligned_equations(exercise.given()).splitlines())  # in a line of text: displayed, it is centred
    asked = [
        f"- `d{step}` = $\\displaystyle {latex(titles[step])}$, {said(axes_of_gradient(exercise.points, step))}"
        for step in exercise.steps
    ]
    usable = ", ".join(f"`{name}`" for name in [*names(exercise), *sizes(exercise)])
    parts = [
        f"### {plain(exercise.title)}",
        *map(plain, exercise.paragraphs),
        f"Given:\n\n$\\displaystyle {formulas}$",
        f"The same in NumPy:\n\n```python\n{exercise.source.strip()}\n```" if exercise.source else "",
        picture,
        f"Names that you may use: {usable}.",
        "Derive:\n\n" + "\n\n".join(asked),  # paragraphs, so that fractions do not touch
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def html(exercise: Definition, picture: str = "") -> str:
    """What is given, as a part of a page. picture: HTML that is put in below the equations."""
    words = "".join(f"<p>{web.escape(paragraph)}</p>" for paragraph in exercise.paragraphs)
    usable = ", ".join(
        f'<code style="white-space:nowrap">{web.escape(name)}</code>' for name in [*names(exercise), *sizes(exercise)]
    )
    program = f'<pre style="overflow-x:auto;font-size:.85rem">{web.escape(exercise.source.strip())}</pre>'
    code = f"<details><summary>The same in NumPy</summary>{program}</details>" if exercise.source else ""
    return f"{words}<p>Given:</p>{equations(exercise.given())}{code}{picture}<p>Names that you may use: {usable}.</p>"


# --- as LaTeX -------------------------------------------------------------------------------------------------------


def tex(exercise: Definition) -> str:
    """The statement for a sheet of paper, with room to write below each gradient that is asked for."""
    titles = exercise.derivation.titles
    asked = "".join(
        f"\\item $\\displaystyle {latex(titles[step])}$, {tex_text(said(axes_of_gradient(exercise.points, step)))}"
        "\n\\vspace{2.5cm}\n"
        for step in exercise.steps
    )
    source = "".join(ENGLISH.get(c, c) for c in exercise.source.strip())
    program = f"The same in NumPy:\n\\begin{{verbatim}}\n{source}\n\\end{{verbatim}}\n"
    usable = ", ".join(
        rf"\mbox{{${latex(named(name))}$ {tex_text(listed(axes))}}}" if axes else f"${latex(named(name))}$"
        for name, axes in _useful(exercise).items()
    )
    parts = [
        f"\\section*{{{tex_text(exercise.title)}}}",
        *map(tex_text, exercise.paragraphs),
        f"\\noindent Given:\n{tex_equations(exercise.given())}",
        f"\\noindent {program}" if exercise.source else "",
        f"\\noindent Names and their shapes: {usable}.",
        f"\\noindent Derive:\n\\begin{{enumerate}}\n{asked}\\end{{enumerate}}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
