"""What the names of an answer mean at a point: values, sizes, and the gradients above the step that is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.exercises.answers.derived import Derived
from tinygrad_lite.exercises.answers.labels import identifier, labels
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.edges import Edge
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed.beside import ways
from tinygrad_lite.typed.graphs import FUNCTIONS, Typed, read
from tinygrad_lite.typed.scanning import RAISED
from tinygrad_lite.typed.spelling import canonical

_PARTIAL = re.compile(r"∂([^/]+)/∂(.+)")


LONGEST = 40
"""How many letters of an unknown name are shown."""


SAME = (("lambda", "lam", "lambda_", "lmbda"),)
"""Names that are one on paper: λ is lambda, which no value of a Python function can be called."""


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
        for spelled in (canonical, identifier):
            for name, value in self.point.values.items():
                found.setdefault(spelled(name), value)
        for letter, length in self.point.sizes.items():
            found.setdefault(canonical(letter), length)
            found.setdefault(f"{letter}_", length)  # NumPy code calls it so where a value has the letter
        for spellings in SAME:
            for name in [name for name in spellings if name in found]:
                for other in spellings:
                    found.setdefault(other, found[name])
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
        if name in self.gradients:
            return self._gradient(name, self.gradients[name])
        found = self._local(name, rank, {canonical(n): node for n, node in self.point.nodes.items()})
        if found is None:
            found = self._of_derivation(name, rank)
        if found is None:
            shown = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
            raise Unknown(
                self._unfinished(name) or f"{shown!r} is no name of this exercise{self._apart(name)}; {self._names()}"
            )
        return found

    @cached_property
    def _derived(self) -> Derived:
        return Derived(self._exercise, self.point)

    def _of_derivation(self, name: str, rank: int | None) -> Any:
        """What a name means that only the derivation has; None where it has none."""
        if name in self._derived.nodes:
            return self._derived.nodes[name].detach().numpy()
        if name in self._derived.gradients:
            return self._gradient(name, self._derived.gradients[name])
        found = self._local(name, rank, self._derived.nodes)
        if found is None:
            found = self._derived.length(name)
        if found is None:
            found = self._derived.selector(name)
        return self._derived.introduced(name, self.of) if found is None else found

    def read(self, text: str) -> Typed:
        """A formula of an answer; FormulaError where it cannot be read."""
        return read(text, self.values, self.functions, self.gradients, beside=True)

    # --- gradients ----------------------------------------------------------------------------------------------

    @cached_property
    def gradients(self) -> dict[str, Tensor]:
        """The values by the names of their gradients: dz2, ∂C/∂z2, dC_dz2, δ⁽²⁾."""
        found: dict[str, Tensor] = {}
        for name, node in self.point.nodes.items():
            for label in labels(self.point, name):
                found.setdefault(label, node)
        return found

    @cached_property
    def _above(self) -> set[Tensor]:
        """The values that are computed from the one whose gradient is asked for."""
        return self.point.backward.values_above(self.point.nodes[self._step])

    def is_derivative(self, name: str) -> bool:
        """Whether a name is a gradient or a local derivative, such as ∂a/∂z, and no value."""
        return name not in self.values and (_PARTIAL.fullmatch(name) is not None or self.step_of(name) is not None)

    def _apart(self, name: str) -> str:
        """That ay is a product of two names, where it is one."""
        found = [" ".join(names) for names in ways(name, {*self.values, *self.gradients})]
        return f": for a product write {' or '.join(found[:2])}" if found else ""

    def _unfinished(self, name: str) -> str:
        """What a name lacks: δ its layer, σ′ its argument; "" for all others."""
        if name.endswith("′") and name.rstrip("′") in {*FUNCTIONS, *self.functions}:
            shown = name.replace("sigma", "σ")
            return f"{shown} is the slope of a function: write its argument, as in {shown}(z)"
        if name != "delta":
            return ""
        layers = [
            label[5:] for label, node in self.gradients.items() if label.startswith("delta") and node in self._above
        ]
        digits = str.maketrans("0123456789", RAISED[:10])
        found = [f"δ⁽{n.translate(digits)}⁾ or dz{n}" for n in layers if n]
        return f"δ has a layer here: write {', '.join(found)}" if found else ""

    def step_of(self, name: str) -> str | None:
        """The named value whose gradient a name means, such as z2 for δ⁽²⁾; None where it means none."""
        node = self.gradients.get(name)
        if node is None and name not in self.values:
            node = self._derived.gradients.get(name)
        return None if node is None else self._name(node)

    def _name(self, node: Tensor) -> str | None:
        return next((name for name, other in self.point.nodes.items() if other is node), None)

    def _reached(self, node: Tensor) -> bool:
        """Whether the backward pass has a gradient of a value: those inside of σ have none."""
        return node is self.point.result or node in self.point.backward.above

    def _gradient(self, label: str, node: Tensor) -> Any:
        name = self._name(node) or ""
        if name == self._step:
            raise Unknown(f"{label!r} is what is asked for here; write it by the values and the gradients above it")
        earlier = name in self._exercise.steps[: self._exercise.steps.index(self._step)]
        if earlier and name in self._own:
            return self._own[name]
        if not earlier and node not in self._above:
            raise Unknown(f"{label!r} comes after d{self._step}; {self._names()}")
        if not self._reached(node):
            raise Unknown(f"{label!r} is inside of one step here; {self._names()}")
        return self._own[name] if name in self._own else self.point.backward.gradient(node)

    def _names(self) -> str:
        """What an answer may use, for a message."""
        values = list(dict.fromkeys((*self.point.values, *self.point.sizes)))
        earlier = self._exercise.steps[: self._exercise.steps.index(self._step)]
        return f"the names are {', '.join([*values, *(f'd{s}' for s in earlier)])}"

    # --- local derivatives --------------------------------------------------------------------------------------

    def _local(self, name: str, rank: int | None, nodes: Mapping[str, Tensor]) -> Any:
        """∂a/∂z of two values: element by element where it is that, else with the axes of both."""
        match = _PARTIAL.fullmatch(name)
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
