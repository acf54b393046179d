"""The state of a learner's work: written whole, never lost, and said where it cannot be kept."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises import whole_files as files
from tinygrad_lite.exercises.learning.state import STATE, State, Store
from tinygrad_lite.exercises.whole_files import kept_aside, write_whole

FULL = OSError(28, "No space left on device")


def store_in(folder: Path) -> Store:
    return Store(folder / STATE)


def level(state: State) -> int:
    return state.of("one").hints.get("z", 0)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    def change(state: State) -> None:
        state.current = "one"
        state.made["own"] = {"title": "Mine", "asked": ["a", "z"], "recipe": {"random": {"seed": 3}}, "source": ""}
        state.of("one").steps = {"z": "right"}

    written = store_in(tmp_path).update(change)
    assert store_in(tmp_path).read() == written
    assert [p.name for p in tmp_path.iterdir()] == [STATE]


def test_changes_from_many_sides_are_all_kept(tmp_path: Path) -> None:
    def more(number: int) -> None:
        store_in(tmp_path).update(lambda state: state.of(f"ex{number}").hints.update(z=number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(more, range(40)))
    assert {id: work.hints["z"] for id, work in store_in(tmp_path).read().work.items()} == {
        f"ex{n}": n for n in range(40)
    }


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"version": 1}', b'{"version": 1, "current": 3, "work": {}, "made": {}}', b"\xff\xfe",
     b'{"version": 1, "current": "", "work": {"one": {"steps": 3}}, "made": {}}',
     b'{"version": 1, "current": "", "work": {}, "made": {"own": {}}}', b"[" * 100_000],
)  # fmt: skip
def test_a_broken_file_is_kept_aside_and_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / STATE).write_bytes(content)
    store = store_in(tmp_path)
    assert store.read() == State()
    assert (tmp_path / f"{STATE}.bak").read_bytes() == content
    assert f"{STATE}.bak" in store.notes[0]
    store.update(lambda state: setattr(state, "current", "one"))
    assert store_in(tmp_path).read().current == "one"


def test_a_file_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    content = json.dumps({"version": 99, "more": []})
    (tmp_path / STATE).write_text(content)
    with pytest.raises(ExerciseError, match="a later tinygrad-lite"):
        store_in(tmp_path).read()
    assert (tmp_path / STATE).read_text() == content


def test_a_full_disk_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_in(tmp_path)
    store.update(lambda state: setattr(state, "current", "one"))

    def full(descriptor: int) -> None:
        raise FULL

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.update(lambda state: setattr(state, "current", "two"))
    assert store_in(tmp_path).read().current == "one"
    assert [p.name for p in tmp_path.iterdir()] == [STATE]


def test_where_nothing_can_be_written_the_work_goes_on_and_it_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_in(tmp_path)

    def read_only(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.os, "replace", read_only)
    for deeper in (1, 2):
        store.note(lambda state, deeper=deeper: state.of("one").hints.update(z=deeper))
        assert level(store.read()) == deeper
    assert len(store.notes) == 1
    assert "cannot be kept" in store.notes[0]
    monkeypatch.undo()
    store.note(lambda state: setattr(state, "current", "one"))
    assert level(store_in(tmp_path).read()) == 2


def test_an_interrupted_write_leaves_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answers.py"
    path.write_text("old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("answers.py", "old")]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "answers.py", tmp_path / "there" / "answers.py"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_what_is_kept_aside_never_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "answers.py"
    names = []
    for text in ("first", "second", "third"):
        path.write_text(text)
        names.append((kept_aside(path).name, text))
    assert names == [("answers.py.bak", "first"), ("answers.py.bak2", "second"), ("answers.py.bak3", "third")]
    assert [(tmp_path / name).read_text() for name, _ in names] == ["first", "second", "third"]


def test_a_copy_that_is_not_whole_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answers.py").write_text("dz = 1")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: .*answers\.py\.bak'$"):
        files.kept_aside(tmp_path / "answers.py")
    with pytest.raises(OSError, match=r"No space left on device: .*answers\.py'$"):
        files.write_whole(tmp_path / "answers.py", "dz = 2")
    assert [p.name for p in tmp_path.iterdir()] == ["answers.py"]
    assert (tmp_path / "answers.py").read_text() == "dz = 1"
