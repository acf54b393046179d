"""Results of compiled functions that need a gradient: a Tensor whose cotangents a program computes.

As soon as anybody looks at what such a Tensor was computed from (a picture, a derivation, a second derivative), the
function runs eagerly on the same arguments, and the nodes that it makes take the place of this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import SERIAL_STEP, Call, Node, next_serial
from tinygrad_lite.core.scopes import Off, current_scope
from tinygrad_lite.errors import GradientError
from tinygrad_lite.programs.folded import Folded, Folding
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.trees import flatten

__all__ = ["Run", "result_node"]


class Run:
    """One run of a variant, as its results need it for their gradients.

    again: runs the function eagerly, or None where it changes something. pulls: for the number of a result, the program
    of its cotangents and the sources that these are of. inputs: what the program computed with. sources: the Tensors
    that take cotangents. lines: how many the program has. places: for the number of each result, where it stands among
    the leaves of what the function returns.
    """

    def __init__(
        self, name: str, again: Callable[[], Any] | None, pulls: Callable[[int], Any], inputs: Sequence[Any],
        sources: Sequence[Tensor], lines: int, places: Mapping[int, int],
    ) -> None:  # fmt: skip
        self.name, self.again, self.pulls, self.sources, self.places = name, again, pulls, tuple(sources), places
        # The caller may write into its arrays before the gradient is asked for; those of Tensors have versions.
        own = {id(t._array) for t in sources}
        self.inputs = [x.copy() if isinstance(x, np.ndarray) and id(x) not in own else x for x in inputs]
        # Before anything is changed, and with room for the nodes that may take the place of each result.
        steps = 2 * lines // SERIAL_STEP + 1
        self.room = steps * SERIAL_STEP - 1
        self.serials = {number: [next_serial() for _ in range(steps)][-1] for number in places}


class _Pull(Folding):
    """The pull of one result."""

    __slots__ = ("number", "run", "scope")

    scope: Call | None

    def __init__(self, run: Run, number: int, scope: Call | None) -> None:
        self.run, self.number, self.scope = run, number, scope

    def __call__(self, g: Any, node: Folded) -> Sequence[tuple[Node, Any]]:
        try:
            places, call = self.run.pulls(self.number)
            found = call(g, *self.run.inputs)
        except Exception:  # eager evaluation says in its own words what is wrong
            node.unfold()
            return node.pull(g, node)  # type: ignore[no-any-return]
        return [(self.run.sources[i], c) for i, c in zip(places, found, strict=True)]

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def sources(self) -> Sequence[Any]:
        return self.run.sources

    @property
    def room(self) -> int:  # type: ignore[override]
        return self.run.room

    def run_again(self) -> tuple[Node, Mapping[Any, Any]]:
        """Run the function eagerly, and find this result among all of them."""
        if self.run.again is None:
            raise GradientError(
                f"{self.name} changes parameters, so what it computed cannot be looked into any more. Compile the cost alone."
            )
        leaves = flatten(self.run.again())[0]
        return leaves[self.run.places[self.number]], {}


def result_node(run: Run, data: Any, number: int) -> Tensor:
    """The Tensor for one result of a run: with a gradient, unless nothing is recorded now."""
    scope = current_scope()
    if isinstance(scope, Off):
        return Tensor.leaf(data)
    node = Tensor.__new__(Folded)
    node._array = data
    node.call = scope
    node.meta = None
    node.needs_grad = True
    node.pull = _Pull(run, number, scope)
    node.serial = run.serials[number]
    return node
