"""The points of an exercise: numbers for its parameters, and the graph of its cost there.

What a point must be for a slip to show there. All sizes of a point differ, so that a transposed answer has another
shape; they differ between points, so that m is never a mere 5; values are of size 1 and no gradient nearly cancels.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import ExerciseError, TinygradLiteError
from tinygrad_lite.exercises.making.edges import Backward
from tinygrad_lite.exercises.making.tracing import traced
from tinygrad_lite.tensor.tensor import Tensor

POINTS = 4
"""At how many points an answer is compared with the gradient."""

TRIES = 40
"""How many numbers are tried for a point, at most; the best of them is taken."""

LARGEST = 4.0
"""Values beyond this saturate a sigmoid, so that right textbook forms lose their digits there."""

CLEAR = 1e-3
"""How small an element of a gradient may be beside the parts that it is the sum of."""


class Made(Protocol):
    """What a point is made of: an exercise."""

    cost: Any
    steps: tuple[str, ...]
    parameters: tuple[str, ...]
    shapes: dict[str, tuple[str, ...]]
    facts: dict[str, tuple[str, ...]]
    seed: int


@dataclass(frozen=True)
class Point:
    """A point: the length of each axis, the numbers of the parameters, and what was computed from them.

    result: what the cost returned. nodes: the named values on the way, parameters included, as Tensors.
    """

    sizes: Mapping[str, int]
    result: Tensor
    nodes: Mapping[str, Tensor]
    steps: tuple[str, ...] = field(default=())

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
    """The point of this number: of some that are tried the one where slips show best."""
    sizes = _sizes(exercise, number)
    best, worst = None, math.inf
    learned: set[str] = set()
    for attempt in range(TRIES):
        rng = np.random.default_rng([exercise.seed, number, attempt])
        numbers = {name: _numbers(exercise, name, sizes, rng, number) for name in exercise.parameters}
        learned = learned or _learned(exercise, sizes, numbers)
        point = _run(exercise, sizes, numbers, learned)
        if not np.isfinite(point.result.data).all():
            continue
        trouble = _trouble(point)
        if trouble < worst:
            best, worst = point, trouble
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
    return _run(exercise, sizes, numbers, _learned(exercise, sizes, numbers))


def _name(exercise: Made) -> str:
    return repr(getattr(exercise.cost, "__name__", "of this exercise"))


def _sizes(exercise: Made, number: int) -> dict[str, int]:
    """The length of each axis: no two alike at a point, and none as at another of four points in a row."""
    letters = list(dict.fromkeys(a for axes in exercise.shapes.values() for a in axes if a.isalpha()))
    many = max(len(letters), POINTS) + 1
    rng = np.random.default_rng([exercise.seed, 7])
    lengths, places = 2 + rng.permutation(many), rng.permutation(many)
    fixed = {int(a) for axes in exercise.shapes.values() for a in axes if a.isdigit()}
    free = [n for n in (*lengths, *range(many + 2, many + 2 + len(fixed))) if n not in fixed]
    return {letter: int(free[(k + places[number % many]) % many]) for k, letter in enumerate(letters)}


def _numbers(exercise: Made, name: str, sizes: Mapping[str, int], rng: np.random.Generator, number: int) -> Any:
    """Random numbers for a parameter, of which its facts hold."""
    shape = tuple(sizes[a] if a.isalpha() else int(a) for a in exercise.shapes[name])
    facts = exercise.facts.get(name, ())
    if "one_hot" in facts:
        return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    if "rows sum to 1" in facts:  # at every other point one-hot rows, as a learner thinks of them
        if number % 2:
            return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
        return rng.dirichlet(np.full(shape[-1], 2.0), size=shape[:-1])
    if "in (0, 1)" in facts:
        return rng.uniform(0.1, 0.9, size=shape)
    if "positive" in facts:
        return rng.uniform(0.3, 2.0, size=shape)
    long = shape[0] if len(shape) > 1 and name in exercise.steps else 1
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.25, 1.5, size=shape) / math.sqrt(long)


def _learned(exercise: Made, sizes: Mapping[str, int], numbers: Mapping[str, Any]) -> set[str]:
    """The parameters that take a gradient: the steps, and those without which the steps could not be told.

    A variable of the cost has a gradient only if something below it has one. And the b of z = w x + b goes with w even
    where it is no step: otherwise the derivation would need a name for w x alone.
    """
    learned = {name for name in exercise.parameters if name in exercise.steps}
    computed = [step for step in exercise.steps if step not in learned]
    if not computed:
        return learned
    nodes = _run(exercise, sizes, numbers, {n for n in numbers if np.asarray(numbers[n]).dtype.kind == "f"}).nodes
    for step in computed:
        below = graph(nodes[step])
        leaves = {n: n.name for n in below if n.primitive is None and n.name in exercise.parameters and n.requires_grad}
        if not learned & set(leaves.values()):
            learned |= set(leaves.values())
        for node in below:
            if node.primitive is not None and node.primitive.name == "add":
                learned |= {leaves[n] for n in node.inputs if isinstance(n, Tensor) and n in leaves}
    return learned


def _run(exercise: Made, sizes: Mapping[str, int], numbers: Mapping[str, Any], learned: Collection[str]) -> Point:
    """The graph of the cost on these numbers."""
    leaves = {
        name: Tensor(
            value, requires_grad=name in learned, name=name, facts=exercise.facts.get(name, ()),
            axes=exercise.shapes[name] or None,
        )
        for name, value in numbers.items()
    }  # fmt: skip
    try:
        result = traced(exercise.cost, leaves)
    except (TinygradLiteError, ValueError, TypeError, IndexError) as error:
        shapes = ", ".join(f"{n} {np.shape(v)}" for n, v in numbers.items())
        raise ExerciseError(f"the cost {_name(exercise)} cannot be computed on {shapes}: {error}") from error
    if not isinstance(result, Tensor):
        raise ExerciseError(
            f"the cost {_name(exercise)} returns {type(result).__name__} and not what it computed from its parameters. "
            "Return the cost, computed by NumPy's functions."
        )
    nodes = _named(result)
    missing = [step for step in exercise.steps if step not in nodes or not nodes[step].requires_grad]
    if missing:
        raise ExerciseError(
            f"{missing[0]!r} is no value that the cost {_name(exercise)} is computed from; these are "
            f"{', '.join(n for n in nodes)}. A step is a parameter or a variable of the function."
        )
    return Point(dict(sizes), result, nodes, exercise.steps)


def _named(result: Tensor) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for node in graph(result):
        if node.name and found.setdefault(node.name, node) is not node:
            raise ExerciseError(
                f"two values of the cost are called {node.name!r}, so that a step {node.name!r} could be either. "
                "Give each value a variable of its own."
            )
    return found


def _trouble(point: Point) -> float:
    """How bad a point is: 1 or less is good. Large values saturate, and small gradients say little."""
    largest = max(float(np.abs(value).max(initial=0.0)) for value in point.values.values()) / LARGEST
    hidden = [CLEAR / share for step in point.steps for share in _shares(point, step)]
    return max(largest, *hidden, 0.0)


def _shares(point: Point, step: str) -> Iterator[float]:
    """The least element of a gradient beside its parts, structural zeros aside."""
    truth, scale = np.abs(point.truth[step]), point.scale[step]
    some = (truth > 0) & (scale > 0)
    if some.any():
        yield float((truth[some] / scale[some]).min())
