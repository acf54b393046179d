"""The path through the lecture: every exercise has good points and short lines, and costs nothing before it is asked for."""

from __future__ import annotations

import inspect
import runpy
import sys

import numpy as np
import pytest

from tests.helpers.slow import slow
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import PATH, Exercise, load
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import trouble_of
from tinygrad_lite.exercises.teaching.checking import messages_of

EACH = pytest.mark.parametrize("exercise", PATH, ids=[e.id for e in PATH])
LONGEST = 70


def test_there_are_enough_exercises_and_no_name_twice() -> None:
    assert 24 <= len(PATH) <= 30
    assert len({e.id for e in PATH}) == len({e.title for e in PATH}) == len(PATH)


def test_an_exercise_is_loaded_by_name_and_by_number() -> None:
    assert load("two-layers") is load(str(PATH.index(load("two-layers")) + 1))
    with pytest.raises(
        ExerciseError, match="there is no exercise 'three-layers'; did you mean 'two-layers'\\? They are first-step"
    ):
        load("three-layers")


def test_every_equation_of_the_lecture_is_in_the_path() -> None:
    told = " ".join(f"{e.title} {e.text}" for e in PATH)
    missing = [n for n in range(1, 21) if n != 4 and f"({n})" not in told]  # (4) is (3) once more
    assert missing == []


@EACH
def test_every_point_is_good(exercise: Exercise) -> None:
    for number, point in enumerate([*exercise.points, *exercise.unseen]):
        assert trouble_of(point, number) <= 1.1
        lengths = list(point.sizes.values())
        assert len({1, *lengths}) == len(lengths) + 1
        if "y" in point.values:
            assert np.all(point.values["y"] != 0) or "rows sum to 1" in exercise.facts["y"]


@EACH
def test_every_line_is_short_and_uses_names_that_the_learner_has(exercise: Exercise) -> None:
    for line in exercise.derivation.steps:
        assert len(line.right) <= LONGEST
        gradients = {name for name in line.shapes if name.startswith(("δ", "∂"))}
        assert set(line.shapes) - gradients <= set(exercise.point(0).values)


@pytest.mark.parametrize("exercise", [*PATH[::5], *slow(*(e for n, e in enumerate(PATH) if n % 5))], ids=str)
def test_no_size_stands_as_a_number_in_a_line(exercise: Exercise) -> None:
    """A line that says 5 where m is meant would be wrong at other points."""
    other = exercise.again(seed=1).derivation
    assert [str(line) for line in exercise.derivation.steps] == [str(line) for line in other.steps]


@pytest.mark.parametrize("exercise", PATH[::3], ids=str)
@pytest.mark.slow
def test_every_step_has_slips_that_can_be_told(exercise: Exercise) -> None:
    for step in exercise.steps:
        assert len(messages_of(exercise, step)) >= 5


@EACH
def test_the_texts_fit_a_terminal_and_end_in_a_full_stop(exercise: Exercise) -> None:
    assert exercise.text.rstrip().endswith((".", "?"))
    assert 80 <= len(exercise.text) <= 400
    assert len(exercise.title) <= 60


def test_nothing_is_computed_when_the_path_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(sys.modules[Definition.__module__], "made", lambda exercise, number: ran.append(exercise.id))
    files = {inspect.getfile(e.cost) for e in PATH}
    fresh = [value for file in files for value in runpy.run_path(file).values() if isinstance(value, tuple)]
    assert sum(map(len, fresh)) == len(PATH)
    assert ran == []
    load("first-step").again().point(0)
    assert ran == ["first-step"]
