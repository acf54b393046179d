"""Axes that move and elements that are picked, as index formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.derivations.normal.algebra import add, multiply
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.sums import delta, fresh_index, sum_over
from tinygrad_lite.derivations.normal.terms import ONE, Index, Sym, Value, atom, place_at
from tinygrad_lite.derivations.reading.nodes import data_of, key_of
from tinygrad_lite.derivations.reading.reader import Reader, formula
from tinygrad_lite.derivations.reading.selectors import Data, Selector, hot, largest, merged, room, taken
from tinygrad_lite.derivations.reading.ties import (
    blocks,
    indexed,
    is_diagonal,
    kept_axes,
    row_axis,
    whole_axes,
    whole_numbers,
)
from tinygrad_lite.notation.formula import named
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
    """Axes of size 1 come and go; axes that are made one, or parted, are selected by S."""
    part = node.inputs[0]
    formal = reader.axes.formal(node)
    if not node.size:
        raise NoFormula("reshape")
    indices: list[Index | None] = [None] * len(part.shape)
    factors: list[Value] = []
    bound: list[Index] = []
    for mine, theirs in blocks(part.shape, node.shape):
        if len(mine) == len(theirs) == 1:
            indices[mine[0]] = formal[theirs[0]]
            continue
        inner = _fresh(reader, part, mine, indices)
        outer = [i for a in theirs if (i := formal[a]) is not None]
        facts = {"one_hot"} if len(mine) == 1 else {"sum over 0 is 1"} if len(theirs) == 1 else set()
        note = f"has a 1 where a place of {_shown(part.shape, mine)} is one of {_shown(node.shape, theirs)}, else 0"
        factors.append(_select(reader, node, "S", merged(node, mine, theirs), note, outer + inner, facts))
        bound += inner
    return sum_over(bound, multiply(*factors, reader.at(part, indices)))


def _shown(shape: Sequence[int], axes: Sequence[int]) -> str:
    return "(" + ", ".join(str(shape[a]) for a in axes) + ")"


def _fresh(reader: Reader, part: Any, axes: Sequence[int], indices: list[Index | None]) -> list[Index]:
    """New indices for axes of a part; they are put where they belong."""
    found = []
    for axis in axes:
        index = reader.axes.index(part, axis)
        indices[axis] = None if index is None else fresh_index(index.axis)
        found += [i for i in indices[axis : axis + 1] if i is not None]
    return found


def _select(
    reader: Reader,
    node: Tensor,
    letter: str,
    numbers: Callable[[Data], Any],
    note: str,
    indices: Sequence[Index],
    facts: set[str],
    place: int = 0,
) -> Value:
    """The symbol of a selector at its indices: one symbol where the same is taken of the same axes."""
    arrays = node.inputs[1:] if node.primitive in (p.getitem, p.scatter) else ()
    depends = node.primitive in (p.max_, p.min_) or any(getattr(x, "requires_grad", False) for x in arrays)
    sources = node.inputs if depends else arrays
    axes = tuple(i.axis for i in indices)
    signature = (node.primitive, repr(node.params), place, axes, node.shape, *map(key_of, sources))
    selector = Selector(node, numbers, note, depends)
    symbol = reader.selector(signature, selector, letter, frozenset(facts))
    return atom(Sym(symbol, tuple(indices)))


@formula(p.getitem)
def _getitem(reader: Reader, node: Tensor) -> Value:
    """Whole axes, new axes, single places, the pick of one class per row (sum_j y_ij f_ij), and selections by S."""
    part, *arrays = node.inputs
    formal = reader.axes.formal(node)
    places = indexed(node)
    indices: list[Index | None] = [None if place is None else formal[place[1]] for place in places]
    picked = [a for a, place in enumerate(places) if place is None and part.shape[a] != 1]
    if not picked:
        return reader.at(part, indices)
    if is_diagonal(node):
        indices[-2:] = [formal[-1]] * 2
        return reader.at(part, indices)
    if not node.size:
        raise NoFormula("getitem")
    if not arrays:
        fixed = whole_numbers(node.params["index"], part.shape)
        if len(picked) == 1 and picked[0] in fixed and _is_class(reader, part, picked[0]):
            return _one_place(reader, part, picked[0], fixed[picked[0]], indices)
        for axis in [a for a in picked if a in fixed]:
            index = reader.axes.index(part, axis)
            assert index is not None
            indices[axis] = place_at(fixed[axis], index.axis)
            picked.remove(axis)
        return _selected(reader, node, places, picked, indices) if picked else reader.at(part, indices)
    if len(arrays) <= 2 and len(picked) == len(arrays):
        found = _class_per_row(reader, node, picked, indices)
        if found is not None:
            return found
    return _selected(reader, node, places, picked, indices)


def _selected(
    reader: Reader,
    node: Tensor,
    places: Sequence[tuple[Any, int] | None],
    picked: Sequence[int],
    indices: list[Index | None],
) -> Value:
    """The sum over all places with a 1 where one is taken."""
    part = node.inputs[0]
    whole = [place[1] for place in places if place is not None]
    outer = [i for a, i in enumerate(reader.axes.formal(node)) if a not in whole and i is not None]
    inner = _fresh(reader, part, picked, indices)
    facts = {"one_hot"} if len(picked) == 1 else set()
    hits = _select(
        reader,
        node,
        "S",
        taken(part.shape, node.params["index"], node.inputs[1:], whole, node.shape, picked),
        _takes(node),
        outer + inner,
        facts,
    )
    return sum_over(inner, multiply(hits, reader.at(part, indices)))


def _takes(node: Tensor) -> str:
    """What a selector says: where x[1:] takes an element of x."""
    part, index = node.inputs[0], node.params["index"]
    parts = index if isinstance(index, tuple) else (index,)
    if node.primitive is not p.getitem or not all(isinstance(i, slice | int) for i in parts):
        return "has a 1 where an element is taken, else 0"
    name = part.name if isinstance(part, Tensor) and part.name else "…"
    return f"has a 1 where {name}[{', '.join(map(_slice, parts))}] takes an element, else 0"


def _slice(part: slice | int) -> str:
    """A slice as it is typed: 1:, ::2."""
    if isinstance(part, int):
        return str(part)
    first, last, step = ("" if n is None else str(n) for n in (part.start, part.stop, part.step))
    return f"{first}:{last}" + (f":{step}" if step else "")


def _is_class(reader: Reader, part: Any, axis: int) -> bool:
    """Whether one place of the last axis is all that is taken of a computed value: -log a[2] is a cost with a class."""
    computed = isinstance(part, Tensor) and part.primitive is not None and part.requires_grad
    return (
        computed and axis == len(part.shape) - 1 and len(reader.axes.taken.get(reader.axes.spot(part, axis), ())) == 1
    )


def _class_per_row(reader: Reader, node: Tensor, picked: list[int], indices: list[Index | None]) -> Value | None:
    """t[np.arange(m), y], t[..., y] and E[ids], with a one-hot y; None for anything else."""
    part, *arrays = node.inputs
    formal = reader.axes.formal(node)
    row = row_axis(node)
    if any(data_of(x).dtype.kind not in "iu" for x in arrays):
        return None
    class_axis, classes = picked[-1], arrays[-1]
    along: list[Index | None] = []
    letter = "y"
    if len(picked) == 2:
        if row is None:
            return None
        indices[row] = formal[0]
        class_axis, classes = 1 - row, arrays[1 - row]
        along = [formal[0]]
    elif np.size(data_of(classes)) != 1:
        places = {place[1] for place in indexed(node) if place is not None}
        along = [i for a, i in enumerate(formal) if a not in places]
        letter = "onehot"
    index = reader.axes.index(part, class_axis)
    assert index is not None
    k = fresh_index(index.axis)
    indices[class_axis] = k
    hits = _one_hot(reader, classes, part, class_axis, [i for i in along if i is not None], k, letter)
    return sum_over([k], multiply(hits, reader.at(part, indices)))


def _one_place(reader: Reader, part: Any, axis: int, place: int, indices: list[Index | None]) -> Value:
    """t[2]: the sum over all places with a one-hot y."""
    index = reader.axes.index(part, axis)
    assert index is not None
    k = fresh_index(index.axis)
    indices[axis] = k
    hits = _one_hot(reader, np.asarray(place), part, axis, [], k)
    return sum_over([k], multiply(hits, reader.at(part, indices)))


def _one_hot(
    reader: Reader, classes: Any, part: Any, axis: int, row: list[Index], k: Index, letter: str = "y"
) -> Value:
    """The one-hot symbol of an array of class numbers."""
    symbol = reader.class_symbol(classes, letter)
    length = part.shape[axis]
    room([np.size(data_of(classes)), length])

    def numbers(data: Data) -> Any:
        found = hot([np.asarray(data(classes)) % length], [length])
        return found if row else found.reshape(length)

    known = np.ndim(classes) == 0 and not isinstance(classes, Tensor)
    place = f"at place {int(classes)}" if known else "at the number of the class"
    note = f"has one 1 in each row, {place}, else 0" if row else f"has a 1 {place}, else 0"
    reader.sources[symbol.name] = Selector(part, numbers, note)
    reader.notes[symbol.name] = named(symbol.name, raised=True), note
    return atom(Sym(symbol, (*row, k)))


@formula(p.concatenate)
def _concatenate(reader: Reader, node: Tensor) -> Value:
    """Each part at its places: one that has a single place by [j = 0], another by S."""
    axis = node.params["axis"]
    formal = reader.axes.formal(node)
    along = formal[axis]
    start = 0
    terms: list[Value] = []
    for number, part in enumerate(node.inputs):
        length = part.shape[axis]
        indices = list(formal)
        if length and length == node.shape[axis]:
            return reader.at(part, indices)
        assert along is not None or not length
        if length == 1 and along is not None:
            indices[axis] = None
            terms.append(multiply(delta(along, place_at(start, along.axis)), reader.at(part, indices)))
        elif length and along is not None:
            terms.append(_part(reader, node, number, start, indices))
        start += length
    return add(*terms)


def _part(reader: Reader, node: Tensor, number: int, start: int, indices: list[Index | None]) -> Value:
    axis, part = node.params["axis"], node.inputs[number]
    outer = indices[axis]
    (inner,) = _fresh(reader, part, [axis], indices)
    assert outer is not None
    length, whole = part.shape[axis], node.shape[axis]
    room([length, whole])
    note = f"has a 1 where a place of part {number + 1} of what is joined is one of the whole, else 0"
    hits = _select(reader, node, "S", lambda data: np.eye(whole, length, -start), note, [outer, inner], set(), start)
    return sum_over([inner], multiply(hits, reader.at(part, indices)))


@formula(p.scatter)
def _scatter(reader: Reader, node: Tensor) -> Value:
    """The elements put at their places: a getitem turned round."""
    part, *arrays = node.inputs
    if not part.size or not node.size:
        raise NoFormula("scatter")
    formal = reader.axes.formal(node)
    whole = whole_axes(node.shape, node.params["index"], [data_of(x) for x in arrays])
    indices: list[Index | None] = [None] * len(part.shape)
    for axis, place in enumerate(whole):
        if place is not None:
            indices[place] = formal[axis]
    if is_diagonal(node):
        one, other = formal[-2:]
        indices[-1] = one
        return multiply(ONE if one is None or other is None else delta(one, other), reader.at(part, indices))
    fixed = {} if arrays else whole_numbers(node.params["index"], node.shape)
    at: list[Value] = [delta(i, place_at(n, i.axis)) for a, n in fixed.items() if (i := formal[a]) is not None]
    outer = [a for a, place in enumerate(whole) if place is None and a not in fixed and formal[a] is not None]
    kept = [place for place in whole if place is not None]
    inner = _fresh(reader, part, [a for a in range(len(part.shape)) if a not in kept], indices)
    if outer:
        numbers = taken(node.shape, node.params["index"], arrays, kept, part.shape, outer)
        there = [i for a in outer if (i := formal[a]) is not None]
        at.append(
            _select(reader, node, "S", numbers, _takes(node), inner + there, {"one_hot"} if len(outer) == 1 else set())
        )
    return sum_over(inner, multiply(*at, reader.at(part, indices)))


@formula(p.cumsum)
def _cumsum(reader: Reader, node: Tensor) -> Value:
    """Σ_k [k ≤ j] x_k, with L_jk for the bracket."""
    part, axis = node.inputs[0], node.params["axis"] % node.ndim
    indices = list(reader.axes.formal(node))
    outer = indices[axis]
    if outer is None:
        return reader.at(part, indices)
    inner = fresh_index(outer.axis)
    indices[axis] = inner
    length = part.shape[axis]
    room([length, length])
    note = "has a 1 at and before its own place, else 0"
    hits = _select(reader, node, "L", lambda data: np.tri(length), note, [outer, inner], set())
    return sum_over([inner], multiply(hits, reader.at(part, indices)))


@formula(p.max_)
@formula(p.min_)
def _extremum(reader: Reader, node: Tensor) -> Value:
    """max_j z_ij = Σ_j M_ij z_ij, where M says which element it is."""
    part = node.inputs[0]
    kept = kept_axes(part, node)
    formal = reader.axes.formal(node)
    mine = [formal[a] for a in kept] if node.params.get("keepdims") else list(formal)
    indices: list[Index | None] = [None] * len(part.shape)
    for axis, index in zip(kept, mine, strict=True):
        indices[axis] = index
    gone = [a for a in range(len(part.shape)) if a not in kept and part.shape[a] != 1]
    if not gone:
        return reader.at(part, indices)
    inner = _fresh(reader, part, gone, indices)
    outer = [i for i in mine if i is not None]
    numbers = largest(node, kept)
    ties = bool(np.any((found := numbers(data_of)) != np.round(found)))
    facts = {"in [0, 1]"} if ties or len(gone) > 1 else {"one_hot"}
    word = "largest" if node.primitive is p.max_ else "smallest"
    note = f"has a 1 where an element is the {word}, else 0" + ("; elements that tie share the 1" if ties else "")
    hits = _select(reader, node, "M", numbers, note, outer + inner, facts)
    return sum_over(inner, multiply(hits, reader.at(part, indices)))
