"""One variant of a compiled function: its program for one signature, and what it does with the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tinygrad_lite.compiling.calls import Calls
from tinygrad_lite.compiling.effects import Effects
from tinygrad_lite.compiling.gradients import Gradients
from tinygrad_lite.compiling.kept import Kept
from tinygrad_lite.compiling.nodes import Run, result_node
from tinygrad_lite.compiling.results import Results
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.fast import fast
from tinygrad_lite.programs.fast.source import Source
from tinygrad_lite.programs.places import Data, Gradient, Place
from tinygrad_lite.programs.program import Program, Value
from tinygrad_lite.programs.rewriting import for_machine, simplified
from tinygrad_lite.programs.signature import Signature
from tinygrad_lite.programs.surroundings import World
from tinygrad_lite.programs.tracing import refusal, traced_call
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Variant", "made"]


class Variant:
    """A program that stands for a function at one signature.

    run: (inputs among the arguments, all arguments, keywords) -> results. enter: (positional arguments) -> results, or
    OTHER where they are not of this signature, or the surroundings are not as they were.
    """

    def __init__(
        self, function: Callable[..., Any], program: Program, calls: Calls, world: World, gradients: Gradients,
        inputs: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any], new_world: Callable[[], World],
    ) -> None:  # fmt: skip
        """calls: what run and enter are written with. inputs: those among the arguments.

        new_world: makes another world as the one that the function was traced in, for its source.
        """
        self.function, self.program, self.places = function, program, world.places
        self.effects, self.needing, self.gradients = calls.effects, calls.results.needing, gradients
        self.fast = fast(for_machine(simplified(program)))
        self.kept = Kept(args, kwargs)  # the arguments that it was made for
        self.new_world = new_world
        self.eager_runs = 0  # how often the program gave up
        space = {"call": self.fast.call, "eagerly": self.eagerly, "noted": self._noted}
        self.run, self.enter = calls.written(inputs, None if kwargs else args, world.floats, world.places, space)

    def eagerly(self, args: tuple[Any, ...], kwargs: dict[str, Any], doubt: Exception | None) -> Any:
        """The results of the function itself, where the program gave up. doubt: why, where something was raised."""
        self.eager_runs += 1
        return self.function(*args, **kwargs)

    def _noted(self, given: Any, inputs: Sequence[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What makes a result with a gradient, for this run."""
        again = None if self.effects else partial(self.function, *args, **kwargs)
        name = getattr(self.function, "__name__", "a compiled function")
        references = self.gradients.sources
        sources = [given[x] if isinstance(x, int) else x for x in references]
        if self.effects and self.effects.outdate(references):
            inputs = ()
        return partial(
            result_node,
            Run(name, again, self.gradients.program, inputs, sources, len(self.program.lines), self.needing),
        )


def made(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], given: Signature,
    inlined: Callable[[Any], Any],
) -> Variant:  # fmt: skip
    """The variant for a call: the function is traced in a world of stand-ins."""
    new_world = partial(World, inlined, given.floats, given.fixed)
    world = new_world()
    copied = world.copy(function, None, getattr(function, "__name__", "function"))
    new_args = [world.copy(x, None, name) for x, name in zip(args, given.names, strict=False)]
    new_kwargs = {k: world.copy(x, None, k) for k, x in kwargs.items()}
    values = [leaf.value for leaf in given.inputs]
    trace = world.trace
    try:
        result = traced_call(trace, copied, *new_args, **new_kwargs)
    except CompileError:
        raise
    except Exception as error:
        function(*args, **kwargs)  # where eager evaluation raises an error, too, it is that one
        raise refusal(error) from error
    reached: list[tuple[Tensor, Place]] = [*world.reached]
    reached += [(t, Data(original)) for t, original in world.tensors.items()]
    reached += [(t, Gradient(world.tensors[x])) for x, t in world.gradients.items() if t is not None]
    stand_ins = [*world.given, *(t for t, _ in reached)]
    effects = Effects(world, trace)
    source = Source()
    results = Results(result, world, trace, source)
    program = trace.program(stand_ins, [*results.nodes, *effects.nodes], effects.in_place)
    used = _used(program)
    kept = [i for i, x in enumerate(program.inputs) if i < len(world.given) or x in used]
    program = replace(program, inputs=tuple(program.inputs[i] for i in kept))
    effects.settle([stand_ins[i] for i in kept], len(results.nodes))
    places = [reached[i - len(world.given)][1] for i in kept[len(world.given) :]]
    wanted = {t: of for t, of in effects.references.items() if t.needs_grad}
    needing = {number: results.nodes[number] for number in results.needing}
    gradients = Gradients(trace, needing, [stand_ins[i] for i in kept], wanted)
    effects.forget()
    world.forget()
    calls = Calls(source, results, effects if effects else None, places)
    return Variant(function, program, calls, world, gradients, values, args, kwargs, new_world)


def _used(program: Program) -> set[Value]:
    """The inputs that count in a program."""
    used: set[Value] = {*program.outputs, *program.watched}
    used.update(x for line in program.lines for x in line.inputs)
    used.update(x for check in program.checks for x in check.values)
    used.update(x for update in program.updates for x in update)
    return used
