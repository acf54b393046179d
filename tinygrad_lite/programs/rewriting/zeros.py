"""Where the sign of a zero can be seen.

Most functions cannot tell 0.0 from −0.0, so that many rules may give one for the other. arctan2, copysign, signbit and a
division of infinity can: what they take, and what that is computed from, keeps the signs of its zeros.
"""

from __future__ import annotations

from tinygrad_lite.programs.program import Program, Value
from tinygrad_lite.programs.rewriting.measured import facts

__all__ = ["with_signed_zeros"]


def with_signed_zeros(program: Program) -> set[Value]:
    """The values of which the sign of a zero can change more than the sign of a zero in the outputs."""
    found: set[Value] = set()
    for line in reversed(program.lines):
        about = facts(line)
        if line in found and not about.same:
            found.update(line.inputs)
        else:
            found.update(line.inputs[i] for i in about.sees)
    return found
