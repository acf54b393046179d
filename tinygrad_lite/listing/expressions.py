"""Expressions of NumPy code as Python's own syntax trees: made from templates, put into each other, and printed.

A variable stands in a tree as a Name with its key; what it is called is decided when everything is known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.core.slots import SLOT

__all__ = ["called", "called_of", "name", "negated", "of_primitive", "parsed", "plain", "printed", "replaced", "uses"]

STOP = "stop_gradient"
"""A function of this name stands in a tree where no gradient passes; it is not printed."""


def name(key: str) -> ast.expr:
    """A variable."""
    return ast.Name(key)


def parsed(text: str) -> ast.expr:
    """The tree of a text."""
    return ast.parse(text, mode="eval").body


def called(function: str, *arguments: ast.expr, **keywords: ast.expr) -> ast.expr:
    """A call; the function may have dots."""
    return ast.Call(parsed(function), list(arguments), [ast.keyword(k, v) for k, v in keywords.items()])


def called_of(tree: ast.expr, method: str, *arguments: ast.expr) -> ast.expr:
    """A call of a method."""
    return ast.Call(ast.Attribute(tree, method), list(arguments), [])


def negated(tree: ast.expr) -> ast.expr | None:
    """What a tree is the negative of: 2 * x of -2 * x; None where there is no minus in front."""
    match tree:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return operand
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            less = negated(left)
            return None if less is None else ast.BinOp(less, op, right)
    return None


def uses(tree: ast.expr) -> Iterator[str]:
    """The names in a tree, each as often as it stands there."""
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def replaced(tree: ast.expr, by: Mapping[str, ast.expr] | Callable[[str], ast.expr | None]) -> ast.expr:
    """A copy of a tree with other trees in the place of names."""
    find = by.get if isinstance(by, Mapping) else by

    def copied(part: Any) -> Any:
        if isinstance(part, ast.Name):
            found = find(part.id)
            return ast.Name(part.id) if found is None else found
        if isinstance(part, list):
            return [copied(x) for x in part]
        if isinstance(part, ast.expr | ast.keyword):
            return type(part)(*(copied(getattr(part, field, None)) for field in part._fields))
        return part

    found: ast.expr = copied(tree)
    return found


class _Brackets(ast.NodeTransformer):
    """Brackets around a product of matrices inside of another product, where Python needs none and a reader does."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Mult | ast.Div):
            node.left, node.right = self.closed(node.left), self.closed(node.right)
        return node

    def closed(self, part: ast.expr) -> ast.expr:
        # A call of a function without a name is printed as its argument in brackets.
        inside = isinstance(part, ast.BinOp) and isinstance(part.op, ast.MatMult)
        return ast.Call(ast.Name(""), [part], []) if inside else part


class _Open(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[0] if isinstance(node.func, ast.Name) and node.func.id == STOP else node


def plain(tree: ast.expr) -> ast.expr:
    """A copy of a tree that says nothing of where gradients pass."""
    found: ast.expr = _Open().visit(replaced(tree, {}))
    return found


def printed(tree: ast.expr, names: Mapping[str, str]) -> str:
    """The text of a tree, with the variables' names."""
    tree = replaced(plain(tree), lambda key: ast.Name(names[key]) if key in names else None)
    return ast.unparse(_Brackets().visit(tree)).replace(" ** ", "**")  # no text in a tree has blanks in it


# --- primitives ----------------------------------------------------------------------------------------------------


def of_primitive(
    primitive: Primitive, inputs: list[ast.expr], params: Mapping[str, Any], shape: tuple[int, ...]
) -> ast.expr:
    """The code of a primitive: as its entry in the table has it, or shorter where NumPy has a shorter word."""
    if primitive in (p.identity, p.copy):
        return inputs[0]
    if primitive is p.stop_gradient:
        return called(STOP, inputs[0])
    if primitive is p.transpose and params["axes"] == tuple(range(len(shape)))[::-1]:
        return ast.Attribute(inputs[0], "T")
    if primitive is p.square:
        return ast.BinOp(inputs[0], ast.Pow(), ast.Constant(2))
    if primitive is p.reciprocal:
        return ast.BinOp(ast.Constant(1), ast.Div(), inputs[0])
    if primitive is p.getitem:
        return ast.Subscript(inputs[0], _index(params["index"], inputs[1:]))
    if primitive is p.scatter:
        place = ast.Subscript(parsed("np.s_"), _index(params["index"], inputs[1:]))
        return called("scatter", inputs[0], place, parsed(repr(params["shape"])))
    if primitive.kind == "reduction":
        one = {k: v[0] if isinstance(v, tuple) and len(v) == 1 else v for k, v in params.items()}
        keywords = {k: parsed(repr(v)) for k, v in one.items() if v is not None and v is not False}
        return called(f"np.{primitive.name}", inputs[0], **keywords)
    places = [f"_{n}_" for n in range(len(inputs))]
    texts = {k: v if k in ("subscripts",) else v.name if isinstance(v, np.dtype) else v for k, v in params.items()}
    text = primitive.source.format(*places, inputs=", ".join(places), **texts)
    return replaced(parsed(text), dict(zip(places, inputs, strict=True)))


def _index(index: Any, arrays: list[ast.expr]) -> ast.expr:
    rest = iter(arrays)

    def part(x: Any) -> ast.expr:
        if x is SLOT:
            return next(rest)
        if isinstance(x, slice):
            start, stop, step = (None if v is None else ast.Constant(v) for v in (x.start, x.stop, x.step))
            return ast.Slice(start, stop, step)
        return ast.Constant(x)

    if isinstance(index, tuple):
        parts = [part(x) for x in index]
        return parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())
    return part(index)
