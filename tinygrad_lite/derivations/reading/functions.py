"""Known functions, recognised by their formulas: σ, tanh, softmax, max(0, z).

This gives names, never derivatives: whatever has the formula e^z / (1 + e^z) is called σ(z).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinygrad_lite.core.graph import Call
from tinygrad_lite.core.primitives import TABLE
from tinygrad_lite.derivations.normal.algebra import add, choose, divide_by, positive, power, subtract
from tinygrad_lite.derivations.normal.contents import symbols_in, values_in
from tinygrad_lite.derivations.normal.exponentials import exp
from tinygrad_lite.derivations.normal.sums import fresh_index, rename, sum_over
from tinygrad_lite.derivations.normal.terms import (
    ONE,
    ZERO,
    Function,
    Index,
    Product,
    Symbol,
    Value,
    atom,
)
from tinygrad_lite.derivations.reading.nodes import key_of
from tinygrad_lite.tensor.tensor import Tensor
from tinygrad_lite.typed.graphs import FUNCTIONS


def sigmoid(z: Value) -> Value:
    """e^z / (1 + e^z)."""
    return divide_by(exp(z), add(ONE, exp(z)))


def tanh(z: Value) -> Value:
    """(e^2z - 1) / (e^2z + 1)."""
    square = power(exp(z), 2)
    return divide_by(subtract(square, ONE), add(square, ONE))


def relu(z: Value) -> Value:
    """max(0, z)."""
    assert isinstance(z, Product)
    return choose(positive(z), z, ZERO)


def softmax(z: Value, over: Index) -> Value:
    """e^(z_j) / sum_k e^(z_k)."""
    k = fresh_index(over.axis)
    return divide_by(exp(z), sum_over([k], exp(rename(z, {over: k}))))


def function_of(form: Value, node: Tensor, indices: Sequence[Index], symbols: Mapping[int, Symbol]) -> str:
    """The name of the function that takes a station to the one above it, "" for none; indices: those of the node.

    symbols: those of the stations by their keys. A function has a name only where the station itself is its argument:
    a = σ(y z) is not σ(z), and where the name says all: leaky_relu′(z) is another function for another slope.
    """
    values = [s for s in dict.fromkeys(symbols_in(form)) if not s.symbol.has("size")]
    free = [s for s in values if all(i.is_formal for i in s.indices)]
    for symbol in free:
        z = atom(symbol)
        if form == sigmoid(z):
            return "σ"
        if form == tanh(z):
            return "tanh"
        if form == relu(z):
            return "relu"
        if form == z:
            return "id"
        if any(form == softmax(z, i) for i in indices if i in symbol.indices):
            return "softmax"
    call = node.call
    if call is not None and call.output == node.serial and _says_all(call):
        arguments = {symbols[key_of(t)].name if key_of(t) in symbols else "" for t in call.inputs}
        if arguments == values_in(form) and len(arguments) == 1:
            return call.name
    match form:
        case Product(coef=1, factors=((Function(name=own, argument=argument), 1),)) if own in TABLE:
            if own not in ("exp", "log") and any(argument == atom(symbol) for symbol in free):
                return own
    return ""


def _says_all(call: Call) -> bool:
    """Whether the name of a call says what was called: one argument, and no other function of that name can be typed."""
    known = FUNCTIONS.get(call.name)
    same = known is None or getattr(known, "__wrapped__", None) is call.function
    return same and len(call.args) == 1 and not call.kwargs and call.name.isidentifier()
