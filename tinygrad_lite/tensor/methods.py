"""What a NumPy user types after a dot: t.sum(axis=0), t.T, t.item(), and how a Tensor is printed and converted."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Never, Protocol, Self, TypeVar, overload

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import DetachError, DTypeError, ScalarError, ShapeError, UnsupportedError
from tinygrad_lite.tensor.held import Held
from tinygrad_lite.tensor.hints import NAMES, Elsewhere
from tinygrad_lite.tensor.keywords import METHOD, refused
from tinygrad_lite.tensor.operands import Plain, is_operand, real_dtype

__all__ = ["ArrayMethods"]


S = TypeVar("S")


class _Method(Protocol):
    """For type checkers: a method that gives what it is called on, a Tensor where `t` is one."""

    @overload
    def __get__(self, t: None, kind: Any, /) -> Callable[..., Any]: ...
    @overload
    def __get__(self, t: S, kind: Any = None, /) -> Callable[..., S]: ...


class _Operator(Protocol):
    """For type checkers: an operator between two of a kind, or one and plain numbers."""

    @overload
    def __get__(self, t: None, kind: Any, /) -> Callable[[Any, Any], Any]: ...
    @overload
    def __get__(self, t: S, kind: Any = None, /) -> Callable[[S | Plain], S]: ...


def _method(function: Any) -> _Method:
    """A method that is NumPy's function of the same meaning."""

    name = function.__name__

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs and not METHOD.keys().isdisjoint(kwargs):
            raise refused(f"t.{name}", kwargs, METHOD)
        return function(self, *args, **kwargs)

    method.__name__, method.__qualname__ = name, f"Tensor.{name}"
    method.__doc__ = f"As np.{name}."
    method.__wrapped__ = function  # type: ignore[attr-defined]  # help() shows NumPy's own parameters
    return method


def _extremum(function: Any, primitive: Any, which: str) -> _Method:
    """t.max or t.min."""

    def method(
        self: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True,
        **others: Any,
    ) -> Any:  # fmt: skip
        if others:
            raise refused(f"t.{primitive.name}", others, METHOD)
        if out is None and initial is None and where is True:
            return primitive(self, axis=axis, keepdims=keepdims)
        return function(self, axis, out, keepdims, initial, where)

    method.__name__, method.__qualname__ = primitive.name, f"Tensor.{primitive.name}"
    method.__doc__ = f"{which} element along axes, as np.{primitive.name}; ties share the gradient evenly."
    return method


def _operator(ufunc: np.ufunc) -> tuple[_Operator, _Operator]:
    """A Python operator of two operands and its reflection: what the ufunc of that meaning records."""

    def operate(self: Any, other: Any) -> Any:
        return ufunc(self, other) if isinstance(other, ArrayMethods) or is_operand(other) else NotImplemented

    def reflected(self: Any, other: Any) -> Any:
        return ufunc(other, self) if is_operand(other) else NotImplemented

    return operate, reflected


class ArrayMethods(Held):
    """The methods of an array: each is NumPy's function of that name, or a primitive."""

    __slots__ = ()

    @property
    def T(self) -> Self:
        """The tensor with its axes reversed."""
        return p.transpose(self, axes=tuple(range(self.ndim))[::-1])  # type: ignore[no-any-return]

    # The plain calls of sum, max and min are what costs are made of: they skip NumPy's dispatch.

    def sum(
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None,
        where: Any = True, **others: Any,
    ) -> Self:  # fmt: skip
        """Sum over axes, as np.sum."""
        if others:
            raise refused("t.sum", others, METHOD)
        if dtype is None and out is None and initial is None and where is True:
            return p.sum_(self, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]
        return np.sum(self, axis, dtype, out, keepdims, initial, where)  # type: ignore[no-any-return]

    max = _extremum(np.max, p.max_, "Largest")
    min = _extremum(np.min, p.min_, "Smallest")

    def sort(self, *_: Any, **__: Any) -> Self:
        """Refused: NumPy's method sorts in place."""
        raise UnsupportedError("t.sort() would sort in place, which no graph survives. Use np.sort(t).")

    def partition(self, *_: Any, **__: Any) -> Self:
        """Refused: NumPy's method moves elements in place."""
        raise UnsupportedError("t.partition(kth) would move elements in place. Use np.partition(t, kth).")

    def reshape(self, *shape: Any) -> Self:
        """The same elements in another shape, as NumPy's method."""
        sizes = shape[0] if len(shape) == 1 else shape
        if isinstance(sizes, list | np.ndarray):
            sizes = tuple(sizes)  # the graph keeps it, and a list may change
        return p.reshape(self, shape=sizes)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Self:
        """Axes permuted, as NumPy's method."""
        order: Any = axes[0] if len(axes) == 1 and (axes[0] is None or np.iterable(axes[0])) else (axes or None)
        return np.transpose(self, order)  # type: ignore[return-value]

    def astype(self, dtype: Any) -> Self:
        """The values in another dtype; a gradient comes back in the old one, and passes no integer."""
        kind = real_dtype(dtype, "astype")
        cast = p.astype if kind.kind == "f" else p.astype_integer
        return cast(self, dtype=kind)  # type: ignore[no-any-return]

    mean = _method(np.mean)
    var = _method(np.var)
    std = _method(np.std)
    prod = _method(np.prod)
    cumsum = _method(np.cumsum)
    cumprod = _method(np.cumprod)
    argsort = _method(np.argsort)
    argpartition = _method(np.argpartition)
    searchsorted = _method(np.searchsorted)
    argmax = _method(np.argmax)
    argmin = _method(np.argmin)
    any = _method(np.any)
    all = _method(np.all)
    dot = _method(np.dot)
    squeeze = _method(np.squeeze)
    swapaxes = _method(np.swapaxes)
    ravel = _method(np.ravel)
    repeat = _method(np.repeat)
    take = _method(np.take)
    trace = _method(np.trace)
    diagonal = _method(np.diagonal)
    choose = _method(np.choose)
    nonzero = _method(np.nonzero)
    round = _method(np.round)
    conj = conjugate = _method(np.conjugate)
    copy = _method(np.copy)

    # The operators of arithmetic that a network needs stand in Tensor, where they are recorded faster.
    __mod__, __rmod__ = _operator(np.remainder)
    __floordiv__, __rfloordiv__ = _operator(np.floor_divide)
    __and__, __rand__ = _operator(np.bitwise_and)
    __or__, __ror__ = _operator(np.bitwise_or)
    __xor__, __rxor__ = _operator(np.bitwise_xor)
    __lshift__, __rlshift__ = _operator(np.left_shift)
    __rshift__, __rrshift__ = _operator(np.right_shift)
    __invert__ = _method(np.invert)

    def __divmod__(self, other: Self | Plain) -> tuple[Self, Self]:
        return self // other, self % other

    def __rdivmod__(self, other: Plain) -> tuple[Self, Self]:
        return other // self, other % self

    def clip(self, min: Any = None, max: Any = None) -> Self:
        """The elements limited to an interval, as NumPy's method."""
        return np.clip(self, min, max)  # type: ignore[return-value]

    def compress(self, condition: Any, axis: Any = None) -> Self:
        """The elements where a condition is true, as np.compress."""
        return np.compress(condition, self, axis)  # type: ignore[return-value]

    def flatten(self, **others: Never) -> Self:
        """A copy in one axis, as NumPy's method."""
        if others:
            raise refused("t.flatten", others)
        return self.copy().ravel()

    # --- out of the graph ----------------------------------------------------------------------------------------

    def leave(self, what: str, instead: str = "") -> None:
        """Called where values leave the graph: in a trace, refuse where they differ from call to call."""
        trace = TRACE.get()
        if trace is not None:
            trace.leave(self, what, instead)

    def item(self) -> float:
        """The one element as a Python number."""
        if self.size != 1:
            raise ShapeError(f"item() needs one element; got shape {self.shape}. Index it, or use .tolist().")
        self.leave(
            ".item(), float(), int() or a function of math",
            "Write np.exp for math.exp; or return the tensor, and take the number from the result.",
        )
        return self._array.item()  # type: ignore[no-any-return]

    def numpy(self) -> np.ndarray[Any, Any]:
        """A copy of the values as a NumPy array."""
        self.leave(".numpy()", "Compute with the tensor itself: NumPy's functions work on it.")
        return np.array(self._array)

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        self.leave(".tolist()")
        return self._array.tolist()

    # Typed as objects, because NumPy's stubs call `array * t` an ndarray if these are numbers; so they leave it open.
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, np.dtype[np.object_]]:
        if self.needs_grad:
            raise DetachError(
                f"{self.label()} tracks a gradient, which a plain array would lose. To join tensors, use np.stack or "
                "np.concatenate; to compute, NumPy's functions in tg.supported(), and of a pandas table its .to_numpy(). "
                "Use .detach() to say that no gradient is wanted, for instance for a plot."
            )
        self.leave("np.asarray or a function of another library", "NumPy's functions in tg.supported() record.")
        return np.array(self._array, dtype=dtype)

    def _number(self, wanted: str, instead: str) -> Any:
        """The one element, on its way out of the graph: only where no gradient is lost."""
        number = self.item()
        if self.needs_grad:
            raise DetachError(
                f"{self.label()} tracks a gradient, which {wanted} would lose. In a formula, use NumPy's function: "
                "np.exp(t), not math.exp(t). To fill an array, collect the tensors in a list and np.stack them: out[i] = t "
                f"cannot record. For a number to print or to log, write {instead}."
            )
        return number

    def __float__(self) -> float:
        return float(self._number("a Python float", "t.item(); float(loss) is loss.item()"))

    def __int__(self) -> int:
        return int(self._number("an integer", "int(t.item())"))

    def __complex__(self) -> complex:
        return complex(self._number("a complex number", "complex(t.item())"))

    def __round__(self, digits: int | None = None) -> Any:
        return round(self._number("round(t)", "round(t.item(), digits); for a tensor, np.rint(t)"), digits)

    def __trunc__(self) -> int:
        return math.trunc(self._number("math.trunc(t)", "math.trunc(t.item())"))  # type: ignore[no-any-return]

    def __floor__(self) -> int:
        return math.floor(self._number("math.floor(t)", "math.floor(t.item()); for a tensor, np.floor(t)"))  # type: ignore[no-any-return]

    def __ceil__(self) -> int:
        return math.ceil(self._number("math.ceil(t)", "math.ceil(t.item()); for a tensor, np.ceil(t)"))  # type: ignore[no-any-return]

    def __index__(self) -> int:
        if self.size == 1:
            self._number("an index", "int(t.item())")
        if self.shape != () or self.dtype.kind not in "iu":
            raise DTypeError(f"an index is one integer; got shape {self.shape}, dtype {self.dtype}.")
        return int(self.item())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(
                f"the truth of shape {self.shape} is ambiguous. Use .any() or .all(); "
                "for max(0, t) write np.maximum(0, t), and for `if t > 0` np.where(t > 0, …, …)."
            )
        self.leave("a branch (if, while, assert, and, or, in, min, max)", "Write np.where(condition, …, …).")
        return bool(self._array.item())

    def __len__(self) -> int:
        if not self.shape:
            raise ScalarError("len() and iteration need at least one axis; got a scalar.")
        return self.shape[0]

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in NAMES]

    def __repr__(self) -> str:
        self.leave("printing")
        if isinstance(self._array, np.ndarray | np.generic):
            numbers = np.array2string(np.asarray(self._array), separator=", ", prefix="Tensor(")
        else:
            numbers = repr(self._array)
        parts = [numbers]
        if self.dtype not in (np.float64, np.int64, np.bool_):
            parts.append(f"dtype={self.dtype}")
        if self.name:
            parts.append(f"name={self.name!r}")
        if self.made_by is not None:
            parts.append(f"primitive={self.made_by}")
        elif self.needs_grad:
            parts.append("requires_grad=True")
        return f"Tensor({', '.join(parts)})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from tinygrad_lite.tensor.notebook import bundle  # only notebooks ask

        return bundle(self)


# Set here and not in the class, because for type checkers these names would exist there.
for _name, _said in NAMES.items():
    setattr(ArrayMethods, _name, Elsewhere(f"a Tensor has no .{_name}: {_said}."))
