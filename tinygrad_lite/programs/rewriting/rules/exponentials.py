"""Exponentials that are powers of one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tinygrad_lite.programs.program import Line, Value
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call
from tinygrad_lite.programs.rewriting.constants import is_number

__all__ = ["EXPONENTIALS"]


def square_of_known(build: Builder, line: Line) -> Value | None:
    """e^(−2a) is the square of e^(−a), and e^(2a) that of e^a, if this is computed anyway: within 1.5 ulps, in float64.

    A square costs a fifth of an exponential. Where it overflows, so does the exponential.
    """
    (x,) = line.inputs
    if not is_call(x, "multiply") or line.dtype != np.float64:
        return None
    c, a = x.inputs
    if is_number(c, 2.0):
        half: Value | None = a
    else:
        half = build.known("negative", a) if is_number(c, -2.0) else None
    known = None if half is None else build.known("exp", half)
    return None if known is None else build.make("square", known, shape=line.shape, dtype=line.dtype)


EXPONENTIALS: Mapping[str, Sequence[Rule]] = {"exp": [square_of_known]}
