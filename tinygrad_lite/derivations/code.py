"""A derivation as NumPy code: one line for each derivative, computed from the lines before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from tinygrad_lite.derivations.affordable import affordable
from tinygrad_lite.derivations.step import Step
from tinygrad_lite.errors import DerivationError


@dataclass(frozen=True)
class CodeLine:
    """One line, name = code. step: the number of the step that says the same; None for the length of an axis."""

    name: str
    code: str
    step: int | None = None

    def __str__(self) -> str:
        return f"{self.name} = {self.code}"


@dataclass
class Code:
    """The lines that compute the derivatives.

    given: the arrays that they start from, by name. sizes: the lengths of axes that they use.
    """

    given: dict[str, Any] = field(default_factory=dict)
    sizes: list[CodeLine] = field(default_factory=list)
    lines: list[CodeLine] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(map(str, [*self.sizes, *self.lines]))


def code_of(steps: Sequence[Step]) -> Code | None:
    """The code of a derivation's steps; None where a line has no NumPy code that runs on what stands before it.

    Where several steps say what one derivative is, the one with the shortest code is taken, and of equal ones the last.

    >>> import tinygrad_lite as tg
    >>> y, z = tg.Tensor([1.0, 0.0], name="y"), tg.Tensor([0.5, -1.0], requires_grad=True, name="z")
    >>> a = tg.sigmoid(z)
    >>> a.name = "a"
    >>> print(code_of(tg.derive(tg.quadratic_cost(a, y), wrt=z).steps))
    m = len(a)
    dC_da = (a - y) / m
    dC_dz = (a - y) * a * (1 - a) / m
    """
    try:
        with affordable():
            return _code_of(steps)
    except DerivationError:  # there is no NumPy spelling, or it costs too much
        return None


def _code_of(steps: Sequence[Step]) -> Code | None:
    found = Code()
    sizes: dict[str, int] = {}
    lengths: dict[str, str] = {}
    for label, group in groupby(enumerate(steps), key=lambda pair: pair[1].formula.label):
        made = {line.name for line in found.lines}
        usable = [(len(step.numpy()), -n) for n, step in group if step.formula.derivatives <= made]
        if not usable:
            return None
        number = -min(usable)[1]
        step = steps[number]
        for name, value in _used(step):
            if isinstance(value, int):
                sizes[name] = value
            elif name not in made and not np.array_equal(found.given.setdefault(name, value), value):
                return None  # one name for two arrays
        lengths = step.formula.lengths() | lengths
        found.lines.append(CodeLine(label, step.numpy(), number))
    found.sizes = [CodeLine(name, lengths.get(name, str(length))) for name, length in sizes.items()]
    names = [*found.given, *sizes, *(line.name for line in found.lines)]
    return found if len(set(names)) == len(names) else None


def _used(step: Step) -> Iterator[tuple[str, Any]]:
    """The names in a step's code that stand for arrays and sizes, in the order in which they are written."""
    arrays = step.formula.arrays()
    words = sorted((n.col_offset, n.id) for n in ast.walk(ast.parse(step.numpy())) if isinstance(n, ast.Name))
    for name in dict.fromkeys(word for _, word in words if word in arrays):
        yield name, arrays[name]
