"""Sums of products as NumPy has them: @ where the axes allow it, np.sum over what is elementwise, else np.einsum."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

from tinygrad_lite.derivations.normal.terms import Index
from tinygrad_lite.derivations.writing.numpy_code import (
    ATOM,
    TERM,
    Code,
    Order,
    aligned,
    called,
    quotient,
    total,
    transposed,
)
from tinygrad_lite.notation.styles import INDEX_LETTERS

LETTERS = "".join(INDEX_LETTERS) + "abcdefghmowxyz" + string.ascii_uppercase
"""Letters for np.einsum, which takes so many axes and no more."""


@dataclass(frozen=True)
class Factor:
    """A factor of what is summed; ``above`` is False for a divisor."""

    code: Code
    above: bool = True

    @property
    def axes(self) -> frozenset[Index]:
        """The indices that it has."""
        return frozenset(self.code.axes)


def contracted(factors: Sequence[Factor], bound: Sequence[Index], hint: Order) -> Code:
    """The sum over all bound indices of a product, a few indices at a time, the smallest result first."""
    left, rest = list(bound), list(factors)
    while left:
        bundles: dict[tuple[int, ...], list[Index]] = {}
        for index in left:
            bundles.setdefault(tuple(n for n, f in enumerate(rest) if index in f.axes), []).append(index)
        places = min(bundles, key=lambda p: (_rank([rest[n] for n in p], bundles[p]), -max(p)))
        indices = bundles[places]
        left = [index for index in left if index not in indices]
        keep = tuple(i for i in (*hint, *left) if i not in indices)
        new = Factor(_sum([rest[n] for n in places], indices, keep))
        rest = [f for n, f in enumerate(rest) if n not in places] + [new]
    return _fraction(rest, hint)


def _rank(factors: Sequence[Factor], bound: Sequence[Index]) -> int:
    return len(frozenset[Index]().union(*(f.axes for f in factors)) - set(bound))


def _fraction(factors: Sequence[Factor], hint: Order) -> Code:
    return quotient([f.code for f in factors if f.above], [f.code for f in factors if not f.above], hint)


def _sum(factors: Sequence[Factor], over: Sequence[Index], hint: Order) -> Code:
    """The sum over indices that all the factors have."""
    every = frozenset[Index]().union(*(f.axes for f in factors))
    if len(over) == 1:
        (k,) = over
        pure = [f for f in factors if f.axes == {k}]
        groups = _groups([f for f in factors if f.axes != {k}], k)
        found = _product(groups, pure, k, hint)
        if found is not None:
            return found
    if any(f.axes == every for f in factors):
        return total(_fraction(factors, (*hint, *over)), over)
    return _einsum(factors, over, hint)


def _groups(factors: Sequence[Factor], k: Index) -> list[list[Factor]]:
    """The factors that hang together by an index other than k."""
    groups: list[list[Factor]] = []
    for factor in factors:
        mine = [g for g in groups if any((f.axes & factor.axes) - {k} for f in g)]
        groups = [g for g in groups if g not in mine] + [[f for g in mine for f in g] + [factor]]
    return groups


def _product(groups: list[list[Factor]], pure: list[Factor], k: Index, hint: Order) -> Code | None:
    """The sum as a product of vectors or matrices, where it is one."""
    above = [f for f in pure if f.above]
    if not groups and len(above) > 1:
        rest = [f for f in pure if f is not above[0]]
        return _at(above[0].code, _fraction(rest, (k,)))
    if len(groups) == 1 and above:
        matrix = _fraction(groups[0], (*hint, k))
        if len(matrix.axes) == 2:
            (other,) = (index for index in matrix.axes if index != k)
            return _at(aligned(matrix, (other, k)), _fraction(pure, (k,)), (other,))
        if matrix.axes[-1] == k:
            return _at(matrix, _fraction(pure, (k,)), matrix.axes[:-1])
    if len(groups) == 2:
        first, second = (_fraction(g, (*hint, k)) for g in groups)
        if [index for index in hint if index in (*first.axes, *second.axes)][:1] == [
            index for index in second.axes if index != k
        ][:1]:
            groups, first, second = groups[::-1], second, first
        if len(first.axes) > 2 and first.axes[-1] == k and len(second.axes) == 2:
            second = _fraction([*pure, *groups[1]], (*hint, k))
            others = tuple(index for index in second.axes if index != k)
            return _at(first, aligned(second, (k, *others)), (*first.axes[:-1], *others))
        if len(first.axes) == len(second.axes) == 2:
            second = _fraction([*pure, *groups[1]], (*hint, k))
            (p,), (q,) = ([index for index in code.axes if index != k] for code in (first, second))
            return _at(aligned(first, (p, k)), aligned(second, (k, q)), (p, q))
    return None


def _at(left: Code, right: Code, axes: Order = ()) -> Code:
    whole = [_between(left, right)]
    if len(left.axes) == len(right.axes) == 2:
        whole.append(_between(transposed(right), transposed(left)))
    return Code(whole[0], TERM, axes, matmul=True, turned="".join(whole[1:]))


def _between(left: Code, right: Code) -> str:
    first = left.text if left.matmul else left.within(ATOM)
    return f"{first} @ {right.within(ATOM)}"


def _einsum(factors: Sequence[Factor], over: Sequence[Index], hint: Order) -> Code:
    codes = [f.code if f.above else quotient([], [f.code], ()) for f in factors]
    every = list(dict.fromkeys(index for code in codes for index in code.axes))
    letters = dict(zip(every, LETTERS, strict=False))
    result = tuple(i for i in hint if i in every and i not in over)
    result += tuple(i for i in every if i not in result and i not in over)
    inputs = ",".join("".join(letters[i] for i in code.axes) for code in codes)
    output = "".join(letters[i] for i in result)
    return called("np.einsum", f'"{inputs}->{output}"', *(code.text for code in codes), axes=result)
