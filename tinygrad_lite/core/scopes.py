"""The mark @composite: a Python function of primitives whose nodes know that they belong together."""

from __future__ import annotations

import functools
from collections.abc import Callable
from threading import get_ident
from typing import Any, TypeVar, cast

from tinygrad_lite.tensor.operands import OFF, SCOPES, Call
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["composite"]

F = TypeVar("F", bound=Callable[..., Any])


def composite(function: F) -> F:
    """Group the nodes that a function makes: pictures show one box that unfolds, derivations read its name.

    The mark changes neither values nor gradients: the function has no rule of its own. Usable on any function
    of Tensors; on plain arrays it does nothing.

    >>> import numpy as np, tinygrad_lite as tg
    >>> @tg.composite
    ... def swish(z):
    ...     return z * tg.sigmoid(z)
    >>> a = swish(tg.Tensor(0.0, requires_grad=True))
    >>> a.call.name
    'swish'
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        thread = get_ident()
        outer = SCOPES.get(thread)
        if outer is OFF:
            return function(*args, **kwargs)
        SCOPES[thread] = scope = Call(function, outer, args, kwargs)
        try:
            result = function(*args, **kwargs)
        finally:
            if outer is None:
                SCOPES.pop(thread, None)
            else:
                SCOPES[thread] = outer
        if type(result) is Tensor:
            scope.output = result.order
        return result

    return cast(F, call)
