"""An exercise: a cost function, and the gradients that are asked for, one after another."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from tinygrad_lite.errors import ExerciseError
from tinygrad_lite.exercises.making.points import POINTS, Point, made
from tinygrad_lite.tensor.facts import FACTS

_AXIS = re.compile(r"[A-Za-z]|[1-9][0-9]?")
"""The name of an axis is one letter; a number is a length that never changes."""


class Definition:
    """A cost function in plain NumPy, and the gradients of it that a learner derives.

    cost: a function of arrays; its variables give names to the values on the way. steps: what to derive by, in the
    order in which it is asked for, as in "a2 z2 W2 b2". shapes: the axes of each parameter by their letters, as in
    {"x": "m n", "w": "n", "b": ""}; without shapes, all parameters are numbers. facts: what is known of parameters,
    as in tg.Tensor. title, text: what a learner reads. seed: other seeds give other numbers.

    Raises ExerciseError for a cost that cannot be called so, and for steps that are not in it.

    >>> import tinygrad_lite as tg
    >>> from tinygrad_lite.exercises import Exercise
    >>> def neuron(w, x, b, y):
    ...     a = tg.sigmoid(w * x + b)
    ...     return (y - a) ** 2 / 2
    >>> exercise = Exercise(neuron, steps="a w b", title="one neuron")
    >>> exercise.steps
    ('a', 'w', 'b')
    """

    def __init__(
        self,
        cost: Callable[..., Any],
        steps: str | Sequence[str],
        shapes: Mapping[str, str] | None = None,
        facts: Mapping[str, str | Sequence[str]] | None = None,
        title: str = "",
        text: str = "",
        seed: int = 0,
        id: str = "",
    ) -> None:
        self.cost = cost
        self.steps = tuple(steps.split() if isinstance(steps, str) else steps)
        self.parameters = _parameters(cost)
        self.shapes = _shapes(self.parameters, shapes)
        self.facts = _facts(self.parameters, facts or {})
        self.title = title or getattr(cost, "__name__", "exercise").replace("_", " ")
        self.text = inspect.cleandoc(text)
        self.seed = seed
        self.id = id or getattr(cost, "__name__", "exercise").replace("_", "-")
        self._points: dict[int, Point] = {}
        if not self.steps or len(set(self.steps)) != len(self.steps):
            raise ExerciseError(f"steps names each gradient once, as in steps='a z w b'; got {steps!r}.")

    def point(self, number: int) -> Point:
        """Numbers for the parameters, and the graph of the cost there; the same for the same number."""
        if number not in self._points:
            self._points[number] = made(self, number)
        return self._points[number]

    @property
    def points(self) -> list[Point]:
        """The points at which answers are compared with the gradients."""
        return [self.point(number) for number in range(POINTS)]

    @property
    def unseen(self) -> list[Point]:
        """Points that no diagnosis uses: what a diagnosis says is verified there."""
        return [self.point(number) for number in range(POINTS, POINTS + 2)]

    @cached_property
    def derivation(self) -> Any:
        """The Derivation of all steps at the first point, with the letters and names that a learner sees."""
        from tinygrad_lite.derivations import derive  # imported here: most checks are done without it

        point = self.point(0)
        return derive(point.result, wrt=[point.nodes[step] for step in self.steps])

    def __repr__(self) -> str:
        return f"<exercise {self.id}: {' '.join(self.steps)}>"


def _parameters(cost: Any) -> tuple[str, ...]:
    if not callable(cost):
        raise ExerciseError(f"an exercise takes a cost function; got {type(cost).__name__}.")
    found = inspect.signature(cost).parameters
    for p in found.values():
        if p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
            raise ExerciseError(
                f"a cost has named parameters only; {p} has no fixed name. Write them out, as in cost(x, w, b, y)."
            )
    return tuple(name for name, p in found.items() if p.default is p.empty)


def _shapes(parameters: Sequence[str], given: Mapping[str, str] | None) -> dict[str, tuple[str, ...]]:
    if given is None:
        return dict.fromkeys(parameters, ())
    unknown, missing = [n for n in given if n not in parameters], [n for n in parameters if n not in given]
    if unknown or missing:
        what = f"{unknown[0]!r}, which is no parameter" if unknown else f"nothing of {missing[0]!r}"
        raise ExerciseError(
            f"shapes says {what}; the parameters are {', '.join(parameters)}. A number has the axes ''."
        )
    found = {name: tuple(axes.split()) for name, axes in given.items()}
    for name, axes in found.items():
        if strange := [a for a in axes if not _AXIS.fullmatch(a)]:
            raise ExerciseError(
                f"shapes: an axis is one letter, such as m, or its length; {name!r} has {strange[0]!r} in "
                f"{given[name]!r}. Write letters with spaces between them, as in 'm n'."
            )
    return found


def _facts(parameters: Sequence[str], given: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    found = {name: (facts,) if isinstance(facts, str) else tuple(facts) for name, facts in given.items()}
    for name, facts in found.items():
        if name not in parameters:
            raise ExerciseError(f"facts: {name!r} is no parameter; the parameters are {', '.join(parameters)}.")
        for fact in facts:
            if fact not in FACTS:
                raise ExerciseError(f"facts: {name!r} has the unknown fact {fact!r}; known are {', '.join(FACTS)}.")
    return found
