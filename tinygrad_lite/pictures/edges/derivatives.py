"""The local derivative on an edge: how a box's value changes with one of its inputs, everything else fixed.

Found by the primitives' own VJP rules. Where each element of the one side belongs to one element of the other, the
derivative is an array; else it is a full Jacobian, which is shown as numbers where it is small.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.core.backprop import sweep
from tinygrad_lite.core.broadcasting import kept_shape, unbroadcast
from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.pictures.edges.numbers import as_array
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Local", "sweep_inside"]

SMALL = 10  # rows and columns of a Jacobian that is written out as a matrix


class Values:
    """The arrays of tensors, copied once each."""

    def __init__(self) -> None:
        self._known: dict[Tensor, Any] = {}

    def __call__(self, x: Any) -> Any:
        if not isinstance(x, Tensor):
            return x
        if x not in self._known:
            self._known[x] = as_array(x)
        return self._known[x]


def sweep_inside(
    path: Collection[Tensor], exit_: Tensor, x: Tensor, g: Any, values: Callable[[Any], Any], fit: bool = True
) -> Any:
    """The cotangent of x for the upstream gradient g of the exit, along the nodes of the path alone.

    None where none arrives. fit=False leaves broadcast axes unsummed, for boxes that are elementwise throughout.
    """
    inside = set(path)

    def pull(g: Any, t: Node) -> Sequence[tuple[Node, Any]]:
        pairs = []
        for i, part in enumerate(t.inputs if t in inside else ()):
            if isinstance(part, Tensor) and part.requires_grad:
                c = slot_cotangent(t, i, g, values)
                if c is not None:
                    pairs.append((part, unbroadcast(c, part, t.label()) if fit else c))
        return pairs

    with np.errstate(all="ignore"):
        found = sweep([(exit_, g)], {x}, pull)
    return found[0][1] if found else None


def slot_cotangent(t: Node, i: int, g: Any, values: Callable[[Any], Any]) -> Any:
    """What the VJP rule of one input slot makes of the upstream gradient g."""
    assert t.primitive is not None
    return apply_rule(t.primitive, i, g, values(t), [values(x) for x in t.inputs], t.params)


def apply_rule(primitive: Primitive, i: int, g: Any, out: Any, inputs: list[Any], params: Mapping[str, Any]) -> Any:
    """The table's rule for input i; where the number of inputs is open it is made from all of them."""
    rules: Any = primitive.vjps
    if isinstance(rules, tuple):
        return rules[i](g, out, *inputs, **params)
    rule = rules(out, *inputs, **params)[i]
    return None if rule is None else rule(g)


class Local:
    """∂(box)/∂(input) of one edge.

    kind: "elementwise" (an array of the box's shape), "reducing" (an array of the input's shape, each element of
    which goes into one element of the box), "full" (a Jacobian matrix; no array).
    slot: which input of a single primitive; None for a folded box, whose edges gather all paths inside.
    """

    def __init__(
        self, members: list[Tensor], exit_: Tensor, x: Tensor, slot: int | None, values: Callable[[Any], Any]
    ) -> None:
        self.members = members
        self.exit = exit_
        self.x = x
        self.slot = slot
        self.values = values

    @cached_property
    def path(self) -> list[Tensor]:
        """The members on paths from the input to the exit."""
        if self.slot is not None:  # one primitive, and this is an input of it
            return [t for t in self.members if t.requires_grad]
        reached: set[Any] = {self.x}
        for t in self.members:
            if t.requires_grad and any(x in reached for x in t.inputs if isinstance(x, Tensor)):
                reached.add(t)
        return [t for t in self.members if t in reached]

    @cached_property
    def kind(self) -> str:
        if all(t.primitive is not None and t.primitive.kind == "elementwise" for t in self.path):
            return "elementwise"
        if self.exit.size == 1 or self._target is not None:
            return "reducing"
        return "full"

    @cached_property
    def _target(self) -> Any:
        """For each element of the input the flat position of the box's element that it goes into, −1 for none."""
        t = self.exit
        if t.size == 1:
            return np.zeros(self.x.shape, dtype=np.intp)
        if self.slot is None or len(self.members) != 1 or t.primitive is None:
            return None
        places = np.arange(t.size)
        if t.primitive.kind == "reduction":
            return np.broadcast_to(places.reshape(kept_shape(self.x.shape, t.params["axis"])), self.x.shape)
        if t.primitive.kind == "shape":  # let the primitive move the input's places, and see where each has gone
            inputs = self._places()
            source = np.asarray(t.primitive.value(*inputs, **t.params)).reshape(-1)
            taken = source[source >= 0]
            if len(np.unique(taken)) == len(taken):
                target = np.full(self.x.size, -1, dtype=np.intp)
                target[taken] = places[source >= 0]
                return target.reshape(self.x.shape)
        return None

    def _places(self) -> list[Any]:
        """Numbers for the elements of the input, −1 for those of other data; an index stays what it is."""
        t, rules = self.exit, self.exit.primitive.vjps  # type: ignore[union-attr]
        inputs = [self.values(x) for x in t.inputs]
        if not isinstance(rules, tuple):  # all rules at once: there may be a thousand inputs
            rules = rules(self.values(t), *inputs, **t.params)  # type: ignore[misc]
        places = [np.full(np.shape(x), -1) if rule else x for x, rule in zip(inputs, rules, strict=True)]
        places[self.slot] = np.arange(self.x.size).reshape(self.x.shape)  # type: ignore[index]
        return places

    @cached_property
    def derivative(self) -> Any:
        """The numbers, or None for a full Jacobian."""
        if self.kind == "full":
            return None
        seed = np.ones(self.exit.shape, dtype=self.exit.dtype)
        return self._pull(seed, fit=self.kind == "reducing")

    @cached_property
    def jacobian(self) -> Any:
        """A small full Jacobian as a matrix: a row for each element of the box, a column for each of the input.

        Its rows are what the VJP rules make of one element of the box. None where it is large, or not full.
        """
        if self.kind != "full" or not 0 < self.exit.size <= SMALL or not 0 < self.x.size <= SMALL:
            return None
        seeds = np.eye(self.exit.size, dtype=self.exit.dtype).reshape(-1, *self.exit.shape)
        return np.stack([self._pull(seed, fit=True).reshape(-1) for seed in seeds])

    def _pull(self, g: Any, fit: bool) -> Any:
        wide = self.x.shape if fit else self.exit.shape
        if self.slot is not None:
            with np.errstate(all="ignore"):
                c = slot_cotangent(self.exit, self.slot, g, self.values)
            c = unbroadcast(c, self.x, self.exit.label()) if fit and c is not None else c
        else:
            c = sweep_inside(self.path, self.exit, self.x, g, self.values, fit)
        return np.zeros(wide, self.exit.dtype) if c is None else np.broadcast_to(c, wide)

    def carry(self, g: Any) -> Any:
        """What this edge adds to the input's gradient when the box has the gradient g: g times the derivative.

        Uses the numbers that the edge shows; only a full Jacobian is applied by its VJP rules.
        """
        if self.kind == "full":
            return self._pull(g, fit=True)
        if g.size == 0:  # a box without elements hands nothing back
            return np.zeros(self.x.shape, dtype=self.x.dtype)
        with np.errstate(all="ignore"):  # a picture shows inf where it is, and does not warn of it
            if self.kind == "elementwise":
                return unbroadcast(g * self.derivative, self.x, self.exit.label())
            target = self._target
            return np.where(target < 0, 0, g.reshape(-1)[np.maximum(target, 0)] * self.derivative)
