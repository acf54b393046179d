"""The IDX format: a magic number that states type and rank, the lengths, the values."""

from __future__ import annotations

import contextlib
import gzip
import math
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt

from tinygrad_lite.errors import DataError

Array = npt.NDArray[Any]

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> Array:
    """Read one array from an IDX file, gzipped or not (told by its first bytes, not its name).

    Returns an array of the shape and the type that the file states (uint8, int8, int16, int32,
    float32 or float64), in native byte order, not scaled.

    Raises DataError if the file cannot be read, is not IDX, or is shorter or longer than its
    own header says. Source of the format: http://yann.lecun.com/exdb/mnist/.

    See also: tg.data.mnist, tg.data.Dataset.

    >>> import tinygrad_lite as tg
    >>> from pathlib import Path
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "three-idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    ...     tg.data.read_idx(path)
    array([7, 8, 9], dtype=uint8)
    """
    source = Path(path)
    with opened(source) as stream:
        array = parse_idx(stream, str(source))
    return array.astype(array.dtype.newbyteorder("="))  # a copy: the parsed one is read-only


@contextlib.contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """`path` for reading, unpacked if it is gzip; what goes wrong inside is a DataError."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield cast(IO[bytes], unpacked)
            else:
                yield raw
    except DataError:
        raise
    except (OSError, EOFError, ValueError, zlib.error) as error:  # ValueError: no path has a NUL in it
        size = f" ({os.path.getsize(path):,} bytes)" if os.path.isfile(path) else ""
        raise DataError(f"cannot read {path}{size}: {error}") from error


def read_up_to(stream: IO[bytes], limit: int) -> bytes:
    """At most `limit` bytes, in pieces: a foreign header may claim more than memory holds."""
    content = bytearray()
    while piece := stream.read(min(1 << 20, limit - len(content))):
        content += piece
    return bytes(content)


def parse_idx(stream: IO[bytes], name: str) -> Array:
    """The array in an IDX stream, read-only and big-endian as it lies there."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES or not magic[3]:
        raise DataError(
            f"{name} is not an IDX file: it begins with {magic.hex(' ') or 'nothing'} instead of "
            "00 00, a type (08 09 0b 0c 0d 0e) and the number of dimensions (at least 1)"
        )
    dtype, ndim = np.dtype(_DTYPES[magic[2]]), magic[3]
    header = stream.read(4 * ndim)
    if len(header) < 4 * ndim:
        raise DataError(f"{name} ends within its header, which states {ndim} dimensions")
    shape = struct.unpack(f">{ndim}I", header)
    size = math.prod(shape) * dtype.itemsize
    body = read_up_to(stream, size + 1)
    if len(body) != size:
        what = f"only {len(body):,} follow" if len(body) < size else "more follow"
        raise DataError(
            f"{name} does not have the length that its header states: {shape} of {dtype.name} "
            f"takes {size:,} bytes after the header, {what}"
        )
    try:
        return np.frombuffer(body, dtype).reshape(shape)
    except ValueError as error:
        raise DataError(f"{name}: NumPy has no array of shape {shape}: {error}") from error
