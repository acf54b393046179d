"""The cotangents of a compiled function's results, as programs that are made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.errors import StaleGraphError
from tinygrad_lite.programs.fast import fast
from tinygrad_lite.programs.program import program_of
from tinygrad_lite.programs.rewriting import for_machine, simplified
from tinygrad_lite.programs.standins import stand_in
from tinygrad_lite.programs.tracing import Trace, traced_call
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Gradients"]


class Gradients:
    """The programs (upstream gradient, inputs of the variant) -> cotangents of the sources, one for each result.

    They are made at once, because a trace that is kept would keep all its arrays.
    """

    def __init__(
        self, trace: Trace, results: Mapping[int, Node], inputs: Sequence[Tensor], wanted: Mapping[Tensor, Any]
    ) -> None:
        """results: the nodes of those that need a gradient, by their numbers. inputs: the stand-ins for the inputs of the
        variant's program. wanted: those for Tensors that need a gradient, each with the Tensor or its number among the
        arguments.
        """
        self.sources = list(wanted.values())
        self._programs = {number: _made(trace, x, inputs, list(wanted)) for number, x in results.items()}

    def program(self, number: int) -> tuple[list[int], Callable[..., Any]]:
        """For one result, which sources its cotangents are of, and what computes them.

        Raises StaleGraphError where the function has changed what the result was computed from.
        """
        places, call = self._programs[number]
        if call is None:
            raise StaleGraphError("the function changes what this result was computed from.")
        return places, call


def _made(
    trace: Trace, result: Node, inputs: Sequence[Tensor], wanted: list[Tensor]
) -> tuple[list[int], Callable[..., Any] | None]:
    g = stand_in(np.ones(result.shape, result.dtype), "g")
    try:
        found = traced_call(trace, pull_back, [result], [g], wanted, create_graph=True)
    except StaleGraphError:
        return [], None
    places = [i for i, c in enumerate(found) if c is not None]
    program = program_of([g, *inputs], [found[i] for i in places], contents=trace.contents)
    return places, fast(for_machine(simplified(program))).call
