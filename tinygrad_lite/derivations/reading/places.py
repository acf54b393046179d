"""Axes that move and elements that are picked, as index formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.derivations.normal.algebra import multiply
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.sums import fresh_index, sum_over
from tinygrad_lite.derivations.normal.terms import Index, Sym, Symbol, Value, atom
from tinygrad_lite.derivations.reading.nodes import data_of, key_of
from tinygrad_lite.derivations.reading.reader import Reader, formula
from tinygrad_lite.derivations.reading.ties import indexed, reshaped, row_axis
from tinygrad_lite.tensor.tensor import Tensor


@formula(p.transpose)
def _transpose(reader: Reader, node: Tensor) -> Value:
    axes = node.params["axes"] or tuple(range(node.ndim))[::-1]
    formal = reader.axes.formal(node)
    indices: list[Index | None] = [None] * node.ndim
    for place, axis in enumerate(axes):
        indices[axis] = formal[place]
    return reader.at(node.inputs[0], indices)


@formula(p.reshape)
def _reshape(reader: Reader, node: Tensor) -> Value:
    part = node.inputs[0]
    formal = reader.axes.formal(node)
    places = reshaped(part.shape, node)
    if any(place is None and n != 1 for place, n in zip(places, part.shape, strict=True)):
        raise NoFormula("reshape")
    return reader.at(part, [None if place is None else formal[place[1]] for place in places])


@formula(p.getitem)
def _getitem(reader: Reader, node: Tensor) -> Value:
    """Whole axes, new axes, and the pick of one class per row: sum_j y_ij f_ij."""
    part, *arrays = node.inputs
    formal = reader.axes.formal(node)
    places = indexed(node)
    indices: list[Index | None] = [None if place is None else formal[place[1]] for place in places]
    picked = [a for a, place in enumerate(places) if place is None and part.shape[a] != 1]
    if not picked:
        return reader.at(part, indices)
    if not arrays and len(picked) == 1:
        return _one_place(reader, node, part, picked[0], indices)
    if len(arrays) == 0 or len(arrays) > 2 or len(picked) != len(arrays):
        raise NoFormula("getitem")
    row = row_axis(node)
    class_axis = picked[-1]
    classes = arrays[-1]
    if len(picked) == 2:
        if row is None:
            raise NoFormula("getitem")
        indices[row] = formal[0]
        class_axis, classes = 1 - row, arrays[1 - row]
    elif np.size(data_of(classes)) != 1:
        raise NoFormula("getitem")
    index = reader.axes.index(part, class_axis)
    assert index is not None
    k = fresh_index(index.axis)
    indices[class_axis] = k
    along = [formal[0]] if len(picked) == 2 else []
    hot = _one_hot(reader, classes, part, class_axis, [i for i in along if i is not None], k)
    return sum_over([k], multiply(hot, reader.at(part, indices)))


def _one_place(reader: Reader, node: Tensor, part: Any, axis: int, indices: list[Index | None]) -> Value:
    """t[2]: the sum over all places with a one-hot y."""
    place = _place_of(node.params["index"], len(part.shape), axis)
    index = reader.axes.index(part, axis)
    if place is None or index is None:
        raise NoFormula("getitem")
    k = fresh_index(index.axis)
    indices[axis] = k
    hot = _one_hot(reader, np.asarray(place), part, axis, [], k)
    return sum_over([k], multiply(hot, reader.at(part, indices)))


def _one_hot(reader: Reader, classes: Any, part: Any, axis: int, row: list[Index], k: Index) -> Value:
    """The one-hot symbol of an array of class numbers."""
    if not isinstance(classes, Tensor):
        data = np.asarray(classes)
        same = [c for c in reader._classes if np.array_equal(c, data)]
        classes = same[0] if same else data
        reader._classes.append(classes)
    key = key_of(classes)
    if key not in reader.symbols:
        reader.symbols[key] = reader._named_classes(classes)
        reader._keep.append(classes)
    symbol = Symbol(reader.symbols[key].name, frozenset(("one_hot",)))
    reader.symbols[key] = symbol
    numbers = np.asarray(data_of(classes)).reshape(-1)
    rows = (numbers[:, None] % part.shape[axis] == np.arange(part.shape[axis])).astype(float)
    reader.sources[symbol.name] = rows if row else rows[0]
    return atom(Sym(symbol, (*row, k)))


def _place_of(template: Any, ndim: int, axis: int) -> int | None:
    """The whole number that an index has for an axis."""
    parts = [t for t in (template if isinstance(template, tuple) else (template,)) if t is not None]
    if Ellipsis in [t if t is Ellipsis else 0 for t in parts]:
        dots = next(n for n, t in enumerate(parts) if t is Ellipsis)
        parts[dots : dots + 1] = [slice(None)] * (ndim - len(parts) + 1)
    found = parts[axis] if axis < len(parts) else None
    return found if isinstance(found, int) else None
