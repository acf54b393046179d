"""NumPy's functions that make arrays: np.zeros_like(t), np.linspace(t, 1), np.array([…], like=t)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import asked, cast, plain, whole
from tinygrad_lite.array_functions.joining import stack
from tinygrad_lite.array_functions.shapes import atleast_1d, atleast_nd, broadcast_to, moveaxis
from tinygrad_lite.core import primitives as p
from tinygrad_lite.errors import DetachError, ShapeError, UnsupportedError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.operands import real_dtype
from tinygrad_lite.tensor.tensor import Tensor, as_tensor


def _refuse_memory(order: Any = None, device: Any = None) -> None:
    """Keywords about memory. A Tensor has values only, in C order on the CPU; subclasses of arrays it has none."""
    if order not in ("C", "K", "A", None):
        raise UnsupportedError(f"Tensors are in C order; got order={order!r}.")
    if device not in ("cpu", None):
        raise UnsupportedError(f"Tensors are on the CPU; got device={device!r}.")


# --- of the shape of a Tensor --------------------------------------------------------------------------------


def _like(maker: Any) -> Any:
    def like(
        a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
    ) -> Tensor:
        _refuse_memory(order, device)
        kind = a.dtype if dtype is None else real_dtype(dtype, maker.__name__)
        return Tensor(asked(maker, a.shape if shape is None else shape, kind))

    return like


implements(np.zeros_like)(_like(np.zeros))
implements(np.ones_like)(_like(np.ones))
implements(np.empty_like)(_like(np.zeros))


@implements(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None,
    *, device: Any = None,
) -> Any:  # fmt: skip
    _refuse_memory(order, device)
    return full(a.shape if shape is None else shape, fill_value, a.dtype if dtype is None else dtype)


@implements(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    _refuse_memory(order)
    return p.copy(a)


# --- between two ends --------------------------------------------------------------------------------------------


@implements(np.linspace)
@composite
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0,
    *, device: Any = None,
) -> Any:  # fmt: skip
    """Numbers in equal steps from start to stop; each passes its share of the gradient to both."""
    _refuse_memory(device=device)
    num = whole(num, "num")
    if num < 0:
        raise ShapeError(f"np.linspace: num is not negative; got {num}.")
    # A Python number takes the dtype of the other end.
    start, stop = (x if type(x) in (int, float) else as_tensor(x) for x in (start, stop))
    kind = np.result_type(*[x if type(x) in (int, float) else x.dtype for x in (start, stop)], 0.0)
    start, stop = (x if type(x) in (int, float) else cast(x, kind, "linspace") for x in (start, stop))
    last = num - 1 if endpoint else num
    whole_way = stop - start
    places = np.arange(num, dtype=whole_way.dtype).reshape(-1, *[1] * whole_way.ndim)
    step = whole_way / last if last > 0 else whole_way
    numbers = start + places * step
    if endpoint and num > 1:
        numbers = p.where(places == last, stop, numbers)  # not by steps, which would end beside it by their rounding
    if dtype is not None:
        kind = real_dtype(dtype, "linspace")
        numbers = cast(p.floor(numbers) if kind.kind in "iu" else numbers, kind, "linspace")
    numbers = moveaxis(numbers, 0, axis)
    return (numbers, step if last > 0 else step * np.nan) if retstep else numbers


# --- by like= ------------------------------------------------------------------------------------------------


def _made(maker: Any) -> Any:
    def make(*args: Any, **kwargs: Any) -> Tensor:
        _refuse_memory(kwargs.get("order"), kwargs.get("device"))
        for x in args:
            if isinstance(x, Tensor) and x.needs_grad:
                raise DetachError(f"np.{maker.__name__} takes plain numbers; {x.label()} tracks a gradient.")
        return Tensor(asked(maker, *map(plain, args), **kwargs))

    return make


for _maker in (np.zeros, np.ones, np.eye, np.identity, np.tri, np.arange):
    implements(_maker)(_made(_maker))
implements(np.empty)(_made(np.zeros))


@implements(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None) -> Any:
    _refuse_memory(order, device)
    value = as_tensor(fill_value) if dtype is None else cast(fill_value, real_dtype(dtype, "full"), "full")
    return broadcast_to(value, shape)


@implements(np.array)
def array(
    object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", subok: bool = False, ndmin: int = 0,
    ndmax: int = 0,
) -> Any:  # fmt: skip
    _refuse_memory(order)
    if copy is False and not isinstance(object, Tensor):
        raise UnsupportedError("a list becomes a Tensor by a copy: leave copy=False out.")
    t = _nested(object)
    if dtype is not None:
        t = cast(t, real_dtype(dtype, "array"), "array")
    return atleast_nd(ndmin, p.copy(t) if copy and t is object else t)


def _nested(x: Any, depth: int = 0) -> Tensor:
    """A nested list of numbers and Tensors as one Tensor."""
    if not isinstance(x, list | tuple) or not any(isinstance(part, Tensor | list | tuple) for part in x):
        return as_tensor(x)
    if depth == 64:
        raise ShapeError("a Tensor has at most 64 axes; got a list that is nested deeper.")
    return stack([_nested(part, depth + 1) for part in x])  # type: ignore[no-any-return]


@implements(np.asarray, np.asanyarray)
def asarray(a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None) -> Any:
    _refuse_memory(order, device)
    return array(a, dtype, copy=copy)


@implements(np.ascontiguousarray)
def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    return atleast_1d(array(a, dtype, copy=None))
