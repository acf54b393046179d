"""A learner's folder: what is begun, found, checked, hinted at, begun again; and nothing of it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exercises.learning.small import LAYER, NEURON, RIGHT, SMALL, WRONG, answer, folder
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import whole_files as files
from tinygrad_lite.exercises.learning import catalogue
from tinygrad_lite.exercises.learning.folder import Folder, UnreadableAnswer
from tinygrad_lite.exercises.learning.state import STATE

__all__ = ["folder"]


# --- begin ----------------------------------------------------------------------------------------------------------


def test_a_folder_has_a_file_for_each_exercise_and_nothing_is_answered(folder: Folder) -> None:
    assert sorted(p.name for p in folder.path.iterdir()) == [STATE, NEURON, LAYER]
    for entry in folder.entries:
        assert {s.outcome for s in folder.check(entry).verdict.steps} == {"missing"}
        assert f"learn check {entry.number}" in folder.file(entry).read_text("utf-8")


def test_to_begin_again_keeps_answers_and_brings_back_files_that_are_gone(folder: Folder) -> None:
    answer(folder, NEURON, WRONG)
    (folder.path / LAYER).unlink()
    assert [entry.name for entry in Folder(folder.path).start()] == [LAYER]
    assert (folder.path / NEURON).read_text("utf-8") == WRONG


def test_a_folder_with_other_files_is_refused_and_stays_as_it_is(folder: Folder, tmp_path: Path) -> None:
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "thesis.tex").touch()
    with pytest.raises(ExerciseError, match=r"thesis\.tex"):
        list(Folder(other).start())
    assert [p.name for p in other.iterdir()] == ["thesis.tex"]


def test_a_folder_is_found_from_inside_from_below_and_from_above(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / STATE).unlink()
    begun = tmp_path / "course" / "exercises"
    list(Folder(begun).start())
    (begun / "deeper").mkdir()
    for here in (begun, begun / "deeper", begun.parent):
        assert Folder.around(here).path == begun


def test_of_several_folders_below_none_is_guessed(folder: Folder, tmp_path: Path) -> None:
    root = tmp_path / "several"
    for name in ("mine", "hers"):
        list(Folder(root / name).start())
    (tmp_path / STATE).unlink()
    with pytest.raises(ExerciseError, match="hers, mine"):
        Folder.around(root)


def test_where_nothing_was_begun_the_command_to_begin_is_said(tmp_path: Path) -> None:
    with pytest.raises(ExerciseError, match="learn start"):
        Folder.around(tmp_path)


# --- which exercise -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2", "02", "linear-layer", "linear_layer", LAYER, f"./{LAYER}", f"C:\\work\\{LAYER}"])
def test_an_exercise_is_named_by_number_id_or_file(folder: Folder, text: str) -> None:
    assert folder.entry(text).id == "linear-layer"


@pytest.mark.parametrize("text", ["0", "3", "-1", "²", "", "9" * 5000, "nothing", "..", "a\0b"])
def test_what_names_no_exercise_is_refused(folder: Folder, text: str) -> None:
    with pytest.raises(ExerciseError, match="there is no exercise"):
        folder.entry(text)


def test_a_name_that_is_nearly_right_is_asked_about(folder: Folder) -> None:
    with pytest.raises(ExerciseError, match=r"Did you mean linear-layer\?"):
        folder.entry("linear-laier")


def test_the_exercise_that_was_worked_on_last_is_the_current_one(folder: Folder) -> None:
    assert folder.entry().number == 1
    folder.check(folder.entry("2"))
    assert Folder(folder.path).entry().number == 2


def test_a_file_with_the_number_of_another_version_is_found(folder: Folder) -> None:
    (folder.path / LAYER).rename(folder.path / "17_linear_layer.py")
    assert folder.file(folder.entry("2")).name == "17_linear_layer.py"
    assert list(folder.start()) == []


# --- check ----------------------------------------------------------------------------------------------------------


def test_a_right_answer_is_noted_and_the_next_exercise_is_not_entered(folder: Folder) -> None:
    answer(folder, NEURON, RIGHT[NEURON])
    assert folder.check(folder.entry()).verdict.right
    again = Folder(folder.path)
    assert again.work(again.entry()).solved
    assert again.entry().number == 1
    following = again.following()
    assert following is not None
    assert following.number == 2


def test_once_solved_is_solved_though_the_answer_changes(folder: Folder) -> None:
    for text in (RIGHT[NEURON], WRONG):
        answer(folder, NEURON, text)
        folder.check(folder.entry())
    work = folder.work(folder.entry())
    assert (work.solved, work.steps) == (True, {"a": "right", "z": "wrong"})


def test_after_the_last_exercise_the_first_that_is_open_follows(folder: Folder) -> None:
    answer(folder, LAYER, RIGHT[LAYER])
    folder.check(folder.entry("2"))
    following = folder.following()
    assert following is not None
    assert following.number == 1
    answer(folder, NEURON, RIGHT[NEURON])
    folder.check(following)
    assert folder.following() is None


@pytest.mark.parametrize(
    "content",
    ["\N{BOM}" + WRONG, WRONG.replace("\n", "\r\n"), WRONG.replace("= ", "=\t")],
    ids=["BOM", "CRLF", "tabs"],
)  # fmt: skip
def test_files_of_any_editor_are_read(folder: Folder, content: str) -> None:
    (folder.path / NEURON).write_bytes(content.encode())
    assert [s.outcome for s in folder.check(folder.entry()).verdict.steps] == ["right", "wrong"]


def test_a_half_saved_file_is_no_error_and_is_not_solved(folder: Folder) -> None:
    answer(folder, NEURON, "")
    assert {s.outcome for s in folder.check(folder.entry()).verdict.steps} == {"missing"}


def test_a_syntax_error_is_shown_with_its_line(folder: Folder) -> None:
    answer(folder, NEURON, 'da = "a - y"\ndz = "(a - y\n')
    with pytest.raises(UnreadableAnswer, match=r"line 2[\s\S]*\(a - y"):
        folder.check(folder.entry())


def test_a_file_in_another_encoding_is_refused_in_plain_words(folder: Folder) -> None:
    (folder.path / NEURON).write_bytes("# é\n".encode("latin-1") + WRONG.encode())
    with pytest.raises(UnreadableAnswer, match="not text in UTF-8"):
        folder.check(folder.entry())


def test_what_code_prints_and_what_is_odd_in_a_file_is_told(folder: Folder) -> None:
    answer(folder, NEURON, 'da = a - y\nprint("here")\ndq = "a"\n')
    check = folder.check(folder.entry())
    assert check.verdict["a"].outcome == "right"
    assert "here" in check.printed
    assert "dq" in check.notes[0]


def test_a_file_that_is_gone_is_said_with_the_command_that_brings_it_back(folder: Folder) -> None:
    (folder.path / NEURON).unlink()
    with pytest.raises(ExerciseError, match="learn reset 1"):
        folder.check(folder.entry())
    assert folder.reset(folder.entry()) is None
    assert (folder.path / NEURON).is_file()


# --- hints and solutions --------------------------------------------------------------------------------------------


def test_each_hint_is_a_level_deeper_and_for_the_first_step_that_is_open(folder: Folder) -> None:
    answer(folder, NEURON, WRONG)
    hints = [folder.hint(folder.entry()) for _ in range(4)]
    assert [(hint.step, hint.level) for hint in hints] == [("z", 1), ("z", 2), ("z", 3), ("z", 3)]
    assert [hint.text for hint in hints[:3]] == [SMALL[0].hint("z", level) for level in (1, 2, 3)]
    assert folder.work(folder.entry()).hints == {"z": 3}


def test_a_hint_knows_an_answer_that_was_not_checked_yet(folder: Folder) -> None:
    assert folder.hint(folder.entry()).step == "a"
    answer(folder, NEURON, WRONG)
    assert folder.hint(folder.entry()).step == "z"


def test_a_hint_is_for_a_wrong_answer_before_one_that_is_missing(folder: Folder) -> None:
    answer(folder, NEURON, WRONG.partition("\n")[2])
    verdict = folder.check(folder.entry()).verdict
    assert [s.outcome for s in verdict.steps] == ["missing", "wrong"]
    first = verdict.first_wrong
    assert first is not None
    assert first.step == folder.hint(folder.entry()).step == "z"


def test_where_all_is_right_a_hint_is_given_only_for_a_step_that_is_named(folder: Folder) -> None:
    answer(folder, NEURON, RIGHT[NEURON])
    with pytest.raises(ExerciseError, match="every step of exercise 1 neuron is right"):
        folder.hint(folder.entry())
    assert folder.work(folder.entry()).hints == {}
    assert folder.hint(folder.entry(), "dz").step == "z"
    answer(folder, NEURON, "da = (")
    with pytest.raises(UnreadableAnswer, match="never closed"):  # not "every step is right", of the file before
        folder.hint(folder.entry())


def test_to_read_a_hint_again_counts_no_deeper_one(folder: Folder) -> None:
    folder.hint(folder.entry(), "dz")
    folder.hint(folder.entry(), "z")
    assert folder.hint(folder.entry(), "z", level=1).level == 1
    assert folder.work(folder.entry()).hints == {"z": 2}


def test_a_step_that_is_none_is_refused_with_those_that_are(folder: Folder) -> None:
    with pytest.raises(ExerciseError, match="its steps are da, dz"):
        folder.hint(folder.entry(), "q")


def test_a_solution_is_shown_after_success_or_when_it_is_asked_for(folder: Folder) -> None:
    entry = folder.entry()
    with pytest.raises(ExerciseError, match="not solved yet"):
        folder.solution(entry)
    assert not folder.work(entry).shown
    assert folder.solution(entry, show=True) == SMALL[0].solution()
    assert folder.work(entry).shown
    answer(folder, LAYER, RIGHT[LAYER])
    folder.check(folder.entry("2"))
    assert folder.solution(folder.entry("2"), "dW") == SMALL[1].solution("W")
    assert not folder.work(folder.entry("2")).shown


# --- begin again ----------------------------------------------------------------------------------------------------


def test_reset_keeps_every_answer_beside_the_file(folder: Folder) -> None:
    stub = (folder.path / NEURON).read_bytes()
    kept = []
    for text in (WRONG, RIGHT[NEURON]):
        answer(folder, NEURON, text)
        backup = folder.reset(folder.entry())
        assert backup is not None
        kept.append((backup, text))
        assert (folder.path / NEURON).read_bytes() == stub
    assert all(backup.read_text("utf-8") == text for backup, text in kept)
    assert folder.reset(folder.entry()) is None


def test_reset_does_not_write_where_a_link_leads(folder: Folder, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("precious")
    (folder.path / NEURON).unlink()
    (folder.path / NEURON).symlink_to(other)
    with pytest.raises(ExerciseError, match="is a link"):
        folder.reset(folder.entry())
    assert other.read_text() == "precious"


def test_reset_that_cannot_be_written_leaves_the_answer(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(folder, NEURON, WRONG)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        folder.reset(folder.entry())
    assert (folder.path / NEURON).read_text("utf-8") == WRONG


def test_a_check_in_a_folder_that_is_read_only_is_a_check(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(folder, NEURON, RIGHT[NEURON])

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.os, "replace", denied)
    assert folder.check(folder.entry()).verdict.right
    assert "Permission denied" in folder.notes[0]


def test_the_doctest_path_has_ids_that_are_names_of_files() -> None:
    names = [entry.name for entry in catalogue.entries({})]
    assert len(set(names)) == len(names)
    assert all(name.removesuffix(".py").replace("_", "").isalnum() for name in names)
