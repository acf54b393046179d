"""The right gradients, found without the code that makes exercises: by the engine alone, and by differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.exercises import Exercise
from tinygrad_lite.exercises.making.points import Point
from tinygrad_lite.tensor.gradients import pull_back


def by_engine(point: Point, step: str) -> Any:
    """The gradient of a step: one backward pass over the unfolded graph for each element of the result."""
    result, node = point.result, point.nodes[step]
    rows = []
    for basis in np.eye(result.size).reshape(result.size, *result.shape):
        row = pull_back([result], [basis if result.shape else np.float64(1.0)], [node])[0]
        rows.append(np.zeros(node.shape) if row is None else np.asarray(row))
    shape = result.shape if result.size > 1 else ()
    return np.array(rows).reshape((*shape, *node.shape))


def by_differences(exercise: Exercise, point: Point, step: str, h: float = 1e-6) -> Any:
    """The gradient by a parameter: the cost, computed twice for each of its elements."""
    values = {name: np.array(point.values[name]) for name in exercise.parameters}
    found = np.zeros(values[step].shape)
    for place in np.ndindex(*found.shape):
        sides = []
        for sign in (1, -1):
            moved = np.array(values[step])
            moved[place] += sign * h
            sides.append(float(exercise.cost(**{**values, step: moved})))
        found[place] = (sides[0] - sides[1]) / (2 * h)
    return found
