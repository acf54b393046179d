"""Every line of a derivation is evaluated against the engine's own gradient before it is shown.

The gradient comes from the reverse sweep on the graph's data.  Where that has no finite numbers
(a naive spelling that saturated), the graph is played again with other parameters.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygrad_lite.core.walks import replay
from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.contents import values_in
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.numbers import Floats, Setting, number, quiet, squeezed
from tinygrad_lite.derivations.normal.terms import Index, Value
from tinygrad_lite.derivations.reading.nodes import data_of, key_of
from tinygrad_lite.derivations.reading.selectors import Selector
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.steps.lines import Written
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

Places = NDArray[np.intp]

SAMPLES = 4
"""How many positions along each free index a line is looked at."""


class Facts:
    """Numbers for the symbols of a derivation: data, cotangents, and what is defined on the way."""

    def __init__(self, stations: Stations, twin: Mapping[Tensor, Tensor] | None = None, sampled: bool = False) -> None:
        self.stations = stations
        self.sampled = sampled  # of what has several elements, only those are derived that lines are checked at
        self.twin = twin or {}
        self.cost = self.twin.get(stations.cost, stations.cost)
        self.defined: dict[str, tuple[Value, tuple[Index, ...]]] = {}
        self.cotangent_of: dict[str, Tensor] = {}
        self._values: dict[str, Floats] = {}
        self._cotangents: dict[int, Any] | None = None
        self._reached: set[int] = set()
        self._places: dict[str, Places] = {}

    def node(self, node: Any) -> Any:
        """The twin's node for one of the graph's."""
        return self.twin.get(node, node) if isinstance(node, Tensor) else node

    def cotangent(self, node: Tensor) -> Floats:
        """The engine's own gradient of the cost by a station, without its axes of size 1.

        Where what is derived has several elements, its axes come first: one sweep for each element.
        """
        if self._cotangents is None:
            found = list(self.stations.stations.values())
            twins = [(n, t) for n in found for t in self.stations.twins.get(key_of(n), [])]
            self._cotangents = {key_of(n): np.zeros(self._outputs + n.shape) for n in found}
            wanted = [self.node(n) for n in [*found, *(t for _, t in twins)]]
            for element in itertools.product(*map(range, self._outputs)) if self._outputs else [(...,)]:
                seed = np.zeros(self.cost.shape, self.cost.dtype)
                seed[element] = 1
                with quiet():
                    gradients = pull_back([self.cost], [seed[()]], wanted)
                for station, gradient in zip([*found, *(n for n, _ in twins)], gradients, strict=True):
                    if gradient is not None:
                        self._reached.add(key_of(station))
                        self._cotangents[key_of(station)][element] += np.asarray(gradient)
        return squeezed(self._cotangents[key_of(node)])

    @property
    def _outputs(self) -> tuple[int, ...]:
        """How many elements along each axis are derived, where the cost has several: the first ones are looked at."""
        shape = self.stations.out_shape
        return tuple(min(n, SAMPLES) for n in shape) if self.sampled else shape

    def places(self, axis: str) -> Places:
        """The positions along an axis at which lines are looked at, the same for all indices over it."""
        if axis not in self._places:
            length = self.stations.axes.sizes[axis]
            derived = any(axis == i.axis for i in self.stations.out)
            rng = np.random.default_rng(len(self._places))
            every = np.arange(min(length, SAMPLES)) if derived or length <= SAMPLES else None
            self._places[axis] = np.sort(rng.choice(length, SAMPLES, replace=False)) if every is None else every
        return self._places[axis]

    def unreached(self, node: Tensor) -> bool:
        """Whether no gradient arrives at a station."""
        self.cotangent(node)
        return key_of(node) not in self._reached

    def value(self, name: str) -> Floats:
        """The numbers of a symbol."""
        if name not in self._values:
            self._values[name] = self._find(name)
        return self._values[name]

    def _find(self, name: str) -> Floats:
        if name in self.cotangent_of:
            return self.cotangent(self.cotangent_of[name])
        if name in self.defined:
            value, order = self.defined[name]
            shape = tuple(self.stations.axes.sizes[i.axis] for i in order)
            return np.broadcast_to(number(value, self.setting(value), order).value(), shape)
        node = self.stations.reader.sources.get(name)
        if isinstance(node, Selector):
            return squeezed(node.numbers(lambda part: data_of(self.node(part))))
        if node is None or isinstance(node, Tensor):
            node = self.stations.names[name] if node is None else node
            data = squeezed(data_of(self.node(node)))
            return data if np.all(np.isfinite(data)) else self._repaired(node, data)
        return squeezed(np.asarray(node, dtype=float))

    def _repaired(self, node: Any, data: Floats) -> Floats:
        """The numbers of a station that came out as nan or inf, from its formula."""
        if not isinstance(node, Tensor) or node.primitive is None:
            return data
        try:
            value = self.stations.formula(node)
        except (NoFormula, BudgetError):
            return data
        order = tuple(i for i in self.stations.axes.formal(node) if i is not None)
        if self.stations.symbols[key_of(node)].name in value.names:
            return data
        shape = tuple(self.stations.axes.sizes[i.axis] for i in order)
        return np.broadcast_to(number(value, self.setting(value), order).value(), shape)

    def setting(self, value: Value) -> Setting:
        """What a value needs to be evaluated."""
        values = {n: self.value(n) for n in values_in(value)}
        return Setting(values, self.stations.axes.sizes, shared=self.stations.reader.shared)


class _Values(dict[str, Floats]):
    """Looks numbers up only when a line asks for them."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def __missing__(self, name: str) -> Floats:
        return self._facts.value(name)


def largest_error(
    line: Written, target: Floats, order: tuple[Index, ...], facts: Facts, exact: float
) -> tuple[float, float] | None:
    """The largest error of a line against the engine's gradient: in numbers, and in units of what
    is tolerable (at most 1 is right).

    None where no number is finite.  ``exact`` is the relative precision of the
    graph's dtype.
    """
    if not target.size:
        return 0.0, 0.0
    positions = _positions(target, order, facts)
    setting = Setting(_Values(facts), facts.stations.axes.sizes, positions, facts.stations.reader.shared)
    with np.errstate(all="ignore"):
        value, bound = line.number(setting, order)
        picked = target[np.ix_(*(positions[i] for i in order))] if order else target
        value, bound = np.broadcast_to(value, picked.shape), np.broadcast_to(bound, picked.shape)
        fine = np.isfinite(picked) & np.isfinite(value) & np.isfinite(bound)
        if not fine.any() or np.isnan(value[np.isfinite(picked)]).any():
            return None
        floor = 1000 * exact * max(1.0, float(np.max(np.abs(picked[fine]))))
        slack = (np.abs(picked) + bound) * np.sqrt(exact) * 1e-1 + floor
        error = np.abs(value - picked)[fine]
        return float(np.max(error)), float(np.max(error / slack[fine]))


def _positions(target: Floats, order: tuple[Index, ...], facts: Facts) -> dict[Index, Places]:
    """Where a line is looked at: at some positions along each index, and where the gradient is largest."""
    positions = {index: facts.places(index.axis) for index in order}
    largest = np.unravel_index(np.argmax(np.where(np.isfinite(target), np.abs(target), -1)), target.shape)
    outputs = facts.stations.out
    return {
        i: x if i in outputs else np.union1d(x, here) for (i, x), here in zip(positions.items(), largest, strict=True)
    }


def replayed(stations: Stations, seed: int = 0) -> dict[Tensor, Tensor]:
    """The graph again, its parameters replaced by moderate random numbers: the new nodes by the old ones."""
    rng = np.random.default_rng(seed)
    leaves = [n for n in stations.nodes if n.primitive is None and n.requires_grad]
    data = {n: (rng.normal(size=n.shape) * 0.5).astype(n.dtype) for n in leaves}
    with quiet():
        return replay(stations.nodes, {n: Tensor(x, requires_grad=True) for n, x in data.items()})
