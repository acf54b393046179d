"""Where new nodes go: the current scope (a composite call, the top level, or nowhere), and constants.

Everything here is used by `tensor.py` on its hot path and knows nothing of Tensor.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import threading
from typing import Any

import numpy as np

from .errors import DTypeError, IndexingError, ShapeError, TinygradLiteError
from .primitives import Primitive

__all__ = ["Call", "OFF", "STATE", "WATCH", "constant", "explain", "is_array", "next_order", "no_grad", "plain_array"]

# Creation numbers order the graph: an input's is always smaller than its result's.
next_order = itertools.count(1).__next__


class Call:
    """One call of a composite: the nodes made inside know it, so that readers can fold and name them.

    name: the function's. parent: the enclosing call or None. function: what was called.
    inputs: the Tensors that were passed. output: creation number of the Tensor that came back.
    """

    __slots__ = ("function", "inputs", "name", "output", "parent")

    def __init__(self, function: Any, parent: Call | None, inputs: tuple[Any, ...]) -> None:
        self.name: str = function.__name__
        self.parent = parent
        self.function = function
        self.inputs = inputs
        self.output: int | None = None

    def __repr__(self) -> str:
        return f"<call of {self.name}>"


OFF = Call(lambda: None, None, ())  # the scope in which nothing is recorded


class _State(threading.local):
    scope: Call | None = None  # None: the top level


STATE = _State()


class _Watch:
    """Nodes up to this creation number may have captured data that has changed since (see Tensor.data)."""

    __slots__ = ("order",)

    def __init__(self) -> None:
        self.order: float = 0


WATCH = _Watch()


class no_grad(contextlib.ContextDecorator):
    """Record nothing inside: a context manager and a decorator, for updates and evaluation.

    >>> import tinygrad_lite as tg
    >>> w = tg.Tensor(2.0, requires_grad=True)
    >>> with tg.no_grad():
    ...     print((w * 3).requires_grad)
    False
    """

    def __enter__(self) -> None:
        # A stack, because one instance may be entered again while it is open (as a decorator of recursion).
        self.__dict__.setdefault("_outer", []).append(STATE.scope)
        STATE.scope = OFF

    def __exit__(self, *_: object) -> None:
        STATE.scope = self.__dict__["_outer"].pop()


# --- constants ---------------------------------------------------------------------------------------------


def is_array(x: Any) -> bool:
    """Whether x speaks NumPy's protocols without being NumPy's (Dask, CuPy): such data is never forced."""
    return hasattr(x, "__array_function__") and hasattr(x, "dtype") and hasattr(x, "shape")


def plain_array(data: Any, what: str) -> Any:
    """Real numbers as a NumPy array or scalar (a duck array stays itself), not copied where it already is one.

    Raises DTypeError for objects, strings, complex and ragged data, naming what was seen.
    """
    if not isinstance(data, np.ndarray | np.generic):
        if is_array(data):
            return data
        try:
            data = np.asarray(data)
        except (ValueError, TypeError) as error:
            if isinstance(error, TinygradLiteError):
                raise
            raise DTypeError(
                f"{what} takes numbers in a rectangular array; got a ragged or unreadable {type(data).__name__}. "
                "Give all rows the same length."
            ) from None
    if data.dtype.kind not in "fiub":
        hint = {"c": "Take .real and .imag apart.", "O": "Give all rows the same length and only numbers."}
        raise DTypeError(
            f"{what} takes real numbers; got dtype {data.dtype}. "
            + hint.get(data.dtype.kind, "Convert it to float first, for instance with np.asarray(x, dtype=float).")
        )
    return data


_ARRAYS: dict[str, dict[float, Any]] = {}


def constant(number: float, partner: Any) -> Any:
    """A Python number as NumPy would see it beside its partner: of the partner's dtype, made once and kept.

    Beside an array a 0-d array (half the price of a Python number in a ufunc), beside a NumPy scalar a scalar.
    """
    dtype = partner.dtype
    if dtype.kind != "f" or not isinstance(partner, np.ndarray | np.generic):
        return number  # NumPy's own promotion decides
    if type(partner) is not np.ndarray:
        return dtype.type(number)
    known = _ARRAYS.setdefault(dtype.char, {})
    array = known.get(number)
    if array is None or (number == 0 and math.copysign(1, number) < 0):
        array = np.asarray(number, dtype=dtype)
        array.flags.writeable = False
        if (number == 0 and math.copysign(1, number) < 0) or number != number:
            return array  # -0.0 and nan are no keys of their own
        if len(known) > 256:
            known.clear()  # a learning rate that changes at every step must not pile up
        known[number] = array
    return array


# --- saying what is wrong ------------------------------------------------------------------------------------


def explain(primitive: Primitive, values: list[Any], params: dict[str, Any], error: Exception) -> Exception:
    """The error that a user should see when NumPy refuses the values of a primitive."""
    if isinstance(error, TinygradLiteError):
        return error
    shapes = [np.shape(v) for v in values]
    text = str(error).split("\n")[0]
    name = primitive.name
    if name == "matmul" and isinstance(error, ValueError):
        if () in shapes:
            return ShapeError(
                f"matmul needs at least one axis on both sides; got shapes {shapes[0]} and {shapes[1]}. Use * for scalars."
            )
        return ShapeError(
            f"matmul: shapes {shapes[0]} and {shapes[1]} do not fit; the last axis of the left and the last but one "
            "of the right must be equal. Transpose one of them with .T?"
        )
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
    kinds = ", ".join(str(getattr(v, "dtype", type(v).__name__)) for v in values)
    return DTypeError(f"{name} of {kinds}: {text}.")
