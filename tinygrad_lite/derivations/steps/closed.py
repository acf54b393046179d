"""Evaluating a closed form from the data, right and finite where the eager spelling is not.

Named ratios of exponentials are put back in, so that a (1 − a) is computed as e^z / (1 + e^z)²;
every number is kept as mantissa and exponent, so nothing overflows.
"""

from __future__ import annotations

import numpy as np

from tinygrad_lite.derivations.normal.budgets import BudgetError
from tinygrad_lite.derivations.normal.calculus import put_in
from tinygrad_lite.derivations.normal.elementwise import NoFormula
from tinygrad_lite.derivations.normal.numbers import Floats, number
from tinygrad_lite.derivations.normal.terms import Index, Value
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.derivations.steps.board import Board
from tinygrad_lite.derivations.steps.checking import Facts
from tinygrad_lite.derivations.writing.measuring import length


def evaluated(board: Board, value: Value, indices: tuple[Index, ...]) -> Floats:
    """The numbers of a value, one dimension for each index."""
    st = board.stations
    facts = Facts(st)
    facts.defined = dict(board.facts.defined)
    for name, node in sorted(board.cotangents.items(), key=lambda item: key_of(item[1]), reverse=True):
        gradient = board.gradients[key_of(node)]
        if name in gradient.value.names:
            facts.cotangent_of[name] = node
        else:
            facts.defined[name] = (unfolded(board, gradient.value), board.around(gradient.indices))
    value = unfolded(board, value)
    shape = tuple(st.axes.sizes[i.axis] for i in indices)
    with np.errstate(all="ignore"):
        result = number(value, facts.setting(value), indices).value()
    return np.array(np.broadcast_to(result, shape))


def unfolded(board: Board, value: Value) -> Value:
    """The value with named ratios of exponentials put back in, where that stays short.

    Each formula of a derivation needs this of all error signals, so it is kept, with the names that were defined.
    """
    key = value, tuple(board.facts.defined)
    found = board.unfolded.get(key)
    if found is None:
        found = board.unfolded[key] = _unfolded(board, value)
    return found


def _unfolded(board: Board, value: Value) -> Value:
    st = board.stations
    result = value
    for node in sorted(st.stations.values(), key=key_of, reverse=True):
        name = st.symbols[key_of(node)].name
        if name not in st.solutions or name not in result.names:
            continue
        try:
            new = put_in(result, name, st.formula(node), st.formal(node))
        except (BudgetError, NoFormula):
            continue
        if length(new) <= 200:
            result = new
    for name, (definition, formal) in board.facts.defined.items():
        if name in result.names:
            result = put_in(result, name, definition, formal)
    return result
