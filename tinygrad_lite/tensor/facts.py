"""What can be declared of a tensor's values, checked against them when declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tinygrad_lite.errors import DomainError

__all__ = ["FACTS", "check_facts", "still_true"]


def _rows_sum_to_1(x: Any) -> bool:
    tolerance = 8 * x.shape[-1] * (np.finfo(x.dtype).eps if x.dtype.kind == "f" else 0) if x.ndim else 0
    return bool(x.ndim > 0 and np.all(np.abs(x.sum(axis=-1) - 1) <= tolerance))


def _one_hot(x: Any) -> bool:
    return bool(x.ndim > 0 and np.all((x == 0) | (x == 1)) and np.all(x.sum(axis=-1) == 1))


FACTS: dict[str, Callable[[Any], bool]] = {
    "positive": lambda x: bool(np.all(x > 0)),
    "in (0, 1)": lambda x: bool(np.all((x > 0) & (x < 1))),
    "one_hot": _one_hot,
    "rows sum to 1": _rows_sum_to_1,
    "columns sum to 1": lambda x: x.ndim > 1 and _rows_sum_to_1(np.moveaxis(x, -2, -1)),
}


def still_true(data: Any, facts: frozenset[str]) -> frozenset[str]:
    """The facts that hold for new data."""
    return frozenset(f for f in facts if FACTS[f](np.asarray(data)))


def check_facts(data: Any, facts: Iterable[str]) -> frozenset[str]:
    """The facts as a set, each checked against the data.

    Raises DomainError for a fact that is unknown or does not hold.

    >>> check_facts(np.array([0.2, 0.8]), ["positive"])
    frozenset({'positive'})
    """
    data = np.asarray(data)
    for fact in facts:
        if fact not in FACTS:
            raise DomainError(f"unknown fact {fact!r}; known are {', '.join(map(repr, FACTS))}.")
        if not FACTS[fact](data):
            shown = np.array2string(data.reshape(-1)[:4], precision=4)
            raise DomainError(f"the data does not have the fact {fact!r}; shape {data.shape}, values begin {shown}.")
    return frozenset(facts)
