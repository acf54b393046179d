"""tg.compile: a function of arrays as one flat NumPy program, run in its place."""

from __future__ import annotations

import functools
import inspect
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from types import MethodType
from typing import Any

from tinygrad_lite.compiling.signature import signature
from tinygrad_lite.compiling.version import Version, made
from tinygrad_lite.errors import CompileError, UnsupportedError

__all__ = ["Compiled", "compile"]

_FLOATS_ARE_FIXED = object()  # in the place of a version: Python floats are part of this signature's key


class Compiled:
    """What `tg.compile(f)` gives: it is called as f is, and keeps a program for each signature.

    most: how many programs are kept; the one that was not used for longest goes first.
    """

    def __init__(self, function: Callable[..., Any], most: int) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._names = _parameters(function)
        self._most = most
        self._versions: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._last: Version | None = None
        self._lock = RLock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        last = self._last
        if last is not None and not kwargs and last.fits(args):
            return last.run(args, args, kwargs)
        return self._call(args, kwargs)

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        floats = True
        while True:
            given = signature(self._names, args, kwargs, floats)
            if given.foreign:
                return self.function(*args, **kwargs)
            with self._lock:
                version = self._versions.get(given.key)
                if version is not None:
                    self._versions.move_to_end(given.key)
            if version is _FLOATS_ARE_FIXED:
                floats = False
                continue
            if version is None:
                try:
                    version = made(self.function, args, kwargs, given)
                except CompileError:
                    if not floats or not any(type(leaf.value) is float for leaf in given.inputs):
                        raise
                    self._keep(given.key, _FLOATS_ARE_FIXED)
                    continue
                self._keep(given.key, version)
            self._last = version
            return version.run([leaf.value for leaf in given.inputs], args, kwargs)

    def _keep(self, key: tuple[Any, ...], version: Any) -> None:
        with self._lock:
            self._versions[key] = version
            while len(self._versions) > self._most:
                self._versions.popitem(last=False)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self.function, '__qualname__', self.function)}>"

    @property
    def last(self) -> Version:
        """The version that the last call ran. Raises CompileError before any call."""
        if self._last is None:
            raise CompileError(
                f"{self!r} has no program before it is called once with arrays of the shapes that count."
            )
        return self._last


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()


def compile(function: Callable[..., Any] | None = None, /, *, most: int = 64) -> Any:
    """A function of arrays as one flat program, which gives what the function gives, only faster.

    function: a cost, a derivative such as `tg.value_and_grad(cost)`, or a training step. It is run once for each
    signature of its arguments: shapes and dtypes of arrays, values of everything else. Python floats count as inputs
    unless the function decides by them. most: how many programs are kept. Usable as a decorator.
    Raises CompileError, which names the line, where the function branches on a value or otherwise takes one out.

    >>> import numpy as np, tinygrad_lite as tg
    >>> slope = tg.compile(tg.grad(lambda x: np.tanh(x) ** 2))
    >>> float(slope(0.0))
    0.0
    """
    if function is None:
        return functools.partial(compile, most=most)
    if not callable(function):
        raise UnsupportedError(f"tg.compile takes a function; got {function!r}. Write @tg.compile above a def.")
    return Compiled(function, most)
