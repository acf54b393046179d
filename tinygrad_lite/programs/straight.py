"""The mark `straight`: functions that can run as one node."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from tinygrad_lite.core.scopes import UNFOLDED, Off, current_scope

__all__ = ["straight"]

F = TypeVar("F", bound=Callable[..., Any])


@functools.cache
def _run() -> Callable[..., Any]:
    from tinygrad_lite.programs.trace import run  # loaded at the first call, so that an import does not wait for it

    return run


def straight(function: F) -> F:
    """Say that what a function does depends on shapes and dtypes only, and on no value.

    Such a function runs the same primitives at every call with arguments of the same shapes and dtypes, so a
    program can run them as one node. The name is short for straight-line program, which is one without branches.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if UNFOLDED.get() or type(current_scope()) is Off:
            return function(*args, **kwargs)
        return _run()(function, args, kwargs)

    return cast(F, call)
