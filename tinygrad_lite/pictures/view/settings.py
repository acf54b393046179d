"""What a call was given beside its inputs: the axis of a mean, the bounds of a clip. It belongs to the box's title."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.pictures.edges.numbers import as_array, constant
from tinygrad_lite.pictures.view.names import is_inline

__all__ = ["settings"]

LONGEST = 24  # a longer setting says less than its name


def settings(call: Call) -> list[str]:
    """The arguments of a call that are no boxes, where they are not what the function takes by default.

    >>> from tinygrad_lite import Tensor
    >>> x = Tensor([[1.0, 2.0]], requires_grad=True)
    >>> settings(np.mean(x, axis=1).call), settings(np.clip(x, 0.5, 1).call), settings(np.mean(x).call)
    (['axis=1'], ['a_min=0.5', 'a_max=1'], [])
    """
    signature = inspect.signature(call.function)
    try:
        bound = signature.bind(*call.args, **call.kwargs)
    except TypeError:  # a decorator above it takes other arguments
        return []
    found: list[str | None] = []
    for name, value in bound.arguments.items():
        parameter = signature.parameters[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            found += [_written(part) for part in value]
        elif parameter.kind is parameter.VAR_KEYWORD:
            found += [_named(key, part) for key, part in value.items()]
        elif value is not parameter.default:
            found.append(_named(name, value))
    return [text for text in found if text is not None]


def _named(name: str, value: Any) -> str | None:
    text = _written(value)
    return None if text is None else f"{name}={text}"


def _written(value: Any) -> str | None:
    """A plain value as text; None for what is a box, and for what has no short text."""
    text: str | None = None
    if isinstance(value, str | bool | None):
        text = str(value)
    elif isinstance(value, tuple | list):
        parts = [_written(part) for part in value]
        text = f"({', '.join(part or '…' for part in parts)}{',' if len(parts) == 1 else ''})"
    elif np.isscalar(value) or (np.ndim(value) == 0 and is_inline(value)):
        known = as_array(value)
        text = None if known is None or known.dtype.kind not in "biuf" else constant(known.reshape(())[()])
    return text if text is None or len(text) <= LONGEST else "…"
