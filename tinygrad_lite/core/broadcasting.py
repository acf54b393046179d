"""Shapes under broadcasting and reduction, and how a cotangent comes back to the shape of its input."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from tinygrad_lite.errors import ShapeError

__all__ = ["kept_shape", "summed_axes", "unbroadcast"]

Shape = tuple[int, ...]


def summed_axes(wide: Shape, shape: Shape) -> Shape:
    """The axes of `wide` that broadcasting had added to `shape`, or had stretched from size 1.

    >>> summed_axes((5, 3, 4), (3, 1))
    (0, 2)
    """
    lead = len(wide) - len(shape)
    return (*range(lead), *(i + lead for i, n in enumerate(shape) if n == 1 and wide[i + lead] != 1))


def unbroadcast(c: Any, like: Any, name: str) -> Any:
    """The cotangent c in the shape and dtype of `like`: summed over the axes that broadcasting added.

    A rule computes in the shape of its result. An input that broadcasting repeated gets the sum over its copies.
    Raises ShapeError where the rule of the primitive `name` gave a shape that no broadcasting explains.

    >>> import numpy as np
    >>> unbroadcast(np.ones((5, 3)), np.zeros(3), "add")
    array([5., 5., 5.])
    """
    shape = like.shape
    if c.shape != shape:
        axes = summed_axes(c.shape, shape) if c.ndim >= len(shape) else ()
        if axes:
            c = np.add.reduce(c, axes) if type(c) is np.ndarray else c.sum(axis=axes)
        if c.shape != shape:
            if [n for n in c.shape if n != 1] != [n for n in shape if n != 1]:  # axes of size 1 may come and go
                raise ShapeError(f"the VJP rule of {name} gave shape {c.shape} for an input of shape {shape}.")
            c = c.reshape(shape)
    return c if c.dtype == like.dtype else c.astype(like.dtype)


def kept_shape(shape: Shape, axis: int | Shape | None) -> Shape:
    """The shape with the reduced axes kept as 1.

    >>> kept_shape((2, 3, 4), -1)
    (2, 3, 1)
    """
    if axis is None:
        return (1,) * len(shape)
    axes = {index(a) % max(len(shape), 1) for a in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple(1 if i in axes else n for i, n in enumerate(shape))
