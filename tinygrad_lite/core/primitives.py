"""THE TABLE: every primitive, defined once: its value, its VJP rule, its notation.

A rule gives one input's cotangent from the upstream gradient `g`, the result `out` and the inputs. Rules are
written in plain NumPy calls, operators, and other primitives: handed arrays they run at full speed, handed
Tensors they are recorded, so that higher derivatives need no second rule. The sweep (`backprop.py`) sums a
cotangent over the axes that broadcasting added, so rules need not.

A primitive without rules (`vjps=None`) is recorded, too, but passes no gradient: comparisons, argmax, sign,
stop_gradient. A new primitive is one entry here; generated tests cover it by its being there.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Any

import numpy as np

Rule = Callable[..., Any]

TABLE: dict[str, Primitive] = {}


class Primitive:
    """One entry of the table; calling it computes on arrays and records on Tensors.

    name: how it is known. value: NumPy function of positional arrays and keyword parameters.
    vjps: one rule `(g, out, *inputs, **params) -> cotangent` per input; or, where the number of inputs is open, one
    function `(out, *inputs, **params)` that gives a function of g per input; or None.
    symbol, latex, source: how it is drawn, read in LaTeX, and written as NumPy; `{0}` stands for an input.
    ufunc: the NumPy function that means this primitive and nothing else.

    >>> import numpy as np
    >>> from tinygrad_lite.core.primitives import TABLE
    >>> float(TABLE["exp"](np.float64(0.0)))
    1.0
    """

    __slots__ = ("arity", "latex", "name", "source", "symbol", "ufunc", "value", "vjps")

    def __init__(
        self,
        name: str,
        value: Callable[..., Any],
        vjps: Sequence[Rule] | Rule | None,
        *,
        latex: str,
        source: str,
        symbol: str | None = None,
        ufunc: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name
        self.value = value
        self.vjps = tuple(vjps) if isinstance(vjps, list) else vjps
        self.symbol = symbol or name
        # 1 or 2 where the sweep may take its short way: a rule for each of one or two inputs.
        self.arity = len(self.vjps) if isinstance(self.vjps, tuple) and len(self.vjps) < 3 else 0
        self.latex = latex
        self.source = source
        self.ufunc = ufunc
        TABLE[name] = self

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        """The value; among Tensors, recorded. The one knot: tensor.py puts its `record` here."""
        return self.value(*inputs, **params)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _named, (self.name,)  # pickled and copied by name: identity is what readers compare


def _named(name: str) -> Primitive:
    return TABLE[name]


def _elementwise(
    ufunc: Any, *vjps: Rule, latex: str, source: str = "", symbol: str = "", value: Any = None
) -> Primitive:
    """An entry whose value is a NumPy ufunc, under the ufunc's own name."""
    arguments = ", ".join(f"{{{i}}}" for i in range(ufunc.nin))
    return Primitive(
        ufunc.__name__,
        value or ufunc,
        list(vjps) or None,
        latex=latex,
        source=source or f"np.{ufunc.__name__}({arguments})",
        symbol=symbol,
        ufunc=ufunc,
    )


def unchanged(g: Any, out: Any, x: Any, y: Any) -> Any:
    """The rule of a sum, by name: the sweep knows it, and saves the call."""
    return g


# --- arithmetic ------------------------------------------------------------------------------------------
# Values of the operators are Python's: on arrays they are the ufuncs, on NumPy scalars ten times faster.

add = _elementwise(
    np.add, unchanged, unchanged,
    value=operator.add, symbol="+", latex="{0} + {1}", source="{0} + {1}",
)  # fmt: skip
subtract = _elementwise(
    np.subtract, unchanged, lambda g, out, x, y: -g,
    value=operator.sub, symbol="−", latex="{0} - {1}", source="{0} - {1}",
)  # fmt: skip
multiply = _elementwise(
    np.multiply, lambda g, out, x, y: g * y, lambda g, out, x, y: g * x,
    value=operator.mul, symbol="×", latex=r"{0} \cdot {1}", source="{0} * {1}",
)  # fmt: skip
divide = _elementwise(
    np.divide, lambda g, out, x, y: g / y, lambda g, out, x, y: -(g / y) * out,
    value=operator.truediv, symbol="÷", latex=r"\frac{{{0}}}{{{1}}}", source="{0} / {1}",
)  # fmt: skip
negative = _elementwise(np.negative, lambda g, out, x: -g, value=operator.neg, symbol="−", latex="-{0}", source="-{0}")


def _power_base(g: Any, out: Any, x: Any, y: Any) -> Any:
    # y x^(y-1), with the exponent 0 set aside first: 0⁰ has derivative 0, not 0 · 0⁻¹ = nan.
    constant = np.equal(y, 0)
    return g * np.where(constant, 0, y) * x ** np.where(constant, 1, y - 1)


def _power_exponent(g: Any, out: Any, x: Any, y: Any) -> Any:
    # log 0 is set aside: 0^y is 0 for every y > 0. A negative base stays nan: x^y is no function of a real y there.
    return g * out * np.log(np.where(np.equal(x, 0), 1, x))


power = _elementwise(
    np.power, _power_base, _power_exponent,
    value=operator.pow, symbol="^", latex="{0}^{{{1}}}", source="{0} ** {1}",
)  # fmt: skip
square = _elementwise(np.square, lambda g, out, x: 2 * g * x, symbol="²", latex="{0}^2")
reciprocal = _elementwise(np.reciprocal, lambda g, out, x: -g * out * out, symbol="1/", latex=r"\frac{{1}}{{{0}}}")
sqrt = _elementwise(np.sqrt, lambda g, out, x: 0.5 * g / out, symbol="√", latex=r"\sqrt{{{0}}}")
abs_ = _elementwise(
    np.absolute, lambda g, out, x: g * np.sign(x), symbol="|·|", latex=r"\left|{0}\right|", source="np.abs({0})"
)

# --- exponentials, logarithms, circular and hyperbolic functions -------------------------------------------

exp = _elementwise(np.exp, lambda g, out, x: g * out, latex="e^{{{0}}}")
exp2 = _elementwise(np.exp2, lambda g, out, x: g * out * math.log(2), latex="2^{{{0}}}")
expm1 = _elementwise(np.expm1, lambda g, out, x: g * np.exp(x), latex="e^{{{0}}} - 1")
log = _elementwise(np.log, lambda g, out, x: g / x, latex=r"\log {0}")
log1p = _elementwise(np.log1p, lambda g, out, x: g / (1 + x), latex=r"\log(1 + {0})")
log2 = _elementwise(np.log2, lambda g, out, x: g / (x * math.log(2)), latex=r"\log_2 {0}")
log10 = _elementwise(np.log10, lambda g, out, x: g / (x * math.log(10)), latex=r"\log_{{10}} {0}")
# The weight e^(x − out) as e^(−log(1 + e^(y − x))): its own derivative is then accurate in both tails, too.
logaddexp = _elementwise(
    np.logaddexp,
    lambda g, out, x, y: g * np.exp(-np.logaddexp(0, y - x)),
    lambda g, out, x, y: g * np.exp(-np.logaddexp(0, x - y)),
    latex=r"\log(e^{{{0}}} + e^{{{1}}})",
)


def _xlogy(x: Any, y: Any) -> Any:
    zero = np.equal(x, 0)
    return np.where(zero, 0, x * np.log(np.where(zero, 1, y)))


def _xlog1py(x: Any, y: Any) -> Any:
    zero = np.equal(x, 0)
    return np.where(zero, 0, x * np.log1p(np.where(zero, 0, y)))


def _quotient(x: Any, y: Any) -> Any:
    """x / y, and 0 wherever x is 0."""
    zero = np.equal(x, 0)
    return np.where(zero, 0, x / np.where(zero, 1, y))


# x log y with 0 · log 0 = 0, as costs need it: an output that is exactly right costs nothing, not nan.
xlogy = Primitive(
    "xlogy", _xlogy, [lambda g, out, x, y: g * np.log(y), lambda g, out, x, y: g * _quotient(x, y)],
    symbol="x log y", latex=r"{0} \log {1}", source="xlogy({0}, {1})",
)  # fmt: skip
xlog1py = Primitive(
    "xlog1py", _xlog1py, [lambda g, out, x, y: g * np.log1p(y), lambda g, out, x, y: g * _quotient(x, 1 + y)],
    symbol="x log(1+y)", latex=r"{0} \log(1 + {1})", source="xlog1py({0}, {1})",
)  # fmt: skip
sin = _elementwise(np.sin, lambda g, out, x: g * np.cos(x), latex=r"\sin {0}")
cos = _elementwise(np.cos, lambda g, out, x: -g * np.sin(x), latex=r"\cos {0}")
tan = _elementwise(np.tan, lambda g, out, x: g * (1 + out * out), latex=r"\tan {0}")
arctan = _elementwise(np.arctan, lambda g, out, x: g / (1 + x * x), latex=r"\arctan {0}")
sinh = _elementwise(np.sinh, lambda g, out, x: g * np.cosh(x), latex=r"\sinh {0}")
cosh = _elementwise(np.cosh, lambda g, out, x: g * np.sinh(x), latex=r"\cosh {0}")

# --- choices -----------------------------------------------------------------------------------------------


def _share(g: Any, mine: Any, other: Any) -> Any:
    """The winner takes the gradient; a tie is shared evenly."""
    return np.where(np.equal(mine, other), 0.5 * g, np.where(np.greater(mine, other), g, 0))


maximum = _elementwise(
    np.maximum, lambda g, out, x, y: _share(g, x, y), lambda g, out, x, y: _share(g, y, x), symbol="max",
    latex=r"\max({0}, {1})",
)  # fmt: skip
minimum = _elementwise(
    np.minimum, lambda g, out, x, y: _share(g, -x, -y), lambda g, out, x, y: _share(g, -y, -x), symbol="min",
    latex=r"\min({0}, {1})",
)  # fmt: skip
where = Primitive(
    "where", np.where,
    [lambda g, out, c, x, y: None, lambda g, out, c, x, y: np.where(c, g, 0), lambda g, out, c, x, y: np.where(c, 0, g)],
    latex=r"\left\{{{1} \text{{ if }} {0}, \text{{ else }} {2}\right.", source="np.where({0}, {1}, {2})",
)  # fmt: skip

greater = _elementwise(np.greater, value=operator.gt, symbol=">", latex="{0} > {1}", source="{0} > {1}")
greater_equal = _elementwise(np.greater_equal, value=operator.ge, symbol="≥", latex=r"{0} \ge {1}", source="{0} >= {1}")
less = _elementwise(np.less, value=operator.lt, symbol="<", latex="{0} < {1}", source="{0} < {1}")
less_equal = _elementwise(np.less_equal, value=operator.le, symbol="≤", latex=r"{0} \le {1}", source="{0} <= {1}")
equal = _elementwise(np.equal, value=operator.eq, symbol="=", latex="{0} = {1}", source="{0} == {1}")
not_equal = _elementwise(np.not_equal, value=operator.ne, symbol="≠", latex=r"{0} \ne {1}", source="{0} != {1}")
logical_and = _elementwise(np.logical_and, symbol="and", latex=r"{0} \wedge {1}")
logical_or = _elementwise(np.logical_or, symbol="or", latex=r"{0} \vee {1}")
logical_not = _elementwise(np.logical_not, symbol="not", latex=r"\neg {0}")
isfinite = _elementwise(np.isfinite, latex=r"\mathrm{{isfinite}}({0})")
isnan = _elementwise(np.isnan, latex=r"\mathrm{{isnan}}({0})")
isinf = _elementwise(np.isinf, latex=r"\mathrm{{isinf}}({0})")
sign = _elementwise(np.sign, latex=r"\mathrm{{sign}}({0})")
floor = _elementwise(np.floor, latex=r"\lfloor {0} \rfloor")
ceil = _elementwise(np.ceil, latex=r"\lceil {0} \rceil")
rint = _elementwise(np.rint, latex=r"\mathrm{{round}}({0})")

# --- reductions ----------------------------------------------------------------------------------------------


def _kept(shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """The shape with the reduced axes kept as 1."""
    if axis is None:
        return (1,) * len(shape)
    axes = {a % max(len(shape), 1) for a in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _sum_rule(g: Any, out: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is not None and not keepdims:
        g = g.reshape(_kept(x.shape, axis))
    return broadcast_to(g, shape=x.shape)


def _extremum_rule(g: Any, out: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    # Shared evenly among the ties. A nan is its own winner, so that it is passed on and makes no 0/0.
    kept = _kept(x.shape, axis)
    out = out.reshape(kept)
    winners = np.logical_or(np.equal(x, out), np.logical_and(np.isnan(x), np.isnan(out))).astype(x.dtype)
    return g.reshape(kept) * winners / np.sum(winners, axis=axis, keepdims=True)


def _cumsum_rule(g: Any, out: Any, x: Any, *, axis: int) -> Any:
    backwards = (slice(None),) * (axis % len(x.shape)) + (slice(None, None, -1),)
    return np.cumsum(g[backwards], axis=axis)[backwards]


def _reduction(name: str, rule: Rule | None, latex: str, symbol: str = "") -> Primitive:
    def value(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        return getattr(x, name)(axis=axis, keepdims=keepdims)

    return Primitive(
        name, value, rule and [rule], symbol=symbol, latex=latex,
        source=f"np.{name}({{0}}, axis={{axis}}, keepdims={{keepdims}})",
    )  # fmt: skip


sum_ = _reduction("sum", _sum_rule, r"\sum {0}", "Σ")
max_ = _reduction("max", _extremum_rule, r"\max {0}")
min_ = _reduction("min", _extremum_rule, r"\min {0}")
argmax = _reduction("argmax", None, r"\mathrm{{argmax}}\, {0}")
argmin = _reduction("argmin", None, r"\mathrm{{argmin}}\, {0}")
any_ = _reduction("any", None, r"\exists {0}")
all_ = _reduction("all", None, r"\forall {0}")
cumsum = Primitive(
    "cumsum",
    lambda x, *, axis: np.cumsum(x, axis=axis),
    [_cumsum_rule],
    latex=r"\mathrm{{cumsum}}({0})",
    source="np.cumsum({0}, axis={axis})",
)

# --- products of matrices --------------------------------------------------------------------------------------


def _t(x: Any) -> Any:
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


def _matmul_left(g: Any, out: Any, x: Any, y: Any) -> Any:
    if y.ndim == 1:
        return g[..., None] * y
    if x.ndim == 1:
        return np.matmul(y, g[..., None])[..., 0]
    return np.matmul(g, _t(y))


def _matmul_right(g: Any, out: Any, x: Any, y: Any) -> Any:
    if x.ndim == 1:
        return x * g if y.ndim == 1 else x[:, None] * g[..., None, :]
    if y.ndim == 1:
        return np.matmul(g[..., None, :], x)[..., 0, :]
    return np.matmul(_t(x), g)


matmul = _elementwise(
    np.matmul, _matmul_left, _matmul_right,
    value=operator.matmul, symbol="@", latex="{0} {1}", source="{0} @ {1}",
)  # fmt: skip


def _einsum_cotangent(i: int, subscripts: str, xs: Sequence[Any], g: Any) -> Any:
    # Differentiating a product of sums by one factor leaves the other factors: swap g for that factor.
    terms, result = subscripts.split("->")
    names = terms.split(",")
    others = [(n, x) for j, (n, x) in enumerate(zip(names, xs, strict=True)) if j != i]
    fresh = iter(sorted(set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(subscripts)))
    operands, labels, target, shape = [g], [result], "", xs[i].shape
    for label, size in zip(names[i], shape, strict=True):
        if label in target:  # a diagonal: only its elements get a gradient
            twin = next(fresh)
            operands.append(np.eye(size, dtype=g.dtype))
            labels.append(label + twin)
            label = twin
        elif not any(label in n for n, _ in [*others, (result, g)]):  # summed in this factor alone
            operands.append(np.ones(size, dtype=g.dtype))
            labels.append(label)
        target += label
    operands += [x for _, x in others]
    labels += [n for n, _ in others]
    c = np.einsum(",".join(labels) + "->" + target, *operands)
    wide = np.broadcast_shapes(c.shape, shape)  # NumPy lets an axis of size 1 stand for any size
    return c if c.shape == wide else np.broadcast_to(c, wide)


einsum = Primitive(
    "einsum", lambda *xs, subscripts: np.einsum(subscripts, *xs),
    lambda out, *xs, subscripts: [partial(_einsum_cotangent, i, subscripts, xs) for i in range(len(xs))],
    latex=r"\mathrm{{einsum}}_{{{subscripts}}}({inputs})", source="np.einsum({subscripts!r}, {inputs})",
)  # fmt: skip

# --- shapes, types, places ---------------------------------------------------------------------------------------


def _broadcast(x: Any, *, shape: tuple[int, ...]) -> Any:
    # Filling a small array costs a sixth of making a view with zero strides.
    if isinstance(x, np.ndarray | np.generic) and math.prod(shape) <= 4096:
        out = np.empty(shape, x.dtype)
        out[...] = x
        return out
    return np.broadcast_to(x, shape)


broadcast_to = Primitive(
    "broadcast_to", _broadcast, [lambda g, out, x, *, shape: g],  # the sweep sums what broadcasting added
    symbol="broadcast", latex="{0}", source="np.broadcast_to({0}, {shape})",
)  # fmt: skip
reshape = Primitive(
    "reshape", lambda x, *, shape: x.reshape(shape), [lambda g, out, x, *, shape: g.reshape(x.shape)],
    latex="{0}", source="{0}.reshape({shape})",
)  # fmt: skip


def _transpose_rule(g: Any, out: Any, x: Any, *, axes: tuple[int, ...]) -> Any:
    return np.transpose(g, sorted(range(len(axes)), key=axes.__getitem__))  # the inverse permutation


transpose = Primitive(
    "transpose", lambda x, *, axes: x.transpose(axes), [_transpose_rule],
    symbol="ᵀ", latex="{0}^T", source="{0}.transpose({axes})",
)  # fmt: skip
astype = Primitive(
    "astype", lambda x, *, dtype: x.astype(dtype), [lambda g, out, x, *, dtype: g.astype(x.dtype)],
    latex="{0}", source="{0}.astype('{dtype}')",
)  # fmt: skip
astype_integer = Primitive(
    "astype_integer", lambda x, *, dtype: x.astype(dtype), None, latex="{0}", source="{0}.astype('{dtype}')"
)
identity = Primitive("identity", lambda x: x, [lambda g, out, x: g], latex="{0}", source="{0}", ufunc=np.positive)
copy = Primitive("copy", lambda x: x.copy(), [lambda g, out, x: g], latex="{0}", source="{0}.copy()", ufunc=None)
stop_gradient = Primitive("stop_gradient", lambda x: x.copy(), None, symbol="stop", latex="{0}", source="{0}")


def _concatenate_rules(out: Any, *xs: Any, axis: int) -> list[Callable[[Any], Any]]:
    ends = list(accumulate(x.shape[axis] for x in xs))
    before = (slice(None),) * axis
    return [itemgetter((*before, slice(start, end))) for start, end in pairwise([0, *ends])]


concatenate = Primitive(
    "concatenate", lambda *xs, axis: np.concatenate(xs, axis=axis), _concatenate_rules,
    symbol="concat", latex=r"({inputs})", source="np.concatenate(({inputs},), axis={axis})",
)  # fmt: skip


class Slot:
    """Stands in a recorded index where an array goes that is an input of the node."""

    def __repr__(self) -> str:
        return "…"


SLOT = Slot()


def fill_slots(index: Any, arrays: Sequence[Any]) -> Any:
    """The index as NumPy takes it: the recorded template with its arrays put back."""
    if not arrays:
        return index
    rest = iter(arrays)
    return tuple(next(rest) if part is SLOT else part for part in index)


def _scatter_value(g: Any, *arrays: Any, index: Any, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, g.dtype)
    if any(a.dtype != np.bool_ for a in arrays):
        np.add.at(out, fill_slots(index, arrays), g)  # an index may come twice: both count
    else:
        out[fill_slots(index, arrays)] = g
    return out


def _getitem_rules(out: Any, x: Any, *arrays: Any, index: Any) -> list[Any]:
    return [lambda g: scatter(g, *arrays, index=index, shape=x.shape), *[None] * len(arrays)]


def _scatter_rules(out: Any, x: Any, *arrays: Any, index: Any, shape: Any) -> list[Any]:
    return [lambda g: getitem(g, *arrays, index=index), *[None] * len(arrays)]


getitem = Primitive(
    "getitem", lambda x, *arrays, index: x[fill_slots(index, arrays)], _getitem_rules,
    symbol="[ ]", latex="{0}_{{{index}}}", source="{0}[{index}]",
)  # fmt: skip
scatter = Primitive(
    "scatter", _scatter_value, _scatter_rules, latex=r"\mathrm{{scatter}}({0})",
    source="scatter({0}, {index}, {shape})",
)  # fmt: skip
