"""NumPy's functions on Tensors that go along an axis: running sums, products and extrema, differences, slopes."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from tinygrad_lite.array_functions.arguments import (
    accumulated,
    along,
    axes_of,
    cast,
    flat,
    lying_along,
    one_axis,
    plain,
    refuse,
    untracked,
    whole,
)
from tinygrad_lite.array_functions.places import take_along_axis
from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.broadcasting import kept_shape
from tinygrad_lite.errors import DomainError, DTypeError, ShapeError
from tinygrad_lite.programs.composite import composite
from tinygrad_lite.tensor.dispatch import implements
from tinygrad_lite.tensor.operands import float_operand
from tinygrad_lite.tensor.tensor import as_tensor

# --- running sums, products and extrema ------------------------------------------------------------------------------


@implements(np.cumsum)
def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    refuse(out=out)
    a, axis = flat(a, axis)
    a = accumulated(a, dtype, "np.cumsum")
    return cast(p.cumsum(a, axis=axis), a.dtype, "np.cumsum")  # NumPy adds up small integers in a larger dtype


@implements(np.cumprod)
@composite
def cumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """One product after the other, as NumPy has it.

    Nothing is divided, so it is right at zeros, to every order. Products of parts of the axis would take fewer steps,
    but they can overflow where no running product does.
    """
    refuse(out=out)
    a, axis = flat(a, axis)
    a = accumulated(a, dtype, "np.cumprod")
    if a.shape[axis] == 0:
        return a
    return p.concatenate(*accumulate(_slices(a, axis), p.multiply), axis=axis)


def _slices(a: Any, axis: int) -> list[Any]:
    """The slices of a along an axis, each of size 1.

    They are cut by halves: the gradient of a cut is as large as what was cut, so n cuts of the whole would cost n².
    """
    n = a.shape[axis]
    if n == 1:
        return [a]
    first, second = slice(None, n // 2), slice(n // 2, None)
    return _slices(a[along(axis, first)], axis) + _slices(a[along(axis, second)], axis)


@implements(np.nancumsum)
@composite
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    return cumsum(p.where(p.isnan(a), 0, a), axis, dtype, out)


@implements(np.nancumprod)
@composite
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    return cumprod(p.where(p.isnan(a), 1, a), axis, dtype, out)


def _cumulative(scan: Any, first: int, name: str) -> Any:
    def cumulative(
        x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        if axis is None and x.ndim > 1:
            raise ShapeError(f"{name} of shape {x.shape} needs an axis.")
        x, axis = flat(x, axis)
        found = scan(x, axis, dtype, out)
        if not include_initial:
            return found
        start = np.full(kept_shape(x.shape, axis), first, found.dtype)
        return p.concatenate(start, found, axis=axis)

    return cumulative


if hasattr(np, "cumulative_sum"):  # from NumPy 2.1 on
    implements(np.cumulative_sum)(_cumulative(cumsum, 0, "np.cumulative_sum"))
    implements(np.cumulative_prod)(_cumulative(cumprod, 1, "np.cumulative_prod"))


def _accumulated(cumulative: Any) -> Any:
    """A ufunc accumulates along one axis, where np.cumsum takes None for all elements in a row."""

    def running(array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        array = as_tensor(array)
        return cumulative(array, one_axis(axis, array.ndim), dtype, out)

    return running


implements(np.add.accumulate)(_accumulated(cumsum))
implements(np.multiply.accumulate)(_accumulated(cumprod))


def _running_extremum(ufunc: np.ufunc) -> Any:
    def running(array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        """Each element is the extremum so far: it is picked where it came first, and there its gradient goes."""
        refuse(dtype=dtype, out=out)
        axis = one_axis(axis, array.ndim)
        values = ufunc.accumulate(plain(array), axis=axis)
        before, after = values[along(axis, slice(None, -1))], values[along(axis, slice(1, None))]
        new = np.zeros(values.shape, np.bool_)
        new[along(axis, slice(1, None))] = (before != after) & ~(np.isnan(before) & np.isnan(after))
        steps = np.arange(values.shape[axis]).reshape(lying_along(axis, values.ndim))
        return take_along_axis(array, np.maximum.accumulate(np.where(new, steps, 0), axis=axis), axis)

    return running


implements(np.maximum.accumulate)(_running_extremum(np.maximum))
implements(np.minimum.accumulate)(_running_extremum(np.minimum))


# --- differences ---------------------------------------------------------------------------------------------------


def _beside(x: Any, a: Any, axis: int) -> Any:
    """What prepend= or append= gives: a number stands for one more element everywhere along the axis."""
    x = as_tensor(x)
    return x if x.ndim else p.broadcast_to(x, shape=kept_shape(a.shape, axis))


@implements(np.diff)
@composite
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    a = as_tensor(a)
    axis = one_axis(axis, a.ndim)
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise ShapeError(f"np.diff takes differences n times, n = 0, 1, 2, …; got n={n}.")
    before, after = ([] if x is None or x is np._NoValue else [_beside(x, a, axis)] for x in (prepend, append))
    if n == 0:
        return a
    if before or after:
        a = p.concatenate(*before, a, *after, axis=axis)
    step = p.not_equal if a.dtype == np.bool_ else p.subtract
    for _ in range(n):
        a = step(a[along(axis, slice(1, None))], a[along(axis, slice(None, -1))])
    return a


@implements(np.ediff1d)
@composite
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    a = p.reshape(as_tensor(ary), shape=(-1,))
    ends = []
    for end in (to_begin, to_end):
        x = p.reshape(as_tensor(np.empty(0, a.dtype) if end is None else end), shape=(-1,))
        if not np.can_cast(x.dtype, a.dtype, "same_kind"):
            raise DTypeError(
                f"np.ediff1d keeps the dtype {a.dtype}; got an end of dtype {x.dtype}. Use .astype() first."
            )
        ends.append(cast(x, a.dtype, "np.ediff1d"))
    return p.concatenate(ends[0], a[1:] - a[:-1], ends[1], axis=0)


# --- slopes and areas ------------------------------------------------------------------------------------------------


@implements(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = as_tensor(f)
    axes = axes_of(axis, f.ndim)
    if edge_order not in (1, 2):
        raise ShapeError(f"np.gradient takes edge_order 1 or 2; got {edge_order}.")
    if f.dtype == np.bool_:
        raise DTypeError("np.gradient takes numbers; got dtype bool. Use .astype(float) first.")
    spacings = varargs * len(axes) if len(varargs) == 1 and np.ndim(varargs[0]) == 0 else varargs or (1.0,) * len(axes)
    if len(spacings) != len(axes):
        raise ShapeError(
            f"np.gradient along {len(axes)} axes takes as many spacings, or one number; got {len(varargs)}."
        )
    f = float_operand(f, "np.gradient")
    found = [_slope(f, _steps(h, f, i), i, edge_order) for h, i in zip(spacings, axes, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def _steps(spacing: Any, f: Any, axis: int) -> Any:
    """The spacing of the points along an axis: one number, or where it changes the steps between coordinates."""
    n = f.shape[axis]
    if np.ndim(spacing) == 0:
        return spacing
    x = as_tensor(spacing)
    if x.ndim != 1 or x.size != n:
        raise ShapeError(f"np.gradient: axis {axis} has size {n}, so it takes {n} coordinates; got shape {x.shape}.")
    steps = diff(float_operand(x, "np.gradient"))
    if not x.in_graph and steps.size and np.all(plain(steps) == plain(steps)[0]):
        return steps[0]
    return steps


@composite
def _slope(f: Any, steps: Any, axis: int, edge_order: int) -> Any:
    """Differences over both neighbours, exact for a parabola; at the ends over the nearest 2 or 3 points."""
    n = f.shape[axis]
    if n < edge_order + 1:
        raise ShapeError(
            f"np.gradient with edge_order={edge_order} needs {edge_order + 1} points; axis {axis} has {n}."
        )
    left, middle, right = (f[along(axis, slice(i, n - 2 + i))] for i in range(3))
    points = [f[along(axis, slice(i, i + 1))] for i in range(n)[: edge_order + 1]]
    ends = [f[along(axis, slice(i, i + 1))] for i in range(n)[: -edge_order - 2 : -1]]
    if np.ndim(steps) == 0:
        inner = (right - left) / (2.0 * steps)
        h0 = h1 = k0 = k1 = steps
    else:
        h, k = (p.reshape(x, shape=lying_along(axis, f.ndim)) for x in (steps[:-1], steps[1:]))
        inner = -k / (h * (h + k)) * left + (k - h) / (h * k) * middle + h / (k * (h + k)) * right
        h0, h1, k0, k1 = steps[0], steps[edge_order - 1], steps[-1], steps[-edge_order]
    slope = p.concatenate(_edge(points, h0, h1), inner, -_edge(ends, k0, k1), axis=axis)
    return cast(slope, f.dtype, "np.gradient")


def _edge(points: list[Any], h: Any, k: Any) -> Any:
    """The slope at the first of two points, or of three with these steps between them: then exact for a parabola."""
    if len(points) == 2:
        return (points[1] - points[0]) / h
    a, b, c = points
    return -(2.0 * h + k) / (h * (h + k)) * a + (h + k) / (h * k) * b - h / (k * (h + k)) * c


@implements(np.trapezoid)
@composite
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = as_tensor(y)
    along_y, axis = one_axis(axis, y.ndim), whole(axis, "an axis")  # broadcast with the steps, y may have more axes
    steps = dx
    if x is not None:
        x = as_tensor(x)
        if x.ndim == 1:
            if x.size != y.shape[axis]:
                raise ShapeError(f"np.trapezoid: axis {axis} of size {y.shape[axis]} takes as many x; got {x.size}.")
            steps = p.reshape(diff(x), shape=lying_along(along_y, y.ndim))
        else:
            steps = diff(x, axis=axis)
    neighbours = y[along(along_y, slice(1, None))] + y[along(along_y, slice(None, -1))]
    return p.sum_(steps * neighbours / 2.0, axis=axis, keepdims=False)


# --- between points --------------------------------------------------------------------------------------------------


@implements(np.interp)
@composite
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """The straight line between the two points (xp, fp) around x: by all three a gradient."""
    x, xp, fp = (cast(as_tensor(t), np.dtype(np.float64), "np.interp") for t in (x, xp, fp))
    if xp.ndim != 1 or xp.shape != fp.shape or xp.size == 0:
        raise ShapeError(f"np.interp takes as many xp as fp, in one axis; got shapes {xp.shape} and {fp.shape}.")
    if period is not None:
        x, xp, fp = _periodic(x, xp, fp, period)
        left = right = None
    points = plain(xp)
    if not np.all(points[1:] > points[:-1]) or not np.isfinite(plain(fp)).all():
        raise DomainError("np.interp takes xp that increases from point to point, and finite fp.")
    below, above = plain(x) < points[0], plain(x) > points[-1]
    inside = p.where(below | above, points[0], x)
    if xp.size == 1:
        value = fp[0] + 0.0 * inside
    else:
        # At the last point itself the line before it ends; anchored there it has its value to the last bit.
        segment = np.clip(np.searchsorted(points, plain(inside), side="right") - 1, 0, xp.size - 2)
        anchor = segment + (plain(inside) == points[-1])
        slope = (fp[segment + 1] - fp[segment]) / (xp[segment + 1] - xp[segment])
        value = slope * (inside - xp[anchor]) + fp[anchor]
    value = p.where(below, fp[0] if left is None else left, value)
    return p.where(above, fp[-1] if right is None else right, value)


def _periodic(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """The points of one period in order, with one more at each side, and x moved into this period."""
    untracked("np.interp", period=period)
    length = abs(float(plain(period)))
    if not length > 0:
        raise DomainError(f"np.interp takes a period other than 0; got {period}.")
    x, xp = (t + (plain(t) % length - plain(t)) for t in (x, xp))
    order = np.argsort(plain(xp), kind="stable")
    xp, fp = xp[order], fp[order]
    return (
        x,
        p.concatenate(xp[-1:] - length, xp, xp[:1] + length, axis=0),
        p.concatenate(fp[-1:], fp, fp[:1], axis=0),
    )
