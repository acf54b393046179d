"""Several graphs on one sheet, what corresponds in one column: the same neuron under two costs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import numpy as np

from tinygrad_lite.errors import DrawingError, DTypeError
from tinygrad_lite.pictures.drawing import Drawing, check_direction, grads_to_show
from tinygrad_lite.pictures.edges.numbers import number, one_line
from tinygrad_lite.pictures.outputs.states import State, states
from tinygrad_lite.pictures.view.building import view_of
from tinygrad_lite.pictures.view.folding import Rule, fold_rule
from tinygrad_lite.pictures.view.model import Box, Frame, View
from tinygrad_lite.pictures.view.reading import Subject
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["compare"]


def compare(
    results: Mapping[str, Tensor],
    *,
    fold: Any = True,
    grads: bool | None = True,
    direction: str | None = None,
    widths: bool = False,
) -> Drawing:
    """Graphs side by side on one sheet, each under its title, boxes of the same name in one column.

    Below, the gradients of what all of them share by name, and how many times larger one is than the first.
    fold, grads, direction, widths: as in `draw`; gradients are computed here and do not touch `.grad`.

    Raises DrawingError for fewer than two graphs, DTypeError for what is no Tensor.

    See also: tg.draw, tg.Drawing.

    >>> import tinygrad_lite as tg
    >>> def cost(f):
    ...     w = tg.Tensor(4.0, requires_grad=True, name="w")
    ...     return f(tg.sigmoid(w), tg.Tensor(0.0, name="y"))
    >>> sheet = tg.pictures.compare({"quadratic": cost(tg.quadratic_cost), "cross-entropy": cost(tg.cross_entropy)})
    >>> sheet.view.caption
    ['gradient of w: quadratic 0.01735, cross-entropy 0.982 (56.62 times)']
    """
    if not isinstance(results, Mapping) or len(results) < 2:
        raise DrawingError("compare takes two graphs or more by their titles: compare({'quadratic': C1, 'other': C2}).")
    for title, t in results.items():
        if not isinstance(t, Tensor):
            raise DTypeError(f"compare takes Tensors; {title!r} is {type(t).__name__}. Compute it from Tensors.")
    check_direction(direction)
    grads = grads_to_show(grads, widths)

    def subjects(grads: bool | None) -> dict[str, Subject]:
        return {str(title): Subject(t, None, grads) for title, t in results.items()}

    shown = subjects(grads)
    rule = fold_rule(fold, [subject.folds for subject in shown.values()])

    def foldings() -> list[State]:
        known = subjects(True)
        calls = [call for subject in known.values() for call in subject.folds.calls()]
        return states(lambda r: _together(_views(known, r), widths), list(dict.fromkeys(calls)), rule)

    views = _views(shown, rule)
    sheet = _together(views, widths)
    sheet.caption = _caption(views)  # a page has none: there the ratios come step by step
    return Drawing(sheet, direction, foldings)


def _views(subjects: Mapping[str, Subject], rule: Rule) -> dict[str, View]:
    return {title: view_of(subject, rule) for title, subject in subjects.items()}


def _together(views: dict[str, View], widths: bool) -> View:
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
    # From the results back, in turns, so that the list of all sums has side by side what belongs together.
    turns = zip_longest(*(reversed(v.boxes) for v in views.values()))
    boxes = [box for turn in turns for box in turn if box is not None][::-1]
    return View(
        boxes,
        [e for v in views.values() for e in v.edges],
        frames,
        [r for v in views.values() for r in v.results],
        title=" and ".join(views) + ", side by side",
        columns=_columns(list(views.values())),
        notes=list(dict.fromkeys(note for view in views.values() for note in view.notes))[:1],
        widths=widths,
    )


def _by_name(view: View) -> dict[str, Box]:
    """The boxes that have a name of their own, each name's first."""
    found: dict[str, Box] = {}
    for box in view.boxes:
        if _is_named(box):
            found.setdefault(box.name, box)
    return found


def _is_named(box: Box) -> bool:
    return bool(getattr(box.tensor, "name", None))


def _columns(views: list[View]) -> list[list[Box]]:
    """The boxes that correspond, in every graph. The layout keeps each such set in one column."""
    numbers: dict[object, int] = {}  # of the origins: a number is hashed at once, an origin of origins is not
    known = [_by_origin(v, numbers) for v in views]
    shared = [origin for origin in known[0] if all(origin in k for k in known)]
    return [[k[origin] for k in known] for origin in shared]


def _by_origin(view: View, numbers: dict[object, int]) -> dict[int, Box]:
    """The boxes by their names; what has none by its operation and by where its inputs come from."""
    inputs: dict[Box, list[Box]] = {}
    for edge in view.edges:
        inputs.setdefault(edge.target, []).append(edge.source)
    origins: dict[Box, int] = {}
    found: dict[int, Box] = {}
    for box in view.boxes:
        made = (box.operation, *(origins[x] for x in inputs[box])) if box in inputs else box
        origins[box] = numbers.setdefault(box.name if _is_named(box) else made, len(numbers))
        found.setdefault(origins[box], box)
    return found


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
