"""Which axes of a graph are the same axis: the classes behind the index letters and the sizes.

Two axes are one where an elementwise operation lines them up or a product of matrices sums over
both.  An axis of size 1 has no index.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from tinygrad_lite.core import primitives as p
from tinygrad_lite.derivations.normal.terms import Index, formal_at
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.reading.ties import blocks, tied, whole_numbers
from tinygrad_lite.notation.styles import INDEX_LETTERS
from tinygrad_lite.tensor.tensor import Tensor

LETTERS = INDEX_LETTERS[1:]
"""Index letters in the order in which axes get them; i is kept for the batch. Where there are more axes, letters come
again: axes that meet in one line get different ones there."""

DECLARABLE = tuple("ijklpqr")
"""What is a letter for an axis, and not a name for its size, where a tensor's axes are named."""

Spot = tuple[float, int]
"""An axis of a node: (key of the node, number of the axis)."""


class Axes:
    """The classes of a graph's axes, their sizes, names and letters."""

    def __init__(self, nodes: Sequence[Any], given: Sequence[tuple[Any, int, str]] = ()) -> None:
        self._parent: dict[Spot, Spot] = {}
        self._sizes: dict[Spot, int] = {}
        self.declared: dict[Spot, str] = {}
        self.lettered: dict[Spot, str] = {}
        self.on_parameter: set[Spot] = set()
        self.on_data: set[Spot] = set()
        self.names: dict[Spot, str] = {}
        self.letters: dict[str, str] = {}
        self.batch: str | None = None
        self.examples: str | None = None  # the batch, where data alone has it: no guess
        self.sizes: dict[str, int] = {}
        self.taken: dict[Spot, set[int]] = {}
        self._merges: dict[tuple[Any, ...], list[tuple[Any, int]]] = {}
        for node in nodes:
            self._tie(node)
        for node in nodes:
            self._tie_merged(node)
        for node in nodes:
            self._note(node)
            self._note_taken(node)
        first: dict[str, tuple[Any, int]] = {}
        for node, axis, name in given:  # axes that are given one name are one axis
            self._join((node, axis), first.setdefault(name, (node, axis)))
        for node, axis, name in given:
            self.declared[self.root((key_of(node), axis))] = name
        self._name(nodes)

    def root(self, spot: Spot) -> Spot:
        """The representative of an axis' class."""
        while self._parent.get(spot, spot) != spot:
            spot = self._parent[spot]
        return spot

    def _join(self, a: tuple[Any, int], b: tuple[Any, int]) -> None:
        left, right = self.root((key_of(a[0]), a[1])), self.root((key_of(b[0]), b[1]))
        if a[0].shape[a[1]] != 1 and a[0].shape[a[1]] == b[0].shape[b[1]] and left != right:
            self._parent[max(left, right)] = min(left, right)

    def _tie(self, node: Any) -> None:
        """Join the axes that a primitive makes equal."""
        if not isinstance(node, Tensor) or node.primitive is None:
            return
        for part, axes in tied(node):
            for axis, mine in enumerate(axes):
                if mine is not None:
                    self._join((part, axis), mine)

    def _tie_merged(self, node: Any) -> None:
        """Axes that a reshape makes one axis are those of any other reshape that makes the same axis of them."""
        if not isinstance(node, Tensor) or node.primitive is not p.reshape or not node.size:
            return
        part = node.inputs[0]
        for mine, theirs in blocks(part.shape, node.shape):
            if len(mine) == len(theirs):
                continue
            apart, (whole, one), (several, axes) = (
                (False, (node, theirs[0]), (part, mine))
                if len(theirs) == 1
                else (True, (part, mine[0]), (node, theirs))
            )
            if (len(mine) if apart else len(theirs)) != 1:
                continue
            lengths = tuple(several.shape[a] for a in axes)
            first = self._merges.setdefault((self.root((key_of(whole), one)), lengths), [(several, a) for a in axes])
            for before, axis in zip(first, axes, strict=True):
                self._join(before, (several, axis))

    def _note_taken(self, node: Any) -> None:
        """The single places that are taken of an axis: 0 and 1 of x[0] and x[1]."""
        if isinstance(node, Tensor) and node.primitive is p.getitem and len(node.inputs) == 1:
            part = node.inputs[0]
            for axis, place in whole_numbers(node.params["index"], part.shape).items():
                self.taken.setdefault(self.spot(part, axis), set()).add(place)

    def spot(self, node: Any, axis: int) -> Spot:
        """The class of an axis of a node."""
        return self.root((key_of(node), axis))

    def _note(self, node: Any) -> None:
        for axis, length in enumerate(node.shape):
            spot = self.root((key_of(node), axis))
            self._sizes[spot] = length
            if length == 1:
                continue
            leaf = not isinstance(node, Tensor) or node.primitive is None
            if isinstance(node, Tensor) and node.axes is not None:
                given = node.axes[axis]
                (self.lettered if given in DECLARABLE else self.declared).setdefault(spot, given)
            if leaf:
                needs = isinstance(node, Tensor) and node.requires_grad
                (self.on_parameter if needs else self.on_data).add(spot)

    def _name(self, nodes: Sequence[Any]) -> None:
        """Give the batch i over m, the others j, k, ... in the order met from the cost down."""
        met: dict[Spot, int] = {}
        for node in reversed(nodes):
            for axis, length in enumerate(node.shape):
                if length != 1:
                    met.setdefault(self.root((key_of(node), axis)), length)
        batch = self._batch(nodes, list(met))
        values = {n.name for n in nodes if isinstance(n, Tensor) and n.name}  # no index and no size is called like one
        free = [c for c in LETTERS if c not in values] or list(LETTERS)
        letters, again = iter(free), itertools.cycle(free)
        for spot in met:
            declared = self.declared.get(spot)
            letter = self.lettered.get(spot) or ("i" if spot == batch and "i" not in values else "")
            taken = {*self.letters.values(), *self.lettered.values()}
            letter = letter or next((c for c in letters if c not in taken), None) or next(again)
            own = declared or ("m" if spot == batch else letter.upper())
            others = ["N", "M"] if spot == batch and not declared else []
            numbered = itertools.chain([own, *others], (f"{own}{n}" for n in itertools.count(2)))
            name = next(n for n in numbered if n not in self.letters and (n == declared or n not in values))
            self.names[spot] = name
            self.letters[name] = letter
            self.sizes[name] = met[spot]
            if spot == batch:
                self.batch = name
                known = spot in self.on_data and spot not in self.on_parameter
                self.examples = name if known or declared else None

    def _batch(self, nodes: Sequence[Any], spots: list[Spot]) -> Spot | None:
        """The axis of the examples: called m, or on data and on no parameter, or of a mean."""
        for spot in spots:
            if self.declared.get(spot) == "m":
                return spot
        data = [n for n in nodes if n.ndim and not _computed(n) and not getattr(n, "requires_grad", False)]
        first = [self.root((key_of(n), 0)) for n in data]
        alone = [s for s in spots if s in self.on_data and s not in self.on_parameter]
        for spot in [s for s in alone if s in first] + alone:
            return spot
        if len(spots) == 1:
            carried = any(_computed(n) and n.ndim and n.size > 1 for n in nodes)
            if not carried and all(not getattr(n, "requires_grad", False) or not _computed(n) for n in nodes if n.ndim):
                return None
            rows = any(isinstance(n, Tensor) and (n.facts or _over_rows(n)) for n in nodes)
            return None if rows else spots[0]
        tables = [self.root((key_of(n), 0)) for n in data if n.ndim == 2]
        return next((s for s in tables if s in spots), None)

    def index(self, node: Any, axis: int) -> Index | None:
        """The formal index of an axis; None for an axis of size 1."""
        if node.shape[axis] == 1:
            return None
        return formal_at(axis, self.names[self.root((key_of(node), axis))])

    def formal(self, node: Any) -> tuple[Index | None, ...]:
        """The indices @0, @1, ... of a node's axes."""
        return tuple(self.index(node, axis) for axis in range(len(node.shape)))


def _computed(node: Any) -> bool:
    return getattr(node, "primitive", None) is not None


def _over_rows(node: Tensor) -> bool:
    """Whether a node treats an axis as the classes of one example: softmax, a pick."""
    summed = node.primitive is p.sum_ and bool(node.params.get("keepdims"))
    return summed or node.primitive in (p.max_, p.getitem)
