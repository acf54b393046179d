"""What a notebook shows of a Tensor: its numbers, and a line about it."""

from __future__ import annotations

import html
from typing import Any

from tinygrad_lite.core.graph import Node

__all__ = ["bundle"]


def bundle(t: Node) -> dict[str, str]:
    """What Jupyter asks for, plain HTML that it shows also where a notebook is not trusted.

    >>> from tinygrad_lite import Tensor
    >>> w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> bundle(w)["text/html"]
    '<b>w</b> · shape (2,) · float64 · learns, no gradient yet<pre>[1. 2.]</pre>'
    >>> bundle(w + 1.0)["text/html"]
    'shape (2,) · float64 · made by add, passes gradients on<pre>[2. 3.]</pre>'
    """
    parts = [f"shape {t.shape}" if t.shape else "scalar", str(t.dtype), *_part(t)]
    if t.name:
        parts.insert(0, f"<b>{html.escape(t.name)}</b>")
    return {"text/plain": repr(t), "text/html": f"{' · '.join(parts)}<pre>{html.escape(str(t._array))}</pre>"}


def _part(t: Any) -> list[str]:
    """What part it plays in a graph."""
    if t.made_by is not None:
        return [f"made by {html.escape(t.made_by)}" + (", passes gradients on" if t.needs_grad else "")]
    if not t.needs_grad:
        return []
    return ["learns" + (", no gradient yet" if t.grad is None else ", has a gradient")]
