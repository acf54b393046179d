"""NumPy's dispatch protocols: which NumPy function means what on Tensors, and a clear error for the rest.

Nothing is ever detached silently here. A NumPy function records, or it raises; where no Tensor among its arguments
tracks a gradient, nothing can get lost, and a function without a meaning here is NumPy's own on their values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.primitives import TABLE, Primitive
from tinygrad_lite.core.scopes import TRACE
from tinygrad_lite.errors import (
    DetachError,
    DomainError,
    DTypeError,
    IndexingError,
    ReadOnlyError,
    ShapeError,
    TinygradLiteError,
    UnsupportedError,
)
from tinygrad_lite.tensor.hints import IN_PLACE, instead_of

__all__ = [
    "LOADERS", "NUMPY", "RAW", "UFUNCS", "call_function", "call_ufunc", "implements", "in_our_words", "supported",
    "tensors",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

# Ufuncs that are primitives, and all that has a meaning: what is composed is added by `implements`.
UFUNCS: dict[Any, Primitive] = {q.ufunc: q for q in TABLE.values() if q.ufunc is not None}
NUMPY: dict[Any, Callable[..., Any]] = dict(UFUNCS)

# Reductions by the ufunc's own name: np.add.reduce(t) is np.sum(t).
_REDUCE = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min,
    np.logical_and: np.all, np.logical_or: np.any,
}  # fmt: skip


def implements(*functions: Any) -> Callable[[F], F]:
    """Say that the decorated function is what NumPy's `functions` mean on Tensors."""

    def register(handler: F) -> F:
        for function in functions:
            NUMPY[function] = handler
        return handler

    return register


# What loads the rooms that compose NumPy's functions. The package puts it here, so that this room imports none of those
# that stand on it. They are called whenever a function is not known: another thread may still be loading.
LOADERS: list[Callable[[], None]] = []


def _load() -> None:
    for load in LOADERS:
        load()


def _handler(function: Any) -> Callable[..., Any] | None:
    if function not in NUMPY:
        _load()
    return NUMPY.get(function)


def _name(function: Any) -> str:
    """np.exp, np.linalg.norm, np.lib.scimath.sqrt: the name by which a user reaches the function."""
    name = str(getattr(function, "__name__", function))
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"{_name(owner)}.{name}"
    if getattr(np, name, None) is function:
        return f"np.{name}"
    module = str(getattr(function, "__module__", None) or "numpy")
    return f"{module.replace('numpy', 'np', 1).replace('._core.umath', '').replace('._linalg', '')}.{name}"


def supported() -> list[str]:
    """The names of the NumPy functions that have a meaning on Tensors, sorted.

    They record; facts that need no graph, such as np.shape(t) and np.allclose(t, u), are given as NumPy gives them.
    Every other one is NumPy's own where no Tensor tracks a gradient: it computes with the values, and gives plain arrays.

    See also: tg.Tensor, tg.errors.UnsupportedError.

    >>> import numpy as np, tinygrad_lite as tg
    >>> "np.exp" in tg.supported() and "np.linalg.norm" in tg.supported()
    True
    """
    _load()
    return sorted({_name(function) for function in NUMPY})


# --- functions without a meaning here ----------------------------------------------------------------------------------


def tensors(x: Any) -> Iterator[Node]:
    """The Tensors in an argument, also those in lists, tuples and dicts."""
    if isinstance(x, Node):
        yield x
    elif isinstance(x, list | tuple | dict):
        for part in x.values() if isinstance(x, dict) else x:
            yield from tensors(part)


def _values(x: Any) -> Any:
    """An argument with read-only arrays in the place of Tensors."""
    if isinstance(x, Node):
        return x.data if TRACE.get() is None else x._array  # type: ignore[attr-defined]
    if isinstance(x, list | tuple):
        return tuple(map(_values, x)) if isinstance(x, tuple) else list(map(_values, x))
    if isinstance(x, dict):
        return {key: _values(part) for key, part in x.items()}
    return x


def _refuse(function: Any, args: Any, kwargs: Any, refusal: UnsupportedError | None = None) -> None:
    """Raise where NumPy's own function would lose a gradient, or would write into a Tensor."""
    name = _name(function)
    out = kwargs.get("out")
    writes = function in IN_PLACE or getattr(function, "__name__", None) == "at"
    if next(tensors(out), None) is not None or (writes and args and isinstance(args[0], Node)):
        raise UnsupportedError(f"{name}: a Tensor is not written to in place. Use the returned value, or np.where.")
    for array in out if isinstance(out, tuple) else (out,):
        if isinstance(array, np.ndarray) and not array.flags.writeable:
            raise ReadOnlyError(
                f"{name} into an array that is read-only, as t.data is. For a parameter write w.data = w.data - step, "
                "or `with tg.no_grad(): w -= step`."
            )
    given = list(tensors((args, kwargs)))
    if not given:  # asked by like=t, which is not handed on
        raise refusal or UnsupportedError(f"{name}(…, like=t) has no meaning here. Write tg.Tensor({name}(…)).")
    tracked = next((t for t in given if t.needs_grad), None)
    if tracked is None:
        return
    if out is not None and isinstance(function, np.ufunc):
        raise DetachError(
            f"{name} into a NumPy array would lose the gradient of {tracked.label()}. "
            "Use t = t + …, or .detach() to say so."
        )
    raise refusal or UnsupportedError(
        f"{name} would lose the gradient of {tracked.label()}: {instead_of(name)}. tg.supported() lists what records. "
        "Where no gradient is wanted, give it t.detach()."
    )


def _on_values(function: Any, args: Any, kwargs: Any) -> Any:
    """NumPy's own function on the values of Tensors that track no gradient; plain arrays come back."""
    trace = TRACE.get()
    if trace is not None:
        for t in tensors((args, kwargs)):
            trace.leave(t, _name(function), "tg.supported() lists the functions that record.")
    try:
        return function(*_values(args), **_values(kwargs))
    except RAW as error:
        raise in_our_words(function, args, error) from error.__cause__


# What NumPy and Python raise where arguments do not fit.
RAW = (ValueError, TypeError, IndexError, AttributeError, OverflowError, ZeroDivisionError, RecursionError)
# They call functions of the user's, whose errors are not to be changed.
_CALLING_BACK = {np.piecewise, np.apply_along_axis, np.apply_over_axes}


def in_our_words(function: Any, args: Any, error: Exception) -> Exception:
    """What was raised where a NumPy function refused its arguments, as an error of ours with the shapes that it got."""
    if isinstance(error, TinygradLiteError) or function in _CALLING_BACK:
        return error
    if isinstance(error.__cause__, TinygradLiteError):
        return error.__cause__  # NumPy puts its own around what a Tensor raised
    if isinstance(error, AttributeError):  # the function asked what is no Tensor for its shape or its dtype
        given = ", ".join(type(x).__name__ for x in args)
        return DTypeError(
            f"{_name(function)} of {given}: one of them should be a Tensor. Write tg.Tensor(…) or np.stack."
        )
    shapes = ", ".join(str(x.shape) for x in args if isinstance(x, np.ndarray | Node))
    text = f"{_name(function)}{f' of shape {shapes}' if shapes else ''}: {str(error).strip().rstrip('.')}."
    if "read-only" in text:
        return ReadOnlyError(f"{text} A Tensor is not written to in place.")
    if isinstance(error, np.linalg.LinAlgError):
        return DomainError(text)
    if isinstance(error, ValueError):
        return ShapeError(text)
    if isinstance(error, IndexError):
        return IndexingError(text)
    return DTypeError(f"{text} See help({_name(function)}).")


# --- what NumPy calls --------------------------------------------------------------------------------------------------


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `__array_ufunc__` does: np.exp(t), np.add(array, t), np.add.reduce(t), array -= t."""
    # The method array.clip(t) calls a ufunc named clip that is another object than np.clip.
    handler = _handler(np.clip if ufunc.__name__ == "clip" else ufunc)
    if method == "__call__":
        if handler is not None and not kwargs:
            return handler(*inputs)
        refusal = None
        if handler is not None:
            refusal = UnsupportedError(
                f"{_name(ufunc)} on Tensors takes no {', '.join(kwargs)}=. Use .astype() or np.where."
            )
        _refuse(ufunc, inputs, kwargs, refusal)
        return _on_values(ufunc, inputs, kwargs)
    if method == "reduce" and ufunc in _REDUCE:
        kwargs.setdefault("axis", 0)
        return call_function(_REDUCE[ufunc], inputs, {k: v for k, v in kwargs.items() if v is not None or k == "axis"})
    bound = getattr(ufunc, method)
    if method in ("reduce", "accumulate") and _handler(bound) is not None:
        return call_function(bound, inputs, {"axis": 0, **kwargs})
    if method == "outer" and handler is not None and not kwargs:
        left, right = inputs
        return handler(np.reshape(left, np.shape(left) + (1,) * np.ndim(right)), right)
    _refuse(bound, inputs, kwargs)
    return _on_values(bound, inputs, kwargs)


def call_function(function: Any, args: Any, kwargs: Any) -> Any:
    """What `__array_function__` does: np.sum(t, axis=0), np.where(t > 0, t, 0), np.linalg.norm(t)."""
    handler = _handler(function)
    refusal = None
    if handler is not None:
        try:
            return handler(*args, **kwargs)
        except UnsupportedError as error:
            refusal = error
        except TinygradLiteError:
            raise
        except TypeError as error:
            text = str(error)
            if "unexpected keyword argument" not in text and "positional argument" not in text:
                raise in_our_words(function, args, error) from error.__cause__
            said = text.split("() ")[-1]
            refusal = UnsupportedError(f"{_name(function)} on Tensors: {said}. See tg.supported().")
        except RAW as error:
            raise in_our_words(function, args, error) from error.__cause__
    _refuse(function, args, kwargs, refusal)
    return _on_values(function, args, kwargs)
