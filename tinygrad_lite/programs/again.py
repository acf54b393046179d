"""What a result of a function that ran as a program was computed from, recorded when somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core.graph import Node
from tinygrad_lite.programs.places import Data, Place, Places
from tinygrad_lite.programs.program import Program
from tinygrad_lite.programs.signature import Leaf
from tinygrad_lite.trees import flatten

__all__ = ["Again"]


class Again:
    """Records the nodes of a result again, from what a run of the program was given.

    The function itself runs, with its composites. Where it would find other values around it now than in that run, or would
    change something, the lines of its program are recorded.
    """

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], given: Sequence[Leaf],
        places: Places, reached: Sequence[Place], program: Program, changes: bool,
    ) -> None:  # fmt: skip
        """args, kwargs: of a call of the signature. given: the inputs among them. places: what the function uses besides,
        as it was seen. reached: where the other inputs lie. changes: whether the function changes something.
        """
        self.function, self.places, self.reached = function, places, reached
        self.program, self.changes = program, changes
        leaves, self._rebuild = flatten((args, kwargs))
        self._fixed = list(leaves)  # what is no input is the same in each call of the signature
        self._numbers: dict[int, int] = {}  # of leaves: which input each is
        first: dict[int, int] = {}  # where a Tensor comes first: met again, it is the same input
        count = 0
        for i, x in enumerate(leaves):
            if isinstance(x, Node) and id(x) in first:
                self._numbers[i] = first[id(x)]
            elif count < len(given) and given[count].value is x:
                first[id(x)] = self._numbers[i] = count
                count += 1
            else:
                continue
            self._fixed[i] = None

    @property
    def name(self) -> str:
        """The name of the function."""
        return getattr(self.function, "__name__", "a compiled function")

    def node(self, inputs: Sequence[Any], number: int, place: int) -> Node:
        """The node of one result. inputs: those among the arguments, then those that the function has reached, a Tensor or
        its array where one was reached. number: which output of the program it is. place: where it stands among the leaves of what the function returns.
        """
        reached = inputs[len(inputs) - len(self.reached) :]
        if self.changes or not self.places.hold() or not all(map(_as_it_was, self.reached, reached)):
            tensors = [
                p.tensor if isinstance(p, Data) and not isinstance(x, Node) else x
                for p, x in zip(self.reached, reached, strict=True)
            ]
            return self.program.run(*inputs[: len(inputs) - len(reached)], *tensors)[number]  # type: ignore[no-any-return]
        leaves = [inputs[self._numbers[i]] if i in self._numbers else x for i, x in enumerate(self._fixed)]
        args, kwargs = self._rebuild(leaves)
        return flatten(self.function(*args, **kwargs))[0][place]  # type: ignore[no-any-return]


def _as_it_was(place: Place, before: Any) -> bool:
    if isinstance(place, Data):
        return True  # a Tensor has a version, which is asked for where nodes are replaced
    now = place.read()
    return now is before or np.array_equal(now, before, equal_nan=np.asarray(before).dtype.kind == "f")
