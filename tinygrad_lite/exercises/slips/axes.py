"""Slips where axes are summed: not summed, the mean for the sum, the wrong axis."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

import numpy as np

from tinygrad_lite.exercises.slips import words
from tinygrad_lite.exercises.slips.contraction import contraction
from tinygrad_lite.exercises.slips.place import Place
from tinygrad_lite.exercises.slips.slip import Altered, Slip


def _spread_axes(at: Place) -> tuple[int, ...]:
    """The axes of the value above along which the value below was repeated: the gradient is summed over them."""
    above, below = at.above.shape, at.below.shape
    extra = len(above) - len(below)
    return tuple(k for k, n in enumerate(above) if k < extra or (below[k - extra] == 1 and n > 1))


def _summed(at: Place) -> Any:
    """Arrays that the gradient below is the sum of, their axes, and the places of those that are summed."""
    if at.derivative is not None and at.above.shape != at.below.shape:
        parts = at.arrays(at.upstream * np.broadcast_to(at.derivative, at.above.shape).ravel())
        return parts, at.above.shape, _spread_axes(at)
    found = contraction(at)
    if found is not None and found.summed:
        parts = found.unsummed(at.arrays(at.upstream))
        count = len(found.summed)
        return parts, parts.shape[parts.ndim - count - len(found.own) :], tuple(range(count))
    return None, (), ()


def _count(at: Place) -> int:
    """How many elements are summed into one: in the gradient, or in the value."""
    if at.derivative is None and at.edge.name == "sum":
        return at.below.size // at.above.size
    _, shape, axes = _summed(at)
    return int(np.prod([shape[k] for k in axes]))


def _mean(at: Place) -> Altered:
    length = _count(at)
    if length > 1:
        yield "", at.right / length


def _first(at: Place) -> Altered:
    """Only the first of the examples."""
    parts, shape, axes = _summed(at)
    if parts is not None and len(axes) == 1:
        lead = parts.ndim - len(shape)
        first = np.take(parts, 0, axis=lead + axes[0])
        yield "", first.reshape((*at.upstream.shape[:-1], at.below.size))


def _subsets(axes: int) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(range(axes), k) for k in range(1, axes + 1))


def _not_summed(at: Place) -> Altered:
    parts, shape, _axes = _summed(at)
    if at.last and parts is not None:
        yield "", parts
        if len(shape) == 2:
            yield "transposed", np.swapaxes(parts, -1, -2)
        if len(shape) > 2:
            yield "other order", np.moveaxis(parts, -1, -2)
            yield "summed last", np.moveaxis(parts, parts.ndim - len(shape), -1)


def _wrong_axis(at: Place) -> Altered:
    """Summed over other axes, or over more; with the axes kept as axes of length 1, too."""
    parts, shape, axes = _summed(at)
    if not at.last or parts is None:
        return
    lead = parts.ndim - len(shape)
    for subset in _subsets(len(shape)):
        over = tuple(lead + k for k in subset)
        names = ",".join(str(k) for k in subset)
        if subset != axes:
            yield names, parts.sum(axis=over)
            yield f"{names} kept", parts.sum(axis=over, keepdims=True)
            if set(axes) < set(subset):
                yield f"{names} mean", parts.sum(axis=over) / np.prod([shape[k] for k in subset if k not in axes])
            elif axes and not set(axes) & set(subset):
                mean = parts.mean(axis=over)
                yield f"{names} mean for sum", mean
                yield f"{names} mean", mean * np.prod([shape[k] for k in axes])


def _kept_as_a_sum(at: Place) -> Altered:
    """A sum of the cost that is kept although only one of its terms has the element: λ Σ_k w_k for λ w_j."""
    if at.last and at.edge.elementwise and at.below.ndim == 1 and not at.constant and at.part is not None:
        part = at.part
        yield "", at.right - part + part.sum(axis=-1, keepdims=True)


def _kept(at: Place) -> Altered:
    parts, shape, axes = _summed(at)
    if at.last and parts is not None:
        yield "", parts.sum(axis=tuple(parts.ndim - len(shape) + k for k in axes), keepdims=True)


# --- what is said --------------------------------------------------------------------------------------------------


def _over(at: Place) -> str:
    _, shape, axes = _summed(at)
    return " and ".join(words.axis(shape[k], at.route.point) for k in axes)


def _say_mean(at: Place, _: str) -> str:
    _, _shape, axes = _summed(at)
    over = _over(at) if axes else words.axis(_count(at), at.route.point)
    return f"the mean over {over} stands in the place of the sum"


def _say_not_summed(at: Place, variant: str) -> str:
    instead = ": a product of matrices sums, one element by element does not" if variant == "transposed" else ""
    return f"the sum over {_over(at)} is missing{instead}"


def _say_wrong(at: Place, variant: str) -> str:
    _, shape, _ = _summed(at)
    over = " and ".join(words.axis(shape[int(k)], at.route.point) for k in variant.split()[0].split(","))
    if variant.endswith("for sum"):
        return f"the mean over {over} stands in the place of the sum over {_over(at)}"
    what = "mean" if variant.endswith("mean") else "sum"
    return f"the {what} runs over {over}; it must run over {_over(at)}"


SLIPS = (
    Slip("mean for sum", _mean, _say_mean, 19, paired=True),
    Slip("only the first", _first, lambda at, _: f"only the first part of the sum over {_over(at)} is there", 34),
    Slip("not summed", _not_summed, _say_not_summed, 8, scope="answer", paired=True),
    Slip("wrong axis", _wrong_axis, _say_wrong, 9, scope="answer", paired=True),
    Slip("sum kept", _kept_as_a_sum, lambda at, _: f"in the part that comes over {at.way} a sum is left, of which only one term belongs to each element", 35),
    Slip("axis kept", _kept, lambda at, _: f"the sum over {_over(at)} keeps an axis of length 1", 9, scope="answer", paired=True),
)  # fmt: skip
