"""The part of a right backward pass that a learner works on: from the gradients that are given down to one step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tinygrad_lite.core.walks import graph, replay
from tinygrad_lite.exercises.making.edges import Backward, Edge
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.exercises.slips import recognised
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

_RECOGNISED: WeakKeyDictionary[Backward, Any] = WeakKeyDictionary()


class Route:
    """The edges between given gradients and a step at one point, and the gradients there.

    given: gradients that the work stands on, by the name of the step; above them nothing is altered. Gradients are
    matrices with a row for each element of the result, as in Backward. edges: by a number that is the same at every
    point; beside the edges of the graph those of functions and costs that are recognised by their values. carried: for
    each node the matrix that takes a gradient there to its part of the gradient by the step.
    """

    def __init__(self, point: Point, step: str, given: Mapping[str, Any]) -> None:
        self.point = point
        self.step = step
        self.node = point.nodes[step]
        self.backward: Backward = point.backward
        self.given = {point.nodes[name]: value for name, value in given.items()}
        self.gradients = self.backward.gradients(self.given)
        self.visited = _up_from(self.node, self.backward, self.given)
        self.own = {n: edge for n, edge in enumerate(self.backward.edges) if edge.below in self.visited}
        self.carried = self._carried()
        self.edges = dict(self.own)
        self.above = dict(self.backward.above)
        self.same: dict[Tensor, Tensor] = {}
        self.costs: list[recognised.Cost] = []
        self.logits: list[tuple[recognised.Cost, Tensor]] = []
        self._add_recognised()

    def _carried(self) -> dict[Tensor, Any]:
        leading: dict[Tensor, list[Edge]] = {}
        for edge in self.own.values():
            leading.setdefault(edge.above, []).append(edge)
        found = {self.node: np.eye(self.node.size)}
        for node in reversed(self.backward.nodes):
            if node is not self.node and node in leading:
                found[node] = sum(edge.matrix @ found[edge.below] for edge in leading[node])
        return found

    def _add_recognised(self) -> None:
        """The edges of functions and costs that are recognised; those of a cost of logits end in a twin of these."""
        if self.backward not in _RECOGNISED:
            _RECOGNISED[self.backward] = recognised.recognised(self.point)
        functions, costs, logits = _RECOGNISED[self.backward]
        places = {node: n for n, node in enumerate(self.backward.nodes)}
        for edge in functions:
            if edge.below in self.visited and not self._cut(edge.above, edge.below):
                self.edges[FUNCTIONS + MANY * places[edge.above] + places[edge.below]] = edge
        self.costs = [c for c in costs if c.a in self.visited and not self._cut(c.node, c.a)]
        for n, (cost, z, own) in enumerate(logits):
            if z not in self.visited or self._cut(cost.node, z):
                continue
            twin = own.nodes[-1]
            for node in own.nodes:
                self.gradients[node] = self.gradients[cost.node] * cost.factor @ own.matrix(node)
                self.carried[node] = own.transfer(node, twin) @ self.carried[z]
            self.same[twin] = z
            self.above |= own.above
            self.edges |= {LOGITS * (n + 1) + k: edge for k, edge in enumerate(own.edges)}
            self.costs.append(cost)
            self.logits.append((cost, z))

    def _cut(self, above: Tensor, below: Tensor) -> bool:
        """Whether a gradient is given between two values."""
        return any(below.serial < node.serial < above.serial for node in self.given)

    def leads(self, start: Tensor, end: Tensor) -> bool:
        """Whether a gradient comes from one value down to another."""
        seen, waiting = {end}, [end]
        while waiting:
            for edge in self.above.get(waiting.pop(), []):
                if edge.above not in seen:
                    seen.add(edge.above)
                    waiting.append(edge.above)
        return start in seen

    @property
    def right(self) -> Any:
        """The gradient by the step, right for what is given, as a matrix."""
        return self.gradients[self.node]

    @property
    def rows(self) -> tuple[int, ...]:
        """The axes of the result, which come first in every gradient; () for a cost."""
        return self.backward.out_shape

    def shaped(self, matrix: Any) -> Any:
        """A gradient by the step as an array; axes before its matrix stay."""
        return matrix.reshape(matrix.shape[:-2] + self.rows + self.node.shape)

    @cached_property
    def bridges(self) -> set[int]:
        """The edges that all of the gradient comes through: a factor there is a factor of the answer."""
        parts = {
            n: self.gradients[edge.above] @ edge.matrix @ self.carried[edge.below] for n, edge in self.edges.items()
        }
        return {n for n, part in parts.items() if np.allclose(part, self.right, rtol=1e-9, atol=1e-12)}

    @cached_property
    def divided(self) -> set[str]:
        """The lengths of axes that something in the graph is divided by, by their letters."""
        numbers = {
            float(1 / np.abs(e.derivative.flat[0])) for e in self.backward.edges if e.elementwise and constant(e)
        }
        return {
            letter
            for letter, n in self.point.sizes.items()
            if any(abs(k - c * n) < 1e-9 for k in numbers for c in (1, 2))
        }

    @cached_property
    def numbers_above(self) -> set[Tensor]:
        """The values by which the gradient is only a number, such as −1/m: no learner thinks of it as a gradient."""
        found = {self.backward.result}
        for node in sorted(self.above, key=lambda n: -n.serial):
            edges = self.above[node]
            if all(edge.above in found and constant(edge) for edge in edges) and node not in self.given:
                found.add(node)
        return found

    @cached_property
    def inside(self) -> set[int]:
        """The edges of the graph inside functions that were written by hand and are recognised."""
        whole = [edge for n, edge in self.edges.items() if FUNCTIONS <= n < LOGITS]
        return {
            n
            for n, edge in self.own.items()
            if any(self.leads(f.above, edge.above) and self.leads(edge.below, f.below) for f in whole)
        }

    @cached_property
    def beside(self) -> dict[Tensor, Any]:
        """The gradients by values that take none because no step asks for them, such as ∂C/∂w beside ∂C/∂b.

        Only those that a value on the way is made of: nobody takes ∂C/∂y.
        """
        if self.rows:
            return {}
        ways = [node for node in self.backward.nodes if node.name is not None and node is not self.backward.result]
        made_of = {x for node in ways for x in graph(node)}
        return {x: g for x, g in self.backward.beside(self.gradients).items() if x in made_of}

    @cached_property
    def taken(self) -> list[tuple[str, float, Any]]:
        """The answers with a parameter put to 0 or 1, where only the result depends on it and no value on the way."""
        return [] if self.given or self.rows else list(self._taken())

    def _taken(self) -> Iterator[tuple[str, float, Any]]:
        nodes = graph(self.backward.result)
        inside = set(nodes)
        for name, node in self.point.nodes.items():
            if node.requires_grad or node.primitive is not None or node not in inside:
                continue
            for number in (0.0, 1.0):
                known = replay(nodes, {node: np.full(node.shape, number)})
                result = known.get(self.backward.result)
                named = [other for other in known if other.name is not None and other is not node]
                if isinstance(result, Tensor) and all(other is self.backward.result for other in named):
                    (found,) = pull_back([result], [np.ones(result.shape)], [self.node])
                    if found is not None:
                        yield name, number, np.asarray(found, dtype=float)

    def named(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """The values of this shape that have names."""
        return {name: value for name, value in self.point.values.items() if value.shape == shape}


MANY = 1_000
FUNCTIONS = MANY**2
LOGITS = MANY**3
"""Where the numbers of edges begin that are no edges of the graph."""


def constant(edge: Edge) -> bool:
    """Whether the local derivative of an edge is a number that depends on no value, such as 1/m, 1/2, −1 or 1."""
    if edge.call is not None:
        return False
    if edge.name == "multiply" or (edge.name == "divide" and edge.slot == 0):
        other = edge.above.inputs[1 - (edge.slot or 0)]
        return not isinstance(other, Tensor) or (other.name is None and other.primitive is None)
    return edge.name in _LINEAR


_LINEAR = ("add", "subtract", "negative", "sum", "identity", "copy", "broadcast_to", "reshape", "transpose", "astype")


def _up_from(node: Tensor, backward: Backward, given: Mapping[Tensor, Any]) -> set[Tensor]:
    """The nodes from which edges lead up, until gradients that are given."""
    found, waiting = {node}, [node]
    while waiting:
        for edge in backward.above.get(waiting.pop(), []):
            if edge.above not in given and edge.above not in found and edge.above in backward.above:
                found.add(edge.above)
                waiting.append(edge.above)
    return found
