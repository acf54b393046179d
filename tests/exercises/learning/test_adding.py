"""Exercises that a learner adds to a folder: by chance, or of a cost function in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exercises.learning.small import folder
from tinygrad_lite.command import cli
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.learning import texts
from tinygrad_lite.exercises.learning.catalogue import new_id
from tinygrad_lite.exercises.learning.folder import Folder

__all__ = ["folder"]
COST = '''"""A cost."""
import numpy as np
from tinygrad_lite.exercises import Exercise


def hinge(w, x, y):
    z = w * x
    return (z - y) ** 2


def ridge(w, y):
    return (w - y) ** 2 + w ** 2


graded = Exercise(ridge, "w", title="Ridge", id="graded-1")
'''


@pytest.fixture
def costs(folder: Folder) -> Path:
    """A teacher's file in the learner's folder."""
    path = folder.path / "hinge.py"
    path.write_text(COST)
    return path


def learn(*arguments: str) -> int:
    return cli.main(["learn", *arguments])


def test_each_random_exercise_is_another_one_and_nothing_is_answered(folder: Folder) -> None:
    added = [folder.add_random(None) for _ in range(3)]
    assert len({entry.name for entry in added}) == 3
    assert len({folder.exercise(entry).source for entry in added}) == 3
    assert folder.entry() == added[-1]
    for entry in added:
        assert {s.outcome for s in folder.check(entry).verdict.steps} == {"missing"}


def test_the_same_seed_is_the_same_exercise_and_keeps_its_answers(folder: Folder) -> None:
    first = folder.add_random(7, layers=[2])
    folder.file(first).write_text('dz2 = "1"\n')
    again = Folder(folder.path)
    assert again.add_random(7, layers=[2]) == first
    assert again.file(first).read_text() == 'dz2 = "1"\n'
    assert [e.id for e in again.entries if e.number is None] == [first.id]
    assert again.add_random(7, layers=[1]) != first


def test_a_seed_that_gives_another_exercise_in_another_version_is_refused(folder: Folder) -> None:
    entry = folder.add_random(7)
    folder.store.update(lambda state: state.made[entry.id].update(source="def cost(w):\n    return w\n"))
    with pytest.raises(ExerciseError, match="another version"):
        Folder(folder.path).check(entry)
    assert folder.file(entry).is_file()


@pytest.mark.parametrize("recipe", [{"random": {"seed": 7, "width": 3}}, {"by": "hand"}, {"from": 3}])
def test_a_recipe_that_cannot_be_read_is_said(folder: Folder, recipe: dict[str, object]) -> None:
    entry = folder.add_random(7)
    folder.store.update(lambda state: state.made[entry.id].update(recipe=recipe))
    with pytest.raises(ExerciseError, match="cannot be read any more"):
        Folder(folder.path).check(entry)


def test_an_exercise_of_a_file_is_there_again_in_the_next_command(folder: Folder, costs: Path) -> None:
    assert learn("new", "--from", f"{costs.name}:hinge", "--steps", "z w", "--seed", "3") == 0
    again = Folder(folder.path)
    entry = again.entry()
    again.file(entry).write_text('dz = "2 (z - y)"\ndw = "dz x"\n')
    assert again.check(entry).verdict.right
    assert learn("check") == 0
    assert again.exercise(entry).seed == 3


def test_a_teachers_file_is_never_taken_for_the_answers(folder: Folder, costs: Path) -> None:
    entry = folder.add({"from": f"{costs.name}:hinge", "steps": "z w"})
    assert folder.file(entry) != costs
    folder.reset(entry)
    assert costs.read_text() == COST


def test_the_exercise_of_a_teacher_has_its_own_name(folder: Folder, costs: Path) -> None:
    entry = folder.add({"from": f"{costs.name}:graded"})
    assert (entry.id, folder.file(entry).parent) == ("graded-1", folder.path)
    assert folder.entry("graded_1.py") == folder.entry("graded-1") == entry


@pytest.mark.parametrize(
    ("id", "new"), [("3", "exercise-3"), ("neuron", "neuron-2"), ("Neuron", "Neuron-2"), ("other", "other")]
)
def test_an_id_never_looks_like_another_one(folder: Folder, id: str, new: str) -> None:
    assert new_id(id, folder.entries, folder.path) == new


def test_a_file_that_is_gone_is_said_and_the_rest_works(folder: Folder, costs: Path) -> None:
    entry = folder.add({"from": f"{costs.name}:graded"})
    costs.unlink()
    again = Folder(folder.path)
    with pytest.raises(ExerciseError, match=r"hinge\.py"):
        again.check(entry)
    assert learn("list") == learn("progress") == learn("check", "1") - 1 == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--random", "--layers", "two"],
        ["--random", "--layers", "9"],
        ["--random", "--seed", "-1"],
        ["--random", "--costs", "hinge"],
        ["--random", "--steps", "z"],
        ["--from", "hinge.py:hinge", "--layers", "2"],
        ["--from", "nowhere.py:hinge"],
        ["--from", "hinge.py:nothing"],
        ["--from", "hinge"],
    ],
)
def test_what_cannot_be_made_is_one_error_and_adds_nothing(
    folder: Folder, costs: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(p.name for p in folder.path.iterdir())
    assert learn("new", *arguments) == 2
    assert capsys.readouterr().err.startswith("tinygrad-lite: ")
    assert sorted(p.name for p in folder.path.iterdir() if p.name != "__pycache__") == before
    assert [e for e in folder.entries if e.number is None] == []


def test_an_added_exercise_is_handed_out(folder: Folder) -> None:
    folder.add_random(7, layers=[2])
    assert learn("export", "-o", "ex.md") == 0
    assert folder.exercise(folder.entry()).source.splitlines()[0] in (folder.path / "ex.md").read_text("utf-8")
    assert learn("export", "-o", "ex.doc") == 2


def test_long_names_of_added_exercises_do_not_move_the_others(folder: Folder) -> None:
    before = list(texts.listing(folder, 40))
    folder.add_random(7, layers=[3])
    after = list(texts.listing(folder, 40))
    assert [line.replace(">", " ") for line in before] == after[: len(before)]
    assert max(map(len, after)) <= 40
