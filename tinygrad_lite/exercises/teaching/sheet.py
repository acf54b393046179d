"""A table of grades as CSV: a row is in the file as soon as it is known, and a spreadsheet runs nothing in it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import TextIO

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.whole_files import write_whole

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "'")
"""A spreadsheet takes a cell that begins so for a formula. An apostrophe before it makes it text."""


def safe(cell: str) -> str:
    """A cell on one line that no spreadsheet computes.

    >>> safe("=1+1")
    "'=1+1"
    """
    cell = " ".join(cell.split())
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def _unsafe(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_DANGEROUS) else cell


class Sheet:
    """The rows of a CSV file, by the cell in their first column.

    The file is UTF-8 with a byte order mark, without which Excel shows Müller as MÃ¼ller.
    Raises ExerciseError where the file exists and is not to be resumed, or is no such table.
    """

    def __init__(self, path: Path, columns: Sequence[str], resume: bool) -> None:
        self.path = path
        self.rows: dict[str, dict[str, str]] = {}
        self.columns = list(columns)
        if path.exists():
            if not resume:
                raise ExerciseError(f"{path} exists. Add --resume to go on with it, or take another name.")
            self._read()
        self._file: TextIO | None = None

    def _read(self) -> None:
        data = self.path.read_bytes()
        try:  # a row that was cut off by a crash has no end of line
            text = data[: data.rfind(b"\n") + 1].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ExerciseError(
                f"{self.path} is not UTF-8, so that it cannot be resumed. Take another name."
            ) from error
        lines = list(csv.reader(StringIO(text)))
        if not lines:
            return
        head = lines[0]
        if head[0] != self.columns[0]:
            raise ExerciseError(
                f"{self.path} is no table of grades: its first column is {head[0]!r} and not {self.columns[0]!r}. "
                "Take another name (a spreadsheet that saved it with semicolons has changed it)."
            )
        self.columns += [name for name in head if name not in self.columns]  # a teacher's own columns are kept
        for cells in lines[1:]:
            if len(cells) == len(head):
                row = {name: _unsafe(cell) for name, cell in zip(head, cells, strict=True)}
                self.rows[row[head[0]]] = row

    def begin(self, keep: Iterable[str]) -> None:
        """Write the head and the rows that are kept, before others are added."""
        kept = set(keep)
        self.rows = {name: row for name, row in self.rows.items() if name in kept}
        self._rewrite()
        self._file = self.path.open("a", encoding="utf-8", newline="")

    def add(self, row: Mapping[str, str]) -> None:
        """Add a row; it is on the disk when this returns."""
        assert self._file is not None, "begin comes first"
        self.rows[row[self.columns[0]]] = dict(row)
        self._file.write(self._line(row))
        self._file.flush()
        os.fsync(self._file.fileno())

    def end(self) -> None:
        """Put the rows in the order of their first column."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self.rows = dict(sorted(self.rows.items()))
            self._rewrite()

    def _line(self, row: Mapping[str, str]) -> str:
        line = StringIO()
        csv.writer(line, lineterminator="\n").writerow([safe(row.get(name, "")) for name in self.columns])
        return line.getvalue()

    def _rewrite(self) -> None:
        """The whole file at once: it has either all of the old rows or all of the new ones."""
        head = self._line({name: name for name in self.columns})
        text = head + "".join(self._line(row) for row in self.rows.values())
        write_whole(self.path, text, "utf-8-sig")
