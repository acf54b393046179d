"""Results that are written where the user says: pictures, derivations, exercises, programs."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from tinygrad_lite.errors import WriteError

__all__ = ["make_directory", "place_for_results", "write"]

_NO_FOLDER = "Make that directory first, or choose one that is there."
_WAYS_OUT = {
    errno.ENOENT: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
    errno.EEXIST: "A file has that name: choose another one.",
    errno.EISDIR: "Give the name of a file in it.",
    errno.ENOSPC: "Make room there, or choose another place.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


def write(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write bytes, or a text as UTF-8, to a file. Raises WriteError, with the reason and the way out.

    >>> write("/nowhere/picture.svg", "<svg/>")
    Traceback (most recent call last):
    tinygrad_lite.errors.WriteError: cannot write '/nowhere/picture.svg': ...
    """
    try:
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
    except (OSError, ValueError) as error:  # ValueError: no path has a NUL in it
        raise _refused("write", path, error) from error


def make_directory(path: str | os.PathLike[str]) -> None:
    """Make a directory, and those above it, where it is not there yet. Raises WriteError."""
    try:
        os.makedirs(path, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _refused("make the directory", path, error) from error


def _refused(what: str, path: str | os.PathLike[str], error: Exception) -> WriteError:
    reason = getattr(error, "strerror", None) or error
    way_out = _WAYS_OUT.get(getattr(error, "errno", 0), "Choose a directory that you may write to.")
    return WriteError(f"cannot {what} {os.fspath(path)!r}: {reason}. {way_out}")


def place_for_results() -> Path:
    """The directory out/ here, which is made; where that cannot be written to, a new one for temporary files."""
    here = Path("out")
    try:
        here.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=here).close()  # to ask for permissions would not see a file system that is read-only
    except OSError:
        return Path(tempfile.mkdtemp(prefix="tinygrad-lite-"))
    return here
