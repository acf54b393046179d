"""Where a gradient became nan or inf, and which spelling repairs it.

NumPy raises a flag where a division by zero, an overflow or an invalid value comes up. Flags are collected while a
sweep runs; only when one was raised are the gradients looked at, and only when they are damaged is the place searched.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence, Set
from contextvars import Context, copy_context
from typing import Any

import numpy as np

from tinygrad_lite.core.backprop import sweep
from tinygrad_lite.core.graph import Node, Pull, pull_any
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import NumericsWarning

__all__ = ["watched_sweep"]

_SCALARS = (np.float64, np.float32, np.float16, np.longdouble)
_newest_flag = 0  # changes whenever a flag is raised in a sweep, of whatever thread
_next_flag = itertools.count(1).__next__


def _note_flag(kind: str, flag: int) -> None:
    global _newest_flag
    _newest_flag = _next_flag()


def _prepare() -> None:
    np.seterrcall(_note_flag)
    np.seterr(divide="call", over="call", invalid="call", under="ignore")


# NumPy keeps what np.seterr says in a context variable. To set that again takes a tenth of the time of np.errstate,
# which costs as much as the sweep of a small graph.
_context = Context()
_context.run(_prepare)
((_ERRORS, _PREPARED),) = _context.items()


def _sweep(seeds: Sequence[tuple[Node, Any]], wanted: Set[Node] | None, pull: Pull | None) -> list[tuple[Node, Any]]:
    _ERRORS.set(_PREPARED)  # in a copy of the caller's context, so nothing must be set back
    return sweep(seeds, wanted, pull)


def watched_sweep(
    seeds: Sequence[tuple[Node, Any]], wanted: Set[Node] | None = None, pull: Pull | None = None
) -> list[tuple[Node, Any]]:
    """Run the sweep, and warn where a gradient that it gives is damaged; arguments and result as sweep's.

    What the caller has told np.seterr does not count inside: a flag becomes this warning or nothing.
    """
    trace = TRACE.get()
    if trace is not None:  # each run of its program looks at these scalars, and at the flags
        trace.watch(r for r, _ in seeds)
        return sweep(seeds, wanted, pull)
    before = _newest_flag
    found = copy_context().run(_sweep, seeds, wanted, pull)
    suspicious = _newest_flag != before  # a flag of another thread only makes us look
    for result, _ in seeds:  # a result that is nan raises no flag on the way back
        suspicious = suspicious or (type(result._array) in _SCALARS and not math.isfinite(result._array))
    if suspicious and not all(_finite(g) for _, g in found):
        _warn(seeds)
    return found


def _finite(x: Any) -> bool:
    return bool(np.isfinite(x._array if isinstance(x, Node) else x).all())


def _warn(seeds: Sequence[tuple[Node, Any]]) -> None:
    """Name the node at which nan or inf came up first, and the spelling that repairs it."""
    node = _culprit(seeds)
    if node is None or node.primitive is None:
        return  # nan or inf came with the data: it is passed on as NumPy does
    repairs, names, call = [node.primitive.repair], [], node.call
    while call is not None:
        names.append(call.name)
        repairs.append(call.repair)
        call = call.parent
    repair = next((r for r in reversed(repairs) if r), "look at its inputs for 0 or very large values")
    inside = f" inside {names[0]}" if names else ""
    warnings.warn(
        f"the gradient became nan or inf at {node.label()}{inside}: {repair}. "
        "tg.derive(cost, wrt=…).evaluate() computes it from the closed form.",
        NumericsWarning,
        stacklevel=5,
    )


def _culprit(seeds: Sequence[tuple[Node, Any]]) -> Node | None:
    """The first node whose value is not finite though its inputs are; else the first whose pull makes it so."""
    for node in graph(*(r for r, _ in seeds)):
        if node.primitive is not None and not _finite(node) and all(map(_finite, node.inputs)):
            return node  # type: ignore[no-any-return]
    found: list[Node] = []

    def pull(g: Any, node: Node) -> Sequence[tuple[Node, Any]]:
        pairs = pull_any(g, node)
        if not found and all(map(_finite, (g, node, *node.inputs))) and not all(_finite(c) for _, c in pairs):
            found.append(node)
        return pairs

    plain = [(r, g._array if isinstance(g, Node) else g) for r, g in seeds]
    with np.errstate(all="ignore"):
        sweep(plain, pull=pull)
    return found[0] if found else None
