"""The numbers of an answer at the points of its exercise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.exercises.answers.kinds import Answer, Computed, Formula, Trouble
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.typed.graphs import graph_of, read


def numbers(answer: Answer, points: Sequence[Point], earlier: Sequence[Mapping[str, Any]]) -> list[Any]:
    """An array for each point, or Trouble.

    earlier: the gradients that were answered above, at each point, as they may be used by name: {"dz2": array}.
    """
    if isinstance(answer, Trouble):
        return [answer] * len(points)
    if isinstance(answer, Computed):
        return [answer.values[n] for n in range(len(points))]
    names = [{**point.values, **point.sizes, **own} for point, own in zip(points, earlier, strict=True)]
    if isinstance(answer, Formula):
        try:
            typed = read(answer.text, names[0])
            return [np.asarray(graph_of(typed, own)[0], dtype=float) for own in names]
        except FormulaError as error:
            return [Trouble("unreadable", str(error))] * len(points)
    return [_called(answer, own) for own in names]


def _called(function: Callable[..., Any], names: Mapping[str, Any]) -> Any:
    import inspect

    try:
        return np.asarray(function(**{n: names[n] for n in inspect.signature(function).parameters}))
    except (TinygradLiteError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        return Trouble("raised", f"{type(error).__name__}: {error}")
