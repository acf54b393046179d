"""One variant of a compiled function: its program for one signature, and what it does with the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from tinygrad_lite.compiling.calls import Calls
from tinygrad_lite.compiling.effects import Effects
from tinygrad_lite.compiling.kept import Kept
from tinygrad_lite.compiling.nodes import Recorder
from tinygrad_lite.compiling.results import Results
from tinygrad_lite.errors import CompileError
from tinygrad_lite.programs.again import Again
from tinygrad_lite.programs.fast import Fast, fast
from tinygrad_lite.programs.fast.source import Source
from tinygrad_lite.programs.places import Gradient
from tinygrad_lite.programs.program import Program, Value
from tinygrad_lite.programs.pulling import Joint, Pulls, joint
from tinygrad_lite.programs.rewriting import for_machine, simplified
from tinygrad_lite.programs.signature import Signature
from tinygrad_lite.programs.surroundings import World
from tinygrad_lite.programs.tracing import Trace, refusal
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Variant", "made"]


class Variant:
    """A program that stands for a function at one signature.

    run: (inputs among the arguments, all arguments, keywords) -> results. enter: (positional arguments) -> results, or
    OTHER where they are not of this signature, or the surroundings are not as they were.
    """

    def __init__(
        self, again: Again, program: Program, calls: Calls, world: World, recorder: Recorder | None,
        given: Signature, args: tuple[Any, ...], kwargs: dict[str, Any], new_world: Callable[[], World],
    ) -> None:  # fmt: skip
        """calls: what run and enter are written with. recorder: makes results with a gradient, where there are any.

        new_world: makes another world as the one that the function was traced in, for its source.
        """
        self.function, self.program, self.places, self.recorder = again.function, program, world.places, recorder
        self.kept = Kept(args, kwargs)  # the arguments that it was made for
        self.new_world = new_world
        self.eager_runs = 0  # how often the program gave up
        space: dict[str, Any] = {"eagerly": self.eagerly}
        if recorder is None:
            space["call"] = self.fast.call
        else:
            space["recording"] = lambda given, inputs: recorder.run(given, inputs, lambda: self.fast.call)
        inputs = [leaf.value for leaf in given.inputs]
        self.run, self.enter = calls.written(inputs, None if kwargs else args, world.floats, world.places, space)

    @cached_property
    def fast(self) -> Fast:
        """The function of the program."""
        return fast(for_machine(simplified(self.program)))

    def eagerly(self, args: tuple[Any, ...], kwargs: dict[str, Any], doubt: Exception | None) -> Any:
        """The results of the function itself, where the program gave up. doubt: why, where something was raised."""
        self.eager_runs += 1
        return self.function(*args, **kwargs)


def made(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], given: Signature,
    inlined: Callable[[Any], Any], seek: bool = False,
) -> Variant:  # fmt: skip
    """The variant for a call: the function is traced in a world of stand-ins. seek: name the line that draws random numbers."""
    new_world = partial(World, inlined, given.floats, given.fixed)
    world = new_world()
    world.trace.seeks = seek
    try:
        result = world.call(function, args, kwargs, given.names)
    except CompileError:
        if world.trace.late and not seek:
            return made(function, args, kwargs, given, inlined, seek=True)
        raise
    except Exception as error:
        function(*args, **kwargs)  # where eager evaluation raises an error, too, it is that one
        raise refusal(error) from error
    trace, reached = world.trace, world.found()
    reached += [(t, Gradient(world.tensors[x])) for x, t in world.gradients.items() if t is not None]
    stand_ins = [*world.given, *(t for t, _ in reached)]
    effects = Effects(world, trace)
    source = Source()
    results = Results(result, world, trace, source)
    ends = [*results.nodes, *effects.nodes]
    program = trace.program(stand_ins, ends, effects.in_place)
    whole = _joint(trace, stand_ins, ends, results, effects)
    used = _used(program) | (_used(whole.program) if whole else set())
    kept = [i for i in range(len(stand_ins)) if i < len(world.given) or i in used]
    program = _given(program, kept)
    effects.settle([stand_ins[i] for i in kept], len(results.nodes))
    places = [reached[i - len(world.given)][1] for i in kept[len(world.given) :]]
    again = Again(function, args, kwargs, given.inputs, world.places, places, program, bool(effects))
    recorder = None
    if whole:
        seeds = range(len(stand_ins), len(whole.program.inputs))
        whole = replace(whole, program=_given(whole.program, [*kept, *seeds]))
        inputs = [stand_ins[i] if i in used else None for i in kept]
        recorder = _recorder(again, whole, inputs, results, effects)
    effects.forget()
    world.forget()
    calls = Calls(source, results, effects if effects else None, places)
    return Variant(again, program, calls, world, recorder, given, args, kwargs, new_world)


def _joint(trace: Trace, inputs: list[Any], ends: list[Any], results: Results, effects: Effects) -> Joint | None:
    """The program with the pulls of the results that need a gradient, if any do."""
    if not results.needing:
        return None
    nodes = [results.nodes[number] for number in results.needing]
    return joint(trace, inputs, ends, nodes, None if effects.outdating else effects.sources, effects.in_place)


def _recorder(again: Again, whole: Joint, inputs: Sequence[Any], results: Results, effects: Effects) -> Recorder:
    """inputs: the stand-ins, None for those that the program does not use."""
    sources = [effects.sources if of is None else [effects.sources[i] for i in of] for of in whole.reached]
    references = effects.references
    constants = [t for t in inputs if t in references and t not in set[Tensor]().union(*sources)]
    return Recorder(
        again,
        Pulls(whole, set(results.needing)),
        results.needing,
        [[references[t] for t in of] for of in sources],
        [references[t] for t in constants],
        [i for i, t in enumerate(inputs) if t is not None and t not in references],
    )


def _given(program: Program, kept: Sequence[int]) -> Program:
    """The program with some of its inputs: those that it uses are among them."""
    return replace(program, inputs=tuple(program.inputs[i] for i in kept))


def _used(program: Program) -> set[int]:
    """The numbers of the inputs that count in a program."""
    used: set[Value] = {*program.outputs, *program.watched}
    used.update(x for line in program.lines for x in line.inputs)
    used.update(x for check in program.checks for x in check.values)
    used.update(x for update in program.updates for x in update)
    return {i for i, x in enumerate(program.inputs) if x in used}
