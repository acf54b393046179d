"""Sums and products of matrices as index formulas."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_lite.core import primitives as p
from tinygrad_lite.derivations.normal.algebra import multiply
from tinygrad_lite.derivations.normal.sums import fresh_index, sum_over
from tinygrad_lite.derivations.normal.terms import Index, Value
from tinygrad_lite.derivations.reading.axes import Axes
from tinygrad_lite.derivations.reading.reader import Reader, formula
from tinygrad_lite.derivations.reading.ties import kept_axes, subscripts
from tinygrad_lite.tensor.tensor import Tensor


@formula(p.sum_)
def _sum(reader: Reader, node: Tensor) -> Value:
    indices, bound = summed(reader.axes, node, reader.axes.formal(node))
    return sum_over(bound, reader.at(node.inputs[0], indices))


def summed(axes: Axes, node: Tensor, at: Sequence[Index | None]) -> tuple[list[Index | None], list[Index]]:
    """The indices of what a sum adds up, where the sum stands ``at`` these, and those that it runs over."""
    part = node.inputs[0]
    kept = kept_axes(part, node)
    rest = iter([at[a] for a in kept] if node.params.get("keepdims") else at)
    indices: list[Index | None] = []
    bound: list[Index] = []
    for axis in range(len(part.shape)):
        if axis in kept:
            indices.append(next(rest))
            continue
        index = axes.index(part, axis)
        indices.append(None if index is None else fresh_index(index.axis))
        bound += [i for i in indices[-1:] if i is not None]
    return indices, bound


@formula(p.matmul)
def _matmul(reader: Reader, node: Tensor) -> Value:
    left, right = node.inputs
    formal = list(reader.axes.formal(node))
    inner = reader.axes.index(left, len(left.shape) - 1)
    k = None if inner is None else fresh_index(inner.axis)
    batch = formal[: node.ndim - (len(left.shape) > 1) - (len(right.shape) > 1)]
    rest = formal[len(batch) :]
    l_index: list[Index | None] = [rest.pop(0), k] if len(left.shape) > 1 else [k]
    r_index: list[Index | None] = [k, rest.pop(0)] if len(right.shape) > 1 else [k]
    parts = []
    for part, index in ((left, l_index), (right, r_index)):
        more = len(part.shape) - len(index)
        parts.append(reader.at(part, [*batch[len(batch) - more :], *index]))
    return sum_over([] if k is None else [k], multiply(*parts))


@formula(p.einsum)
def _einsum(reader: Reader, node: Tensor) -> Value:
    inputs, output = subscripts(node)
    formal = reader.axes.formal(node)
    indices: dict[str, Index | None] = dict(zip(output, formal, strict=True))
    bound: list[Index] = []
    for part, letters in zip(node.inputs, inputs, strict=True):
        for axis, letter in enumerate(letters):
            index = reader.axes.index(part, axis)
            if indices.get(letter) is None and letter not in output:
                indices[letter] = None if index is None else fresh_index(index.axis)
                bound += [i for i in [indices[letter]] if i is not None]
    parts = [
        reader.at(part, [indices[c] if n != 1 else None for c, n in zip(letters, part.shape, strict=True)])
        for part, letters in zip(node.inputs, inputs, strict=True)
    ]
    return sum_over(bound, multiply(*parts))
