"""Pieces of NumPy code whose axes are known: how they are lined up, multiplied, added and summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinygrad_lite.derivations.normal.terms import Index

Order = tuple[Index, ...]

UNIT = Index("·", "·")
"""The index of an axis of size 1, where a formula keeps one: a column of targets is y[:, 0] or stays a column."""

COMPARED, SUM, TERM, POWER, ATOM = range(5)
"""How tightly code holds together, as Python reads it."""


@dataclass(frozen=True)
class Code:
    """An expression in NumPy, and the index of each of its axes.

    turned: its transpose, where that is not its own text with .T. summed: where it is np.sum(...), the code and axes of
    what is summed, and over which indices. matmul: whether it is a product of matrices, with numbers before it at most.
    """

    text: str
    level: int
    axes: Order = ()
    matmul: bool = False
    turned: str = ""
    summed: tuple[str, Order, frozenset[Index]] | None = None

    def within(self, level: int) -> str:
        """The text, in brackets where it holds together less than ``level``."""
        return self.text if self.level >= level else f"({self.text})"


def called(function: str, *arguments: str, axes: Order = ()) -> Code:
    """A call, which needs no brackets."""
    return Code(f"{function}({', '.join(arguments)})", ATOM, axes)


def common(codes: Sequence[Code], hint: Order) -> Order:
    """The order of axes for several codes: that of one of them where it has all, else the hint's."""
    every = list(dict.fromkeys(index for code in codes for index in code.axes))
    full = [code.axes for code in codes if len(code.axes) == len(every)]
    wanted = tuple(index for index in hint if index in every)
    wanted += tuple(index for index in every if index not in wanted)
    return wanted if wanted in full or not full else full[0]


def aligned(code: Code, order: Order, exact: bool = False) -> Code:
    """The code as it stands beside others of this order: transposed, with axes of size 1 where it has none.

    NumPy adds axes at the front by itself; ``exact`` adds them, too.

    >>> i, j = Index("i", "m"), Index("j", "n")
    >>> aligned(Code("x", ATOM, (i,)), (i, j)).text, aligned(Code("x", ATOM, (j, i)), (i, j)).text
    ('x[:, None]', 'x.T')
    """
    present = tuple(index for index in order if index in code.axes)
    if code.summed is not None and (present != order[-len(present) :] or exact) and present == code.axes:
        inner, axes, over = code.summed
        gone = [place for place, index in enumerate(axes) if index in over]
        fits = len(axes) == len(order) and all(
            index in over if order[place] not in present else index == order[place] for place, index in enumerate(axes)
        )
        if fits:
            return called("np.sum", inner, f"axis={_places(gone)}", "keepdims=True", axes=order)
    if code.axes != present:
        places = tuple(code.axes.index(index) for index in present)
        turned = places == tuple(range(len(places)))[::-1]
        code = transposed(code) if turned else called("np.transpose", code.text, str(places), axes=present)
    if not present and not exact:
        return code
    first = 0 if exact else order.index(present[0])
    inside = [":" if index in present else "None" for index in order[first:]]
    while inside and inside[-1] == ":":
        inside.pop()  # what follows is taken whole anyway
    return Code(f"{code.within(ATOM)}[{', '.join(inside)}]", ATOM, order) if inside else code


def transposed(code: Code) -> Code:
    """The code with its axes the other way round: (A @ B).T is B.T @ A.T."""
    if code.turned:
        return Code(code.turned, code.level, code.axes[::-1], code.matmul, code.text)
    return Code(f"{code.within(ATOM)}.T", ATOM, code.axes[::-1], turned=code.within(ATOM))


def _places(axes: Sequence[int]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(tuple(axes))


def quotient(above: Sequence[Code], below: Sequence[Code], hint: Order) -> Code:
    """Factors over factors, element by element."""
    order = common([*above, *below], hint)
    parts = [aligned(code, order) for code in above]
    scalars = [c for c in parts if not c.axes]
    single = all(not c.axes for c in parts if not c.matmul) and sum(c.matmul for c in parts) == 1
    parts = scalars + [c for c in parts if c.axes and not c.matmul] + [c for c in parts if c.axes and c.matmul]
    parts = parts if single or len(parts) == 1 else [_closed(c) for c in parts]
    under = [_closed(aligned(code, order)) for code in below]
    alone = len(parts) == 1 and not under
    if alone:
        return parts[0]
    top = " * ".join(c.within(TERM if n == 0 else TERM if c.matmul else POWER) for n, c in enumerate(parts)) or "1"
    axes = order if parts or under else ()
    if not under:
        return Code(top, TERM, axes, matmul=single)
    bottom = under[0].within(POWER) if len(under) == 1 else f"({' * '.join(c.within(POWER) for c in under)})"
    return Code(f"{top} / {bottom}", TERM, axes, matmul=single)


def _closed(code: Code) -> Code:
    """A product of matrices in brackets, as a factor beside others."""
    return Code(f"({code.text})", ATOM, code.axes) if code.matmul else code


def added(terms: Sequence[tuple[int, Code]], hint: Order) -> Code:
    """Terms with signs."""
    order = common([code for _, code in terms], hint)
    text = ""
    for sign, code in terms:
        part = aligned(code, order).within(TERM)
        text += f" {'-' if sign < 0 else '+'} {part}" if text else f"{'-' if sign < 0 else ''}{part}"
    single = len(terms) == 1 and terms[0][0] > 0
    return terms[0][1] if single else Code(text, SUM, order)


def total(code: Code, over: Sequence[Index]) -> Code:
    """The sum over some axes."""
    rest = tuple(index for index in code.axes if index not in over)
    if not rest:
        return called("np.sum", code.text)
    places = [place for place, index in enumerate(code.axes) if index in over]
    text = f"np.sum({code.text}, axis={_places(places)})"
    return Code(text, ATOM, rest, summed=(code.text, code.axes, frozenset(over)))
