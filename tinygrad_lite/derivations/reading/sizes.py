"""Plain numbers that are the size of an axis: the m of a mean over examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.derivations.normal.algebra import divide_by, multiply
from tinygrad_lite.derivations.normal.terms import Poly, Product, Sum, Sym, Value, const, size
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.derivations.reading.nodes import one_number
from tinygrad_lite.tensor.tensor import Tensor


def divided(node: Tensor, aligned: Callable[[Any], Value], axes: Axes) -> Value | None:
    """A sum over an axis, divided by a number that is the size of this axis: sum / m."""
    if node.primitive not in (p.divide, p.multiply):
        return None
    for part, other in ((0, 1), (1, 0))[: 1 if node.primitive is p.divide else 2]:
        number = one_number(node.inputs[other])
        total = node.inputs[part]
        if number is None or not hasattr(total, "shape"):
            continue
        form = aligned(total)
        sign = -1 if number < 0 else 1
        inverse = node.primitive is p.multiply
        found = _size_of(form, abs(number), inverse, _in_mean(node), axes)
        if found is not None:
            return multiply(const(sign), divide_by(form, found))
    return None


def _size_of(form: Value, number: float, inverse: bool, mean: bool, known: Axes) -> Value | None:
    """The product of sizes of axes summed in ``form`` that the number equals, if any."""
    if not isinstance(form, Product) or not number:
        return None
    axes = _summed_axes(form)
    sizes = known.sizes
    choices: list[tuple[list[str], int]] = [([a], 1) for a in axes] + [([a], 2) for a in axes]
    choices += [([a, b], 1) for n, a in enumerate(axes) for b in axes[n + 1 :]]
    for chosen, factor in choices:
        length = factor * int(np.prod([sizes[a] for a in chosen]))
        batch = any(a == known.batch for a in chosen)
        if not mean and (min(sizes[a] for a in chosen) < 3 or ((inverse or factor > 1) and not batch)):
            continue
        if abs((1 / number if inverse else number) - length) <= 1e-6 * length:
            return multiply(const(factor), *(size(a) for a in chosen))
    return None


def _summed_axes(form: Product) -> list[str]:
    """The axes that every term of a value is summed over."""
    axes = [i.axis for b, _ in form.factors if isinstance(b, Sum) for i in b.bound]
    axes += [b.symbol.axis for b, _ in form.factors if isinstance(b, Sym) and b.symbol.has("size")]
    for base, exponent in form.factors:
        if isinstance(base, Poly) and exponent == 1:
            each = [_summed_axes(t) for t in base.terms]
            axes += [a for a in each[0] if all(a in other for other in each)]
    return axes


COSTS = (
    "quadratic_cost", "cross_entropy", "cross_entropy_with_logits", "log_likelihood", "log_likelihood_with_logits",
)  # fmt: skip
"""Composites that divide by the number of examples, whatever it is."""


def _in_mean(node: Tensor) -> bool:
    call = node.call
    while call is not None:
        if call.name in ("mean", "average", *COSTS):
            return True
        call = call.parent
    return False
