"""Second derivatives: a gradient that was recorded is derived from its closed form, as a lecturer does it.

The graph of a gradient holds what the VJP rules computed, and no reader of it sees (1/m) Σ_i x_ij (a_i − y_i). So the
gradient is derived first, with the stations of its cost; its closed form then stands where the cost stood.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_lite.core import primitives as p
from tinygrad_lite.core.walks import graph
from tinygrad_lite.derivations.formula import Formula
from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.calculus import put_in, replace
from tinygrad_lite.derivations.normal.contents import symbols_in
from tinygrad_lite.derivations.normal.numbers import quiet
from tinygrad_lite.derivations.normal.sums import rename
from tinygrad_lite.derivations.normal.terms import Derivative, Index, Sym, Symbol, Value, atom, formal_at
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.reading.stations import ACTIVATION, read
from tinygrad_lite.derivations.steps.board import Board
from tinygrad_lite.derivations.steps.checking import Facts, largest_error
from tinygrad_lite.derivations.steps.lines import Whole
from tinygrad_lite.derivations.steps.link import shorter
from tinygrad_lite.derivations.steps.walk import Chain
from tinygrad_lite.errors import DerivationError, TinygradLiteError
from tinygrad_lite.notation.formula import Num
from tinygrad_lite.tensor.tensor import Tensor


def walked(derived: Tensor, wrt: Sequence[Tensor], inner: bool = False, partly: bool = False) -> Chain:
    """The lines from what is derived down to what it is derived by.

    inner: whether a gradient is derived again. partly: whether to end where something has no formula.
    """
    found = _from_closed_form(derived, wrt)
    if found is not None:
        return found
    stations = read(derived, wrt, inner)
    chain = Chain(stations, stations.axes.letters)
    with contextlib.suppress(*[DerivationError] * partly):
        chain.run()
    return chain


def _from_closed_form(gradient: Tensor, wrt: Sequence[Tensor]) -> Chain | None:
    """The lines of a gradient from its closed form; None where it is no gradient, or has none, or another value."""
    origin = gradient.meta.origin if gradient.meta is not None else None
    if origin is None:
        return None
    cost: Any = origin[0]
    by = _original(*origin)
    nodes = set(graph(cost))
    if not all(t in nodes for t in wrt):
        return None
    try:
        first = walked(cost, list(dict.fromkeys([by, *wrt])), inner=True)
        value = _closed(first, by)
        if value is None:
            return None
        for name in sorted(value.names & first.facts.defined.keys()):
            value = _with_station(first, name, value)
        closed = _graph(first, value, first.stations.formal(by), by)
        if closed is None or not _alike(closed, gradient):
            return None
        chain = _second(first, gradient, closed, value, wrt, by)
        chain.run()  # a second derivative that is 0 has no path here, but one in the graph
    except (BudgetError, TinygradLiteError):
        return None
    return chain if _right(chain, gradient, wrt) else None


def _original(cost: Any, by: Any) -> Tensor:
    """Of the new identity that tg.grad gives a tensor, the tensor, where the cost uses it in no other way."""
    inner = by.inputs[0] if by.primitive is p.identity else by
    others = [n for n in graph(cost) if n is not by and any(x is inner for x in n.inputs)]
    found: Tensor = by if others else inner
    return found


def _closed(chain: Chain, by: Tensor) -> Value | None:
    """The gradient by a tensor in terms of stations alone: error signals and slopes are put in."""
    value = chain.gradients[key_of(by)].value
    for name, node in sorted(chain.cotangents.items(), key=lambda item: key_of(item[1])):
        gradient = chain.gradients[key_of(node)]
        if name in value.names and name in gradient.value.names:
            return None
        value = put_in(value, name, gradient.value, gradient.indices)
    for name in chain.slopes:
        value = put_in(value, name, *chain.facts.defined[name])
    return shorter(chain, value)


def _with_station(chain: Chain, name: str, value: Value) -> Value:
    """A name that the first derivation introduced, such as a = softmax(z), made a station of the second."""
    definition, order = chain.facts.defined[name]
    st = chain.stations
    node = _graph(chain, definition, order, None)
    assert node is not None
    symbol = next(x.symbol for x in symbols_in(value) if x.symbol.name == name)
    if symbol.application is not None:  # σ(z), which has no name of its own
        symbol = Symbol(st.unused(ACTIVATION), symbol.facts)
    formal = tuple(formal_at(n, index.axis) for n, index in enumerate(order))
    st.add(node, symbol, rename(definition, dict(zip(order, formal, strict=True))), formal)
    return value if symbol.name == name else replace(value, name, lambda at: atom(Sym(symbol, at)))


def _graph(board: Board, value: Value, order: tuple[Index, ...], of: Tensor | None) -> Tensor | None:
    """A value computed anew from the stations: a graph like any other."""
    found = Formula(board, Whole(value), order, Num("0"), of).graph()
    return found if isinstance(found, Tensor) and found.requires_grad else None


def _alike(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same numbers, as far as their dtype is exact; where one is nan, nothing is said."""
    left, right = np.asarray(one.data, dtype=float), np.asarray(other.data, dtype=float)
    fine = np.isfinite(left) & np.isfinite(right)
    slack = np.sqrt(max(np.finfo(t.dtype).eps for t in (one, other)))
    return bool(
        left.shape == right.shape and np.allclose(left[fine], right[fine], rtol=slack, atol=slack * _size(left))
    )


def _size(numbers: Any) -> float:
    finite = np.abs(numbers[np.isfinite(numbers)])
    return float(np.max(finite, initial=0.0))


def _second(first: Chain, gradient: Tensor, closed: Tensor, value: Value, wrt: Sequence[Tensor], by: Tensor) -> Chain:
    """The chain of a gradient, on the stations of its cost."""
    st = first.stations
    cost, below = st.symbols[key_of(st.cost)], st.symbols[key_of(by)].name
    outputs = len(st.formal(st.cost))
    symbol = Derivative(cost.name, below, outputs=outputs, first=cost.derivative).symbol
    st.add(closed, Symbol(gradient.name) if gradient.name else symbol, value, st.formal(by))
    st.derive(closed, wrt)
    return Chain(st, st.axes.letters)


def _right(chain: Chain, gradient: Tensor, wrt: Sequence[Tensor]) -> bool:
    """Whether the results have the numbers of the recorded gradient itself."""
    st = chain.stations
    recorded = Facts(st, {st.cost: gradient}, sampled=True)
    for tensor in wrt:
        found = chain.gradients[key_of(tensor)]
        with quiet():
            target, order = recorded.cotangent(tensor), chain.around(found.indices)
            error = largest_error(Whole(found.value), target, order, chain.facts, chain.exact)
        if error is not None and error[1] > 1:
            return False
    return True
