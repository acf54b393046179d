"""Named values put back: where a formula holds what a station is made of, the station's name stands for it.

A mean mu = (1/n) sum_k x_k says that sum_k x_k = n mu, so sum_k (x_k − mu) is found to be 0; a value u = (x − mu)/s
says that x − mu = s u, and that its sum over k is 0.
"""

from __future__ import annotations

from tinygrad_lite.derivations.normal.known import sums_to_zero
from tinygrad_lite.derivations.normal.solving import Solution, solve_factor
from tinygrad_lite.derivations.normal.terms import BudgetError, Product, Value
from tinygrad_lite.derivations.reading.axes import key_of
from tinygrad_lite.derivations.reading.primitives import NoFormula
from tinygrad_lite.derivations.reading.stations import Stations
from tinygrad_lite.derivations.writing.measuring import length

LONGEST = 40
"""A station whose formula has more names than this is not looked for in other formulas."""


class Named:
    """What the stations of a derivation are made of, solved for (N9): the nearest to the leaves come first.

    So v is put back before s = sqrt(v + 1), which is written with it.
    """

    def __init__(self, stations: Stations) -> None:
        self._stations = stations
        self._solutions: list[Solution] = []
        for node in sorted(stations.stations.values(), key=key_of):
            if node.primitive is None or node is stations.cost:
                continue
            try:
                form = stations.formula(node)
            except (NoFormula, BudgetError):
                continue
            if not isinstance(form, Product) or length(form) > LONGEST:
                continue
            name, order = stations.symbols[key_of(node)].name, stations.formal(node)
            stations.constraints.setdefault(name, frozenset())
            stations.constraints[name] |= sums_to_zero(form, order, self.put_back)
            solution = stations.solutions.get(name) or solve_factor(form, stations.named(node), order)
            if solution is not None:
                self._solutions.append(solution)

    def put_back(self, value: Value) -> Value:
        """The value with named values in it, where that makes it no longer."""
        for solution in self._solutions:
            named = solution.apply(value)
            if named is not value:
                named = self._stations.constrained(named)
                value = named if length(named) <= length(value) else value
        return value
