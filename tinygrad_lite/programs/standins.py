"""What a function is traced on in the place of its arguments: a Tensor for an array, and one for a Python float.

A Python float takes the dtype of its partner: float32 array * 0.5 is a float32 array, while a float64 scalar of NumPy's
would make it float64. So the stand-in for a Python float is cast to its partner's dtype where it meets one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["PythonFloat", "python_float", "python_number", "stand_in"]


def stand_in(value: Any, name: str | None = None, requires_grad: bool = False) -> Tensor:
    """What a function is traced on in the place of an array; it has a name, so that what comes of it is recorded."""
    return Tensor(value, name=name or "input", requires_grad=requires_grad)


def _operator(name: str) -> Callable[[Any, Any], Any]:
    operate = getattr(Tensor, name)

    def call(self: PythonFloat, other: Any) -> Any:
        if isinstance(other, PythonFloat) or type(other) in (float, int, bool):
            return python_float(operate(self, other))
        return operate(_beside(self, other), other)

    return call


def python_float(t: Any) -> Any:
    """A number that was computed of Python floats alone, which is one itself."""
    if type(t) is Tensor and t.dtype.kind == "f":
        t.__class__ = PythonFloat
    return t


def python_number(x: Any) -> Any:
    """A number as a Python float; the stand-in for one where a trace runs and x is a stand-in."""
    if isinstance(x, Tensor) and not isinstance(x, PythonFloat):
        return python_float(p.astype(x, dtype=np.dtype(np.float64)))
    return x if isinstance(x, PythonFloat) else float(x)


def _beside(x: Tensor, *others: Any) -> Tensor:
    """x in the dtype that a Python float takes beside the others."""
    kinds = [getattr(other, "dtype", None) for other in others if not isinstance(other, PythonFloat)]
    floats = [kind for kind in kinds if kind is not None and kind.kind == "f"]
    if not floats:
        return x
    dtype = np.result_type(*floats)
    return x if dtype == x.dtype else p.astype(x, dtype=dtype)


class PythonFloat(Tensor, internal=True):
    """The stand-in for a Python float."""

    __slots__ = ()

    __add__, __radd__ = _operator("__add__"), _operator("__radd__")
    __sub__, __rsub__ = _operator("__sub__"), _operator("__rsub__")
    __mul__, __rmul__ = _operator("__mul__"), _operator("__rmul__")
    __truediv__, __rtruediv__ = _operator("__truediv__"), _operator("__rtruediv__")
    __pow__, __rpow__ = _operator("__pow__"), _operator("__rpow__")  # type: ignore[assignment]
    __iadd__, __isub__ = __add__, __sub__  # a number does not change: the name gets a new one
    __imul__, __itruediv__, __ipow__ = __mul__, __truediv__, __pow__

    def __neg__(self) -> Any:
        return python_float(Tensor.__neg__(self))

    def __abs__(self) -> Any:
        return python_float(Tensor.__abs__(self))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return Tensor.__array_ufunc__(self, ufunc, method, *_fitted(inputs), **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return Tensor.__array_function__(self, function, types, _fitted(args), kwargs)


def _fitted(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a NumPy function, Python floats in the dtype of the arrays beside them."""
    arrays = [x for x in inputs if isinstance(x, Node | np.ndarray | np.generic)]
    return tuple(_as_tensor(_beside(x, *arrays)) if isinstance(x, PythonFloat) else x for x in inputs)


def _as_tensor(t: Tensor) -> Tensor:
    """t where NumPy's dispatch comes to Tensor's own methods: those of PythonFloat would call themselves."""
    return p.identity(t) if isinstance(t, PythonFloat) else t
