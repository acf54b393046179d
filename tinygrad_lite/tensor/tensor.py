"""Tensor: an array that remembers how it was computed. A node of the one graph that everything else reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Never, TypeAlias

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import NO_PARAMS, Call, Primitive, Pull, next_serial, pull_any
from tinygrad_lite.core.scopes import SCOPE, TRACE, Off, current_scope
from tinygrad_lite.errors import DetachError, DTypeError, GradientError, UnsupportedError
from tinygrad_lite.tensor import gradients
from tinygrad_lite.tensor.dispatch import NUMPY, UFUNCS, call_function, call_ufunc
from tinygrad_lite.tensor.keywords import refused
from tinygrad_lite.tensor.methods import ArrayMethods
from tinygrad_lite.tensor.operands import (
    Plain,
    constant,
    explain,
    is_operand,
    plain_array,
    private,
    real_dtype,
    settled,
    split_index,
    untracked,
    with_constants,
)

__all__ = ["Operand", "Tensor", "as_tensor", "record"]

Operand: TypeAlias = "Tensor | Plain"
Operator: TypeAlias = Callable[["Tensor", Operand], "Tensor"]  # where NotImplemented comes out, Python goes on


def record(primitive: Primitive, *inputs: Any, **params: Any) -> Any:
    """The value of a primitive; among Tensors a Tensor that knows how it came about.

    Raises ShapeError, DTypeError or IndexingError where NumPy refuses the values.
    """
    values: list[Any] = []
    needing = -1  # the place of the input that needs a gradient
    tensors = tracked = several = constants = False
    for x in inputs:
        if isinstance(x, Tensor):
            tensors = True
            if x.needs_grad:
                several = needing >= 0
                needing = len(values)
            elif not tracked:
                tracked = x.in_graph
            values.append(x._array)
        else:
            constants = True
            values.append(x)
    scope: Any = SCOPE.get()
    off = type(scope) is Off and type(scope := current_scope()) is Off
    # A trace records also where no gradient is wanted: the result may depend on an argument.
    tracked = ((tracked or needing >= 0) and not off) or (tensors and TRACE.get() is not None)
    if off and tracked:
        scope, needing = None, -1
    if constants and tensors:
        inputs = with_constants(primitive, inputs, values, tracked)
    try:
        data = primitive.value(*values, **params)
    except (ValueError, TypeError, IndexError, ArithmeticError) as error:
        raise explain(primitive, values, params, error) from None
    if not tensors:
        return data
    if not tracked:
        # A parameter is updated in place, so what is computed from it without a graph must not share its memory.
        shared = needing >= 0 and primitive.view and isinstance(data, np.ndarray)
        return Tensor.leaf(data.copy() if shared else data)
    pull = primitive.pull_only[needing] if needing >= 0 and not several and primitive.pull_only else pull_any
    needs = needing >= 0 and primitive.vjps is not None
    return _node(primitive, inputs, data, needs, pull, scope, settled(params) if params else NO_PARAMS)


def _node(
    primitive: Primitive, inputs: tuple[Any, ...], data: Any, needs_grad: bool, pull: Pull, scope: Call | None,
    params: Mapping[str, Any] = NO_PARAMS,
) -> Tensor:  # fmt: skip
    t = _new(Tensor)
    t._array = data
    t.call = scope
    t.inputs = inputs
    t.meta = None
    t.needs_grad = needs_grad
    t.params = params
    t.primitive = primitive
    t.pull = pull
    t.serial = next_serial()
    return t


Primitive.__call__ = record  # type: ignore[assignment, method-assign]  # the one knot: calling a primitive records


# --- Python's operators -----------------------------------------------------------------------------------------


def _operator(primitive: Primitive) -> tuple[Operator, Operator]:
    """A Python operator of two operands, and its reflection.

    Where a gradient is needed and both operands are Tensors or one is a number, the node is made here: it takes half
    the time of `record`, which does the same in all cases. This is the one place where recording is written twice.
    """
    value, both, differentiable = primitive.value, primitive.pull_both, primitive.vjps is not None
    only_left, only_right = primitive.pull_only or (pull_any, pull_any)
    scope_now = SCOPE.get

    def operate(x: Any, y: Any) -> Any:
        if isinstance(y, Tensor):
            b = y._array
            if isinstance(x, Tensor):
                a = x._array
                if x.needs_grad:
                    pull = both if y.needs_grad else only_left
                elif y.needs_grad:
                    pull = only_right
                else:
                    return record(primitive, x, y)
            elif y.needs_grad and (type(x) is float or type(x) is int):
                a = x = constant(x, b)
                pull = only_right
            else:
                return record(primitive, x, y) if is_operand(x) else NotImplemented
        elif x.needs_grad and (type(y) is float or type(y) is int):
            a = x._array
            b = y = constant(y, a)
            pull = only_left
        else:
            return record(primitive, x, y) if is_operand(y) else NotImplemented
        scope = scope_now()
        if type(scope) is Off:
            return record(primitive, x, y)
        try:
            data = value(a, b)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise explain(primitive, [a, b], {}, error) from None
        t = _new(Tensor)
        t._array = data
        t.call = scope
        t.inputs = (x, y)
        t.meta = None
        t.needs_grad = differentiable
        t.params = NO_PARAMS
        t.primitive = primitive
        t.pull = pull
        t.serial = next_serial()
        return t

    return operate, lambda y, x: operate(x, y)


def _in_place(operate: Operator) -> Operator:
    def update(self: Tensor, other: Operand) -> Tensor:
        if self.made_by is not None or not self.needs_grad:
            trace = TRACE.get()
            return operate(self, other) if trace is None else trace.in_place(self, operate(self, other))
        if type(current_scope()) is not Off:
            raise GradientError(
                "an in-place operator would replace this leaf by a computed tensor. "
                "Write `with tg.no_grad(): w -= step` to update it, or w = w - step to go on computing."
            )
        result = operate(self, other)
        if result is NotImplemented:
            return result  # type: ignore[no-any-return]
        self.data = result
        return self

    return update


def _function(primitive: Primitive) -> Callable[[Any], Tensor]:
    """A function of one operand, such as np.exp. Where a gradient is needed it takes two thirds of record's time."""
    value, differentiable = primitive.value, primitive.vjps is not None
    (pull,) = primitive.pull_only or (pull_any,)

    def call(x: Any) -> Any:
        scope = SCOPE.get()
        if type(scope) is Off or not isinstance(x, Tensor) or not x.needs_grad:
            return record(primitive, x)
        try:
            data = value(x._array)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise explain(primitive, [x._array], {}, error) from None
        return _node(primitive, (x,), data, differentiable, pull, scope)

    return call


# The powers that have a primitive of their own cost a sixth of the general one.
_POWERS = {2: _function(p.square), 0.5: _function(p.sqrt), -1: _function(p.reciprocal)}
_operate_power, _reflected_power = _operator(p.power)


def _power(self: Tensor, exponent: Operand) -> Tensor:
    if type(exponent) in (int, float) and self._array.dtype.kind == "f":
        special = _POWERS.get(exponent)  # type: ignore[arg-type]
        if special is not None:
            return special(self)
    return _operate_power(self, exponent)


class Tensor(ArrayMethods):
    """A NumPy array that remembers how it was computed, so that gradients can be taken.

    data: real numbers (array, nested list, number, or an array of a library that speaks NumPy's protocols);
    copied. requires_grad: whether to keep a gradient; float data only. dtype: as in NumPy. name: for pictures,
    derivations and messages. axes: names of the axes for derivations, one per axis. facts: what is known of the
    values ("positive", "one_hot", "rows sum to 1", "in (0, 1)"), checked here.

    Raises DTypeError for object, string, complex or ragged data, and for integers that want a gradient.

    See also: tg.supported, tg.grad, tg.no_grad, tg.draw, tg.derive.

    >>> import tinygrad_lite as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
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
        **others: Never,
    ) -> None:
        if others:
            raise refused("tg.Tensor", others)
        array = plain_array(untracked(data, "Tensor(data)"), "Tensor")
        if dtype is not None:
            array = array.astype(real_dtype(dtype, "Tensor"))
        self._array = private(array)
        self.call = self.meta = self.primitive = self.pull = None
        self.inputs = ()
        self.needs_grad = False
        self.params = NO_PARAMS
        self.serial = next_serial()
        if isinstance(data, Tensor) and (trace := TRACE.get()) is not None:
            trace.hold(self, data)
        if name is not None:
            self.name = name
        if axes is not None:
            self.axes = axes
        if facts:
            self.facts = facts
        if requires_grad:
            if not isinstance(requires_grad, bool | np.bool_):
                raise DTypeError(f"requires_grad is True or False; got {requires_grad!r}. Write dtype=… for a dtype.")
            self._check_float()
            self.needs_grad = True

    def __init_subclass__(cls, internal: bool = False) -> None:
        if internal:
            return
        raise UnsupportedError("Tensor is not made to be subclassed: wrap it, or group operations with @tg.composite.")

    # --- gradients -------------------------------------------------------------------------------------------

    def backward(
        self, gradient: Any = None, create_graph: bool = False, retain_graph: None = None, inputs: None = None
    ) -> None:
        """Add the gradient of this scalar to `.grad` of every leaf that requires one.

        gradient: the upstream gradient, of this tensor's shape; needed unless this is one element.
        create_graph: record the gradients themselves, for higher derivatives.
        retain_graph, inputs: refused. PyTorch has them, and the error says what to write.
        Raises GradientError where there is nothing to differentiate, StaleGraphError where captured data changed.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.grad
        Tensor(6.)
        """
        if retain_graph is not None or inputs is not None:
            raise refused("t.backward", ["retain_graph" if inputs is None else "inputs"])
        gradients.backward(self, gradient, create_graph)

    def retain_grad(self) -> None:
        """Keep the gradient of this computed tensor, too, at the next backward()."""
        if not self.needs_grad:
            raise GradientError(f"retain_grad() needs a tensor that tracks a gradient; {self.label()} does not.")
        self.note().retain = True

    def __reduce__(self) -> tuple[Any, ...]:
        if self.made_by is not None and self.needs_grad:
            raise DetachError(
                f"a copy, a pickle or a plot of {self.label()} would lose its gradient: only leaves can be copied. "
                "Use t.detach(), or t.copy() for a copy in the graph."
            )
        meta = self.note()
        gradient = None if meta.grad is None else meta.grad._array  # its graph, if any, stays behind
        return _restore, (self._array, self.needs_grad, meta.name, meta.axes, meta.facts, gradient)

    # --- operators -----------------------------------------------------------------------------------------------

    __add__, __radd__ = _operator(p.add)
    __sub__, __rsub__ = _operator(p.subtract)
    __mul__, __rmul__ = _operator(p.multiply)
    __truediv__, __rtruediv__ = _operator(p.divide)
    __matmul__, __rmatmul__ = _operator(p.matmul)
    __pow__, __rpow__ = _power, _reflected_power
    __iadd__, __isub__ = _in_place(__add__), _in_place(__sub__)
    __imul__, __itruediv__ = _in_place(__mul__), _in_place(__truediv__)
    __ipow__, __imatmul__ = _in_place(__pow__), _in_place(__matmul__)
    __imod__, __ifloordiv__ = _in_place(ArrayMethods.__mod__), _in_place(ArrayMethods.__floordiv__)
    __gt__, __ge__ = _operator(p.greater)[0], _operator(p.greater_equal)[0]
    __lt__, __le__ = _operator(p.less)[0], _operator(p.less_equal)[0]
    __eq__: ClassVar[Operator] = _operator(p.equal)[0]  # type: ignore[assignment]
    __ne__: ClassVar[Operator] = _operator(p.not_equal)[0]  # type: ignore[assignment]
    __hash__ = object.__hash__

    __neg__, __abs__ = _function(p.negative), _function(p.abs_)

    def __pos__(self) -> Tensor:
        return self

    # --- NumPy as the interface ----------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            function = _FUNCTIONS.get(ufunc) or NUMPY.get(ufunc)
            if function is not None:
                return function(*inputs)
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
            "Use np.where(mask, new, t), or assign a whole array to .data of a leaf between steps."
        )


_new = Tensor.__new__
_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    ufunc: _function(primitive) if ufunc.nin == 1 else partial(record, primitive) for ufunc, primitive in UFUNCS.items()
}


def _restore(data: Any, requires: bool, name: Any, axes: Any, facts: Any, grad: Any) -> Tensor:
    t = Tensor(data, requires, name=name, axes=axes)
    meta = t.note()
    meta.facts = facts  # they held for these very values
    meta.grad = None if grad is None else Tensor(grad)
    return t


def as_tensor(x: Any) -> Tensor:
    """x itself if it is a Tensor, else a leaf with a copy of it.

    >>> as_tensor(2.0)
    Tensor(2.)
    """
    return x if isinstance(x, Tensor) else Tensor(x)
