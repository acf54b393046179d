"""The lengths of axes: which of those that lines ask for are one, and what they are called."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.errors import TinygradLiteError
from tinygrad_lite.listing.sheet import Sheet, Variable
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Sizes", "counted", "length_of", "lengths_in", "with_lengths"]

Spot = tuple[str, int]
"""An axis of a variable: its key, and the number of the axis."""

LETTERS = "nkpq"

LONG = 16
"""An axis that is longer is made short, where only the axes count."""

Known = TypeVar("Known")


def length_of(key: str, axis: int) -> ast.expr:
    """The length of an axis of a variable."""
    if axis == 0:
        return ast.Call(ast.Name("len"), [ast.Name(key)], [])
    return ast.Subscript(ast.Attribute(ast.Name(key), "shape"), ast.Constant(axis))


def _spot(node: ast.AST) -> Spot | None:
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=key)]):
            return key, 0
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=key), attr="shape"), slice=ast.Constant(value=int(axis))
        ):
            return key, axis
    return None


def lengths_in(code: ast.expr) -> Iterator[Spot]:
    """The axes whose lengths code asks for."""
    return (spot for node in ast.walk(code) if (spot := _spot(node)) is not None)


def counted(code: ast.expr) -> list[Spot]:
    """The axes whose lengths code computes with: m in a / m, and not in np.eye(m)."""
    operands = [x for node in ast.walk(code) if isinstance(node, ast.BinOp) for x in (node.left, node.right)]
    return list(dict.fromkeys(spot for x in operands if (spot := _spot(x)) is not None))


def with_lengths(code: ast.expr, by: Mapping[Spot, ast.expr]) -> ast.expr:
    """Code with other code in the place of lengths."""

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            spot = _spot(node)
            return by[spot] if spot is not None and spot in by else self.generic_visit(node)

    found: ast.expr = Put().visit(copy.deepcopy(code))
    return found


def resized_to(x: Any, lengths: Sequence[int | None]) -> Any:
    """An array with other lengths of its axes; None for an axis that stays. Its elements come again in turn."""
    for axis, length in enumerate(lengths):
        if length is not None:
            x = np.take(x, np.arange(length) % x.shape[axis], axis=axis)
    return x


def at_short_lengths(data: dict[str, Any], run: Callable[[dict[str, Any]], Known]) -> tuple[dict[str, Any], Known]:
    """Arrays with the lengths of long axes made short, and what run gives for them; as they are where run refuses that.

    Lengths that differ go on to differ, so axes that belong together are found as in large arrays, in less time.
    """
    lengths = sorted({n for x in data.values() for n in np.shape(x) if n > LONG})
    if lengths:
        by = {n: LONG + 1 + place for place, n in enumerate(lengths)}
        short = {k: resized_to(x, [by.get(n) for n in np.shape(x)]) for k, x in data.items()}
        try:
            return short, run(short)
        except (ValueError, TypeError, IndexError, TinygradLiteError):  # a length is written out
            pass
    return data, run(data)


class Sizes:
    """The axes of a sheet that are the same axis."""

    def __init__(self, sheet: Sheet, inputs: Container[Variable]) -> None:
        self.sheet, self.inputs = sheet, inputs

    def named(self, asked: Sequence[Spot]) -> dict[Spot, Variable]:
        """A variable for each length that is asked for: the length of an input, where one has this axis."""
        if not asked:
            return {}
        inputs = {v.key: v.data for v in self.sheet.variables.values() if v.code is None}
        _, (nodes, axes) = at_short_lengths(inputs, self._read)
        first: dict[Any, Spot] = {}
        tables = sorted(self.sheet.variables.values(), key=lambda v: (v not in self.inputs, len(v.shape) < 2))
        for v in tables:
            for axis, length in enumerate(v.shape if v.key in nodes else ()):
                if length > 1:
                    first.setdefault(axes.spot(nodes[v.key], axis), (v.key, axis))
        made: dict[Spot, Variable] = {}
        letters = iter(LETTERS)
        found = {}
        for spot in dict.fromkeys(asked):
            key, axis = spot
            if key not in nodes or nodes[key].shape[axis] == 1:
                continue
            origin = first[axes.spot(nodes[key], axis)]
            if self.sheet.variables[origin[0]] not in self.inputs:
                continue
            if origin not in made:
                label = "m" if origin[1] == 0 and "m" not in [v.label for v in made.values()] else next(letters, "n")
                made[origin] = self.sheet.add(self.sheet.variables[key].shape[axis], label, length_of(*origin))
            found[spot] = made[origin]
        return found

    def _read(self, inputs: Mapping[str, Any]) -> tuple[dict[str, Tensor], Axes]:
        """All variables computed as one graph of such inputs, and the classes of its axes."""
        known: dict[str, Any] = {}
        with recorded(), np.errstate(all="ignore"):
            for v in self.sheet.variables.values():
                if v.code is None:
                    x = inputs[v.key]
                    known[v.key] = x if type(x) is float else Tensor(x, name=v.key)
                else:
                    known[v.key] = self.sheet.evaluate(v.code, known)
        nodes = {key: x for key, x in known.items() if isinstance(x, Tensor)}
        order = graph(*nodes.values())
        constants = [x for n in order for x in n.inputs if not isinstance(x, Node) and np.size(x) > 1]
        return nodes, Axes([*constants, *order])
