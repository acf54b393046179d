"""Which axes of a graph are the same axis: the classes behind the index letters and the sizes.

Two axes are one where an elementwise operation lines them up or a product of matrices sums over
both.  An axis of size 1 has no index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.derivations.normal.terms import Index
from tinygrad_lite.errors import DerivationError
from tinygrad_lite.tensor.tensor import Tensor

LETTERS = "jklpqrstuvn"
"""Index letters in the order in which axes get them; i is kept for the batch."""

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
        self.sizes: dict[str, int] = {}
        for node in nodes:
            self._tie(node)
        for node in nodes:
            self._note(node)
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
        letters = iter(LETTERS)
        for spot in met:
            declared = self.declared.get(spot)
            letter = self.lettered.get(spot) or ("i" if spot == batch else "")
            taken = {*self.letters.values(), *self.lettered.values()}
            letter = letter or next((c for c in letters if c not in taken), "")
            if not letter:
                raise DerivationError(
                    f"a derivation has the index letters i, for examples, and {', '.join(LETTERS)}: one for each axis of a size "
                    f"above 1. This graph has {len(met)} such axes. Derive it on data with fewer."
                )
            name = declared or ("m" if spot == batch else letter.upper())
            while name in self.letters:
                name += "'"
            self.names[spot] = name
            self.letters[name] = letter
            self.sizes[name] = met[spot]

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

    def index(self, node: Any, axis: int, name: str | None = None) -> Index | None:
        """The index of an axis, under a name of its own; None for an axis of size 1."""
        if node.shape[axis] == 1:
            return None
        return Index(name or f"@{axis}", self.names[self.root((key_of(node), axis))])

    def formal(self, node: Any) -> tuple[Index | None, ...]:
        """The indices @0, @1, ... of a node's axes."""
        return tuple(self.index(node, axis) for axis in range(len(node.shape)))


def _computed(node: Any) -> bool:
    return getattr(node, "primitive", None) is not None


def _over_rows(node: Tensor) -> bool:
    """Whether a node treats an axis as the classes of one example: softmax, a pick."""
    summed = node.primitive is p.sum_ and bool(node.params.get("keepdims"))
    return summed or node.primitive in (p.max_, p.getitem)


def data_of(value: Any) -> Any:
    """The numbers of a tensor or a constant, only to be read."""
    if isinstance(value, Tensor):
        return value.numpy() if value.primitive is None else value.data
    return np.asarray(value)


def key_of(value: Any) -> int:
    """A tensor's serial; a constant's identity, below zero."""
    return value.serial if isinstance(value, Tensor) else -id(value)


Ties = Iterable[tuple[Any, list[tuple[Any, int] | None]]]
TIES: dict[Primitive, Callable[[Tensor], Ties]] = {}


def ties(*primitives: Primitive) -> Callable[[Callable[[Tensor], Ties]], Callable[[Tensor], Ties]]:
    """Register which axes a primitive ties together, where its kind does not say it."""

    def register(rule: Callable[[Tensor], Ties]) -> Callable[[Tensor], Ties]:
        TIES.update(dict.fromkeys(primitives, rule))
        return rule

    return register


def tied(node: Tensor) -> Ties:
    """For each input of a node, which axis of the node (or of another input) each axis equals."""
    assert node.primitive is not None
    rule = TIES.get(node.primitive) or _BY_KIND.get(node.primitive.kind)
    return rule(node) if rule is not None else ()


@ties(p.cumsum)
def _aligned(node: Tensor) -> Ties:
    for part in node.inputs:
        if hasattr(part, "shape"):
            shift = node.ndim - len(part.shape)
            yield part, [(node, a + shift) for a in range(len(part.shape))]


def _reduced(node: Tensor) -> Ties:
    part = node.inputs[0]
    place = {a: a if node.params.get("keepdims") else n for n, a in enumerate(kept_axes(part, node))}
    yield part, [(node, place[a]) if a in place else None for a in range(len(part.shape))]


_BY_KIND: dict[str, Callable[[Tensor], Ties]] = {"elementwise": _aligned, "reduction": _reduced}


@ties(p.transpose)
def _transposed(node: Tensor) -> Ties:
    axes = node.params["axes"] or tuple(range(node.ndim))[::-1]
    back = {a % node.ndim: n for n, a in enumerate(axes)}
    yield node.inputs[0], [(node, back[a]) for a in range(node.ndim)]


@ties(p.reshape)
def _reshaped(node: Tensor) -> Ties:
    yield node.inputs[0], reshaped(node.inputs[0].shape, node)


@ties(p.getitem)
def _picked(node: Tensor) -> Ties:
    parts = [x for x in node.inputs if hasattr(x, "shape")]
    places = indexed(node)
    row = row_axis(node)
    if row is not None:
        places[row] = (node, 0)
    yield parts[0], places
    for part in parts[1:] if len(parts) < 3 else [parts[2 - (row or 0)]]:
        if part.ndim == 1 and node.ndim and node.shape[0] == part.shape[0]:
            yield part, [(node, 0)]


@ties(p.concatenate)
def _joined(node: Tensor) -> Ties:
    axis = node.params["axis"] % node.ndim
    for part in node.inputs:
        if hasattr(part, "shape"):
            yield part, [(node, a) if a != axis else None for a in range(node.ndim)]


def kept_axes(part: Any, node: Tensor) -> list[int]:
    """The axes that a reduction leaves."""
    axis = node.params.get("axis")
    ndim = len(part.shape)
    gone = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return [a for a in range(ndim) if a not in {g % ndim for g in gone}]


def reshaped(shape: tuple[int, ...], node: Any) -> list[tuple[Any, int] | None]:
    """Where each axis goes in a reshape that only adds and drops axes of size 1; else nothing."""
    old = [a for a, n in enumerate(shape) if n != 1]
    new = [a for a, n in enumerate(node.shape) if n != 1]
    places: list[tuple[Any, int] | None] = [None] * len(shape)
    if [shape[a] for a in old] == [node.shape[a] for a in new]:
        for a, b in zip(old, new, strict=True):
            places[a] = (node, b)
    return places


@ties(p.matmul)
def _matmul(node: Tensor) -> Ties:
    left, right = node.inputs
    l_axes: list[tuple[Any, int] | None] = [None] * len(left.shape)
    r_axes: list[tuple[Any, int] | None] = [None] * len(right.shape)
    last = node.ndim
    if len(right.shape) > 1:
        last -= 1
        r_axes[-1] = (node, last)
    if len(left.shape) > 1:
        last -= 1
        l_axes[-2] = (node, last)
    for n in range(1, last + 1):
        if len(left.shape) - 2 - n >= 0:
            l_axes[-2 - n] = (node, last - n)
        if len(right.shape) - 2 - n >= 0:
            r_axes[-2 - n] = (node, last - n)
    l_axes[-1] = (right, max(len(right.shape) - 2, 0))
    yield left, l_axes
    yield right, r_axes


@ties(p.einsum)
def _einsum(node: Tensor) -> Ties:
    inputs, output = subscripts(node)
    place: dict[str, tuple[Any, int]] = {c: (node, n) for n, c in enumerate(output)}
    for part, letters in zip(node.inputs, inputs, strict=True):
        axes: list[tuple[Any, int] | None] = []
        for n, c in enumerate(letters):
            axes.append(place.setdefault(c, (part, n)))
        yield part, axes


def subscripts(node: Tensor) -> tuple[list[str], str]:
    """The letters of each operand of an einsum, and of its result."""
    left, _, right = node.params["subscripts"].replace(" ", "").partition("->")
    return left.split(","), right


def row_axis(node: Tensor) -> int | None:
    """The axis that ``t[np.arange(m), y]`` walks along, where a getitem is of this kind."""
    part, *arrays = node.inputs
    template = node.params["index"]
    if len(arrays) != 2 or not isinstance(template, tuple) or len(template) != 2:
        return None
    for axis, array in enumerate(arrays):
        rows = data_of(array)
        if rows.ndim == 1 and np.array_equal(rows, np.arange(part.shape[axis])) and node.ndim == 1:
            return axis
    return None


def indexed(node: Tensor) -> list[tuple[Any, int] | None]:
    """Which axis of a getitem's result each whole axis of its input is; None where it is picked."""
    part = node.inputs[0]
    template = node.params["index"]
    template = template if isinstance(template, tuple) else (template,)
    arrays = [data_of(x) for x in node.inputs[1:]]
    # A mask picks along as many axes as it has and leaves one; places pick along one and leave their own.
    spans = [a.ndim if a.dtype == np.bool_ else 1 for a in arrays]
    left = max((1 if a.dtype == np.bool_ else a.ndim for a in arrays), default=0)
    used = sum(spans) + sum(isinstance(t, slice | int) for t in template)
    if Ellipsis not in [t if t is Ellipsis else 0 for t in template]:
        template = (*template, Ellipsis)
    places: list[tuple[Any, int] | None] = []
    out = 0
    for item in template:
        if item is None:
            out += 1
        elif item is Ellipsis:
            for _ in range(len(part.shape) - used):
                places.append((node, out))
                out += 1
        elif isinstance(item, slice):
            whole = range(part.shape[len(places)])[item] == range(part.shape[len(places)])
            places.append((node, out) if whole else None)
            out += 1
        elif isinstance(item, int):
            places.append(None)
        else:
            places += [None] * spans.pop(0)
            out, left = out + left, 0
    return places
