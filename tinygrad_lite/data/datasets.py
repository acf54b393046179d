"""The data sets, digits and MNIST, and mini-batches of them.

Everything here is plain NumPy: rows are examples, inputs are floats, labels are int64 classes. `import tinygrad_lite`
runs this file, so modules that are slow to import (urllib, hashlib, zipfile) are imported where they are used.
"""

from __future__ import annotations

import functools
import io
import math
import numbers
import os
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tinygrad_lite.data.idx import Array, opened, parse_idx, read_up_to
from tinygrad_lite.errors import DataError, DomainError, DTypeError, ShapeError
from tinygrad_lite.tensor.keywords import answering

__all__ = ["MNIST_MIRRORS", "Dataset", "batches", "digits", "mnist"]

MNIST_MIRRORS: tuple[str, ...] = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
"""Where mnist() downloads from; the next one is asked where one does not answer."""


@dataclass(frozen=True)
class _IdxFile:
    """What an unpacked file must be; its gzip wrapping differs from mirror to mirror."""

    name: str
    size: int
    sha256: str

    @property
    def spellings(self) -> tuple[str, ...]:
        dotted = self.name.replace("-idx", ".idx")  # as some archives unpack it
        return (self.name, f"{self.name}.gz", dotted, f"{dotted}.gz")


# In the order of Dataset's fields: the files are read, and unpacked into it, in this order.
_MNIST_FILES = (
    _IdxFile(
        "train-images-idx3-ubyte",
        47040016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    _IdxFile(
        "train-labels-idx1-ubyte",
        60008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    _IdxFile(
        "t10k-images-idx3-ubyte",
        7840016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    _IdxFile(
        "t10k-labels-idx1-ubyte",
        10008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A training set and a test set; unpacks into its four arrays.

    x_train, x_test: float arrays (examples, pixels). y_train, y_test: int64 arrays (examples,)
    of class indices. Two datasets are equal only if they are the same object.

    See also: tg.data.digits, tg.data.mnist, tg.data.batches.

    >>> import tinygrad_lite as tg
    >>> x_train, y_train, x_test, y_test = tg.data.digits()
    >>> x_train.shape, y_train.shape
    ((1437, 64), (1437,))
    """

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array

    def __iter__(self) -> Iterator[Array]:
        return iter((self.x_train, self.y_train, self.x_test, self.y_test))

    def __repr__(self) -> str:
        x_train, y_train, x_test, y_test = (f"{a.dtype} {a.shape}" for a in self)
        return f"Dataset(x_train: {x_train}, y_train: {y_train},\n        x_test: {x_test}, y_test: {y_test})"


@answering("tg.data.digits")
def digits(*, test_size: int = 360, seed: int = 0, dtype: npt.DTypeLike = np.float64) -> Dataset:
    """The 1,797 handwritten 8x8 digits that come with the package: no download.

    x: float (examples, 64), in [0, 1] in steps of 1/16, row by row: `x.reshape(-1, 8, 8)` are
    the pictures. y: int64 (examples,), 0 to 9. The examples are shuffled by
    `np.random.default_rng(seed)`, and the last `test_size` of them (1 to 1,796) are the test
    set. The same arguments give the same split, as long as NumPy keeps its stream.

    Raises DomainError for a test_size or seed out of range, DTypeError for one that is no
    integer and for a dtype other than float32 and float64, DataError if the installed file is
    missing or damaged.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository, 1998, doi 10.24432/C50P49, CC BY 4.0; the test half, as scikit-learn
    ships it.

    See also: tg.data.mnist, tg.data.batches.

    >>> import tinygrad_lite as tg
    >>> tg.data.digits(dtype="float32")
    Dataset(x_train: float32 (1437, 64), y_train: int64 (1437,),
            x_test: float32 (360, 64), y_test: int64 (360,))
    """
    wanted = _float_dtype(dtype)
    raw_x, raw_y = _read_digits()
    count = len(raw_x)
    held_out = _integer("test_size", test_size, 1, count - 1)
    order = np.random.default_rng(_integer("seed", seed, 0)).permutation(count)
    x, y = _scaled(raw_x[order], 16.0, wanted), raw_y[order].astype(np.int64)
    cut = count - held_out
    return Dataset(x[:cut], y[:cut], x[cut:], y[cut:])


def _read_digits() -> tuple[Array, Array]:
    import zipfile
    from importlib import resources

    file = resources.files("tinygrad_lite.data") / "files" / "digits.npz"
    try:
        with file.open("rb") as handle, np.load(handle, allow_pickle=False) as archive:
            x, y = archive["x"], archive["y"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"the digits that come with tinygrad_lite cannot be read from {file}: {error}. Reinstall tinygrad_lite."
        ) from error
    if (x.shape, y.shape, x.dtype, y.dtype) != ((1797, 64), (1797,), np.uint8, np.uint8):
        raise DataError(
            f"{file} does not hold the digits that come with tinygrad_lite: expected uint8 "
            f"(1797, 64) and (1797,), got {x.dtype} {x.shape} and {y.dtype} {y.shape}. "
            "Reinstall tinygrad_lite."
        )
    return x, y


@answering("tg.data.mnist")
def mnist(
    directory: str | os.PathLike[str] | None = None,
    *,
    scale: float = 255.0,
    dtype: npt.DTypeLike = np.float64,
) -> Dataset:
    """MNIST: 60,000 training and 10,000 test images of handwritten digits, 28x28 pixels.

    x: float (examples, 784), the pixel bytes 0 to 255 divided by `scale`: in [0, 1] for 255;
    256 gives Nielsen's pixels, in [0, 255/256]. `x.reshape(-1, 28, 28)` are the pictures.
    y: int64 (examples,), 0 to 9. In float64, x_train takes 376 MB, in float32 half of that.

    The four IDX files, gzipped or not, are read from `directory`, else from the directory that
    the environment variable TINYGRAD_LITE_DATA names; nothing is ever written there. With
    neither they are downloaded once (11 MB) into the user's cache: tinygrad_lite/mnist in
    XDG_CACHE_HOME, ~/.cache, or on Windows LOCALAPPDATA. An interrupted download goes on
    where it stopped. Size and SHA-256 of the content are checked on every read.

    Raises DataError if a file is missing, damaged or not MNIST's, or cannot be downloaded;
    DomainError for a scale that is not positive and finite, DTypeError for one that is no
    number and for a dtype other than float32 and float64.

    Source: Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits.

    See also: tg.data.digits, tg.data.read_idx, tg.data.MNIST_MIRRORS.

    >>> import tinygrad_lite as tg
    >>> x_train, y_train, x_test, y_test = tg.data.mnist()  # doctest: +SKIP
    >>> x_train.shape  # doctest: +SKIP
    (60000, 784)
    """
    wanted = _float_dtype(dtype)
    divisor = _positive("scale", scale)
    named = directory if directory is not None else os.environ.get("TINYGRAD_LITE_DATA") or None
    files = _cached_files() if named is None else _named_files(Path(named))
    x_train, y_train, x_test, y_test = (parse_idx(io.BytesIO(f), "MNIST") for f in files)
    return Dataset(
        _scaled(x_train.reshape(len(x_train), -1), divisor, wanted),
        y_train.astype(np.int64),
        _scaled(x_test.reshape(len(x_test), -1), divisor, wanted),
        y_test.astype(np.int64),
    )


@answering("tg.data.batches")
def batches(
    x: Array,
    y: Array,
    size: int,
    rng: np.random.Generator | None = None,
    *,
    shuffle: bool = True,
    drop_last: bool = False,
) -> Iterator[tuple[Array, Array]]:
    """Mini-batches of `size` examples in random order: each example once, copies of the rows.

    x, y: NumPy arrays with the same number of rows, at least one. Yields (x_batch, y_batch).
    The last batch holds what is left over, fewer than `size`, unless `drop_last` leaves it
    out. The order is drawn from `rng` when `batches` is called, so one call is one epoch. With
    shuffle=False it is that of the rows, as one wants to compute what all examples give, and no
    `rng` is needed.

    Raises, at the call and not at the first batch: ShapeError if the rows do not agree or no
    batch can be made of them, DomainError for a size below 1, DTypeError for what is not an
    array, an integer, a Generator.

    See also: tg.data.digits, tg.data.Dataset.

    >>> import numpy as np, tinygrad_lite as tg
    >>> data = tg.data.digits()
    >>> epoch = tg.data.batches(data.x_train, data.y_train, 500, np.random.default_rng(1))
    >>> [(x.shape, y.shape) for x, y in epoch]
    [((500, 64), (500,)), ((500, 64), (500,)), ((437, 64), (437,))]
    """
    for name, array in (("x", x), ("y", y)):
        if not isinstance(array, np.ndarray):
            raise DTypeError(f"{name} must be a NumPy array, got {type(array).__name__}")
        if array.ndim == 0:
            raise ShapeError(f"{name} must have rows, got a 0-d array: {array!r}")
    if shuffle and not isinstance(rng, np.random.Generator):
        raise DTypeError(
            "rng must be a generator for a random order: make rng = np.random.default_rng(seed) once, before the "
            f"epochs, or write shuffle=False for the order of the rows; got {rng!r}"
        )
    count, step = len(x), _integer("size", size, 1)
    if count != len(y):
        raise ShapeError(f"x and y must have the same number of rows, one per example: got {x.shape} and {y.shape}")
    if count == 0 or (drop_last and count < step):
        raise ShapeError(
            f"no batch of {step} can be made of {count} examples (drop_last={drop_last}): "
            "give more examples or a smaller size"
        )
    order = rng.permutation(count) if shuffle and rng is not None else np.arange(count)
    stop = count - count % step if drop_last else count
    # A generator expression, so that the checks above run now and not at the first batch.
    picks = (order[start : start + step] for start in range(0, stop, step))
    return ((x[pick], y[pick]) for pick in picks)


def _named_files(directory: Path) -> Iterator[bytes]:
    """The four files' contents from a directory of the user's, which is only read."""
    remedy = (
        f"Put the files from {MNIST_MIRRORS[0]} there, gzipped or not; or call mnist() with no "
        "directory and TINYGRAD_LITE_DATA unset, and they are downloaded into a cache."
    )
    try:
        folder = directory.expanduser()
        present = {entry.name for entry in folder.iterdir() if entry.is_file()}
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: no home for a ~; ValueError: a NUL
        raise DataError(f"cannot look for MNIST in {directory}: {error}. {remedy}") from error
    found = [next((n for n in f.spellings if n in present), None) for f in _MNIST_FILES]
    missing = [f.name for f, name in zip(_MNIST_FILES, found, strict=True) if name is None]
    if missing:
        raise DataError(
            f"{folder} lacks {len(missing)} of MNIST's {len(found)} files: "
            f"{', '.join(missing)} (each may end in .gz). {remedy}"
        )
    for file, name in zip(_MNIST_FILES, found, strict=True):
        try:
            yield _read_checked(folder / str(name), file)
        except DataError as error:
            raise DataError(f"{error}. {remedy} For other IDX data use read_idx.") from error


def _cached_files() -> Iterator[bytes]:
    """The four files' contents from the cache, each downloaded if it is not there or damaged."""
    from tinygrad_lite.data.download import fetch

    cache = _cache_directory()
    for file in _MNIST_FILES:
        target = cache / f"{file.name}.gz"
        if os.path.exists(target):  # unlike Path.exists, False where it may not be looked at
            try:
                yield _read_checked(target, file)
                continue
            except DataError as error:
                print(f"tinygrad_lite: {error}. Downloading it again.", file=sys.stderr)
        urls = [f"{mirror}{file.name}.gz" for mirror in MNIST_MIRRORS]
        # gzip makes nothing longer than this: five bytes for every block, and a name.
        most = file.size + file.size // 1000 + 4096
        fetch(urls, target, functools.partial(_read_checked, file=file), most)
        yield _read_checked(target, file)


def _cache_directory(platform: str = sys.platform) -> Path:
    variable = "LOCALAPPDATA" if platform == "win32" else "XDG_CACHE_HOME"
    fallback = "AppData/Local" if platform == "win32" else ".cache"
    stated = Path(os.environ.get(variable, ""))
    try:
        # The XDG specification has a relative path ignored.
        base = stated if stated.is_absolute() else Path.home() / fallback
    except RuntimeError as error:
        raise DataError(
            f"there is no home directory to keep MNIST in ({error}): set {variable}, or "
            "TINYGRAD_LITE_DATA to a directory that holds the files"
        ) from error
    return base / "tinygrad_lite" / "mnist"


def _read_checked(path: Path, file: _IdxFile) -> bytes:
    """The unpacked content of `path`, or DataError if it is not exactly `file`."""
    import hashlib

    with opened(path) as stream:
        content = read_up_to(stream, file.size + 1)
    seen = f"it begins with {content[:8].hex(' ') or 'nothing'}"
    if len(content) != file.size:
        size = f"{len(content):,}" if len(content) < file.size else f"more than {file.size:,}"
        raise DataError(f"{path} is not {file.name}: {size} bytes unpacked instead of {file.size:,}; {seen}")
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise DataError(
            f"{path} is not {file.name}, though it has its size: SHA-256 of the unpacked bytes "
            f"is {found} instead of {file.sha256}; {seen}"
        )
    return content


def _float_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    try:
        found = np.dtype(dtype)
    except TypeError as error:
        raise DTypeError(f"dtype must be float32 or float64, got {dtype!r}") from error
    if found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise DTypeError(f"dtype must be float32 or float64, got {found}")
    return found


def _integer(name: str, value: int, low: int, high: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise DTypeError(f"{name} must be an integer, got {value!r}")
    if value < low or (high is not None and value > high):
        limits = f"at least {low}" if high is None else f"from {low} to {high:,}"
        raise DomainError(f"{name} must be {limits}, got {value}")
    return int(value)


def _positive(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise DTypeError(f"{name} must be a number such as 255.0, got {value!r}")
    if not (math.isfinite(value) and value > 0):
        raise DomainError(f"{name} must be positive and finite, got {value!r}")
    return float(value)


def _scaled(raw: Array, divisor: float, dtype: np.dtype[Any]) -> Array:
    x = raw.astype(dtype)
    x /= divisor  # in place: MNIST is large enough to matter
    return x
