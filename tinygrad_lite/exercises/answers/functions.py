"""The numbers of an answer that is a function: it is called on the values that its parameters name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygrad_lite.exercises.answers.kinds import Trouble
from tinygrad_lite.exercises.answers.raised import raised
from tinygrad_lite.exercises.answers.results import as_array
from tinygrad_lite.exercises.answers.vocabulary import Unknown, Vocabulary
from tinygrad_lite.exercises.making.definition import Definition
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.typed.spelling import canonical


def called(function: Callable[..., Any], exercise: Definition, step: str, point: Point, own: Mapping[str, Any]) -> Any:
    """The result at a point, or Trouble; what the function is given are copies, so that it may write into them."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return Trouble("type", "the function does not tell its parameters; write lambda z2, y: … around it.")
    names = Vocabulary(exercise, step, point, own)
    found = {}
    for p in parameters:
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            return Trouble("type", f"the parameters of a function name what it is given; {p} names nothing.")
        try:
            value = names[canonical(p.name)]
        except Unknown as error:
            if p.default is not p.empty:
                continue
            return Trouble("unknown", f"{error}.")
        found[p.name] = np.array(value) if np.ndim(value) else value
    positional = [found[p.name] for p in parameters if p.kind is p.POSITIONAL_ONLY and p.name in found]
    keywords = {p.name: found[p.name] for p in parameters if p.kind is not p.POSITIONAL_ONLY and p.name in found}
    try:
        with np.errstate(all="ignore"):
            return as_array(function(*positional, **keywords))
    except Exception as error:  # whatever a learner's function raises is said to the learner
        said = raised(f"{type(error).__name__}: {error}", found, point.sizes)
        return Trouble("raised", said, _line(error))


def _line(error: Exception) -> int | None:
    """The line of the learner's code that raised."""
    trace = error.__traceback__
    here = trace.tb_next if trace is not None else None  # the first frame is our own
    return None if here is None else here.tb_lineno


def parameters(function: Callable[..., Any]) -> list[str]:
    """The names of what a function is given; none where it does not tell them."""
    try:
        return list(inspect.signature(function).parameters)
    except (ValueError, TypeError):
        return []
