"""How a local derivative is found, in lines of its own: σ(z), its derivative, e^z solved, a (1 − a)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinygrad_lite.derivations.normal.numbers import Floats, number, quiet, squeezed
from tinygrad_lite.derivations.normal.sums import rename, sum_over
from tinygrad_lite.derivations.normal.terms import Value
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.steps.checking import Facts
from tinygrad_lite.derivations.steps.lines import Line, Whole
from tinygrad_lite.derivations.steps.link import Link
from tinygrad_lite.derivations.writing import reasons
from tinygrad_lite.derivations.writing.reasons import NOTHING, Reason
from tinygrad_lite.notation.formula import Applied, Notation, Partial, named
from tinygrad_lite.tensor.gradients import pull_back

Target = Callable[[Facts], Floats]


def lemma(link: Link, function: str, slope: Value) -> list[Line]:
    """The lines that find the derivative of an elementwise function; each is checked, none is shown unchecked."""
    board, stations, order = link.board, link.board.stations, link.order
    formal = stations.formal(link.parent)
    if [i.axis for i in formal] != [i.axis for i in order]:
        return []  # a function of a transposed value: element and element do not stand at the same place
    back = dict(zip(formal, order, strict=True))
    writer = board.writer(order)
    letters = tuple(writer.bind(i) for i in order)
    left = writer(rename(stations.named(link.parent), back))
    local = Partial(left, named(link.name, letters))
    raw = sum_over(link.fresh, link.local_raw)
    defined = reasons.defined(named(function) if function else link.bare_above)

    def value(facts: Facts) -> Floats:
        return facts.value(link.above)

    rows: list[tuple[Notation, Value, Reason, Target]] = [
        (left, rename(link.formula, back), defined, value),
        (local, raw, reasons.differentiated_by(link.bare), lambda facts: eager_slope(link, facts)),
    ]
    solution = stations.solutions.get(link.above)
    if solution is not None and raw != slope:
        base = rename(solution.solved, back)
        solved = rename(solution.value, back)
        found = reasons.solved(link.bare_above, Applied(named(function), link.bare) if function else None)
        rows.append((writer(base), solved, found, lambda facts: numbers(base, link, facts)))
        rows.append((local, slope, reasons.PUT_IN, lambda facts: eager_slope(link, facts)))
    lines: list[Line] = []
    for head, right, reason, target in rows:
        error = board.agrees(Whole(right), target, order)
        if error is not None:
            lines.append(
                Line(head, writer(right), reason, NOTHING, error, Whole(right), order, link.name, (link.above,))
            )
    return lines


def eager_slope(link: Link, facts: Facts) -> Floats:
    """The engine's own derivative of an elementwise station by the one below."""
    twins = link.board.stations.twins.get(key_of(link.node), [])
    parent = facts.node(link.parent)
    with quiet():
        ones = np.ones(parent.shape, parent.dtype)[()]
        found = pull_back([parent], [ones], [facts.node(n) for n in (link.node, *twins)])
    return squeezed(sum((np.asarray(g) for g in found if g is not None), np.zeros(link.node.shape)))


def numbers(value: Value, link: Link, facts: Facts) -> Floats:
    """The numbers of a value, one dimension for each index of the node."""
    shape = tuple(link.board.stations.axes.sizes[i.axis] for i in link.order)
    return np.broadcast_to(number(value, facts.setting(value), link.order).value(), shape)
