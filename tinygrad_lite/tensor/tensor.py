"""Tensor: an array, and how it was computed. The node of the one graph that everything else reads."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from threading import get_ident
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.errors import (
    DetachError,
    DTypeError,
    GradientError,
    ShapeError,
    UnsupportedError,
)
from tinygrad_lite.tensor.dispatch import UFUNCS, call_function, call_ufunc
from tinygrad_lite.tensor.methods import ArrayMethods
from tinygrad_lite.tensor.operands import (
    OFF,
    SCOPES,
    STATE,
    constant,
    explain,
    is_operand,
    make_constants,
    next_order,
    owned,
    plain_array,
    private,
    real_dtype,
    split_index,
)

__all__ = ["Tensor", "as_tensor", "new_leaf", "new_node", "record"]


# --- Python's operators -----------------------------------------------------------------------------------------


def _binary(primitive: Primitive) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A Python operator and its reflection: `record` unrolled for two operands, the hottest path there is."""
    value = primitive.value
    differentiable = primitive.vjps is not None

    def operate(self: Any, other: Any) -> Any:
        a = self._data
        if self._notes is not None and self._notes.lent is not None:
            self._reclaim()
        if type(other) is Tensor:
            b = other._data
            if other._notes is not None and other._notes.lent is not None:
                other._reclaim()
            needs = self._requires or other._requires
            tracked = needs or self._in_graph() or other._in_graph()
        elif type(other) is float or type(other) is int:
            b = other = constant(other, a)
            needs = self._requires
            tracked = needs or self._in_graph()
        else:
            return record(primitive, self, other) if is_operand(other) else NotImplemented
        try:
            data = value(a, b)
        except (ValueError, TypeError) as error:
            raise explain(primitive, [a, b], {}, error) from None
        scope = SCOPES.get(get_ident()) if SCOPES else None
        t = _new(Tensor)
        t._data = data
        t._notes = t._params = None
        t.order = next_order()
        if tracked and scope is not OFF:
            t._requires = needs and differentiable
            t._call = scope
            t._inputs = (self, other)
            t._primitive = primitive
        else:
            t._requires = False
            t._call = t._primitive = None
            t._inputs = ()
        return t

    def reflected(self: Any, other: Any) -> Any:
        if type(other) is not float and type(other) is not int:
            return record(primitive, other, self) if is_operand(other) else NotImplemented
        if self._notes is not None and self._notes.lent is not None:
            self._reclaim()
        other = constant(other, self._data)
        data = value(other, self._data)
        if not self._in_graph() or (SCOPES and STATE.scope is OFF):
            return new_leaf(data)
        return new_node(primitive, (other, self), None, data, self._requires)

    return operate, reflected


@functools.cache
def _backprop() -> Any:
    """The sweep reads Tensors, so its module comes after this one; the method needs it only when it is called."""
    return importlib.import_module("tinygrad_lite.core.backprop")


def _in_place(operate: Callable[..., Any]) -> Callable[..., Any]:
    def update(self: Tensor, other: Any) -> Any:
        if self._primitive is None and self._requires:
            if STATE.scope is not OFF:
                raise GradientError(
                    "an in-place operator would replace this leaf by a computed tensor. "
                    "Write `with tg.no_grad(): w -= step` to update it, or w = w - step to go on computing."
                )
            result = operate(self, other)
            if result is not NotImplemented:
                self.data = result
                return self
            return result
        return operate(self, other)

    return update


# The powers that have a primitive of their own cost a sixth of the general one.
_POWERS: dict[float, Primitive] = {2: p.square, 0.5: p.sqrt, -1: p.reciprocal}


def _power(self: Tensor, exponent: Any) -> Any:
    if type(exponent) in (int, float) and self._data.dtype.kind == "f":
        special = _POWERS.get(exponent)
        if special is not None:
            return special(self)
    return _operate_power(self, exponent)


_operate_power, _reflected_power = _binary(p.power)


class Tensor(Node, ArrayMethods):
    """A NumPy array that remembers how it was computed, so that gradients can be taken.

    data: real numbers (array, nested list, number, or an array of a library that speaks NumPy's protocols);
    copied. requires_grad: whether to keep a gradient; float data only. dtype: as in NumPy. name: for pictures,
    derivations and messages. axes: names of the axes for derivations, one per axis. facts: what is known of the
    values ("positive", "one_hot", "rows sum to 1", "in (0, 1)"), checked here.

    Raises DTypeError for object, string, complex or ragged data, and for integers that want a gradient.

    >>> w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> (w * w).sum().backward()
    >>> w.grad
    Tensor([2., 4.])
    """

    __slots__ = ()

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        *,
        dtype: Any = None,
        name: str | None = None,
        axes: tuple[str, ...] | None = None,
        facts: Any = (),
    ) -> None:
        if isinstance(data, Tensor):
            if data._requires:
                raise DetachError(f"Tensor(data) would detach {data._label()} from its graph. Use .detach() to say so.")
            data = data._data
        array = plain_array(data, "Tensor")
        if dtype is not None:
            array = array.astype(real_dtype(dtype, "Tensor"))
        self._data = private(array)
        self._notes = None
        self._requires = False
        self._call = self._params = self._primitive = None
        self._inputs = ()
        self.order = next_order()
        if name is not None:
            self.name = name
        if axes is not None:
            self.axes = axes
        if facts:
            self.facts = facts
        if requires_grad:
            self.requires_grad = True

    def __init_subclass__(cls) -> None:
        raise UnsupportedError("Tensor is not made to be subclassed: wrap it, or group operations with @tg.composite.")

    @property
    def requires_grad(self) -> bool:
        """Whether backward() brings a gradient here or through here. May be set on leaves."""
        return self._requires

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self._primitive is not None:
            raise GradientError(
                f"requires_grad of {self._label()} follows from its inputs. Set it on leaves, or use .detach()."
            )
        if value and self._data.dtype.kind != "f":
            raise DTypeError(
                f"a gradient needs floating-point data; got dtype {self._data.dtype}. "
                "Write 3.0 for 3, or pass dtype=float."
            )
        self._requires = bool(value)

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward() accumulated here, of this tensor's shape and dtype, or None."""
        return self._notes.grad if self._notes is not None else None

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            value = as_tensor(value)
            if value.shape != self.shape:
                raise ShapeError(f"a gradient has its tensor's shape {self.shape}; got {value.shape}.")
            if value.dtype != self.dtype:
                value = value.astype(self.dtype)
        self._note().grad = value

    # --- gradients -------------------------------------------------------------------------------------------

    def backward(self, gradient: Any = None, create_graph: bool = False) -> None:
        """Add the gradient of this scalar to `.grad` of every leaf that requires one.

        gradient: the upstream gradient, of this tensor's shape; needed unless this is one element.
        create_graph: record the gradients themselves, for higher derivatives.
        Raises GradientError where there is nothing to differentiate, StaleGraphError where captured data changed.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.grad
        Tensor(6.)
        """
        _backprop().backward(self, gradient, create_graph)

    def retain_grad(self) -> None:
        """Keep the gradient of this computed tensor, too, at the next backward()."""
        if not self._requires:
            raise GradientError(f"retain_grad() needs a tensor that tracks a gradient; {self._label()} does not.")
        self._note().retain = True

    def zero_grad(self) -> None:
        """Forget the gradient."""
        if self._notes is not None:
            self._notes.grad = None

    def detach(self) -> Tensor:
        """A new leaf with a copy of the values, which no gradient passes."""
        return new_leaf(self._data.copy())

    def __reduce__(self) -> tuple[Any, ...]:
        if self._primitive is not None:
            raise GradientError(
                f"only leaves can be copied or pickled; {self._label()} is not one. Use .detach() first."
            )
        notes = self._note()
        gradient = None if notes.grad is None else notes.grad._data  # its graph, if any, stays behind
        return _restore, (self._data, self._requires, notes.name, notes.axes, notes.facts, gradient)

    # --- operators -----------------------------------------------------------------------------------------------

    __add__, __radd__ = _binary(p.add)
    __sub__, __rsub__ = _binary(p.subtract)
    __mul__, __rmul__ = _binary(p.multiply)
    __truediv__, __rtruediv__ = _binary(p.divide)
    __matmul__, __rmatmul__ = _binary(p.matmul)
    __pow__, __rpow__ = _power, _reflected_power
    __and__, __rand__ = _binary(p.logical_and)
    __or__, __ror__ = _binary(p.logical_or)
    __iadd__, __isub__ = _in_place(__add__), _in_place(__sub__)
    __imul__, __itruediv__ = _in_place(__mul__), _in_place(__truediv__)
    __ipow__, __imatmul__ = _in_place(__pow__), _in_place(__matmul__)
    __gt__, __ge__ = _binary(p.greater)[0], _binary(p.greater_equal)[0]
    __lt__, __le__ = _binary(p.less)[0], _binary(p.less_equal)[0]
    __eq__, __ne__ = _binary(p.equal)[0], _binary(p.not_equal)[0]
    __hash__ = object.__hash__

    def __neg__(self) -> Tensor:
        return record(p.negative, self)  # type: ignore[no-any-return]

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return record(p.abs_, self)  # type: ignore[no-any-return]

    def __invert__(self) -> Tensor:
        return record(p.logical_not, self)  # type: ignore[no-any-return]

    # --- NumPy as the interface ----------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs and ufunc in UFUNCS:
            return record(UFUNCS[ufunc], *inputs)
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return call_function(function, args, kwargs)

    def __getitem__(self, index: Any) -> Tensor:
        template, arrays = split_index(index)
        return record(p.getitem, self, *arrays, index=template)  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(np.equal(self, value)))

    def __setitem__(self, index: Any, value: Any) -> None:
        raise UnsupportedError(
            "a Tensor is not written to in place: its graph may need the old values. "
            "Use np.where(mask, new, t), or t.data[...] = … on a leaf between steps."
        )


# --- recording --------------------------------------------------------------------------------------------------

_new = Tensor.__new__


def new_leaf(data: Any) -> Tensor:
    """A leaf that owns the data it is given, without a copy."""
    t = _new(Tensor)
    t._data = data
    t._notes = t._call = t._params = t._primitive = None
    t._requires = False
    t._inputs = ()
    t.order = next_order()
    return t


def _restore(data: Any, requires: bool, name: Any, axes: Any, facts: Any, grad: Any) -> Tensor:
    t = Tensor(data, requires, name=name, axes=axes)
    notes = t._note()
    notes.facts = facts  # they held for these very values
    notes.grad = None if grad is None else Tensor(grad)
    return t


def new_node(
    primitive: Primitive, inputs: tuple[Any, ...], params: dict[str, Any] | None, data: Any, needs: bool = True
) -> Tensor:
    """A tracked node of the current scope, whose inputs are in the graph's keeping already; whether one needs a gradient."""
    t = new_leaf(data)
    t._requires = needs and primitive.vjps is not None
    t._call = STATE.scope
    t._inputs = inputs
    t._params = params
    t._primitive = primitive
    return t


def as_tensor(x: Any) -> Tensor:
    """x itself if it is a Tensor, else a leaf with a copy of it.

    >>> as_tensor(2.0)
    Tensor(2.)
    """
    return x if type(x) is Tensor else Tensor(x)


def record(primitive: Primitive, *inputs: Any, **params: Any) -> Any:
    """The value of a primitive; among Tensors a Tensor that knows how it came about.

    Raises ShapeError, DTypeError or IndexingError where NumPy refuses the values.
    """
    values: list[Any] = []
    tensors = tracked = needs = plain = False
    for x in inputs:
        if type(x) is Tensor:
            tensors = True
            if x._notes is not None and x._notes.lent is not None:
                x._reclaim()
            values.append(x._data)
            if x._requires:
                needs = tracked = True
            elif not tracked:
                tracked = x._in_graph()
        else:
            # Elsewhere a Python number costs as much as the operation; np.where hardly minds.
            plain = plain or primitive is not p.where or (type(x) is not float and type(x) is not int)
            values.append(x)
    scope = SCOPES.get(get_ident()) if SCOPES else None
    tracked = tracked and scope is not OFF
    if plain and tensors:
        inputs = make_constants(inputs, values, tracked)
    try:
        data = primitive.value(*values, **params)
    except (ValueError, TypeError, IndexError) as error:
        raise explain(primitive, values, params, error) from None
    if not tensors:
        return data
    if not tracked:
        return new_leaf(owned(data, values))
    t = _new(Tensor)
    t._data = data
    t._notes = None
    t._requires = needs and primitive.vjps is not None
    t._call = scope
    t._inputs = inputs
    t.order = next_order()
    t._params = params or None
    t._primitive = primitive
    return t


Primitive.__call__ = record  # type: ignore[assignment, method-assign]  # the knot between the table and the tracer
