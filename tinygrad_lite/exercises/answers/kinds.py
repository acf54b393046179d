"""What a learner answers for a step, before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Formula:
    """A text: it is parsed, and never run.

    left: what stands on the left of it, such as "dW1_jk", whose letters say the order of the axes; "" for nothing.
    """

    text: str
    left: str = ""


@dataclass(frozen=True)
class Trouble:
    """An answer that gave no numbers at a point: its key, such as "syntax", "timeout" or "raised", and why."""

    key: str
    text: str
    line: int | None = None


@dataclass(frozen=True)
class Computed:
    """Numbers that code computed, by the number of the point, from 0; an array or Trouble for each.

    text: the expression that computed them, where the code has it in one line.
    """

    values: Mapping[int, Any]
    text: str = ""


MISSING = ("", "...", "…")
"""Texts that stand where an answer will be written."""

Answer = Formula | Computed | Trouble | Callable[..., Any]
"""An answer of one step. A function is called on the values that its parameters name, in this process."""
