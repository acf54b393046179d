"""Results that are written where the user says: pictures, derivations, exercises, programs."""

from __future__ import annotations

import errno
import os

from tinygrad_lite.errors import WriteError

__all__ = ["write"]

_NO_FOLDER = "Make that directory first, or choose one that is there."
_WAYS_OUT = {
    errno.ENOENT: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
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
        reason = getattr(error, "strerror", None) or error
        way_out = _WAYS_OUT.get(getattr(error, "errno", 0), "Choose a directory that you may write to.")
        raise WriteError(f"cannot write {os.fspath(path)!r}: {reason}. {way_out}") from error
