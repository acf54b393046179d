"""The part of a right backward pass that a learner works on: from the gradients that are given down to one step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.edges import Backward, Edge
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.tensor.tensor import Tensor


class Route:
    """The edges between given gradients and a step at one point, and the gradients there.

    given: gradients that the work stands on, by the name of the step; above them nothing is altered. Gradients are
    matrices with a row for each element of the result, as in Backward.
    """

    def __init__(self, point: Point, step: str, given: Mapping[str, Any]) -> None:
        self.point = point
        self.step = step
        self.node = point.nodes[step]
        self.backward: Backward = point.backward
        self.given = {point.nodes[name]: value for name, value in given.items()}
        self.gradients = self.backward.gradients(self.given)
        visited = _up_from(self.node, self.backward, self.given)
        self.numbers = [n for n, edge in enumerate(self.backward.edges) if edge.below in visited]
        self.edges = {n: self.backward.edges[n] for n in self.numbers}
        self.carried = self._carried(visited)

    def _carried(self, visited: set[Tensor]) -> dict[Tensor, Any]:
        """For each node the matrix that takes a gradient there to its part of the gradient by the step."""
        leading: dict[Tensor, list[Edge]] = {}
        for edge in self.edges.values():
            leading.setdefault(edge.above, []).append(edge)
        found = {self.node: np.eye(self.node.size)}
        for node in reversed(self.backward.nodes):
            if node is not self.node and node in leading:
                found[node] = sum(edge.matrix @ found[edge.below] for edge in leading[node])
        return found

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
        return {
            n for n, edge in self.edges.items()
            if np.allclose(self.gradients[edge.above] @ edge.matrix @ self.carried[edge.below], self.right, rtol=1e-9)
        }  # fmt: skip

    @cached_property
    def numbers_above(self) -> set[Tensor]:
        """The values by which the gradient is only a number, such as −1/m: no learner thinks of it as a gradient."""
        found = {self.backward.result}
        for node in self.backward.nodes:
            edges = self.backward.above.get(node, [])
            if edges and all(edge.above in found and constant(edge) for edge in edges) and node not in self.given:
                found.add(node)
        return found

    def named(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """The values of this shape that have names."""
        return {name: value for name, value in self.point.values.items() if value.shape == shape}


def constant(edge: Edge) -> bool:
    """Whether the local derivative of an edge is a number that depends on no value, such as 1/m, 1/2, −1 or 1."""
    if edge.call is not None:
        return False
    if edge.name in ("multiply", "divide") and not (edge.name == "divide" and edge.slot):
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
