"""From a graph of Tensors to the View that is drawn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_lite.core.walks import graph
from tinygrad_lite.errors import DrawingError, NumericsWarning
from tinygrad_lite.pictures.edges.derivatives import Local, Values
from tinygrad_lite.pictures.edges.formulas import folded_text
from tinygrad_lite.pictures.view.building import build, name_all
from tinygrad_lite.pictures.view.folding import Folds, Group, Rule, exit_of, repeats
from tinygrad_lite.pictures.view.model import View
from tinygrad_lite.tensor.gradients import pull_back
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["Subject"]

MANY = 40  # more boxes than this are looked through for repetitions
DEEPEST = 20  # frames in one another
LIMIT = 200  # and more than this are not drawn


class Subject:
    """The graph of one result, read; `view(rule)` gives what is drawn under a folding."""

    def __init__(self, result: Tensor, upto: Any, grads: bool | None) -> None:
        self.result = result
        self.steps_back, stops = _stops(result, upto)
        stops.discard(result)
        self.nodes = graph(result, stops=stops)
        self.sources = {t for t in self.nodes if t.primitive is None or t in stops}
        self.folds = Folds(self.nodes, result, self.sources)
        self.values = Values()
        self._formulas: dict[Any, str | None] = {}
        learning = [t for t in self.nodes if t.requires_grad]
        self.shows = any(t.grad is not None for t in graph(result) if t.primitive is None) if grads is None else grads
        self.hides = grads is False
        self.insists = grads is True
        self.gradients = self._gradients(learning)
        self.names = name_all(self.nodes, self.folds)

    def _gradients(self, learning: list[Tensor]) -> dict[Tensor, Any]:
        """∂result/∂t for every tensor that a gradient reaches; for several elements, of their sum."""
        if not self.result.requires_grad:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumericsWarning)  # the picture itself shows where nan comes up
            seed = np.ones(self.result.shape, dtype=self.result.dtype)[()]
            found = pull_back([self.result], [seed], learning)
        return {t: np.asarray(g) for t, g in zip(learning, found, strict=True) if g is not None}

    # --- one view ------------------------------------------------------------------------------------------------

    def view(self, rule: Rule, repeat: bool | None = None, limit: int = LIMIT) -> View:
        """The boxes, edges and frames under a folding.

        Raises DrawingError where there are more boxes than anybody could read.
        """
        units, around = self.folds.units(rule)
        if self.steps_back is not None and self.steps_back < len(units):
            units = units[-self.steps_back :]
        if repeat is not False and (repeat or len(units) > MANY):
            units = repeats(units, self.result)
        deepest = max((len(around.get(exit_of(unit), ())) for unit in units), default=0)
        if deepest > DEEPEST:
            raise DrawingError(
                f"composites nest {deepest} deep here; more than {DEEPEST} frames in one another would not be readable. "
                f"Open fewer: fold=True, or fold={DEEPEST // 4} for the outermost {DEEPEST // 4} levels."
            )
        if len(units) > limit:
            raise DrawingError(
                f"{len(units)} boxes would not be readable (limit={limit}), and no more of them fold or repeat. See a "
                f"part: tg.draw(t, upto={min(limit, 30)}) shows the last {min(limit, 30)} steps, tg.draw(t, upto=z) "
                "stops at the tensor z; or mark functions with @tg.composite, or raise limit=."
            )
        return build(self, units, around)

    def folded_text(self, group: Group, local: Local, called: Callable[[Any], str]) -> str | None:
        """∂(box)/∂(input) of a folded call; found once, however many views show it."""
        key = (group.call, local.x)
        if key not in self._formulas:
            self._formulas[key] = folded_text(group, local, called)
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
