"""What students have handed in: a folder that has one file, or one folder with files, for each of them."""

from __future__ import annotations

import codecs
import hashlib
import os
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.sandbox.files import LARGEST
from tinygrad_lite.exercises.showing.stub import id_of

SUFFIXES = (".py", ".txt")
"""How the name of an answer file ends."""

MOST_FILES = 200
"""How many files of one student are looked at."""

_OTHER = ("__pycache__", "__MACOSX", "node_modules", "venv")


@dataclass(frozen=True)
class Source:
    """The text of one answer file.

    name: its path below the folder. exercise: the id that its head names, "" for none. modified: when it was written.
    """

    name: str
    text: str = field(repr=False)
    exercise: str
    modified: float


@dataclass
class Submission:
    """What one student handed in: the files that can be read, and a note on each that cannot."""

    student: str
    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """A hash of names and contents: another one where something has changed."""
        whole = hashlib.sha256()
        for source in self.sources:
            for part in (source.name, source.text):
                whole.update(f"{len(part)} {part}".encode("utf-8", "replace"))
        return whole.hexdigest()


def submissions(folder: Path) -> list[Submission]:
    """What is in a folder, by student: a student's name is that of the file, without its ending, or of the folder.

    Links that lead out of the folder are not followed. Raises ExerciseError where there is no folder, or nothing in it.
    """
    if not folder.is_dir():
        raise ExerciseError(
            f"there is no folder {folder}. Name the folder that has a file or a folder for each student."
        )
    found: dict[str, Submission] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _OTHER:
            continue
        if not path.is_dir() and path.suffix.lower() not in SUFFIXES and not path.is_symlink():
            continue  # lists of names, archives and whatever else lies beside the answers
        student = path.name if path.is_dir() else path.stem
        own = found.setdefault(student, Submission(student))
        for file in _files(path, own.notes) if path.is_dir() and not _leaves(path, folder) else [path]:
            _take(file, folder, own)
    if not found:
        raise ExerciseError(
            f"there are no answers in {folder}: it has no folders, and no files that end in .py or .txt."
        )
    for own in found.values():
        if not own.sources:
            own.notes.insert(0, "no answer file")
    return list(found.values())


def _files(folder: Path, notes: list[str]) -> Iterator[Path]:
    """The files below a student's folder, hidden ones aside."""
    count = 0
    for place, folders, names in os.walk(folder, onerror=lambda error: notes.append(f"{error}")):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _OTHER)
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in sorted([*names, *linked]):
            count += 1
            if count > MOST_FILES:
                notes.append(f"has more than {MOST_FILES} files; the rest is not looked at")
                return
            yield Path(place) / name


def _leaves(path: Path, folder: Path) -> bool:
    """Whether a path leads out of the folder, by links."""
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _take(path: Path, folder: Path, own: Submission) -> None:
    """Add a file to what a student handed in, or the reason why it is not read."""
    name = path.relative_to(folder).as_posix()
    if path.name.startswith("."):
        if path.suffix.lower() in SUFFIXES:
            own.notes.append(f"{name} is hidden, and not read")
    elif _leaves(path, folder):
        own.notes.append(f"{name} is a link that leads out of the folder, and is not read")
    elif not path.is_file():
        own.notes.append(f"{name} is no file, and not read")
    elif path.suffix.lower() not in SUFFIXES:
        own.notes.append(f"{name} does not end in .py or .txt, and is not read")
    elif (size := path.stat().st_size) > LARGEST:
        own.notes.append(f"{name} has {size:,} bytes, and is not read; an answer has {LARGEST:,} at most")
    else:
        try:
            text, note = decoded(path.read_bytes())
        except OSError as error:
            own.notes.append(f"{name} cannot be read: {error.strerror}")
            return
        if note:
            own.notes.append(f"{name} {note}")
        if text is not None:
            own.sources.append(Source(name, text, id_of(text) or "", path.stat().st_mtime))


def decoded(data: bytes) -> tuple[str | None, str]:
    """The text of a file, and what is to be said of its encoding; None where it is no text.

    >>> decoded(b"db = 'a - y'")
    ("db = 'a - y'", '')
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace"), ""
    if b"\0" in data:
        return None, "is no text, and is not read"
    try:
        encoding = tokenize.detect_encoding(BytesIO(data).readline)[0]  # what Python itself goes by
        return data.decode(encoding), ""
    except (SyntaxError, UnicodeDecodeError):
        return data.decode("latin-1"), "is not UTF-8, and is read as Latin-1"
