"""A graph of Tensors, read: its nodes, their values and gradients, their names, and what can be folded."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Call
from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import DrawingError, NumericsWarning
from tinygrad_lite.pictures.edges.derivatives import Local, Values
from tinygrad_lite.pictures.edges.formulas import Closed, folded_formula, indices
from tinygrad_lite.pictures.edges.jacobians import element_formula, jacobian_formula
from tinygrad_lite.pictures.view.folding import Folds
from tinygrad_lite.pictures.view.names import name_all
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Subject"]


class Subject:
    """The graph of one result, read once; `view_of` makes a View of it under each folding."""

    def __init__(self, result: Tensor, upto: Any, grads: bool | None) -> None:
        self.result = result
        self.steps_back, stops = _stops(result, upto)
        stops.discard(result)
        self.nodes = graph(result, stops=stops)
        self.sources = {t for t in self.nodes if t.primitive is None or t in stops}
        self.folds = Folds(self.nodes, result, self.sources)
        self.values = Values()
        self._formulas: dict[Any, Closed | None] = {}
        learning = [t for t in self.nodes if t.requires_grad]
        self.everything = graph(result)  # what is behind the stops, too
        self.shows = any(t.grad is not None for t in self.everything if t.primitive is None) if grads is None else grads
        self.hides = grads is False
        self.insists = grads is True
        self.gradients = self._gradients(learning)
        self.names = name_all(self.nodes, self.folds)

    def _gradients(self, learning: list[Tensor]) -> dict[Tensor, Any]:
        """∂result/∂t for every tensor that a gradient reaches; for several elements, of their sum."""
        if not self.result.requires_grad:
            return {}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", NumericsWarning)  # the picture itself shows where nan comes up
            seed = np.ones(self.result.shape, dtype=self.result.dtype)[()]
            found = pull_back([self.result], [seed], learning)
        return {t: np.asarray(g) for t, g in zip(learning, found, strict=True) if g is not None}

    def folded_formula(self, call: Call, local: Local, called: Callable[[Any], str]) -> Closed | None:
        """∂(box)/∂(input) of a folded call; found once, however many views show it."""
        return self._once(("local", call, local.x), lambda: folded_formula(call, local, called))

    def jacobian_formula(self, call: Call, local: Local, called: Callable[[Any], str], upstream: str) -> Closed | None:
        """What the full Jacobian of a folded call makes of the upstream gradient; found once."""
        return self._once(("product", call, local.x), lambda: jacobian_formula(call, local, called, upstream))

    def element_formula(self, call: Call, local: Local, called: Callable[[Any], str]) -> Closed | None:
        """The elements of the full Jacobian of a folded call; found once."""
        return self._once(("elements", call, local.x), lambda: element_formula(call, local, called))

    def _once(self, key: Any, find: Callable[[], Closed | None]) -> Closed | None:
        if key not in self._formulas:
            found = find()
            clashes = found is not None and indices(found.formula) & set(self.names.values())
            self._formulas[key] = None if clashes else found
        return self._formulas[key]

    def shown(self, t: Any) -> str:
        """Whether a gradient is to be seen beside this tensor."""
        if self.hides or not isinstance(t, Tensor) or not t.requires_grad:
            return "none"
        if t not in self.gradients:
            return "unreached"
        if not self.shows or (t.primitive is None and t.grad is None and not self.insists):
            return "not yet"
        return "yes"


def _stops(result: Tensor, upto: Any) -> tuple[int | None, set[Tensor]]:
    """What `upto=` means: a number of steps, or the tensors (or their names) at which the drawing stops."""
    if upto is None:
        return None, set()
    if isinstance(upto, int | np.integer) and not isinstance(upto, bool):
        if upto < 1:
            raise DrawingError(f"upto is a positive number of steps; got {upto}.")
        return int(upto), set()
    wanted = list(upto) if isinstance(upto, list | tuple | set | frozenset) else [upto]
    nodes = graph(result)
    stops: set[Tensor] = set()
    for one in wanted:
        if isinstance(one, str):
            named = {t for t in nodes if t.name == one}
            if not named:
                known = ", ".join(sorted({t.name for t in nodes if t.name}))
                raise DrawingError(f"upto: no tensor of this graph is named {one!r}; names are {known or 'not given'}.")
            stops |= named
        elif isinstance(one, Tensor):
            stops.add(one)
        else:
            raise DrawingError(
                f"upto is a number of steps, a tensor, a name, or several of these; got {type(one).__name__}."
            )
    return None, stops
