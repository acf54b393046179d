"""Walks over a graph: all its nodes in order, and their values computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import Any

from tinygrad_lite.core.graph import Node

__all__ = ["graph", "replay"]


def graph(*results: Node, stops: Set[Node] = frozenset()) -> list[Any]:
    """All nodes that the results were computed from, and they themselves, in the order of their creation.

    stops: nodes whose inputs are not looked at.

    See also: tg.draw, tg.pull_back.

    >>> import tinygrad_lite as tg
    >>> x = tg.Tensor(2.0, requires_grad=True)
    >>> [t.primitive.name if t.primitive else "leaf" for t in tg.graph(x * x + 1.0)]
    ['leaf', 'multiply', 'add']
    """
    seen = set(results)
    stack = list(seen)
    while stack:
        node = stack.pop()
        for x in () if node in stops else node.inputs:
            if isinstance(x, Node) and x not in seen:
                seen.add(x)
                stack.append(x)
    return sorted(seen, key=lambda node: node.serial)


def replay(
    nodes: Iterable[Node], known: dict[Any, Any], constant: Callable[[Any], Any] | None = None
) -> dict[Any, Any]:
    """Compute nodes again, inputs before results, from other values than those they were recorded with.

    known: the new values by node, arrays or Tensors; the results are added to it and it is returned. Nodes of which
    no input is known are left out. constant: what to compute with in the place of an input that is not known; the
    input itself by default.

    >>> from tinygrad_lite import Tensor
    >>> x = Tensor(2.0, requires_grad=True)
    >>> y = x * x + 1.0
    >>> float(replay(graph(y), {x: 3.0})[y])
    10.0
    """
    for node in nodes:
        if node in known or node.primitive is None:
            continue
        if any(isinstance(x, Node) and x in known for x in node.inputs):
            values = [
                known[x] if isinstance(x, Node) and x in known else constant(x) if constant else x for x in node.inputs
            ]
            known[node] = node.primitive(*values, **node.params)
    return known
