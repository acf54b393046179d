"""Exercises to hand out, as a page, a notebook or Markdown: without the solution, hints, or numbers of it."""

from __future__ import annotations

import hashlib
import html as web
import json
from pathlib import Path
from typing import Any

from tinygrad_lite.derivations import pages
from tinygrad_lite.errors import DrawingError, ExerciseError
from tinygrad_lite.exercises.showing import picture, statement
from tinygrad_lite.exercises.showing.axes import axes_of_gradient, said
from tinygrad_lite.exercises.showing.shown import pictured
from tinygrad_lite.exercises.showing.statement import Derived


def export(exercise: Derived, path: str | Path, python: str = "", terminal: str = "") -> None:
    """Write an exercise to hand out, as .html, .ipynb or .md: statement, picture, room for the answer, how to check it.

    python: an expression that makes the exercise again; that of the path if none is given. terminal: the command that
    checks it; the exercise of the path has one of its own.
    Raises ExerciseError for another ending, and where the file cannot be written.
    """
    target = Path(path)
    if target.suffix not in _WRITERS:
        raise ExerciseError(
            f"an exercise is exported as {', '.join(_WRITERS)}; got {target.name!r}. Choose one of these endings."
        )
    if not python:
        python, terminal = f'tg.exercises.load("{exercise.id}")', f"tinygrad-lite learn check {exercise.id}"
    text = _WRITERS[target.suffix](exercise, python, terminal)
    try:
        target.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:  # ValueError: no path has a NUL in it
        raise ExerciseError(
            f"cannot write {str(target)!r}: {getattr(error, 'strerror', None) or error}. Choose a directory that you may write to."
        ) from error


def _answers(exercise: Derived) -> list[str]:
    return [f'd{step} = ""' for step in exercise.steps]


def _program(exercise: Derived, python: str) -> list[str]:
    """Python that checks answers, which are still empty."""
    steps = [f'    d{step}="",' for step in exercise.steps]
    return ["import tinygrad_lite as tg", "", f"exercise = {python}", "exercise.check(", *steps, ")"]


# --- .html ----------------------------------------------------------------------------------------------------------


def _page(exercise: Derived, python: str, terminal: str) -> str:
    try:
        drawn = f'<div style="overflow-x:auto">{picture.svg(exercise)}</div>'
    except DrawingError as error:
        drawn = f'<p class="note">No picture: {web.escape(str(error))}</p>'
    rooms = "".join(_room(exercise, step) for step in exercise.steps)
    file = "\n".join(_answers(exercise))
    program = "\n".join(_program(exercise, python))
    begin = "<p>Write each formula as you would on paper. They are put together below, to be checked.</p>"
    check = f'<p>As a file:</p><pre id="file" style="{_BLOCK}">{web.escape(file)}</pre>'
    if terminal:
        check += (
            f"<p>With tinygrad_lite installed, <code>tinygrad-lite learn start</code> makes a folder with a file for each "
            f"exercise. Put these lines into the one that has <code># Exercise: {web.escape(exercise.id)}</code> at its top, "
            f"then run</p><pre style='{_BLOCK}'>{web.escape(terminal)}</pre>"
        )
    check += f'<p>Or in Python, in a notebook for instance:</p><pre style="{_BLOCK}">{web.escape(program)}</pre>'
    return pages.html(
        [
            ("What is given", statement.html(exercise, drawn)),
            ("Your answers", begin + rooms),
            ("Check", check + _SCRIPT),
        ],
        title=exercise.title,
    )


_BLOCK = "overflow-x:auto;padding:.6em .8em;border:1px solid #8886;border-radius:.3em;font-size:.85rem"
_SCRIPT = """<script>
const file = document.getElementById("file"), rooms = [...document.querySelectorAll("textarea")];
const write = () => file.textContent = rooms.map(r => `${r.name} = ${JSON.stringify(r.value)}`).join("\\n");
for (const room of rooms) room.addEventListener("input", write);
write();
</script>"""


def _room(exercise: Derived, step: str) -> str:
    name, title = f"d{step}", pages.math_of(exercise.derivation.titles[step])
    axes = said(axes_of_gradient(exercise.points, step))
    return (
        f'<p style="margin:1.1em 0"><label for="{name}" style="display:block;margin-bottom:.5em">'
        f"<code>{name}</code> = {title}, {axes}</label>"
        f'<textarea id="{name}" name="{name}" rows="2" spellcheck="false" autocomplete="off" '
        'style="width:100%;box-sizing:border-box;font:inherit"></textarea></p>'
    )


# --- .ipynb ---------------------------------------------------------------------------------------------------------


def _notebook(exercise: Derived, python: str, terminal: str) -> str:
    """Notebook format 4.5."""
    words = "Fill in the formulas, then run the cell: it says what is right, and which slip was made if not."
    cells = [
        _cell("markdown", statement.markdown(exercise, pictured(exercise))),
        _cell("markdown", words),
        _cell("code", "\n".join(_program(exercise, python))),
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


def _markdown(exercise: Derived, python: str, terminal: str) -> str:
    parts = [
        statement.markdown(exercise, pictured(exercise)),
        "#### Your answers",
        _fenced(_answers(exercise), "python"),
    ]
    parts.append("#### Check")
    if terminal:
        parts.append(
            "With tinygrad_lite installed, `tinygrad-lite learn start` makes a folder with a file for each exercise. Put "
            f"your answers into the one that has `# Exercise: {exercise.id}` at its top, then run"
        )
        parts.append(_fenced([terminal], "sh"))
    parts += ["Or in Python, in a notebook for instance:", _fenced(_program(exercise, python), "python")]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _fenced(lines: list[str], language: str) -> str:
    return "\n".join([f"```{language}", *lines, "```"])


_WRITERS = {".html": _page, ".ipynb": _notebook, ".md": _markdown}
