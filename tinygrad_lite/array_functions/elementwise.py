"""NumPy's elementwise functions beyond those that the lecture needs: an entry of the table each, with its rules.

`elementwise` makes the entry of a ufunc and lets the ufunc record it. Rules are as in core/primitives.py. Those of
two inputs may meet a constant of integers, so they compute nothing of that constant alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import refuse, whole
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.graph import Primitive, Rule
from tinygrad_lite.errors import DTypeError
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.tensor import Tensor, as_tensor


def elementwise(ufunc: np.ufunc, *vjps: Rule, **notation: Any) -> Primitive:
    """An entry under the name of a NumPy ufunc, which records it when it is called on Tensors."""
    entry = Primitive(ufunc.__name__, ufunc, vjps or None, kind="elementwise", ufunc=ufunc, **notation)
    implements(ufunc)(entry)
    return entry


# --- circular and hyperbolic functions, angles --------------------------------------------------------------------

# Products such as (1 − x)(1 + x) stay exact near ±1, where 1 − x² would cancel; two roots do not overflow.
arcsin = elementwise(np.arcsin, lambda g, out, x: g / np.sqrt((1 - x) * (1 + x)), javascript="Math.asin({0})")
arccos = elementwise(np.arccos, lambda g, out, x: -g / np.sqrt((1 - x) * (1 + x)), javascript="Math.acos({0})")
arctanh = elementwise(np.arctanh, lambda g, out, x: g / ((1 - x) * (1 + x)), javascript="Math.atanh({0})")
arcsinh = elementwise(np.arcsinh, lambda g, out, x: g / np.hypot(1, x), javascript="Math.asinh({0})")
arccosh = elementwise(np.arccosh, lambda g, out, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)), javascript="Math.acosh({0})")


def _share(x: Any, out: Any) -> Any:
    """x / out, and 0 at the origin, where the distance has a kink as |x| has."""
    origin = np.equal(out, 0)
    return np.where(origin, 0, x / np.where(origin, 1, out))


hypot = elementwise(np.hypot, lambda g, out, x, y: g * _share(x, out), lambda g, out, x, y: g * _share(y, out))


def _over_distance(g: Any, x: Any, y: Any) -> Any:
    # g x / (x² + y²): the squares would overflow, the distance does not.
    distance = np.hypot(x, y)
    return g * (x / distance) / distance


# NumPy's order is arctan2(y, x).
arctan2 = elementwise(
    np.arctan2,
    lambda g, out, y, x: _over_distance(g, x, y),
    lambda g, out, y, x: -_over_distance(g, y, x),
    javascript="Math.atan2({0}, {1})",
)
_TO_RADIANS, _TO_DEGREES = "{0} * (Math.PI / 180)", "{0} * (180 / Math.PI)"
deg2rad = elementwise(np.deg2rad, lambda g, out, x: g * (math.pi / 180), javascript=_TO_RADIANS, linear=True)
radians = elementwise(np.radians, lambda g, out, x: g * (math.pi / 180), javascript=_TO_RADIANS, linear=True)
rad2deg = elementwise(np.rad2deg, lambda g, out, x: g * (180 / math.pi), javascript=_TO_DEGREES, linear=True)
degrees = elementwise(np.degrees, lambda g, out, x: g * (180 / math.pi), javascript=_TO_DEGREES, linear=True)

# --- division with a remainder -----------------------------------------------------------------------------------

floor_divide = elementwise(
    np.floor_divide,
    symbol="//",
    text="{0} // {1}",
    source="{0} // {1}",
    javascript="{1} === 0 ? {0} / {1} : Math.round(({0} - {0} % {1}) / {1}) - ({0} % {1} !== 0 && {0} % {1} < 0 !== {1} < 0 ? 1 : 0)",
)
remainder = elementwise(
    np.remainder, lambda g, out, x, y: g, lambda g, out, x, y: -g * np.floor_divide(x, y),
    symbol="%", text="{0} % {1}", source="{0} % {1}",
    javascript="{0} % {1} !== 0 && {0} % {1} < 0 !== {1} < 0 ? {0} % {1} + {1} : {0} % {1}",
)  # fmt: skip
# (x − out) / y is x / y cut to a whole number. Cutting x / y itself would be wrong where it rounds up to one.
fmod = elementwise(
    np.fmod, lambda g, out, x, y: g, lambda g, out, x, y: -g * np.rint((x - out) / y), javascript="{0} % {1}"
)
fractional_part = Primitive(
    "fractional_part", lambda x: np.modf(x)[0], [lambda g, out, x: g], kind="elementwise",
    text="fractional part of {0}", source="np.modf({0})[0]",
    javascript="Math.abs({0}) === Infinity ? 0 : {0} - Math.trunc({0})",
)  # fmt: skip
whole_part = Primitive(
    "whole_part", lambda x: np.modf(x)[1], None, kind="elementwise",
    text="whole part of {0}", source="np.modf({0})[1]",
    javascript="Math.trunc({0})",
)  # fmt: skip


@implements(np.divmod)
def divmod_(x1: Any, x2: Any) -> tuple[Any, Any]:
    return floor_divide(x1, x2), remainder(x1, x2)


@implements(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    return fractional_part(x), whole_part(x)


# --- rounding: steps, which pass no gradient ------------------------------------------------------------------------

trunc = elementwise(np.trunc)
round_ = Primitive(
    "round", lambda x, *, decimals: np.round(x, decimals), None, kind="elementwise",
    text="{0} rounded to {decimals} decimals", source="np.round({0}, {decimals})",
)  # fmt: skip


@implements(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    refuse(out=out)
    return trunc(x)


@implements(np.round, np.around)
def round_to(a: Any, decimals: Any = 0, out: Any = None) -> Any:
    refuse(out=out)
    return round_(as_tensor(a), decimals=whole(decimals, "the number of decimals"))


# --- choices of the larger, the smaller, the sign --------------------------------------------------------------------


def _to_chosen(g: Any, out: Any, x: Any, y: Any) -> Any:
    """All of g where x was taken, half of it where x and y tie; a nan is never taken, because it equals nothing."""
    return np.where(np.equal(x, out), np.where(np.equal(y, out), 0.5 * g, g), 0)


def _to_other(g: Any, out: Any, x: Any, y: Any) -> Any:
    return _to_chosen(g, out, y, x)


def _nothing(g: Any, out: Any, x: Any, y: Any) -> Any:
    return np.zeros_like(g)


fmax = elementwise(
    np.fmax,
    _to_chosen,
    _to_other,
    javascript="{0} >= {1} || Number.isNaN({1}) ? {0} : {1}",
)
fmin = elementwise(
    np.fmin,
    _to_chosen,
    _to_other,
    javascript="{0} <= {1} || Number.isNaN({1}) ? {0} : {1}",
)
fabs = elementwise(np.fabs, lambda g, out, x: g * np.sign(x), symbol="|·|", text="|{0}|", javascript="Math.abs({0})")
copysign = elementwise(
    np.copysign,
    lambda g, out, x, y: g * np.sign(x) * np.copysign(1, y),
    _nothing,
    javascript="{1} < 0 || Object.is({1}, -0) ? -Math.abs({0}) : Math.abs({0})",
)
heaviside = elementwise(
    np.heaviside,
    _nothing,
    lambda g, out, x, y: np.where(np.equal(x, 0), g, 0),
    javascript="{0} < 0 ? 0 : {0} > 0 ? 1 : {0} === 0 ? {1} : NaN",
)
signbit = elementwise(np.signbit, javascript="{0} < 0 || Object.is({0}, -0)")

# --- exponentials ----------------------------------------------------------------------------------------------------

# As logaddexp: the weight 2^(x − out) is written so that it is accurate in both tails.
logaddexp2 = elementwise(
    np.logaddexp2,
    lambda g, out, x, y: g * np.exp2(-np.logaddexp2(0, y - x)),
    lambda g, out, x, y: g * np.exp2(-np.logaddexp2(0, x - y)),
    javascript="{0} === {1} ? {0} + 1 : Math.max({0}, {1}) + Math.log1p(Math.pow(2, -Math.abs({0} - {1}))) / Math.LN2",
)


@implements(np.float_power)
def float_power(x1: Any, x2: Any) -> Any:
    """The power of both in double precision at least."""
    base, exponent = as_tensor(x1), as_tensor(x2)
    kind = np.result_type(base.dtype, exponent.dtype, np.float64)
    return p.power(*[t if t.dtype == kind else t.astype(kind) for t in (base, exponent)])


# --- sinc --------------------------------------------------------------------------------------------------------------


def _sinc_slope(x: Any, *, order: int) -> Any:
    """The derivative of sin(πx)/(πx) of an order from 1 on.

    Near 0 it is summed as a power series, because sin and cos would cancel there. Elsewhere each order follows from
    the one before: z s = sin z, differentiated n times by z, says z s⁽ⁿ⁾ + n s⁽ⁿ⁻¹⁾ = sin⁽ⁿ⁾ z.
    """
    z = np.pi * np.asarray(x, np.result_type(x, np.float64))
    small = np.abs(z) < order
    near, far = np.where(small, z, 0), np.where(small, 1, z)
    waves = np.sin(far), np.cos(far), -np.sin(far), -np.cos(far)
    slope = np.sin(far) / far
    for n in range(1, order + 1):
        slope = (waves[n % 4] - n * slope) / far
    series = np.zeros_like(z)
    for k in range((order + 1) // 2, order + 16):  # the terms after these are below the rounding for |z| < order
        degree = 2 * k - order
        series += (-1) ** k * near**degree / (math.factorial(degree) * (2.0 * k + 1))
    return (np.pi**order * np.where(small, series, slope)).astype(x.dtype)[()]


sinc: Primitive = Primitive(
    "sinc",
    np.sinc,
    [lambda g, out, x: g * sinc_slope(x, order=1)],
    kind="elementwise",
    javascript="{0} === 0 ? 1 : Math.sin(Math.PI * {0}) / (Math.PI * {0})",
)
sinc_slope: Primitive = Primitive(
    "sinc_slope", _sinc_slope, [lambda g, out, x, *, order: g * sinc_slope(x, order=order + 1)], kind="elementwise",
    text="sinc({0}) differentiated {order}×", source="sinc_slope({0}, order={order})",
)  # fmt: skip
implements(np.sinc)(lambda x: sinc(as_tensor(x)))

# --- integers and truths -------------------------------------------------------------------------------------------------

gcd = elementwise(np.gcd)
lcm = elementwise(np.lcm)
logical_xor = elementwise(np.logical_xor, symbol="xor", text="{0} xor {1}", javascript="({0} !== 0) !== ({1} !== 0)")
bitwise_and = elementwise(np.bitwise_and, symbol="&", text="{0} & {1}", source="{0} & {1}")
bitwise_or = elementwise(np.bitwise_or, symbol="|", text="{0} | {1}", source="{0} | {1}")
bitwise_xor = elementwise(np.bitwise_xor, symbol="xor", text="{0} xor {1}", source="{0} ^ {1}")
invert = elementwise(np.invert, symbol="~", text="~{0}", source="~{0}")
left_shift = elementwise(np.left_shift, symbol="<<", text="{0} << {1}", source="{0} << {1}")
right_shift = elementwise(np.right_shift, symbol=">>", text="{0} >> {1}", source="{0} >> {1}")


def _bitwise(bits: Primitive, truths: Primitive | None = None) -> Callable[..., Any]:
    """What an operator of bits does: on truths it is the logical function, on integers that of the bits."""

    def operate(*xs: Any) -> Any:
        kinds = {(x if hasattr(x, "dtype") else np.asarray(x)).dtype.kind for x in xs}
        if "f" in kinds:
            raise DTypeError(
                f"{bits.source.format('a', 'b')} works on integers and truths; got floating-point numbers. "
                "Compare them first, as in (t > 0) & (t < 1)."
            )
        return truths(*xs) if truths is not None and kinds == {"b"} else bits(*xs)

    return operate


implements(np.bitwise_and)(_bitwise(bitwise_and, p.logical_and))
implements(np.bitwise_or)(_bitwise(bitwise_or, p.logical_or))
implements(np.bitwise_xor)(_bitwise(bitwise_xor, logical_xor))
implements(np.invert)(_bitwise(invert, p.logical_not))
implements(np.left_shift)(_bitwise(left_shift))
implements(np.right_shift)(_bitwise(right_shift))


# --- what NumPy asks of complex numbers, and facts -------------------------------------------------------------------------

conjugate = elementwise(np.conjugate, lambda g, out, x: g, text="{0}", javascript="{0}", linear=True)
angle_ = Primitive(
    "angle", lambda x, *, deg: np.angle(x, deg), None, kind="elementwise",
    text="angle of {0}", source="np.angle({0}, {deg})",
)  # fmt: skip


@implements(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """0 for what is positive, π for what is negative: a step."""
    return angle_(as_tensor(z), deg=bool(deg))


@implements(np.real)
def real(val: Any) -> Any:
    return val


@implements(np.imag)
def imag(val: Any) -> Any:
    return Tensor(np.zeros(val.shape, val.dtype))


@implements(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    return a


@implements(np.isreal)
def isreal(x: Any) -> Any:
    return Tensor(np.ones(x.shape, bool))


@implements(np.iscomplex)
def iscomplex(x: Any) -> Any:
    return Tensor(np.zeros(x.shape, bool))
