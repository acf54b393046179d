"""The points of an exercise: numbers for its parameters, and the graph of its cost there.

Some numbers are tried for each point, and the best are taken: those at which slips show and right forms keep their
digits. An answer is compared with the gradient at several points, so that no slip is right by accident.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from tinygrad_lite.core.scopes import recorded
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import DomainError, ExerciseError
from tinygrad_lite.exercises.making.edges import Backward
from tinygrad_lite.exercises.making.quality import trouble
from tinygrad_lite.exercises.making.sampling import POINTS, numbers, sizes
from tinygrad_lite.exercises.making.tracing import traced
from tinygrad_lite.tensor.facts import FACTS
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["POINTS", "TRIES", "Made", "Point", "learned_of", "made", "made_from", "trouble_of"]

_SAY_SHAPES = "Say the axes of each by letters, as in shapes={{{}}} with 'm n' for a matrix and '' for a number."

TRIES = 40
"""How many numbers are tried for a point, at most; the best of them is taken."""


class Made(Protocol):
    """What a point is made of: an exercise."""

    cost: Any
    steps: tuple[str, ...]
    parameters: tuple[str, ...]
    shapes: dict[str, tuple[str, ...]]
    facts: dict[str, tuple[str, ...]]
    shaped: bool
    seed: int

    @property
    def learned(self) -> set[str]:
        """What learned_of finds."""


@dataclass(frozen=True)
class Point:
    """A point: the length of each axis, the numbers of the parameters, and what was computed from them.

    result: what the cost returned. nodes: the parameters and the named values as Tensors. beside: the names of values
    that the function computes and the result does not need, such as a = σ(z) where the cost is one of z.
    """

    sizes: Mapping[str, int]
    result: Tensor
    nodes: Mapping[str, Tensor]
    steps: tuple[str, ...] = field(default=())
    beside: tuple[str, ...] = field(default=())

    @cached_property
    def values(self) -> dict[str, Any]:
        """The numbers of the named values; read-only arrays."""
        return {name: node.detach().numpy() for name, node in self.nodes.items()}

    @cached_property
    def backward(self) -> Backward:
        """The right backward pass here."""
        return Backward(self.result)

    @cached_property
    def truth(self) -> dict[str, Any]:
        """The gradient of each step: of the shape of its value, the axes of the result before it if it has any."""
        return {step: self.backward.gradient(self.nodes[step]) for step in self.steps}

    @cached_property
    def scale(self) -> dict[str, Any]:
        """The sum of the absolute values that each element of a gradient is made of: what rounding is measured by."""
        return {step: self.backward.scale(self.nodes[step]) for step in self.steps}


def made(exercise: Made, number: int) -> Point:
    """The point of this number: of some that are tried the one where slips show best.

    Raises ExerciseError for a cost that cannot be computed, that is not finite, or that changes from call to call, and
    for steps that are not in it.
    """
    lengths = sizes(exercise, number)
    best, worst = None, math.inf
    for attempt in range(TRIES):
        tried = numbers(exercise, lengths, number, attempt)
        point = _run(exercise, lengths, tried, exercise.learned)
        if not attempt and not number:
            _check_shaped(exercise, point)
            _check_repeatable(exercise, point, _run(exercise, lengths, tried, exercise.learned))
        if not np.isfinite(point.result.data).all():
            continue
        found = trouble_of(point, number)
        if found < worst:
            best, worst = point, found
        if worst <= 1:
            break
    if best is None:
        raise ExerciseError(
            f"the cost {_name(exercise)} is not finite at any of {TRIES} random points. "
            "Say what is known of its parameters, as in facts={'p': 'positive'}."
        )
    return best


def made_from(exercise: Made, sizes: Mapping[str, int], numbers: Mapping[str, Any]) -> Point:
    """A point with these numbers for the parameters."""
    return _run(exercise, sizes, numbers, exercise.learned)


def trouble_of(point: Point, number: int) -> float:
    """How bad a point of this number is: 1 or less is good."""
    values = {n: v for n, v in point.values.items() if point.nodes[n] is not point.result and n not in point.beside}
    return trouble(point.result, values, point.truth, point.scale, number)


def _name(exercise: Made) -> str:
    return repr(getattr(exercise.cost, "__name__", "of this exercise"))


def _check_repeatable(exercise: Made, one: Point, other: Point) -> None:
    if not np.array_equal(one.result.data, other.result.data, equal_nan=True):
        raise ExerciseError(
            f"the cost {_name(exercise)} gives another value when it is computed again from the same numbers. "
            "It may draw random numbers or keep a state; make these a parameter."
        )


def learned_of(exercise: Made) -> set[str]:
    """The parameters that take a gradient: the steps, and those without which the steps could not be told.

    A variable of the cost has a gradient only if something below it has one. And the b of z = w x + b goes with w even
    where it is no step: otherwise the derivation would need a name for w x alone.
    """
    learned = {name for name in exercise.parameters if name in exercise.steps}
    computed = [step for step in exercise.steps if step not in learned]
    if not computed:
        return learned
    lengths = sizes(exercise, 0)
    nodes = _run(exercise, lengths, numbers(exercise, lengths, 0, 0), exercise.parameters).nodes
    for step in computed:
        below = graph(nodes[step])
        leaves = {n: n.name for n in below if n.primitive is None and n.name in exercise.parameters}
        if not learned & set(leaves.values()):
            learned |= set(leaves.values())
        for node in below:
            if node.primitive is not None and node.primitive.name == "add":
                learned |= {leaves[n] for n in node.inputs if isinstance(n, Tensor) and n in leaves}
    return learned


def _run(exercise: Made, lengths: Mapping[str, int], tried: Mapping[str, Any], learned: Collection[str]) -> Point:
    """The graph of the cost on these numbers."""
    leaves = {name: _leaf(exercise, name, value, name in learned) for name, value in tried.items()}
    try:
        with recorded(unfolded=True), np.errstate(all="ignore"):
            result, held = traced(exercise.cost, leaves)
    except Exception as error:  # the cost is somebody's code, which may fail in any way
        raise ExerciseError(_failed(exercise, tried, error)) from error
    if not isinstance(result, Tensor):
        raise ExerciseError(
            f"the cost {_name(exercise)} returns {type(result).__name__} and not what it computed from its parameters. "
            "Return the cost, computed by NumPy's functions."
        )
    if not result.size or result.dtype.kind != "f":
        raise ExerciseError(
            f"the cost {_name(exercise)} returns {result.dtype} of shape {result.shape}, which has no derivative. "
            "Return a number, or an array of floats."
        )
    nodes = _named(result)
    whole = {**leaves, **nodes, **held}
    missing = [step for step in exercise.steps if step not in nodes or not nodes[step].requires_grad]
    if missing:
        raise ExerciseError(_no_step(exercise, missing[0], nodes, whole))
    if clash := [step for step in exercise.steps if f"d{step}" in whole]:
        raise ExerciseError(
            f"the gradient by {clash[0]!r} is answered as d{clash[0]}, which is a variable of the cost {_name(exercise)}, too. "
            "Give the variable another name."
        )
    if result.name in exercise.steps and nodes[result.name] is result:
        raise ExerciseError(f"{result.name!r} is what the cost {_name(exercise)} returns; ask for what it is made of.")
    origins = result.meta.origin if result.meta is not None and result.meta.origin is not None else ()
    beside = [
        n for n, node in held.items() if n not in nodes and n not in leaves and all(node is not o for o in origins)
    ]
    return Point(dict(lengths), result, whole, exercise.steps, tuple(beside))


def _failed(exercise: Made, tried: Mapping[str, Any], error: Exception) -> str:
    shapes = ", ".join(f"{n} {np.shape(v)}" for n, v in tried.items())
    said = str(error).rstrip(" .")
    repair = "" if exercise.shaped else f" {_SAY_SHAPES.format(', '.join(f'{n!r}: …' for n in tried))}"
    if isinstance(error, DomainError):
        repair += f' Say what is known of a parameter, as in facts={{"y": "in (0, 1)"}}; known are {", ".join(FACTS)}.'
    return f"the cost {_name(exercise)} cannot be computed on {shapes}: {type(error).__name__}: {said}.{repair}"


def _leaf(exercise: Made, name: str, value: Any, learned: bool) -> Tensor:
    facts = exercise.facts.get(name, ())
    try:
        return Tensor(value, requires_grad=learned, name=name, facts=facts, axes=exercise.shapes[name] or None)
    except DomainError as error:
        raise ExerciseError(
            f"facts: {', '.join(map(repr, facts))} cannot be made to hold for {name!r} together. Leave one out."
        ) from error


def _no_step(exercise: Made, step: str, nodes: Mapping[str, Tensor], whole: Mapping[str, Tensor]) -> str:
    known = ", ".join(n for n, node in nodes.items() if n != step and node.requires_grad)
    if step in whole:
        return f"the cost {_name(exercise)} does not depend on {step!r}, so there is nothing to derive. It depends on {known}."
    return (
        f"{step!r} is no value that the cost {_name(exercise)} is computed from; these are {known}. "
        "A step is a parameter or a variable of the function."
    )


def _check_shaped(exercise: Made, point: Point) -> None:
    """Sums over numbers are no accident: the axes were forgotten, and all would be right and say nothing."""
    reduced = [n for n in graph(point.result) if n.primitive is not None and n.primitive.kind == "reduction"]
    if reduced and not exercise.shaped:
        raise ExerciseError(
            f"the cost {_name(exercise)} sums over axes, and its parameters have none. "
            + _SAY_SHAPES.format(", ".join(f"{n!r}: …" for n in exercise.parameters))
        )


def _named(result: Tensor) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for node in graph(result):
        if node.name and found.setdefault(node.name, node) is not node:
            raise ExerciseError(
                f"two values of the cost are called {node.name!r}, so that a step {node.name!r} could be either. "
                "Give each value a variable of its own."
            )
    return found
