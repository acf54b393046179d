"""What no program does again: drawing random numbers, printing, asking for the time. It is seen while a trace runs.

Python tells a profiler of each call of a function written in C. NumPy's generators do not show in that way, so their
states before and after are compared, and where one has changed, it is put back.
"""

from __future__ import annotations

import builtins
import functools
import gc
import io
import os
import random
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = [
    "RANDOM",
    "Drawn",
    "drawing_nothing",
    "generators_in",
    "makes_generators",
    "reached_by",
    "profile_again",
    "watching",
]

RANDOM = (np.random.Generator, np.random.RandomState, random.Random)
_PLAIN = {bool, int, float, complex, str, bytes, type(None), np.ndarray}
_DOES: dict[Any, str] = {
    print: "prints", input: "asks for input", io.open: "opens a file", builtins.breakpoint: "stops in the debugger",
    warnings.warn: "warns",
    **{
        f: "asks for the time"
        for f in (time.time, time.time_ns, time.perf_counter, time.perf_counter_ns, time.monotonic, time.process_time, time.sleep)
    },
}  # fmt: skip


@contextmanager
def watching(
    refuse: Callable[[str], None], is_users: Callable[[str], bool], generators: Iterable[Drawn] = ()
) -> Iterator[None]:
    """Call refuse with what the function does that no program does again.

    is_users: whether a file is the user's. generators: those that the function may draw from, besides the global ones;
    more may come while it runs. A profiler that is a function goes on being called; cProfile's, which is none, rests.
    """
    outer = sys.getprofile()

    def profile(frame: Any, event: Any, called: Any) -> None:
        if callable(outer):
            outer(frame, event, called)
        if event == "c_call":
            does = _DOES.get(called) if is_users(frame.f_code.co_filename) else None
            if called is os.urandom or isinstance(getattr(called, "__self__", None), random.Random):
                does = "draws a random number"
            if does is not None and not _collects_garbage(frame):
                refuse(does)

    common = Drawn(np.random.mtrand._rand)
    sys.setprofile(profile)
    try:
        yield
    finally:
        profile_again(outer)
        _refuse_drawn(refuse, [*generators, common])


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

    def put_back(self) -> bool:
        """Whether it was drawn from; what was drawn comes again."""
        drawn = not _same(_state(self.generator), self.state)
        if drawn:
            _put_back(self.generator, self.state)
        return drawn


def _refuse_drawn(refuse: Callable[[str], None], generators: Iterable[Drawn]) -> None:
    if any([generator.put_back() for generator in generators]):  # all of them
        refuse("draws random numbers")


@contextmanager
def drawing_nothing(refuse: Callable[[str], None], generators: Iterable[Any]) -> Iterator[None]:
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
    return generator.get_state() if isinstance(generator, np.random.RandomState) else generator.bit_generator.state


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
        generator.bit_generator.state = state


def generators_in(reached: Iterable[Any]) -> list[Any]:
    """The generators of random numbers among what a function reaches, and those whose methods are."""
    owners = ((x, getattr(x, "__self__", None)) for x in reached)
    return [g for pair in owners for g in pair if isinstance(g, RANDOM)]


# The names of what makes a generator, or draws from the system.
_FRESH = {
    "default_rng",
    "SeedSequence",
    "RandomState",
    "Random",
    "SystemRandom",
    "PCG64",
    "MT19937",
    "urandom",
    "secrets",
}


def makes_generators(reached: Iterable[Any], is_users: Callable[[str], bool]) -> bool:
    """Whether a function may draw from a generator that it makes, which shows in no state that was there before."""
    codes = [x.__code__ for x in reached if isinstance(x, types.FunctionType)]
    return any(is_users(code.co_filename) and not _FRESH.isdisjoint(_names(code)) for code in codes)


@functools.lru_cache(1024)
def _names(code: types.CodeType) -> frozenset[str]:
    """The names of globals and attributes in a function, and in those inside it."""
    return frozenset(code.co_names).union(*(_names(c) for c in code.co_consts if isinstance(c, types.CodeType)))


def reached_by(function: Any, is_users: Callable[[str], bool]) -> Iterator[Any]:
    """What a function reaches, itself among it: by names, in containers, in attributes, in the methods of classes.

    is_users: whether a file is the user's. Of other functions, such as tg.grad(cost), only the cells are looked at.
    """
    stack, seen = [function], set()
    while stack:
        x = stack.pop()
        if id(x) in seen or type(x) in _PLAIN:
            continue
        seen.add(id(x))
        yield x
        if isinstance(x, types.FunctionType):
            stack += map(_content, x.__closure__ or ())
            if is_users(x.__code__.co_filename):
                stack += [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
                stack += _by_name(x, is_users)
        elif isinstance(x, functools.partial):
            stack += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, types.MethodType):
            stack += [x.__func__, x.__self__]
        elif isinstance(x, list | tuple | set | frozenset):
            stack += x
        elif isinstance(x, dict):
            stack += x.values()
        elif hasattr(x, "__wrapped__"):  # a compiled function
            stack.append(x.__wrapped__)
        elif hasattr(x, "__dict__") and not isinstance(x, type | types.ModuleType):
            stack += vars(x).values()
            stack += _methods(type(x))


def _by_name(f: types.FunctionType, is_users: Callable[[str], bool]) -> Iterator[Any]:
    """What a function finds by global names, in modules of the user's, too."""
    names = _names(f.__code__)
    for name in names & f.__globals__.keys():
        x = f.__globals__[name]
        if isinstance(x, types.ModuleType) and is_users(getattr(x, "__file__", None) or "<frozen"):
            yield from (vars(x)[key] for key in names & vars(x).keys())
        yield x


def _methods(kind: type) -> Iterator[Any]:
    """The functions and values in a class and its bases, those that Python wraps among them."""
    for base in kind.__mro__:
        users = not (base.__module__ or "").startswith(("tinygrad_lite.", "builtins"))
        for x in vars(base).values() if users else ():
            yield x.fget if isinstance(x, property) else getattr(x, "__func__", x)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # not yet assigned
