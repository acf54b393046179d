"""One edge of a route: where a slip may be made, and what its altered rule is computed with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.exercises.making.edges import Edge
from tinygrad_lite.exercises.slips import words
from tinygrad_lite.exercises.slips.route import Route, constant
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor


class Place:
    """An edge, with the gradient that comes from above.

    upstream: the gradient by the value above, a matrix with a row for each element of the result; axes before it are
    several such gradients, which other slips have made.
    """

    def __init__(self, route: Route, number: int, upstream: Any) -> None:
        self.route = route
        self.number = number
        self.edge = route.edges[number]
        self.above, self.below = self.edge.above, self.edge.below
        self.upstream = upstream

    # --- what there is -----------------------------------------------------------------------------------------

    @property
    def last(self) -> bool:
        """Whether the edge ends at the step, so that what it carries is the answer, of whatever shape."""
        return self.route.same.get(self.below, self.below) is self.route.node

    @property
    def derivative(self) -> Any:
        """The local derivative of an elementwise edge, of the shape of the value above."""
        return self.edge.derivative

    @property
    def constant(self) -> bool:
        """Whether the local derivative is a number that depends on no value, such as 1/m, 1/2 or −1."""
        return constant(self.edge)

    @property
    def inputs(self) -> list[Any]:
        """The numbers of all inputs of the primitive above."""
        return [x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x) for x in self.above.inputs]

    @property
    def value(self) -> Any:
        """The numbers of the value above."""
        return self.above.detach().numpy()

    @property
    def source(self) -> Any:
        """The numbers of the value below."""
        return self.below.detach().numpy()

    @cached_property
    def function(self) -> Callable[[Any], Any] | None:
        """What was applied, as a function of the value below alone; None where nothing can be computed anew."""
        edge = self.edge
        if edge.call is not None:
            call = edge.call
            if any(isinstance(x, Tensor) for x in call.args[1:]) or not call.args:
                return None
            return lambda x: call.function(x, *call.args[1:], **call.kwargs)
        primitive, slot = self.above.primitive, edge.slot
        if primitive is None or slot is None:
            return None
        values, params = self.inputs, self.above.params
        return lambda x: primitive(*values[:slot], x, *values[slot + 1 :], **params)

    @cached_property
    def parallel(self) -> list[Edge]:
        """The edges between the same two values: two of them in x · x."""
        found = [edge for edge in self.route.above[self.below] if edge.above is self.above]
        return found if self.edge in found else [self.edge]

    # --- what comes down -----------------------------------------------------------------------------------------

    @cached_property
    def right(self) -> Any:
        """What the edge adds to the gradient below if nothing is altered."""
        return self.upstream @ self.edge.matrix

    @property
    def part(self) -> Any:
        """What comes from the value above, if it is only a part of the gradient below; told once for parallel edges."""
        edges = self.parallel
        if edges[0] is not self.edge or self.number in self.route.bridges:
            return None
        if len(edges) > 1:
            own = self.route.gradients[self.above] @ sum(edge.matrix for edge in edges)
            if np.allclose(own @ self.route.carried[self.below], self.route.right, rtol=1e-9, atol=1e-12):
                return None
        return self.upstream @ sum(edge.matrix for edge in edges)

    def through(self, derivative: Any) -> Any:
        """What the edge adds if its local derivative is another; of an elementwise edge."""
        wide = np.broadcast_to(np.asarray(derivative, dtype=float), self.above.shape).ravel()
        own = self.upstream * wide
        return own if self.below.shape == self.above.shape else own @ self.edge.spread

    def arrays(self, matrix: Any) -> Any:
        """Gradients by the value above as arrays; axes before the matrices stay."""
        return matrix.reshape(matrix.shape[:-2] + self.route.rows + self.above.shape)

    def derivative_at(self, x: Any) -> Any:
        """The local derivative of an elementwise edge at other numbers; None where it cannot be computed."""
        return None if self.function is None else derivative_of(self.function, x, self.above.shape)

    # --- words ---------------------------------------------------------------------------------------------------

    @property
    def way(self) -> str:
        """What a part of the gradient comes over, as it is called in a sentence."""
        node = self.above
        while node.name is None and len(self.route.above.get(node, [])) == 1:
            (edge,) = self.route.above[node]
            if edge.above in self.route.numbers_above:
                break
            if edge.call is None and edge.name == "divide":
                return "the denominator" if edge.slot else "the numerator"
            if edge.call is not None or edge.name not in ("add", "subtract", "negative", "sum"):
                break
            node = edge.above
        return words.way(self.above, self.below, self.route.point)

    @property
    def own(self) -> str:
        """The value above as it was computed."""
        return words.called(words.value(self.above, self.route.point, own=True), self.above)

    @property
    def valued(self) -> str:
        """The value above in a sentence."""
        text = words.short(words.value(self.above, self.route.point, own=True), "")
        return f"the value {text}" if text else words.cost(self.above)

    @property
    def name(self) -> str:
        """The value above, by its name if it has one."""
        return words.called(words.value(self.above, self.route.point), self.above)

    @property
    def local(self) -> str:
        """The local derivative as it is called in a sentence."""
        text = words.local(self.edge, self.route.point)
        return f"the factor {text}" if text else f"the derivative of {self.own}"

    @property
    def argument(self) -> str:
        """The value below."""
        return f"the argument {words.said(words.value(self.below, self.route.point))}"


def derivative_of(function: Callable[[Any], Any], x: Any, shape: tuple[int, ...] = ()) -> Any:
    """The derivative of an elementwise function at numbers; None where the numbers do not fit."""
    at = Tensor(np.array(np.broadcast_to(x, shape or np.shape(x)), dtype=float), requires_grad=True)
    try:
        out = function(at)
        found = pull_back([out], [np.ones(out.shape)], [at])[0]
    except (ValueError, TypeError, ArithmeticError):
        return None
    return None if found is None else np.asarray(found, dtype=float)
