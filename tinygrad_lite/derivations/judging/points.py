"""Random points, and whether two formulas differ at one: in exact fractions where that is possible.

The lengths of axes and the sizes m, n, J change from point to point, so no number can be a size by
luck.  Floats are compared within the rounding error that the normal form bounds, not within a number
that was chosen by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tinygrad_lite.derivations.judging.exact import exact_value
from tinygrad_lite.derivations.judging.forms import Forms, is_size, shapes, tensors
from tinygrad_lite.derivations.judging.layouts import Layout
from tinygrad_lite.derivations.judging.sides import Facts, Side
from tinygrad_lite.derivations.normal.numbers import Scaled, Setting, number, squeezed
from tinygrad_lite.derivations.reading.nodes import data_of
from tinygrad_lite.errors import TinygradLiteError

POINTS = 20
"""On how many random points formulas are compared that could not be proved equal."""

SAFETY = 64
"""How many times the bound of the rounding error a difference must be to count as one."""

COARSE = 1e-7
"""The relative difference that counts between values of which no error bound is known: functions of arrays that have no formula."""


@dataclass(frozen=True)
class Difference:
    """A point where two formulas differ: the place in the result, and both values there."""

    point: dict[str, Any]
    element: tuple[int, ...]
    one: float
    two: float


def random_lengths(layout: Layout, seed: int) -> dict[int, int]:
    """Lengths of the classes at a point, different from each other and between points."""
    classes = layout.classes()
    if layout.rigid:
        return {c: layout.given[c] for c in classes}
    rng = np.random.default_rng(1000 + seed)
    highest = 6 if len(classes) < 4 else 4
    many = rng.permutation(np.arange(2, max(highest, len(classes) + 1) + 1))
    return {c: int(n) for c, n in zip(classes, many, strict=False)}


def random_data(
    layout: Layout, facts: Facts, long: Mapping[int, int], seed: int, whole: bool = False
) -> dict[str, Any]:
    """Data for the names, with what is known of them; ``whole``: fractions, some of them small whole numbers."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    sizes = iter(rng.permutation(np.arange(1, 8)))
    for name, shape in shapes(layout, long).items():
        if is_size(layout, name):
            bound = (layout.bound or {}).get(name)
            length = long[bound] if bound is not None else int(next(sizes))
            found[name] = Fraction(length) if whole else float(length)
        else:
            own = facts.get(name, frozenset())
            found[name] = _fractions(own, shape, rng, seed) if whole else random_floats(own, shape, rng, seed)
    return found


def random_floats(own: frozenset[str], shape: tuple[int, ...], rng: np.random.Generator, seed: int) -> Any:
    """Random numbers of which these facts hold, large and small ones at different seeds."""
    if "one_hot" in own:
        return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    if {"rows sum to 1", "columns sum to 1"} <= own and shape[-1] == shape[-2]:
        row = rng.dirichlet(np.ones(shape[-1]))
        return np.broadcast_to([np.roll(row, n) for n in range(shape[-1])], shape)
    if "rows sum to 1" in own:
        return rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
    if "columns sum to 1" in own:
        return np.moveaxis(rng.dirichlet(np.ones(shape[-2]), size=(*shape[:-2], shape[-1])), -1, -2)
    if "in (0, 1)" in own:
        return rng.uniform(0.05, 0.95, size=shape)
    if "positive" in own:
        return rng.uniform(0.05, 0.95 if seed % 2 else 3.0, size=shape)
    return rng.uniform(0.1, 0.9, size=shape) if seed % 3 == 0 else rng.normal(size=shape) * (seed % 3)


def _fractions(own: frozenset[str], shape: tuple[int, ...], rng: np.random.Generator, seed: int) -> Any:
    """Random fractions as an array of objects; at every other point small whole numbers, zeros among them."""
    over = 1 if seed % 2 else int(rng.integers(2, 9))
    if "one_hot" in own:
        up, over = np.eye(shape[-1], dtype=int)[rng.integers(shape[-1], size=shape[:-1])], 1
    elif {"rows sum to 1", "columns sum to 1"} <= own and shape[-1] == shape[-2]:
        row = _fractions(own - {"columns sum to 1"}, shape[-1:], rng, seed)
        return np.broadcast_to(np.array([np.roll(row, n) for n in range(shape[-1])]), shape)
    elif own & {"rows sum to 1", "columns sum to 1"}:
        up = rng.integers(1, 9, size=shape)
        whole = np.vectorize(Fraction, otypes=[object])(up)
        return whole / whole.sum(axis=-1 if "rows sum to 1" in own else -2, keepdims=True)
    elif "in (0, 1)" in own:
        up, over = rng.integers(1, 16, size=shape), 17
    elif "positive" in own:
        up = rng.integers(1, 12, size=shape)
    elif seed in (1, 3):  # where kinks are: all 0, all equal
        up = np.full(shape, seed // 2)
    else:
        up = rng.integers(-2, 3, size=shape) if seed % 2 else rng.integers(-9, 10, size=shape)
    data = np.empty(shape, dtype=object)
    data.reshape(-1)[:] = [Fraction(int(n), over) for n in np.asarray(up).reshape(-1)]
    return data if shape else data[()]


def exact_difference(sides: Sequence[Side], layout: Layout, facts: Facts, points: int) -> tuple[Difference | None, int]:
    """A point where the formulas differ in exact fractions, and on how many points they were compared."""
    assert layout.order is not None
    compared = 0
    for seed in range(2 * points):
        long = random_lengths(layout, seed)
        data = random_data(layout, facts, long, seed, whole=True)
        values = []
        for side in sides:
            value = exact_value(side, data)
            if value is None:
                break
            values.append(np.asarray(value, dtype=object))
        else:
            one, two = values[0], np.transpose(values[1], layout.order) if layout.order else values[1]
            if one.shape != two.shape:
                continue
            compared += 1
            places = np.argwhere(np.asarray(one != two, dtype=bool).reshape(one.shape))
            if len(places):
                place = tuple(int(n) for n in places[0])
                return Difference(_plain(data), place, float(one[place]), float(two[place])), compared
            if compared == points:
                break
            continue
        if seed == 3 and compared == 0:  # these formulas are not rational
            break
    return None, compared


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.asarray(value, dtype=float) for name, value in data.items()}


def float_difference(
    sides: Sequence[Side], layout: Layout, facts: Facts, found: Forms | None
) -> tuple[Difference | None, int]:
    """A point where the formulas differ in floats, and on how many points both have a number."""
    compared = 0
    alone: Difference | None = None
    for seed in range(3 * POINTS):
        long = random_lengths(layout, seed)
        data = random_data(layout, facts, long, seed)
        values = _by_form(layout, found, long, data) if found is not None else _by_graph(sides, layout, data)
        if values is None:
            continue
        one, two, apart, slack = np.broadcast_arrays(*values)
        fine = np.isfinite(one) & np.isfinite(two) & np.isfinite(slack)
        if not fine.any():
            alone = alone or _alone(data, np.isfinite(one) != np.isfinite(two), one, two)
            continue
        compared += 1
        with np.errstate(all="ignore"):
            excess = np.where(fine, np.abs(apart) / np.where(slack > 0, slack, 1e-300), 0.0)
        if excess.max() > 1:
            return difference_at(data, excess, one, two), compared
        if compared == POINTS:
            break
    return None if compared or found is None else alone, compared


def _alone(data: Mapping[str, Any], places: Any, one: Any, two: Any) -> Difference | None:
    """A place where only one of the formulas has a number."""
    return difference_at(data, places, one, two) if places.any() else None


def difference_at(data: Mapping[str, Any], excess: Any, one: Any, two: Any) -> Difference:
    """The point, and the place where the excess is largest."""
    place = tuple(int(n) for n in np.unravel_index(np.argmax(excess), excess.shape))
    return Difference(_plain(data), place, float(one[place]), float(two[place]))


Values = tuple[Any, Any, Any, Any]


def _by_form(layout: Layout, found: Forms, long: Mapping[int, int], data: Mapping[str, Any]) -> Values | None:
    """Both values, their difference and what rounding may make of it, from the normal forms."""
    labels = layout.labels()
    sizes = {labels[c]: n for c, n in long.items()}
    flat = {n: squeezed(v) for n, v in data.items()}
    setting = Setting(flat, sizes)
    one, two, apart = (number(v, setting, found.order) for v in (found.one, found.two, found.difference))
    with np.errstate(all="ignore"):
        slack = SAFETY * np.finfo(float).eps * np.maximum(apart.bound(), _least(one, two))
        return one.value(), two.value(), apart.value(), slack


def _least(one: Scaled, two: Scaled) -> Any:
    """The rounding error that the smaller of two values has at least."""
    return np.minimum(np.abs(one.value()), np.abs(two.value()))


def _by_graph(sides: Sequence[Side], layout: Layout, data: Mapping[str, Any]) -> Values | None:
    """Both values, their difference and a coarse bound, from the graphs themselves."""
    try:
        point = tensors(layout, data)
        one, two = (np.asarray(data_of(s.value(point)[0]), dtype=float) for s in sides)
    except (TinygradLiteError, TypeError):
        return None
    two = np.transpose(two, layout.order) if layout.order else two
    if one.shape != two.shape:
        return None
    with np.errstate(all="ignore"):
        apart = one - two
        return one, two, apart, coarse_slack(one, two) + 1e-300


def coarse_slack(one: Any, two: Any) -> Any:
    """How far apart two values may be of which no error bound is known."""
    scale = np.abs(one) + np.abs(two)
    largest = np.max(scale[np.isfinite(scale)], initial=0.0)
    return COARSE * (scale + 1e-3 * largest)
