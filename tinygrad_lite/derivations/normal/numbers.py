"""The number that a value has on given data, without overflow, and how exactly it can be known.

Every number is a mantissa times e**scale, so e^800 / sum_k e^(z_k) is computed as it stands.
With the value comes the size of its rounding error, in units of the machine's precision: a
difference of two nearly equal numbers has a large one.  Checks are made against that.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.derivations.normal.sums import at_axes, opened
from tinygrad_lite.derivations.normal.terms import (
    Base,
    Case,
    Delta,
    Function,
    Index,
    Poly,
    Predicate,
    Product,
    Sum,
    Sym,
    Value,
)

Floats = NDArray[np.float64]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warnings inside: a naive spelling's nan is expected here."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def squeezed(data: Any) -> Floats:
    """Numbers without their axes of size 1."""
    result: Floats = np.asarray(data, dtype=float).reshape([n for n in np.shape(data) if n != 1])
    return result


@dataclass(frozen=True)
class Scaled:
    """mantissa * e**scale; ``error`` bounds the rounding error in the same scale."""

    mantissa: Floats
    error: Floats
    scale: Floats | None = None

    def value(self) -> Floats:
        """The number itself."""
        return self.mantissa if self.scale is None else self.mantissa * np.exp(self.scale)

    def bound(self) -> Floats:
        """The rounding error itself."""
        return self.error if self.scale is None else self.error * np.exp(self.scale)


@dataclass(frozen=True)
class Setting:
    """The data of each symbol, the length of each axis, and where free indices are looked at.

    ``shared``: the conditions ``t > 0`` for which a value at t = 0 is the mean of both sides; see `condition`.
    """

    values: Mapping[str, Floats]
    sizes: Mapping[str, int]
    positions: Mapping[Index, NDArray[np.intp]] = field(default_factory=dict)
    shared: Container[str] = frozenset()

    def at(self, index: Index, order: Sequence[Index]) -> NDArray[np.intp]:
        """The positions of an index, along its own dimension of ``order``."""
        if index.place is not None:
            return np.full((1,) * len(order), index.place)
        places = self.positions.get(index)
        if places is None:
            places = np.arange(self.sizes[index.axis])
        shape = [1] * len(order)
        shape[list(order).index(index)] = -1
        return places.reshape(shape)


def number(value: Value, setting: Setting, order: Sequence[Index]) -> Scaled:
    """The value as an array with one dimension for each index of ``order``.

    >>> from tinygrad_lite.derivations.normal.terms import sym
    >>> from tinygrad_lite.derivations.normal.sums import sum_over
    >>> i = Index("i", "m")
    >>> total = sum_over([i], sym("x", i))
    >>> float(number(total, Setting({"x": np.array([1.0, 2.0])}, {"m": 2}), []).value())
    3.0
    """
    with np.errstate(all="ignore"):
        return _value(value, setting, tuple(order))


def _value(value: Value, setting: Setting, order: tuple[Index, ...]) -> Scaled:
    if isinstance(value, Case):
        test = _value(value.predicate.value, setting, order)
        holds = test.mantissa > 0 if value.predicate.kind == "positive" else test.mantissa == 0
        yes, no = _value(value.yes, setting, order), _value(value.no, setting, order)
        chosen = _where(holds, yes, no)
        tie = test.mantissa == 0
        if value.predicate.kind == "positive" and np.any(tie) and condition(value.predicate) in setting.shared:
            return _where(tie, _add((_half(yes), _half(no))), chosen)
        return chosen
    result = _constant(float(value.coef), order)
    for base, exponent in value.factors:
        result = _times(result, _power(_base(base, setting, order), float(exponent)))
    return result


def condition(predicate: Predicate) -> str:
    """What a condition asks for, whatever the letters of its indices are."""
    return at_axes(predicate.value).key


def _half(value: Scaled) -> Scaled:
    return Scaled(value.mantissa / 2, value.error / 2, value.scale)


def _constant(number: float, order: tuple[Index, ...]) -> Scaled:
    mantissa = np.full((1,) * len(order), number)
    return Scaled(mantissa, np.abs(mantissa))


def _where(holds: NDArray[np.bool_], yes: Scaled, no: Scaled) -> Scaled:
    scale = None
    if yes.scale is not None or no.scale is not None:
        zero = np.zeros(())
        scale = np.where(
            holds,
            zero if yes.scale is None else yes.scale,
            zero if no.scale is None else no.scale,
        )
    return Scaled(np.where(holds, yes.mantissa, no.mantissa), np.where(holds, yes.error, no.error), scale)


def _times(left: Scaled, right: Scaled) -> Scaled:
    scale = left.scale
    if right.scale is not None:
        scale = right.scale if scale is None else scale + right.scale
    return Scaled(left.mantissa * right.mantissa, left.error * right.error, scale)


def _power(base: Scaled, exponent: float) -> Scaled:
    if exponent == 1:
        return base
    mantissa = base.mantissa**exponent
    ratio = np.where(base.error > 0, base.error / np.abs(base.mantissa), 1.0)
    error = np.abs(mantissa) * ratio ** abs(exponent)
    if exponent > 0:  # where the number itself is 0, its error to this power
        error = np.where(base.mantissa == 0, base.error**exponent, error)
    return Scaled(mantissa, error, None if base.scale is None else base.scale * exponent)


def _add(parts: Sequence[Scaled]) -> Scaled:
    if all(p.scale is None for p in parts):
        mantissa = sum((p.mantissa for p in parts), np.zeros(()))
        return Scaled(mantissa, sum((p.error for p in parts), np.zeros(())))
    scales = [np.zeros(()) if p.scale is None else p.scale for p in parts]
    live = [np.where(p.error > 0, s, -np.inf) for p, s in zip(parts, scales, strict=True)]
    top = live[0]
    for scale in live[1:]:
        top = np.maximum(top, scale)
    top = np.where(np.isneginf(top), 0.0, top)
    mantissa, error = np.zeros(()), np.zeros(())
    for part, scale in zip(parts, scales, strict=True):
        weight = np.where(part.error > 0, np.exp(scale - top), 0.0)
        mantissa = mantissa + part.mantissa * weight
        error = error + part.error * weight
    return Scaled(mantissa, error, top)


def _base(base: Base, setting: Setting, order: tuple[Index, ...]) -> Scaled:
    match base:
        case Sym(symbol=symbol, indices=indices):
            if symbol.has("size"):
                return _constant(float(setting.sizes[symbol.axis]), order)
            data = setting.values[symbol.name]
            mantissa = data[tuple(setting.at(i, order) for i in indices)]
            if not indices:
                mantissa = np.reshape(mantissa, (1,) * len(order))
            return Scaled(mantissa, np.abs(mantissa))
        case Delta(left=left, right=right):
            same = (setting.at(left, order) == setting.at(right, order)).astype(float)
            return Scaled(same, same)
        case Poly(terms=terms):
            return _add([_value(t, setting, order) for t in terms])
        case Sum():
            return _sum(base, setting, order)
        case Function(name=name, argument=argument):
            return _function(name, _value(argument, setting, order))
    raise TypeError(f"no number for {base!r}")


def _function(name: str, argument: Scaled) -> Scaled:
    if name in ("group", "number"):
        return argument
    if name == "exp":
        power = argument.value()
        return Scaled(np.ones_like(power), np.maximum(1.0, argument.bound()), power)
    if name == "log":
        ratio = argument.error / np.abs(argument.mantissa)
        mantissa = np.log(argument.mantissa)
        if argument.scale is not None:
            mantissa = mantissa + argument.scale
        return Scaled(mantissa, np.abs(mantissa) + ratio)
    primitive, x = TABLE[name], argument.value()
    mantissa = primitive.value(x)
    slope = primitive.vjps[0](np.ones_like(x), mantissa, x) if primitive.vjps else 0.0  # type: ignore[index]
    return Scaled(mantissa, np.maximum(1.0, np.abs(mantissa)) + np.abs(slope) * argument.bound())


def _sum(total: Sum, setting: Setting, order: tuple[Index, ...]) -> Scaled:
    if not set(total.bound).isdisjoint(order):  # a sum around this one has the same canonical name
        bound, body = opened(total)
        total = Sum(bound, body)
    inner = (*order, *total.bound)
    if isinstance(total.body, Product):
        factors = [_power(_base(b, setting, inner), float(e)) for b, e in total.body.factors]
        if all(f.scale is None for f in factors):
            coef = float(total.body.coef)
            mantissa = coef * _contract([f.mantissa for f in factors], len(order))
            error = abs(coef) * _contract([f.error for f in factors], len(order))
            return Scaled(mantissa, error)
    summand = _value(total.body, setting, inner)
    axes = tuple(range(len(order), len(inner)))
    lengths = tuple(setting.sizes[i.axis] for i in total.bound)
    shape = np.broadcast_shapes(summand.mantissa.shape, (*(1,) * len(order), *lengths))
    mantissa, error = np.broadcast_to(summand.mantissa, shape), np.broadcast_to(summand.error, shape)
    if summand.scale is None:
        return Scaled(mantissa.sum(axis=axes), error.sum(axis=axes))
    scale = np.broadcast_to(summand.scale, shape)
    top = np.max(np.where(error > 0, scale, -np.inf), axis=axes, keepdims=True)
    top = np.where(np.isneginf(top), 0.0, top)
    weight = np.where(error > 0, np.exp(scale - top), 0.0)
    return Scaled(
        (mantissa * weight).sum(axis=axes),
        (error * weight).sum(axis=axes),
        top.reshape(top.shape[: len(order)]),
    )


def _contract(factors: Sequence[Floats], kept: int) -> Floats:
    """The product of the factors, summed over all dimensions after the first ``kept``."""
    ndim = factors[0].ndim
    operands: list[object] = []
    used: set[int] = set()
    for factor in factors:
        dims = [d for d in range(ndim) if factor.shape[d] != 1]
        used.update(dims)
        operands += [factor.reshape([factor.shape[d] for d in dims]), dims]
    outputs = [d for d in range(kept) if d in used]
    result: Floats = np.asarray(np.einsum(*operands, outputs, optimize=len(factors) > 2))  # type: ignore[call-overload]
    shape = [1] * kept
    for dim, length in zip(outputs, result.shape, strict=True):
        shape[dim] = length
    return result.reshape(shape)
