"""Which axes of a node's inputs are which axes of the node, primitive by primitive."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.primitives import Primitive
from tinygrad_lite.derivations.reading.nodes import data_of
from tinygrad_lite.tensor.tensor import Tensor

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
    rule = TIES.get(node.primitive) or BY_KIND.get(node.primitive.kind)
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


BY_KIND: dict[str, Callable[[Tensor], Ties]] = {"elementwise": _aligned, "reduction": _reduced}


@ties(p.transpose)
def _transposed(node: Tensor) -> Ties:
    axes = node.params["axes"] or tuple(range(node.ndim))[::-1]
    back = {a % node.ndim: n for n, a in enumerate(axes)}
    yield node.inputs[0], [(node, back[a]) for a in range(node.ndim)]


@ties(p.reshape)
def _reshaped(node: Tensor) -> Ties:
    part = node.inputs[0]
    places: list[tuple[Any, int] | None] = [None] * len(part.shape)
    if node.size:
        for mine, theirs in blocks(part.shape, node.shape):
            if len(mine) == len(theirs) == 1:
                places[mine[0]] = (node, theirs[0])
    yield part, places


def blocks(old: Sequence[int], new: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """The axes of a reshape in groups of equal products, those of size 1 left out.

    >>> blocks((2, 3, 4), (6, 4))
    [([0, 1], [0]), ([2], [1])]
    """
    left, right = ([a for a, n in enumerate(shape) if n != 1] for shape in (old, new))
    found: list[tuple[list[int], list[int]]] = []
    while left or right:
        mine, theirs = [left.pop(0)], [right.pop(0)]
        while (a := math.prod(old[n] for n in mine)) != (b := math.prod(new[n] for n in theirs)):
            (mine if a < b else theirs).append((left if a < b else right).pop(0))
        found.append((mine, theirs))
    return found


@ties(p.getitem)
def _picked(node: Tensor) -> Ties:
    parts = [x for x in node.inputs if hasattr(x, "shape")]
    places = indexed(node)
    if is_diagonal(node):
        places = [*places[:-2], (node, node.ndim - 1), (node, node.ndim - 1)]
    row = row_axis(node)
    if row is not None:
        places[row] = (node, 0)
    yield parts[0], places
    for part in parts[1:] if len(parts) < 3 else [parts[2 - (row or 0)]]:
        if part.ndim == 1 and node.ndim and node.shape[0] == part.shape[0]:
            yield part, [(node, 0)]


@ties(p.scatter)
def _scattered(node: Tensor) -> Ties:
    part, *arrays = node.inputs
    places: list[tuple[Any, int] | None] = [None] * len(part.shape)
    if is_diagonal(node):
        places[-1] = (node, node.ndim - 1)
        yield node, [*[None] * (node.ndim - 1), (node, node.ndim - 2)]
    for axis, place in enumerate(whole_axes(node.shape, node.params["index"], [data_of(x) for x in arrays])):
        if place is not None:
            places[place] = (node, axis)
    yield part, places


@ties(p.concatenate)
def _joined(node: Tensor) -> Ties:
    axis = node.params["axis"] % node.ndim
    for part in node.inputs:
        if hasattr(part, "shape"):
            whole = part.shape[axis] == node.shape[axis]  # the others are empty
            yield part, [(node, a) if a != axis or whole else None for a in range(node.ndim)]


def kept_axes(part: Any, node: Tensor) -> list[int]:
    """The axes that a reduction leaves."""
    axis = node.params.get("axis")
    ndim = len(part.shape)
    gone = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return [a for a in range(ndim) if a not in {g % ndim for g in gone}]


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
            if part.shape[n] == 1:  # it stands for any size
                axes.append(None)
            else:
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


def is_diagonal(node: Tensor) -> bool:
    """Whether a getitem takes, or a scatter fills, the diagonal of its last two axes: t[i, i] with i = np.arange(n)."""
    part, *arrays = node.inputs
    shape = part.shape if node.primitive is p.getitem else node.shape
    template = node.params["index"]
    if len(arrays) != 2 or not isinstance(template, tuple) or len(shape) < 2 or shape[-1] != shape[-2]:
        return False
    rows = [data_of(x) for x in arrays]
    # np.diagonal and np.trace write an ellipsis. Without one, a table of computed values is read by class numbers.
    plain = node.primitive is p.scatter or getattr(part, "primitive", None) is None
    meant = (len(template) == len(arrays) == len(shape) and plain) or (len(template) == 3 and template[0] is Ellipsis)
    return meant and all(x.ndim == 1 and np.array_equal(x, np.arange(shape[-1])) for x in rows)


def indexed(node: Tensor) -> list[tuple[Any, int] | None]:
    """Which axis of a getitem's result each whole axis of its input is; None where it is picked."""
    found = whole_axes(node.inputs[0].shape, node.params["index"], [data_of(x) for x in node.inputs[1:]])
    return [None if place is None else (node, place) for place in found]


def whole_axes(shape: Sequence[int], index: Any, arrays: Sequence[Any]) -> list[int | None]:
    """The axis of what an index takes for each axis of a shape that it leaves whole; None for the others."""
    template = index if isinstance(index, tuple) else (index,)
    # A mask picks along as many axes as it has and leaves one; places pick along one and leave their own.
    spans = [a.ndim if a.dtype == np.bool_ else 1 for a in arrays]
    left = max((1 if a.dtype == np.bool_ else a.ndim for a in arrays), default=0)
    used = sum(spans) + sum(isinstance(t, slice | int) for t in template)
    if Ellipsis not in [t if t is Ellipsis else 0 for t in template]:
        template = (*template, Ellipsis)
    places: list[int | None] = []
    out = 0
    for item in template:
        if item is None:
            out += 1
        elif item is Ellipsis:
            for _ in range(len(shape) - used):
                places.append(out)
                out += 1
        elif isinstance(item, slice):
            whole = range(shape[len(places)])[item] == range(shape[len(places)])
            places.append(out if whole else None)
            out += 1
        elif isinstance(item, int):
            places.append(None)
        else:
            places += [None] * spans.pop(0)
            out, left = out + left, 0
    return places


def whole_numbers(index: Any, shape: Sequence[int]) -> dict[int, int]:
    """The axes of which an index without arrays takes one place, with the place: {1: 2} for t[:, 2] and t[:, 2:3]."""
    parts = [t for t in (index if isinstance(index, tuple) else (index,)) if t is not None]
    if any(t is Ellipsis for t in parts):
        dots = next(n for n, t in enumerate(parts) if t is Ellipsis)
        parts[dots : dots + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    found = {}
    for axis, item in enumerate(parts):
        if isinstance(item, int):
            found[axis] = item % shape[axis]
        elif isinstance(item, slice) and len(one := range(shape[axis])[item]) == 1:
            found[axis] = one[0]
    return found
