"""What the names of an answer mean at a point: values, sizes, and the gradients above the step that is asked for."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.edges import Edge
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.graphs import graph_of, read
from tinygrad_lite.typed.parser import parse
from tinygrad_lite.typed.spelling import canonical

COSTS = ("C", "L", "E", "J", "loss", "cost")
"""What a cost may be called in ∂C/∂w, where no other value has that name."""

_SECOND = re.compile(r"∂∂([^/]+)/∂([^/]+)/∂([^/]+)")
_PARTIAL = re.compile(r"∂([^/]+)/∂(.+)")


class Unknown(Exception):
    """A name that an answer for this step cannot use; says why."""


class Vocabulary:
    """The names of one point for an answer to one step.

    own: the gradients that names mean at this point: the learner's, of earlier steps. Of other steps and values above
    they mean the right gradients, as on paper, where an earlier part is taken as done.
    """

    def __init__(self, exercise: Definition, step: str, point: Point, own: Mapping[str, Any]) -> None:
        self._exercise = exercise
        self._step = step
        self.point = point
        self._own = own

    @cached_property
    def values(self) -> dict[str, Any]:
        """The named values and the sizes, in their one spelling and as NumPy code writes them."""
        found: dict[str, Any] = {}
        for spelled in (canonical, _identifier):
            for name, value in self.point.values.items():
                found.setdefault(spelled(name), value)
        for letter, length in self.point.sizes.items():
            found.setdefault(canonical(letter), length)
            found.setdefault(f"{letter}_", length)  # NumPy code calls it so where a value has the letter
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the gradient that is asked for: the axes of a result with several elements come first."""
        result = self.point.result
        return (result.shape if result.size > 1 else ()) + self.point.nodes[self._step].shape

    @property
    def functions(self) -> set[str]:
        """The activations of this exercise: an answer may use them, and their slopes."""
        return {edge.name for edge in self.point.backward.edges if edge.call is not None}

    def activation(self, function: str, argument: str) -> Edge | None:
        """The edge of f(z), where the cost has it: it knows the slope of a leaky_relu."""
        for edge in self.point.backward.edges:
            if edge.elementwise and edge.name == function and canonical(edge.below.name or "") == argument:
                return edge
        return None

    def __getitem__(self, name: str) -> Any:
        """The array or the size that a name means; raises Unknown."""
        return self.of(name)

    def of(self, name: str, rank: int | None = None) -> Any:
        """The array that a name means; of ∂a/∂z the one that has ``rank`` axes, where index letters say how many."""
        if name in self.values:
            return self.values[name]
        if name in self._gradients:
            return self._gradient(name)
        found = self._local(name, rank)
        if found is None:
            found = self._derived(name)
        if found is None:
            raise Unknown(f"{name!r} is no name of this exercise; {self._names()}")
        return found

    # --- gradients ----------------------------------------------------------------------------------------------

    @cached_property
    def _gradients(self) -> dict[str, str]:
        """The value whose gradient each name means: dz2, ∂C/∂z2, dC_dz2, δ⁽²⁾."""
        costs = [c for c in COSTS if canonical(c) not in map(canonical, self.point.nodes)]
        if self.point.result.name:
            costs.insert(0, canonical(self.point.result.name))
        found: dict[str, str] = {}
        for name in self.point.nodes:
            own = canonical(name)
            for label in (f"d{own}", *(f"∂{c}/∂{own}" for c in costs), *(f"d{c}_d{own}" for c in costs)):
                found.setdefault(label, name)
            if own[:1] == "z" and (own[1:] == "" or own[1:].isdecimal()):
                found.setdefault(f"delta{own[1:]}", name)
        return found

    @cached_property
    def _above(self) -> set[Tensor]:
        """The values that are computed from the one whose gradient is asked for."""
        above = self.point.backward.above
        found: set[Tensor] = set()
        stack = [self.point.nodes[self._step]]
        while stack:
            for edge in above.get(stack.pop(), ()):
                if edge.above not in found:
                    found.add(edge.above)
                    stack.append(edge.above)
        return found

    def step_of(self, name: str) -> str | None:
        """The value whose gradient a name means, such as z2 for δ⁽²⁾; None where it means none."""
        found = self._gradients.get(name)
        if found is None and name not in self.values:
            signal = self._signals.get(name)
            found = next((n for n, other in self.point.nodes.items() if other is signal), None)
        return found

    def _reached(self, node: Tensor) -> bool:
        """Whether the backward pass has a gradient of a value: those inside of σ have none."""
        return node is self.point.result or node in self.point.backward.above

    def _gradient(self, label: str) -> Any:
        name = self._gradients[label]
        node = self.point.nodes[name]
        if name == self._step:
            raise Unknown(f"{label!r} is what is asked for here; write it by the values and the gradients above it")
        earlier = self._exercise.steps[: self._exercise.steps.index(self._step)]
        if name in earlier and name in self._own:
            return self._own[name]
        if name not in earlier and node not in self._above:
            raise Unknown(f"{label!r} comes after d{self._step}; {self._names()}")
        if not self._reached(node):
            raise Unknown(f"{label!r} is inside of one step here; {self._names()}")
        if name in self._own:
            return self._own[name]
        return self.point.backward.gradient(node)

    def _names(self) -> str:
        """What an answer may use, for a message."""
        values = list(dict.fromkeys((*self.point.values, *self.point.sizes)))
        earlier = self._exercise.steps[: self._exercise.steps.index(self._step)]
        return f"the names are {', '.join([*values, *(f'd{s}' for s in earlier)])}"

    # --- local derivatives --------------------------------------------------------------------------------------

    def _local(self, name: str, rank: int | None) -> Any:
        """∂a/∂z of two named values: element by element where it is that, else with the axes of both."""
        match = _PARTIAL.fullmatch(name)
        nodes = {canonical(n): node for n, node in self.point.nodes.items()}
        if match is None or match[1] not in nodes or match[2] not in nodes:
            return None
        above, below = nodes[match[1]], nodes[match[2]]
        backward = self.point.backward
        if not self._reached(above) or not self._reached(below) or above.serial < below.serial:
            return None
        matrix = backward.transfer(above, below)
        if above.shape == below.shape and not (matrix - np.diag(np.diag(matrix))).any() and rank in (None, above.ndim):
            return np.diag(matrix).reshape(above.shape)
        whole = matrix.reshape(above.shape + below.shape)
        if rank == whole.ndim - 1 and above.ndim and below.ndim and above.shape[0] == below.shape[0]:
            return np.moveaxis(np.diagonal(whole, axis1=0, axis2=above.ndim), -1, 0)  # ∂a_ij/∂z_ik
        return whole

    # --- names that the derivation gives --------------------------------------------------------------------------

    @cached_property
    def _signals(self) -> dict[str, Tensor | None]:
        """The values by the left sides that their gradients have in the derivation, such as δ⁽²⁾ and ∂²C/∂w²."""
        derivation, found = self._exercise.derivation, {}
        for line in derivation.steps:
            left = parse(line.left)
            if isinstance(left, t.Variable) and line.between[-1] in derivation.values:
                node = self._here(derivation.values[line.between[-1]])
                found[left.text] = node
                if match := _SECOND.fullmatch(left.text):
                    found[f"d2{match[1]}_d{match[2]}_d{match[3]}"] = node
        return found

    def _derived(self, name: str) -> Any:
        """What a name means that only the derivation has: it names values that have no name."""
        derivation = self._exercise.derivation
        for own, node in derivation.values.items():
            if name in (canonical(own), _identifier(own)) and (here := self._here(node)) is not None:
                return here.detach().numpy()
        if (signal := self._signals.get(name)) is not None:
            named = next((n for n, other in self.point.nodes.items() if other is signal), None)
            if named is not None:
                self._gradients[name] = named
                return self._gradient(name)
            return self.point.backward.gradient(signal) if signal in self._above else None
        for own, (letters, right) in derivation.introduced.items():
            if name == canonical(own):
                return self._introduced(letters, right)
        fixed = {a for axes in self._exercise.shapes.values() for a in axes if a.isdigit()}
        for own, length in derivation.sizes.items():
            if name in (canonical(own), f"{own}_") and str(length) in fixed:
                return length
        return None

    def _introduced(self, letters: Sequence[str], right: str) -> Any:
        """The numbers of a value that a line of the derivation defines."""
        typed = read(right, self.values, self.functions)
        values = {node.text: np.squeeze(self.of(node.text, len(node.indices))) for node in t.variables(typed.tree)}
        value, own = graph_of(typed, values)
        return np.transpose(value, [own.index(letter) for letter in letters])

    def _here(self, node: Tensor) -> Tensor | None:
        """The value at this point that has the place of a value at the first point."""
        first, here = graph(self._exercise.point(0).result), graph(self.point.result)
        place = next((n for n, other in enumerate(first) if other is node), None)
        return here[place] if place is not None and len(first) == len(here) else None


def _identifier(name: str) -> str:
    """A name as Python writes it: lambda is lambda_."""
    own = canonical(name)
    return f"{own}_" if keyword.iskeyword(own) else own
