"""What each tensor of a picture is called."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from tinygrad_lite.pictures.view.folding import Folds
from tinygrad_lite.pictures.view.model import LOW
from tinygrad_lite.tensor.tensor import Tensor

__all__ = ["is_inline", "name_all"]

LONGEST_NAME = 60


def name_all(nodes: list[Tensor], folds: Folds) -> dict[Any, str]:
    """Every tensor's name: its own, else v1, v2, … for values, p1 … for parameters, c1 … for constants.

    Where several have one name, they are told apart: w₁, w₂, … in the order of their creation. Inside a composite with
    the value a, unnamed values are a.1, a.2, …: unfolding renames nothing.
    """
    names: dict[Any, str] = _own_names([t for t in nodes if t.name])
    taken = set(names.values())
    counts: dict[Any, int] = {}
    owners: dict[Tensor, tuple[Tensor, int]] = {}
    for t in nodes:
        if t in names or (is_inline(t) and t is not folds.result):
            continue
        inside = [e[0] for c in folds.chain(t) if len(e := folds.exits.get(c, [])) == 1 and e[0] is not t]
        if inside:
            counts[inside[-1]] = counts.get(inside[-1], 0) + 1
            owners[t] = (inside[-1], counts[inside[-1]])
        else:
            names[t] = _free("v" if t.primitive is not None else "p" if t.requires_grad else "c", counts, taken)
    for t in reversed(nodes):  # an exit comes after what it is made of, so it has its name first now
        if t in owners:
            exit_, k = owners[t]
            own = f"{names[exit_]}.{k}"
            names[t] = own if own not in taken else _free(f"{own}.", counts, taken)
            taken.add(names[t])
    return names


def _own_names(named: list[Tensor]) -> dict[Any, str]:
    alike: dict[str, list[Tensor]] = {}
    for t in named:
        alike.setdefault(shortened(t.name or ""), []).append(t)
    taken = set(alike)
    names: dict[Any, str] = {}
    for name, group in alike.items():
        free = (told for k in count(1) if (told := name + str(k).translate(LOW)) not in taken)
        names.update((t, name if len(group) == 1 else next(free)) for t in group)
    return names


def shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _free(letter: str, counts: dict[Any, int], taken: set[str]) -> str:
    while True:
        counts[letter] = counts.get(letter, 0) + 1
        name = f"{letter}{counts[letter]}"
        if name not in taken:
            return name


def is_inline(x: Any) -> bool:
    """Whether this is a plain number that stands in a formula without a box of its own."""
    if isinstance(x, Tensor):
        return x.primitive is None and not x.requires_grad and x.name is None and x.size == 1
    return bool(np.size(x) == 1)
