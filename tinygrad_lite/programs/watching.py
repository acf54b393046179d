"""What no program does again: drawing random numbers, printing, asking for the time. It is seen while a trace runs.

Python tells a profiler of each call of a function written in C. NumPy's generators do not show in that way, so their
states before and after are compared, and where one has changed, it is put back.
"""

from __future__ import annotations

import builtins
import datetime
import gc
import io
import os
import random
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

__all__ = [
    "MAKERS",
    "RANDOM",
    "Drawn",
    "drawing_nothing",
    "profile_again",
    "watching",
]

RANDOM = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)
# What makes a generator: functions, and the classes that NumPy and Python have for it.
MAKERS: frozenset[Any] = frozenset({
    np.random.default_rng, os.urandom, np.random.SeedSequence, np.random.RandomState,
    *(x for module in (np.random, random) for x in vars(module).values()
      if isinstance(x, type) and issubclass(x, np.random.BitGenerator | random.Random) and x is not np.random.BitGenerator),
})  # fmt: skip
_DOES: dict[Any, str] = {
    print: "prints", input: "asks for input", builtins.breakpoint: "stops in the debugger", warnings.warn: "warns",
    np.fromfile: "reads a file",
}  # fmt: skip
# The same of functions written in Python, by their code.
_ASKS = {
    **{f.__code__: "asks for the environment" for f in vars(type(os.environ)).values() if isinstance(f, types.FunctionType)},
    np.geterr.__code__: "asks for NumPy's settings", np.get_printoptions.__code__: "asks for NumPy's settings",
    threading.current_thread.__code__: "asks for the thread",
}  # fmt: skip
_ASKING = {code.co_name for code in _ASKS}  # asked first: to compare codes takes longer
_SYSTEM = sys.modules[os.name]  # what os calls


def _does(called: Any) -> str | None:
    """What a call of a function written in C does that no program does again."""
    owner = getattr(called, "__self__", None)
    if owner is time or (isinstance(owner, type) and issubclass(owner, datetime.date) and called.__name__ in _NOW):
        return "asks for the time"
    return "asks the interpreter" if owner is sys else _DOES.get(called)


def _does_for(called: Any) -> str | None:
    """The same of what a library may call for the user."""
    if called is io.open:
        return "opens a file"
    system = getattr(called, "__self__", None) is _SYSTEM and called is not os.fspath
    return "asks the operating system" if system else None


def _for_user(frame: Any, is_users: Callable[[str], bool]) -> bool:
    """Whether the user's code does it, itself or by a function of a library; a warning and we do not count."""
    while frame is not None and not is_users(frame.f_code.co_filename):
        if str(frame.f_globals.get("__name__")).split(".")[0] in _ON_THEIR_OWN:
            return False
        frame = frame.f_back
    return frame is not None


def _importing(frame: Any) -> bool:
    """Whether a module is being imported, which happens once: finders of imports are a library's, such as pytest's."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if name in _IMPORTS or name.startswith("tinygrad_lite."):
            return name in _IMPORTS
        frame = frame.f_back
    return False


_IMPORTS = ("importlib._bootstrap", "importlib._bootstrap_external")
_ON_THEIR_OWN = ("tinygrad_lite", "warnings", "linecache")


_NOW = ("now", "utcnow", "today")
_OF_THE_SYSTEM = (os.urandom, getattr(os, "getrandom", os.urandom))  # where random numbers come from


@contextmanager
def watching(
    refuse: Callable[..., None], is_users: Callable[[str], bool], generators: Iterable[Drawn] = (), seek: bool = False
) -> Iterator[None]:
    """Call refuse with what the function does that no program does again.

    is_users: whether a file is the user's. generators: those that the function may draw from, besides the global ones;
    more may come while it runs. seek: look after each line whether it has drawn, which takes three times as long. A profiler that is a function goes on being called; cProfile's, which is none, rests.
    """
    outer = sys.getprofile()

    def profile(frame: Any, event: Any, called: Any) -> None:
        if callable(outer):
            outer(frame, event, called)
        if event == "call" and frame.f_globals.get("__name__") == "logging":
            refuse("logs")
        if event == "call" and frame.f_code.co_name in _ASKING:
            asks = _ASKS.get(frame.f_code)
            if asks is not None and _for_user(frame, is_users) and not _importing(frame):
                refuse(asks)
        if event == "c_call":
            does = _does(called) if is_users(frame.f_code.co_filename) else None
            if does is None and (does_for := _does_for(called)) is not None and _for_user(frame, is_users):
                does = does_for
            if called in _OF_THE_SYSTEM or isinstance(getattr(called, "__self__", None), random.Random):
                does = "draws a random number"
            if does is not None and not _collects_garbage(frame) and not _importing(frame):
                refuse(does)

    common = Drawn(np.random.mtrand._rand)
    drawing = _DrawingLine(is_users, lambda: [*generators, common])
    sys.setprofile(profile)
    try:
        with drawing.sought() if seek else nullcontext():
            yield
    finally:
        profile_again(outer)
        _refuse_drawn(refuse, [*generators, common], drawing.line)


def profile_again(outer: Any) -> None:
    """Let the profiler go on that sys.getprofile() gave: a function, cProfile's, or None."""
    if callable(outer) or outer is None:
        sys.setprofile(outer)
    else:
        sys.setprofile(None)
        outer.enable()


class Drawn:
    """A generator of random numbers, and whether it was drawn from since this was made."""

    def __init__(self, generator: Any) -> None:
        self.generator, self.state = generator, _state(generator)

    def was_drawn(self) -> bool:
        """Whether it was drawn from."""
        return not _same(_state(self.generator), self.state)

    def put_back(self) -> bool:
        """Whether it was drawn from; what was drawn comes again."""
        drawn = self.was_drawn()
        if drawn:
            _put_back(self.generator, self.state)
        return drawn


class _DrawingLine:
    """Which of the user's lines was the first to draw from a generator: the state is looked at after each line.

    line: its file and number, or None. Where a debugger looks at the lines, nothing is sought.
    """

    def __init__(self, is_users: Callable[[str], bool], generators: Callable[[], Iterable[Drawn]]) -> None:
        self.is_users, self.generators = is_users, generators
        self.line: tuple[str, int] | None = None
        self._last: tuple[str, int] | None = None  # the line that runs now

    @contextmanager
    def sought(self) -> Iterator[None]:
        """Look at the lines that run meanwhile."""
        if sys.gettrace() is not None:
            yield
            return
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(None)

    def _called(self, frame: Any, event: str, _: Any) -> Any:
        return self._passed if self.is_users(frame.f_code.co_filename) else None

    def _passed(self, frame: Any, event: str, _: Any) -> Any:
        if self.line is None and any(generator.was_drawn() for generator in self.generators()):
            self.line = self._last
        # After a return, what follows belongs to the line that called.
        at = frame.f_back if event == "return" else frame
        self._last = None if at is None else (at.f_code.co_filename, at.f_lineno)
        return self._passed


def _refuse_drawn(
    refuse: Callable[..., None], generators: Iterable[Drawn], line: tuple[str, int] | None = None
) -> None:
    if any([generator.put_back() for generator in generators]):  # all of them
        refuse("draws random numbers", line, late=True)


@contextmanager
def drawing_nothing(refuse: Callable[..., None], generators: Iterable[Any]) -> Iterator[None]:
    """Call refuse where one of these generators of random numbers was drawn from; all are put back before."""
    before = [Drawn(g) for g in generators]
    try:
        yield
    finally:
        _refuse_drawn(refuse, before)


def _collects_garbage(frame: Any) -> bool:
    """Whether this runs in a callback of the garbage collector, which comes at any time and is not the function's."""
    callbacks = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None and frame.f_code not in callbacks:
        frame = frame.f_back
    return frame is not None


def _state(generator: Any) -> Any:
    if isinstance(generator, random.Random):
        return generator.getstate()
    return generator.get_state() if isinstance(generator, np.random.RandomState) else _bits(generator).state


def _bits(generator: Any) -> Any:
    """The generator of bits that holds the state."""
    return generator if isinstance(generator, np.random.BitGenerator) else generator.bit_generator


def _same(now: Any, before: Any) -> bool:
    """Whether two states are the same; the position differs more often than the numbers, which are many."""
    if isinstance(before, dict):
        return all(_same(now[key], before[key]) for key in before)
    if isinstance(before, tuple) and any(isinstance(x, np.ndarray) for x in before):
        return all(map(_same, reversed(now), reversed(before)))
    return bool(np.all(now == before)) if isinstance(before, np.ndarray) else bool(now == before)


def _put_back(generator: Any, state: Any) -> None:
    if isinstance(generator, random.Random):
        generator.setstate(state)
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        _bits(generator).state = state
