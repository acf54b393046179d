"""Files that are written whole or not at all, and that never take the place of an answer."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

LARGEST = 100_000
"""How many bytes of a file of answers are looked at. A longer one is refused when it is read."""


def beginning(path: Path) -> bytes:
    """What is in a file of answers, of a very long one its beginning."""
    with open(path, "rb") as file:
        return file.read(LARGEST)


def write_whole(path: Path, text: str) -> None:
    """Put a text in the place of a file: a reader finds the old text or the new one, whatever happens between.

    Raises OSError where the folder cannot be written, or is full; the old file is as it was then.
    """
    path = path.resolve()  # a link stays a link
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
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
        with suppress(FileExistsError), open(backup, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            return backup
    raise AssertionError("some number is free")
