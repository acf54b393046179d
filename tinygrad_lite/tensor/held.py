"""What a Tensor holds: its data, whether it requires a gradient, and the gradient. How these are read and assigned."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import DTypeError, GradientError, ShapeError
from tinygrad_lite.tensor.described import Described
from tinygrad_lite.tensor.operands import plain_array, private, untracked

__all__ = ["Held"]


class Held(Described):
    """A node whose data and gradient are read as attributes; those of a leaf can be assigned."""

    __slots__ = ()

    @property
    def data(self) -> Any:
        """The values as a read-only view. Assigning an array to a leaf gives it new values of the same shape.

        A graph that was computed from the old values notices: its backward() raises instead of being wrong. Optimisers
        write into the array, which a view that you keep shows; after an assignment it shows the old values.
        """
        if TRACE.get() is not None:
            return self.detach()  # plain values would be those of this one call
        if not isinstance(self._array, np.ndarray):
            return self._array
        view = self._array.view()
        view.flags.writeable = False
        return view

    @data.setter
    def data(self, value: Any) -> None:
        if self.made_by is not None:
            raise GradientError(
                f"the data of {self.label()} was computed by {self.made_by}: only leaves can be assigned."
            )
        array = plain_array(untracked(value, "t.data = …"), "t.data = …")
        if array.shape != self.shape:
            raise ShapeError(f"t.data = … keeps the shape {self.shape}; got {array.shape}. Make a new Tensor instead.")
        if not np.can_cast(array.dtype, self.dtype, "same_kind"):
            raise DTypeError(f"t.data = … keeps the dtype {self.dtype}; got {array.dtype}. Make a new Tensor instead.")
        new = private(array.astype(self.dtype, copy=False))
        if (trace := TRACE.get()) is not None:
            trace.hold(self, self._tensor(value))  # before anything has changed, because it may refuse
        self.changed()  # before, in case that Ctrl-C comes next; after, for what another thread computed in between
        self._array = new
        self.changed()

    @property
    def requires_grad(self) -> bool:
        """Whether backward() brings a gradient here or through here. May be set on leaves."""
        return self.needs_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self.made_by is not None:
            raise GradientError(
                f"requires_grad of {self.label()} follows from its inputs. Set it on leaves, or use .detach()."
            )
        if value and not self.needs_grad:
            self._check_float()
            # From now on it is updated in place, which views that were taken before must not see; and what was
            # recorded before carries no gradient to it.
            self._array = private(self._array)
            self.changed()
        self.needs_grad = bool(value)

    def _check_float(self) -> None:
        if self.dtype.kind != "f":
            raise DTypeError(
                f"a gradient needs floating-point data; got dtype {self.dtype}. Write 3.0 for 3, or pass dtype=float."
            )

    @property
    def grad(self) -> Self | Any:  # for type checkers: nobody has to rule out None after each backward()
        """The gradient that backward() accumulated here, of this tensor's shape and dtype, or None."""
        if (trace := TRACE.get()) is not None:
            trace.reads_gradient(self)
        return self.meta.grad if self.meta is not None else None

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            value = self._tensor(value)
            if value.shape != self.shape:
                raise ShapeError(f"a gradient has its tensor's shape {self.shape}; got {value.shape}.")
            if value.dtype != self.dtype:
                value = value.astype(self.dtype)
        self.note().grad = value
        if (trace := TRACE.get()) is not None:
            trace.assigned.add(self)

    def zero_grad(self) -> None:
        """Forget the gradient."""
        if (trace := TRACE.get()) is not None:
            trace.assigned.add(self)
        if self.meta is not None:
            self.meta.grad = None

    def detach(self) -> Self:
        """A new leaf with a copy of the values, which no gradient passes."""
        trace = TRACE.get()
        return self.leaf(self._array.copy()) if trace is None else trace.detached(self)

    def _tensor(self, x: Any) -> Any:
        return x if isinstance(x, Node) else self.leaf(private(plain_array(x, "Tensor")))
