"""Exercises in a teacher's file: found, or refused with the line that is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import PATH, Exercise, file_text, from_file

FILE = """
import numpy as np
import tinygrad_lite as tg
from tinygrad_lite.exercises import Exercise

def layer(x, w, b, y):
    z = x @ w + b
    a = tg.sigmoid(z)
    return np.sum((y - a) ** 2) / (2 * len(x))

def said(x: "m n", w: "n", y: "m"):
    z = x @ w
    return np.sum((z - y) ** 2)

def scalar(w, x):
    z = w * x
    return z ** 2

ready = Exercise(layer, "a z w b", shapes={"x": "m n", "w": "n", "b": "", "y": "m"}, title="A layer", seed=3)
number = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_an_exercise_is_taken_as_it_is(file: Path) -> None:
    for source in (f"{file}:ready", str(file)):
        exercise = from_file(source)
        assert (exercise.title, exercise.steps, exercise.seed) == ("A layer", ("a", "z", "w", "b"), 3)
        assert exercise.source.startswith("def layer(x, w, b, y):\n    z = x @ w + b\n")


def test_other_steps_and_numbers_are_asked_for(file: Path) -> None:
    exercise = from_file(f"{file}:ready", steps="z w", seed=5)
    assert (exercise.title, exercise.steps, exercise.seed) == ("A layer", ("z", "w"), 5)
    assert not np.array_equal(exercise.point(0).values["w"], from_file(str(file)).point(0).values["w"])


def test_a_function_with_its_axes_in_annotations_is_an_exercise(file: Path) -> None:
    exercise = from_file(f"{file}:said", steps="z w")
    assert exercise.point(0).truth["w"].shape == (exercise.point(0).sizes["n"],)


def test_a_function_of_numbers_is_an_exercise(file: Path) -> None:
    exercise = from_file(f"{file}:scalar", "z w", seed=2)
    assert exercise.seed == 2
    np.testing.assert_allclose(exercise.point(0).truth["z"], 2 * exercise.point(0).values["z"])


def test_a_function_without_steps_is_refused_with_the_line_to_write(file: Path) -> None:
    with pytest.raises(ExerciseError) as refused:
        from_file(f"{file}:said")
    assert 'exercise = Exercise(said, steps="z x w y", shapes={"x": "m n", "w": "n", "y": "m"})' in str(refused.value)
    assert f"teach new {file}:said" in str(refused.value)


def test_the_variables_are_in_the_line_where_nothing_is_known_of_axes(file: Path) -> None:
    with pytest.raises(ExerciseError, match=r'steps="a z x w b y", shapes=."x": "…"'):
        from_file(f"{file}:layer")


def test_a_function_without_axes_is_refused_with_the_line_to_write(file: Path) -> None:
    with pytest.raises(ExerciseError) as refused:
        from_file(f"{file}:layer", "z w")
    assert 'Exercise(layer, steps="z w", shapes={"x": "…", "w": "…", "b": "…", "y": "…"})' in str(refused.value)


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (":nothing", "has no 'nothing'. Its exercises: ready; functions: layer, said, scalar"),
        (":number", "number in .* is int, and neither an Exercise nor a cost function"),
        (":2", "an exercise is given as FILE.py:NAME"),
        (":", "an exercise is given as FILE.py:NAME"),
    ],
)
def test_a_name_that_is_none_is_refused(file: Path, ending: str, said: str) -> None:
    with pytest.raises(ExerciseError, match=said):
        from_file(f"{file}{ending}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ny = x / 0\n", r"mine.py, line 2, raised ZeroDivisionError: division by zero. Run it"),
        ("def f(:\n", r"mine.py, line 1, raised SyntaxError"),
        ("import no_such_module_here\n", r"line 1, raised ModuleNotFoundError"),
        ("raise SystemExit(3)\n", r"line 1, raised SystemExit: 3"),
        ("x = 1\n", "has no exercises, so that one must be named"),
    ],
)
def test_a_file_that_fails_is_refused_with_its_line(file: Path, text: str, said: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ExerciseError, match=said):
        from_file(str(file))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExerciseError, match="there is no file"):
        from_file(f"{tmp_path}/none.py:cost")
    with pytest.raises(ExerciseError, match=r"given as FILE\.py:NAME"):
        from_file("cost")


def test_a_file_beside_it_can_be_imported(file: Path) -> None:
    (file.parent / "beside_it.py").write_text("def square(z):\n    return z ** 2\n", encoding="utf-8")
    file.write_text("from beside_it import square\n\ndef cost(w, x):\n    z = w * x\n    return square(z)\n")
    assert from_file(f"{file}:cost", "z w").point(0).truth["z"].shape == ()


@pytest.mark.parametrize("exercise", PATH, ids=[e.id for e in PATH])
def test_every_exercise_of_the_path_can_be_written_and_read(tmp_path: Path, exercise: Exercise) -> None:
    path = tmp_path / "again.py"
    path.write_text(file_text(exercise), encoding="utf-8")
    read = from_file(str(path))
    for name in ("steps", "shapes", "facts", "title", "text", "seed", "id", "source"):
        assert getattr(read, name) == getattr(exercise, name)


def test_types_in_a_cost_need_no_imports_where_it_is_written(tmp_path: Path) -> None:
    typed = """
from typing import Any
from tinygrad_lite.exercises import Exercise
def cost(w: Any, y: Any) -> Any:
    r: Any = w - y
    return (r ** 2).sum()
ready = Exercise(cost, "r w", shapes={"w": "n", "y": "n"})
"""
    (tmp_path / "typed.py").write_text(typed, encoding="utf-8")
    exercise = from_file(f"{tmp_path}/typed.py")
    (tmp_path / "again.py").write_text(file_text(exercise), encoding="utf-8")
    assert from_file(f"{tmp_path}/again.py").source == exercise.source


def test_what_needs_more_than_its_parameters_is_not_written() -> None:
    def cost(w, x):  # type: ignore[no-untyped-def]
        inner = np.exp(w)
        return inner * x * len(FILE)

    with pytest.raises(ExerciseError, match="uses 'FILE' of its own file"):
        file_text(Exercise(cost, "w"))
    with pytest.raises(ExerciseError, match="the text of the cost of exercise is not known"):
        file_text(Exercise(lambda w, x: w * x, "w"))
