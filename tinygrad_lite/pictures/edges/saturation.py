"""Where the gradient nearly dies: the slope of a function of one input, against the largest slope it can have.

The largest slope is found, not typed in: the recorded steps are run again on a range of inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.walks import replay
from tinygrad_lite.pictures.edges.derivatives import Local, sweep_inside
from tinygrad_lite.pictures.edges.numbers import number
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Saturation", "judged", "saturation"]

SATURATED = 0.10  # below this share of its largest slope an element counts as saturated
SLOWED = 0.70  # and below this one as slowed down
MOST_STEPS = 200  # a longer box is a computation, not an activation
_REACH = 40.0  # σ′(40) is 4e-18: beyond, nothing more happens to a function that saturates
_PROBES = np.linspace(-_REACH, _REACH, 8001)  # has 0 and, 0.01 apart, steps that no maximum slips through


@dataclass(frozen=True)
class Saturation:
    """What is said of a box: `level` is "saturated", "slowed" or "" (as good as unsaturated), `parts` the words."""

    level: str
    parts: tuple[str, ...]
    local: Local  # whose slopes are looked at
    largest: float  # |slope| that there is on any input
    two_valued: bool  # whether the slope is that or 0

    @property
    def slope(self) -> float:
        """The mean of |slope| over the largest."""
        return float(np.mean(np.abs(self.local.derivative)) / self.largest)

    @property
    def text(self) -> str:
        return ": ".join(self.parts)


def saturation(local: Local) -> Saturation | None:
    """How far the gradient dies on an edge, or None where that is no question: the slope is unbounded or constant."""
    if len(local.members) > MOST_STEPS or local.kind != "elementwise" or not local.path:
        return None
    largest, two_valued = _slopes(local)
    found = judged(local.derivative, largest, two_valued) if largest is not None else None
    return Saturation(*found, local, largest, two_valued) if found is not None and largest is not None else None


def judged(slopes: Any, largest: float, two_valued: bool) -> tuple[str, tuple[str, ...]] | None:
    """The level and the words for these slopes; a page says the same of others (scripts/saturation.js)."""
    ratio = np.abs(slopes) / largest
    if ratio.size == 0 or not np.isfinite(ratio).all():
        return None
    share, slope = float(np.mean(ratio < SATURATED)), float(ratio.mean())
    off = two_valued and share > 0
    if ratio.size == 1:
        level = "saturated" if share else "slowed" if slope < SLOWED else ""
        return level, (
            ("off", "slope 0") if off else (level or "unsaturated", f"slope at {_percent(slope)} of its maximum")
        )
    level = "saturated" if share >= 0.5 else "slowed" if share > 0 or slope < SLOWED else ""
    word = "off" if off else "saturated"
    if share > 0:
        text = f"{_percent(share)} of {ratio.size} {word}"
    else:
        text = f"slope at {_percent(slope)} of its maximum on average"
    return level, (text,)


def _percent(x: float) -> str:
    return f"{number(100 * x) if 0 < x < 0.01 else round(100 * x)} %"


def _slopes(local: Local) -> tuple[float | None, bool]:
    """The largest |slope| over the probes (None: unbounded, constant or undefined), and whether else it is 0."""
    inside = {local.x, *local.members}
    if not all(_is_plain(t, inside) for t in local.members):
        return None, False

    def constant(x: Any) -> Any:
        return np.reshape(local.values(x), ())[()]

    with np.errstate(all="ignore"):
        known = replay(local.members, {local.x: _PROBES.astype(local.x.dtype)}, constant)
    seed = np.ones(_PROBES.shape, dtype=local.exit.dtype)

    def values(x: Any) -> Any:
        return known[x] if isinstance(x, Tensor) and x in known else constant(x)

    slope = sweep_inside(local.path, local.exit, local.x, seed, values, fit=False)
    if slope is None:
        return None, False
    slope = np.abs(np.broadcast_to(slope, _PROBES.shape))
    if not np.isfinite(slope).all() or slope.max() == 0:
        return None, False
    largest, inner = float(slope.max()), float(slope[np.abs(_PROBES) <= _REACH / 2].max())
    if not np.isclose(largest, inner, rtol=0.01) or slope.min() > 0.5 * largest:
        return None, False
    levels = np.unique(slope[_PROBES != 0])
    return largest, bool(len(levels) == 2 and levels[0] == 0)


def _is_plain(t: Tensor, inside: set[Tensor]) -> bool:
    """Whether a step of a box is elementwise, and depends on nothing but other steps and numbers."""
    if t.primitive is None or t.primitive.kind != "elementwise" or t.primitive is p.broadcast_to:
        return False
    free = [x for x in t.inputs if not isinstance(x, Tensor) or x not in inside]
    return all(np.size(x) == 1 and not getattr(x, "requires_grad", False) for x in free)
