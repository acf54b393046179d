"""Results of compiled functions that need a gradient: a Tensor whose cotangents a program computes.

As soon as anybody looks at what such a Tensor was computed from (a picture, a derivation, a second derivative), the
function runs eagerly on the same arguments, and the nodes that it makes take the place of this one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

import numpy as np

from tinygrad_lite.core.backprop import check_version
from tinygrad_lite.core.graph import SERIAL_STEP, Node, next_serial, pull_any
from tinygrad_lite.core.scopes import SCOPE, TRACE, Off, current_scope
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import GradientError
from tinygrad_lite.programs.folded import Folded
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.trees import flatten

__all__ = ["Run", "result_node"]


class Run:
    """One run of a version, as its results need it for their gradients.

    again: runs the function eagerly, or None where it changes something. pulls: for the number of a result, the program
    of its cotangents and the sources that these are of. inputs: what the program computed with. sources: the Tensors
    that take cotangents. lines: how many the program has.
    """

    def __init__(
        self, name: str, again: Callable[[], Any] | None, pulls: Callable[[int], Any], inputs: Sequence[Any],
        sources: Sequence[Tensor], lines: int, results: Sequence[int],
    ) -> None:  # fmt: skip
        self.name, self.again, self.pulls, self.sources = name, again, pulls, tuple(sources)
        # The caller may write into its arrays before the gradient is asked for; those of Tensors have versions.
        own = {id(t._array) for t in sources}
        self.inputs = [x.copy() if isinstance(x, np.ndarray) and id(x) not in own else x for x in inputs]
        # Before anything is changed, and with room for the nodes that may take the place of each result.
        self.serials = {number: [next_serial() for _ in range(2 * lines // SERIAL_STEP + 1)][-1] for number in results}


class _Pull:
    """The pull of one result."""

    __slots__ = ("number", "run")

    def __init__(self, run: Run, number: int) -> None:
        self.run, self.number = run, number

    def __call__(self, g: Any, node: CompiledTensor) -> Sequence[tuple[Node, Any]]:
        try:
            places, call = self.run.pulls(self.number)
            found = call(g, *self.run.inputs)
        except Exception:  # eager evaluation says in its own words what is wrong
            node.unfold()
            return node.pull(g, node)  # type: ignore[no-any-return]
        return [(self.run.sources[i], c) for i, c in zip(places, found, strict=True)]

    def recorded(self, g: Any, node: CompiledTensor) -> Sequence[tuple[Node, Any]]:
        node.unfold()
        return pull_any(g, node, recorded=True)


def _unfolding(name: str) -> Any:
    slot = getattr(Node, name)

    def read(node: CompiledTensor) -> Any:
        CompiledTensor.unfold(node)
        return slot.__get__(node)

    return property(read, slot.__set__)


class CompiledTensor(Folded, internal=True):
    """A Tensor that a compiled function gave; it becomes a plain Tensor when somebody looks into it."""

    __slots__ = ()

    primitive = _unfolding("primitive")
    inputs = _unfolding("inputs")
    params = _unfolding("params")

    @property
    def made_by(self) -> str | None:
        """The name of the compiled function."""
        step = self.pull
        return step.run.name if type(step) is _Pull else self.primitive.name

    @property
    def sources(self) -> tuple[Any, ...]:
        """The Tensors that take the cotangents."""
        step = self.pull
        return step.run.sources if type(step) is _Pull else self.inputs

    def _replace(self, step: Any) -> None:
        run = step.run
        for x in run.sources:
            check_version(self, x)
        if run.again is None:
            raise GradientError(
                f"{run.name} changes parameters, so what it computed cannot be looked into any more. Compile the cost alone."
            )
        start = next_serial()
        result = copy_context().run(_eagerly, run.again)
        last = [x for x in flatten(result)[0] if isinstance(x, Node)][step.number]
        nodes = [node for node in graph(last) if node.serial > start]
        if len(nodes) >= SERIAL_STEP and len(nodes) > self.serial:
            raise GradientError(f"{run.name} has too many steps to be looked into.")
        numbers = {node.serial: k for k, node in enumerate(nodes, self.serial - len(nodes) + 1)}
        calls: set[Any] = set()
        for node in nodes:
            node.serial = numbers[node.serial]
            call = node.call
            while call is not None and call not in calls:  # a composite knows its result by the serial
                calls.add(call)
                call.output = numbers.get(call.output)
                call = call.parent
        self.call = last.call
        self.primitive, self.inputs, self.params = last.primitive, last.inputs, last.params
        self.pull = last.pull

    def unfold(self) -> None:
        """Put the nodes of the function in the place of this one, which becomes the last of them."""
        step = self.pull
        if type(step) is _Pull:
            self._replace(step)
        self.__class__ = Tensor  # type: ignore[assignment]


def _eagerly(again: Callable[[], Any]) -> Any:
    """The function's result, recorded whatever is recorded where somebody looks."""
    SCOPE.set(None)
    TRACE.set(None)
    with np.errstate(all="ignore"):  # the forward pass has warned already
        return again()


def result_node(run: Run, data: Any, number: int) -> Tensor:
    """The Tensor for one result of a run: with a gradient, unless nothing is recorded now."""
    if type(current_scope()) is Off:
        return Tensor.leaf(data)
    node = Tensor.__new__(CompiledTensor)
    node._array = data
    node.call = current_scope()  # type: ignore[assignment]
    node.meta = None
    node.needs_grad = True
    node.pull = _Pull(run, number)
    node.serial = run.serials[number]
    return node
