"""Formulas: how a box was computed, and its local derivatives, printed by running the VJP rules on names.

A `Name` stands in for an array in a rule: it implements the operators and NumPy's protocols by writing down what
is asked of it. So the text ∂(x·y)/∂x = y is computed by the same rule that computes the number.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tinygrad_lite.pictures.derivatives import apply_rule
from tinygrad_lite.pictures.numbers import number

__all__ = ["Name", "call_text", "derivative_text", "pretty"]

LONGEST = 40  # a longer formula says less than its number
_SUM, _PRODUCT, _MINUS, _POWER, _ATOM = range(1, 6)  # how tightly a text binds

_GREEK = {"sigmoid": "σ", "leaky_relu": "leaky relu"}
_COMPARISONS = {
    "equal": "=", "not_equal": "≠", "greater": ">", "greater_equal": "≥", "less": "<", "less_equal": "≤",
    "logical_and": "and", "logical_or": "or",
}  # fmt: skip


def pretty(name: str) -> str:
    """A function's name as a lecture writes it: sigmoid is σ."""
    return _GREEK.get(name, name)


class Name:
    """A text that can be computed with, standing for an array of some shape and dtype."""

    def __init__(self, text: str, like: Any = 0.0, binds: int = _ATOM) -> None:
        self.text = text
        self.like = like
        self.binds = binds
        self.negative_of: Any = None  # of −y it is y
        self.inverse_of: Any = None  # of 1/y it is y, so that 1/y · x can be written x/y
        self.shape: tuple[int, ...] = np.shape(like)
        self.dtype = getattr(like, "dtype", np.dtype(float))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def T(self) -> Name:
        return self._same(f"{_bracket(self, _ATOM)}ᵀ", _POWER)

    def _same(self, text: str, binds: int = _ATOM) -> Name:
        return Name(text, self.like, binds)

    def reshape(self, *_: Any, **__: Any) -> Name:
        return self

    def astype(self, *_: Any, **__: Any) -> Name:
        return self

    def transpose(self, *_: Any, **__: Any) -> Name:
        return self.T

    def __getitem__(self, _: Any) -> Name:
        return self

    def __add__(self, other: Any) -> Any:
        return _add(self, other)

    def __radd__(self, other: Any) -> Any:
        return _add(other, self)

    def __sub__(self, other: Any) -> Any:
        return _subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return _subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return _multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return _multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return _divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _divide(other, self)

    def __pow__(self, other: Any) -> Any:
        return _power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return _power(other, self)

    def __neg__(self) -> Any:
        if self.negative_of is not None:
            return self.negative_of
        negative = self._same(f"−{_bracket(self, _PRODUCT)}", _MINUS)
        negative.negative_of = self
        return negative

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            raise TypeError(f"no formula for {ufunc.__name__}.{method}")
        name = ufunc.__name__
        operate = _OPERATORS.get(name)
        if operate is not None:
            return operate(*inputs)
        if name in _COMPARISONS:
            return Name(f" {_COMPARISONS[name]} ".join(_bracket(x, _SUM) for x in inputs), self.like, 0)
        return self._same(f"{name}({', '.join(map(_text, inputs))})")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = function.__name__
        if name == "where":
            return _where(*args)
        if name == "broadcast_to":
            return args[0]
        if name == "swapaxes":
            return args[0].T
        raise TypeError(f"no formula for {name}")


def _text(x: Any) -> str:
    return x.text if isinstance(x, Name) else number(_plain(x)).removesuffix(".0")


def _plain(x: Any) -> Any:
    if np.size(x) != 1:
        raise TypeError("an array has no short name")
    return np.asarray(x).item()


def _bracket(x: Any, binds: int) -> str:
    """The text of an operand, in brackets where it binds less tightly than its surroundings."""
    text = _text(x)
    mine = x.binds if isinstance(x, Name) else (_MINUS if text.startswith("−") else _ATOM)
    return text if mine >= binds else f"({text})"


def _is(x: Any, value: float) -> bool:
    return not isinstance(x, Name) and np.size(x) == 1 and bool(np.all(np.equal(x, value)))


def _like(x: Any, y: Any) -> Any:
    return x.like if isinstance(x, Name) else y.like


def _add(x: Any, y: Any) -> Any:
    if _is(y, 0):
        return x
    if _is(x, 0):
        return y
    if isinstance(y, Name) and y.negative_of is not None:
        return _subtract(x, -y)
    return Name(f"{_bracket(x, _SUM)} + {_bracket(y, _SUM)}", _like(x, y), _SUM)


def _subtract(x: Any, y: Any) -> Any:
    if _is(y, 0):
        return x
    if _is(x, 0):
        return -y
    return Name(f"{_bracket(x, _SUM)} − {_bracket(y, _PRODUCT)}", _like(x, y), _SUM)


def _multiply(x: Any, y: Any) -> Any:
    for a, b in ((x, y), (y, x)):
        if _is(a, 1):
            return b
        if _is(a, 0):
            return np.float64(0)
        if _is(a, -1):
            return -b
        if isinstance(a, Name) and a.negative_of is not None:
            return -_multiply(-a, b)
    for a, b in ((x, y), (y, x)):
        if isinstance(a, Name) and a.inverse_of is not None:
            return _divide(b, a.inverse_of)
    if isinstance(x, Name) and isinstance(y, Name) and x.text == y.text:
        return _power(x, 2)
    if not isinstance(y, Name):
        x, y = y, x  # the number first
    between = "" if not isinstance(x, Name) and len(y.text) == 1 else "·"
    return Name(f"{_bracket(x, _PRODUCT)}{between}{_bracket(y, _PRODUCT)}", _like(x, y), _PRODUCT)


def _divide(x: Any, y: Any) -> Any:
    if _is(y, 1):
        return x
    if isinstance(x, Name) and x.negative_of is not None:
        return -_divide(-x, y)
    quotient = Name(f"{_bracket(x, _PRODUCT)}/{_bracket(y, _POWER)}", _like(x, y), _PRODUCT)
    if _is(x, 1):
        quotient.inverse_of = y
    return quotient


def _power(x: Any, y: Any) -> Any:
    if _is(y, 1):
        return x
    if _is(y, 2):
        return Name(f"{_bracket(x, _ATOM)}²", _like(x, y), _POWER)
    return Name(f"{_bracket(x, _ATOM)}^{_bracket(y, _ATOM)}", _like(x, y), _POWER)


def _matmul(x: Any, y: Any) -> Name:
    return Name(f"{_bracket(x, _POWER)} @ {_bracket(y, _POWER)}", _like(x, y), _PRODUCT)


def _where(condition: Any, x: Any, y: Any) -> Any:
    if not isinstance(condition, Name):
        return x if _plain(condition) else y
    decided = re.compile(rf"\((?:[^()]|\([^()]*\))* if {re.escape(condition.text)} else ([^()]*)\)")
    otherwise = decided.sub(lambda found: found[1] if found[1].isalnum() else f"({found[1]})", _text(y))
    return Name(f"{_text(x)} if {condition.text} else {otherwise}", condition.like, 0)


_OPERATORS: dict[str, Any] = {
    "add": _add, "subtract": _subtract, "multiply": _multiply, "divide": _divide, "power": _power,
    "negative": lambda x: -x, "matmul": _matmul, "square": lambda x: _power(x, 2),
}  # fmt: skip


def derivative_text(t: Any, slot: int, names: list[Any], own: str, full: bool = False) -> str | None:
    """The local derivative of a primitive by its input slot, as text; None where it has no short one.

    names: a Name (or a number) for each input. own: the name of the result. full: with the upstream gradient g.
    """
    try:
        g = Name("g", t) if full else np.float64(1)
        with np.errstate(all="ignore"):
            text = _text(apply_rule(t.primitive, slot, g, Name(own, t), names, t.params))
    except Exception:  # a rule may ask anything of its arrays; the number stands without its formula
        return None
    return text if len(text) <= LONGEST else None


# --- how a box was computed ----------------------------------------------------------------------------------------


def call_text(t: Any, names: list[str]) -> str:
    """How a primitive computed its result, in the names of its inputs: `w × x`, `exp(z)`, `Σ e over axis 0`."""
    params = dict(t.params)
    if "index" in params:
        params["index"] = _index_text(params["index"], names[1:])
    axis = params.get("axis")
    over = "" if axis is None else f" over axis {axis}".replace("-", "−")
    return t.primitive.text.format(*names, inputs=", ".join(names), over=over, **params)  # type: ignore[no-any-return]


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
