"""Digits, MNIST from a directory, IDX files, mini-batches. Downloads: test_download.py."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.repository import MNIST, needs_mnist
from tinygrad_lite.data import datasets as data
from tinygrad_lite.data.idx import parse_idx, read_idx
from tinygrad_lite.errors import DataError, DomainError, DTypeError, ShapeError

NAMES = [file.name for file in data._MNIST_FILES]


def idx(array: np.ndarray[Any, Any], code: int = 0x08) -> bytes:
    big = array.astype(array.dtype.newbyteorder(">"))
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape) + big.tobytes()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Four small files in MNIST's form, entered into the table as if they were MNIST."""
    rng = np.random.default_rng(5)
    contents = {}
    for name, shape in zip(NAMES, [(7, 4, 3), (7,), (5, 4, 3), (5,)], strict=True):
        high = 256 if len(shape) == 3 else 10
        contents[name] = idx(rng.integers(0, high, shape).astype(np.uint8))
    table = tuple(
        data._IdxFile(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in contents.items()
    )
    monkeypatch.setattr(data, "_MNIST_FILES", table)
    monkeypatch.delenv("TINYGRAD_LITE_DATA", raising=False)
    return contents


def put(folder: Path, contents: dict[str, bytes], spell: Callable[[str], str] = str) -> Path:
    for name, content in contents.items():
        spelt = spell(name)
        packed = gzip.compress(content) if spelt.endswith(".gz") else content
        (folder / spelt).write_bytes(packed)
    return folder


# -- Dataset and digits


def test_dataset_unpacks_is_frozen_and_shows_shapes() -> None:
    arrays = [np.zeros((3, 2), np.float32), np.zeros(3, int), np.ones((1, 2)), np.ones(1, int)]
    dataset = data.Dataset(*arrays)
    assert all(a is b for a, b in zip(dataset, arrays, strict=True))
    assert repr(dataset) == (
        "Dataset(x_train: float32 (3, 2), y_train: int64 (3,),\n        x_test: float64 (1, 2), y_test: int64 (1,))"
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.x_train = arrays[0]  # type: ignore[misc]
    assert dataset == dataset
    assert dataset != data.Dataset(*arrays)


def test_digits_are_the_ones_of_scikit_learn() -> None:
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    wanted = load_digits()
    x, y = data._read_digits()
    assert np.array_equal(x, wanted.data)
    assert np.array_equal(y, wanted.target)


def test_digits_have_the_published_checksums() -> None:
    readme = (Path(data.__file__).parent / "files" / "README.md").read_text("utf-8")
    for array in data._read_digits():
        assert hashlib.sha256(array.tobytes()).hexdigest() in readme
    for words in ("E. Alpaydin and C. Kaynak", "10.24432/C50P49", "CC BY 4.0", "test half"):
        assert words in readme


def test_digits_split_every_example_once_and_keep_pairs_together() -> None:
    raw_x, raw_y = data._read_digits()
    d = data.digits(test_size=97, seed=3)
    assert (len(d.x_train), len(d.x_test)) == (1700, 97)
    rows = np.column_stack([np.vstack([d.x_train, d.x_test]) * 16, np.append(d.y_train, d.y_test)])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, np.column_stack([raw_x, raw_y])))
    assert d.y_train.dtype == d.y_test.dtype == np.int64
    assert set(d.y_train) == set(d.y_test) == set(range(10))
    assert (d.x_train.min(), d.x_train.max()) == (0, 1)


def test_digits_split_is_the_documented_one() -> None:
    raw_x, raw_y = data._read_digits()
    order = np.random.default_rng(0).permutation(1797)
    d = data.digits()
    assert np.array_equal(d.x_train * 16, raw_x[order[:1437]])
    assert np.array_equal(d.y_test, raw_y[order[1437:]])
    # Published results hang on it: if NumPy changes its stream, this is where we learn of it.
    assert d.y_test[:12].tolist() == [0, 8, 8, 9, 8, 3, 7, 5, 0, 6, 6, 3]
    assert not np.array_equal(data.digits(seed=1).y_test, d.y_test)


@pytest.mark.parametrize("dtype", [np.float32, "float64", np.dtype("f4"), float])
def test_dtypes(dtype: Any, small: dict[str, bytes], tmp_path: Path) -> None:
    for d in (data.digits(dtype=dtype), data.mnist(put(tmp_path, small), dtype=dtype)):
        assert d.x_train.dtype == d.x_test.dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", [np.float16, int, ">f8", "complex128", "nonsense", object])
@pytest.mark.parametrize("load", [data.digits, data.mnist])
def test_other_dtypes_are_refused(load: Callable[..., Any], dtype: Any) -> None:
    with pytest.raises(DTypeError, match="dtype must be float32 or float64, got"):
        load(dtype=dtype)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"test_size": 0}, DomainError, "test_size must be from 1 to 1,796, got 0"),
        ({"test_size": 1797}, DomainError, "test_size must be from 1 to 1,796, got 1797"),
        ({"test_size": 0.2}, DTypeError, "test_size must be an integer, got 0.2"),
        ({"test_size": True}, DTypeError, "test_size must be an integer, got True"),
        ({"seed": -1}, DomainError, "seed must be at least 0, got -1"),
        ({"seed": None}, DTypeError, "seed must be an integer, got None"),
    ],
)
def test_digits_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        data.digits(**arguments)


def test_digits_at_the_limits() -> None:
    assert len(data.digits(test_size=1).x_test) == 1
    assert len(data.digits(test_size=np.int32(1796)).x_train) == 1  # type: ignore[arg-type]


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def spoilt(archive: bytes) -> bytes:
    at = archive.index(b"x.npy") + 30  # inside the compressed bytes of the first array
    return archive[:at] + b"\xff" * 8 + archive[at + 8 :]


X, Y = np.zeros((1797, 64), np.uint8), np.zeros(1797, np.uint8)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"", "cannot be read"),
        (b"junk that is no archive", "cannot be read"),
        (b"PK\x03\x04 half an archive", "cannot be read"),
        (spoilt(npz(x=X, y=Y)), "cannot be read"),
        (npz(x=X), "cannot be read"),
        (npz(x=X, y=np.array([{}])), "cannot be read"),
        (npz(x=X.astype(float), y=Y), r"got float64 \(1797, 64\)"),
        (npz(x=X, y=Y[:3]), r"uint8 \(3,\)"),
    ],
)
def test_damaged_installation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, message: str
) -> None:
    (tmp_path / "files").mkdir()
    if content is not None:
        (tmp_path / "files" / "digits.npz").write_bytes(content)
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    with pytest.raises(DataError, match=message) as caught:
        data.digits()
    assert "Reinstall" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


# -- MNIST from a directory


def dotted(name: str) -> str:
    return name.replace("-idx", ".idx")


@pytest.mark.parametrize("spell", [str, lambda n: n + ".gz", dotted, lambda n: dotted(n) + ".gz"], ids=range(4))
def test_mnist_from_a_directory(small: dict[str, bytes], tmp_path: Path, spell: Callable[[str], str]) -> None:
    d = data.mnist(put(tmp_path, small, spell))
    for x, y, images, labels in (
        (d.x_train, d.y_train, NAMES[0], NAMES[1]),
        (d.x_test, d.y_test, NAMES[2], NAMES[3]),
    ):
        pixels = np.frombuffer(small[images][16:], np.uint8).reshape(-1, 12)
        assert np.array_equal(x, pixels / 255)
        assert x.dtype == np.float64
        assert y.tolist() == list(small[labels][8:])
        assert y.dtype == np.int64
        assert x.flags.writeable
        assert y.flags.writeable


def test_directory_comes_before_environment(
    small: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    put(tmp_path, small)
    monkeypatch.setenv("TINYGRAD_LITE_DATA", "~")
    assert len(data.mnist().x_train) == 7
    (tmp_path / "other").mkdir()
    with pytest.raises(DataError, match="other lacks 4 of MNIST's 4 files"):
        data.mnist(tmp_path / "other")
    monkeypatch.setenv("TINYGRAD_LITE_DATA", "/nowhere")
    assert len(data.mnist(str(tmp_path)).x_train) == 7


@pytest.mark.parametrize("scale", [256.0, 1, np.float32(128), np.int64(16)])
def test_scale(small: dict[str, bytes], tmp_path: Path, scale: float) -> None:
    pixels = np.frombuffer(small[NAMES[0]][16:], np.uint8).reshape(-1, 12)
    assert np.array_equal(data.mnist(put(tmp_path, small), scale=scale).x_train, pixels / scale)


@pytest.mark.parametrize("scale", [0, -255.0, float("nan"), float("inf")])
def test_scale_out_of_range(scale: float) -> None:
    with pytest.raises(DomainError, match="scale must be positive and finite, got"):
        data.mnist(scale=scale)


@pytest.mark.parametrize("scale", ["255", None, True, 255j])
def test_scale_of_another_type(scale: Any) -> None:
    with pytest.raises(DTypeError, match=r"scale must be a number such as 255\.0, got"):
        data.mnist(scale=scale)


def test_missing_files_are_named_with_both_ways_out(small: dict[str, bytes], tmp_path: Path) -> None:
    put(tmp_path, small)
    (tmp_path / NAMES[1]).unlink()
    (tmp_path / NAMES[1]).mkdir()  # some archives unpack to a folder of the file's name
    (tmp_path / NAMES[2]).unlink()
    with pytest.raises(DataError) as caught:
        data.mnist(tmp_path)
    assert f"{tmp_path} lacks 2 of MNIST's 4 files: {NAMES[1]}, {NAMES[2]} (" in str(caught.value)
    assert data.MNIST_MIRRORS[0] in str(caught.value)
    assert "TINYGRAD_LITE_DATA unset" in str(caught.value)


@pytest.mark.parametrize("what", ["absent", "a file", "no home"])
def test_directory_that_is_none(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "here"
    if what == "a file":
        path.write_bytes(b"")
    if what == "no home":
        path = Path("~nobody-of-this-name")
    with pytest.raises(DataError, match=r"cannot look for MNIST in .*Put the files from") as caught:
        data.mnist(path)
    assert caught.value.__cause__ is not None
    assert str(path) in str(caught.value)


def damage(content: bytes, how: str) -> bytes:
    packed = gzip.compress(content)
    return {
        "cut": content[:-1],
        "empty": b"",
        "longer": content + b"\0",
        "flipped": content[:-1] + bytes([content[-1] ^ 1]),
        "page": b"<!DOCTYPE html>",
        "cut gzip": packed[:-9],
        "bad gzip": packed[:30] + bytes([packed[30] ^ 255]) + packed[31:],
        "gzip of less": gzip.compress(content[:50]),
        "gzip of no end": gzip.compress(content + bytes(10**7)),
        "gzip with a tail": packed + b"tail",
    }[how]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("cut", "is not NAME: 99 bytes unpacked instead of 100; it begins with 00 00 08 03"),
        ("empty", "is not NAME: 0 bytes unpacked instead of 100; it begins with nothing"),
        ("longer", "is not NAME: more than 100 bytes unpacked instead of 100"),
        ("flipped", "is not NAME, though it has its size: SHA-256 of the unpacked bytes is "),
        ("page", "is not NAME: 15 bytes unpacked instead of 100; it begins with 3c 21 44 4f"),
        ("cut gzip", "cannot read PATH ("),
        ("bad gzip", "cannot read PATH ("),
        ("gzip of less", "is not NAME: 50 bytes unpacked instead of 100"),
        ("gzip of no end", "is not NAME: more than 100 bytes unpacked"),
        ("gzip with a tail", "cannot read PATH ("),
    ],
)
def test_damaged_files_in_a_directory(small: dict[str, bytes], tmp_path: Path, how: str, message: str) -> None:
    put(tmp_path, small)
    path = tmp_path / NAMES[0]
    path.write_bytes(damage(small[NAMES[0]], how))
    with pytest.raises(DataError) as caught:
        data.mnist(tmp_path)
    text = str(caught.value)
    assert message.replace("NAME", NAMES[0]).replace("PATH", str(path)) in text
    assert str(path) in text
    assert "Put the files from" in text
    assert "use read_idx" in text
    if how == "flipped":
        assert hashlib.sha256(path.read_bytes()).hexdigest() in text
    if "cannot read" in message:
        assert caught.value.__cause__ is not None
        assert f"({path.stat().st_size:,} bytes)" in text


@needs_mnist
def test_real_mnist() -> None:
    x_train, y_train, x_test, y_test = data.mnist(MNIST, dtype=np.float32)
    assert (x_train.shape, y_train.shape) == ((60000, 784), (60000,))
    assert (x_test.shape, y_test.shape) == ((10000, 784), (10000,))
    assert (x_train.min(), x_train.max()) == (0, 1)
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert x_train.mean(dtype=np.float64) == pytest.approx(0.1306605, abs=1e-6)


# -- IDX files


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("code", "dtype"),
    [(0x08, "u1"), (0x09, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")],
)
@pytest.mark.parametrize("shape", [(6,), (2, 3), (1, 2, 3, 1), (0, 4)])
def test_read_idx_of_every_type(tmp_path: Path, code: int, dtype: str, shape: tuple[int, ...], packed: bool) -> None:
    low = -3 if dtype[0] != "u" else 250
    wanted = (np.arange(low, low + np.prod(shape)) * 1.0).astype(dtype).reshape(shape)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(idx(wanted, code)) if packed else idx(wanted, code))
    for given_path in (path, str(path)):
        array = read_idx(given_path)
        assert array.dtype == np.dtype(dtype)
        assert array.dtype.isnative
        assert array.flags.writeable
        assert np.array_equal(array, wanted)
        assert array.shape == shape


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an IDX file: it begins with nothing instead of 00 00"),
        (b"\0\0\x08", "is not an IDX file: it begins with 00 00 08 instead"),
        (b"\0\1\x08\1\0\0\0\1x", "is not an IDX file: it begins with 00 01 08 01"),
        (b"\0\0\x0a\1\0\0\0\1x", "is not an IDX file: it begins with 00 00 0a 01"),
        (b"\0\0\x08\0x", "is not an IDX file: it begins with 00 00 08 00"),
        (b"\0\0\x08\2\0\0\0\1\0\0\0", "ends within its header, which states 2 dimensions"),
        (b"\0\0\x08\1\0\0\0\3xy", "(3,) of uint8 takes 3 bytes after the header, only 2 follow"),
        (b"\0\0\x08\1\0\0\0\3xyz1", "(3,) of uint8 takes 3 bytes after the header, more follow"),
        (b"\0\0\x0b\1\0\0\0\2xyz", "(2,) of int16 takes 4 bytes after the header, only 3 follow"),
        (b"\0\0\x0e\2" + b"\xff" * 8 + b"x", "bytes after the header, only 1 follow"),
        (b"\0\0\x08\x41" + b"\0\0\0\1" * 65 + b"x", "NumPy has no array of shape (1, 1,"),
        (b"\x1f\x8bxx", "cannot read"),
    ],
)
def test_read_idx_refuses(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["absent", "."])
def test_read_idx_of_what_is_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="cannot read") as caught:
        read_idx(tmp_path / name)
    assert isinstance(caught.value.__cause__, OSError)


@given(st.binary(max_size=40) | st.binary(max_size=60).map(lambda b: b"\0\0\x08" + b))
@example(b"\0\0\x08\4" + b"\0\0\0\0" + b"\xff" * 12)
def test_any_bytes_give_an_array_or_a_data_error(content: bytes) -> None:
    try:
        array = parse_idx(io.BytesIO(content), "file")
    except DataError:
        return
    assert array.nbytes == len(content) - 4 - 4 * array.ndim


# -- batches


@given(st.integers(1, 40), st.integers(1, 50), st.booleans(), st.integers(0, 99))
def test_batches_give_each_example_at_most_once(n: int, size: int, drop: bool, seed: int) -> None:
    x, y = np.arange(2 * n).reshape(n, 2), np.arange(n)
    if drop and size > n:
        with pytest.raises(ShapeError, match=f"no batch of {size} can be made of {n} examples"):
            data.batches(x, y, size, np.random.default_rng(seed), drop_last=True)
        return
    pairs = list(data.batches(x, y, size, np.random.default_rng(seed), drop_last=drop))
    sizes = [len(b) for _, b in pairs]
    assert sizes == [size] * (n // size) + ([n % size] if n % size and not drop else [])
    rows, labels = np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])
    assert np.array_equal(rows[:, 0], 2 * labels)
    order = np.random.default_rng(seed).permutation(n)
    assert np.array_equal(labels, order[: len(labels)])


def test_batches_are_copies_and_take_one_hot_labels() -> None:
    x, y = np.zeros((4, 2), np.float32), np.eye(4)
    (a, b), *_ = data.batches(x, y, np.int64(3), np.random.default_rng(0))  # type: ignore[arg-type]
    a += 1
    assert a.dtype == np.float32
    assert b.shape == (3, 4)
    assert not x.any()


@given(st.integers(1, 40), st.integers(1, 50))
def test_batches_that_are_not_shuffled_are_the_rows_in_order_and_copies(n: int, size: int) -> None:
    x, y = np.arange(2.0 * n).reshape(n, 2), np.arange(n)
    pairs = list(data.batches(x, y, size, shuffle=False))
    assert [len(a) for a, _ in pairs] == [min(size, n - start) for start in range(0, n, size)]
    assert np.array_equal(np.concatenate([a for a, _ in pairs]), x)
    assert np.array_equal(np.concatenate([b for _, b in pairs]), y)
    assert not any(np.shares_memory(a, x) for a, _ in pairs)


def test_batches_that_are_not_shuffled_draw_nothing() -> None:
    rng, x = np.random.default_rng(7), np.arange(9)
    list(data.batches(x, x, 2, rng, shuffle=False))
    assert rng.integers(1000) == np.random.default_rng(7).integers(1000)


def test_batches_draw_at_the_call() -> None:
    rng, x = np.random.default_rng(7), np.arange(9)
    first, second = data.batches(x, x, 9, rng), data.batches(x, x, 9, rng)
    twin = np.random.default_rng(7)
    wanted = [twin.permutation(9), twin.permutation(9)]
    assert np.array_equal(next(second)[0], wanted[1])
    assert np.array_equal(next(first)[0], wanted[0])


RNG = np.random.default_rng(0)
THREE = np.zeros(3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1, 2, 3], THREE, 1, RNG), DTypeError, "x must be a NumPy array, got list"),
        ((THREE, [1, 2, 3], 1, RNG), DTypeError, "y must be a NumPy array, got list"),
        ((np.array(1.0), THREE, 1, RNG), ShapeError, "x must have rows, got a 0-d array"),
        ((THREE, np.zeros((2, 3)), 1, RNG), ShapeError, r"got \(3,\) and \(2, 3\)"),
        ((THREE[:0], THREE[:0], 1, RNG), ShapeError, "no batch of 1 can be made of 0 examples"),
        ((THREE, THREE, 0, RNG), DomainError, "size must be at least 1, got 0"),
        ((THREE, THREE, 2.0, RNG), DTypeError, "size must be an integer, got 2.0"),
        ((THREE, THREE, 1, 42), DTypeError, "rng must be a generator.*got 42"),
        (
            (THREE, THREE, 1),
            DTypeError,
            r"before the epochs, or write shuffle=False for the order of the rows; got None",
        ),
        ((THREE, THREE, 1, random), DTypeError, "rng must be a generator.*got <module"),
    ],
)
def test_batches_arguments(arguments: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        data.batches(*arguments)


def test_a_path_with_a_nul_is_an_error_of_ours() -> None:
    with pytest.raises(DataError, match="null"):
        data.mnist("a\0b")
    with pytest.raises(DataError, match="null"):
        read_idx("a\0b")
