"""Products of matrices with vectors that stand as matrices of one row or column: the vector itself is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygrad_lite.programs.program import Line, Value
from tinygrad_lite.programs.rewriting.building import Builder, Rule, is_call

__all__ = ["PRODUCTS"]


def _without_axis(x: Value, index: object) -> Value | None:
    """v, if x is v[index], which adds an axis."""
    if is_call(x, "getitem") and len(x.inputs) == 1 and _plain(x.params["index"]) == index:
        return x.inputs[0]
    return None


def _plain(index: object) -> object:
    """An index without the slices over whole axes that follow an ellipsis, which say nothing of their own."""
    return tuple("all" if i == slice(None) else i for i in index) if isinstance(index, tuple) else index


def column(build: Builder, line: Line) -> Value | None:
    """(A @ v[..., None])[..., 0] is A @ v; (v[..., None, :] @ B)[..., 0, :] is v @ B."""
    (x, *rest), index = line.inputs, _plain(line.params["index"])
    if rest or not is_call(x, "matmul"):
        return None
    a, b = x.inputs
    if index == (..., 0):
        v = _without_axis(b, (..., None))
        if v is not None and len(v.shape) == 1 and len(a.shape) >= 2:
            return build.make("matmul", a, v, shape=line.shape, dtype=line.dtype)
        if v is not None and len(a.shape) == 2:
            transposed = build.make("transpose", a, shape=a.shape[::-1], dtype=a.dtype, params={"axes": (1, 0)})
            return build.make("matmul", v, transposed, shape=line.shape, dtype=line.dtype)
    if index == (..., 0, "all"):
        v = _without_axis(a, (..., None, "all"))
        if v is not None and (len(v.shape) == 1 or len(b.shape) == 2):
            return build.make("matmul", v, b, shape=line.shape, dtype=line.dtype)
    return None


PRODUCTS: Mapping[str, Sequence[Rule]] = {"getitem": [column]}
