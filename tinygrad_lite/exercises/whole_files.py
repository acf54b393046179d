"""Files that are written whole or not at all, and that never take the place of an answer."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path

LARGEST = 100_000
"""How many bytes of a file of answers are looked at. A longer one is refused when it is read."""


def beginning(path: Path) -> bytes:
    """What is in a file of answers, of a very long one its beginning."""
    with open(path, "rb") as file:
        return file.read(LARGEST)


def write_whole(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Put a text in the place of a file: a reader finds the old text or the new one, whatever happens between.

    Raises OSError where the folder cannot be written, or is full; the old file is as it was then.
    """
    path = path.resolve()  # a link stays a link
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "w", encoding=encoding, newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            shutil.copymode(path, part)
        os.replace(part, path)
    except OSError as error:
        _of(path, error)
        raise
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_new(path: Path, text: str) -> bool:
    """Write a file that is not there yet; False, and nothing is written, where it is."""
    if path.exists() or path.is_symlink():
        return False
    write_whole(path, text)
    return True


def kept_aside(path: Path) -> Path:
    """Copy a file to one beside it, NAME.bak or NAME.bak2 and so on, that is not there yet; the path of the copy."""
    content = path.read_bytes()
    for number in count(1):
        backup = path.with_name(f"{path.name}.bak{number if number > 1 else ''}")
        try:
            backup.touch(exist_ok=False)
        except FileExistsError:
            continue
        try:
            with open(backup, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except BaseException as error:  # Ctrl-C, too: a part of a copy would be taken for the copy
            with suppress(OSError):
                backup.unlink()
            _of(backup, error)
            raise
        return backup
    raise AssertionError("some number is free")


def _of(path: Path, error: BaseException) -> None:
    """Say which file an error is about, as a learner knows it: a full disk names none."""
    if isinstance(error, OSError):
        error.filename = str(path)
