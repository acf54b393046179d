"""The layers of a model as a table: what `model.summary()` gives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Row", "Summary"]

Shape = tuple[int, ...]
_LEFT = 4
"""How many columns hold words; the last one holds numbers, which are aligned right."""


@dataclass(frozen=True)
class Row:
    """One layer: its dotted name, its kind, the shapes of its own parameters, and of what it gives.

    output: None where the layer was not run by itself. same: the name of the layer that this one is once more.
    frozen: the shapes of its own Tensors that do not learn.
    """

    name: str
    kind: str
    shapes: Mapping[str, Shape]
    output: Shape | None = None
    same: str = ""
    frozen: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """How many numbers the layer's own parameters have."""
        return _numbers(self.shapes)

    def cells(self) -> tuple[str, ...]:
        """The texts of the row."""
        said = [prefix + ", ".join(f"{n} {s}" for n, s in shapes.items()) for prefix, shapes in self._kinds() if shapes]
        shapes = f"the same as {self.same}" if self.same else "; ".join(said)
        output = "" if self.output is None else str(self.output)
        number = sum(_numbers(shapes) for _, shapes in self._kinds())
        return self.name, self.kind, output, shapes, f"{number:,}" if said else ""

    def _kinds(self) -> tuple[tuple[str, Mapping[str, Shape]], ...]:
        return ("", self.shapes), ("frozen: ", self.frozen)


def _numbers(shapes: Mapping[str, Shape]) -> int:
    return sum(map(math.prod, shapes.values()))


@dataclass(frozen=True, repr=False)
class Summary:
    """A model's layers in the order of its attributes, the model itself first; printed, it is a table.

    >>> print(Summary([Row("", "Linear", {"weight": (3, 2), "bias": (2,)})]))
    kind    parameters                number
    Linear  weight (3, 2), bias (2,)       8
    8 parameters
    >>> print(Summary([Row("", "Linear", {"bias": (2,)}, frozen={"weight": (3, 2)})]))
    kind    parameters                        number
    Linear  bias (2,); frozen: weight (3, 2)       8
    2 parameters, 6 frozen numbers
    """

    rows: Sequence[Row]

    @property
    def parameters(self) -> int:
        """How many numbers the model learns; those of a layer that is used twice count once."""
        return sum(row.parameters for row in self.rows)

    @property
    def frozen(self) -> int:
        """How many numbers the model has that it does not learn; those of a layer that is used twice count once."""
        return sum(_numbers(row.frozen) for row in self.rows)

    def __str__(self) -> str:
        head = ("layer", "kind", "output", "parameters", "number")
        table = [head, *(row.cells() for row in self.rows)]
        used = [place for place in range(len(head)) if any(cells[place] for cells in table[1:])]
        widths = {place: max(len(cells[place]) for cells in table) for place in used}
        lines = [
            "  ".join(c[i].ljust(widths[i]) if i < _LEFT else c[i].rjust(widths[i]) for i in used).rstrip()
            for c in table
        ]
        frozen = f", {self.frozen:,} frozen numbers" if self.frozen else ""
        return "\n".join([*lines, f"{self.parameters:,} parameters{frozen}"])

    __repr__ = __str__
