"""What a row of the table is: a problem that each contender solves, with the same numbers as answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["LEARNING_RATE", "Row", "Step", "float64_jax"]

Step = Callable[[], Any]
# Large, so that a wrong gradient soon shows in the cost, which is what is checked.
LEARNING_RATE = 0.01


@dataclass(frozen=True)
class Row:
    """A problem has one method per contender (see contenders.py); it prepares, and returns a step.

    A step computes once and returns numbers that must agree between all contenders: a number, an array, or a tuple of
    these. problem(**sizes) makes the problem, problem(**tiny) a small one for tests. without: contenders that are left
    out, because they would take minutes. memory: whether the peak of memory is measured as well; the problem has an
    attribute `unit` then, the bytes of one array.
    """

    title: str
    problem: Callable[..., Any]
    sizes: Mapping[str, Any] = field(default_factory=dict)
    tiny: Mapping[str, Any] = field(default_factory=dict)
    rtol: float = 1e-9
    without: tuple[str, ...] = ()
    memory: bool = False


def float64_jax() -> Any:
    """The module jax, set to compute in float64 where its inputs are float64, as NumPy does."""
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax
