"""Several graphs on one sheet, what corresponds in one column: the same neuron under two costs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import numpy as np

from tinygrad_lite.errors import DrawingError, DTypeError
from tinygrad_lite.pictures.drawing import Drawing, check_direction
from tinygrad_lite.pictures.edges.numbers import number, one_line
from tinygrad_lite.pictures.outputs.states import State, states
from tinygrad_lite.pictures.view.building import view_of
from tinygrad_lite.pictures.view.folding import Rule, fold_rule
from tinygrad_lite.pictures.view.model import Box, Frame, View
from tinygrad_lite.pictures.view.reading import Subject
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["compare"]


def compare(
    results: Mapping[str, Tensor], *, fold: Any = True, grads: bool | None = True, direction: str = "LR"
) -> Drawing:
    """Graphs side by side on one sheet, each under its title, boxes of the same name in one column.

    Below, the gradients of what all of them share by name, and how many times larger one is than the first.
    fold, grads, direction: as in `draw`; gradients are computed here and do not touch `.grad`.

    Raises DrawingError for fewer than two graphs, DTypeError for what is no Tensor.

    >>> from tinygrad_lite import Tensor, cross_entropy, quadratic_cost, sigmoid
    >>> def cost(f):
    ...     w = Tensor(4.0, requires_grad=True, name="w")
    ...     return f(sigmoid(w), Tensor(0.0, name="y"))
    >>> sheet = compare({"quadratic": cost(quadratic_cost), "cross-entropy": cost(cross_entropy)})
    >>> sheet.view.caption
    ['gradient of w: quadratic 0.01735, cross-entropy 0.982 (56.62 times)']
    """
    if not isinstance(results, Mapping) or len(results) < 2:
        raise DrawingError("compare takes two graphs or more by their titles: compare({'quadratic': C1, 'other': C2}).")
    for title, t in results.items():
        if not isinstance(t, Tensor):
            raise DTypeError(f"compare takes Tensors; {title!r} is {type(t).__name__}. Compute it from Tensors.")
    check_direction(direction)

    def subjects(grads: bool | None) -> dict[str, Subject]:
        return {str(title): Subject(t, None, grads) for title, t in results.items()}

    shown = subjects(grads)
    rule = fold_rule(fold, [subject.folds for subject in shown.values()])

    def foldings() -> list[State]:
        known = subjects(True)
        calls = [call for subject in known.values() for call in subject.folds.calls()]
        return states(lambda r: _sheet(known, r), list(dict.fromkeys(calls)), rule)

    return Drawing(_sheet(shown, rule), direction, foldings)


def _sheet(subjects: Mapping[str, Subject], rule: Rule) -> View:
    return _together({title: view_of(subject, rule) for title, subject in subjects.items()})


def _together(views: dict[str, View]) -> View:
    frames: dict[Any, Frame] = {}
    for i, (title, view) in enumerate(views.items(), 1):
        top = object()
        frames[top] = Frame(f"g{i}", top, title, whole=True)
        for box in view.boxes:
            box.id = f"g{i}{box.id}"
            box.frames = (top, *((top, call) for call in box.frames))  # two graphs may share a call
        for edge in view.edges:
            edge.id = f"g{i}{edge.id}"
        for call, frame in view.frames.items():
            frame.id = f"g{i}{frame.id}"
            frames[top, call] = frame
    # From the results back, in turns: the sweeps then go through all graphs side by side.
    turns = zip_longest(*(reversed(v.boxes) for v in views.values()))
    boxes = [box for turn in turns for box in turn if box is not None][::-1]
    return View(
        boxes,
        [e for v in views.values() for e in v.edges],
        frames,
        [r for v in views.values() for r in v.results],
        title=" and ".join(views) + ", side by side",
        columns=_columns(list(views.values())),
        caption=_caption(views),
        notes=list(dict.fromkeys(note for view in views.values() for note in view.notes))[:1],
    )


def _by_name(view: View) -> dict[str, Box]:
    """The boxes that have a name of their own, each name's first."""
    found: dict[str, Box] = {}
    for box in view.boxes:
        if getattr(box.tensor, "name", None):
            found.setdefault(box.name, box)
    return found


def _columns(views: list[View]) -> list[list[Box]]:
    """The boxes that correspond: of the same name in every graph. The layout keeps each such set in one column."""
    named = [_by_name(v) for v in views]
    shared = [name for name in named[0] if all(name in n for n in named)]
    return [[n[name] for n in named] for name in shared]


def _caption(views: dict[str, View]) -> list[str]:
    named = {title: _by_name(v) for title, v in views.items()}
    first = next(iter(named))
    lines = []
    for name, box in named[first].items():
        if box.kind != "parameter" or not all(name in n and n[name].gradient is not None for n in named.values()):
            continue
        parts = []
        for title, boxes in named.items():
            g, g0 = boxes[name].gradient, box.gradient
            times = ""
            if title != first and np.size(g) == 1 and np.size(g0) == 1 and np.all(g0 != 0):
                times = f" ({number(np.abs(g / g0).item())} times)"
            parts.append(f"{title} {one_line(g)}{times}")
        lines.append(f"gradient of {name}: {', '.join(parts)}")
    return lines
