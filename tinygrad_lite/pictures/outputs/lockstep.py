"""Which boxes take a step of the backward pass together: of several graphs those that correspond."""

from __future__ import annotations

from tinygrad_lite.pictures.view.model import Box, View

__all__ = ["lock_step"]


def lock_step(view: View) -> list[tuple[Box, ...]]:
    """The boxes that pass gradients on, each graph's in the order in which the engine takes them.

    Boxes of one column are taken together. A box without a partner is taken alone, while the other graphs wait; so
    is one whose partner cannot come yet, because the graphs take their steps in another order.
    """
    queues = [list(reversed(boxes)) for boxes in _by_graph(view)]  # the next box of each graph is its last
    column = {box: number for number, boxes in enumerate(view.columns) for box in boxes}
    taken: list[tuple[Box, ...]] = []
    while any(queues):
        heads = [queue[-1] for queue in queues if queue]
        chosen = next((found for head in heads if (found := _ready(head, heads, queues, column))), heads[:1])
        taken.append(tuple(chosen))
        for queue in queues:
            if queue and queue[-1] in chosen:
                queue.pop()
    return taken


def _by_graph(view: View) -> list[list[Box]]:
    """The boxes of the sweep, for each graph of a sheet its own."""
    graphs: dict[object, list[Box]] = {}
    for box in view.sweep():
        outermost = box.frames[0] if box.frames and view.frames[box.frames[0]].whole else None
        graphs.setdefault(outermost, []).append(box)
    return list(graphs.values())


def _ready(head: Box, heads: list[Box], queues: list[list[Box]], column: dict[Box, int]) -> list[Box]:
    """The box and its partners, where none of them has another box before it; nothing where one has to wait."""
    if head not in column:
        return [head]
    together = [box for queue in queues for box in queue if column.get(box) == column[head]]
    return together if all(box in heads for box in together) else []
