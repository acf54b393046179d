"""What the cases of NumPy's functions are made of: small arrays, and calls on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.helpers.samples import draw

V, W = draw((-1.7, 2.0), (4,)), draw((-1.4, 2.3), (4,), 1)
M, N = draw((-2.0, 2.0), (2, 3)), draw((-1.7, 2.3), (2, 3), 1)
S, Q = draw((-2.0, 2.0), (3, 3)), draw((-1.7, 2.3), (3, 2), 2)
C = draw((-2.0, 2.0), (2, 3, 4))

Case = tuple[Callable[..., Any], list[Any]]
# What does not fit: its name, the call on a tensor of shape (2, 3), the error, and a pattern of its message.
Bad = tuple[str, Callable[[Any], Any], type[Exception], str]


def calls(*cases: Any) -> list[Case]:
    """Cases of one function: what to call, and the arrays to call it on (each one a Tensor in turn)."""
    return [(f, list(inputs)) for f, *inputs in cases]


def over_axes(function: Any, **more: Any) -> list[Case]:
    keywords: list[dict[str, Any]] = [
        {}, {"axis": 0}, {"axis": -1}, {"axis": (0, 2)}, {"axis": 1, "keepdims": True}, {"keepdims": True}, {"axis": None},
    ]  # fmt: skip
    return calls(*[(lambda x, k=k: function(x, **k), C) for k in keywords], (lambda x: function(x, **more), M))


def along_one(function: Any) -> list[Case]:
    return calls(
        (function, V),
        (function, C),
        (lambda x: function(x, axis=1), C),
        (lambda x: function(x, axis=-1, keepdims=True), C),
    )
