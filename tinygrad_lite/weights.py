"""Weights as .npz files: written so that a crash loses nothing, and read so that a foreign file does no harm."""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

import numpy as np

from tinygrad_lite.errors import StateError

__all__ = ["read", "write"]

Array = np.ndarray[Any, Any]
Shapes = dict[str, tuple[int, ...]]

_HEADER = 10_000  # bytes: NumPy's own limit for the header of an array
_LEFTOVER = re.compile(r"\.(\d+)-[0-9a-f]{8}\.saving")
_SAVING: set[str] = set()  # the temporary files that this process is writing


def write(path: str | os.PathLike[str], state: Mapping[str, Any]) -> None:
    """Write arrays by name: to a temporary file first, then renamed.

    A link keeps pointing where it does. What a save that was killed has left there is removed.
    Raises StateError for what is no regular file, and where the directory cannot be written to.
    """
    shown, temporary = os.fspath(path), None
    try:
        target = os.path.realpath(shown) if os.path.islink(shown) else shown
        if os.path.lexists(target) and not os.path.isfile(target):
            what = "a directory" if os.path.isdir(target) else "a device, a pipe or a broken link"
            raise OSError(f"it is {what}, and no regular file")
        _remove_leftovers(target)
        temporary = f"{target}.{os.getpid()}-{os.urandom(4).hex()}.saving"
        _SAVING.add(temporary)
        with open(temporary, "xb") as file:
            _write_archive(file, state)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except (OSError, ValueError) as error:  # ValueError: no path has a NUL in it
        reason = getattr(error, "strerror", None) or error
        raise StateError(
            f"cannot write the weights to {shown!r}: {reason}. Choose a directory that you may write to, and a new name in it."
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError, ValueError):
                os.unlink(temporary)
            _SAVING.discard(temporary)


def _write_archive(file: IO[bytes], state: Mapping[str, Any]) -> None:
    """What np.savez writes, and np.load reads.

    np.savez itself keeps the names `file` and `allow_pickle`, and before NumPy 2.2 leaves its archive open when it fails.
    """
    import zipfile  # loaded at the first file, so that an import of the package does not wait for it

    with zipfile.ZipFile(file, "w") as archive:
        for name, array in state.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:  # an array may be larger than it expects
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def _remove_leftovers(target: str) -> None:
    """Remove the temporary files of saves to this file whose process has ended."""
    folder, name = os.path.split(target)
    with contextlib.suppress(OSError):
        for entry in os.listdir(folder or "."):
            found = _LEFTOVER.fullmatch(entry.removeprefix(name)) if entry.startswith(name) else None
            path = os.path.join(folder, entry)
            if found is not None and path not in _SAVING and not _runs(int(found[1])):
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _runs(pid: int) -> bool:
    """Whether another process with this number runs."""
    if pid == os.getpid() or sys.platform == "win32":
        return False  # Windows removes no file that is open, so there is no need to ask
    try:
        os.kill(pid, 0)  # sends nothing
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # it runs, and belongs to another user
    return True


def read(path: str | os.PathLike[str], check: Callable[[Shapes], None]) -> dict[str, Array]:
    """The arrays of a file that write() wrote.

    check: is given the shapes by name before any array is unpacked, and raises StateError where they do not fit: a small
    file may unpack to more than memory holds. Nothing is ever unpickled.
    Raises StateError for a file that is missing, damaged or of another kind.
    """
    import zipfile  # loaded at the first file, so that an import of the package does not wait for it

    shown = os.fspath(path)
    try:
        with open(path, "rb", opener=_regular) as raw, zipfile.ZipFile(raw) as archive:
            members = archive.infolist()
            names = [m.filename.removesuffix(".npy") for m in members]
            if len(set(names)) < len(names) or not all(m.filename.endswith(".npy") for m in members):
                raise ValueError("its members are no arrays, or two have one name")
            shapes = {name: _shape(archive, m) for name, m in zip(names, members, strict=True)}
            check(shapes)
            return {name: _array(archive, m) for name, m in zip(names, members, strict=True)}
    except FileNotFoundError:
        raise StateError(f"there is no weight file {shown}. Check the path, or save() first.") from None
    except StateError:
        raise
    except Exception as error:  # zip, zlib, header and path errors: all mean the same to a user
        raise StateError(f"{shown!r} is no readable .npz of weights ({error}). Save it again.") from error


def _regular(path: str, flags: int) -> int:
    """Open a regular file only: a pipe would wait for a writer, and a device has no end."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("it is no regular file")
    return descriptor


def _shape(archive: Any, member: Any) -> tuple[int, ...]:
    """The shape of an array, from its header alone. Raises ValueError for what holds no real numbers."""
    with archive.open(member) as stream:
        start = io.BytesIO(stream.read(_HEADER + 12))  # a header states its own length, which may be anything
    version = np.lib.format.read_magic(start)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"arrays of version {version} are none of weights")
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = reader(start, max_header_size=_HEADER)
    if dtype.kind not in "fiub" or dtype.hasobject:
        raise ValueError(f"it holds {dtype}, and no real numbers; nothing is unpickled")
    return tuple(shape)


def _array(archive: Any, member: Any) -> Array:
    with archive.open(member) as stream:
        array: Array = np.lib.format.read_array(stream, allow_pickle=False)
        if stream.read(1):
            raise ValueError(f"{member.filename} goes on after its array")
        return array
