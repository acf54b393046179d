"""The backward pass over a View, told step by step: what each box hands back, and how sums come about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_lite.core.broadcasting import summed_axes
from tinygrad_lite.pictures.edges.numbers import SMALL, equals
from tinygrad_lite.pictures.edges.texts import Figure, Text, said
from tinygrad_lite.pictures.outputs.lockstep import lock_step
from tinygrad_lite.pictures.view.model import Box, Edge, View

__all__ = ["Turn", "Term", "steps", "term_text"]


@dataclass(frozen=True)
class Term:
    """What one edge adds to the gradient of its source: the text, the number alone, the sum so far as it stands behind a symbol."""

    edge: Edge
    text: Text
    amount: Any
    total: str
    complete: bool


@dataclass(frozen=True)
class Turn:
    """A box is taken: its gradient is complete, and it hands a term back along each edge.

    boxes: one, or of several graphs those that correspond, which take this step together.
    """

    boxes: tuple[Box, ...]
    terms: tuple[Term, ...]


def steps(view: View) -> list[Turn]:
    """The boxes in the order in which the engine takes them, with the terms that each of them hands back."""
    waiting = dict.fromkeys(view.boxes, 0)
    for edge in view.edges:
        waiting[edge.source] += edge.passes and edge.target.gradient is not None
    totals: dict[Box, Any] = {}
    told = []
    for boxes in lock_step(view):
        terms = []
        for edge in (edge for box in boxes for edge in view.edges_into(box) if edge.passes):
            source = edge.source
            amount = carried(edge)
            waiting[source] -= 1
            if edge.kind == "bundle":
                totals[source] = source.gradient
            else:
                totals[source] = amount if source not in totals else totals[source] + amount
            text, complete = term_text(edge, amount), waiting[source] == 0
            terms.append(Term(edge, text, amount, equals(totals[source]), complete))
        told.append(Turn(boxes, tuple(terms)))
    return told


def carried(edge: Edge) -> Any:
    """The term of an edge, from the gradient of its box; of a bundle the gradients of all its leaves."""
    if edge.local is None:
        return edge.source.gradient
    with np.errstate(all="ignore"):
        return np.asarray(edge.local.carry(edge.target.gradient))


def term_text(edge: Edge, amount: Any) -> Text:
    """One term of the chain rule's sum in words: the product, its shape, and the axes that were summed."""
    upstream, g = edge.target.symbol, edge.target.gradient
    term = Figure("line", amount, ("term", edge))
    if edge.kind == "bundle":
        return said(f"through {edge.target.name}: one gradient for each of the {edge.count}, ", term)
    if edge.kind == "full":
        how = f", computed as {edge.formula_text}" if edge.formula else ""
        return said(
            f"through {edge.target.name}: {edge.upstream} = {upstream} of shape {np.shape(g)} times the full Jacobian "
            f"{edge.symbol}{how}, gives ", term, f" of shape {np.shape(amount)}",
        )  # fmt: skip
    formula = f", where {edge.symbol} = {edge.formula_text}" if edge.formula else ""
    axes = summed_axes(np.shape(g), np.shape(amount)) if edge.kind == "elementwise" else ()
    product = _product(edge, g, amount, "" if not axes else "the sum of ")
    text = said(f"through {edge.target.name}: {upstream} · {edge.symbol}{formula}: ", product)
    if axes:
        named = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
        return said(
            text,
            f", over {named}: shape {np.shape(amount)} was broadcast to {np.shape(g)}, so each element of "
            f"{edge.source.name} counts for all that it went into",
        )
    return said(text, f", shape {np.shape(amount)}") if np.shape(amount) != () else text


def _product(edge: Edge, g: Any, amount: Any, of: str) -> Text:
    """The numbers of a term, where they are few and multiply as they stand; means of factors do not."""
    term, d = Figure("line", amount, ("term", edge)), edge.derivative
    multiplies = edge.kind == "elementwise" or np.size(g) == 1
    if not multiplies or np.size(d) == 0 or max(np.size(g), np.size(amount)) > SMALL:
        return said(f"{of}the products, element by element " if of else "element by element ", term)
    upstream, slope = Figure("line", g, ("gradient", edge.target)), Figure("factor", d, ("slope", edge.local))
    return said(of, upstream, " × ", slope, " = ", term)
