"""Shapes for the parameters of a cost function, found by trying: a proposal, which a teacher confirms.

The cost is run with parameters that are still unknown. The first one that it uses is given a shape that its name
suggests, and the cost is run again; where it fails, the next shape is tried. All lengths differ, so that nothing
broadcasts by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count, groupby, permutations
from operator import itemgetter
from typing import Any, NoReturn

import numpy as np

from tinygrad_lite.exercises.making.quiet import quiet
from tinygrad_lite.tensor.tensor import Tensor

LENGTHS = {"m": 5, "n": 3, "h": 4, "J": 2, "k": 7}
"""Examples, inputs, hidden neurons, outputs, and one more."""

MOST_RUNS = 5000
"""How often a cost is run at most."""

TARGETS = ("y", "t", "target", "targets", "labels")
INPUTS = ("x", "inputs", "data")
CHOSEN = ("lam", "lambda", "eta", "eps", "epsilon", "alpha", "tau", "temperature")
"""Names of what is learned against, what is put in, and what somebody chooses."""

OTHER = ["", "n", "J", "h", "m", "m n", "m J"]
"""Shapes of a parameter whose name says nothing; those of several are likely to be alike."""

UNALIKE = 3
"""How unlikely it is that they are not."""

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
        order = OTHER
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


def proposed(
    cost: Callable[..., Any], parameters: Sequence[str], known: Mapping[str, str], failed: list[Exception] | None = None
) -> Iterator[list[dict[str, str]]]:
    """Shapes with which a cost is one number, the likeliest first; those that are equally likely together.

    known: shapes that are given. Shapes that differ in the names of letters alone count once. failed: a list that takes
    what the cost raises on shapes that do not fit.

    >>> def cost(x, W, y): return np.mean((x @ W - y) ** 2)
    >>> next(proposed(cost, ["x", "W", "y"], {}))
    [{'x': 'm n', 'W': 'n J', 'y': 'm J'}]
    """
    seen: set[str] = set()
    for _, alike in groupby(_found(cost, parameters, known, failed), key=itemgetter(0)):
        group = []
        for _, shapes in alike:
            form = _form(shapes.values())
            if form not in seen:
                seen.add(form)
                group.append(shapes)
        if group:
            yield group


def _found(
    cost: Callable[..., Any], parameters: Sequence[str], known: Mapping[str, str], failed: list[Exception] | None
) -> Iterator[tuple[int, dict[str, str]]]:
    """How unlikely shapes are, and the shapes. The likeliest of those that are begun is run next."""
    number = count()  # those that are equally likely in the order in which they were begun
    begun: list[tuple[int, int, dict[str, str]]] = [(0, next(number), dict(known))]
    for _ in range(MOST_RUNS):
        if not begun:
            return
        unlikely, _, shapes = heappop(begun)
        try:
            result = _run(cost, parameters, shapes)
        except _Asked as asked:
            name = str(asked)
            for axes, place in candidates(name).items():
                more = place + (UNALIKE if _unalike(name, axes, shapes, known) else 0)
                heappush(begun, (unlikely + more, next(number), shapes | {name: axes}))
        except Exception as error:  # whatever a cost raises on shapes that do not fit
            if failed is not None:
                failed.append(error)
        else:
            if np.ndim(result) == 0:
                yield unlikely, {p: shapes.get(p, "") for p in parameters}  # "" for what is not used


def _unalike(name: str, axes: str, shapes: Mapping[str, str], known: Mapping[str, str]) -> bool:
    """Whether a parameter whose name says nothing would have a shape that no other such parameter has."""
    if list(candidates(name)) != OTHER:
        return False
    others = {shapes[other] for other in shapes if other not in known and list(candidates(other)) == OTHER}
    return bool(others) and axes not in others


def _form(shapes: Iterable[str]) -> str:
    """Shapes with their letters as numbers, in the order in which they come."""
    numbers: dict[str, str] = {}
    return ";".join(" ".join(numbers.setdefault(a, str(len(numbers))) for a in axes.split()) for axes in shapes)


def _run(cost: Callable[..., Any], parameters: Sequence[str], shapes: Mapping[str, str]) -> Any:
    """What a cost returns where some parameters are unknown. Raises _Asked when one of these is used."""
    own = dict.fromkeys(a for axes in shapes.values() for a in axes.split() if a.isalpha() and a not in LENGTHS)
    lengths = LENGTHS | {axis: 11 + 2 * number for number, axis in enumerate(own)}
    values = {p: _value(p, shapes[p], lengths) if p in shapes else _Unknown(p) for p in parameters}
    with quiet():
        return cost(**values)


def _value(name: str, axes: str, lengths: Mapping[str, int]) -> Tensor:
    shape = tuple(int(a) if a.isdigit() else lengths[a] for a in axes.split())
    rng = np.random.default_rng(len(name))
    if shape and name.lower().rstrip("0123456789_") in TARGETS:  # what every cost takes for a target
        return Tensor(np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])])
    return Tensor(rng.uniform(0.1, 0.9, size=shape))
