"""The cotangents of a compiled function's results, as programs that are made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.programs.fast import fast
from tinygrad_lite.programs.program import program_of
from tinygrad_lite.programs.rewriting import for_machine, simplified
from tinygrad_lite.programs.standins import stand_in
from tinygrad_lite.programs.tracing import Trace, traced_call
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Gradients"]


class Gradients:
    """The programs (upstream gradient, inputs of the version) -> cotangents of the sources, one for each result.

    results: the nodes of the results in the trace. inputs: the stand-ins for the inputs of the version's program. wanted:
    the stand-ins for Tensors that need a gradient, each with the Tensor, or its number among the arguments.
    """

    def __init__(
        self, trace: Trace, results: Sequence[Node], inputs: Sequence[Tensor], wanted: Mapping[Tensor, Any]
    ) -> None:
        self.trace, self.results, self.inputs, self.wanted = trace, results, inputs, list(wanted)
        self.sources = list(wanted.values())
        self._programs: dict[int, tuple[list[int], Callable[..., Any]]] = {}
        self._lock = RLock()

    def program(self, number: int) -> tuple[list[int], Callable[..., Any]]:
        """For one result, which sources its cotangents are of, and what computes them."""
        with self._lock:
            if number not in self._programs:
                self._programs[number] = self._made(number)
            return self._programs[number]

    def _made(self, number: int) -> tuple[list[int], Callable[..., Any]]:
        result = self.results[number]
        g = stand_in(np.ones(result.shape, result.dtype), "g")
        found = traced_call(self.trace, pull_back, [result], [g], self.wanted, create_graph=True)
        places = [i for i, c in enumerate(found) if c is not None]
        cotangents = [found[i] for i in places]
        program = program_of([g, *self.inputs], cotangents, contents=self.trace.contents)
        return places, fast(for_machine(simplified(program))).call
