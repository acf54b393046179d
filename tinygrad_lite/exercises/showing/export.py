"""Exercises to hand out, as a page, a notebook, Markdown or a sheet of paper: without the solution, hints, or numbers of it."""

from __future__ import annotations

import hashlib
import html as web
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tinygrad_lite.derivations import pages
from tinygrad_lite.errors import DrawingError, ExerciseError
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.showing import picture, statement
from tinygrad_lite.exercises.showing.axes import axes_of_gradient, said
from tinygrad_lite.exercises.showing.escaping import plain
from tinygrad_lite.exercises.showing.judged import judged
from tinygrad_lite.exercises.showing.shown import pictured
from tinygrad_lite.exercises.showing.stub import stub
from tinygrad_lite.files import write


def export(exercise: Definition, path: str | Path, program: str = "") -> None:
    """Write an exercise to hand out, as .py, .html, .ipynb or .md: statement, picture, room for answers, how to check.

    A .py is the file that a student fills in and hands back; one that is there is not overwritten. A .tex is a sheet of
    paper: the statement, and room to write.
    program: Python that makes the exercise and calls it `exercise`; one of the path needs none, as its id is enough.
    Raises ExerciseError for another ending, WriteError where the file cannot be written.
    """
    target = Path(path)
    if target.suffix not in _WRITERS:
        raise ExerciseError(
            f"an exercise is exported as {', '.join(_WRITERS)}; got {target.name!r}. Choose one of these endings."
        )
    if target.suffix == ".py" and target.exists():  # it may hold answers, or the exercise itself
        raise ExerciseError(f"{str(target)!r} is there already. Take another name.")
    write(target, _WRITERS[target.suffix](exercise, program))


# --- how it is checked ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A paragraph of words, or a block of code."""

    kind: Literal["words", "python", "sh", "answers"]
    text: str


def _checking(exercise: Definition, program: str) -> Iterator[Part]:
    """How answers are checked, in a terminal and in a notebook. `answers` is the answer file, still empty."""
    answers = Part("answers", "\n".join(f'd{step} = ""' for step in exercise.steps))
    if program:
        yield Part("words", f"This makes the exercise; save it as {_file(exercise)}:")
        yield Part("python", program.strip())
        yield Part("words", f"To check it in a terminal, with tinygrad_lite installed, say where {_file(exercise)} is:")
        yield Part("sh", f"tinygrad-lite learn start\ntinygrad-lite learn new --from {_file(exercise)}:exercise")
        yield Part("words", "Put your answers into the file that this makes:")
        yield answers
        yield Part("sh", "tinygrad-lite learn check")
        yield Part("words", "Or in Python, below those lines:")
        yield Part("python", _call(exercise))
    else:
        yield Part(
            "words",
            "To check it in a terminal, with tinygrad_lite installed, make a folder with a file for each exercise:",
        )
        yield Part("sh", "tinygrad-lite learn start")
        yield Part("words", f"Put your answers into the one that begins with “# Exercise: {exercise.id}”:")
        yield answers
        yield Part("sh", f"tinygrad-lite learn check {exercise.id}")
        yield Part("words", "Or in Python, in a notebook for instance:")
        yield Part("python", f"{_loading(exercise)}\n{_call(exercise)}")


def _file(exercise: Definition) -> str:
    return f"{exercise.id.replace('-', '_')}.py"


def _loading(exercise: Definition) -> str:
    return f'import tinygrad_lite as tg\n\nexercise = tg.exercises.load("{exercise.id}")'


def _call(exercise: Definition) -> str:
    return "\n".join(["exercise.check(", *(f'    d{step}="",' for step in exercise.steps), ")"])


# --- .html ----------------------------------------------------------------------------------------------------------


def _page(exercise: Definition, program: str) -> str:
    try:
        drawn = f'<div style="overflow-x:auto">{picture.svg(exercise)}</div>'
    except DrawingError as error:
        drawn = f'<p class="note">No picture: {web.escape(str(error))}</p>'
    script = judged(exercise)
    words = (
        "With * for each product they are judged here; they are put together below, too."
        if script
        else "They are put together below, to be checked."
    )
    rooms = f"{_PAPER}<p>Write each formula as you would on paper. {words}</p>"
    rooms += "".join(_room(exercise, step) for step in exercise.steps)
    rooms += '<p id="judged" role="status"></p>' if script else ""
    check = "".join(_part(part) for part in _checking(exercise, program)) + _SCRIPT + script
    return pages.html(
        [("What is given", statement.html(exercise, drawn)), ("Your answers", rooms), ("Check", check)],
        title=exercise.title,
    )


_BLOCK = "overflow-x:auto;padding:.6em .8em;border:1px solid #8886;border-radius:.3em;font-size:.85rem"
_PAPER = "<style>@media print { button { display: none; } pre, p:has(textarea) { break-inside: avoid; } }</style>"
_SCRIPT = """<script>
const file = document.getElementById("answers"), rooms = [...document.querySelectorAll("textarea")];
const write = () => file.textContent = rooms.map(r => `${r.name} = ${JSON.stringify(r.value)}`).join("\\n");
for (const room of rooms) room.addEventListener("input", write);
write();
</script>"""


def _part(part: Part) -> str:
    if part.kind == "words":
        return f"<p>{web.escape(part.text)}</p>"
    name = ' id="answers"' if part.kind == "answers" else ""
    return f'<pre{name} style="{_BLOCK}">{web.escape(part.text)}</pre>'


def _room(exercise: Definition, step: str) -> str:
    name, title = f"d{step}", pages.math_of(exercise.derivation.titles[step])
    axes = said(axes_of_gradient(exercise.points, step))
    return (
        f'<p style="margin:1.1em 0"><label for="{name}" style="display:block;margin-bottom:.5em">'
        f"<code>{name}</code> = {title}, {axes}</label>"
        f'<textarea id="{name}" name="{name}" rows="2" spellcheck="false" autocomplete="off" '
        'style="width:100%;box-sizing:border-box;font:inherit"></textarea></p>'
    )


# --- .ipynb ---------------------------------------------------------------------------------------------------------


def _notebook(exercise: Definition, program: str) -> str:
    """Notebook format 4.5."""
    words = "Fill in the formulas, then run both cells: you learn what is right, and which slip was made if not."
    cells = [
        _cell("markdown", statement.markdown(exercise, pictured(exercise))),
        _cell("markdown", words),
        _cell("code", program.strip() or _loading(exercise)),
        _cell("code", _call(exercise)),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, source: str) -> dict[str, Any]:
    """A cell; its id is made from what is in it, so that the same exercise gives the same file."""
    cell: dict[str, Any] = {
        "cell_type": kind, "id": hashlib.sha256(source.encode()).hexdigest()[:8], "metadata": {},
        "source": source.splitlines(keepends=True),
    }  # fmt: skip
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


# --- .md ------------------------------------------------------------------------------------------------------------


def _markdown(exercise: Definition, program: str) -> str:
    parts = [statement.markdown(exercise, pictured(exercise)).rstrip(), "#### Check"]
    for part in _checking(exercise, program):
        language = "python" if part.kind == "answers" else part.kind
        parts.append(plain(part.text) if part.kind == "words" else f"```{language}\n{part.text}\n```")
    return "\n\n".join(parts) + "\n"


def _file_to_fill_in(exercise: Definition, program: str) -> str:
    return stub(exercise)


# --- .tex -----------------------------------------------------------------------------------------------------------


def _sheet(exercise: Definition, program: str) -> str:
    return pages.tex_document(statement.tex(exercise))


_WRITERS = {".py": _file_to_fill_in, ".html": _page, ".ipynb": _notebook, ".md": _markdown, ".tex": _sheet}
