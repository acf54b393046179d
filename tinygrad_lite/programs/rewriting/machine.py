"""What is faster but does not read well: for the program that the machine runs, after everything else.

np.where guesses each element's branch: on random signs it takes six times as long as a maximum or a copied sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

from tinygrad_lite.core.graph import Primitive
from tinygrad_lite.programs.program import Line, Program, Value, without_dead_lines
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call
from tinygrad_lite.programs.rewriting.constants import is_number, number
from tinygrad_lite.programs.rewriting.measured import facts
from tinygrad_lite.programs.rewriting.rates import with_rates_first

__all__ = ["for_machine"]

MANY = 400  # elements from which on a maximum with a mask is faster than np.where, and than a second exponential


def for_machine(program: Program) -> Program:
    """The same as a simplified program, with lines that cost less and say less: to the bit, but for small_quotient_first
    and rates (see rates.py), which round as often.
    """
    return without_dead_lines(Builder(_rules_of).rebuild(with_rates_first(program)))


def larger_of_mask(build: Builder, line: Line) -> Value | None:
    """where(z > 0, 1, e) is the larger one of the mask and e, if e is in [0, 1], and nan only where z is nan.

    Where there are few elements, e^(−|z|) is computed again as e^min(z, 0), which is the choice itself.
    """
    c, x, e = line.inputs
    if not is_number(x, 1.0) or e.dtype != line.dtype or not build.lies_in(e, 0.0, 1.0) or not is_call(c, "greater"):
        return None
    z, bound = c.inputs
    if not is_number(bound, 0.0) or not _nan_with(e, z):
        return None
    if line.size >= MANY:
        return build.make("maximum", c, e, shape=line.shape, dtype=line.dtype)
    size = build.known("absolute", z)
    if (
        size is not None
        and is_call(e, "exp")
        and e.inputs[0] is build.known("negative", size)
        and z.shape == line.shape
    ):
        least = build.make("minimum", z, bound, shape=z.shape, dtype=line.dtype)
        return build.make("exp", least, shape=line.shape, dtype=line.dtype)
    return None


def _nan_with(e: Value, z: Value) -> bool:
    """Whether e is nan only where z is, since it is a function of z alone that makes no nan."""
    while e is not z:
        if not is_call(e, "exp", "negative", "absolute"):
            return False
        e = e.inputs[0]
    return True


def copied_sign(build: Builder, line: Line) -> Value | None:
    """q · where(z > 0, −1, 1) has the size of q and the sign of 0 − z: if q is not negative, and nan where z is nan."""
    for q, s in (line.inputs, line.inputs[::-1]):
        if not is_call(s, "where") or not is_call(s.inputs[0], "greater"):
            continue
        z, bound = s.inputs[0].inputs
        if (number(s.inputs[1]), number(s.inputs[2])) != (-1.0, 1.0) or not is_number(bound, 0.0):
            continue
        alike = all(v.shape == line.shape and v.dtype == line.dtype for v in (q, z))
        if alike and build.lies_in(q, 0.0, inf) and _nan_where(q, z):
            # Not −z: 0 − 0 is 0 and not −0, as z = 0 has no sign to copy.
            opposite = build.make("subtract", build.constant(0.0), z, shape=z.shape, dtype=line.dtype)
            return build.make("copysign", q, opposite, shape=line.shape, dtype=line.dtype)
    return None


def small_quotient_first(build: Builder, line: Line) -> Value | None:
    """c · (a / d) is (c / d) · a, if d has fewer elements, as the sums of a softmax have, and is at least 1."""
    x, quotient = line.inputs
    c = number(x)
    if c is None or not is_call(quotient, "divide") or not build.used_once(quotient):
        return None
    a, d = quotient.inputs
    alike = a.shape == line.shape and a.dtype == d.dtype == line.dtype
    if alike and 2 * d.size <= line.size and abs(c) <= 1 and build.lies_in(d, 1.0, inf):
        small = build.make("divide", x, d, shape=d.shape, dtype=line.dtype)
        return build.make("multiply", small, a, shape=line.shape, dtype=line.dtype)
    return None


def _nan_where(q: Value, z: Value) -> bool:
    """Whether q is nan wherever z is, since it is computed from z by lines that pass nan on."""
    seen = {q}
    stack = [q]
    while stack and len(seen) <= FEW:
        x = stack.pop()
        if x is z:
            return True
        if isinstance(x, Line) and facts(x).passes_nan:
            stack += [v for v in x.inputs if v not in seen]
            seen.update(x.inputs)
    return False


FEW = 32  # values that are looked at, so that the time for a line is bounded

RULES: Mapping[str, Sequence[Rule]] = {"where": [larger_of_mask], "multiply": [copied_sign, small_quotient_first]}


def _rules_of(primitive: Primitive) -> Sequence[Rule]:
    return RULES.get(primitive.name, ())
