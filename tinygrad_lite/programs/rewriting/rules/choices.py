"""Choices: `where` and conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygrad_lite.programs.program import Line, Value
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call
from tinygrad_lite.programs.rewriting.constants import is_number

__all__ = ["CHOICES"]


def not_below_zero(build: Builder, line: Line) -> Value | None:
    """where(z ≤ 0, 0, z) is max(z, 0), nan included: the body of tg.relu."""
    c, x, y = line.inputs
    if build.zeros_matter or not is_call(c, "less_equal", "less") or line.dtype.kind != "f" or y.dtype != line.dtype:
        return None
    z, bound = c.inputs
    if z is y and is_number(x, 0.0) and is_number(bound, 0.0):
        return build.make("maximum", y, build.constant(0.0), shape=line.shape, dtype=line.dtype)
    return None


CHOICES: Mapping[str, Sequence[Rule]] = {"where": [not_below_zero]}
