"""Where new nodes go: into a call of a composite, to the top level, or nowhere.

The scope is a context variable, so neither threads nor asyncio tasks see each other's. Each scope knows the one around
it: leaving a scope needs no memory of its own.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar, cast, overload

from tinygrad_lite.core.graph import Call, Node

__all__ = ["SCOPE", "Off", "composite", "no_grad", "recorded"]

F = TypeVar("F", bound=Callable[..., Any])


class Off:
    """The scope in which nothing is recorded."""

    __slots__ = ("parent",)

    def __init__(self, parent: Call | Off | None) -> None:
        self.parent = parent


SCOPE: ContextVar[Call | Off | None] = ContextVar("SCOPE", default=None)


class no_grad(contextlib.ContextDecorator):
    """Record nothing inside: a context manager and a decorator, for updates and evaluation.

    >>> import tinygrad_lite as tg
    >>> w = tg.Tensor(2.0, requires_grad=True)
    >>> with tg.no_grad():
    ...     print((w * 3).requires_grad)
    False
    """

    def __enter__(self) -> None:
        SCOPE.set(Off(SCOPE.get()))

    def __exit__(self, *_: object) -> None:
        scope = SCOPE.get()
        if type(scope) is Off:  # not so where another thread finishes a generator that was begun in this one
            SCOPE.set(scope.parent)


@contextlib.contextmanager
def recorded() -> Iterator[None]:
    """Record inside, also within no_grad: a derivative needs its own graph."""
    outer = SCOPE.get()
    if type(outer) is Off:
        SCOPE.set(None)
    try:
        yield
    finally:
        SCOPE.set(outer)


@overload
def composite(function: F, /) -> F: ...
@overload
def composite(*, repair: str = "") -> Callable[[F], F]: ...
def composite(function: F | None = None, /, *, repair: str = "") -> F | Callable[[F], F]:
    """Group the nodes that a function makes: pictures show one box that unfolds, derivations read its name.

    The mark changes neither values nor gradients: the function has no rule of its own. Usable on any function
    of Tensors; on plain arrays it does nothing. repair: what to write instead where a gradient becomes nan or inf
    inside of it; the warning says so.

    >>> import numpy as np, tinygrad_lite as tg
    >>> @tg.composite
    ... def swish(z):
    ...     return z * tg.sigmoid(z)
    >>> a = swish(tg.Tensor(0.0, requires_grad=True))
    >>> a.call.name
    'swish'
    """

    if function is None:
        return functools.partial(composite, repair=repair)  # type: ignore[call-overload, no-any-return]

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        outer = SCOPE.get()
        if type(outer) is Off:
            return function(*args, **kwargs)
        scope = Call(function, outer, args, kwargs, repair)
        SCOPE.set(scope)
        try:
            result = function(*args, **kwargs)
        finally:
            SCOPE.set(outer)
        if isinstance(result, Node):
            scope.output = result.serial
        return result

    return cast(F, call)
