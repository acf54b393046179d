"""How many axes each name may have: by its letters, by convention, and by how both formulas use it.

Capital letters are matrices, sizes and hyperparameters are scalars.  Lower-case letters are vectors
or scalars; one that is multiplied by ``@``, transposed or reduced along an axis may be a matrix, as
the lecture's x.  How a name is used is read from the graphs of both formulas on square matrices, on
which nearly everything can be computed.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.judging.sides import (
    LEAST_AXES,
    Facts,
    Shape,
    Side,
    all_names,
    check_axes,
    one_hot_names,
)
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.errors import FormulaError, TinygradLiteError
from tinygrad_lite.tensor.tensor import Tensor

SIZES = ("m", "n", "J", "N", "K")
"""Names that are sizes where nothing else is known of them: scalars, and the lengths of axes."""

SCALARS = (*SIZES, "lambda", "λ", "lam", "eta", "η", "epsilon", "ε", "eps")
"""Names that are scalars by convention."""

LENGTH = 4
"""The length of every axis where it is only asked what can be computed."""

MOST_READINGS = 64
"""How many readings of two formulas are tried."""

TIES = (p.add, p.subtract, p.maximum, p.minimum, p.where, p.greater, p.less, p.greater_equal, p.less_equal, p.equal)
"""What has operands of one shape, if these are names: a - y."""

Ranks = dict[str, int]


def probe(ranks: Mapping[str, int], length: int = LENGTH, hot: Collection[str] = ()) -> dict[str, Tensor]:
    """A Tensor for each name, all axes of one length; those of hot have one-hot rows."""
    rng = np.random.default_rng(0)
    return {name: probe_of(name, (length,) * rank, rng, name in hot) for name, rank in ranks.items()}


def probe_of(name: str, shape: Shape, rng: np.random.Generator, hot: bool) -> Tensor:
    """A Tensor for a name: one-hot rows, or numbers in (0, 1)."""
    data = rng.uniform(0.1, 0.9, size=shape)
    if hot and shape:
        data = np.eye(shape[-1])[data.argmax(axis=-1)]
    return Tensor(data, requires_grad=True, name=name)


def known_ranks(sides: Sequence[Side], shapes: Mapping[str, Shape]) -> Ranks:
    """The ranks that letters or shapes tell; FormulaError where they contradict each other."""
    found = {name: len(shape) for name, shape in shapes.items()}
    for side in sides:
        if side.typed is not None and side.typed.indexed:
            for name, letters in side.typed.letters().items():
                if found.setdefault(name, len(letters)) != len(letters):
                    seen = f"the shape {shapes[name]}" if name in shapes else f"{found[name]} indices"
                    raise FormulaError(
                        f"{name!r} has {seen} at one place and {len(letters)} indices in {side.typed.text!r}."
                    )
    return found


def rankings(
    sides: Sequence[Side], shapes: Mapping[str, Shape], facts: Facts, length: int = LENGTH
) -> Iterator[list[Ranks]]:
    """Which ranks the names may have, the most plausible first, in lists: a later one is for where the first does not compute.

    Beside capital letters, which are matrices, lower-case letters are vectors or scalars, but for the
    lecture's x; only if that computes nowhere they are matrices. length: of the axes on which this is tried.
    """
    names = all_names(sides)
    known = known_ranks(sides, shapes)
    for name, rank in known.items():
        check_axes(
            name, rank, facts.get(name, frozenset()), f"it has {rank} {'index' if rank == 1 else 'indices'} here"
        )
    free = [n for n in names if n not in known]
    if not free:
        yield [known]
        return
    uses = Uses(free)
    everywhere = True
    for side in sides:
        everywhere &= uses.read(side, known, length)
    groups: dict[str, list[str]] = {}
    for name in free:
        groups.setdefault(uses.root(name), []).append(name)
    choices = []
    capital = any(n[0].isupper() and n not in SCALARS for n in names)
    for members in groups.values():
        least = max((LEAST_AXES.get(f, 0) for n in members for f in facts.get(n, ())), default=0)
        ranks = uses.candidates(members, everywhere and not known, capital)
        choices.append([r for r in ranks if r >= least] or [least])
    plain = [
        c if "x" in g or c[0] == 2 or not capital else [r for r in c if r < 2]
        for g, c in zip(groups.values(), choices, strict=True)
    ]
    for each in (plain, choices) if plain != choices else (choices,):
        ordered = sorted(itertools.product(*(range(len(c)) for c in each)), key=sum)
        yield [
            {n: r for n, r in known.items()}
            | {n: options[number] for g, options, number in zip(groups.values(), each, chosen, strict=True) for n in g}
            for chosen in ordered[:MOST_READINGS]
        ]


class Uses:
    """How formulas use the names whose ranks are not known, from graphs on square matrices."""

    def __init__(self, free: Sequence[str]) -> None:
        self.free = set(free)
        self.uses: dict[str, set[str]] = {n: set() for n in free}
        self._parent: dict[str, str] = {}

    def root(self, name: str) -> str:
        """The name that stands for all that are added to each other."""
        while name in self._parent:
            name = self._parent[name]
        return name

    def read(self, side: Side, known: Mapping[str, int], length: int) -> bool:
        """Note the uses in one formula; whether it works element by element."""
        for rank in (2, 1):
            ranks = {n: known.get(n, 0 if n in SCALARS else rank) for n in side.names}
            point = probe(ranks, length, one_hot_names([side]))
            try:
                result, _ = side.value(point)
            except TinygradLiteError:
                continue
            if not isinstance(result, Tensor):
                return not hasattr(result, "shape")
            return self._walk(result, point)
        for name in self.free.intersection(side.names):
            self.uses[name].add("somehow")
        return False

    def _walk(self, result: Tensor, point: Mapping[str, Tensor]) -> bool:
        carried: dict[int, frozenset[str]] = {key_of(t): frozenset((n,)) & self.free for n, t in point.items()}
        mixed: set[int] = set()
        everywhere = True
        for node in graph(result):
            if node.primitive is None:
                continue
            inputs = [x for x in node.inputs if hasattr(x, "shape")]
            own = [self._roots(carried.get(key_of(x), frozenset())) for x in inputs]
            if node.primitive.kind == "elementwise" or node.primitive is p.reshape:
                if node.primitive in TIES and node.call is None:
                    self._tie(own, [key_of(x) in mixed for x in inputs])
                carried[key_of(node)] = frozenset().union(*own)
                if any(key_of(x) in mixed for x in inputs):
                    mixed.add(key_of(node))
                continue
            everywhere = False
            self._note(node, inputs, own, mixed)
            if node.primitive.kind != "reduction" or node.params.get("axis") is not None:
                mixed.add(key_of(node))
            if node.primitive is p.transpose or (node.call is not None and node.params.get("axis") is not None):
                carried[key_of(node)] = frozenset().union(*own)
        return everywhere

    def _roots(self, names: frozenset[str]) -> frozenset[str]:
        return frozenset(self.root(n) for n in names)

    def _tie(self, own: Sequence[frozenset[str]], mixed: Sequence[bool]) -> None:
        """Names that are added to each other have one shape; what is added to a product may have any."""
        pure = [names for names, other in zip(own, mixed, strict=True) if names and not other]
        if any(mixed):
            for names in pure:
                self._add(names, "beside a result")
        elif len(pure) > 1 and all(len(names) == 1 for names in pure):
            first, *others = (next(iter(names)) for names in pure)
            for other in others:
                if self.root(other) != self.root(first):
                    self._parent[self.root(other)] = self.root(first)

    def _note(self, node: Tensor, inputs: Sequence[Any], own: Sequence[frozenset[str]], mixed: set[int]) -> None:
        for part, names in zip(inputs, own, strict=True):
            alone = len(names) == 1 and key_of(part) not in mixed  # of A @ B / n, the n is not alone
            leaf = isinstance(part, Tensor) and part.primitive is None
            if node.primitive is p.transpose:
                self._add(names, "transposed" if leaf else "operand")
            elif node.primitive is not None and node.primitive.kind == "reduction":
                axis = node.params.get("axis")
                along = axis is not None and (node.call is None or axis != -1)  # softmax's own axis is -1
                self._add(names, ("operand" if along else "summed") + ("" if alone else " among others"))
            else:
                self._add(names, "operand" if alone else "operand among others")

    def _add(self, names: frozenset[str], use: str) -> None:
        for name in names & self.free:
            self.uses[name].add(use)

    def candidates(self, members: Sequence[str], everywhere: bool, capital: bool) -> list[int]:
        """Which ranks names that have one shape may have, the most plausible first; capital: whether matrices are capitals."""
        uses = set().union(*(self.uses[n] for n in members))
        multiplied = bool(uses & {"transposed", "operand", "somehow"})
        if all(n in SCALARS for n in members) and not multiplied:
            return [0]
        if everywhere:
            return [0]
        if any(n[0].isupper() for n in members):
            return [2]
        if "transposed" in uses:  # x.T is said of a matrix; but beside a matrix A, x.T @ A @ x has a vector
            return [2, 1] if capital else [2]
        if multiplied:
            return [1, 2]
        if uses & {"operand among others", "beside a result"}:
            return [1, 0, 2]
        return [1] if "summed" in uses else [1, 0]
