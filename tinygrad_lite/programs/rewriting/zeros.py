"""Where the sign of a zero can be seen.

Most functions cannot tell 0.0 from −0.0, so that many rules may give one for the other. arctan2, copysign, signbit and a
division of infinity can: what they take, and what that is computed from, keeps the signs of its zeros.
"""

from __future__ import annotations

from collections.abc import Mapping

from tinygrad_lite.programs.program import Program, Value

__all__ = ["with_signed_zeros"]

SEES: Mapping[str, tuple[int, ...]] = {  # by primitive: the inputs of which it sees the sign
    "arctan2": (0, 1), "copysign": (1,), "signbit": (0,), "angle": (0,),
    "divide": (1,), "xdivy": (1,), "reciprocal": (0,),
}  # fmt: skip
# What gives the same for both zeros, bit by bit. Everything else passes the sign of a zero on.
SAME_FOR_BOTH = frozenset({
    "exp", "exp2", "cos", "cosh", "absolute", "fabs", "square", "isnan", "isfinite", "isinf", "argmax", "argmin",
    "greater", "greater_equal", "less", "less_equal", "equal", "not_equal",
})  # fmt: skip


def with_signed_zeros(program: Program) -> set[Value]:
    """The values of which the sign of a zero can change more than the sign of a zero in the outputs."""
    found: set[Value] = set()
    for line in reversed(program.lines):
        name = line.primitive.name
        if line in found and name not in SAME_FOR_BOTH:
            found.update(line.inputs)
        elif name in SEES:
            found.update(line.inputs[i] for i in SEES[name])
    return found
