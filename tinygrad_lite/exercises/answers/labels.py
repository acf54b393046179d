"""How gradients and values are called: dz2, ∂C/∂z2 and dC_dz2, δ⁽²⁾; lambda_ in Python."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.typed.spelling import canonical

COSTS = ("C", "L", "E", "J", "loss", "cost")
"""What a cost may be called in ∂C/∂w, where no other value has that name."""


def labels(point: Point, name: str) -> Iterator[str]:
    """The names of the gradient by a value."""
    own = canonical(name)
    taken = {canonical(other) for other in point.nodes}
    yield f"d{own}"
    for cost in (*([canonical(point.result.name)] if point.result.name else []), *(c for c in COSTS if c not in taken)):
        yield f"∂{cost}/∂{own}"
        yield f"d{cost}_d{own}"
    if own[:1] == "z" and (own[1:] == "" or own[1:].isdecimal()):
        yield f"delta{own[1:]}"


def identifier(name: str) -> str:
    """A name as Python writes it.

    >>> identifier("lambda"), identifier("δ2")
    ('lambda_', 'delta2')
    """
    own = canonical(name)
    return f"{own}_" if keyword.iskeyword(own) else own
