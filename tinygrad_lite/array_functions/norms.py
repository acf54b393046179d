"""np.linalg.norm and its relatives on Tensors, composed of primitives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import axes_of, kept
from tinygrad_lite.array_functions.decompositions import singular_values
from tinygrad_lite.array_functions.reductions import root_of
from tinygrad_lite.array_functions.shapes import moveaxis
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import DomainError, ShapeError, UnsupportedError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.operands import float_operand
from tinygrad_lite.tensor.tensor import Tensor, as_tensor

Axes = tuple[int, ...]


@implements(np.linalg.norm)
@composite
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norms of vectors and matrices as NumPy has them; where all elements are 0, the derivative of a p-norm with p ≥ 1 is 0."""
    x = float_operand(as_tensor(x), "norm")
    axes = axes_of(axis, x.ndim)
    if axis is None and ord is None:
        return _vector_norm(x, 2, axes, keepdims)
    if len(axes) == 1:
        return _vector_norm(x, 2 if ord is None else ord, axes, keepdims)
    if len(axes) != 2:
        raise ShapeError(
            f"norm is of vectors or matrices, over one axis or two; got axis={axis} of shape {x.shape}. "
            "Without ord= and axis= it is over all elements."
        )
    return _matrix_norm(x, "fro" if ord is None else ord, axes, keepdims)


@implements(np.linalg.vector_norm)
@composite
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    x = float_operand(as_tensor(x), "norm")
    return _vector_norm(x, ord, axes_of(axis, x.ndim), keepdims)


@implements(np.linalg.matrix_norm)
@composite
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return norm(x, ord, (-2, -1), keepdims)


def _vector_norm(x: Any, ord: Any, axes: Axes, keepdims: bool) -> Any:
    if isinstance(ord, Tensor):
        raise UnsupportedError("norm has no derivative by ord= here. Use ord=t.item(), or write the norm with np.sum.")
    if not isinstance(ord, int | float | np.integer | np.floating) or math.isnan(ord):
        raise DomainError(f"the norm of a vector takes a number as ord=, or inf; got {ord!r}.")
    if ord == 2:
        return root_of(p.sum_(p.square(x), axis=axes, keepdims=keepdims))
    sizes = p.abs_(x)
    if math.isinf(ord):
        return (p.max_ if ord > 0 else p.min_)(sizes, axis=axes, keepdims=keepdims)
    if ord == 0:
        return p.sum_(p.astype(p.not_equal(x, 0), dtype=x.dtype), axis=axes, keepdims=keepdims)
    if ord == 1:
        return p.sum_(sizes, axis=axes, keepdims=keepdims)
    ord = float(ord)
    total = p.sum_(sizes**ord, axis=axes, keepdims=keepdims)
    return total ** (1 / ord) if ord < 0 else root_of(total, lambda t: t ** (1 / ord))


def _matrix_norm(x: Any, ord: Any, axes: Axes, keepdims: bool) -> Any:
    if isinstance(ord, str) and ord in ("fro", "f"):
        return _vector_norm(x, 2, axes, keepdims)
    matrices = moveaxis(x, axes, (-2, -1))
    if isinstance(ord, str) and ord == "nuc":
        found = p.sum_(singular_values(matrices), axis=-1, keepdims=False)
    elif isinstance(ord, int | float | np.integer | np.floating) and abs(ord) in (1, 2, math.inf):
        if abs(ord) == 2:
            sizes = singular_values(matrices)
        else:
            sizes = p.sum_(p.abs_(matrices), axis=-2 if abs(ord) == 1 else -1, keepdims=False)
        found = (p.max_ if ord > 0 else p.min_)(sizes, axis=-1, keepdims=False)
    else:
        raise DomainError(f"the norm of a matrix takes ord='fro', 'nuc', 1, -1, 2, -2, inf or -inf; got {ord!r}.")
    return kept(found, x.shape, axes, keepdims)
