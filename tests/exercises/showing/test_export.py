"""Exercises to hand out: complete, and without a trace of what is asked for."""

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.browser import BROWSER, open_page
from tests.helpers.slow import slow
from tinygrad_lite.derivations import pages
from tinygrad_lite.errors import ExerciseError, WriteError
from tinygrad_lite.exercises import PATH, Exercise, export
from tinygrad_lite.exercises.showing import hints
from tinygrad_lite.notation.formula import Partial, latex

FAST = ("one-neuron", "softmax-batch")
KINDS = (".html", ".ipynb", ".md")


def exported(exercise: Exercise, kind: str, folder: Path) -> str:
    """The text of an exported file, with what is encoded in it."""
    path = folder / f"x{kind}"
    export(exercise, path)
    text = path.read_text(encoding="utf-8")
    inside = [base64.b64decode(found).decode() for found in re.findall(r"base64,([A-Za-z0-9+/=]+)", text)]
    return "\n".join([text, text.replace("\\\\", "\\"), *inside])


def secrets(exercise: Exercise) -> Iterator[str]:
    """All that would give an answer away: lines and hints in every notation, code, numbers of the gradients."""
    given = [right for _, right in exercise.given()]
    for line in exercise.derivation.steps:
        left, right = line.nodes
        yield from (str(line), line.latex(), pages.math_of(left) + pages.math_of(right))
        if len(line.right) > 6 and right not in given and not isinstance(right, Partial):  # else it says too little
            yield from (line.right, latex(right), pages.math_of(right))
            with contextlib.suppress(tg.TinygradLiteError):
                yield line.numpy()
    for step in exercise.steps:
        yield from (exercise.hint(step, level) for level in (1, 2, 3))
        for point in [*exercise.points, *exercise.unseen]:
            written = (f"{abs(x):.6g}" for x in np.ravel(point.truth[step]))
            yield from (number for number in written if len(number) > 6)  # a short one is anywhere in a picture


@pytest.mark.parametrize("id", [*FAST, *slow(*(e.id for e in PATH if e.id not in FAST))])
def test_an_exported_exercise_gives_nothing_away(id: str, tmp_path: Path) -> None:
    exercise = tg.exercises.load(id)
    hidden = {secret for secret in secrets(exercise) if secret not in exercise.text}
    assert len(hidden) > 6
    for kind in (*KINDS, ".tex"):
        text = exported(exercise, kind, tmp_path)
        assert [secret for secret in hidden if secret in text] == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_exercise_has_what_is_needed(kind: str, tmp_path: Path) -> None:
    exercise = tg.exercises.load("one-neuron")
    text = exported(exercise, kind, tmp_path)
    assert exercise.title in text
    assert "da" in text
    assert "a from z; ∂C/∂a = ?" in text  # the picture
    assert "one-neuron" in text


@pytest.mark.parametrize("kind", [".html", ".md"])
def test_an_exercise_of_the_path_says_how_it_is_checked(kind: str, tmp_path: Path) -> None:
    text = exported(tg.exercises.load("one-neuron"), kind, tmp_path)
    assert "tinygrad-lite learn check one-neuron" in text


def cells(path: Path) -> list[str]:
    """The code of a notebook."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_an_exported_notebook_is_one_and_runs(tmp_path: Path) -> None:
    export(tg.exercises.load("one-neuron"), tmp_path / "x.ipynb")
    notebook = json.loads((tmp_path / "x.ipynb").read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    load, check = cells(tmp_path / "x.ipynb")
    names: dict[str, Any] = {}
    exec(load, names)
    assert [step.outcome for step in eval(check, names).steps] == ["missing"] * 4


@pytest.mark.parametrize("kind", KINDS)
def test_an_exercise_that_is_not_of_the_path_is_there_as_a_program(kind: str, tmp_path: Path) -> None:
    exercise = tg.exercises.random_exercise(3)
    text = exported(exercise, kind, tmp_path)
    assert "exercises.load(" not in text
    assert exercise.source.splitlines()[1] in text
    if kind == ".ipynb":
        make, check = cells(tmp_path / "x.ipynb")
        names: dict[str, Any] = {}
        exec(make, names)
        right = {f"d{step}": line.right for step in exercise.steps for line in hints.lines(exercise, step)[-1:]}
        assert names["exercise"].check(**right).right
        assert not eval(check, names)


def test_the_same_exercise_gives_the_same_file(tmp_path: Path) -> None:
    for kind in (*KINDS, ".tex"):
        first, second = (exported(tg.exercises.load("first-step"), kind, tmp_path) for _ in range(2))
        assert first == second


def test_a_sheet_of_paper_asks_for_each_gradient_in_letters_that_latex_has(tmp_path: Path) -> None:
    for exercise in PATH:
        export(exercise, tmp_path / "x.tex")
        text = (tmp_path / "x.tex").read_text(encoding="utf-8")
        assert text.isascii()
        assert "U+" not in text  # what stands for a letter that no font of LaTeX's has
        assert text.count(r"\item") == len(exercise.steps)
        for step in exercise.steps:
            assert rf"\item $\displaystyle {latex(exercise.derivation.titles[step])}$" in text


def test_the_solution_is_a_document_of_its_own(tmp_path: Path) -> None:
    exercise = tg.exercises.load("one-neuron")
    exercise.derivation.save(tmp_path / "solution.tex")
    text = (tmp_path / "solution.tex").read_text(encoding="utf-8")
    assert all(latex(line.nodes[1]) in text for line in exercise.derivation.steps)


def test_a_sheet_spells_greek_letters_as_mathematics_in_words_and_in_english_in_code(tmp_path: Path) -> None:
    def decayed(x: Any, w: Any, y: Any, λ: Any) -> Any:
        return np.mean((x @ w - y) ** 2) / 2 + λ / 2 * np.sum(w**2)

    text = exported(Exercise(decayed, "w", {"x": "m n", "w": "n", "y": "m", "λ": ""}, title="With λ"), ".tex", tmp_path)
    assert r"\section*{With $\lambda$}" in text
    assert r"\frac{\lambda}{2}" in text
    assert "def decayed(x: Any, w: Any, y: Any, lambda: Any)" in text


def test_a_page_needs_no_network(tmp_path: Path) -> None:
    text = exported(tg.exercises.load("first-step"), ".html", tmp_path)
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []


@pytest.mark.skipif(BROWSER is None, reason="no chromium here")
@pytest.mark.slow
def test_what_is_typed_into_a_page_becomes_a_file(tmp_path: Path) -> None:
    text = exported(tg.exercises.load("first-step"), ".html", tmp_path).split("</html>")[0]
    typing = '<script>rooms[0].value = "a − \\"y\\""; rooms[0].dispatchEvent(new Event("input"))</script></body>'
    (tmp_path / "typed.html").write_text(text.replace("</body>", typing) + "</html>", encoding="utf-8")
    dom, console = open_page((tmp_path / "typed.html").as_uri())
    assert 'da = "a − \\"y\\""</pre>' in dom
    assert console == []


def test_endings_and_places_that_do_not_work_are_refused(tmp_path: Path) -> None:
    exercise = tg.exercises.load("first-step")
    with pytest.raises(ExerciseError, match=r"as \.py, \.html, \.ipynb, \.md, \.tex; got 'x\.pdf'"):
        export(exercise, tmp_path / "x.pdf")
    with pytest.raises(WriteError, match="cannot write"):
        export(exercise, tmp_path / "nowhere" / "x.md")
