"""What is said of an answer beside its outcome: shapes, sizes, signs, and what has no number. Never the gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.exercises.judging.comparing import differs
from tinygrad_lite.exercises.making.axes import lettered
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.exercises.message import Message

NOTHING = 1e-12
"""A number that is so much smaller than the gradient is a 0 that was rounded."""


def shape_text(shape: Sequence[int], sizes: Mapping[str, int]) -> str:
    """A shape in the names of its sizes.

    >>> shape_text((5, 3), {"m": 5, "h": 3}), shape_text((), {})
    ('(m, h)', 'one number')
    """
    return lettered(shape, sizes) if shape else "one number"


def other_shape(step: str, values: Sequence[Any], points: Sequence[Point]) -> Message | None:
    """That an answer has another shape than the gradient; None where it has that shape at all points."""
    for value, point in zip(values, points, strict=True):
        truth = point.truth[step]
        if value.shape != truth.shape:
            own, wanted = (shape_text(x.shape, point.sizes) for x in (value, truth))
            text = f"the shape is {own}, and the gradient by {step} is {wanted}"
            if _broadcasts(value.shape, truth.shape):
                text += ": NumPy would repeat it without a word, which is not the same"
            return Message("shape", {"step": step, "own": own, "wanted": wanted}, f"{text}.")
    return None


def _broadcasts(own: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(own, wanted) == wanted
    except ValueError:
        return False


def not_finite(step: str, values: Sequence[Any], points: Sequence[Point]) -> Message | None:
    """That an answer is nan or infinite somewhere; None where it is finite."""
    for value, point in zip(values, points, strict=True):
        bad = ~np.isfinite(value)
        if bad.any():
            kind = "nan" if np.isnan(value).any() else "infinite"
            where = at_sizes(point)
            what = f"{bad.sum()} of {value.size} elements are {kind}" if value.size > 1 else f"the answer is {kind}"
            hint = "; is there a log or a root of a negative number, or a division by 0?"
            return Message("not finite", {"step": step, "kind": kind}, f"{what}{where}{hint}")
    return None


def at_sizes(point: Point) -> str:
    """The sizes of a point, as in " at m = 5, n = 3"; "" where it has none."""
    listed = ", ".join(f"{name} = {length}" for name, length in point.sizes.items())
    return f" at {listed}" if listed else ""


def unknown(step: str, values: Sequence[Any], points: Sequence[Point]) -> Message:
    """What is known of a wrong answer that is no slip that is known: that it is 0, or its sign and size, and where it is smallest."""
    wrong = [n for n, p in enumerate(points) if differs(values[n], p.truth[step], p.scale[step]).any()]
    number = min(wrong, key=lambda n: values[n].size)
    if not any(np.any(value) for value in values):
        said = f"0 would mean that the result does not change with {step}; it does."
        return Message("unknown", {"step": step, "point": str(number)}, said)
    value, truth, point = values[number].astype(float), points[number].truth[step], points[number]
    bad = differs(values[number], truth, point.scale[step])
    parts = [_how_many(bad)] if bad.size > 1 else []
    compared = bad & (truth != 0) & (value != 0)
    if (zeros := bad & (truth == 0)).any():
        parts.append("it is not 0 where the gradient is 0" if not zeros.all() else "it is not 0, and the gradient is")
    if (gone := bad & (value == 0) & (truth != 0)).any():
        parts.append("it is 0 where the gradient is not" if bad.size > 1 else "it is 0, and the gradient is not")
    if compared.any():
        parts += _sign_and_size(value[compared] / truth[compared], _ratios(step, values, points))
    if not gone.any() and not compared.any() and not zeros.any():
        parts.append("it is no gradient")
    text = f"not a slip that I know; the shape is right{at_sizes(point)}: {'; '.join(parts)}."
    return Message("unknown", {"step": step, "point": str(number)}, text)


def _how_many(bad: Any) -> str:
    if bad.all():
        return "every element is wrong"
    return f"{bad.sum()} of {bad.size} elements {'is' if bad.sum() == 1 else 'are'} wrong"


def _ratios(step: str, values: Sequence[Any], points: Sequence[Point]) -> Any:
    """How many times the gradient the wrong elements are, at all points."""
    found = []
    for value, point in zip(values, points, strict=True):
        truth = point.truth[step]
        chosen = differs(value, truth, point.scale[step]) & (truth != 0) & (value != 0)
        found.append(value[chosen].astype(float) / truth[chosen])
    return np.concatenate(found)


def _sign_and_size(ratio: Any, everywhere: Any) -> list[str]:
    """The sign and the size of wrong elements beside the gradient's; both as they are at all points."""
    opposite = ratio < 0
    some = f"the sign is wrong in {opposite.sum()} of {opposite.size}"
    if opposite.all() or not opposite.any():
        some = "the sign is wrong at some points"
    sign = "the sign is right" if (everywhere > 0).all() else "the sign is wrong" if (everywhere < 0).all() else some
    low, high = float(np.min(np.abs(everywhere))), float(np.max(np.abs(everywhere)))
    if high < NOTHING:
        return ["it is 0 but for rounding"]
    if f"{low:.2g}" != f"{high:.2g}":
        return [sign, f"it is from {low:.2g} to {high:.2g} times the gradient"]
    if high - low > 1e-6 * high:
        return [sign, f"it is about {low:.2g} times the gradient"]
    return [sign, "the size is right" if abs(low - 1) < 1e-6 else f"it is {low:.3g} times the gradient"]
