"""Shapes for the parameters of a cost function, found by trying: a proposal, which a teacher confirms.

The cost is run with parameters that are still unknown. The first one that it uses is given a shape that its name
suggests, and the cost is run again; where it fails, the next shape is tried. All lengths differ, so that nothing
broadcasts by chance.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any, NoReturn

import numpy as np

from tinygrad_lite.tensor.tensor import Tensor

LENGTHS = {"m": 5, "n": 3, "h": 4, "J": 2, "k": 7}
"""Examples, inputs, hidden neurons, outputs, and one more."""

MOST_RUNS = 5000
"""How often a cost is run at most."""

TARGETS = ("y", "t", "target", "targets", "labels")
INPUTS = ("x", "inputs", "data")
CHOSEN = ("lam", "lambda", "eta", "eps", "epsilon", "alpha", "tau", "temperature")
"""Names of what is learned against, what is put in, and what somebody chooses."""

_PAIRS = [" ".join(pair) for pair in permutations(LENGTHS, 2)]
_MATRIX = [f"{a} {b}" for a, b in ("nh", "nJ", "hJ", "hn", "Jn", "Jh", "mn")]


def candidates(name: str) -> dict[str, int]:
    """The shapes that a parameter of this name may have, the likeliest first, and how unlikely each is.

    >>> candidates("x")
    {'m n': 0, 'n': 5, 'm': 5, '': 8}
    """
    plain = name.rstrip("0123456789_").lower()
    if plain in TARGETS:
        return {"m J": 0, "m": 1, "m n": 1, "m m": 2, "J": 5, "": 8}
    if plain in INPUTS:
        return {"m n": 0, "n": 5, "m": 5, "": 8}
    if name[0].isupper():
        order = [*dict.fromkeys([*_MATRIX, *_PAIRS]), "n", "J", "h", ""]
    elif plain[:1] in ("w", "v", "u", "g"):
        order = ["n", "J", "h", "m", ""]
    elif plain[:1] in ("b", "c", "s"):
        order = ["J", "h", "n", ""]
    else:
        order = ["", "n", "J", "h", "m", "m n", "m J"]
    return {axes: place for place, axes in enumerate(order)}


class _Asked(Exception):
    """The cost uses a parameter of which no shape is known yet."""


class _Unknown:
    """A parameter that has no value yet: whatever is done with it says its name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def _ask(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise _Asked(self.name)

    def __getattr__(self, attribute: str) -> NoReturn:
        raise _Asked(self.name)

    __array_ufunc__ = __array_function__ = __array__ = __len__ = __iter__ = __getitem__ = __bool__ = __float__ = _ask
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _ask
    __matmul__ = __rmatmul__ = __pow__ = __rpow__ = __neg__ = __abs__ = _ask
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _ask
    __hash__ = None  # type: ignore[assignment]


def proposed(cost: Callable[..., Any], parameters: Sequence[str], known: Mapping[str, str]) -> list[dict[str, str]]:
    """The likeliest shapes with which a cost is one number: several where they are equally likely, [] for none.

    known: shapes that are given. Shapes that differ in the names of letters alone count once.

    >>> def cost(x, W, y): return np.mean((x @ W - y) ** 2)
    >>> proposed(cost, ["x", "W", "y"], {})
    [{'x': 'm n', 'W': 'n J', 'y': 'm J'}]
    """
    found: dict[str, tuple[int, dict[str, str]]] = {}
    for shapes in _Runs(cost, known).complete(dict(known), [p for p in parameters if p not in known]):
        unlikely = sum(candidates(p)[shapes[p]] for p in parameters if p not in known)
        form = _form(shapes[p] for p in parameters)
        if form not in found or unlikely < found[form][0]:
            found[form] = unlikely, {p: shapes[p] for p in parameters}
    least = min((unlikely for unlikely, _ in found.values()), default=0)
    return [shapes for unlikely, shapes in found.values() if unlikely == least]


def _form(shapes: Iterable[str]) -> str:
    """Shapes with their letters as numbers, in the order in which they come."""
    numbers: dict[str, str] = {}
    return ";".join(" ".join(numbers.setdefault(a, str(len(numbers))) for a in axes.split()) for axes in shapes)


class _Runs:
    """A cost, run again and again."""

    def __init__(self, cost: Callable[..., Any], known: Mapping[str, str]) -> None:
        self.cost = cost
        self.left = MOST_RUNS
        own = dict.fromkeys(a for axes in known.values() for a in axes.split() if a.isalpha() and a not in LENGTHS)
        self.lengths = LENGTHS | {axis: 11 + 2 * number for number, axis in enumerate(own)}

    def complete(self, shapes: dict[str, str], unknown: Sequence[str]) -> Iterator[dict[str, str]]:
        """All shapes, these among them, with which the cost is one number."""
        if self.left <= 0:
            return
        self.left -= 1
        values = {p: self._value(p, axes) for p, axes in shapes.items()} | {p: _Unknown(p) for p in unknown}
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                result = self.cost(**values)
        except _Asked as asked:
            name = str(asked)
            rest = [p for p in unknown if p != name]
            for axes in candidates(name):
                yield from self.complete(shapes | {name: axes}, rest)
        except Exception:  # whatever a cost raises on shapes that do not fit
            return
        else:
            if np.size(result) == 1 and np.ndim(result) == 0:
                yield shapes | dict.fromkeys(unknown, "")  # a parameter that is not used

    def _value(self, name: str, axes: str) -> Any:
        shape = tuple(int(a) if a.isdigit() else self.lengths[a] for a in axes.split())
        rng = np.random.default_rng(len(name))
        if shape and name.lower().rstrip("0123456789_") in TARGETS:  # what every cost takes for a target
            return Tensor(np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])])
        return Tensor(rng.uniform(0.1, 0.9, size=shape))
