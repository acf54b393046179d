"""Named values put back: where a formula holds what a station is made of, the station's name stands for it.

A mean mu = (1/n) sum_k x_k says that sum_k x_k = n mu, so sum_k (x_k − mu) is found to be 0; a value u = (x − mu)/s
says that x − mu = s u, and that its sum over k is 0.
"""

from __future__ import annotations

from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.known import sums_to_zero
from tinygrad_lite.derivations.normal.solving import Solution, solve_factor
from tinygrad_lite.derivations.normal.terms import Index, Product, Value
from tinygrad_lite.derivations.reading.nodes import key_of
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
            known = stations.solutions.get(name)
            forms = dict.fromkeys((form, self.put_back(form)))  # of x, and of the z = x − mean that stands in it
            solved = [known] if known else [_solved(other, stations.named(node), order) for other in forms]
            self._solutions += [solution for solution in solved if solution is not None]

    def put_back(self, value: Value) -> Value:
        """The value with named values in it, where that makes it no longer."""
        for solution in self._solutions:
            named = solution.apply(value)
            if named is not value:
                named = self._stations.constrained(named)
                value = named if length(named) <= length(value) else value
        return value


def _solved(form: Value, named: Product, order: tuple[Index, ...]) -> Solution | None:
    return solve_factor(form, named, order) if isinstance(form, Product) else None
