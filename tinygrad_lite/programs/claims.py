"""What a check claims of its value, and of how many values it may be asked at once.

Costs say this when they are defined, so this file loads nothing of what programs are made of.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["IN_0_1", "OF_STACKS", "ONE_HOT", "of_stacks"]

# What a check can claim of its value, so that it may be proved instead, and relied on.
IN_0_1 = "in [0, 1]"  # each element lies in [0, 1] or is nan
ONE_HOT = "one-hot"  # along the last axis one element is 1 and the others are 0
OF_STACKS: set[Callable[..., bool]] = set()


def of_stacks(holds: Callable[..., bool]) -> Callable[..., bool]:
    """Say of a check of one array that it may be asked of a stack of such arrays at once."""
    OF_STACKS.add(holds)
    return holds
