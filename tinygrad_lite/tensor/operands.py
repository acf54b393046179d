"""What stands beside a Tensor in an operation: numbers, arrays and indices; and NumPy's errors in our words."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.core.primitives import where as WHERE
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.core.slots import SLOT
from tinygrad_lite.errors import DetachError, DomainError, DTypeError, IndexingError, ShapeError, TinygradLiteError

__all__ = [
    "Arrays", "Number", "Plain", "constant", "explain", "float_operand", "is_array", "is_operand", "operand",
    "plain_array", "private", "real_dtype", "settled", "split_index", "untracked", "with_constants",
]  # fmt: skip

# --- constants ---------------------------------------------------------------------------------------------


def is_array(x: Any) -> bool:
    """Whether x speaks NumPy's protocols without being NumPy's (Dask, CuPy): such data is never forced."""
    return hasattr(x, "__array_function__") and hasattr(x, "dtype") and hasattr(x, "shape")


def _real(data: Any, what: str) -> Any:
    if data.dtype.kind not in "fiub":
        hint = {
            "c": "Take .real and .imag apart.",
            "O": "Give all rows the same length and only numbers; what are numbers already, .astype(float) converts.",
        }
        raise DTypeError(
            f"{what} takes real numbers; got dtype {data.dtype}. "
            + hint.get(data.dtype.kind, "Convert it to float first, for instance with np.asarray(x, dtype=float).")
        )
    return data


def plain_array(data: Any, what: str) -> Any:
    """Real numbers as a NumPy array or scalar (a duck array stays itself), not copied where it already is one.

    Raises DTypeError for objects, strings, complex and ragged data, naming what was seen.
    """
    if type(data) is np.ndarray and data.dtype.char in "fd" and data.dtype.isnative:
        return data
    masked = sys.modules.get("numpy.ma")  # np.ma would import it: slow, and in a trace an import may ask for files
    if masked is not None and isinstance(data, masked.MaskedArray):
        raise DTypeError(f"{what} knows no masks; got a masked array. Use .filled(value) first.")
    if not isinstance(data, np.ndarray | np.generic):
        if is_array(data):
            return _real(data, what)
        try:
            data = np.asarray(data)
        except (ValueError, TypeError, RecursionError) as error:
            if isinstance(error, TinygradLiteError):
                raise
            raise DTypeError(
                f"{what} takes numbers in a rectangular array; got a ragged or unreadable {type(data).__name__}. "
                "Give all rows the same length, and nest at most 64 lists."
            ) from None
    _real(data, what)
    if isinstance(data, np.ndarray):
        if type(data) is not np.ndarray:
            data = np.asarray(data)  # a matrix or a memory map: its numbers
        if not data.dtype.isnative:
            data = data.astype(data.dtype.newbyteorder("="))
    return data


def untracked(data: Any, who: str) -> Any:
    """The numbers of a Tensor that tracks no gradient; anything else as it is."""
    if not isinstance(data, Node):
        return data
    if data.needs_grad:
        raise DetachError(
            f"{who} would detach {data.label()}, which tracks a gradient, from its graph. Use .detach() to say so."
        )
    return data._array


def real_dtype(dtype: Any, what: str) -> np.dtype[Any]:
    """A dtype of real numbers. Raises DTypeError for any other, and for what is no dtype."""
    try:
        kind: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        raise DTypeError(f"{what}: {dtype!r} is no dtype. Use np.float64, np.float32, int or bool.") from None
    if kind.kind not in "fiub":
        raise DTypeError(f"{what} holds real numbers; got dtype {kind}.")
    return kind


_ARRAYS: dict[str, dict[float, Any]] = {c: {} for c in np.typecodes["Float"]}


def _fitting(number: float, kind: Any) -> Any:
    try:
        return kind(number)
    except OverflowError:
        raise DTypeError(
            f"a whole number of {int(number).bit_length()} bits is larger than {kind.__name__} holds."
        ) from None


def constant(number: float, partner: Any) -> Any:
    """A Python number as NumPy would see it beside its partner: of the partner's dtype, made once and kept.

    Beside an array a 0-d array (half the price of a Python number in a ufunc), beside a NumPy scalar a scalar.
    """
    if type(partner) is not np.ndarray:
        if type(partner) is np.float64 and type(number) is float:
            return np.float64(number)
        if isinstance(partner, np.floating):
            return _fitting(number, type(partner))
        return number  # NumPy's own promotion decides, or the other library's
    dtype = partner.dtype
    known = _ARRAYS.get(dtype.char)
    if known is None:
        return number
    array = known.get(number)
    # 0.0 and -0.0 are the same key, and nan is never found: both are made anew.
    if array is not None and (number or type(number) is int or math.copysign(1.0, number) > 0):
        return array
    # Many graphs share it. Its memory belongs to a bytes object, so that nobody can make it writable.
    array = np.ndarray((), dtype, buffer=_fitting(number, dtype.type).tobytes())
    if len(known) > 256:
        known.clear()  # a learning rate that changes at every step must not pile up
    if number == number and (number or math.copysign(1.0, number) > 0):
        known[number] = array
    return array


# A complex number is none, but then the error is ours.
_OPERANDS = (np.ndarray, float, int, np.generic, list, tuple, complex)
# The same for type checkers, to whom an int is a float: what an operation takes beside Tensors.
Number: TypeAlias = float | np.generic
Arrays: TypeAlias = np.ndarray[Any, Any] | list[Any] | tuple[Any, ...]
Plain: TypeAlias = Number | Arrays


def operand(x: Any, who: str) -> Any:
    """A Tensor as it is, anything else as a plain array."""
    return x if isinstance(x, Node) else plain_array(x, who)


def float_operand(x: Any, who: str, dtype: Any = np.float64) -> Any:
    """As operand, and integers as floats of a dtype: they would wrap around, and booleans have no minus."""
    x = operand(x, who)
    return x if x.dtype.kind == "f" else x.astype(dtype)


def is_operand(x: Any) -> bool:
    """Whether an operator of Tensor should try x; for anything else Python asks x."""
    return isinstance(x, _OPERANDS) or is_array(x)


def with_constants(primitive: Primitive, inputs: tuple[Any, ...], values: list[Any], copy: bool) -> tuple[Any, ...]:
    """The inputs as the graph keeps them: numbers of their partner's dtype, and arrays that nobody else can change.

    `values` holds the data of the Tensors and, in the other places, the inputs themselves; it is brought up to date.
    copy: whether arrays are kept by a node, and must be the graph's own.
    """
    kept: list[Any] | None = None
    for i, x in enumerate(inputs):
        if x is not values[i]:
            continue  # a Tensor
        kind = type(x)
        if kind is float or kind is int:
            if primitive is WHERE:
                continue  # np.where takes a Python number as quickly; for a ufunc it would cost as much as the operation
            partner = next((v for v in values if type(v) not in (float, int) and v.dtype.kind == "f"), None)
            if partner is None:
                continue
            array = constant(x, partner)
        elif kind is bool:
            continue
        else:
            if kind is not np.ndarray and isinstance(x, np.matrix):
                raise DTypeError(
                    f"np.matrix of shape {x.shape}: its * is a matrix product, that of arrays goes element by element. "
                    "Write np.asarray(m), and @ for the matrix product."
                )
            array = plain_array(x, "an operand")
            if copy and type(array) is np.ndarray:
                array = unchanging(array)
        kept = list(inputs) if kept is None else kept
        kept[i] = values[i] = array
    return inputs if kept is None else tuple(kept)


def unchanging(array: Any) -> Any:
    """The array for a graph to keep, in memory that nobody can write to: a copy, where it is not in such memory already.

    That memory is a bytes object: so a `constant`, and a copy that was made here for another node, are recognised.
    """
    if isinstance(array.base, bytes):
        return array
    return np.ndarray(array.shape, array.dtype, array.tobytes()) if array.ndim else array[()]


def own(values: Sequence[Any], plain: Sequence[int]) -> Sequence[Any]:
    """Values for a graph to keep. plain: the places of those that are no Tensors: the caller may write into an array."""
    if not plain:
        return values
    kept = list(values)
    for i in plain:
        if type(kept[i]) is np.ndarray:
            kept[i] = unchanging(kept[i])
    return kept


def settled(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters as a node keeps them, with axes as plain integers: one of the user's may be an array, which changes."""
    axis = params.get("axis")
    if axis is not None and type(axis) is not int:
        params["axis"] = tuple(map(operator.index, axis)) if isinstance(axis, tuple) else operator.index(axis)
    return params


def private(array: Any) -> Any:
    """A copy that only its tensor reaches, locked against writing, so that no view of it can be unlocked.

    Where there is no axis it is a NumPy scalar: those cost a tenth.
    """
    if not isinstance(array, np.ndarray):
        return array.copy()
    if array.ndim == 0:
        return array[()]
    own = array.copy()
    own.setflags(write=False)
    return own


_BOUNDS = {int, type(None)}


def _fixed(bounds: slice) -> slice:
    """A slice of plain integers: those of the user may be arrays, which change."""
    start, stop, step = bounds.start, bounds.stop, bounds.step
    if {type(start), type(stop), type(step)} <= _BOUNDS:
        return bounds
    try:
        return slice(*(None if b is None else operator.index(b) for b in (start, stop, step)))
    except TypeError as error:
        if isinstance(error, TinygradLiteError):
            raise
        raise IndexingError(f"a slice has integers or None as bounds; got {bounds}.") from None


def split_index(index: Any) -> tuple[Any, list[Any]]:
    """The index as a template, and the arrays in it: those are inputs of the node."""
    if type(index) is int:
        return index, []
    if isinstance(index, slice):
        return _fixed(index), []
    template: list[Any] = []
    arrays: list[Any] = []
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, slice):
            template.append(_fixed(part))
        elif part is None or part is Ellipsis:
            template.append(part)
        elif isinstance(part, int | np.integer) and not isinstance(part, bool):
            template.append(int(part))
        else:
            try:
                empty = isinstance(part, list) and not part  # NumPy would give it a float dtype
                array = part if is_array(part) else np.asarray(part, dtype=np.intp if empty else None)
            except (ValueError, TypeError, RecursionError) as error:
                if isinstance(error, TinygradLiteError):
                    raise
                raise IndexingError(
                    f"an index is a rectangular array of integers or booleans; got a {type(part).__name__} that is none."
                ) from None
            if array.dtype.kind not in "iub":
                raise IndexingError(f"an index is made of integers, slices, None, ... or booleans; got {array.dtype}.")
            if array.dtype.kind == "b" and isinstance(part, Node) and (trace := TRACE.get()) is not None:
                trace.leave(part, "an index by a mask", "Write np.where(mask, t, 0) for t[mask].")
            template.append(SLOT)
            arrays.append(array)
    return tuple(template), arrays


# --- saying what is wrong ------------------------------------------------------------------------------------


def explain(primitive: Primitive, values: list[Any], params: dict[str, Any], error: Exception) -> Exception:
    """The error that a user should see when NumPy refuses the values of a primitive."""
    if isinstance(error, np.linalg.LinAlgError | FloatingPointError) and (trace := TRACE.get()) is not None:
        trace.raised(error)  # other values would not raise it
    if isinstance(error, TinygradLiteError | FloatingPointError):
        return error
    shapes = [np.shape(v) for v in values]
    text = str(error).split("\n")[0]
    name = primitive.name
    if name == "matmul" and (isinstance(error, ValueError) or () in shapes):
        if () in shapes:
            return ShapeError(
                f"matmul needs at least one axis on both sides; got shapes {shapes[0]} and {shapes[1]}. Use * for scalars."
            )
        return ShapeError(
            f"matmul: shapes {shapes[0]} and {shapes[1]} do not fit; the last axis of the left and the last but one "
            "of the right must be equal. Transpose one of them with .T?"
        )
    if isinstance(error, np.linalg.LinAlgError):
        return DomainError(f"{name} of shape {' and '.join(map(str, shapes))}: {text}. {primitive.repair}.")
    if "negative integer powers" in text:
        return DTypeError("an integer to a negative power is no integer. Convert the base with .astype(float).")
    if "broadcast" in text:
        listed = " and ".join(map(str, [*shapes, params["shape"]] if name == "broadcast_to" else shapes))
        return ShapeError(
            f"{name}: shapes {listed} do not broadcast; compared from the right, "
            "sizes must be equal or 1. Use .reshape or [:, None] to line the axes up."
        )
    if isinstance(error, IndexError) and not isinstance(error, ValueError):
        return IndexingError(f"{name} on shape {shapes[0]}: {text}.")
    if isinstance(error, ValueError):
        shown = ", ".join(f"{k}={v}" for k, v in params.items())
        return ShapeError(f"{name} of shape{'s' * (len(shapes) > 1)} {', '.join(map(str, shapes))} {shown}: {text}.")
    if isinstance(error, OverflowError):
        text += ". Convert the tensor first, for instance with .astype(int)"
    kinds = ", ".join(str(getattr(v, "dtype", type(v).__name__)) for v in values)
    return DTypeError(f"{name} of {kinds}: {text}.")
