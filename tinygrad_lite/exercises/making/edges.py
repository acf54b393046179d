"""The backward pass of a graph as a learner sees it: one edge a local derivative, each as a matrix.

Activations are one step (σ, tanh, relu, softmax), costs are opened. An edge leads from a value to one that was computed
from it; its matrix M has a row for each element of the value above and a column for each element of the value
below, so that the gradient below is G M for the gradient G above. Graphs of exercises are small, and with matrices a
backward pass with a rule altered is one more product.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.core.broadcasting import unbroadcast
from tinygrad_lite.core.graph import Call
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

MOST_ELEMENTS = 600
"""How many elements a value of an exercise may have."""


@dataclass(frozen=True, eq=False)
class Edge:
    """From ``below`` to ``above``, which was computed from it.

    slot: the place of ``below`` among the inputs of the primitive; None where ``above`` is a composite such as σ, of
    which ``call`` is the call. elementwise: whether an element above depends on one element below. derivative: the
    local derivative of an elementwise edge, of the shape of ``above``; None for others. matrix: see the module.
    """

    above: Tensor
    below: Tensor
    slot: int | None
    call: Call | None
    elementwise: bool
    derivative: Any
    matrix: Any = field(repr=False)

    @cached_property
    def spread(self) -> Any:
        """Of an elementwise edge, a 1 for each element above in the column of the element below that it was made of."""
        found = np.zeros((self.above.size, self.below.size))
        found[np.arange(self.above.size), _places(self.above, self.below)] = 1
        return found

    @property
    def name(self) -> str:
        """The operation: a primitive's name, or that of the composite."""
        if self.call is not None:
            return self.call.name
        assert self.above.primitive is not None
        return self.above.primitive.name


class Backward:
    """The right backward pass of a graph, folded: its edges, gradients, and what rounding may make of them."""

    def __init__(self, result: Tensor) -> None:
        self.result = result
        nodes = [n for n in graph(result) if n.requires_grad]
        large = [n for n in nodes if n.size > MOST_ELEMENTS]
        if large:
            raise ExerciseError(
                f"the values of an exercise have at most {MOST_ELEMENTS} elements; {large[0].label()} has more. "
                "Take axes by letters, whose lengths are chosen small, or smaller numbers."
            )
        edges = [edge for unit in _units(nodes, result) for edge in unit]
        reached = {result}  # a maximum that is subtracted for safety is not: no gradient passes
        for edge in sorted(edges, key=lambda e: -e.above.serial):
            if edge.above in reached:
                reached.add(edge.below)
        self.edges = [edge for edge in edges if edge.above in reached]
        self.above: dict[Tensor, list[Edge]] = {}
        for edge in self.edges:
            self.above.setdefault(edge.below, []).append(edge)
        self.nodes = sorted({result, *self.above}, key=lambda n: -n.serial)
        self._gradients = self.gradients({})
        self._transfers: dict[tuple[Tensor, Tensor], Any] = {}

    @property
    def out_shape(self) -> tuple[int, ...]:
        """The axes of a result with several elements, which come first in every gradient; () for a cost."""
        return self.result.shape if self.result.size > 1 else ()

    def gradients(self, given: Mapping[Tensor, Any]) -> dict[Tensor, Any]:
        """The gradient by every node as a matrix, a row for each element of the result.

        given: gradients that are put in the place of those of some nodes, of the shape that ``gradient`` returns.
        """
        rows = self.result.size
        found: dict[Tensor, Any] = {}
        for node in self.nodes:
            if node in given:
                found[node] = np.asarray(given[node], dtype=float).reshape(rows, node.size)
            elif node is self.result:
                found[node] = np.eye(rows)
            else:
                found[node] = sum(found[edge.above] @ edge.matrix for edge in self.above[node])
        return found

    def gradient(self, node: Tensor, given: Mapping[Tensor, Any] | None = None) -> Any:
        """The gradient by a node, of its shape; the axes of a result with several elements come first."""
        found = self.gradients(given) if given else self._gradients
        return found[node].reshape(self.out_shape + node.shape)

    def matrix(self, node: Tensor) -> Any:
        """The gradient by a node as a matrix, a row for each element of the result."""
        return self._gradients[node]

    def scale(self, node: Tensor) -> Any:
        """The sum of the absolute values of all that an element of the gradient is the sum of."""
        found: dict[Tensor, Any] = {}
        for other in self.nodes:
            if other is self.result:
                found[other] = np.eye(self.result.size)
            else:
                found[other] = sum(found[edge.above] @ np.abs(edge.matrix) for edge in self.above[other])
        return found[node].reshape(self.out_shape + node.shape)

    def beside(self, gradients: Mapping[Tensor, Any]) -> dict[Tensor, Any]:
        """The gradients of a cost by values that take none: parameters that nobody asks for, and what is made of them."""
        found = {node: gradients[node].reshape(node.shape) for node in self.nodes}
        for node in reversed(graph(self.result)):
            for slot, x in enumerate(node.inputs if node in found else ()):
                if isinstance(x, Tensor) and not x.requires_grad and x.dtype.kind == "f":
                    got = _cotangent(node, slot, found[node])
                    if got is not None:
                        found[x] = found.get(x, 0.0) + unbroadcast(np.asarray(got), x.data, node.primitive.name)
        return {x: gradient for x, gradient in found.items() if not x.requires_grad}

    def values_above(self, node: Tensor, stops: Collection[Tensor] = ()) -> set[Tensor]:
        """The values that are computed from a node, up to stops: behind these nothing is seen."""
        found: set[Tensor] = set()
        waiting = [node]
        while waiting:
            for edge in self.above.get(waiting.pop(), ()):
                if edge.above not in found:
                    found.add(edge.above)
                    if edge.above not in stops:
                        waiting.append(edge.above)
        return found

    def transfer(self, start: Tensor, end: Tensor) -> Any:
        """The matrix that takes a gradient by ``start`` to its part of the gradient by ``end``, over all paths."""
        key = (start, end)
        if key not in self._transfers:
            found: dict[Tensor, Any] = {start: np.eye(start.size)}
            for node in self.nodes:
                if node.serial < start.serial:
                    parts = [found[e.above] @ e.matrix for e in self.above[node] if e.above in found]
                    if parts:
                        found[node] = sum(parts)
            for node in self.nodes:
                self._transfers[start, node] = found.get(node, np.zeros((start.size, node.size)))
        return self._transfers[key]


# --- edges ------------------------------------------------------------------------------------------------------


def _units(nodes: list[Tensor], result: Tensor) -> list[list[Edge]]:
    """The edges of each operation, with the calls of activations as one operation."""
    members: dict[Call, list[Tensor]] = {}
    for node in nodes:
        if node.call is not None and node.primitive is not None:
            members.setdefault(_outermost(node.call), []).append(node)
    folded: dict[Tensor, list[Edge]] = {}
    inside: set[Tensor] = set()
    for call, group in members.items():
        source = _only_input(group)
        if source is not None and not _average(group) and _leaving(group, nodes, result) == [group[-1]]:
            inside.update(group)
            folded[group[-1]] = [_folded(group, source, call)]
    units = []
    for node in nodes:
        if node in folded:
            units.append(folded[node])
        elif node.primitive is not None and node not in inside:
            units.append(list(_edges(node)))
    return units


def _average(group: list[Tensor]) -> bool:
    """Whether a call only sums and divides, as a mean does: a learner sees 1/m and Σ."""
    return all(node.made_by in ("sum", "divide", "multiply", "reshape", "broadcast_to") for node in group)


def _outermost(call: Call) -> Call:
    while call.parent is not None:
        call = call.parent
    return call


def _only_input(group: list[Tensor]) -> Tensor | None:
    """The one node that a group is computed from; None where there are several, as in a cost of a and y."""
    own = set(group)
    outside = {
        x for node in group for x in node.inputs
        if isinstance(x, Tensor) and x not in own and (x.requires_grad or x.name is not None)
    }  # fmt: skip
    return outside.pop() if len(outside) == 1 else None


def _leaving(group: list[Tensor], nodes: list[Tensor], result: Tensor) -> list[Tensor]:
    """The nodes of a group that are used outside of it."""
    own = set(group)
    used = {x for node in nodes if node not in own for x in node.inputs if isinstance(x, Tensor)}
    return [node for node in group if node in used or node is result]


def _folded(group: list[Tensor], source: Tensor, call: Call) -> Edge:
    exit_ = group[-1]
    kinds = {node.primitive.kind for node in group if node.primitive is not None}
    if kinds == {"elementwise"} and exit_.shape == source.shape:
        derivative = _pulled(exit_, source, np.ones(exit_.shape, exit_.dtype))
        return _elementwise(exit_, source, None, call, derivative)
    rows = [_pulled(exit_, source, g).ravel() for g in _basis(exit_)]
    return Edge(exit_, source, None, call, False, None, np.array(rows).reshape(exit_.size, source.size))


def _elementwise(above: Tensor, below: Tensor, slot: int | None, call: Call | None, derivative: Any) -> Edge:
    matrix = np.zeros((above.size, below.size))
    matrix[np.arange(above.size), _places(above, below)] = derivative.ravel()
    return Edge(above, below, slot, call, True, derivative, matrix)


def _places(above: Tensor, below: Tensor) -> Any:
    """For each element above the place of the element below that it was made of."""
    return np.broadcast_to(np.arange(below.size).reshape(below.shape), above.shape).ravel()


def _pulled(exit_: Tensor, source: Tensor, g: Any) -> Any:
    found = pull_back([exit_], [g], [source])[0]
    return np.zeros(source.shape) if found is None else np.asarray(found, dtype=float)


def _basis(node: Tensor) -> list[Any]:
    """One upstream gradient for each element of a node: 1 there, 0 elsewhere."""
    return list(np.eye(node.size, dtype=node.dtype).reshape(node.size, *node.shape))


def _edges(node: Tensor) -> list[Edge]:
    """The edges of one primitive, one for each input that needs a gradient."""
    assert node.primitive is not None
    found = []
    for slot, x in enumerate(node.inputs):
        if not isinstance(x, Tensor) or not x.requires_grad:
            continue
        if node.primitive.kind == "elementwise":
            local = _cotangent(node, slot, np.ones(node.shape, node.dtype))
            if local is None:
                continue
            derivative = np.broadcast_to(np.asarray(local, dtype=float), node.shape)
            found.append(_elementwise(node, x, slot, None, derivative))
            continue
        rows = [_cotangent(node, slot, g) for g in _basis(node)]
        if all(row is not None for row in rows):
            wide = [unbroadcast(np.asarray(row), np.empty(x.shape), node.primitive.name).ravel() for row in rows]
            found.append(Edge(node, x, slot, None, False, None, np.array(wide, dtype=float).reshape(node.size, x.size)))
    return found


def _cotangent(node: Tensor, slot: int, g: Any) -> Any:
    """What the rule of a primitive gives for one input, not yet unbroadcast; None where no gradient passes."""
    primitive = node.primitive
    assert primitive is not None
    values = [x.data if isinstance(x, Tensor) else x for x in node.inputs]
    g = g if node.shape else g[()]
    rules = primitive.vjps
    if rules is None:
        return None
    if isinstance(rules, tuple):
        return rules[slot](g, node.data, *values, **node.params)
    rule = rules(node.data, *values, **node.params)[slot]
    return None if rule is None else rule(g)
