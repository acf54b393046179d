"""Products without a sign, as they are written on paper: x⊤ δ is a matrix product, (a − y) a (1 − a) is none.

The shapes at a point say which it is, as all sizes differ there. What may be both keeps its sign and is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from tinygrad_lite.typed import tree as t

Shape = tuple[int, ...]


def with_signs(tree: t.Syntax, shape: Callable[[t.Syntax], Shape]) -> t.Syntax:
    """The tree with * or @ for each product without a sign; ``shape`` gives the shape of a part."""

    def change(node: t.Syntax) -> t.Syntax | None:
        match node:
            case t.Binary(sign=" " | "·", left=left, right=right):
                return _signed(node, t.changed(left, change), t.changed(right, change), shape)
        return None

    return t.changed(tree, change) if _has_any(tree) else tree


def _signed(node: t.Binary, left: t.Syntax, right: t.Syntax, shape: Callable[[t.Syntax], Shape]) -> t.Syntax:
    one, other = shape(left), shape(right)
    if len(one) == len(other) == 1 and isinstance(right, t.Attribute):  # δ a⊤
        return t.FunctionCall(node.place, "outer", 0, (left, right.inner), ())
    return t.Binary(node.place, _sign(node.sign, one, other, isinstance(left, t.Attribute)), left, right)


def _sign(sign: str, one: Shape, other: Shape, transposed: bool) -> str:
    if not one or not other:
        return "*"
    if one == other and len(one) == 1:
        return "@" if transposed else sign if sign == "·" else "*"  # w⊤ x; w · x may be either
    if one == other:
        return "*" if one[-1] != one[-2] else sign
    if max(len(one), len(other)) <= 2 and one[-1] == other[-2 if len(other) == 2 else 0]:
        return "@"
    return sign


def _has_any(node: t.Syntax) -> bool:
    return (isinstance(node, t.Binary) and node.sign in (" ", "·")) or any(map(_has_any, t.children(node)))
