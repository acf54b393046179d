"""Tracing: a function run once on stand-ins for its arguments, so that its program is known.

While a trace runs, everything that is computed from the stand-ins is recorded, inside no_grad, too: what depends on an
argument must not become a constant. What would take a value out of the graph (`.item()`, a branch on a value) is
refused, because the program would keep the value of this one call. Gradients inside are recorded as well, so that a
function that calls tg.grad is one program like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import TRACE, recorded
from tinygrad_lite.programs.program import Program, program_of
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Trace", "traced"]


class Trace:
    """One run of a function on stand-ins. `TRACE.get()` is it, as long as the run lasts.

    checks: what eager evaluation looks at in the values (see programs/program.py). watched: scalars from which a sweep
    began.
    """

    def __init__(self) -> None:
        self.checks: list[tuple[Callable[..., bool], tuple[Any, ...]]] = []
        self.watched: list[Node] = []

    def check(self, holds: Callable[..., bool], *values: Any) -> None:
        """Ask of every run of the program what eager evaluation asks of these values."""
        self.checks.append((holds, values))


def stand_in(value: Any, name: str | None = None, requires_grad: bool = False) -> Tensor:
    """What a function is traced on in the place of an array; it has a name, so that what comes of it is recorded."""
    return Tensor(value, name=name or "input", requires_grad=requires_grad)


def traced(function: Callable[..., Any], values: Sequence[Any], names: Sequence[str | None] = ()) -> Program:
    """The program of a function of arrays, traced at these values; its result is one array, or a flat tuple of them."""
    trace = Trace()
    inputs = [stand_in(v, names[i] if names else None) for i, v in enumerate(values)]
    token = TRACE.set(trace)
    try:
        with recorded():
            results = function(*inputs)
    finally:
        TRACE.reset(token)
    outputs = results if isinstance(results, tuple) else (results,)
    return program_of(inputs, outputs, trace.checks, trace.watched)
