"""One version of a compiled function: its program for one signature, and what it does with the results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from tinygrad_lite.compiling.effects import Effects
from tinygrad_lite.compiling.gradients import Gradients
from tinygrad_lite.compiling.nodes import Run, result_node
from tinygrad_lite.compiling.results import Results
from tinygrad_lite.compiling.signature import Signature
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.fast import fast
from tinygrad_lite.programs.places import Data, Gradient, Place
from tinygrad_lite.programs.program import Program, Value
from tinygrad_lite.programs.rewriting import for_machine, simplified
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
        effects: Effects, gradients: Gradients, inputs: list[Any], flat: bool,
    ) -> None:  # fmt: skip
        self.function, self.program, self.put_together = function, program, results.put_together
        self.places, self.live = world.places, live
        self.effects = effects if effects else None
        self.needing, self.gradients = results.needing, gradients
        self.fast = fast(for_machine(simplified(program)))
        self.call = self.fast.call
        self.arguments: tuple[tuple[Any, ...], dict[str, Any]] = (), {}  # those that it was made for
        self.eager_runs = 0  # how often the program gave up
        self.tensors = any(isinstance(x, Tensor) for x in inputs)
        self.flat = flat and not self.tensors  # all arguments are inputs, none is nested
        self.kinds = tuple(map(type, inputs))
        self.arrays = [(i, x.shape, x.dtype) for i, x in enumerate(inputs) if type(x) is np.ndarray]
        self.alone = not live and not effects and not results.needing
        # Whether a call needs no more than the program: each function call here costs as much as a line of scalars.
        self.direct = self.alone and not self.tensors
        self.unlooked = self.alone and world.places.empty()

    def fits(self, args: tuple[Any, ...]) -> bool:
        """Whether positional arguments, none of which is nested, are of this version's signature."""
        if not self.flat or tuple(map(type, args)) != self.kinds:
            return False
        for i, shape, dtype in self.arrays:
            x = args[i]
            if x.shape != shape or x.dtype is not dtype:
                return False
        return self.unlooked or self.places.hold()

    def run(self, given: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function's results: by the program, or, where that gives up, by the function itself.

        given: the inputs among the arguments.
        """
        node = None
        try:
            if self.direct:
                outputs = self.call(*given)
            else:
                inputs = [x._array if isinstance(x, Tensor) else x for x in given]
                inputs += [place.read() for place in self.live]
                if self.needing:
                    node = partial(result_node, self._noted(given, inputs, args, kwargs))
                call = self.call
                outputs = self.effects.run(call, inputs, given) if self.effects else call(*inputs)
        except Exception:  # a Doubt, a flag, or what eager evaluation raises in its own words
            return self.eagerly(args, kwargs)
        return self.put_together(given, outputs, node)

    def eagerly(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The results of the function itself, where the program gave up."""
        self.eager_runs += 1
        return self.function(*args, **kwargs)

    def _noted(self, given: Any, inputs: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run:
        """What results with a gradient need to know of this run."""
        again = None if self.effects else partial(self.function, *args, **kwargs)
        name = getattr(self.function, "__name__", "a compiled function")
        references = self.gradients.sources
        sources = [given[x] if isinstance(x, int) else x for x in references]
        if self.effects and self.effects.outdate(references):
            inputs = []
        return Run(name, again, self.gradients.program, inputs, sources, len(self.program.lines), self.needing)


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
    slopes = [t for t in world.gradients.values() if t is not None]
    mutable = [t for t, x in zip(world.given, values, strict=True) if type(x) is np.ndarray]
    mutable += [t for t, place in world.live if type(place.read()) is np.ndarray]
    trace = Trace([*world.given, *(t for t, _ in world.live), *world.tensors, *slopes], mutable, world.generators)
    trace.tensors = set(world.tensors)
    world.trace = trace
    try:
        result = traced_call(trace, copied, *new_args, **new_kwargs)
    except CompileError:
        raise
    except Exception as error:
        function(*args, **kwargs)  # where eager evaluation raises an error, too, it is that one
        raise refusal(error) from error
    live: list[tuple[Tensor, Place]] = [*world.live]
    live += [(t, Data(original)) for t, original in world.tensors.items()]
    live += [(t, Gradient(world.tensors[x])) for x, t in world.gradients.items() if t is not None]
    stand_ins = [*world.given, *(t for t, _ in live)]
    effects = Effects(world, trace)
    results = Results(result, world, trace)
    program = trace.program(stand_ins, [*results.nodes, *effects.nodes], effects.in_place)
    used = _used(program)
    kept = [i for i, x in enumerate(program.inputs) if i < len(world.given) or x in used]
    program = replace(program, inputs=tuple(program.inputs[i] for i in kept))
    effects.settle([stand_ins[i] for i in kept], len(results.nodes))
    places = [live[i - len(world.given)][1] for i in kept[len(world.given) :]]
    flat = not kwargs and len(values) == len(args) and all(x is v for x, v in zip(args, values, strict=True))
    wanted = {t: of for t, of in effects.references.items() if t.needs_grad}
    needing = {number: results.nodes[number] for number in results.needing}
    gradients = Gradients(trace, needing, [stand_ins[i] for i in kept], wanted)
    effects.forget()
    trace.forget()
    world.trace = None
    version = Version(function, program, results, world, places, effects, gradients, values, flat)
    version.arguments = args, kwargs
    return version


def _used(program: Program) -> set[Value]:
    """The inputs that count in a program."""
    used: set[Value] = {*program.outputs, *program.watched}
    used.update(x for line in program.lines for x in line.inputs)
    used.update(x for check in program.checks for x in check.values)
    used.update(x for update in program.updates for x in update)
    return used
