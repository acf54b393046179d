"""What a derivation starts from: the cost and the named values, written as they were computed.

The graph is written node by node, so that (y − a)²/2 stays what was typed.  What has no notation of its own here
(a maximum along an axis, the inside of a function of the library) is written from its normal form.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.derivations.normal.algebra import divide_by
from tinygrad_lite.derivations.normal.calculus import spread
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.numbers import Floats, Setting
from tinygrad_lite.derivations.normal.sums import fresh_index
from tinygrad_lite.derivations.normal.terms import ONE, ZERO, Index, Product, Sym, Value
from tinygrad_lite.derivations.reading.library import GUARDED, SIGMOID, TANH, WRITTEN_OUT, is_ours
from tinygrad_lite.derivations.reading.nodes import is_output, key_of, one_number
from tinygrad_lite.derivations.reading.products import summed
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.steps.board import Board
from tinygrad_lite.derivations.steps.introducing import named_function
from tinygrad_lite.derivations.steps.lines import Total, Whole, Written
from tinygrad_lite.derivations.writing.display import Writer
from tinygrad_lite.derivations.writing.measuring import length
from tinygrad_lite.notation.formula import (
    Absolute,
    Applied,
    Big,
    Exponential,
    Name,
    Notation,
    Num,
    Plus,
    Power,
    Quotient,
    Root,
    Times,
)
from tinygrad_lite.tensor.tensor import Tensor

MOST_NODES = 60
"""A value that was computed in more operations is written from its normal form."""

Indices = tuple[Index | None, ...]


def given(board: Board) -> list[tuple[Notation, Notation]]:
    """The formulas of the cost, of the stations on the way, and of what their lines use: each is checked."""
    st = board.stations
    found: list[tuple[Notation, Notation]] = []
    others = [n for n in sorted(st.stations.values(), key=key_of, reverse=True) if all(n is not x for x in st.origins)]
    for node in [*st.origins, *others]:
        wanted = len(found) < len(st.origins) or node.serial in st.needed or st.symbols[key_of(node)].name in board.used
        right = formula_of(board, node) if node.primitive is not None and wanted else None
        if right is not None:
            found.append((board.writer(st.formal(node))(st.named(node)), right))
    return found


def formula_of(board: Board, node: Tensor) -> Notation | None:
    """A station's formula; None where no spelling of it passes its check."""
    key, order = key_of(node), board.stations.formal(node)
    if key not in board.formulas:
        name = board.stations.symbols[key].name
        spellings: list[Written] = []
        with contextlib.suppress(NoFormula):
            spellings = _spellings(node, board.stations)
        passed = (x for x in spellings if board.agrees(x, lambda f: f.value(name), order) is not None)
        line = next(passed, None)
        board.described |= frozenset() if line is None else line.names
        board.formulas[key] = None if line is None else line.show(board.writer(order))
    return board.formulas[key]


def _spellings(node: Tensor, stations: Stations) -> list[Written]:
    """The ways in which a station's formula may be written, the best one first."""
    form = stations.formula(node)
    known = named_function(form, node, stations)
    if known is not None:
        return [Named(Whole(form), known[0], Whole(known[1]))]
    apart = spread(form)
    normal = Whole(apart if length(apart) < length(form) else form)
    typed = None if node.serial in stations.added else _Typed(stations, node).root()
    return [normal] if typed is None else [typed, normal]


@dataclass(frozen=True)
class Operation(Written):
    """An operation on written parts: how it is written, and how it is computed."""

    parts: tuple[Written, ...]
    write: Callable[..., Notation]
    compute: Callable[..., Any]

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(part.names for part in self.parts))

    def show(self, writer: Writer) -> Notation:
        return self.write(*(part.show(writer) for part in self.parts))

    def number(self, setting: Setting, order: tuple[Index, ...]) -> tuple[Floats, Floats]:
        found = [part.number(setting, order) for part in self.parts]
        value: Floats = np.asarray(self.compute(*(value for value, _ in found)))
        return value, sum((bound for _, bound in found), np.abs(value))


@dataclass(frozen=True)
class Named(Written):
    """A value that is a known function of another one: it is computed as a whole, and written σ(z)."""

    value: Whole
    function: str
    argument: Whole

    @property
    def names(self) -> frozenset[str]:
        return self.value.names

    def show(self, writer: Writer) -> Notation:
        return Applied(Name(self.function), self.argument.show(writer))

    def number(self, setting: Setting, order: tuple[Index, ...]) -> tuple[Floats, Floats]:
        return self.value.number(setting, order)


class _TooLong(Exception):
    """There are too many operations to be written one by one."""


class _Typed:
    """One station's formula, written node by node."""

    def __init__(self, stations: Stations, node: Tensor) -> None:
        self._stations, self._node, self._left = stations, node, MOST_NODES

    def root(self) -> Written | None:
        """The formula; None where it is as well written from its normal form."""
        try:
            return self._written(self._node, self._stations.axes.formal(self._node))
        except (_TooLong, NoFormula):
            return None

    def _at(self, part: Any, indices: Indices) -> Written:
        """An input at these indices, one for each of its axes."""
        self._left -= 1
        if self._left < 0:
            raise _TooLong
        computed = isinstance(part, Tensor) and part.primitive is not None
        if computed and key_of(part) not in self._stations.symbols:
            found = self._written(part, indices)
            if found is not None:
                return found
        return Whole(self._value(part, indices))

    def _value(self, part: Any, indices: Indices) -> Value:
        """An input in normal form, which for a named value is its symbol."""
        if part is self._node:
            return self._stations.formula(part)
        if hasattr(part, "shape"):
            self._stations.reader.form(part)
        return self._stations.reader.at(part, indices)

    def _written(self, node: Tensor, indices: Indices) -> Written | None:
        """A node by its own operation; None where it has no notation here."""
        assert node.primitive is not None
        call = node.call
        if call is not None and is_output(node) and call.function in SIGMOID | TANH and len(call.inputs) == 1:
            written = _applied("σ" if call.function in SIGMOID else "tanh")
            return Operation((self._at(call.inputs[0], indices),), written, call.function)
        if _in_library(node):
            return None
        inner = _guarded(node)
        if inner is not None:
            return self._at(inner, indices)
        if node.primitive is p.sum_:
            return self._sum(node, indices)
        if node.primitive is p.matmul:
            return self._product(node, indices)
        if node.primitive is p.transpose:
            axes = node.params["axes"] or tuple(range(node.ndim))[::-1]
            return self._at(node.inputs[0], tuple(indices[axes.index(a)] for a in range(node.ndim)))
        write = WRITTEN.get(node.primitive)
        if write is None:
            return None
        parts = [self._at(x, indices[node.ndim - len(getattr(x, "shape", ())) :]) for x in node.inputs]
        return Operation(tuple(self._counted(node, indices, parts)), write, node.primitive.value)

    def _counted(self, node: Tensor, indices: Indices, parts: list[Written]) -> list[Written]:
        """The operands of a node, a number that is the size of an axis written as that size: sum / m."""
        if node.primitive not in (p.multiply, p.divide):
            return parts
        for number, other in ((1, 0), (0, 1))[: 1 if node.primitive is p.divide else 2]:
            if one_number(node.inputs[number]) is None:
                continue
            part = node.inputs[other]
            whole = self._value(node, indices)
            total = self._value(part, indices[node.ndim - len(getattr(part, "shape", ())) :])
            if isinstance(whole, Product) and isinstance(total, Product) and ZERO not in (whole, total):
                ratio = divide_by(whole, total)
                if isinstance(ratio, Product) and all(
                    isinstance(b, Sym) and b.symbol.has("size") for b, _ in ratio.factors
                ):
                    parts[number] = Whole(ratio if node.primitive is p.multiply else divide_by(ONE, ratio))
            break
        return parts

    def _sum(self, node: Tensor, indices: Indices) -> Written:
        inner, bound = summed(self._stations.axes, node, indices)
        body = self._at(node.inputs[0], tuple(inner))
        return Total(tuple(bound), body) if bound else body

    def _product(self, node: Tensor, indices: Indices) -> Written | None:
        """Two matrices, a matrix and a vector, or two vectors: the sum over the axis between them."""
        left, right = node.inputs
        if len(left.shape) > 2 or len(right.shape) > 2:
            return None
        inner = self._stations.axes.index(left, len(left.shape) - 1)
        k = None if inner is None else fresh_index(inner.axis)
        one = self._at(left, (*indices[: len(left.shape) - 1], k))
        two = self._at(right, (k, *indices[node.ndim - len(right.shape) + 1 :]))
        turned = _is_parameter(right) and not _is_parameter(left)  # the lecture has the weights first: Σ_k w_jk a_k
        body = Operation((two, one) if turned else (one, two), _times, np.multiply)
        return body if k is None else Total((k,), body)


def _is_parameter(part: Any) -> bool:
    """Whether a matrix, or what it is the transpose of, is learned."""
    while isinstance(part, Tensor) and part.primitive is p.transpose:
        part = part.inputs[0]
    return isinstance(part, Tensor) and part.primitive is None and part.requires_grad


def _guarded(node: Tensor) -> Tensor | None:
    """What a norm has inside of where(…), which only keeps its derivative at 0 finite."""
    if node.primitive is not p.where or node.call is None or node.call.function not in GUARDED:
        return None
    computed = [x for x in node.inputs[1:] if isinstance(x, Tensor) and x.primitive is not None]
    return computed[0] if len(computed) == 1 and computed[0].shape == node.shape else None


def _in_library(node: Tensor) -> bool:
    """Whether a node was made inside a function of this library that a lecturer does not write out."""
    call = node.call
    while call is not None:
        if is_ours(call) and call.function not in WRITTEN_OUT:
            return True
        call = call.parent
    return False


def _plus(*parts: Notation) -> Notation:
    """Terms that are added, or the only one that is not 0."""
    terms = [t for part in parts for t in (part.terms if isinstance(part, Plus) else ((1, part),)) if t[1] != Num("0")]
    return terms[0][1] if len(terms) == 1 and terms[0][0] > 0 else Plus(tuple(terms)) if terms else Num("0")


def _minus(left: Notation, right: Notation) -> Notation:
    if left == Num("0"):  # it was typed: (0 − a)²
        return Plus(((1, left), (-1, right)))
    return _plus(left, _negative(right))


def _negative(part: Notation) -> Notation:
    """−y of y, and y of −y."""
    sign, inner = _unsigned(part)
    return inner if sign < 0 else Plus(((-1, part),))


def _unsigned(part: Notation) -> tuple[int, Notation]:
    return part.terms[0] if isinstance(part, Plus) and len(part.terms) == 1 else (1, part)


def _times(left: Notation, right: Notation) -> Notation:
    """A product: the sign and the number come first, and a square is written as one."""
    sign, left = _unsigned(left)
    if sign < 0:
        return _negative(_times(left, right))
    if left == right:
        return Power(left, Num("2"))
    if _is_number(right) and not _is_number(left):
        return _times(right, left)
    parts = [
        x for part in (left, right) for x in (part.parts if isinstance(part, Times) and not part.sign else (part,))
    ]
    numbers, others = [x for x in parts if _is_number(x)], [x for x in parts if not _is_number(x)]
    if len(others) == 2 and others[0] == others[1]:
        others = [Power(others[0], Num("2"))]
    parts = [x for x in (*numbers, *others) if x != Num("1")] or [Num("1")]
    return parts[0] if len(parts) == 1 else Times(tuple(parts), "·" if _is_number(left) and _is_number(right) else "")


def _is_number(part: Notation) -> bool:
    match part:
        case Num():
            return True
        case Quotient(top=top, bottom=bottom):
            return _is_number(top) and not isinstance(bottom, Big)
        case Plus(terms=((_, inner),)):
            return _is_number(inner)
    return False


def _over(top: Notation, bottom: Notation) -> Notation:
    """A quotient: before a sum it is written as a factor, (1/m) Σ_i."""
    sign, inner = _unsigned(top)
    if sign < 0:
        return _negative(_over(inner, bottom))
    if bottom == Num("1"):
        return top
    parts = top.parts if isinstance(top, Times) and not top.sign else (top,)
    if not isinstance(parts[-1], Big):
        return Quotient(top, bottom)
    front = parts[:-1] or (Num("1"),)
    if any(isinstance(part, Quotient) for part in front):
        return _times(Quotient(Num("1"), bottom), top)
    return Times((Quotient(front[0] if len(front) == 1 else Times(front), bottom), parts[-1]))


def _power(base: Notation, exponent: Notation) -> Notation:
    sign, size = _unsigned(exponent)
    if sign < 0:
        return Quotient(Num("1"), _power(base, size))
    return base if exponent == Num("1") else Power(base, exponent)


def _applied(function: str) -> Callable[..., Notation]:
    """A function at its arguments: log(1 − a), max(0, z)."""
    return lambda first, *more: Applied(Name(function), first, more)


WRITTEN: dict[Primitive, Callable[..., Notation]] = {
    p.add: _plus, p.subtract: _minus, p.negative: _negative, p.multiply: _times, p.divide: _over, p.power: _power,
    p.square: lambda x: _power(x, Num("2")), p.reciprocal: lambda x: _over(Num("1"), x),
    p.sqrt: Root, p.exp: Exponential,
    p.identity: lambda x: x, p.copy: lambda x: x, p.maximum: _applied("max"), p.minimum: _applied("min"),
    p.abs_: Absolute, **{f: _applied(f.name) for f in (p.log, p.sin, p.cos, p.tan, p.sinh, p.cosh, p.sign)},
}  # fmt: skip
"""How an operation on the elements is written; any other is written from its normal form."""
