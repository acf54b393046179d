"""Methods as NumPy names them: each is NumPy's function of that name, or a primitive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.tensor.operands import real_dtype

if TYPE_CHECKING:
    from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["ArrayMethods"]


def _method(function: Any) -> Callable[..., Any]:
    """A method that is NumPy's function of the same meaning."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__doc__ = f"As np.{function.__name__}."
    return method


_transpose = _method(np.transpose)


class ArrayMethods:
    """t.sum(axis=0), t.reshape(2, 3), t.T, ...: what a NumPy user types after a dot."""

    __slots__ = ()

    @property
    def T(self) -> Tensor:
        """The tensor with its axes reversed."""
        return p.transpose(self, axes=tuple(range(self.ndim))[::-1])  # type: ignore[attr-defined, no-any-return]

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Sum over axes, as np.sum."""
        return p.sum_(self, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Largest element along axes, as np.max; ties share the gradient evenly."""
        return p.max_(self, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]

    def min(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Smallest element along axes, as np.min; ties share the gradient evenly."""
        return p.min_(self, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape, as NumPy's method."""
        return p.reshape(self, shape=shape[0] if len(shape) == 1 else shape)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Tensor:
        """Axes permuted, as NumPy's method."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else (axes or None)
        return _transpose(self, order)  # type: ignore[no-any-return]

    def astype(self, dtype: Any) -> Tensor:
        """The values in another dtype; a gradient comes back in the old one, and passes no integer."""
        kind = real_dtype(dtype, "astype")
        cast = p.astype if kind.kind == "f" else p.astype_integer
        return cast(self, dtype=kind)  # type: ignore[no-any-return]

    mean = _method(np.mean)
    var = _method(np.var)
    std = _method(np.std)
    prod = _method(np.prod)
    cumsum = _method(np.cumsum)
    argmax = _method(np.argmax)
    argmin = _method(np.argmin)
    any = _method(np.any)
    all = _method(np.all)
    clip = _method(np.clip)
    dot = _method(np.dot)
    squeeze = _method(np.squeeze)
    swapaxes = _method(np.swapaxes)
    ravel = _method(np.ravel)
    repeat = _method(np.repeat)
    take = _method(np.take)
    trace = _method(np.trace)
    diagonal = _method(np.diagonal)
    round = _method(np.rint)
    copy = _method(np.copy)

    def flatten(self) -> Tensor:
        """A copy in one axis, as NumPy's method."""
        return self.copy().ravel()  # type: ignore[no-any-return]
