"""How long a value is when it is written."""

from __future__ import annotations

from tinygrad_lite.derivations.normal.algebra import leaves
from tinygrad_lite.derivations.normal.terms import Function, Poly, Sum, Value


def length(value: Value) -> int:
    """How long a value is when written: the number of names in it."""
    total = 0
    for side in leaves(value):
        for base, exponent in side.factors:
            match base:
                case Poly(terms=terms):
                    inner = sum(max(1, length(t)) for t in terms)
                case Function(name="number"):
                    continue
                case Function(argument=argument):
                    inner = 1 + length(argument)
                case Sum(body=body):
                    inner = 1 + length(body)
                case _:
                    inner = 1
            total += inner if exponent in (1, -1) else inner + 1
    return total
