"""When the result of a program may be taken, and when the function must be run eagerly instead."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextvars import Context
from typing import Any

import numpy as np

__all__ = ["Doubt", "Late", "flags", "guarded", "guarded_scalars"]


class Doubt(Exception):
    """Eager evaluation would have warned, raised or looked closer here: the caller runs the function eagerly."""


class Late(Exception):
    """A flag was raised while inputs were changed in place: everything is done, and NumPy would have warned."""

    def __init__(self, warning: str, outputs: tuple[Any, ...]) -> None:
        super().__init__(warning)
        self.outputs = outputs

    def warn(self, stacklevel: int = 3) -> None:
        """Warn, or raise, as the caller has asked NumPy to. stacklevel: as of warnings.warn, called here."""
        text = str(self)
        kind = next(kind for kind in ("over", "under", "invalid", "divide") if text.startswith(kind))
        wish = np.geterr()[kind]  # type: ignore[literal-required]
        if wish == "raise":
            raise FloatingPointError(text)
        if wish == "warn":
            warnings.warn(text, RuntimeWarning, stacklevel=stacklevel)


def _raising() -> Context:
    """A context in which NumPy raises FloatingPointError wherever it would have warned."""
    context = Context()
    context.run(np.seterr, divide="raise", over="raise", invalid="raise", under="ignore")
    return context


# A copy of a context costs 50 ns. `with np.errstate(...)` costs a microsecond.
flags = _raising().copy
# What shows that eager evaluation would have warned or raised: NumPy's flags, domains of `math`, singular matrices,
# indices out of range.
_TROUBLES = (ArithmeticError, ValueError, LookupError)


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with NumPy's flags raised; what then goes wrong comes out as Doubt, or as Late.

    >>> import numpy as np
    >>> guarded(np.log)(0.0)
    Traceback (most recent call last):
    tinygrad_lite.programs.fast.guards.Doubt: divide by zero encountered in log
    """

    def call(*values: Any) -> Any:
        try:
            return flags().run(function, *values)
        except _TROUBLES as trouble:
            raise Doubt(str(trouble)) from trouble

    return call


def guarded_scalars(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a function that computes with Python's floats, for which NumPy's flags mean nothing."""

    def call(*values: Any) -> Any:
        try:
            return function(*values)
        except _TROUBLES as trouble:
            raise Doubt(str(trouble)) from trouble

    return call
