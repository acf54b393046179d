"""The axes of the values of an exercise, by their letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinygrad_lite.exercises.making.axes import listed
from tinygrad_lite.exercises.making.points import Point


def axes_of_value(points: Sequence[Point], name: str) -> tuple[str, ...]:
    """The axes of a named value: ("m", "J")."""
    return _axes(points, lambda point: point.values[name].shape)


def axes_of_gradient(points: Sequence[Point], step: str) -> tuple[str, ...]:
    """The axes of the gradient of a step."""
    return _axes(points, lambda point: point.truth[step].shape)


def _axes(points: Sequence[Point], shape: Callable[[Point], tuple[int, ...]]) -> tuple[str, ...]:
    """Each axis by the letter whose length it has at every point, else by its length at the first one.

    All lengths of a point differ, and they differ between points, so that a letter cannot be mistaken.
    """
    lengths = zip(*(shape(point) for point in points), strict=True)
    found = []
    for axis in lengths:
        letters = [
            letter
            for letter in points[0].sizes
            if all(n == point.sizes[letter] for n, point in zip(axis, points, strict=True))
        ]
        found.append(letters[0] if letters else str(axis[0]))
    return tuple(found)


def said(axes: Sequence[str]) -> str:
    """The axes in words.

    >>> said(("m", "J")), said(())
    ('shape (m, J)', 'a number')
    """
    return f"shape {listed(axes)}" if axes else "a number"
