"""What a node of the graph is: an array, how it came about, and what is known of it."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_lite.core.facts import still_true
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.errors import DetachError, DTypeError, GradientError, ShapeError
from tinygrad_lite.tensor.operands import WATCH, Call, next_order, plain_array, private

if TYPE_CHECKING:
    from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Node", "Notes"]


class Notes:
    """What only some tensors have: a name, a gradient, a history of changes. Interior nodes do without."""

    __slots__ = ("axes", "changed", "facts", "grad", "lent", "name", "retain")

    def __init__(self) -> None:
        self.name: str | None = None
        self.grad: Tensor | None = None
        self.retain = False
        self.axes: tuple[str, ...] | None = None
        self.facts: frozenset[str] = frozenset()
        self.changed = 0  # creation number at the last change of the data
        self.lent: Any = None  # a copy of the data, taken when `.data` gave the array itself away


def _references(array: Any) -> int:
    return sys.getrefcount(array)


def _fewest_references() -> int:
    array = np.empty(1)
    return _references(array)


_ALONE = _fewest_references()


class Node:
    """Data and edges of one node; `Tensor` is this, and can be computed with.

    order: the creation number, larger than any input's. Edges point to inputs only, so the graph goes when its last
    result goes. The slots with an underscore are the core's; readers use the properties.
    """

    __slots__ = ("__weakref__", "_call", "_data", "_inputs", "_notes", "_params", "_primitive", "_requires", "order")

    _data: Any
    _notes: Notes | None
    _requires: bool
    _call: Call | None
    _inputs: tuple[Any, ...]
    order: float  # whole, but for what a fused node unfolded into
    _params: dict[str, Any] | None
    _primitive: Primitive | None

    def _in_graph(self) -> bool:
        """Whether what is computed from this is recorded: a leaf is worth it with a gradient to take, or a name to show."""
        return (
            self._primitive is not None or self._requires or (self._notes is not None and self._notes.name is not None)
        )

    def _unfold(self) -> None:
        """A fused node (see fusion.py) becomes the primitives that it stands for, now that somebody looks."""
        if type(self._primitive) is not Primitive and self._primitive is not None:
            self._primitive.unfold(self)  # type: ignore[attr-defined]

    @property
    def primitive(self) -> Primitive | None:
        """The primitive that computed this tensor, or None for a leaf."""
        self._unfold()
        return self._primitive

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What it was computed from: Tensors, and constants as plain arrays or numbers."""
        self._unfold()
        return self._inputs

    @property
    def params(self) -> dict[str, Any]:
        """The primitive's keywords."""
        self._unfold()
        return self._params or {}

    @property
    def call(self) -> Call | None:
        """The innermost call of a composite that it was made in, or None."""
        return self._call

    # --- data, and the watch over it -------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The array itself. A leaf's may be written to; a computed tensor's is read-only.

        A graph that captured the old values notices, and its backward() raises instead of being wrong.
        """
        if isinstance(self._data, np.ndarray):
            if self._primitive is not None:
                view = self._data.view()
                view.flags.writeable = False
                return view
            notes = self._note()
            if notes.lent is None:
                notes.lent = self._data.copy()
            WATCH.order = max(WATCH.order, next_order())
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        if self._primitive is not None:
            raise GradientError(
                f"the data of {self._label()} was computed by {self._primitive.name}: only leaves can be assigned."
            )
        notes = self._note()
        if value is not self._data:  # else an array was changed in place: t.data -= step
            if isinstance(value, Node):
                if value._requires:
                    raise DetachError(
                        "t.data = … takes plain numbers; got a Tensor that tracks a gradient. Use .detach()."
                    )
                value = value._data
            array = plain_array(value, "t.data = …")
            if array.shape != self._data.shape:
                raise ShapeError(
                    f"t.data = … keeps the shape {self._data.shape}; got {array.shape}. Make a new Tensor instead."
                )
            if not np.can_cast(array.dtype, self._data.dtype, "same_kind"):
                raise DTypeError(
                    f"t.data = … keeps the dtype {self._data.dtype}; got {array.dtype}. Make a new Tensor instead."
                )
            self._data = private(array.astype(self._data.dtype, copy=False))
            notes.lent = None
        self._changed()

    def _changed(self) -> None:
        """Everything computed from this leaf so far is out of date."""
        notes = self._note()
        if notes.lent is not None:
            notes.lent = self._data.copy()
        notes.changed = next_order()
        if notes.facts:
            notes.facts = still_true(self._data, notes.facts)
        WATCH.order = max(WATCH.order, notes.changed)

    def _reclaim(self) -> None:
        """Notice what was written through an array that `.data` gave away."""
        notes = self._note()
        if not np.array_equal(self._data, notes.lent, equal_nan=True):
            self._changed()
        array = self._data
        if _references(array) <= _ALONE + 1:  # this name and the slot: nobody else can write any more
            notes.lent = None
        else:
            WATCH.order = math.inf  # somebody still can, whenever they like

    def _note(self) -> Notes:
        if self._notes is None:
            self._notes = Notes()
        return self._notes

    @property
    def name(self) -> str | None:
        """A name for pictures, derivations and messages."""
        return self._notes.name if self._notes is not None else None

    @name.setter
    def name(self, value: str | None) -> None:
        if value is not None and not isinstance(value, str):
            raise DTypeError(f"a name is a string; got {type(value).__name__}.")
        self._note().name = value

    @property
    def axes(self) -> tuple[str, ...] | None:
        """Names of the axes for derivations, such as ("m", "n"), or None."""
        return self._notes.axes if self._notes is not None else None

    @axes.setter
    def axes(self, value: tuple[str, ...] | None) -> None:
        if value is not None:
            value = tuple(value)
            if len(value) != self.ndim or not all(isinstance(a, str) and a for a in value):
                raise ShapeError(f"axes takes one name per axis of shape {self.shape}; got {value!r}.")
        self._note().axes = value

    @property
    def facts(self) -> frozenset[str]:
        """What was declared of the values and checked against them, such as {"one_hot"}."""
        if self._notes is None:
            return frozenset()
        if self._notes.lent is not None:
            self._reclaim()
        return self._notes.facts

    @facts.setter
    def facts(self, value: Any) -> None:
        from tinygrad_lite.core.facts import check_facts

        self._note().facts = check_facts(self._data, (value,) if isinstance(value, str) else value)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._data.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """NumPy's dtype of the data."""
        return self._data.dtype

    # --- out of the graph --------------------------------------------------------------------------------------

    def item(self) -> float:
        """The one element as a Python number."""
        if self.size != 1:
            raise ShapeError(f"item() needs one element; got shape {self.shape}. Index it, or use .tolist().")
        return self._data.item()  # type: ignore[no-any-return]

    def numpy(self) -> np.ndarray[Any, Any]:
        """A copy of the values as a NumPy array."""
        return np.array(self._data)

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self._data.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if self._requires:
            raise DetachError(
                f"{self._label()} tracks a gradient, which a plain array would lose. Use .detach() to say so."
            )
        return np.array(self._data, dtype=dtype)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.size != 1 or self.dtype.kind not in "iu":
            raise DTypeError(f"an index is one integer; got shape {self.shape}, dtype {self.dtype}.")
        return int(self.item())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(f"the truth of shape {self.shape} is ambiguous. Use .any() or .all().")
        return bool(self.item())

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError("len() needs at least one axis; got a scalar.")
        return self.shape[0]

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def _label(self) -> str:
        """How messages speak of this tensor."""
        made = f" made by {self._primitive.name}" if self._primitive is not None else ""
        return f"tensor{f' {self.name!r}' if self.name else ''} of shape {self.shape}{made}"

    def __repr__(self) -> str:
        if isinstance(self._data, np.ndarray | np.generic):
            numbers = np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")
        else:
            numbers = repr(self._data)
        parts = [numbers]
        if self.dtype not in (np.float64, np.int64, np.bool_):
            parts.append(f"dtype={self.dtype}")
        if self.name:
            parts.append(f"name={self.name!r}")
        if self._primitive is not None:
            parts.append(f"primitive={self._primitive.name}")
        elif self._requires:
            parts.append("requires_grad=True")
        return f"Tensor({', '.join(parts)})"
