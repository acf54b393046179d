"""THE TABLE: every primitive, defined once: its value, its VJP rule, its notation.

A rule gives one input's cotangent from the upstream gradient `g`, the result `out` and the inputs. Rules are
written in plain NumPy calls, operators, and other primitives: handed arrays they run at full speed, handed
Tensors they are recorded, so that higher derivatives need no second rule. A rule may return its result in the shape
of `out`: the cotangent is summed over the axes that broadcasting added (see broadcasting.py), so rules need not.

A primitive without rules (`vjps=None`) is recorded, too, but passes no gradient: comparisons, argmax, sign,
stop_gradient. A new primitive is one entry here: README.md shows one, and what the generated tests need to know.
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

from tinygrad_lite.core import choosing
from tinygrad_lite.core.broadcasting import kept_shape
from tinygrad_lite.core.graph import TABLE, Primitive, Rule, upstream
from tinygrad_lite.core.slots import fill_slots

__all__ = ["TABLE", "Primitive"]


def _elementwise(ufunc: np.ufunc, *vjps: Rule, value: Callable[..., Any] | None = None, **notation: Any) -> Primitive:
    """An entry whose value is a NumPy ufunc, under the ufunc's own name."""
    return Primitive(ufunc.__name__, value or ufunc, vjps or None, kind="elementwise", ufunc=ufunc, **notation)


def _operator(
    ufunc: np.ufunc, value: Callable[..., Any], symbol: str, code: str, *vjps: Rule, **notation: Any
) -> Primitive:
    """An entry whose value is Python's operator: on arrays it is the ufunc, on NumPy scalars it is ten times faster."""
    drawn = f"{{0}} {symbol} {{1}}" if ufunc.nin == 2 else f"{symbol}{{0}}"
    written = f"{{0}} {code} {{1}}" if ufunc.nin == 2 else f"{code}{{0}}"
    notation = {"text": drawn, "source": written, **notation}
    return _elementwise(ufunc, *vjps, value=value, symbol=symbol, **notation)


# --- arithmetic ------------------------------------------------------------------------------------------

add = _operator(np.add, operator.add, "+", "+", upstream, upstream)
subtract = _operator(np.subtract, operator.sub, "−", "-", upstream, lambda g, out, x, y: -g)
multiply = _operator(
    np.multiply, operator.mul, "×", "*", lambda g, out, x, y: g * y, lambda g, out, x, y: g * x, linear=True
)
divide = _operator(
    np.divide, operator.truediv, "÷", "/", lambda g, out, x, y: g / y, lambda g, out, x, y: -(g / y) * out,
    repair="a quotient of exponentials is finite as tg.sigmoid or tg.softmax",
)  # fmt: skip
negative = _operator(np.negative, operator.neg, "−", "-", lambda g, out, x: -g, linear=True)


def _float(x: Any, out: Any) -> Any:
    """An operand as a rule may compute with it: integers would wrap around, and their logarithm can be a float16."""
    return x if getattr(x, "dtype", out.dtype).kind == "f" else x.astype(out.dtype)


def _power_base(g: Any, out: Any, x: Any, y: Any) -> Any:
    # y x^(y-1). 0⁰ is set aside: its derivative is 0, not 0 · 0⁻¹ = nan.
    y = _float(y, out)
    if isinstance(y, np.ndarray | np.floating) and y.ndim == 0 and y != 0:
        return g * y * x ** (y - 1)  # a number as exponent, which cannot be 0⁰
    return g * y * x ** np.where(np.logical_and(np.equal(x, 0), np.equal(y, 0)), 1, y - 1)


def _power_exponent(g: Any, out: Any, x: Any, y: Any) -> Any:
    # log 0 is set aside: 0^y is 0 for every y > 0. A negative base stays nan: x^y is no function of a real y there.
    return g * out * np.log(np.where(np.equal(x, 0), 1, _float(x, out)))


power = _operator(
    np.power, operator.pow, "^", "**", _power_base, _power_exponent, text="{0}^{1}",
    javascript="{0} === 1 || ({0} === -1 && Math.abs({1}) === Infinity) ? 1 : Math.pow({0}, {1})",
    repair="a power below 1 has an infinite slope at 0, and a negative base no derivative by the exponent",
)  # fmt: skip
square = _elementwise(np.square, lambda g, out, x: 2 * g * x, symbol="²", text="{0}²", javascript="{0} * {0}")
reciprocal = _elementwise(
    np.reciprocal, lambda g, out, x: -g * out * out, symbol="1/", text="1/{0}", javascript="1 / {0}"
)
sqrt = _elementwise(
    np.sqrt, lambda g, out, x: 0.5 * g / out, symbol="√", text="√{0}",
    repair="the root has an infinite slope at 0: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0) sets it aside",
)  # fmt: skip
abs_ = _elementwise(np.absolute, lambda g, out, x: g * np.sign(x), symbol="|·|", text="|{0}|", source="np.abs({0})")

# --- exponentials, logarithms, circular and hyperbolic functions -------------------------------------------

exp = _elementwise(
    np.exp, lambda g, out, x: g * out,
    repair="tg.sigmoid, tg.softmax, tg.softplus and tg.logsumexp exponentiate only numbers that are not positive",
)  # fmt: skip
exp2 = _elementwise(np.exp2, lambda g, out, x: g * out * math.log(2), javascript="Math.pow(2, {0})")
expm1 = _elementwise(np.expm1, lambda g, out, x: g * np.exp(x))
log = _elementwise(
    np.log, lambda g, out, x: g / x,
    repair="log of a sigmoid or softmax is finite as tg.cross_entropy_with_logits, tg.log_softmax or -tg.softplus(-z), "
    "and np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0) sets 0 aside",
)  # fmt: skip
log1p = _elementwise(np.log1p, lambda g, out, x: g / (1 + x))
log2 = _elementwise(np.log2, lambda g, out, x: g / (x * math.log(2)))
log10 = _elementwise(np.log10, lambda g, out, x: g / (x * math.log(10)))
# The weight e^(x − out) as e^(−log(1 + e^(y − x))): its own derivative is then accurate in both tails, too.
logaddexp = _elementwise(
    np.logaddexp,
    lambda g, out, x, y: g * np.exp(-np.logaddexp(0, y - x)),
    lambda g, out, x, y: g * np.exp(-np.logaddexp(0, x - y)),
    javascript="{0} === {1} ? {0} + Math.LN2 : Math.max({0}, {1}) + Math.log1p(Math.exp(-Math.abs({0} - {1})))",
)


# x / y with 0/0 = 0. Its rules are made of it, too: 0/0 alone is set aside, in all derivatives.
xdivy: Primitive = Primitive(
    "xdivy", choosing.xdivy,
    [lambda g, out, x, y: xdivy(g, y), lambda g, out, x, y: -xdivy(g * out, y)],
    kind="elementwise", symbol="÷", text="{0} ÷ {1}", source="xdivy({0}, {1})",
    javascript="{0} === 0 && {1} === 0 ? {0} : {0} / {1}",
)  # fmt: skip
# x log y with 0 · log 0 = 0, as costs need it: an output that is exactly right costs nothing, not nan.
xlogy = Primitive(
    "xlogy", choosing.xlogy,
    [lambda g, out, x, y: g * np.log(_float(y, out)), lambda g, out, x, y: g * xdivy(x, y)],
    kind="elementwise", symbol="x log y", text="{0} log {1}", source="xlogy({0}, {1})",
    javascript="{0} === 0 ? {0} : {0} * Math.log({1})",
)  # fmt: skip
xlog1py = Primitive(
    "xlog1py", choosing.xlog1py,
    [lambda g, out, x, y: g * np.log1p(_float(y, out)), lambda g, out, x, y: g * xdivy(x, 1 + _float(y, out))],
    kind="elementwise", symbol="x log(1+y)", text="{0} log(1 + {1})", source="xlog1py({0}, {1})",
    javascript="{0} === 0 ? {0} : {0} * Math.log1p({1})",
)  # fmt: skip
sin = _elementwise(np.sin, lambda g, out, x: g * np.cos(x))
cos = _elementwise(np.cos, lambda g, out, x: -g * np.sin(x))
tan = _elementwise(np.tan, lambda g, out, x: g * (1 + out * out))
arctan = _elementwise(np.arctan, lambda g, out, x: g / (1 + x * x), javascript="Math.atan({0})")
sinh = _elementwise(np.sinh, lambda g, out, x: g * np.cosh(x))
cosh = _elementwise(np.cosh, lambda g, out, x: g * np.sinh(x))

# --- choices -----------------------------------------------------------------------------------------------


def _to_larger(g: Any, out: Any, x: Any, y: Any) -> Any:
    """All of g where x is larger than y, half of it where they tie."""
    return choosing.where(np.equal(x, y), 0.5 * g, choosing.where(np.greater(x, y), g, 0))


def _to_smaller(g: Any, out: Any, x: Any, y: Any) -> Any:
    return _to_larger(g, out, y, x)


maximum = _elementwise(np.maximum, _to_larger, _to_smaller, symbol="max", javascript="Math.max({0}, {1})")
minimum = _elementwise(np.minimum, _to_smaller, _to_larger, symbol="min", javascript="Math.min({0}, {1})")
where = Primitive(
    "where", choosing.where,
    [lambda g, out, c, x, y: None, lambda g, out, c, x, y: choosing.where(c, g, 0), lambda g, out, c, x, y: choosing.where(c, 0, g)],
    kind="elementwise", text="{1} if {0} else {2}", javascript="{0} !== 0 ? {1} : {2}",
)  # fmt: skip

greater = _operator(np.greater, operator.gt, ">", ">")
greater_equal = _operator(np.greater_equal, operator.ge, "≥", ">=")
less = _operator(np.less, operator.lt, "<", "<")
less_equal = _operator(np.less_equal, operator.le, "≤", "<=")
equal = _operator(np.equal, operator.eq, "=", "==")
not_equal = _operator(np.not_equal, operator.ne, "≠", "!=")
logical_and = _elementwise(np.logical_and, symbol="and", text="{0} and {1}", javascript="{0} !== 0 && {1} !== 0")
logical_or = _elementwise(np.logical_or, symbol="or", text="{0} or {1}", javascript="{0} !== 0 || {1} !== 0")
logical_not = _elementwise(np.logical_not, symbol="not", text="not {0}", javascript="{0} === 0")
isfinite = _elementwise(np.isfinite, javascript="Number.isFinite({0})")
isnan = _elementwise(np.isnan, javascript="Number.isNaN({0})")
isinf = _elementwise(np.isinf, javascript="Math.abs({0}) === Infinity")
sign = _elementwise(np.sign)
floor = _elementwise(np.floor)
ceil = _elementwise(np.ceil)
rint = _elementwise(  # a half to the even neighbour: JavaScript rounds it up
    np.rint, javascript="Math.abs({0} - Math.trunc({0})) === 0.5 ? 2 * Math.round({0} / 2) : Math.round({0})"
)

# --- reductions ----------------------------------------------------------------------------------------------


def _sum_rule(g: Any, out: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    if g.shape == x.shape:  # of a number, for instance
        return g
    if axis is not None and not keepdims:
        g = g.reshape(kept_shape(x.shape, axis))
    return broadcast_to(g, shape=x.shape)


def _extremum_rule(g: Any, out: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    # All elements that tie share the gradient evenly. Where the extremum is nan, the nans tie: otherwise nothing
    # would equal the extremum, and the shares would be 0/0.
    kept = kept_shape(x.shape, axis)
    out = out.reshape(kept)
    winners = np.logical_or(np.equal(x, out), np.logical_and(np.isnan(x), np.isnan(out))).astype(x.dtype)
    return g.reshape(kept) * winners / np.sum(winners, axis=axis, keepdims=True)


def _cumsum_rule(g: Any, out: Any, x: Any, *, axis: int) -> Any:
    backwards = (slice(None),) * (axis % len(x.shape)) + (slice(None, None, -1),)
    return np.cumsum(g[backwards], axis=axis)[backwards]


def _reduction(
    name: str, rule: Rule | None, symbol: str = "", ufunc: np.ufunc | None = None, linear: bool = False
) -> Primitive:
    def value(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        if ufunc is not None and type(x) is np.ndarray:
            return ufunc.reduce(x, axis=axis, keepdims=keepdims)  # what the method does, in half the time
        if ufunc is np.add and axis is None and isinstance(x, np.floating):
            return x + 0  # the method takes six times as long
        return getattr(x, name)(axis=axis, keepdims=keepdims)

    return Primitive(
        name, value, rule and [rule], kind="reduction", symbol=symbol, text=f"{symbol or name} {{0}}{{over}}",
        source=f"np.{name}({{0}}, axis={{axis}}, keepdims={{keepdims}})", linear=linear,
    )  # fmt: skip


sum_ = _reduction("sum", _sum_rule, "Σ", np.add, linear=True)
max_ = _reduction("max", _extremum_rule, ufunc=np.maximum)
min_ = _reduction("min", _extremum_rule, ufunc=np.minimum)
argmax = _reduction("argmax", None)
argmin = _reduction("argmin", None)
any_ = _reduction("any", None)
all_ = _reduction("all", None)
cumsum = Primitive(
    "cumsum", lambda x, *, axis: np.cumsum(x, axis=axis), [_cumsum_rule], kind="product", text="cumsum {0}{over}",
    source="np.cumsum({0}, axis={axis})", linear=True,
)  # fmt: skip

# --- products of matrices --------------------------------------------------------------------------------------


def _t(x: Any) -> Any:
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


def _matmul_left(g: Any, out: Any, x: Any, y: Any) -> Any:
    if y.ndim == 1:
        return g[..., None] * y
    if x.ndim == 1:
        return np.matmul(y, g) if y.ndim == 2 else np.matmul(y, g[..., None])[..., 0]
    return np.matmul(g, _t(y))


def _matmul_right(g: Any, out: Any, x: Any, y: Any) -> Any:
    if x.ndim == 1:
        return x * g if y.ndim == 1 else x[:, None] * g[..., None, :]
    if y.ndim == 1:
        return np.matmul(g, x) if x.ndim == 2 else np.matmul(g[..., None, :], x)[..., 0, :]
    return np.matmul(_t(x), g)


matmul = Primitive(
    "matmul", operator.matmul, [_matmul_left, _matmul_right], kind="product", ufunc=np.matmul,
    symbol="@", text="{0} @ {1}", source="{0} @ {1}", linear=True,
)  # fmt: skip


def _einsum_value(*xs: Any, subscripts: str) -> Any:
    out = np.einsum(subscripts, *xs)
    return out.copy() if len(xs) == 1 and isinstance(out, np.ndarray) else out  # of one operand NumPy may give a view


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
    "einsum", _einsum_value,
    lambda out, *xs, subscripts: [partial(_einsum_cotangent, i, subscripts, xs) for i in range(len(xs))],
    kind="product", text="einsum {subscripts} of {inputs}", source="np.einsum({subscripts!r}, {inputs})", linear=True,
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
    "broadcast_to", _broadcast, [lambda g, out, x, *, shape: g],  # what broadcasting added is summed for every rule
    kind="elementwise", symbol="broadcast", text="{0} to {shape}", source="np.broadcast_to({0}, {shape})", view=True,
    linear=True, javascript="{0}",
)  # fmt: skip
reshape = Primitive(
    "reshape", lambda x, *, shape: x.reshape(shape), [lambda g, out, x, *, shape: g.reshape(x.shape)],
    kind="shape", text="{0} as {shape}", source="{0}.reshape({shape})", view=True, linear=True,
)  # fmt: skip


def _transpose_rule(g: Any, out: Any, x: Any, *, axes: tuple[int, ...]) -> Any:
    return np.transpose(g, sorted(range(len(axes)), key=axes.__getitem__))  # the inverse permutation


transpose = Primitive(
    "transpose", lambda x, *, axes: x.transpose(axes), [_transpose_rule],
    kind="shape", symbol="ᵀ", text="{0}ᵀ", source="{0}.transpose({axes})", view=True, linear=True,
)  # fmt: skip
astype = Primitive(
    "astype", lambda x, *, dtype: x.astype(dtype), [lambda g, out, x, *, dtype: g.astype(x.dtype)],
    kind="elementwise", text="{0} as {dtype}", source="{0}.astype('{dtype}')", linear=True, javascript="{0}",
)  # fmt: skip
astype_integer = Primitive(
    "astype_integer", lambda x, *, dtype: x.astype(dtype), None,
    kind="elementwise", text="{0} as {dtype}", source="{0}.astype('{dtype}')", javascript="{0}",
)  # fmt: skip
identity = Primitive(
    "identity", lambda x: x, [lambda g, out, x: g], kind="elementwise", text="{0}", source="{0}", view=True, linear=True,
    ufunc=np.positive,
)  # fmt: skip
copy = Primitive(
    "copy", lambda x: x.copy(), [lambda g, out, x: g], kind="elementwise", source="{0}.copy()", linear=True,
    javascript="{0}",
)  # fmt: skip
stop_gradient = Primitive(
    "stop_gradient", lambda x: x.copy(), None, kind="elementwise", symbol="stop", source="{0}", linear=True
)


def _concatenate_rules(out: Any, *xs: Any, axis: int) -> list[Callable[[Any], Any]]:
    ends = list(accumulate(x.shape[axis] for x in xs))
    before = (slice(None),) * axis
    return [itemgetter((*before, slice(start, end))) for start, end in pairwise([0, *ends])]


concatenate = Primitive(
    "concatenate", lambda *xs, axis: np.concatenate(xs, axis=axis), _concatenate_rules,
    kind="shape", symbol="concat", text="concat {inputs}{over}", source="np.concatenate(({inputs},), axis={axis})",
)  # fmt: skip


def _scatter_value(g: Any, *arrays: Any, index: Any, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, g.dtype)
    if any(np.asarray(a).dtype != np.bool_ for a in arrays):  # in a program, an integer may be Python's own
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
    kind="shape", symbol="[ ]", text="{0}[{index}]", source="{0}[{index}]", view=True, linear=True,
)  # fmt: skip
scatter = Primitive(
    "scatter", _scatter_value, _scatter_rules, kind="product", text="scatter({inputs})",
    source="scatter({0}, {index}, {shape})", linear=True,
)  # fmt: skip
