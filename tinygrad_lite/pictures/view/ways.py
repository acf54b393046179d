"""Whether an edge is the only way from a value to what is computed of it.

Where it is, its local derivative is all that the target changes by, and ∂z/∂w says so. Where there is another way, ∂z/∂w
would be the sum over both, so the local derivative says by which input of z alone it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tinygrad_lite.pictures.view.model import Edge
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["mark_other_ways", "notes"]


def mark_other_ways(edges: list[Edge], nodes: Iterable[Tensor]) -> None:
    """Say of each edge whether its source changes its target along it alone. nodes: the whole graph, in order."""
    marked = {edge.local.x: 0 for edge in edges if edge.local is not None}
    bits = {x: 1 << number for number, x in enumerate(marked)}
    behind: dict[Tensor, int] = {}  # of the sources, those that a node is or is computed from
    for t in nodes:
        behind[t] = bits.get(t, 0)
        for x in _tracked(t.inputs):
            behind[t] |= behind[x]
    for edge in edges:
        if edge.local is not None:
            edge.alone = not any(behind[x] & bits[edge.local.x] for x in _others(edge))


def _others(edge: Edge) -> Iterator[Tensor]:
    """What goes into the target elsewhere than along this edge."""
    local = edge.local
    assert local is not None
    if local.slot is not None:
        inputs = local.exit.inputs
        yield from _tracked((*inputs[: local.slot], *inputs[local.slot + 1 :]))
        return
    inside = set(local.members)
    for t in local.members:
        yield from (x for x in _tracked(t.inputs) if x not in inside and x is not local.x)


def _tracked(inputs: Iterable[object]) -> Iterator[Tensor]:
    return (x for x in inputs if isinstance(x, Tensor) and x.requires_grad)


def notes(edges: Iterable[Edge]) -> list[str]:
    """What the number at a ∂ means, where one stands in the picture."""
    for edge in edges:
        if edge.local is not None and not edge.alone:
            return [f"{edge.symbol}: how {edge.target.name} changes with its input {edge.number} alone"]
    return []
