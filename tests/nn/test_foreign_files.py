"""Weight files that mean harm, places that are no files, and what a killed save leaves behind."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.models import model, unchanged
from tinygrad_lite import weights
from tinygrad_lite.errors import StateError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices with names")


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array))
    return file.getvalue()


def header(shape: tuple[int, ...], dtype: str = "<f8") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue()


def archive(path: Path, **members: bytes) -> None:
    """An archive with all parameters of the model, some of them replaced by other bytes."""
    whole = {name: npy(array) for name, array in model(1).state_dict().items()} | members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in whole.items():
            file.writestr(f"{name}.npy", content)


ZEROS = bytes(20_000_000)
BOMBS: dict[str, Callable[[], dict[str, bytes]]] = {
    "another shape": lambda: {"0.bias": header((2_500_000,)) + ZEROS},
    "a name that is not the model's": lambda: {"spare": header((2_500_000,)) + ZEROS},
    "a number of 20 MB": lambda: {"0.bias": header((3,), "<U1666666") + ZEROS},
    "more behind the array": lambda: {"0.bias": npy(model(1).state_dict()["0.bias"]) + ZEROS},
    "a header of 20 MB": lambda: {"0.bias": b"\x93NUMPY\x02\x00" + (20_000_000).to_bytes(4, "little") + ZEROS},
    "objects": lambda: {"0.bias": header((3,), "|O") + ZEROS},
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_unpack_to_more_than_the_model_is_refused_before_it_does(tmp_path: Path, bomb: str) -> None:
    archive(tmp_path / "w.npz", **BOMBS[bomb]())
    assert (tmp_path / "w.npz").stat().st_size < 100_000
    m = model(2)
    before = m.state_dict()
    tracemalloc.start()
    try:
        with pytest.raises(StateError, match=r"do not fit|w\.npz"):
            m.load(tmp_path / "w.npz")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert unchanged(m, before)


def test_an_archive_that_has_a_name_twice_or_other_files_is_refused(tmp_path: Path) -> None:
    for name in ("0.bias.npy", "readme.txt"):
        archive(tmp_path / "w.npz")
        with zipfile.ZipFile(tmp_path / "w.npz", "a") as file, pytest.warns() if "npy" in name else io.BytesIO():
            file.writestr(name, npy(np.zeros(4)))
        with pytest.raises(StateError, match="no arrays, or two have one name"):
            model(2).load(tmp_path / "w.npz")


def test_a_long_list_of_what_does_not_fit_is_cut(tmp_path: Path) -> None:
    archive(tmp_path / "w.npz", **{f"spare{i}": npy(0.0) for i in range(500)})
    with pytest.raises(StateError, match=r"unknown spare19; and 480 more\. Build") as caught:
        model(2).load(tmp_path / "w.npz")
    assert len(str(caught.value)) < 1000


@POSIX
@pytest.mark.parametrize("kind", ["pipe", "socket", "link to a pipe", "device", "NUL", "directory"])
def test_what_is_no_regular_file_is_neither_written_nor_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "w.npz"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        held = socket.socket(socket.AF_UNIX)
        held.bind(os.path.relpath(path))
        held.close()
    elif kind == "link to a pipe":
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to("pipe")
    elif kind == "device":
        path.symlink_to(os.devnull)
    elif kind == "NUL":
        path = tmp_path / "w\0.npz"
    else:
        path.mkdir()
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(StateError, match="cannot write the weights"):
        model().save(path)
    with pytest.raises(StateError, match="no readable"):
        model().load(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert path.is_symlink() == (kind in ("link to a pipe", "device"))
    assert not Path(os.devnull).is_file()


@POSIX
def test_a_link_to_a_file_keeps_pointing_where_it_does(tmp_path: Path) -> None:
    (tmp_path / "link.npz").symlink_to("real.npz")  # which is made only now
    for seed in (1, 2):
        model(seed).save(tmp_path / "link.npz")
        assert (tmp_path / "link.npz").is_symlink()
        m = model(3)
        m.load(tmp_path / "real.npz")
        assert unchanged(m, model(seed).state_dict())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.npz", "real.npz"]


def test_the_next_save_removes_what_a_killed_one_left_and_nothing_else(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = [f"w.npz.{ended.pid}-0123abcd.saving", f"w.npz.{os.getpid()}-0123abcd.saving"]  # a number may come again
    others = [
        f"v.npz.{ended.pid}-0123abcd.saving", f"w.npz.{ended.pid}-0123abcd.saving.bak", "w.npz.12-xyz.saving", "notes",
    ]  # fmt: skip
    running = [] if sys.platform == "win32" else [f"w.npz.{os.getppid()}-0123abcd.saving"]
    for name in (*left, *others, *running):
        (tmp_path / name).touch()
    model(1).save(tmp_path / "w.npz")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*others, *running, "w.npz"])


def test_a_save_leaves_alone_what_another_thread_is_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.npz"
    replace = os.replace

    def second_in_between(*names: Any) -> None:
        monkeypatch.setattr(os, "replace", replace)
        model(2).save(path)
        replace(*names)

    monkeypatch.setattr(os, "replace", second_in_between)
    model(1).save(path)
    m = model(3)
    m.load(path)
    assert unchanged(m, model(1).state_dict())
    assert (os.listdir(tmp_path), weights._SAVING) == (["w.npz"], set())
