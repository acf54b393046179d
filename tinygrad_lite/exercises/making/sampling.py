"""The numbers of a point: how long each axis is, and random numbers for the parameters.

All sizes of a point differ, so that a transposed answer has another shape; they differ between points, so that m is
never a mere 5; values are of size 1. Of targets, some points have probabilities and others one-hot rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

POINTS = 4
"""At how many points an answer is compared with the gradient."""


class Shaped(Protocol):
    """What is known of the parameters of an exercise."""

    steps: tuple[str, ...]
    parameters: tuple[str, ...]
    shapes: dict[str, tuple[str, ...]]
    facts: dict[str, tuple[str, ...]]
    seed: int


def sizes(exercise: Shaped, number: int) -> dict[str, int]:
    """The length of each axis: no two alike at a point, and none as at another of four points in a row.

    No length is 2 at the first point, at which the derivation is made: it could not tell 1/m from a factor of 1/2.
    """
    letters = list(dict.fromkeys(a for axes in exercise.shapes.values() for a in axes if a.isalpha()))
    many = max(len(letters), POINTS) + 1
    rng = np.random.default_rng([exercise.seed, 7])
    lengths, places = 2 + rng.permutation(many), rng.permutation(many)
    first = (list(lengths).index(2) + 1) % many
    places = np.array([first, *(place for place in places if place != first)])
    fixed = {int(a) for axes in exercise.shapes.values() for a in axes if a.isdigit()}
    free = [n for n in (*lengths, *range(many + 2, many + 2 + len(fixed))) if n not in fixed]
    return {letter: int(free[(k + places[number % many]) % many]) for k, letter in enumerate(letters)}


def numbers(exercise: Shaped, lengths: Mapping[str, int], number: int, attempt: int) -> dict[str, Any]:
    """Random numbers for all parameters, of which their facts hold."""
    rng = np.random.default_rng([exercise.seed, number, attempt])
    return {name: _numbers(exercise, name, lengths, rng, number) for name in exercise.parameters}


def _numbers(exercise: Shaped, name: str, lengths: Mapping[str, int], rng: np.random.Generator, number: int) -> Any:
    shape = tuple(lengths[a] if a.isalpha() else int(a) for a in exercise.shapes[name])
    facts = exercise.facts.get(name, ())
    if "one_hot" in facts:
        return _one_hot(shape, rng)
    if "rows sum to 1" in facts:
        return _shares(shape, facts, rng, number)
    if "columns sum to 1" in facts:
        turned = (*shape[:-2], shape[-1], shape[-2])
        return np.moveaxis(_shares(turned, facts, rng, number), -1, -2)
    if "in (0, 1)" in facts:
        return rng.uniform(0.1, 0.9, size=shape)
    if "positive" in facts:
        return rng.uniform(0.3, 2.0, size=shape)
    long = shape[0] if len(shape) > 1 and name in exercise.steps else 1
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.25, 1.5, size=shape) / math.sqrt(long)


def _shares(shape: tuple[int, ...], facts: tuple[str, ...], rng: np.random.Generator, number: int) -> Any:
    """Rows that sum to 1; at every other point one-hot, as a learner thinks of targets, unless that contradicts."""
    if number % 2 and not {"positive", "in (0, 1)"} & set(facts):
        return _one_hot(shape, rng)
    return rng.dirichlet(np.full(shape[-1], 2.0), size=shape[:-1])


def _one_hot(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
