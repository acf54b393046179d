"""How checks are written: what a check claims is asked in the cheapest way, else its own function is called."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_lite.programs.fast.body import Body
from tinygrad_lite.programs.fast.storage import Storage
from tinygrad_lite.programs.program import IN_0_1, Check, Constant, Line, Program, Value

__all__ = ["finite", "placed_checks", "write_check"]

_UNSIGNED: dict[str, np.dtype[Any]] = {"f": np.dtype(np.uint32), "d": np.dtype(np.uint64)}


def placed_checks(program: Program, items: Sequence[Sequence[Line]], storage: Storage) -> dict[int, list[Check]]:
    """Each check under the item after which its values are known, and under −1 those of inputs alone."""
    made: dict[Value, int] = {line: i for i, item in enumerate(items) for line in item}
    placed: dict[int, list[Check]] = defaultdict(list)
    watched = [Check(finite, (x,)) for x in program.watched]
    for check in (*program.checks, *watched):
        at = max((made.get(x, -1) for x in check.values), default=-1)
        placed[at].append(check)
        for x in check.values:
            if not isinstance(x, Constant):
                storage.read_at(x, max(at, 0))
    return placed


def finite(x: Any) -> bool:
    """Whether all of a value is finite."""
    return bool(np.isfinite(x).all())


def write_check(body: Body, check: Check) -> None:
    """Write a check, which raises Doubt where it does not hold."""
    arguments = [body.scalar(x) for x in check.values]
    x = check.values[0]
    if check.holds is finite and not x.shape:
        fails = f"not {body.source.bind('isfinite', math.isfinite)}({arguments[0]})"
    else:
        holds = body.source.bind(getattr(check.holds, "__name__", "holds"), check.holds)
        fails = f"not {holds}({', '.join(arguments)})"
        if check.claim == IN_0_1 and x.dtype is not None and not isinstance(x, Constant):
            fails = _outside_0_1(body, x, arguments[0], fails)
    body.write(f"if {fails}:")
    body.write("    raise Doubt('a value is not as the function needs it')")


def _outside_0_1(body: Body, x: Value, name: str, asked: str) -> str:
    """Whether something lies outside of [0, 1]. Read as integers, the numbers from +0 to 1 are the smallest of all."""
    if not x.shape:
        return f"not 0.0 <= {name} <= 1.0"
    bits = _UNSIGNED.get(x.dtype.char) if x.dtype is not None else None
    if bits is None or not x.size:
        return asked
    one = body.source.bind("k", np.ones((), x.dtype).view(bits)[()])
    largest = body.source.bind("maximum_reduce", np.maximum.reduce, key="reduce")
    return f"{largest}({name}.view({body.source.bind(bits.name, bits)}), None) > {one} and {asked}"
