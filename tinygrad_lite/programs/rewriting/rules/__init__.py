"""Rules: from a line to an equal value that costs less. Each file has one subject.

A rule holds for every value of the inputs: nan and inf come out as they did, in both precisions. Only the sign of a
zero may differ. It never takes a warning away: where NumPy warned of a line, it warns of what stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.programs.rewriting.building import Rule
from tinygrad_lite.programs.rewriting.rules.arithmetic import ARITHMETIC
from tinygrad_lite.programs.rewriting.rules.broadcasts import BROADCASTS, small_operands
from tinygrad_lite.programs.rewriting.rules.choices import CHOICES
from tinygrad_lite.programs.rewriting.rules.exponentials import EXPONENTIALS
from tinygrad_lite.programs.rewriting.rules.moves import MOVES
from tinygrad_lite.programs.rewriting.rules.scaling import SCALING
from tinygrad_lite.programs.rewriting.rules.signs import SIGNS

__all__ = ["rules_of"]

BY_NAME: Sequence[Mapping[str, Sequence[Rule]]] = (
    MOVES,
    BROADCASTS,
    ARITHMETIC,
    SIGNS,
    CHOICES,
    SCALING,
    EXPONENTIALS,
)


@cache
def rules_of(primitive: Primitive) -> tuple[Rule, ...]:
    """The rules for lines of a primitive, in the order in which they are tried."""
    general = (small_operands,) if primitive.kind == "elementwise" else ()
    return (*general, *(rule for part in BY_NAME for rule in part.get(primitive.name, ())))
