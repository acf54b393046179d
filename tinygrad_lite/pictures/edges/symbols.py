"""Formulas: how a box was computed, and its local derivatives, printed by running the VJP rules on formulas.

A `Symbolic` stands in for an array in a rule: what NumPy is asked to compute with it, it writes down. So the text
∂(x·y)/∂x = y is computed by the same rule that computes the number.
"""

from __future__ import annotations

import itertools
import math
import string
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.notation import formula as f
from tinygrad_lite.pictures.edges.derivatives import apply_rule
from tinygrad_lite.pictures.edges.numbers import constant

__all__ = ["call_text", "derivative_formula", "named", "number_in_title", "pretty"]

Shape = tuple[int, ...]

LONGEST = 40  # a longer formula says less than its number

_SHORT = {"sigmoid": "σ", "leaky_relu": "leaky relu"}


def pretty(name: str) -> str:
    """A function's name as a lecture writes it: sigmoid is σ."""
    return _SHORT.get(name, name)


class Symbolic(NDArrayOperatorsMixin):
    """A formula that can be computed with, in the place of an array of some shape and dtype.

    written: the shape that the formula has where it is read as NumPy reads it. It is not `shape` after a rule has
    inserted an axis, which formulas do not show; what then would not be the same is refused with a TypeError.
    """

    def __init__(self, formula: f.Notation, shape: Shape = (), dtype: Any = np.float64, written: Shape | None = None):
        self.formula = formula
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.written = shape if written is None else written

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def T(self) -> Symbolic:
        if self.ndim != 2 or self.written != self.shape:
            raise TypeError("only a matrix has a transpose that everybody reads in the same way")
        return Symbolic(f.Power(self.formula, f.Num("⊤")), self.shape[::-1], self.dtype)

    def reshape(self, *shape: Any) -> Symbolic:
        (shape,) = shape if isinstance(shape[0], tuple) else (shape,)
        return Symbolic(self.formula, np.empty(self.shape).reshape(shape).shape, self.dtype, self.written)

    def astype(self, *_: Any, **__: Any) -> Symbolic:
        return self

    def transpose(self, *_: Any) -> Symbolic:
        return self.T

    def __getitem__(self, index: Any) -> Symbolic:
        """With axes of size 1 inserted or taken out; other elements than all have no formula."""
        shape = np.empty(self.shape)[index].shape
        if math.prod(shape) != self.size or not all(_keeps(part) for part in _parts(index)):
            raise TypeError("a part of an array has no formula")
        return Symbolic(self.formula, shape, self.dtype, self.written)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            raise TypeError(f"no formula for {ufunc.__name__}.{method}")
        return _OPERATORS[ufunc](*inputs) if ufunc in _OPERATORS else _called(ufunc, inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in _FUNCTIONS:
            raise TypeError(f"no formula for {function.__name__}")
        return _FUNCTIONS[function](*args)


def named(name: str, like: Any) -> Symbolic:
    """The formula that is a name, in the place of this array or tensor."""
    return Symbolic(f.Name(name), np.shape(like), getattr(like, "dtype", np.float64))


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _keeps(part: Any) -> bool:
    return part is None or part is Ellipsis or part == slice(None) or (isinstance(part, int) and part == 0)


def _formula(x: Any) -> f.Notation:
    if isinstance(x, Symbolic):
        return x.formula
    value = _plain(x)
    return f.Plus(((-1, f.Num(constant(-value))),)) if value < 0 else f.Num(constant(value))


def _plain(x: Any) -> Any:
    if np.size(x) != 1:
        raise TypeError("an array has no short name")
    return np.asarray(x).item()


def _is(x: Any, value: float) -> bool:
    return not isinstance(x, Symbolic) and np.size(x) == 1 and bool(np.all(np.equal(x, value)))


def _minus(x: Any) -> Any:
    """Of −y the y, of −2 the 2; None for anything else."""
    if not isinstance(x, Symbolic):
        return -x if np.size(x) == 1 and _plain(x) < 0 else None
    match x.formula:
        case f.Plus(terms=((-1, inner),)):
            return Symbolic(inner, x.shape, x.dtype, x.written)
    return None


def _written(formula: f.Notation, *operands: Any) -> Symbolic:
    """A formula, element by element of its operands."""
    known = [x for x in operands if isinstance(x, Symbolic)]
    for x in known:
        if _without_leading_ones(x.shape) != _without_leading_ones(x.written):
            raise TypeError("an axis that the formula does not show")
    return Symbolic(formula, np.broadcast_shapes(*(x.shape for x in known)), known[0].dtype)


def _without_leading_ones(shape: Shape) -> Shape:
    return tuple(itertools.dropwhile(lambda n: n == 1, shape))


def _called(ufunc: Any, inputs: Any) -> Symbolic:
    """Any other ufunc: what compares two values is a relation, the others are functions."""
    primitive, parts = TABLE.get(ufunc.__name__), [_formula(x) for x in inputs]
    if primitive is not None and primitive.vjps is None and len(parts) == 2:
        return _written(f.Relation(parts[0], primitive.symbol, parts[1]), *inputs)
    return _written(f.Applied(f.Name(ufunc.__name__), parts[0], tuple(parts[1:])), *inputs)


def _add(x: Any, y: Any) -> Any:
    if _is(y, 0):
        return x
    if _is(x, 0):
        return y
    if _minus(y) is not None:
        return _subtract(x, _minus(y))
    return _written(f.Plus((*_terms(x), *_terms(y))), x, y)


def _terms(x: Any) -> tuple[tuple[int, f.Notation], ...]:
    formula = _formula(x)
    return formula.terms if isinstance(formula, f.Plus) else ((1, formula),)


def _subtract(x: Any, y: Any) -> Any:
    if _is(y, 0):
        return x
    if _is(x, 0):
        return _negative(y)
    return _written(f.Plus((*_terms(x), (-1, _formula(y)))), x, y)


def _negative(x: Any) -> Any:
    inner = _minus(x)
    return _written(f.Plus(((-1, _formula(x)),)), x) if inner is None else inner


def _multiply(x: Any, y: Any) -> Any:
    for a, b in ((x, y), (y, x)):
        if _is(a, 1):
            return b
        if _is(a, 0):
            return np.float64(0)
        if _minus(a) is not None:
            return _negative(_multiply(_minus(a), b))
    if _is_outer(x, y):
        return Symbolic(f.Times((_formula(x), _formula(y)), "⊗"), (x.size, y.size), x.dtype)
    left, right = _formula(x), _formula(y)
    if left == right:
        return _power(x, 2)
    for top, bottom in ((y, left), (x, right)):
        if isinstance(bottom, f.Quotient) and bottom.top == f.Num("1"):
            return _written(f.Quotient(_formula(top), bottom.bottom), x, y)
    if not isinstance(y, Symbolic):
        left, right = right, left  # the number first
    joined = isinstance(left, f.Num) and isinstance(right, f.Name) and len(right.text) == 1
    return _written(f.Times((left, right), "" if joined else "·"), x, y)


def _is_outer(x: Any, y: Any) -> bool:
    """Whether a column times a row was made of two vectors."""
    if not (isinstance(x, Symbolic) and isinstance(y, Symbolic)):
        return False
    vectors = len(x.written) == len(y.written) == 1
    return vectors and x.shape == (*x.written, 1) and y.shape in (y.written, (1, *y.written))


def _matmul(x: Any, y: Any) -> Symbolic:
    if any(part.ndim > 2 or part.written != part.shape for part in (x, y)):
        raise TypeError("a product along axes that the formula does not show")
    shape = (*x.shape[:-1], *y.shape[:-2], *y.shape[-1:][: y.ndim - 1])
    return Symbolic(f.Times((_formula(x), _formula(y)), "@"), shape, x.dtype)


def _swapaxes(x: Any, *axes: int) -> Symbolic:
    if {axis % x.ndim for axis in axes} != {0, 1}:
        raise TypeError("only a matrix has a transpose that everybody reads in the same way")
    found: Symbolic = x.T
    return found


def _divide(x: Any, y: Any) -> Any:
    if _is(y, 1):
        return x
    if _minus(x) is not None:
        return _negative(_divide(_minus(x), y))
    return _written(f.Quotient(_formula(x), _unguarded(y)), x, y)


def _power(x: Any, y: Any) -> Any:
    return x if _is(y, 1) else _written(f.Power(_formula(x), _unguarded(y)), x, y)


def _unguarded(y: Any) -> f.Notation:
    """A denominator or an exponent without the 1 that rules put where they set 0/0 or 0⁰ aside.

    What comes of it there is said by the number that stands beside the formula.
    """
    formula = _formula(y)
    if isinstance(formula, f.Cases) and len(formula.sides) == 2 and formula.sides[0][0] == f.Num("1"):
        return formula.sides[1][0]
    return formula


def _and(x: Any, y: Any) -> Any:
    if any(_is(part, False) for part in (x, y)):
        return np.False_
    return _called(np.logical_and, (x, y))


def _where(condition: Any, x: Any, y: Any) -> Any:
    if not isinstance(condition, Symbolic):
        return x if _plain(condition) else y
    test = condition.formula

    def decided(part: f.Notation) -> f.Notation | None:
        if isinstance(part, f.Cases) and part.sides[0][1] == test:  # where the other side is taken, the test failed
            return part.sides[1][0] if len(part.sides) == 2 else f.Cases(part.sides[1:])
        return None

    otherwise = f.rebuilt(_formula(y), decided)
    rest = otherwise.sides if isinstance(otherwise, f.Cases) else ((otherwise, None),)
    return _written(f.Cases(((_formula(x), test), *rest)), condition)


_OPERATORS: dict[Any, Any] = {
    np.add: _add, np.subtract: _subtract, np.multiply: _multiply, np.divide: _divide, np.power: _power,
    np.negative: _negative, np.logical_and: _and, np.square: lambda x: _power(x, 2),
    np.matmul: _matmul,
}  # fmt: skip
_FUNCTIONS: dict[Any, Any] = {
    np.where: _where, np.broadcast_to: lambda x, *_: x, np.swapaxes: _swapaxes,
}  # fmt: skip


def derivative_formula(t: Any, slot: int, inputs: list[Any], own: str, upstream: str = "") -> f.Notation | None:
    """The local derivative of a primitive by its input slot; None where it has no short formula.

    inputs: a Symbolic (or a number) for each input. own: the name of the result. upstream: of a full Jacobian, which
    has no formula as a number, the name of what it is applied to; the formula is then that of the product.
    """
    try:
        g = named(upstream, t) if upstream else np.float64(1)
        with np.errstate(all="ignore"):
            found = apply_rule(t.primitive, slot, g, named(own, t), inputs, t.params)
        if isinstance(found, Symbolic):
            _written(found.formula, found)
            if upstream and found.shape != inputs[slot].shape:
                raise TypeError("a sum over axes that were broadcast")
        formula = _formula(found)
    except Exception:  # a rule may ask anything of its arrays; the number stands without its formula
        return None
    return formula if len(f.compact(formula)) <= LONGEST else None


# --- how a box was computed ----------------------------------------------------------------------------------------


def call_text(t: Any, names: list[str]) -> str:
    """How a primitive computed its result, in the names of its inputs: `w × x`, `exp(z)`, `Σ e over axis 0`."""
    params = dict(t.params)
    if "axes" in params and params["axes"] != tuple(range(t.ndim))[::-1]:  # ᵀ is the one that turns all axes round
        return f"{t.primitive.name} {', '.join(names)} {params['axes']}"
    if "subscripts" in params:
        params["subscripts"] = params["subscripts"].replace("->", "→")
    if "index" in params:
        params["index"] = _index_text(params["index"], names[1:])
    if "shape" in params:
        params["shape"] = t.shape  # a −1 in what was asked for says less
    axis = params.get("axis")
    if isinstance(axis, tuple) and len(axis) == 1:
        (axis,) = axis
    over = "" if axis is None else f" over axis {axis}".replace("-", "−")
    return t.primitive.text.format(*names, inputs=", ".join(names), over=over, **params)  # type: ignore[no-any-return]


def number_in_title(t: Any, slot: int) -> int:
    """Which input of a primitive's title a slot is, counted from 1 as they stand there."""
    fields = [name for _, name, _, _ in string.Formatter().parse(t.primitive.text) if name is not None]
    order = [name for name in fields if name.isdigit()]
    return order.index(str(slot)) + 1 if str(slot) in order else slot + 1


def _index_text(index: Any, arrays: list[str]) -> str:
    rest = iter(arrays)
    parts = index if isinstance(index, tuple) else (index,)
    return ", ".join(_part_text(part, rest) for part in parts)


def _part_text(part: Any, arrays: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
        return ":".join(ends + ([str(part.step)] if part.step is not None else []))
    if part is None or part is Ellipsis:
        return "None" if part is None else "…"
    return str(part) if isinstance(part, int) else next(arrays, "…")
