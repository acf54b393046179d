"""One version of a compiled function: its program for one signature, and how the results are put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.compiling.results import Results
from tinygrad_lite.compiling.signature import Signature, is_input
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.fast import fast
from tinygrad_lite.programs.program import Program
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.programs.standins import python_float, stand_in
from tinygrad_lite.programs.tracing import Trace, refusal, traced_call
from tinygrad_lite.trees import flatten

__all__ = ["Version", "made"]


class Version:
    """A program that stands for a function at one signature."""

    def __init__(
        self, function: Callable[..., Any], program: Program, inputs: list[Any], results: Callable[..., Any], flat: bool
    ) -> None:
        self.function, self.program, self.results = function, program, results
        self.fast = fast(simplified(program))
        self.eager_runs = 0  # how often the program gave up
        self.flat = flat  # all arguments are inputs, none is nested
        self.kinds = tuple(map(type, inputs))
        self.arrays = [(i, x.shape, x.dtype) for i, x in enumerate(inputs) if type(x) is np.ndarray]

    def fits(self, args: tuple[Any, ...]) -> bool:
        """Whether positional arguments, none of which is nested, are of this version's signature."""
        if not self.flat or tuple(map(type, args)) != self.kinds:
            return False
        for i, shape, dtype in self.arrays:
            x = args[i]
            if x.shape != shape or x.dtype is not dtype:
                return False
        return True

    def run(self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function's results: by the program, or, where that gives up, by the function itself."""
        try:
            outputs = self.fast.call(*inputs)
        except Exception:  # a Doubt, a flag, or what eager evaluation raises in its own words
            self.eager_runs += 1
            return self.function(*args, **kwargs)
        return self.results(inputs, outputs)


def made(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], given: Signature) -> Version:
    """The version for a call: the function is traced on stand-ins for its inputs."""
    floats = bool(given.key[0])
    leaves, rebuild = flatten((list(args), kwargs))
    names = iter(given.inputs)
    stand_ins: dict[int, Any] = {}
    for i, x in enumerate(leaves):
        if is_input(x, floats):
            t = stand_in(x, next(names).name)
            stand_ins[i] = python_float(t) if type(x) is float else t
    inputs = list(stand_ins.values())
    trace = Trace(inputs, [t for i, t in stand_ins.items() if type(leaves[i]) is np.ndarray])
    new_args, new_kwargs = rebuild([stand_ins.get(i, x) for i, x in enumerate(leaves)])
    try:
        result = traced_call(trace, function, *new_args, **new_kwargs)
    except CompileError:
        raise
    except Exception as error:
        function(*args, **kwargs)  # where eager evaluation raises an error, too, it is that one
        raise refusal(error) from error
    results = Results(result, {x: i for i, x in enumerate(inputs)}, trace.depends)
    program = trace.program(inputs, results.nodes)
    values = [leaf.value for leaf in given.inputs]
    flat = not kwargs and len(values) == len(args) and all(x is v for x, v in zip(args, values, strict=True))
    return Version(function, program, values, results.put_together, flat)
