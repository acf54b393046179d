"""Shapes by the letters of their axes: (m, h) rather than (5, 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def letter_of(length: int, sizes: Mapping[str, int]) -> str:
    """The axis of this length by its letter; the length itself where that is fixed. All sizes of a point differ.

    >>> letter_of(5, {"m": 5}), letter_of(2, {"m": 5})
    ('m', '2')
    """
    return next((name for name, own in sizes.items() if own == length), str(length))


def lettered(shape: Iterable[int], sizes: Mapping[str, int]) -> str:
    """A shape at a point, by letters.

    >>> lettered((5, 3), {"m": 5, "h": 3}), lettered((5,), {"m": 5}), lettered((), {})
    ('(m, h)', '(m,)', '()')
    """
    return listed(letter_of(length, sizes) for length in shape)


def listed(axes: Iterable[str]) -> str:
    """Axes as NumPy writes a shape.

    >>> listed(("m", "J")), listed(("n",)), listed(())
    ('(m, J)', '(n,)', '()')
    """
    axes = tuple(axes)
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"
