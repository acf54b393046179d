"""Choices: `where` and conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygrad_lite.programs.program import Line, Value
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call
from tinygrad_lite.programs.rewriting.constants import is_number, number
from tinygrad_lite.programs.rewriting.rules.broadcasts import broadcast

__all__ = ["CHOICES"]


def both_alike(build: Builder, line: Line) -> Value | None:
    """Where both sides are x, or the condition is the same everywhere, there is nothing to choose."""
    _, x, y = line.inputs
    chosen = x if x is y else None
    if chosen is None or chosen.dtype != line.dtype:
        return None
    return broadcast(build, chosen, line.shape)


def chosen_already(build: Builder, line: Line) -> Value | None:
    """Inside the side that a condition has chosen, the same condition is known."""
    c, x, y = line.inputs
    if is_call(x, "where") and x.inputs[0] is c:
        x = x.inputs[1]
    if is_call(y, "where") and y.inputs[0] is c:
        y = y.inputs[2]
    if (x, y) == line.inputs[1:] or x.dtype != line.inputs[1].dtype or y.dtype != line.inputs[2].dtype:
        return None
    return build.make("where", c, x, y, shape=line.shape, dtype=line.dtype)


def not_below_zero(build: Builder, line: Line) -> Value | None:
    """where(z ≤ 0, 0, z) is max(z, 0), nan included."""
    c, x, y = line.inputs
    if build.zeros_matter or not is_call(c, "less_equal", "less") or line.dtype.kind != "f" or y.dtype != line.dtype:
        return None
    z, bound = c.inputs
    if z is y and is_number(x, 0.0) and is_number(bound, 0.0):
        return build.make("maximum", y, build.constant(0.0), shape=line.shape, dtype=line.dtype)
    return None


def one_less(build: Builder, line: Line) -> Value | None:
    """where(c, 1 − y, −y) is c − y, since a condition counts as 1 or 0."""
    c, x, y = line.inputs
    if not (is_call(x, "subtract") and is_call(y, "negative")) or line.dtype.kind != "f" or build.zeros_matter:
        return None
    (one, a), (b,) = x.inputs, y.inputs
    if a is b and is_number(one, 1.0) and a.dtype == line.dtype and c.dtype == bool:
        return build.make("subtract", c, a, shape=line.shape, dtype=line.dtype)
    return None


def times_own_sign(build: Builder, line: Line) -> Value | None:
    """z · where(z > 0, −1, 1) is −|z|, and z · where(z > 0, 1, −1) is |z|; z may also stand on the side of less."""
    for z, s in () if build.zeros_matter else (line.inputs, line.inputs[::-1]):
        if not is_call(s, "where") or z.dtype != line.dtype or z.shape != line.shape:
            continue
        c, x, y = s.inputs
        signs = number(x), number(y)
        if signs not in ((1.0, -1.0), (-1.0, 1.0)) or not is_call(c, "greater", "greater_equal", "less", "less_equal"):
            continue
        a, b = c.inputs
        if a is not z or not is_number(b, 0.0):
            continue
        size = build.make("absolute", z, shape=line.shape, dtype=line.dtype)
        positive = (signs[0] == 1.0) == (c.primitive.name in ("greater", "greater_equal"))
        return size if positive else build.make("negative", size, shape=line.shape, dtype=line.dtype)
    return None


CHOICES: Mapping[str, Sequence[Rule]] = {
    "where": [both_alike, chosen_already, not_below_zero, one_less],
    "multiply": [times_own_sign],
}
