"""A terminal that is watched: its screen, and the keys that are pressed, each without Enter."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tinygrad_lite.command.terminal import Terminal
from tinygrad_lite.exercises.learning.folder import Folder
from tinygrad_lite.exercises.learning.watching import Watcher

__all__ = ["possible", "watch"]


def possible() -> bool:
    """Whether there is a terminal to read keys from and to write to."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def watch(folder: Folder) -> None:
    """Watch the exercises of a folder until q is pressed; the terminal is then as it was before, whatever happens."""
    with _ended_by_signals(), _keys() as keys:
        screen = _Screen()
        screen.show(["Checking …"])  # code that never ends is given 10 seconds
        Watcher(folder, screen, keys).run()


class _Screen(Terminal):
    def show(self, lines: Sequence[str]) -> None:
        """Put lines in the place of those before: in one go, so that nothing flickers."""
        clear = "" if os.environ.get("TERM") == "dumb" else "\x1b[H\x1b[2J"
        self.write(clear + "\n".join(lines))


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A signal that ends the process unwinds it first, so that the terminal is given back."""

    def end(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if sys.platform == "win32":
    import msvcrt

    class _Keys:
        def key(self, seconds: float) -> str:
            """The key that is pressed within this time; "" for none."""
            end = time.monotonic() + seconds
            while not msvcrt.kbhit():
                if time.monotonic() > end:
                    return ""
                time.sleep(0.02)
            key = msvcrt.getwch()
            if key in ("\0", "\xe0"):  # an arrow or another key without a letter: two codes
                msvcrt.getwch()
                return ""
            if key == "\x03":
                raise KeyboardInterrupt
            return key

    @contextmanager
    def _keys() -> Iterator[_Keys]:
        os.system("")  # lets the console read the codes that clear the screen
        yield _Keys()

else:
    import select
    import termios
    import tty

    class _Keys:
        def __init__(self, descriptor: int) -> None:
            self.descriptor = descriptor

        def key(self, seconds: float) -> str:
            """The key that is pressed within this time; "" for none, "q" where the terminal is gone."""
            if not select.select([self.descriptor], [], [], seconds)[0]:
                return ""
            try:
                pressed = os.read(self.descriptor, 64)
            except OSError:
                pressed = b""
            if not pressed:
                return "q"
            return "" if pressed.startswith(b"\x1b") else chr(pressed[-1])  # an arrow sends several codes

    @contextmanager
    def _keys() -> Iterator[_Keys]:
        """Keys without Enter and without echo; Ctrl-C and Ctrl-Z do what they always do."""
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        continued = signal.signal(signal.SIGCONT, lambda *_: tty.setcbreak(descriptor))  # after Ctrl-Z and fg
        try:
            tty.setcbreak(descriptor)
            yield _Keys(descriptor)
        finally:
            signal.signal(signal.SIGCONT, continued)
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
