"""Plain numbers that are the size of an axis: the m of a mean over examples."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from typing import Any

from tinygrad_lite.core import primitives as p
from tinygrad_lite.derivations.normal.algebra import divide_by, multiply
from tinygrad_lite.derivations.normal.terms import Poly, Product, Sum, Sym, Value, const, size
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.derivations.reading.library import MEANS, within
from tinygrad_lite.derivations.reading.nodes import one_number
from tinygrad_lite.derivations.reading.ties import kept_axes
from tinygrad_lite.notation.formula import Notation, named
from tinygrad_lite.tensor.tensor import Tensor


def divided(
    node: Tensor, aligned: Callable[[Any], Value], axes: Axes, notes: dict[str, tuple[Notation, str]]
) -> Value | None:
    """A sum over an axis, divided by a number that is the size of this axis: sum / m.

    A mean divides by sizes and nothing else. Anywhere else a number stays what it was; only the number of examples is
    taken for m where a sum over them is divided by it, or by twice it, and a note says so.
    """
    if node.primitive not in (p.divide, p.multiply):
        return None
    for part, other in ((0, 1), (1, 0))[: 1 if node.primitive is p.divide else 2]:
        number = one_number(node.inputs[other])
        total = node.inputs[part]
        if not number or not hasattr(total, "shape"):
            continue
        form = aligned(total)
        over = abs(1 / number if node.primitive is p.multiply else number)
        if within(node, MEANS):
            found = _reduced(total, over, axes) or _sizes(form, over, axes)
        else:
            found = _examples(form, over, axes, notes)
        if found is not None:
            return multiply(const(-1 if number < 0 else 1), divide_by(form, found))
    return None


def _reduced(total: Any, number: float, known: Axes) -> Value | None:
    """The sizes of the axes that a node sums over, where their product is the number.

    The node says more than its form: where the rows of y sum to 1, the sum of all of y is m, without a sum over j.
    """
    if not isinstance(total, Tensor) or total.primitive is not p.sum_:
        return None
    part = total.inputs[0]
    kept = kept_axes(part, total)
    gone = [index.axis for a, index in enumerate(known.formal(part)) if a not in kept and index is not None]
    return multiply(*map(size, gone)) if gone and _equal(number, math.prod(known.sizes[a] for a in gone)) else None


def _sizes(form: Value, number: float, known: Axes) -> Value | None:
    """The product of sizes of axes summed in a form that the number equals, if any."""
    axes = _summed_axes(form) if isinstance(form, Product) else []
    choices = [((a,), factor) for factor in (1, 2) for a in axes] + [(pair, 1) for pair in combinations(axes, 2)]
    for chosen, factor in choices:
        if _equal(number, factor * math.prod(known.sizes[a] for a in chosen)):
            return multiply(const(factor), *(size(a) for a in chosen))
    return None


def _examples(form: Value, number: float, known: Axes, notes: dict[str, tuple[Notation, str]]) -> Value | None:
    """m or 2 m, where the number equals it and a sum over the examples is divided; 2 may be any two, and stays 2."""
    axis = known.examples
    if axis is None or not isinstance(form, Product) or axis not in _summed_axes(form) or known.sizes[axis] < 3:
        return None
    for factor in (1, 2):
        if _equal(number, factor * known.sizes[axis]):
            symbol = size(axis)
            shown = f"{number:.12g}" if _equal(number, round(number)) else f"{number}"
            (name,) = symbol.names
            words = f"is the number of examples: {shown} is taken for {'2 ' * (factor - 1)}{axis}"
            notes[name] = named(axis), words
            return multiply(const(factor), symbol)
    return None


def _equal(number: float, length: int) -> bool:
    return abs(number - length) <= 1e-6 * length


def _summed_axes(form: Product) -> list[str]:
    """The axes that every term of a value is summed over."""
    axes = [i.axis for b, _ in form.factors if isinstance(b, Sum) for i in b.bound]
    axes += [b.symbol.axis for b, _ in form.factors if isinstance(b, Sym) and b.symbol.has("size")]
    for base, exponent in form.factors:
        if isinstance(base, Poly) and exponent == 1:
            each = [_summed_axes(t) for t in base.terms]
            axes += [a for a in each[0] if all(a in other for other in each)]
    return axes
