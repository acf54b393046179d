"""One version of a compiled function: its program for one signature, and what it does with the results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_lite.compiling.effects import Effects
from tinygrad_lite.compiling.results import Results
from tinygrad_lite.compiling.signature import Signature
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.fast import fast
from tinygrad_lite.programs.places import Data, Gradient, Place
from tinygrad_lite.programs.program import Program, Value
from tinygrad_lite.programs.rewriting import simplified
from tinygrad_lite.programs.surroundings import World
from tinygrad_lite.programs.tracing import Trace, refusal, traced_call
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Version", "made"]


class Version:
    """A program that stands for a function at one signature.

    surroundings: the places of what it takes besides the arguments. effects: what it changes, or None.
    """

    def __init__(
        self, function: Callable[..., Any], program: Program, results: Results, world: World, live: list[Place],
        effects: Effects | None, inputs: list[Any], flat: bool,
    ) -> None:  # fmt: skip
        self.function, self.program, self.put_together = function, program, results.put_together
        self.places, self.live, self.effects = world.places, live, effects
        self.fast = fast(simplified(program))
        self.eager_runs = 0  # how often the program gave up
        self.flat = flat  # all arguments are inputs, none is nested
        self.kinds = tuple(map(type, inputs))
        self.arrays = [(i, x.shape, x.dtype) for i, x in enumerate(inputs) if type(x) is np.ndarray]
        self.alone = not live and effects is None and world.places.empty()

    def fits(self, args: tuple[Any, ...]) -> bool:
        """Whether positional arguments, none of which is nested, are of this version's signature."""
        if not self.flat or tuple(map(type, args)) != self.kinds:
            return False
        for i, shape, dtype in self.arrays:
            x = args[i]
            if x.shape != shape or x.dtype is not dtype:
                return False
        return self.alone or self.places.hold()

    def run(self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function's results: by the program, or, where that gives up, by the function itself."""
        if self.live:
            inputs = (*inputs, *(place.read() for place in self.live))
        try:
            outputs = self.fast.call(*inputs) if self.effects is None else self.effects.run(self.fast.call, inputs)
        except Exception:  # a Doubt, a flag, or what eager evaluation raises in its own words
            self.eager_runs += 1
            return self.function(*args, **kwargs)
        return self.put_together(inputs, outputs)


def made(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], given: Signature,
    inlined: Callable[[Any], Any],
) -> Version:  # fmt: skip
    """The version for a call: the function is traced in a world of stand-ins."""
    world = World(inlined, given.floats, given.fixed)
    copied = world.copy(function, None, getattr(function, "__name__", "function"))
    new_args = [world.copy(x, None, name) for x, name in zip(args, given.names, strict=False)]
    new_kwargs = {k: world.copy(x, None, k) for k, x in kwargs.items()}
    values = [leaf.value for leaf in given.inputs]
    gradients = [(t, Gradient(world.tensors[x])) for x, t in world.gradients.items() if t is not None]
    data = [(t, Data(original)) for t, original in world.tensors.items()]
    live: list[tuple[Tensor, Place]] = [*world.live, *data, *gradients]
    stand_ins = [*world.given, *(t for t, _ in live)]
    mutable = [t for t, x in zip(world.given, values, strict=True) if type(x) is np.ndarray]
    mutable += [t for t, place in world.live if type(place.read()) is np.ndarray]
    trace = Trace(stand_ins, mutable, world.generators)
    try:
        result = traced_call(trace, copied, *new_args, **new_kwargs)
    except CompileError:
        raise
    except Exception as error:
        function(*args, **kwargs)  # where eager evaluation raises an error, too, it is that one
        raise refusal(error) from error
    effects = Effects(world, trace)
    results = Results(result, {x: i for i, x in enumerate(stand_ins)}, trace.depends)
    program = trace.program(stand_ins, [*results.nodes, *effects.nodes], effects.in_place)
    used = _used(program)
    kept = [i for i, x in enumerate(program.inputs) if i < len(world.given) or x in used]
    program = replace(program, inputs=tuple(program.inputs[i] for i in kept))
    effects.settle([stand_ins[i] for i in kept], len(results.nodes))
    places = [live[i - len(world.given)][1] for i in kept[len(world.given) :]]
    flat = not kwargs and len(values) == len(args) and all(x is v for x, v in zip(args, values, strict=True))
    return Version(function, program, results, world, places, effects if effects else None, values, flat)


def _used(program: Program) -> set[Value]:
    """The inputs that count in a program."""
    used: set[Value] = {*program.outputs, *program.watched}
    used.update(x for line in program.lines for x in line.inputs)
    used.update(x for check in program.checks for x in check.values)
    used.update(x for update in program.updates for x in update)
    return used
