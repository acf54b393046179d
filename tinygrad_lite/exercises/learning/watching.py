"""Check answers whenever their file is saved, and do what a key says, until q is pressed.

Files are looked at every now and then. No system tells of changes everywhere: not across WSL, nor into containers.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.exercises.learning import texts
from tinygrad_lite.exercises.learning.catalogue import Entry
from tinygrad_lite.exercises.learning.folder import Folder, UnreadableAnswer
from tinygrad_lite.exercises.whole_files import beginning
from tinygrad_lite.wrapping import wrapped

PAUSE = 0.3
"""Seconds between two looks at the files."""

Fingerprint = tuple[int, int, bytes]
"""Of a file: when it was saved, how long it is, and a hash of it. Saving without a change counts, too: it asks."""

Body = Callable[[int], Iterable[str]]
"""Lines for a width."""


class Screen(Protocol):
    """What a watcher writes to: so many columns, with or without colours."""

    @property
    def width(self) -> int: ...

    @property
    def colors(self) -> bool: ...

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines in the place of those before."""


class Keys(Protocol):
    """Where keys come from."""

    def key(self, seconds: float) -> str:
        """The key that is pressed within this time; "" for none."""


class Watcher:
    """The exercise that is watched, and what is said of it now."""

    def __init__(self, folder: Folder, screen: Screen, keys: Keys) -> None:
        self.folder, self.screen, self.keys = folder, screen, keys
        self.entry = folder.entry()
        self._body: Body = lambda _: ()
        self._drawn: tuple[list[str], int] | None = None
        self._sure = False  # whether x was pressed just now
        self._seen = self._checked = self._fingerprints()

    def run(self) -> None:
        """Watch until q is pressed."""
        self.check()
        while True:
            self.draw()
            key = self.keys.key(PAUSE)
            if key == "q":
                return
            if key:
                self.press(key)
            self.look()

    def press(self, key: str) -> None:
        """Do what a key says; keys that say nothing are ignored."""
        sure, self._sure = self._sure, False
        if key == "x":
            self._reset() if sure else self._ask()
        elif key in _ACTIONS:
            self._say(lambda: _ACTIONS[key](self))
        elif sure:
            self.check()

    def look(self) -> None:
        """Go where another command went; check a file that was saved, and go to the exercise it belongs to."""
        entry = self.folder.entry()
        if entry != self.entry:
            self.entry = entry
            self.check()
        elif (saved := self._saved()) is not None:
            self.entry = saved
            self.check()

    def check(self) -> None:
        self._say(lambda: self._verdict())

    def draw(self) -> None:
        """Show what is to be said, if it is not what is shown already."""
        width = self.screen.width
        lines = [*self._body(width), ""]
        for note in self.folder.notes:
            lines += [*wrapped(note, width), ""]
        lines += _help(width)
        if self._drawn != (lines, width):
            self._drawn = (lines, width)
            self.screen.show(lines)

    # --- what is said -------------------------------------------------------------------------------------------

    def _say(self, work: Callable[[], Body]) -> None:
        """Do some work and show what it says. Trouble is shown as well: the learner mends it, and saves again."""
        try:
            self._body = work()
        except UnreadableAnswer as error:
            shown = f"Exercise {self.entry}: {texts.where(self.folder.file(self.entry))}\n{error}"
            self._body = lambda width: texts.unreadable(shown, width)
        except (TinygradLiteError, OSError) as error:
            said = str(error)
            self._body = lambda width: wrapped(said, width)

    def _verdict(self) -> Body:
        folder, entry = self.folder, self.entry
        now = time.strftime("%H:%M:%S")
        check = folder.check(entry)
        said = f"Checked at {now}."
        return lambda width: [*texts.checked(folder, check, width, self.screen.colors, texts.KEYS), said]

    def _hint(self) -> Body:
        hint = self.folder.hint(self.entry)
        return lambda width: texts.hinted(hint, width, texts.KEYS)

    def _list(self) -> Body:
        return lambda width: texts.listing(self.folder, width)

    def _next(self) -> Body:
        entry = self.folder.following()
        if entry is None:
            return lambda width: wrapped(texts.ALL_RIGHT, width)
        self.folder.choose(entry)
        self.entry = entry
        return lambda width: texts.invitation(self.folder, entry, width, texts.KEYS)

    def _ask(self) -> None:
        self._sure = True
        file = texts.where(self.folder.file(self.entry))
        said = f"Press x again to write {file} anew. Your answers will be kept in a file beside it."
        self._body = lambda width: wrapped(said, width)

    def _reset(self) -> None:
        def work() -> Body:
            said = texts.was_reset(self.folder, self.entry, self.folder.reset(self.entry))
            return lambda width: wrapped(said, width)

        self._say(work)
        self._seen = self._checked = self._fingerprints()

    # --- which file was saved -----------------------------------------------------------------------------------

    def _fingerprints(self) -> dict[Entry, Fingerprint | None]:
        return {entry: fingerprint(self.folder.file(entry)) for entry in self.folder.entries}

    def _saved(self) -> Entry | None:
        """The exercise whose file was saved and is whole: not empty, and the same for two looks.

        Where several files were saved, by an editor or by a program, only the current one counts.
        """
        now = self._fingerprints()
        settled = [
            e for e, f in now.items() if f is not None and f[1] and f == self._seen.get(e) != self._checked.get(e)
        ]
        self._seen = now
        self._checked = self._checked | {entry: now[entry] for entry in settled}
        if self.entry in settled:
            return self.entry
        return settled[0] if len(settled) == 1 else None


_ACTIONS: dict[str, Callable[[Watcher], Body]] = {
    "h": Watcher._hint, "l": Watcher._list, "c": Watcher._verdict, "n": Watcher._next,
}  # fmt: skip


def _help(width: int) -> list[str]:
    keys = ("h hint", "l list", "c check", "n next", "x reset", "q quit")
    kept = "\N{NO-BREAK SPACE}"  # a key stays on the line of what it does
    lines = wrapped("  ".join(key.replace(" ", kept) for key in keys), width)
    return [line.replace(kept, " ") for line in lines]


def fingerprint(path: Path) -> Fingerprint | None:
    """What changes when a file is saved; None where it cannot be read."""
    try:
        status, content = path.stat(), beginning(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, hashlib.sha256(content).digest()
