"""Results of compiled functions that need a gradient: a Tensor whose cotangents a program computes.

The run keeps what the program of the cotangents needs. As soon as anybody looks at what such a Tensor was computed from
(a picture, a derivation, a second derivative), that is recorded, and the nodes take the place of this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinygrad_lite.core.graph import Call, Node
from tinygrad_lite.core.scopes import Off, current_scope
from tinygrad_lite.programs.again import Again
from tinygrad_lite.programs.folded import Folded, Folding, folded
from tinygrad_lite.programs.pulling import Pulls
from tinygrad_lite.tensor.operands import own
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Recorder"]

Reference = Tensor | int  # a Tensor that the function reaches, or the number of one among the arguments


class Recorder:
    """Makes the results of one variant that need a gradient.

    again: records nodes. results: the numbers of the results that need a gradient, each with its place among the leaves
    of what the function returns. sources: for each of them the Tensors that take cotangents. constants: the Tensors among
    the inputs that take none. plain: the numbers of the inputs that are no Tensors.
    """

    def __init__(
        self, again: Again, pulls: Pulls, results: Mapping[int, int],
        sources: Sequence[Sequence[Reference]], constants: Sequence[Reference], plain: Sequence[int],
    ) -> None:  # fmt: skip
        self.again, self.pulls, self.results = again, pulls, results
        self.sources, self.constants, self.plain = sources, constants, plain
        self.places = {number: i for i, number in enumerate(results)}  # among those that have pulls

    def run(self, given: Sequence[Any], inputs: Sequence[Any], value: Callable[[], Callable[..., Any]]) -> Any:
        """A run, in which `call` is the program. `done` takes its outputs, and gives a function from the number of a
        result to its Tensor. value: gives the program for a run of which nothing is recorded.
        """
        scope = current_scope()
        return _Unrecorded(value()) if isinstance(scope, Off) else _Run(self, given, inputs, scope)


class _Unrecorded:
    """A run under no_grad."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call

    def done(self, outputs: Sequence[Any]) -> Callable[[int], Tensor]:
        return lambda number: Tensor.leaf(outputs[number])


class _Run:
    """A run whose results can be differentiated: what these share."""

    __slots__ = ("call", "given", "inputs", "recorder", "saved", "scope", "serials")

    def __init__(self, recorder: Recorder, given: Sequence[Any], inputs: Sequence[Any], scope: Call | None) -> None:
        self.recorder, self.given, self.scope = recorder, given, scope
        self.call = recorder.pulls.value.call
        self.inputs = own(inputs, recorder.plain)
        # Before anything is changed, so that later changes are newer than the results.
        self.serials = [recorder.pulls.serial() for _ in recorder.results]

    def done(self, outputs: Sequence[Any]) -> Callable[[int], Tensor]:
        """What makes the Tensor of a result."""
        self.saved = [outputs[i] for i in self.recorder.pulls.parts.saved]
        return lambda number: self._node(outputs[number], number)

    def _node(self, data: Any, number: int) -> Tensor:
        pull = _Pull(self, number)
        return folded(data, self.scope, pull, self.serials[pull.place])

    def tensors(self, references: Sequence[Reference]) -> tuple[Tensor, ...]:
        """Tensors by their references."""
        return tuple([self.given[x] if isinstance(x, int) else x for x in references])


class _Pull(Folding):
    """The pull of one result. place: which it is among those that have pulls."""

    __slots__ = ("number", "place", "run")

    def __init__(self, run: _Run, number: int) -> None:
        self.run, self.number, self.place = run, number, run.recorder.places[number]

    def __call__(self, g: Any, node: Folded) -> Sequence[tuple[Node, Any]]:
        run, recorder = self.run, self.run.recorder
        try:
            inputs = [run.inputs[i] for i in recorder.pulls.parts.inputs]
            found = recorder.pulls.pull(self.place)(g, *inputs, *run.saved)
        except Exception:  # eager evaluation says in its own words what is wrong
            node.unfold()
            return node.pull(g, node)  # type: ignore[no-any-return]
        return list(zip(run.tensors(recorder.sources[self.place]), found, strict=True))

    @property
    def name(self) -> str:
        return self.run.recorder.again.name

    @property
    def scope(self) -> Call | None:
        return self.run.scope

    @property
    def sources(self) -> Sequence[Any]:
        recorder = self.run.recorder
        return self.run.tensors([*recorder.sources[self.place], *recorder.constants])

    @property
    def room(self) -> int:  # type: ignore[override]
        return self.run.recorder.pulls.room

    def run_again(self) -> tuple[Node, Mapping[Any, Any]]:
        """Record what the result was computed from."""
        run, recorder = self.run, self.run.recorder
        given = [x if isinstance(x, Node) else copied for x, copied in zip(run.given, run.inputs, strict=False)]
        inputs = [*given, *run.inputs[len(given) :]]
        return recorder.again.node(inputs, self.number, recorder.results[self.number]), {}
