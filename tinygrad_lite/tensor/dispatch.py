"""NumPy's dispatch protocols: which NumPy function means what on Tensors, and a clear error for the rest.

Nothing is ever detached silently here: a NumPy function records, or it raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.primitives import TABLE, Primitive
from tinygrad_lite.errors import DetachError, UnsupportedError

__all__ = ["LOADERS", "NUMPY", "UFUNCS", "call_function", "call_ufunc", "implements", "supported"]

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
    if getattr(np, name, None) is function:
        return f"np.{name}"
    if isinstance(getattr(function, "__self__", None), np.ufunc):
        return f"np.{function.__self__.__name__}.{name}"
    module = str(getattr(function, "__module__", None) or "numpy")
    return f"{module.replace('numpy', 'np', 1).replace('._core.umath', '').replace('._linalg', '')}.{name}"


def supported() -> list[str]:
    """The names of the NumPy functions that work on Tensors and record, sorted.

    >>> "np.exp" in supported() and "np.linalg.norm" in supported()
    True
    """
    _load()
    return sorted({_name(function) for function in NUMPY})


def unsupported(name: str) -> UnsupportedError:
    """The error for a NumPy function without a meaning here, with the nearest that has one."""
    import difflib  # only an error needs it, and loading it takes a millisecond

    near = difflib.get_close_matches(name, supported(), n=1, cutoff=0.0)[0]
    return UnsupportedError(
        f"{name} has no primitive here, so it would lose the gradient. The nearest that has one is {near}; "
        "tg.supported() lists all. For plain numbers use t.detach().numpy()."
    )


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `__array_ufunc__` does: np.exp(t), np.add(array, t), np.add.reduce(t), array -= t."""
    if method == "__call__":
        # The method array.clip(t) calls a ufunc named clip that is another object than np.clip.
        handler = _handler(np.clip if ufunc.__name__ == "clip" else ufunc)
        if handler is not None and not kwargs:
            return handler(*inputs)
        if "out" in kwargs:
            return _write_out(ufunc, inputs, kwargs)
        if handler is None:
            raise unsupported(_name(ufunc))
        raise UnsupportedError(f"{_name(ufunc)} on Tensors takes no {', '.join(kwargs)}=. Use .astype() or np.where.")
    if method == "reduce" and ufunc in _REDUCE:
        kwargs.setdefault("axis", 0)
        return call_function(_REDUCE[ufunc], inputs, {k: v for k, v in kwargs.items() if v is not None or k == "axis"})
    if method in ("reduce", "accumulate") and _handler(getattr(ufunc, method)) is not None:
        return call_function(getattr(ufunc, method), inputs, {"axis": 0, **kwargs})
    handler = _handler(ufunc)
    if method == "outer" and handler is not None and not kwargs:
        left, right = inputs
        return handler(np.reshape(left, np.shape(left) + (1,) * np.ndim(right)), right)
    raise unsupported(f"{_name(ufunc)}.{method}")


def _write_out(ufunc: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """array -= t: plain numbers may be written into a plain array; a tracked gradient may not get lost in one."""
    if any(isinstance(x, Node) for x in kwargs["out"]):
        raise UnsupportedError(f"{_name(ufunc)}: a Tensor is not written to in place. Use the returned value.")
    for x in inputs:
        if isinstance(x, Node) and x.needs_grad:
            raise DetachError(
                f"{_name(ufunc)} into a NumPy array would lose the gradient of {x.label()}. "
                "Use t = t + …, or .detach() to say so."
            )
    return ufunc(*(x._array if isinstance(x, Node) else x for x in inputs), **kwargs)


def call_function(function: Any, args: Any, kwargs: Any) -> Any:
    """What `__array_function__` does: np.sum(t, axis=0), np.where(t > 0, t, 0), np.linalg.norm(t)."""
    handler = _handler(function)
    if handler is None:
        raise unsupported(_name(function))
    try:
        return handler(*args, **kwargs)
    except TypeError as error:
        text = str(error)
        if "unexpected keyword argument" in text or "positional argument" in text:
            said = text.split("() ")[-1]
            raise UnsupportedError(f"{_name(function)} on Tensors: {said}. See tg.supported().") from None
        raise
