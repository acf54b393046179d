"""What an entry of the table of slips is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Altered = Iterable[tuple[str, Any]]
"""What an altered rule gives: the name of a variant, such as that of another value, and numbers."""


@dataclass(frozen=True)
class Slip:
    """One kind of slip.

    rule: at a Place, what the edge adds to the gradient below if the slip is made there, for each variant; nothing
    where the slip cannot be made. Of a slip whose scope is "answer", what the whole answer is: an array of whatever
    shape; of one whose scope is "whole", the rule takes a Route and gradients by the step and gives whole answers.
    say: the clause that tells the slip, of a place (or route) and a variant.
    natural: among slips that give the same numbers, the one with the least is told first.
    paired: whether it is common enough to be looked for together with another.
    """

    key: str
    rule: Callable[..., Altered]
    say: Callable[[Any, str], str]
    natural: int
    scope: str = "edge"
    paired: bool = False
