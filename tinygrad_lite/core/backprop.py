"""The reverse sweep: from a result back to what it was computed from, one visit per node."""

from __future__ import annotations

from collections.abc import Iterable, Set
from heapq import heappop, heappush, heappushpop
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import CLOCK, Node, Pull
from tinygrad_lite.errors import StaleGraphError

__all__ = ["check_version", "sweep"]


def sweep(
    seeds: Iterable[tuple[Node, Any]], wanted: Set[Node] | None = None, pull: Pull | None = None
) -> list[tuple[Node, Any]]:
    """Carry cotangents from the seeds down the graph; the nodes that were wanted, each with its whole cotangent.

    seeds: pairs of a node and its upstream gradient. wanted: without it these are the leaves, and the computed nodes
    that retain their gradient. pull: used for all nodes in the place of their own.

    Nodes are taken by falling serial, so every node has all of its cotangent when its turn comes: what uses a node is
    newer than the node. A sum is made in place only in an array that this sweep itself has made, because a rule may
    return an array that is in use: that of `add` returns its upstream gradient for both inputs.
    Raises StaleGraphError where data changed after a node was computed from it.
    """
    oldest = min((node.serial for node in wanted), default=0) if wanted is not None else 0
    cotangents: dict[Node, Any] = {}
    waiting: list[tuple[int, Node]] = []  # a heap of computed nodes that have a cotangent: the newest comes first
    summed: set[Node] = set()  # nodes whose cotangent is an array of this sweep's own
    found: list[tuple[Node, Any]] = []
    pairs: Any = seeds
    while True:
        newest = None  # most nodes are followed by one of their inputs, which then does without the heap
        for node, c in pairs:
            before = cotangents.get(node)
            if before is None:
                cotangents[node] = c
                if node.pull is not None:
                    if newest is None:
                        newest = node
                    else:
                        heappush(waiting, (-node.serial, node))
            elif node in summed:
                before += c
            else:
                before = cotangents[node] = before + c
                if type(before) is np.ndarray:
                    summed.add(node)
        if waiting:
            if newest is None:
                newest = heappop(waiting)[1]
            elif waiting[0][0] < -newest.serial:
                newest = heappushpop(waiting, (-newest.serial, newest))[1]
        if newest is None or (serial := newest.serial) < oldest:
            break  # what is older was not computed from what is wanted
        g = cotangents.pop(newest)
        if newest in wanted if wanted is not None else newest.meta is not None and newest.meta.retain:
            found.append((newest, g))
        if serial == oldest:
            break
        if serial < CLOCK.newest:  # otherwise no leaf has changed since it was made
            for x in newest.sources:
                check_version(newest, x)
        pairs = before = c = None  # what has been added up can be freed before the pull needs memory
        pairs = newest.pull(g, newest) if pull is None else pull(g, newest)
        g = None  # it has been used: freed before the next sums need memory
    # Leaves have nothing to pull, so they stayed out of the heap: all of them have their whole cotangent only now.
    for node, c in cotangents.items():
        if node.pull is None and node.needs_grad and (wanted is None or node in wanted):
            found.append((node, c))
    return found


def check_version(node: Node, x: Any) -> None:
    """Raise StaleGraphError where the data of an input x has changed since the node was computed from it."""
    while isinstance(x, Node) and x.base is not None:  # a view has no version: it changes with the leaf that it shows
        x = x.base
    if isinstance(x, Node) and x.meta is not None and x.meta.version > node.serial:
        raise StaleGraphError(
            f"{x.label()} was changed (its data or its requires_grad) after a tensor of shape {node.shape} was computed "
            "from it: its gradient and its picture would be wrong. Run the forward pass again, or call backward(), tg.draw and "
            "tg.derive before the change: before optimizer.step(), .data = … or, under tg.no_grad(), -= and its like."
        )
