"""Names that only the derivation has: those of values without a name, of error signals, of values that a line defines."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.exercises.answers.labels import identifier, labels
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed import tree as t
from tinygrad_lite.typed.graphs import graph_of, read
from tinygrad_lite.typed.parser import parse
from tinygrad_lite.typed.spelling import canonical

_SECOND = re.compile(r"∂∂([^/]+)/∂([^/]+)/∂([^/]+)")


class Derived:
    """The names that the derivation of an exercise gives, at another point: a value there has the same place in the graph."""

    def __init__(self, exercise: Definition, point: Point) -> None:
        self._exercise = exercise
        self._point = point

    @cached_property
    def nodes(self) -> dict[str, Tensor]:
        """The values by their names."""
        found: dict[str, Tensor] = {}
        for name, node in self._exercise.derivation.values.items():
            if node in self._here:
                for spelled in (canonical, identifier):
                    found.setdefault(spelled(name), self._here[node])
        return found

    @cached_property
    def _here(self) -> dict[Tensor, Tensor]:
        """The node at this point for each node of the first one, of which the derivation speaks."""
        first, here = graph(self._exercise.point(0).result), graph(self._point.result)
        return dict(zip(first, here, strict=True)) if len(first) == len(here) else {}

    def selector(self, name: str) -> Any:
        """The numbers of M, which says where a maximum is; None where no line has one of this name."""
        for own, selector in self._exercise.derivation.selectors.items():
            if name == canonical(own) and self._here:
                return selector.numbers(lambda node: self._here[node].detach().numpy())
        return None

    @cached_property
    def gradients(self) -> dict[str, Tensor]:
        """The values by the names of their gradients: δ⁽²⁾, ∂²C/∂w², dC_dz."""
        found: dict[str, Tensor] = {}
        for line in self._exercise.derivation.steps:
            left, node = parse(line.left), self.nodes.get(canonical(line.between[-1]))
            if isinstance(left, t.Variable) and node is not None:
                found.setdefault(left.text, node)
                if match := _SECOND.fullmatch(left.text):
                    found.setdefault(f"d2{match[1]}_d{match[2]}_d{match[3]}", node)
        for name, node in self.nodes.items():
            for label in labels(self._point, name):
                found.setdefault(label, node)
        return found

    def length(self, name: str) -> int | None:
        """The length of an axis that never changes, by the name that the derivation gives to it."""
        fixed = {a for axes in self._exercise.shapes.values() for a in axes if a.isdigit()}
        for own, length in self._exercise.derivation.sizes.items():
            if name in (canonical(own), f"{own}_") and str(length) in fixed:
                return int(length)
        return None

    def introduced(self, name: str, value: Callable[[str, int], Any]) -> Any:
        """The numbers of a value that a line defines, such as a = σ(z); None where no line does. value: of a name."""
        for own, (letters, right) in self._exercise.derivation.introduced.items():
            if name == canonical(own):
                return _computed(letters, right, value)
        return None


def _computed(letters: Sequence[str], right: str, value: Callable[[str, int], Any]) -> Any:
    typed = read(right)
    values = {node.text: np.squeeze(value(node.text, len(node.indices))) for node in t.variables(typed.tree)}
    result, own = graph_of(typed, values)
    return np.transpose(result, [own.index(letter) for letter in letters])
