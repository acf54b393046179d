"""Where new nodes go: into a call of a composite, to the top level, or nowhere.

The scope is a context variable, so neither threads nor asyncio tasks see each other's. Each scope knows the one around
it, and leaving a scope goes back to that.

Ctrl-C may come after any function call, also while a scope is entered or left. So each of the two is one call of
SCOPE.set, and what comes before it can be undone. `try` begins before the call that enters.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar, final

from tinygrad_lite.core.graph import Call
from tinygrad_lite.errors import UnsupportedError

__all__ = ["SCOPE", "TRACE", "UNFOLDED", "Off", "current_scope", "no_grad", "recorded"]

F = TypeVar("F", bound=Callable[..., Any])


@final
class Off:
    """The scope in which nothing is recorded.

    left: it has ended, but SCOPE could not be set back: it ended in another context (thread or task) than it began in,
    or Ctrl-C came first.
    """

    __slots__ = ("left", "parent")

    def __init__(self, parent: Call | Off | None) -> None:
        self.parent = parent
        self.left = False


SCOPE: ContextVar[Call | Off | None] = ContextVar("SCOPE", default=None)
# Whether composites run their bodies and record the primitives, also where a program fits: see programs/folded.py.
# Tests set the variable, to see that everything holds without programs, too.
UNFOLDED: ContextVar[bool] = ContextVar("UNFOLDED", default=os.environ.get("TINYGRAD_LITE_COMPOSITES") == "bodies")
TRACE: ContextVar[Any] = ContextVar("TRACE", default=None)  # the trace that runs: see programs/tracing.py


def current_scope() -> Call | Off | None:
    """The scope of new nodes. SCOPE itself may hold one that was left elsewhere, as by a generator that was closed."""
    scope = SCOPE.get()
    while type(scope) is Off and scope.left:
        scope = scope.parent
        SCOPE.set(scope)
    return scope


class no_grad(contextlib.ContextDecorator):
    """Record nothing inside: a context manager and a decorator, for updates and evaluation.

    It holds for the thread or the task that enters it. Raises UnsupportedError as a decorator of generators and coroutines.

    See also: tg.Tensor.detach, tg.stop_gradient.

    >>> import tinygrad_lite as tg
    >>> w = tg.Tensor(2.0, requires_grad=True)
    >>> with tg.no_grad():
    ...     print((w * 3).requires_grad)
    False
    """

    def __init__(self, function: None = None) -> None:
        self.entered: list[Off] = []
        if function is not None:
            raise UnsupportedError(f"no_grad takes nothing; got {function!r}. Write @tg.no_grad(), with brackets.")

    def __call__(self, function: F) -> F:
        import inspect  # only a decorator needs it

        if (
            inspect.isgeneratorfunction(function)
            or inspect.iscoroutinefunction(function)
            or inspect.isasyncgenfunction(function)
        ):
            raise UnsupportedError(
                f"no_grad cannot decorate {function.__name__}, whose body runs after the call has returned. "
                "Write `with tg.no_grad():` inside it."
            )
        return super().__call__(function)

    def _recreate_cm(self) -> no_grad:
        return no_grad()  # a decorated function may run in several threads at once

    def __enter__(self) -> None:
        scope = Off(current_scope())
        self.entered.append(scope)
        try:
            SCOPE.set(scope)
        except BaseException:  # Ctrl-C: the block is not entered, so nobody will leave it
            scope.left = True
            self.entered.remove(scope)
            raise

    def __exit__(self, *_: object) -> None:
        scope = SCOPE.get()
        if scope in self.entered:
            SCOPE.set(scope.parent)
            self.entered.remove(scope)
        else:  # entered in another context, whose SCOPE cannot be set from here: current_scope() there sees `left`
            self.entered.pop().left = True

    def __del__(self) -> None:
        for scope in self.entered:  # Ctrl-C came when __exit__ was called, and before it could do anything
            scope.left = True


class recorded:
    """Record inside, also within no_grad: a derivative needs its own graph.

    unfolded: record the primitives of functions that could run as one node, because these will be asked for.
    """

    def __init__(self, unfolded: bool = False) -> None:
        self.unfolded = unfolded

    def __enter__(self) -> None:
        self.before = current_scope(), UNFOLDED.get()
        try:
            if type(self.before[0]) is Off:
                SCOPE.set(None)
            if self.unfolded:
                UNFOLDED.set(True)
        except BaseException:  # Ctrl-C: nobody will leave what is not entered
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        try:
            SCOPE.set(self.before[0])
        finally:
            UNFOLDED.set(self.before[1])
