"""What a node is to a reader: its numbers, its key, and whether it is a plain number."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.tensor.tensor import Tensor


def data_of(value: Any) -> Any:
    """The numbers of a tensor or a constant, only to be read."""
    if isinstance(value, Tensor):
        return value.numpy() if value.primitive is None else value.data
    return np.asarray(value)


def key_of(value: Any) -> int:
    """A tensor's serial; a constant's identity, below zero."""
    return value.serial if isinstance(value, Tensor) else -id(value)


def one_number(value: Any) -> float | None:
    """The number of a constant with one element that has no name and no gradient."""
    if isinstance(value, Tensor):
        if value.primitive is not None or value.requires_grad or value.name is not None:
            return None
        value = data_of(value)
    if np.size(value) != 1 or np.asarray(value).dtype.kind not in "fiub":
        return None
    return float(np.asarray(value).reshape(-1)[0])


def is_output(node: Tensor) -> bool:
    """Whether a node is the result of a composite, such as σ."""
    return node.call is not None and node.call.output == node.serial
