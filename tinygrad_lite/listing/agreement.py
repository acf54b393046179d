"""Whether code computes what the engine computes."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node
from tinygrad_lite.listing.sheet import Sheet

__all__ = ["AT_THE_CALL", "ELSEWHERE", "EXACTLY", "agrees", "same_numbers"]


@dataclass(frozen=True)
class How:
    """How close numbers have to be: a part of their size, and of the largest number around.

    anyhow: what to say where the engine has no numbers.
    """

    relative: float
    absolute: float
    anyhow: bool


AT_THE_CALL = How(1e-7, 1e-12, anyhow=False)
ELSEWHERE = How(1e-7, 1e-12, anyhow=True)
"""At numbers where units saturate: 1 - a may lose digits there, but nothing may become nan or inf."""

EXACTLY = How(1e-7, 0.0, anyhow=True)
"""To nearly all digits, however small the numbers are."""


def agrees(
    sheet: Sheet, found: Mapping[str, ast.expr], known: Mapping[str, Any], engine: list[Any] | None, how: How
) -> bool:
    """Whether code has the engine's numbers, wherever these are finite."""
    if engine is None:
        return how.anyhow
    size = max((float(np.max(np.abs(x), initial=0.0)) for x in known.values() if np.isfinite(x).all()), default=1.0)
    for code, right in zip(found.values(), engine, strict=True):
        if right is None:
            return how.anyhow
        with np.errstate(all="ignore"):
            got = sheet.evaluate(code, known)
        if np.shape(got) not in (np.shape(right), ()):
            return False
        fine = np.isfinite(right)
        got = np.broadcast_to(got, np.shape(right))[fine]
        slack = how.absolute * max(1.0, size)
        if not np.isfinite(got).all() or not np.allclose(got, right[fine], rtol=how.relative, atol=slack):
            return False
    return True


def same_numbers(found: Any, node: Node) -> bool:
    """Whether a line has the numbers of a recorded node, as far as their dtype is exact and they are finite.

    How far two ways to a sum may differ depends on the size of its terms: at a minimum the terms of a gradient cancel,
    and its own size is rounding alone.
    """
    recorded = node._array
    if np.shape(found) != np.shape(recorded) or np.asarray(found).dtype != np.asarray(recorded).dtype:
        return False
    fine = np.isfinite(recorded)
    rounding = float(np.finfo(recorded.dtype).eps) ** 0.5
    slack = rounding * max(_largest(recorded), _size_of_terms(node))
    return bool(np.allclose(np.asarray(found)[fine], np.asarray(recorded)[fine], rtol=rounding, atol=slack))


def _size_of_terms(node: Node) -> float:
    """The size of the largest term that a sum adds up, or more; 0 where the node is no sum."""
    if node.primitive is None:
        return 0.0
    sizes = [_largest(x._array if isinstance(x, Node) else x) for x in node.inputs]
    if node.primitive.kind == "product":
        return math.prod(sizes)
    if node.primitive.kind == "reduction" or node.primitive in (p.add, p.subtract):
        return max(sizes)
    if node.primitive.kind == "shape":
        return max((_size_of_terms(x) for x in node.inputs if isinstance(x, Node)), default=0.0)
    return 0.0


def _largest(x: Any) -> float:
    """The largest size of the finite numbers; 0 where there are none."""
    x = np.asarray(x)
    return float(np.max(np.abs(x[np.isfinite(x)]), initial=0.0))
