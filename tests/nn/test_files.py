"""Weights on disk: to the bit, and safe from damage, crashes, full disks, foreign files and pickles."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.models import X, model, unchanged
from tinygrad_lite import Tensor, nn
from tinygrad_lite.errors import StateError


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_come_back_to_the_bit(tmp_path: Path, dtype: Any) -> None:
    first, second = model(1, dtype=dtype), model(2, dtype=dtype)
    for path in (tmp_path / "weights.npz", str(tmp_path / "without suffix")):
        first.save(path)
        second.load(path)
        assert unchanged(second, first.state_dict())
        assert os.path.exists(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["weights.npz", "without suffix"]
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as file:
        assert sorted(file.files) == sorted(first.state_dict())


def test_saving_works_in_the_current_directory_and_replaces_what_is_there(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    model(1).save("w.npz")
    model(2).save("w.npz")
    m = model(3)
    m.load("w.npz")
    assert unchanged(m, model(2).state_dict())
    assert os.listdir() == ["w.npz"]


def test_a_saved_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    model().save(tmp_path / "w.npz")
    (tmp_path / "other").touch()
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("w.npz", "other")}
    assert len(modes) == 1


@pytest.mark.parametrize("name", ["args", "kwds", "self", "w-1", "file", "allow_pickle"])
def test_parameters_may_have_any_name_and_np_load_reads_it(tmp_path: Path, name: str) -> None:
    first, second = nn.Module(), nn.Module()
    for m, value in ((first, 1.0), (second, 2.0)):
        setattr(m, name, Tensor([value], requires_grad=True))
    first.save(tmp_path / "w.npz")
    second.load(tmp_path / "w.npz")
    assert unchanged(second, first.state_dict())
    with np.load(tmp_path / "w.npz") as file:
        assert {key: file[key].tolist() for key in file.files} == {name: [1.0]}


@pytest.mark.parametrize("error", [RuntimeError, OSError, KeyboardInterrupt, MemoryError])
def test_a_crash_in_the_middle_of_saving_keeps_the_old_file(tmp_path: Path, monkeypatch: Any, error: Any) -> None:
    path = tmp_path / "w.npz"
    model(1).save(path)
    before = path.read_bytes()

    def half(self: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(len(data))
        if len(calls) > 3:
            raise error("half-way")
        return write(self, data, *args, **kwargs)

    calls: list[int] = []
    write = zipfile._ZipWriteFile.write  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setattr(zipfile._ZipWriteFile, "write", half)  # type: ignore[attr-defined]
        with pytest.raises(StateError if error is OSError else error):
            model(2).save(path)
    assert len(calls) > 3
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["w.npz"]


def test_a_full_disk_and_a_failing_rename_keep_the_old_file(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "w.npz"
    model(1).save(path)
    before = path.read_bytes()
    for function in ("fsync", "replace"):

        def fails(*args: Any) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, function, fails)
            with pytest.raises(StateError, match="No space left"):
                model(2).save(path)
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == ["w.npz"]


@pytest.mark.parametrize("where", ["under a file", "in /proc", "nowhere", "a directory"])
def test_places_that_cannot_be_written_to(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder" / "full").mkdir(parents=True)
    path = {
        "under a file": tmp_path / "file" / "w.npz", "in /proc": Path("/proc/w.npz"),
        "nowhere": tmp_path / "missing" / "w.npz", "a directory": tmp_path / "folder",
    }[where]  # fmt: skip
    with pytest.raises(StateError, match=r"cannot write.*Choose a directory"):
        model().save(path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "folder", "full"]


def test_a_file_that_is_truncated_anywhere_is_refused(tmp_path: Path) -> None:
    path, m = tmp_path / "w.npz", model(2)
    model(1).save(path)
    whole, before = path.read_bytes(), m.state_dict()
    for size in range(0, len(whole), 64):
        path.write_bytes(whole[:size])
        with pytest.raises(StateError, match=r"w\.npz"):
            m.load(path)
        assert unchanged(m, before)


def test_a_damaged_byte_is_refused_or_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    model(1).save(path)
    whole, saved, refused = path.read_bytes(), model(1).state_dict(), 0
    for place in range(0, len(whole), 64):
        m = model(2)
        before = m.state_dict()
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            m.load(path)
        except StateError:
            refused += 1
            assert unchanged(m, before)
        else:
            assert unchanged(m, saved)
    assert refused > len(whole) / 64 / 2


def test_files_of_another_kind_and_of_another_model_are_refused(tmp_path: Path) -> None:
    def objects(path: Path) -> None:
        state: dict[str, Any] = model(1).state_dict()
        np.savez(path, allow_pickle=True, **{**state, "0.bias": np.array([object, 1, 2], dtype=object)})

    contents: dict[str, Callable[[Path], Any]] = {
        "objects.npz": objects,
        "pickle.npz": lambda path: path.write_bytes(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94."),
        "array.npy": lambda path: np.save(path, np.ones(3)),
        "text": lambda path: path.write_text("weights"),
        "folder": lambda path: path.mkdir(),
        "deeper.npz": lambda path: nn.MLP([4, 3, 3, 2]).save(path),
        "wider.npz": lambda path: nn.MLP([4, 5, 2]).save(path),
        "nothing.npz": lambda path: np.savez(path),
    }
    m = model(2)
    before = m.state_dict()
    for name, make in contents.items():
        make(tmp_path / name)
        with pytest.raises(StateError):
            m.load(tmp_path / name)
        assert unchanged(m, before)
    with pytest.raises(StateError, match="no weight file"):
        m.load(tmp_path / "missing.npz")


class Intruder:
    """Unpickling this makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


def test_nothing_in_a_weight_file_is_ever_unpickled(tmp_path: Path) -> None:
    intruder = np.array([Intruder(tmp_path / "made")], dtype=object)
    state = model(1).state_dict()
    np.savez(tmp_path / "all.npz", **{**state, "0.bias": intruder})
    np.savez(tmp_path / "spare.npz", **state, spare=intruder)
    np.save(tmp_path / "one.npy", intruder)
    for name in ("all.npz", "spare.npz", "one.npy"):
        with pytest.raises(StateError):
            model(2).load(tmp_path / name)
    assert not (tmp_path / "made").exists()
    with np.load(tmp_path / "all.npz", allow_pickle=True) as file:  # it would have
        file["0.bias"]
    assert (tmp_path / "made").exists()


def test_loading_between_forward_and_backward_is_noticed(tmp_path: Path) -> None:
    m = model(1)
    m.save(tmp_path / "w.npz")
    cost = tg.cross_entropy_with_logits(m(X), np.zeros((5, 2)))
    m.load(tmp_path / "w.npz")
    with pytest.raises(tg.errors.StaleGraphError):
        cost.backward()
