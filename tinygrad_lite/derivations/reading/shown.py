"""What data shows of itself: it is taken as a fact, and a note says so."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.derivations.reading.nodes import data_of

ONE_HOT = 'is taken as one-hot, because each row of it has one 1. To say it yourself: tg.Tensor(…, facts=("one_hot",))'
PROBABILITIES = "is taken as rows of probabilities, because each of them sums to 1"
ONE_HOT_COLUMNS = "is taken as one-hot along its columns, because each of them has one 1"


def one_hot_axis(node: Any, axes: Axes) -> int | None:
    """The axis of the classes where an array has one 1 along it, and else zeros; None for other arrays.

    The axis of the examples has no classes: two examples with the targets 1 and 0 are not one with two classes.
    """
    data = np.asarray(data_of(node))
    if data.dtype.kind not in "fiu" or not data.size or not np.all((data == 0) | (data == 1)):
        return None
    found = [a for a in range(data.ndim) if (i := axes.index(node, a)) is not None and i.axis != axes.batch]
    return found[-1] if found and np.all(data.sum(axis=found[-1]) == 1) else None


def has_rows_of_probabilities(node: Any, axes: Axes) -> bool:
    """Whether the last axis of a table holds the classes, and each row is of numbers from 0 to 1 that sum to 1."""
    data = np.asarray(data_of(node))
    last = axes.index(node, data.ndim - 1) if data.ndim > 1 else None
    if last is None or last.axis == axes.batch or data.dtype.kind != "f" or data.size == data.shape[-1]:
        return False
    near = data.shape[-1] * np.finfo(data.dtype).eps
    return bool(np.all((data >= 0) & (data <= 1)) and np.all(np.abs(data.sum(axis=-1) - 1) <= near))
