"""How a local derivative is found, in lines of its own: σ(z), its derivative, e^z solved, a (1 − a)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tinygrad_lite.derivations.axes import key_of
from tinygrad_lite.derivations.checking import Facts, quiet, squeezed
from tinygrad_lite.derivations.evaluate import Floats, number
from tinygrad_lite.derivations.sums import rename, sum_over
from tinygrad_lite.derivations.terms import Value, atom
from tinygrad_lite.derivations.written import Whole
from tinygrad_lite.notation.formula import Notation, Partial, named, short
from tinygrad_lite.tensor.gradients import pull_back

if TYPE_CHECKING:
    from tinygrad_lite.derivations.chain import Line
    from tinygrad_lite.derivations.path import Path

Target = Callable[[Facts], Floats]


def lemma(path: Path, name: str, function: str, slope: Value) -> list[Line]:
    """The lines that find the derivative of an elementwise function; each is checked, none is shown unchecked."""
    from tinygrad_lite.derivations.chain import Line

    chain, stations, order = path.chain, path.chain.stations, path.order
    back = dict(zip(stations.formal(path.parent), order, strict=True))
    writer = chain.writer(order)
    letters = tuple(writer.bind(i) for i in order)
    left = writer(rename(stations.named(path.parent), back))
    local = Partial(left, named(path.name, letters))
    raw = sum_over(path.fresh, path.local_raw)
    sure, argument = short(path.above), short(path.name)

    def value(facts: Facts) -> Floats:
        return facts.value(path.above)

    rows: list[tuple[Notation, Value, str, Target]] = [
        (left, rename(path.form_, back), f"definition of {function}", value),
        (local, raw, f"differentiate by {argument}", lambda facts: eager_slope(path, facts)),
    ]
    solution = stations.solutions.get(path.above)
    if solution is not None and raw != slope:
        base = rename(atom(solution.base, solution.exponent), back)
        solved = rename(solution.value, back)
        rows.append((writer(base), solved, f"solve {sure} = {function}({argument})", lambda f: numbers(base, path, f)))
        rows.append((local, slope, "put in", lambda facts: eager_slope(path, facts)))
    lines: list[Line] = []
    for head, right, reason, target in rows:
        error = chain.agrees(Whole(right), target, order)
        if error is not None:
            lines.append(Line(head, writer(right), reason, "", error))
    return lines


def eager_slope(path: Path, facts: Facts) -> Floats:
    """The engine's own derivative of an elementwise station by the one below."""
    twins = path.chain.stations.twins.get(key_of(path.node), [])
    parent = facts.node(path.parent)
    with np.errstate(all="ignore"), quiet():
        ones = np.ones(parent.shape, parent.dtype)[()]
        found = pull_back([parent], [ones], [facts.node(n) for n in (path.node, *twins)])
    return squeezed(sum((np.asarray(g) for g in found if g is not None), np.zeros(path.node.shape)))


def numbers(value: Value, path: Path, facts: Facts) -> Floats:
    """The numbers of a value, one dimension for each index of the node."""
    shape = tuple(path.chain.stations.axes.sizes[i.axis] for i in path.order)
    return np.broadcast_to(number(value, facts.setting(value), path.order).value(), shape)
