"""What the package's functions ask of numbers: targets in [0, 1], classes. A page must not go on where they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tinygrad_lite.core.graph import Call
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.pictures.live.lowering import NotLive
from tinygrad_lite.programs.program import Program
from tinygrad_lite.programs.tracing import traced
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["conditions"]


def conditions(nodes: Sequence[Tensor]) -> Iterator[tuple[Tensor, str, str]]:
    """Each tensor that a function of the package looks at, what it claims of it ("" is known to it alone), and its name.

    The functions are traced, because a trace notes each look at numbers as a check.
    """
    for call in _calls(nodes):
        passed = list(dict.fromkeys(x for x in call.inputs if isinstance(x, Tensor)))
        program = _program(call, passed)
        arguments = dict(zip(program.inputs, passed, strict=True))
        for check in program.checks:
            for value in check.values:
                if value in arguments:
                    yield arguments[value], check.claim, call.name
                else:
                    raise NotLive(f"{call.name} looks at numbers that it has computed.")


def _calls(nodes: Sequence[Tensor]) -> list[Call]:
    """The calls of the package's own functions, those inside others, too; who wrote another one asks for nothing."""
    found: dict[Call, None] = {}
    for t in nodes:
        call = t.call
        while call is not None and call not in found:
            found[call] = None
            call = call.parent
    return [call for call in found if call.function.__module__.startswith("tinygrad_lite.")]


def _program(call: Call, passed: list[Tensor]) -> Program:
    def again(*stand_ins: Any) -> Any:
        new = dict(zip(passed, stand_ins, strict=True))

        def given(x: Any) -> Any:
            return new.get(x, x) if isinstance(x, Tensor) else x

        return call.function(*map(given, call.args), **{k: given(x) for k, x in call.kwargs.items()})

    try:
        return traced(again, [x.numpy() for x in passed])
    except TinygradLiteError as error:
        raise NotLive(f"what {call.name} asks of its arguments is not known.") from error
